#include "backend/output.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "backend/configure.h"
#include "backend/framebuffer.h"
#include "kms/framebuffer.h"
#include "kms/mode.h"

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

bool latch_kms_output_supports(
	const struct wlr_output *output, const struct wlr_output_state *state) {
	const uint32_t supported = WLR_OUTPUT_STATE_BACKEND_OPTIONAL | WLR_OUTPUT_STATE_BUFFER |
				   WLR_OUTPUT_STATE_ENABLED | WLR_OUTPUT_STATE_MODE |
				   WLR_OUTPUT_STATE_ADAPTIVE_SYNC_ENABLED;
	return (state->committed & ~supported) == 0 &&
	       ((state->committed & WLR_OUTPUT_STATE_MODE) == 0 ||
		       state->mode_type == WLR_OUTPUT_STATE_MODE_FIXED) &&
	       ((state->committed & WLR_OUTPUT_STATE_ADAPTIVE_SYNC_ENABLED) == 0 ||
		       !state->adaptive_sync_enabled || output->adaptive_sync_supported);
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

static bool set_mode(struct latch_kms_output *output, struct wlr_output_mode *wlr_mode) {
	struct latch_kms_mode *mode = wl_container_of(wlr_mode, mode, base);
	uint32_t blob;
	if (kms_blob_create(output->device, &mode->info, sizeof(mode->info), &blob) != 0) {
		return false;
	}
	kms_blob_destroy(output->device, output->mode_blob);
	output->mode_blob = blob;
	kms_dumb_buffer_destroy(output->black);
	output->black = NULL;
	output->needs_modeset = true;
	return true;
}

/* The planes of this output, but the one named. */
static void add_planes_off(const struct latch_kms_output *output, struct kms_commit *commit,
	const struct kms_plane *but) {
	for (size_t i = 0; i < output->device->planes_len; i++) {
		const struct kms_plane *plane = &output->device->planes[i];
		bool ours = plane == output->primary || plane == output->cursor ||
			    (output->planes_held & kms_plane_bit(plane)) != 0;
		if (ours && plane != but) {
			kms_commit_disable_plane(commit, plane);
		}
	}
}

/* Everything of this output but its CRTC: planes, and a writeback connector that a capture may have
 * left there, under which a CRTC can't be switched off. */
static void add_dark(const struct latch_kms_output *output, struct kms_commit *commit) {
	add_planes_off(output, commit, NULL);
	for (size_t i = 0; i < output->device->connectors_len; i++) {
		const struct kms_connector *connector = output->device->connectors[i];
		if (connector->writeback &&
			connector->possible_crtcs & (1u << output->crtc->index)) {
			kms_commit_disable_connector(commit, connector);
		}
	}
}

static int submit_standby(struct latch_kms_output *output, uint32_t black_fb) {
	struct kms_commit commit;
	kms_commit_init(&commit, output->device);
	add_dark(output, &commit);
	if (black_fb != 0) {
		struct kms_plane_state state = kms_plane_state_whole(black_fb,
			(uint32_t)output->base.width, (uint32_t)output->base.height);
		kms_commit_set_plane(&commit, output->primary, output->crtc, &state);
	}
	kms_commit_set_active(&commit, output->crtc, false);
	output->backend->touched = true;
	return kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
}

/* Darkens the monitor (DPMS), blocking, so that nothing reads its buffers any more; CRTC and mode
 * stay, the next commit with a mode lights it. Returns false when the kernel refuses. */
static bool go_standby(struct latch_kms_output *output) {
	if (output->crtc == NULL) {
		return false;
	}
	/* Clients get their buffers back, so no plane may keep one. Some drivers want the primary
	 * plane to be on wherever a CRTC has a mode (drm_atomic_helper_check_crtc_primary_plane()).
	 */
	int ret = submit_standby(output, 0);
	if (ret == -EINVAL) {
		ret = submit_standby(output, latch_kms_output_black_fb(output));
	}
	/* While the session is switched away it is dark already, as far as we are concerned. */
	if (ret != 0 && output->backend->session->active) {
		wlr_log(WLR_ERROR, "%s can't be darkened: %s", output->base.name, strerror(-ret));
		return false;
	}
	output->standby = true;
	output->needs_modeset = true;
	output->planes_on = 0;
	output->planes_held = 0;
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
		return go_standby(output);
	}
	if ((state->committed & WLR_OUTPUT_STATE_ENABLED) && !latch_kms_output_take_crtc(output)) {
		/* Others may have to be moved, which takes a commit of its own. */
		const struct wlr_backend_output_state one = {.output = wlr_output, .base = *state};
		return latch_kms_configure(output->backend, &one, 1, false);
	}
	if ((state->committed & WLR_OUTPUT_STATE_MODE) && !set_mode(output, state->mode)) {
		return false;
	}
	return true;
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
		struct latch_kms_mode *mode = &output->modes[i];
		const struct kms_mode *kms_mode = &connector->modes[i];
		mode->info = kms_mode->info;
		mode->base.width = kms_mode->info.hdisplay;
		mode->base.height = kms_mode->info.vdisplay;
		mode->base.refresh = kms_mode->refresh_mhz;
		mode->base.preferred = kms_mode->preferred;
		wl_list_insert(output->base.modes.prev, &mode->base.link);
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

bool latch_kms_output_take_crtc(struct latch_kms_output *output) {
	if (output->crtc != NULL) {
		return true;
	}
	output->starved = !latch_crtc_match(output, false) ||
			  !latch_crtc_give(output, output->matched);
	return !output->starved;
}

struct latch_kms_output *latch_kms_output_create(
	struct latch_kms_backend *backend, struct kms_connector *connector) {
	struct latch_kms_output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		return NULL;
	}
	wlr_output_init(&output->base, &backend->base, &output_impl, backend->loop, NULL);
	output->backend = backend;
	output->device = backend->device;
	output->connector = connector;
	wl_list_insert(backend->outputs.prev, &output->link);
	describe(output);
	if (!add_modes(output)) {
		wlr_output_destroy(&output->base);
		return NULL;
	}
	wl_signal_emit_mutable(&backend->base.events.new_output, &output->base);
	return output;
}

