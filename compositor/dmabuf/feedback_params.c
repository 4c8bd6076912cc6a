#include "dmabuf/feedback_params.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>

#include "linux-dmabuf-v1-protocol.h"

/* A message of the Wayland protocol has 4096 bytes; longer lists go in several events. */
#define INDICES_PER_EVENT 1024

static int compare_indices(const void *a, const void *b) {
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static bool named_already(const struct latch_feedback_params *params,
	const struct latch_feedback_tranche *tranche, uint16_t index) {
	/* The tranche itself is not counted among them yet, but comes next in memory. */
	for (size_t i = 0; i <= params->tranches_len; i++) {
		const struct latch_feedback_tranche *other = &params->tranches[i];
		if (other->target_device != tranche->target_device ||
			other->scanout != tranche->scanout) {
			continue;
		}
		for (size_t j = 0; j < other->indices_len; j++) {
			if (other->indices[j] == index) {
				return true;
			}
		}
	}
	return false;
}

static bool add_tranche(struct latch_feedback_params *params, struct latch_format_table *table,
	const struct latch_dmabuf_tranche *source) {
	if (source->formats_len == 0) {
		return true;
	}
	if (latch_format_table_add(table, source->formats, source->formats_len) != 0) {
		return false;
	}
	struct latch_feedback_tranche *tranche = &params->tranches[params->tranches_len];
	*tranche = (struct latch_feedback_tranche){
		.target_device = source->target_device,
		.scanout = source->scanout,
		.indices = calloc(source->formats_len, sizeof(tranche->indices[0])),
	};
	if (tranche->indices == NULL) {
		return false;
	}
	for (size_t i = 0; i < source->formats_len; i++) {
		uint16_t index = (uint16_t)latch_format_list_find(
			&table->list, source->formats[i].fourcc, source->formats[i].modifier);
		if (!named_already(params, tranche, index)) {
			tranche->indices[tranche->indices_len++] = index;
		}
	}
	if (tranche->indices_len == 0) {
		free(tranche->indices);
		return true;
	}
	/* Within a tranche all are equally good: sorted, equal ones compare equal. */
	qsort(tranche->indices, tranche->indices_len, sizeof(tranche->indices[0]), compare_indices);
	params->tranches_len++;
	return true;
}

struct latch_feedback_params *latch_feedback_params_create(struct latch_format_table *table,
	dev_t main_device, const struct latch_format_list *fallback,
	const struct latch_dmabuf_tranche *tranches, size_t len) {
	struct latch_feedback_params *params =
		calloc(1, sizeof(*params) + (len + 1) * sizeof(params->tranches[0]));
	if (params == NULL) {
		return NULL;
	}
	params->refs = 1;
	params->main_device = main_device;

	bool has_main = false;
	bool ok = true;
	for (size_t i = 0; i < len && ok; i++) {
		ok = add_tranche(params, table, &tranches[i]);
		has_main = has_main || (tranches[i].target_device == main_device &&
					       !tranches[i].scanout && tranches[i].formats_len > 0);
	}
	if (ok && !has_main) {
		ok = add_tranche(params, table,
			&(struct latch_dmabuf_tranche){
				.target_device = main_device,
				.formats = fallback->pairs,
				.formats_len = fallback->len,
			});
	}
	if (!ok) {
		latch_feedback_params_unref(params);
		return NULL;
	}
	return params;
}

struct latch_feedback_params *latch_feedback_params_ref(struct latch_feedback_params *params) {
	if (params != NULL) {
		params->refs++;
	}
	return params;
}

void latch_feedback_params_unref(struct latch_feedback_params *params) {
	if (params == NULL || --params->refs > 0) {
		return;
	}
	for (size_t i = 0; i < params->tranches_len; i++) {
		free(params->tranches[i].indices);
	}
	free(params);
}

bool latch_feedback_params_equal(
	const struct latch_feedback_params *a, const struct latch_feedback_params *b) {
	if (a == NULL || b == NULL || a->main_device != b->main_device ||
		a->tranches_len != b->tranches_len) {
		return false;
	}
	for (size_t i = 0; i < a->tranches_len; i++) {
		const struct latch_feedback_tranche *x = &a->tranches[i], *y = &b->tranches[i];
		if (x->target_device != y->target_device || x->scanout != y->scanout ||
			x->indices_len != y->indices_len ||
			memcmp(x->indices, y->indices, x->indices_len * sizeof(x->indices[0])) !=
				0) {
			return false;
		}
	}
	return true;
}

static void send_tranche(
	const struct latch_feedback_tranche *tranche, struct wl_resource *resource) {
	dev_t device = tranche->target_device;
	struct wl_array array = {.size = sizeof(device), .data = &device};
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(resource, &array);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(resource,
		tranche->scanout ? ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT : 0);
	for (size_t i = 0; i < tranche->indices_len; i += INDICES_PER_EVENT) {
		size_t left = tranche->indices_len - i;
		size_t len = left < INDICES_PER_EVENT ? left : INDICES_PER_EVENT;
		array = (struct wl_array){
			.size = len * sizeof(tranche->indices[0]),
			.data = &tranche->indices[i],
		};
		zwp_linux_dmabuf_feedback_v1_send_tranche_formats(resource, &array);
	}
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(resource);
}

int latch_feedback_params_send(const struct latch_feedback_params *params,
	struct latch_format_table *table, struct wl_resource *resource) {
	uint32_t size;
	int fd = latch_format_table_fd(table, &size);
	if (fd < 0) {
		return fd;
	}
	dev_t device = params->main_device;
	struct wl_array array = {.size = sizeof(device), .data = &device};
	zwp_linux_dmabuf_feedback_v1_send_main_device(resource, &array);
	/* libwayland duplicates the fd when it queues the event. */
	zwp_linux_dmabuf_feedback_v1_send_format_table(resource, fd, size);
	for (size_t i = 0; i < params->tranches_len; i++) {
		send_tranche(&params->tranches[i], resource);
	}
	zwp_linux_dmabuf_feedback_v1_send_done(resource);
	return 0;
}
