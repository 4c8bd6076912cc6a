#include "dmabuf/params.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/render/dmabuf.h>
#include <wlr/util/log.h>

#include "dmabuf/buffer.h"
#include "dmabuf/feedback.h"
#include "limits/account.h"
#include "linux-dmabuf-v1-protocol.h"

/* The rules that came with these versions of zwp_linux_buffer_params_v1.add. */
#define ADVERTISED_PAIRS_ONLY_SINCE 4
#define ONE_MODIFIER_SINCE 5

struct params {
	struct wl_resource *resource;
	const struct latch_params_judge *judge;
	struct latch_account *account;
	/* A create request was made: only destroy is legal. */
	bool used;
	/* Planes came with different modifiers, which older versions do not forbid. */
	bool mixed_modifiers;
	/* Owns the fds, each on the account; those of planes that were not added are -1. */
	struct wlr_dmabuf_attributes attributes;
};

/* Not wlr_dmabuf_attributes_finish(): there may be gaps. */
static void close_all(struct params *params) {
	struct wlr_dmabuf_attributes *attributes = &params->attributes;
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		if (attributes->fd[i] >= 0) {
			close(attributes->fd[i]);
			attributes->fd[i] = -1;
			latch_account_discharge(params->account, LATCH_LIMIT_FDS, 1);
		}
	}
	attributes->n_planes = 0;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct params *params = wl_resource_get_user_data(resource);
	close_all(params);
	latch_account_unref(params->account);
	free(params);
}

/* Returns false after a protocol error. */
static bool check_plane(struct params *params, uint32_t index, uint64_t modifier) {
	struct wl_resource *resource = params->resource;
	const struct wlr_dmabuf_attributes *attributes = &params->attributes;
	if (params->used) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"a buffer was already created from these parameters");
		return false;
	}
	if (index >= WLR_DMABUF_MAX_PLANES) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX,
			"plane index %" PRIu32 " is not below %d", index, WLR_DMABUF_MAX_PLANES);
		return false;
	}
	if (attributes->fd[index] >= 0) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
			"plane %" PRIu32 " was already added", index);
		return false;
	}
	if (attributes->n_planes > 0 && attributes->modifier != modifier) {
		if (wl_resource_get_version(resource) >= ONE_MODIFIER_SINCE) {
			wl_resource_post_error(resource,
				ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
				"modifier 0x%" PRIx64 " of plane %" PRIu32 " is not 0x%" PRIx64
				" like that of the others",
				modifier, index, attributes->modifier);
			return false;
		}
		params->mixed_modifiers = true;
	}
	return true;
}

static void handle_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t index, uint32_t offset, uint32_t stride, uint32_t modifier_hi,
	uint32_t modifier_lo) {
	struct params *params = wl_resource_get_user_data(resource);
	uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	if (!check_plane(params, index, modifier)) {
		close(fd);
		return;
	}
	if (!latch_account_charge(params->account, LATCH_LIMIT_FDS, 1)) {
		latch_account_refuse(params->account);
		close(fd);
		return;
	}
	struct wlr_dmabuf_attributes *attributes = &params->attributes;
	attributes->fd[index] = fd;
	attributes->offset[index] = offset;
	attributes->stride[index] = stride;
	attributes->modifier = modifier;
	attributes->n_planes++;
}

/* Whether a buffer can be made of this; else *fault says why not. */
static bool judge(const struct params *params, const struct wlr_dmabuf_attributes *attributes,
	uint32_t flags, struct latch_dmabuf_fault *fault) {
	if (!latch_dmabuf_check(attributes, params->judge->probe, fault)) {
		return false;
	}
	if (wl_resource_get_version(params->resource) >= ADVERTISED_PAIRS_ONLY_SINCE &&
		!latch_feedback_has(
			params->judge->feedback, attributes->format, attributes->modifier)) {
		*fault =
			(struct latch_dmabuf_fault){ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
				"the format with this modifier was not advertised"};
		return false;
	}
	*fault = (struct latch_dmabuf_fault){.error = LATCH_DMABUF_FAILED};
	if (params->mixed_modifiers) {
		fault->text = "the planes have different modifiers";
	} else if (flags != 0) {
		/* Upside down or interlaced; the protocol has no error for unknown bits either. */
		fault->text = "flags are not supported";
	} else if (!params->judge->usable(params->judge->data, attributes)) {
		fault->text = "it can neither be scanned out nor composed";
	}
	return fault->text == NULL;
}

