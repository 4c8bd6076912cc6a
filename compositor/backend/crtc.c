/* SPDX-License-Identifier: MIT */
#include "backend/crtc.h"

#include <drm_fourcc.h>
#include <stdlib.h>

#include "backend/output.h"
#include "kms/match.h"

static struct kms_match_head make_head(const struct kms_device *device, enum kms_match_kind kind,
	const struct kms_connector *connector, uint32_t crtc_id) {
	const struct kms_crtc *crtc = kms_device_find_crtc(device, crtc_id);
	return (struct kms_match_head){
		.kind = kind,
		.possible_crtcs = connector->possible_crtcs,
		.crtc = crtc != NULL ? (int)crtc->index : -1,
	};
}

/* One in standby would be lit by it. */
static bool will_want_one(const struct latch_kms_output *output,
	const struct kms_connector *connector) {
	const struct latch_kms_backend *backend = output->backend;
	const struct latch_kms_output *other = latch_kms_output_find(backend, connector);
	if (other != NULL) {
		return other != output && other->crtc == NULL && other->starved;
	}
	return backend->wanted_connector == NULL && latch_kms_output_is_wanted(backend, connector);
}

bool latch_crtc_match(struct latch_kms_output *output, bool moves) {
	struct kms_device *device = output->device;
	struct wl_list *outputs = &output->backend->outputs;
	size_t max = (size_t)wl_list_length(outputs) + device->connectors_len, len = 0;
	struct kms_match_head *heads = calloc(max, sizeof(*heads));
	if (heads == NULL) {
		return false;
	}
	struct latch_kms_output *other;
	wl_list_for_each(other, outputs, link) {
		other->matched = NULL;
		if (other->crtc != NULL) {
			bool movable = moves && other->base.enabled &&
				       other->base.current_mode != NULL && !other->standby;
			heads[len++] = make_head(device,
				movable ? KMS_MATCH_MOVABLE : KMS_MATCH_FIXED, other->connector,
				other->crtc->id);
		}
	}
	size_t wanted = len++;
	heads[wanted] = make_head(device, KMS_MATCH_WANTED, output->connector,
		output->connector->initial_crtc_id);
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		if (will_want_one(output, connector)) {
			heads[len++] = make_head(device, KMS_MATCH_LATER, connector,
				connector->initial_crtc_id);
		}
	}
	kms_match(heads, len, device->crtcs_len);
	size_t at = 0;
	wl_list_for_each(other, outputs, link) {
		if (other->crtc != NULL) {
			other->matched = &device->crtcs[heads[at++].crtc];
		}
	}
	int found = heads[wanted].crtc;
	output->matched = found >= 0 ? &device->crtcs[found] : NULL;
	free(heads);
	return found >= 0;
}

/* Without a modifier, which IN_FORMATS has no word for, a buffer's layout is the driver's own
 * affair: the last way out where the kernel refuses those that it names. */
static bool add_formats(struct wlr_drm_format_set *formats, const struct kms_format_set *kms) {
	for (size_t i = 0; i < kms->len; i++) {
		const struct kms_format *format = &kms->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			if (!wlr_drm_format_set_add(
				    formats, format->fourcc, format->modifiers[j])) {
				return false;
			}
		}
		if (!wlr_drm_format_set_add(formats, format->fourcc, DRM_FORMAT_MOD_INVALID)) {
			return false;
		}
	}
	return true;
}

bool latch_crtc_read_formats(struct latch_kms_output *output, const struct kms_plane *primary) {
	struct wlr_drm_format_set formats = {0};
	if (!add_formats(&formats, &primary->formats)) {
		wlr_drm_format_set_finish(&formats);
		return false;
	}
	wlr_drm_format_set_finish(&output->primary_formats);
	output->primary_formats = formats;
	return true;
}

bool latch_crtc_give(struct latch_kms_output *output, struct kms_crtc *crtc) {
	const struct kms_device *device = output->device;
	uint64_t taken = latch_kms_output_planes_of_others(output);
	struct kms_plane *primary =
		kms_device_find_crtc_plane(device, crtc, KMS_PLANE_PRIMARY, taken);
	if (primary == NULL || !latch_crtc_read_formats(output, primary)) {
		return false;
	}
	output->crtc = crtc;
	output->starved = false;
	output->primary = primary;
	output->cursor = kms_device_find_crtc_plane(device, crtc, KMS_PLANE_CURSOR, taken);
	output->base.adaptive_sync_supported =
		output->connector->props.vrr_capable.value != 0 && crtc->props.vrr_enabled.id != 0;
	output->needs_modeset = true;
	return true;
}

bool latch_kms_output_take_crtc(struct latch_kms_output *output) {
	if (output->crtc != NULL) {
		return true;
	}
	output->starved =
		!latch_crtc_match(output, false) || !latch_crtc_give(output, output->matched);
	return !output->starved;
}