struct wlr_output_mode *latch_kms_output_wanted_mode(struct latch_kms_output *output) {
	const struct kms_connector *connector = output->connector;
	const struct latch_kms_backend *backend = output->backend;
	int index = kms_mode_choose(connector->modes, connector->modes_len,
		backend->has_mode_request ? &backend->mode_request : NULL);
	if (index < 0) {
		index = kms_mode_choose(connector->modes, connector->modes_len, NULL);
	}
	return index < 0 ? NULL : latch_kms_output_mode(output, (size_t)index);
}

struct wlr_output_mode *latch_kms_output_mode(struct latch_kms_output *output, size_t index) {
	return index < output->modes_len ? &output->modes[index].base : NULL;
}

void latch_kms_output_set_handlers(struct latch_kms_output *output,
	void (*flip)(void *data, const struct kms_flip *flip, uint64_t sequence),
	void (*moved)(void *data), void *data) {
	output->flip = flip;
	output->moved = moved;
	output->handler_data = data;
}

uint64_t latch_kms_output_user_data(const struct latch_kms_output *output, uint32_t serial) {
	return (uint64_t)output->crtc->id << 32 | serial;
}

int latch_kms_output_submit(struct latch_kms_output *output, const struct kms_commit *commit,
	uint32_t flags, uint64_t planes_on) {
	uint32_t serial = output->backend->last_serial + 1;
	int ret = kms_commit_submit(commit, flags, latch_kms_output_user_data(output, serial));
	output->backend->touched = true;
	if (ret == 0) {
		output->backend->last_serial = output->submit_serial = serial;
		output->planes_on = planes_on;
		output->planes_held |= planes_on;
	}
	return ret;
}

void latch_kms_output_handle_flip(struct latch_kms_output *output, const struct kms_flip *flip) {
	output->sequence = kms_sequence_widen(output->sequence, flip->sequence);
	output->planes_held = output->planes_on;
	if (output->flip != NULL) {
		output->flip(output->handler_data, flip, output->sequence);
	}
}

static bool plane_taken(const struct latch_kms_output *output, const struct kms_plane *plane) {
	struct latch_kms_output *other;
	wl_list_for_each(other, &output->backend->outputs, link) {
		bool held = (other->planes_held & kms_plane_bit(plane)) != 0;
		if (other != output && (other->primary == plane || other->cursor == plane || held)) {
			return true;
		}
	}
	return false;
}

size_t latch_kms_output_planes(
	const struct latch_kms_output *output, const struct kms_plane **planes, size_t max) {
	const struct kms_device *device = output->device;
	size_t len = 0;
	for (size_t i = 0; i < device->planes_len && len < max; i++) {
		const struct kms_plane *plane = &device->planes[i];
		bool overlay = plane->type == KMS_PLANE_OVERLAY && kms_plane_bit(plane) != 0 &&
			       (plane->possible_crtcs & 1u << output->crtc->index) != 0 &&
			       !plane_taken(output, plane);
		if (plane == output->primary || overlay) {
			planes[len++] = plane;
		}
	}
	return len;
}