/*
 * create_immed may kill the client for a failed import, or go on with a wl_buffer that is invalid.
 * A client can not know beforehand what the kernel will take: it lives.
 */
static void answer_failed(struct params *params, struct wl_client *client, uint32_t immed_id,
	int32_t width, int32_t height) {
	if (immed_id != 0 &&
		latch_dmabuf_buffer_create_dead(client, immed_id, width, height) == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	zwp_linux_buffer_params_v1_send_failed(params->resource);
}

static void discharge_memory(struct params *params, int planes) {
	for (int i = 0; i < planes; i++) {
		latch_account_discharge_memory(params->account, params->attributes.fd[i]);
	}
}

static bool charge_memory(struct params *params) {
	for (int i = 0; i < params->attributes.n_planes; i++) {
		int fd = params->attributes.fd[i];
		int64_t size = params->judge->probe->size(fd);
		if (!latch_account_charge_memory(
			    params->account, fd, size > 0 ? (uint64_t)size : 0)) {
			discharge_memory(params, i);
			return false;
		}
	}
	return true;
}

static void create(struct wl_client *client, struct params *params, uint32_t immed_id,
	int32_t width, int32_t height, uint32_t fourcc, uint32_t flags) {
	if (params->used) {
		wl_resource_post_error(params->resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"a buffer was already created from these parameters");
		return;
	}
	params->used = true;
	struct wlr_dmabuf_attributes *attributes = &params->attributes;
	attributes->width = width;
	attributes->height = height;
	attributes->format = fourcc;

	struct latch_dmabuf_fault fault;
	if (!judge(params, attributes, flags, &fault)) {
		wlr_log(WLR_DEBUG, "refused a dma-buf: %s", fault.text);
		close_all(params);
		if (fault.error == LATCH_DMABUF_FAILED) {
			answer_failed(params, client, immed_id, width, height);
		} else {
			wl_resource_post_error(
				params->resource, (uint32_t)fault.error, "%s", fault.text);
		}
		return;
	}

	if (!charge_memory(params)) {
		latch_account_refuse(params->account);
		close_all(params);
		return;
	}
	struct wl_resource *buffer = latch_dmabuf_buffer_create(client, immed_id, attributes);
	if (buffer == NULL) {
		discharge_memory(params, attributes->n_planes);
		close_all(params);
		wl_client_post_no_memory(client);
		return;
	}
	/* The fds are the buffer's now. */
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		attributes->fd[i] = -1;
	}
	if (immed_id == 0) {
		zwp_linux_buffer_params_v1_send_created(params->resource, buffer);
	}
}

static void handle_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t flags) {
	create(client, wl_resource_get_user_data(resource), 0, width, height, fourcc, flags);
}

static void handle_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t width, int32_t height, uint32_t fourcc, uint32_t flags) {
	create(client, wl_resource_get_user_data(resource), id, width, height, fourcc, flags);
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
	.destroy = handle_destroy,
	.add = handle_add,
	.create = handle_create,
	.create_immed = handle_create_immed,
};

void latch_params_create(struct wl_client *client, uint32_t version, uint32_t id,
	const struct latch_params_judge *judge) {
	struct params *params = calloc(1, sizeof(*params));
	if (params == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	*params = (struct params){
		.judge = judge,
		.account = latch_account_ref(latch_account_find(client)),
		.attributes = {.fd = {-1, -1, -1, -1}},
	};
	params->resource =
		wl_resource_create(client, &zwp_linux_buffer_params_v1_interface, (int)version, id);
	if (params->resource == NULL) {
		latch_account_unref(params->account);
		free(params);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		params->resource, &params_impl, params, handle_resource_destroy);
}
