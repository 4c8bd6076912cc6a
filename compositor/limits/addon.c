/* SPDX-License-Identifier: MIT */
#include "limits/addon.h"

#include <stdlib.h>

void *latch_addon_get(
	struct wlr_addon_set *set, const struct wlr_addon_interface *kind, size_t size) {
	struct wlr_addon *addon = wlr_addon_find(set, kind, kind);
	if (addon != NULL) {
		return addon;
	}
	addon = calloc(1, size);
	if (addon != NULL) {
		wlr_addon_init(addon, set, kind, kind);
	}
	return addon;
}

void latch_addon_free(struct wlr_addon *addon) {
	wlr_addon_finish(addon);
	free(addon);
}
