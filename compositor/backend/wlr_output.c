/* SPDX-License-Identifier: MIT */
#include "backend/wlr_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>

#include "backend/configure.h"
#include "backend/crtc.h"
#include "backend/framebuffer.h"
#include "backend/output.h"
#include "kms/framebuffer.h"

static const struct wlr_output_impl output_impl;

struct latch_kms_output *latch_kms_output_from_wlr_output(struct wlr_output *wlr_output) {
	if (wlr_output->impl != &output_impl) {
		return NULL;
	}
	struct latch_kms_output *output = wl_container_of(wlr_output, output, base);
	return output;
}

/* Whether the kernel shows a buffer of wlroots' on the primary plane, in the mode that is set. */
static bool test_buffer(struct latch_kms_output *output, struct wlr_buffer *buffer) {
	uint32_t fb_id = latch_framebuffer_get(output->backend, buffer, true);
	if (fb_id == 0 || output->crtc == NULL || output->base.current_mode == NULL) {
		return false;
	}
	struct kms_plane_state plane =
		kms_plane_state_whole(fb_id, (uint32_t)buffer->width, (uint32_t)buffer->height);
	struct kms_commit commit;
	kms_commit_init(&commit, output->device);
	latch_kms_output_add_modeset(output, &commit);
	kms_commit_set_plane(&commit, output->primary, output->crtc, &plane);
	return kms_commit_test(&commit, KMS_COMMIT_ALLOW_MODESET) == 0;
}

static bool output_test(struct wlr_output *wlr_output, const struct wlr_output_state *state) {
	struct latch_kms_output *output = latch_kms_output_from_wlr_output(wlr_output);
	if (!latch_kms_output_supports(wlr_output, state)) {
		return false;
	}
	if (state->committed & (WLR_OUTPUT_STATE_ENABLED | WLR_OUTPUT_STATE_MODE)) {
		const struct wlr_backend_output_state one = {.output = wlr_output, .base = *state};
		return latch_kms_configure(output->backend, &one, 1, true);
	}
	return (state->committed & WLR_OUTPUT_STATE_BUFFER) == 0 ||
	       test_buffer(output, state->buffer);
}

static bool set_mode(struct latch_kms_output *output, struct wlr_output_mode *mode) {
	const drmModeModeInfo *info = latch_kms_output_mode_info(output, mode);
	uint32_t blob;
	if (kms_blob_create(output->device, info, sizeof(*info), &blob) != 0) {
		return false;
	}
	kms_blob_destroy(output->device, output->mode_blob);
	output->mode_blob = blob;
	kms_dumb_buffer_destroy(output->black);
	output->black = NULL;
	output->needs_modeset = true;
	return true;
}

static bool output_commit(struct wlr_output *wlr_output, const struct wlr_output_state *state) {
	struct latch_kms_output *output = latch_kms_output_from_wlr_output(wlr_output);
	/* Buffers come in latch's own frames, with their planes and fences. */
	if ((state->committed & WLR_OUTPUT_STATE_BUFFER) ||
		!latch_kms_output_supports(wlr_output, state)) {
		return false;
	}
	if ((state->committed & WLR_OUTPUT_STATE_ENABLED) && !state->enabled) {
		return latch_kms_output_go_standby(output);
	}
	if ((state->committed & WLR_OUTPUT_STATE_ENABLED) && !latch_kms_output_take_crtc(output)) {
		/* Others may have to be moved, which takes a commit of its own. */
		const struct wlr_backend_output_state one = {.output = wlr_output, .base = *state};
		return latch_kms_configure(output->backend, &one, 1, false);
	}
	return (state->committed & WLR_OUTPUT_STATE_MODE) == 0 || set_mode(output, state->mode);
}

static const struct wlr_drm_format_set *output_get_primary_formats(
	struct wlr_output *wlr_output, uint32_t buffer_caps) {
	struct latch_kms_output *output = latch_kms_output_from_wlr_output(wlr_output);
	return buffer_caps & WLR_BUFFER_CAP_DMABUF ? &output->primary_formats : NULL;
}

static void output_destroy(struct wlr_output *wlr_output) {
	struct latch_kms_output *output = latch_kms_output_from_wlr_output(wlr_output);
	wlr_output_finish(wlr_output);
	kms_dumb_buffer_destroy(output->black);
	kms_blob_destroy(output->device, output->mode_blob);
	kms_blob_destroy(output->device, output->hdr_blob);
	wlr_drm_format_set_finish(&output->primary_formats);
	wl_list_remove(&output->link);
	free(output->modes);
	free(output);
}

static const struct wlr_output_impl output_impl = {
	.destroy = output_destroy,
	.test = output_test,
	.commit = output_commit,
	.get_primary_formats = output_get_primary_formats,
};

static bool add_modes(struct latch_kms_output *output) {
	const struct kms_connector *connector = output->connector;
	output->modes = calloc(connector->modes_len, sizeof(*output->modes));
	output->modes_len = output->modes != NULL ? connector->modes_len : 0;
	for (size_t i = 0; i < output->modes_len; i++) {
		const struct kms_mode *mode = &connector->modes[i];
		output->modes[i] = (struct wlr_output_mode){
			.width = mode->info.hdisplay,
			.height = mode->info.vdisplay,
			.refresh = mode->refresh_mhz,
			.preferred = mode->preferred,
		};
		wl_list_insert(output->base.modes.prev, &output->modes[i].link);
	}
	return output->modes_len == connector->modes_len;
}

/* What makes the picture upright on the panel as it is mounted. A transform turns
 * counter-clockwise: the top of the picture goes to its left side, which is up. */
static const enum wl_output_transform mounted[KMS_PANEL_ORIENTATIONS] = {
	[KMS_PANEL_NORMAL] = WL_OUTPUT_TRANSFORM_NORMAL,
	[KMS_PANEL_UPSIDE_DOWN] = WL_OUTPUT_TRANSFORM_180,
	[KMS_PANEL_LEFT_SIDE_UP] = WL_OUTPUT_TRANSFORM_90,
	[KMS_PANEL_RIGHT_SIDE_UP] = WL_OUTPUT_TRANSFORM_270,
};

static void describe(struct latch_kms_output *output) {
	const struct kms_connector *connector = output->connector;
	struct wlr_output *wlr_output = &output->base;
	wlr_output_set_name(wlr_output, connector->name);
	wlr_output->transform = mounted[connector->orientation];
	wlr_output->phys_width = (int32_t)connector->width_mm;
	wlr_output->phys_height = (int32_t)connector->height_mm;
	wlr_output->make = connector->make != NULL ? strdup(connector->make) : NULL;
	wlr_output->model = connector->model != NULL ? strdup(connector->model) : NULL;
	wlr_output->serial = connector->serial != NULL ? strdup(connector->serial) : NULL;
	char description[128];
	snprintf(description, sizeof(description), "%s %s (%s)",
		connector->make != NULL ? connector->make : "Unknown",
		connector->model != NULL ? connector->model : "monitor", connector->name);
	wlr_output_set_description(wlr_output, description);
}

void latch_kms_output_create(struct latch_kms_backend *backend, struct kms_connector *connector) {
	struct latch_kms_output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		return;
	}
	wlr_output_init(&output->base, &backend->base, &output_impl, backend->loop, NULL);
	output->backend = backend;
	output->device = backend->device;
	output->connector = connector;
	wl_list_insert(backend->outputs.prev, &output->link);
	describe(output);
	if (add_modes(output)) {
		wl_signal_emit_mutable(&backend->base.events.new_output, &output->base);
	} else {
		wlr_output_destroy(&output->base);
	}
}
