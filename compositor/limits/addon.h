/* SPDX-License-Identifier: MIT */
/* What latch keeps with an object of wlroots' for as long as that lives. */
#pragma once

#include <stddef.h>
#include <wlr/util/addon.h>

/**
 * What the object has of this kind: a struct of that size which begins with its addon, zeroed but
 * for that by the first call. Returns NULL without memory.
 */
void *latch_addon_get(
	struct wlr_addon_set *set, const struct wlr_addon_interface *kind, size_t size);

/** wlr_addon_interface.destroy of a struct that owns nothing. */
void latch_addon_free(struct wlr_addon *addon);
