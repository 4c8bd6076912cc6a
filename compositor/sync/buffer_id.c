/* SPDX-License-Identifier: MIT */
#include "sync/buffer_id.h"

#include <wlr/types/wlr_buffer.h>

#include "limits/addon.h"

/* wl_buffers of every kind are wlr_buffers of their own, so the number can hang on those. */
struct numbered_buffer {
	struct wlr_addon addon;
	uint32_t id;
};

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_buffer_id",
	.destroy = latch_addon_free,
};

uint32_t latch_buffer_id(struct wlr_buffer *buffer) {
	static uint32_t last_id;
	struct numbered_buffer *numbered =
		latch_addon_get(&buffer->addons, &addon_impl, sizeof(*numbered));
	if (numbered != NULL && numbered->id == 0) {
		numbered->id = ++last_id;
	}
	return numbered != NULL ? numbered->id : 0;
}
