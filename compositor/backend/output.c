/* SPDX-License-Identifier: MIT */
#include "backend/output.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <strings.h>
#include <wlr/backend/session.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "kms/framebuffer.h"

/* A modeset may take a tenth of a second, in which no output of the device gets a frame. */
#define HDR_CHANGE_NS INT64_C(1000000000)

struct latch_kms_output *latch_kms_output_find(
	const struct latch_kms_backend *backend, const struct kms_connector *connector) {
	struct latch_kms_output *output;
	wl_list_for_each(output, &backend->outputs, link) {
		if (output->connector == connector) {
			return output;
		}
	}
	return NULL;
}

bool latch_kms_output_is_wanted(
	const struct latch_kms_backend *backend, const struct kms_connector *connector) {
	if (connector->gone || connector->writeback || connector->modes_len == 0) {
		return false;
	}
	if (backend->wanted_connector != NULL) {
		return connector->status != KMS_CONNECTOR_DISCONNECTED &&
		       strcasecmp(connector->name, backend->wanted_connector) == 0;
	}
	return connector->status == KMS_CONNECTOR_CONNECTED &&
	       connector->props.non_desktop.value == 0;
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

static uint64_t planes_of(const struct latch_kms_output *output) {
	return output->planes_held | kms_plane_bit(output->primary) | kms_plane_bit(output->cursor);
}

uint64_t latch_kms_output_planes_of_others(const struct latch_kms_output *output) {
	uint64_t planes = 0;
	const struct latch_kms_output *other;
	wl_list_for_each(other, &output->backend->outputs, link) {
		planes |= other != output ? planes_of(other) : 0;
	}
	return planes;
}

static void add_planes_off(
	const struct latch_kms_output *output, struct kms_commit *commit, uint64_t planes) {
	for (size_t i = 0; i < output->device->planes_len; i++) {
		const struct kms_plane *plane = &output->device->planes[i];
		if ((planes & kms_plane_bit(plane)) != 0) {
			kms_commit_disable_plane(commit, plane);
		}
	}
}

/* Everything of this output but its CRTC: planes, and a writeback connector that a capture may have
 * left there, under which a CRTC can't be switched off. */
static void add_dark(const struct latch_kms_output *output, struct kms_commit *commit) {
	add_planes_off(output, commit, planes_of(output));
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
	/* That alone darkens the monitor (DPMS) and keeps the mode. */
	kms_commit_set(&commit, output->crtc->id, output->crtc->props.active.id, 0);
	output->backend->touched = true;
	return kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
}

bool latch_kms_output_go_standby(struct latch_kms_output *output) {
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
	output->planes_on = output->planes_held = 0;
	return true;
}

struct wlr_output_mode *latch_kms_output_wanted_mode(struct latch_kms_output *output) {
	const struct kms_connector *connector = output->connector;
	const struct latch_output_request asked =
		latch_output_requests_find(&output->backend->requests, connector->name);
	int index = kms_mode_choose(connector->modes, connector->modes_len,
		asked.mode.width > 0 ? &asked.mode : NULL);
	if (index < 0) {
		index = kms_mode_choose(connector->modes, connector->modes_len, NULL);
	}
	return index < 0 ? NULL : latch_kms_output_mode(output, (size_t)index);
}

struct wlr_output_mode *latch_kms_output_mode(struct latch_kms_output *output, size_t index) {
	return index < output->modes_len ? &output->modes[index] : NULL;
}

const drmModeModeInfo *latch_kms_output_mode_info(
	const struct latch_kms_output *output, const struct wlr_output_mode *mode) {
	return &output->connector->modes[mode - output->modes].info;
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
	if (output->handlers.flip != NULL) {
		output->handlers.flip(output->handlers.data, flip, output->sequence);
	}
}

size_t latch_kms_output_planes(
	const struct latch_kms_output *output, const struct kms_plane **planes, size_t max) {
	const struct kms_device *device = output->device;
	const uint64_t taken = latch_kms_output_planes_of_others(output);
	size_t len = 0;
	for (size_t i = 0; i < device->planes_len && len < max; i++) {
		const struct kms_plane *plane = &device->planes[i];
		bool overlay = plane->type == KMS_PLANE_OVERLAY && plane->formats.len > 0 &&
			       (kms_plane_bit(plane) & ~taken) != 0 &&
			       (plane->possible_crtcs & 1u << output->crtc->index) != 0;
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
	bool has_deep = output->signal == LATCH_SIGNAL_HDR;
	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		has_deep = has_deep ||
			   kms_format_set_get(&output->primary->formats, deep[i]) != NULL;
	}
	return has_deep && output->signal != LATCH_SIGNAL_SHALLOW ? 10 : 8;
}

bool latch_kms_output_ask_less(struct latch_kms_output *output) {
	const struct kms_property *max_bpc = &output->connector->props.max_bpc;
	if (output->signal == LATCH_SIGNAL_HDR) {
		output->signal = LATCH_SIGNAL_DEEP;
		return true;
	}
	if (bits_per_color(output) <= 8 || max_bpc->id == 0 || max_bpc->max <= 8) {
		return false;
	}
	output->signal = LATCH_SIGNAL_SHALLOW;
	return true;
}

void latch_kms_output_tell_content(
	struct latch_kms_output *output, const struct color_description *content) {
	if (output->signal != LATCH_SIGNAL_HDR) {
		return;
	}
	uint32_t blob;
	const struct hdr_output_metadata data = kms_hdr_metadata(content);
	const bool told = output->hdr_blob != 0;
	const int64_t now_ns = latch_now_ns();
	if ((told && (memcmp(&data, &output->hdr, sizeof(data)) == 0 ||
			     now_ns - output->hdr_changed_ns < HDR_CHANGE_NS)) ||
		kms_blob_create(output->device, &data, sizeof(data), &blob) != 0) {
		return;
	}
	if (told) {
		output->needs_modeset = true;
		output->hdr_changed_ns = now_ns;
	}
	kms_blob_destroy(output->device, output->hdr_blob);
	output->hdr = data;
	output->hdr_blob = blob;
}

void latch_kms_output_add_modeset(struct latch_kms_output *output, struct kms_commit *commit) {
	const struct kms_device *device = output->device;
	const struct kms_crtc *crtc = output->crtc;
	const uint64_t taken = latch_kms_output_planes_of_others(output);
	/* An earlier master may have left planes and connectors on this CRTC. */
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		if ((plane->possible_crtcs & (1u << crtc->index)) != 0 &&
			(kms_plane_bit(plane) & taken) == 0) {
			kms_commit_disable_plane(commit, plane);
		}
	}
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		const struct latch_kms_output *user =
			latch_kms_output_find(output->backend, connector);
		if (!connector->writeback && connector->initial_crtc_id == crtc->id &&
			(user == NULL || user->crtc == NULL)) {
			kms_commit_disable_connector(commit, connector);
		}
	}
	kms_commit_set_neutral(commit, crtc, output->connector, bits_per_color(output));
	if (output->signal == LATCH_SIGNAL_HDR) {
		if (output->hdr_blob == 0) {
			latch_kms_output_tell_content(output, &(struct color_description){0});
		}
		kms_commit_set_hdr(commit, output->connector, output->hdr_blob);
	}
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
	output->primary = output->cursor = NULL;
	output->standby = false;
	output->planes_on = output->planes_held = 0;
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
	add_planes_off(output, &commit, planes_of(output) & ~kms_plane_bit(output->primary));
	kms_commit_bypass_color(&commit, output->primary);
	const bool hdr = output->signal == LATCH_SIGNAL_HDR;
	if (hdr) {
		kms_commit_set_hdr(&commit, output->connector, 0);
	}
	int ret = commit.objects_len > 0
			  ? kms_commit_submit(&commit, hdr ? KMS_COMMIT_ALLOW_MODESET : 0, 0)
			  : 0;
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

int64_t latch_kms_output_blank_ns(const struct latch_kms_output *output) {
	if (output->base.current_mode == NULL || output->device->clock != KMS_CLOCK_HARDWARE) {
		return 0;
	}
	return kms_mode_blank_ns(latch_kms_output_mode_info(output, output->base.current_mode));
}
