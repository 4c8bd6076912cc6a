/* SPDX-License-Identifier: MIT */
#include "output/swapchain.h"

#include <drm_fourcc.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

static bool is_shown(struct wlr_output *output, struct wlr_swapchain *swapchain) {
	struct wlr_buffer *buffer = wlr_swapchain_acquire(swapchain);
	if (buffer == NULL) {
		return false;
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_buffer(&state, buffer);
	bool ok = wlr_output_test_state(output, &state);
	wlr_output_state_finish(&state);
	wlr_buffer_unlock(buffer);
	return ok;
}

/* What is not drawn well, but shown nearly everywhere: tiles and compression take memory bandwidth
 * or lines of a buffer that the display may not have for this mode. */
static bool configure_linear(struct wlr_output *output, const struct wlr_drm_format_set *shown,
	uint32_t fourcc, struct wlr_swapchain **swapchain) {
	struct wlr_drm_format_set formats = {0};
	struct wlr_swapchain *linear = NULL;
	if (shown != NULL && wlr_drm_format_set_has(shown, fourcc, DRM_FORMAT_MOD_LINEAR) &&
		wlr_drm_format_set_add(&formats, fourcc, DRM_FORMAT_MOD_LINEAR)) {
		linear = wlr_swapchain_create(output->allocator, output->width, output->height,
			wlr_drm_format_set_get(&formats, fourcc));
	}
	wlr_drm_format_set_finish(&formats);
	if (linear == NULL || !is_shown(output, linear)) {
		wlr_swapchain_destroy(linear);
		return false;
	}
	wlr_log(WLR_INFO, "%s: composed pictures are linear: the kernel shows no others",
		output->name);
	wlr_swapchain_destroy(*swapchain);
	*swapchain = linear;
	return true;
}

/* Where the primary plane has alpha the pictures have it too, so that holes can come and go without
 * new buffers. Without holes they are imported as if they had none. */
bool latch_swapchain_configure(struct wlr_output *output, struct wlr_swapchain **swapchain) {
	const struct wlr_drm_format_set *formats =
		wlr_output_get_primary_formats(output, WLR_BUFFER_CAP_DMABUF);
	bool alpha = formats != NULL &&
		     wlr_drm_format_set_get(formats, DRM_FORMAT_ARGB8888) != NULL;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	if (alpha) {
		wlr_output_state_set_render_format(&state, DRM_FORMAT_ARGB8888);
	}
	bool ok = wlr_output_configure_primary_swapchain(output, &state, swapchain);
	wlr_output_state_finish(&state);
	return ok || configure_linear(output, formats,
			     alpha ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888, swapchain);
}
