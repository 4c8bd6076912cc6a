/* SPDX-License-Identifier: MIT */
#include "feedback.h"

#include <drm_fourcc.h>
#include <string.h>
#include <sys/mman.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "util.h"

static void content_finish(struct feedback_content *content) {
	for (size_t i = 0; i < FEEDBACK_MAX_TRANCHES; i++) {
		kms_format_set_finish(&content->tranches[i].formats);
	}
	*content = (struct feedback_content){0};
}

/* The tranche that the events are about; what is behind it is not yet there. */
static struct tranche *building(struct feedback *feedback) {
	return &feedback->pending.tranches[feedback->pending.num_tranches];
}

static dev_t read_device(const struct wl_array *array) {
	dev_t device = 0;
	if (array->size == sizeof(device)) {
		memcpy(&device, array->data, sizeof(device));
	}
	return device;
}

static void unmap_table(struct feedback *feedback) {
	if (feedback->table) {
		munmap((void *)(uintptr_t)feedback->table, feedback->table_size);
	}
	feedback->table = NULL;
	feedback->table_size = 0;
}

static void handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, int32_t fd, uint32_t size) {
	struct feedback *feedback = data;
	unmap_table(feedback);
	/* Private: the compositor shares one table with all of its clients. */
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	latch_fd_clear(&fd);
	if (map != MAP_FAILED) {
		feedback->table = map;
		feedback->table_size = size;
	}
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device) {
	struct feedback *feedback = data;
	feedback->pending.main_device = read_device(device);
}

static void handle_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device) {
	building(data)->target_device = read_device(device);
}

static void handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags) {
	struct feedback *feedback = data;
	building(feedback)->scanout = flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT;
	feedback->sampling = flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SAMPLING;
}

static void handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *indices) {
	struct feedback *feedback = data;
	size_t len = feedback->table_size / sizeof(struct format_entry);
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		if (*index < len) {
			const struct format_entry *entry = &feedback->table[*index];
			kms_format_set_add(
				&building(data)->formats, entry->fourcc, entry->modifier);
		}
	}
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy) {
	struct feedback *feedback = data;
	/* From version 6 on this is all that is said of a main device. */
	if (feedback->sampling && feedback->pending.main_device == 0) {
		feedback->pending.main_device = building(feedback)->target_device;
	}
	feedback->sampling = false;
	/* The last place is never counted: what is too much goes there. */
	if (feedback->pending.num_tranches < FEEDBACK_MAX_TRANCHES - 1) {
		feedback->pending.num_tranches++;
	}
}

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy) {
	struct feedback *feedback = data;
	content_finish(&feedback->current);
	feedback->current = feedback->pending;
	feedback->pending = (struct feedback_content){0};
	feedback->changed = true;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_done,
	.format_table = handle_format_table,
	.main_device = handle_main_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_target_device,
	.tranche_formats = handle_tranche_formats,
	.tranche_flags = handle_tranche_flags,
};

/* All that is known is a list of formats. */
static bool take_formats(struct feedback *feedback, const struct kms_format_set *set) {
	struct feedback_content *content = &feedback->current;
	for (size_t i = 0; i < set->len; i++) {
		const struct kms_format *format = &set->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			kms_format_set_add(&content->tranches[0].formats, format->fourcc,
				format->modifiers[j]);
		}
	}
	content->num_tranches = 1;
	return true;
}

bool feedback_init(struct feedback *feedback, struct connection *conn, struct wl_surface *surface,
	bool in_shm) {
	uint64_t linear = DRM_FORMAT_MOD_LINEAR;
	struct kms_format xrgb = {DRM_FORMAT_XRGB8888, &linear, 1, 1};
	*feedback = (struct feedback){.changed = true};
	if (in_shm) {
		return take_formats(feedback, &(struct kms_format_set){&xrgb, 1, 1});
	}
	if (zwp_linux_dmabuf_v1_get_version(conn->dmabuf) <
		ZWP_LINUX_DMABUF_V1_GET_SURFACE_FEEDBACK_SINCE_VERSION) {
		return take_formats(feedback, &conn->legacy_formats);
	}

	feedback->changed = false;
	feedback->proxy = zwp_linux_dmabuf_v1_get_surface_feedback(conn->dmabuf, surface);
	if (!feedback->proxy) {
		return false;
	}
	zwp_linux_dmabuf_feedback_v1_add_listener(feedback->proxy, &feedback_listener, feedback);
	if (wl_display_roundtrip(conn->display) < 0 || !feedback->changed) {
		feedback_finish(feedback);
		return false;
	}
	return true;
}

void feedback_finish(struct feedback *feedback) {
	if (feedback->proxy) {
		zwp_linux_dmabuf_feedback_v1_destroy(feedback->proxy);
	}
	unmap_table(feedback);
	content_finish(&feedback->pending);
	content_finish(&feedback->current);
	*feedback = (struct feedback){0};
}
