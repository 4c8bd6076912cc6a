/* SPDX-License-Identifier: MIT */
#include "sync/buffer_id.h"

#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>

/* wl_buffers of every kind are wlr_buffers of their own, so the number can hang on those. */
struct numbered_buffer {
	struct wlr_addon addon;
	uint32_t id;
};

static void handle_destroy(struct wlr_addon *addon) {
	struct numbered_buffer *numbered = wl_container_of(addon, numbered, addon);
	wlr_addon_finish(&numbered->addon);
	free(numbered);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_buffer_id",
	.destroy = handle_destroy,
};

uint32_t latch_buffer_id(struct wlr_buffer *buffer) {
	static uint32_t last_id;
	struct numbered_buffer *numbered;
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, NULL, &addon_impl);
	if (addon != NULL) {
		numbered = wl_container_of(addon, numbered, addon);
		return numbered->id;
	}
	numbered = malloc(sizeof(*numbered));
	if (numbered == NULL) {
		return 0;
	}
	*numbered = (struct numbered_buffer){.id = ++last_id};
	wlr_addon_init(&numbered->addon, &buffer->addons, NULL, &addon_impl);
	return numbered->id;
}