/* A client's buffer of ten bits may come to the primary plane at any time, and the link can't be
 * made deeper for it without a modeset. */
static uint64_t bits_per_color(const struct latch_kms_output *output) {
	static const uint32_t deep[] = {DRM_FORMAT_XRGB2101010, DRM_FORMAT_XBGR2101010,
		DRM_FORMAT_ARGB2101010, DRM_FORMAT_ABGR2101010};
	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]) && !output->shallow; i++) {
		if (kms_format_set_get(&output->primary->formats, deep[i]) != NULL) {
			return 10;
		}
	}
	return 8;
}

bool latch_kms_output_make_shallow(struct latch_kms_output *output) {
	const struct kms_property *max_bpc = &output->connector->props.max_bpc;
	if (bits_per_color(output) <= 8 || max_bpc->id == 0 || max_bpc->max <= 8) {
		return false;
	}
	output->shallow = true;
	return true;
}

void latch_kms_output_add_modeset(struct latch_kms_output *output, struct kms_commit *commit) {
	const struct kms_device *device = output->device;
	const struct kms_crtc *crtc = output->crtc;
	/* An earlier master may have left planes and connectors on this CRTC. */
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		if ((plane->possible_crtcs & (1u << crtc->index)) && !plane_taken(output, plane)) {
			kms_commit_disable_plane(commit, plane);
		}
	}
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		const struct latch_kms_output *user =
			latch_kms_backend_find_output(output->backend, connector);
		if (!connector->writeback && connector->initial_crtc_id == crtc->id &&
			(user == NULL || user->crtc == NULL)) {
			kms_commit_disable_connector(commit, connector);
		}
	}
	kms_commit_set_neutral(commit, crtc, output->connector, bits_per_color(output));
	kms_commit_set_mode(commit, crtc, output->connector, output->mode_blob);
}

void latch_kms_output_add_disable(
	const struct latch_kms_output *output, struct kms_commit *commit) {
	if (output->crtc == NULL) {
		return;
	}
	add_dark(output, commit);
	kms_commit_disable_connector(commit, output->connector);
	kms_commit_disable_crtc(commit, output->crtc);
}

void latch_kms_output_drop_crtc(struct latch_kms_output *output) {
	output->crtc = NULL;
	output->primary = NULL;
	output->cursor = NULL;
	output->standby = false;
	output->planes_on = 0;
	output->planes_held = 0;
}

void latch_kms_output_disable(struct latch_kms_output *output) {
	if (output->crtc == NULL) {
		return;
	}
	struct kms_commit commit;
	kms_commit_init(&commit, output->device);
	latch_kms_output_add_disable(output, &commit);
	output->backend->touched = true;
	int ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	if (ret != 0 && output->backend->session->active) {
		wlr_log(WLR_ERROR, "%s can't be switched off: %s", output->base.name,
			strerror(-ret));
	}
	latch_kms_output_drop_crtc(output);
}

void latch_kms_output_bare(struct latch_kms_output *output) {
	struct kms_commit commit;
	kms_commit_init(&commit, output->device);
	add_planes_off(output, &commit, output->primary);
	int ret = commit.objects_len > 0 ? kms_commit_submit(&commit, 0, 0) : 0;
	if (ret != 0) {
		wlr_log(WLR_INFO, "%s: its planes can't be switched off: %s", output->base.name,
			strerror(-ret));
	}
}

uint32_t latch_kms_output_black_fb(struct latch_kms_output *output) {
	if (output->black == NULL) {
		output->black = kms_dumb_buffer_create(output->device, (uint32_t)output->base.width,
			(uint32_t)output->base.height, DRM_FORMAT_XRGB8888);
	}
	return output->black != NULL ? kms_dumb_buffer_get_fb(output->black) : 0;
}

const char *latch_kms_output_device(const struct latch_kms_output *output) {
	static char text[96];
	snprintf(text, sizeof(text), "%s (%s)", output->device->driver, output->backend->path);
	return text;
}

const char *latch_kms_output_clock(const struct latch_kms_output *output) {
	return kms_clock_kind_name(output->device->clock);
}

int64_t latch_kms_output_blank_ns(const struct latch_kms_output *output) {
	if (output->base.current_mode == NULL || output->device->clock != KMS_CLOCK_HARDWARE) {
		return 0;
	}
	const struct latch_kms_mode *mode =
		wl_container_of(output->base.current_mode, mode, base);
	return kms_mode_blank_ns(&mode->info);
}
