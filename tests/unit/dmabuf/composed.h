/* SPDX-License-Identifier: MIT */
#pragma once

#include <drm_fourcc.h>
#include <wlr/render/drm_format_set.h>

/* What every renderer can compose; to be finished. */
static inline struct wlr_drm_format_set composed_formats(void) {
	struct wlr_drm_format_set formats = {0};
	static const uint32_t fourccs[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888};
	for (size_t i = 0; i < sizeof(fourccs) / sizeof(fourccs[0]); i++) {
		wlr_drm_format_set_add(&formats, fourccs[i], DRM_FORMAT_MOD_LINEAR);
		wlr_drm_format_set_add(&formats, fourccs[i], DRM_FORMAT_MOD_INVALID);
	}
	return formats;
}
