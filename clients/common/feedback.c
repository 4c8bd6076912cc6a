#include "feedback.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "util.h"

static void content_finish(struct feedback_content *content) {
	for (size_t i = 0; i < content->num_tranches; i++) {
		format_set_finish(&content->tranches[i].formats);
	}
	free(content->tranches);
	*content = (struct feedback_content){0};
}

static bool content_add(struct feedback_content *content, const struct tranche *tranche) {
	struct tranche *tranches =
		realloc(content->tranches, (content->num_tranches + 1) * sizeof(*tranches));
	if (!tranches) {
		return false;
	}
	content->tranches = tranches;
	tranches[content->num_tranches++] = *tranche;
	return true;
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
	fd_clear(&fd);
	if (map == MAP_FAILED) {
		return;
	}
	feedback->table = map;
	feedback->table_size = size;
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device) {
	struct feedback *feedback = data;
	feedback->pending.main_device = read_device(device);
}

static void handle_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *device) {
	struct feedback *feedback = data;
	feedback->building.target_device = read_device(device);
}

static void handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, uint32_t flags) {
	struct feedback *feedback = data;
	feedback->building.scanout = flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT;
}

static void handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy, struct wl_array *indices) {
	struct feedback *feedback = data;
	size_t len = feedback->table_size / sizeof(struct format_entry);
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		if (*index >= len) {
			continue;
		}
		const struct format_entry *entry = &feedback->table[*index];
		format_set_add(&feedback->building.formats, entry->fourcc, entry->modifier);
	}
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *proxy) {
	struct feedback *feedback = data;
	if (!content_add(&feedback->pending, &feedback->building)) {
		format_set_finish(&feedback->building.formats);
	}
	feedback->building = (struct tranche){0};
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
static bool take_formats(struct feedback *feedback, const struct format *formats, size_t len) {
	struct tranche only = {0};
	for (size_t i = 0; i < len; i++) {
		if (!format_set_add(&only.formats, formats[i].fourcc, formats[i].modifier)) {
			break;
		}
	}
	feedback->changed = content_add(&feedback->current, &only);
	if (!feedback->changed) {
		format_set_finish(&only.formats);
	}
	return feedback->changed;
}

bool feedback_init(struct feedback *feedback, struct connection *conn, struct wl_surface *surface,
	bool in_shm) {
	static const struct format in_memory = {DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR};
	*feedback = (struct feedback){0};
	if (in_shm) {
		return take_formats(feedback, &in_memory, 1);
	}
	if (zwp_linux_dmabuf_v1_get_version(conn->dmabuf) <
		ZWP_LINUX_DMABUF_V1_GET_SURFACE_FEEDBACK_SINCE_VERSION) {
		return take_formats(feedback, conn->legacy_formats.items, conn->legacy_formats.len);
	}

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
	format_set_finish(&feedback->building.formats);
	content_finish(&feedback->pending);
	content_finish(&feedback->current);
	*feedback = (struct feedback){0};
}
