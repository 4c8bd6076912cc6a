/* SPDX-License-Identifier: MIT */
/*
 * How the display gets a frame: at once or with a vblank, with which refresh, as which type of
 * content. The decisions are in vblank.c.
 *
 * Tearing, for clients that ask for it (tearing-control-v1): a flip that does not wait for the
 * vblank. The kernel allows only the framebuffer of a plane to change in such a commit
 * (drm_atomic_set_property(), DRM_MODE_PAGE_FLIP_ASYNC): no cursor, no fences. Whatever is
 * more than that is a flip like any other.
 */
#include "output/output.h"

#include <drm_fourcc.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "base/hash.h"
#include "output/content.h"
#include "output/management.h"

/* Name and text. A refusal without them is not logged: it concerns a single frame, or nobody
 * asks. */
static const char *const tearing_refusals[LATCH_TEARING_REFUSALS] = {
	[LATCH_TEARING_OK] = "ok: frames are flipped to at once",
	[LATCH_TEARING_NO_DRIVER] = "no-driver: the driver has no asynchronous flips",
	[LATCH_TEARING_FORMAT] = "format: the plane has no such flips for this format and modifier",
	[LATCH_TEARING_NOT_ALONE] = "not-alone: it is not alone on the primary plane",
	[LATCH_TEARING_KERNEL] = "kernel: the kernel takes no such flip for these buffers",
};

static const char *const vrr_refusals[LATCH_VRR_REFUSALS] = {
	[LATCH_VRR_OK] = "ok: on",
	[LATCH_VRR_NOT_ASKED] = "not-asked: off, nobody asks for it",
	[LATCH_VRR_NOT_CAPABLE] = "not-capable: off, the monitor or its driver lacks it (vrr_capable)",
	[LATCH_VRR_NOT_FULLSCREEN] = "not-fullscreen: off, nothing fills the screen",
	[LATCH_VRR_PHOTO] = "photo: off, what fills the screen is a photo",
	[LATCH_VRR_KERNEL] = "kernel: off, the kernel refuses it in this mode",
};

/* The surface that fills the output alone, as its layers have been planned; NULL for none. A cursor
 * in front of it does not count. */
static struct wlr_surface *fullscreen_surface(const struct latch_output *output) {
	const struct latch_layer_list *list = &output->layers;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_layer *layer = &list->layers[i];
		if (layer->surface == NULL || layer->place == LATCH_LAYER_COVERED) {
			continue;
		}
		/* Whatever is in front would be seen before it. */
		bool fills = latch_layer_fills_screen(
			layer, output->wlr_output->width, output->wlr_output->height);
		return fills ? layer->surface->wlr_surface : NULL;
	}
	return NULL;
}

enum kms_content_type latch_content_type_for_frame(const struct latch_output *output) {
	struct wlr_surface *surface = fullscreen_surface(output);
	if (surface == NULL) {
		return KMS_CONTENT_NO_DATA;
	}
	static const enum kms_content_type types[] = {
		[WP_CONTENT_TYPE_V1_TYPE_NONE] = KMS_CONTENT_NO_DATA,
		[WP_CONTENT_TYPE_V1_TYPE_PHOTO] = KMS_CONTENT_PHOTO,
		[WP_CONTENT_TYPE_V1_TYPE_VIDEO] = KMS_CONTENT_CINEMA,
		[WP_CONTENT_TYPE_V1_TYPE_GAME] = KMS_CONTENT_GAME,
	};
	/* As the client has sent it, which may be any number. */
	const unsigned type = wlr_surface_get_content_type_v1(output->core->content_type, surface);
	return type < sizeof(types) / sizeof(types[0]) ? types[type] : KMS_CONTENT_NO_DATA;
}

/* The layer of the frontmost surface that asks. */
static const struct latch_layer *find_asking(const struct latch_output *output) {
	for (size_t i = 0; i < output->layers.len; i++) {
		const struct latch_layer *layer = &output->layers.layers[i];
		if (layer->surface != NULL && layer->place != LATCH_LAYER_COVERED &&
			latch_surface_sync_is_async(layer->surface->wlr_surface)) {
			return layer;
		}
	}
	return NULL;
}

/* One layer on the primary plane, and nothing else but a cursor. */
static bool is_lone(const struct latch_frame *frame, const struct kms_plane *primary) {
	return frame->len == 1 && frame->layers[0].plane == primary &&
	       frame->scanout.own.fb_id == 0;
}

static bool only_fb_changes(const struct latch_frame *before, const struct latch_frame *now) {
	const struct latch_scanout *was = &before->scanout, *is = &now->scanout;
	const struct latch_layer *old = before->layers, *new = now->layers;
	return is_lone(before, new->plane) && was->vrr == is->vrr &&
	       was->content_type == is->content_type &&
	       kms_plane_state_equal(&was->cursor, &is->cursor) && old->zpos == new->zpos &&
	       latch_layer_same_shape(old, new);
}

/* The same number for buffers that a driver would treat alike. */
static uint64_t buffer_kind(const struct latch_layer *layer) {
	const uint64_t kind[] = {layer->fourcc, layer->modifier, (uint64_t)layer->buffer_width,
		(uint64_t)layer->buffer_height};
	return latch_hash(LATCH_HASH_START, kind, sizeof(kind));
}

static void log_tearing(struct latch_output *output, enum latch_tearing_refusal refusal) {
	if (refusal == output->tearing.logged || tearing_refusals[refusal] == NULL) {
		return;
	}
	output->tearing.logged = refusal;
	wlr_log(WLR_INFO, "%s: tearing is asked for: %s", output->wlr_output->name,
		tearing_refusals[refusal]);
}

/* Of a plane that does not say, and of a layout that only its driver knows, the kernel says it. */
static bool is_async_format(const struct kms_plane *plane, const struct latch_layer *layer) {
	return plane->async_formats.len == 0 || layer->modifier == DRM_FORMAT_MOD_INVALID ||
	       kms_format_set_has(&plane->async_formats, latch_layer_fourcc_on(layer, plane),
		       layer->modifier);
}

enum latch_tearing_refusal latch_tearing_for_frame(
	struct latch_output *output, const struct latch_frame *now) {
	const struct latch_layer *asking = find_asking(output);
	const struct latch_kms_output *kms = output->kms;
	bool alone = asking != NULL && output->plan.visible == 1 && output->plan.on_planes == 1 &&
		     is_lone(now, kms->primary);
	const bool holds[LATCH_TEARING_REFUSALS] = {
		[LATCH_TEARING_NOT_ASKED] = asking == NULL,
		[LATCH_TEARING_NO_DRIVER] = !kms->device->features.atomic_async_page_flip,
		[LATCH_TEARING_FORMAT] = asking != NULL && !is_async_format(kms->primary, asking),
		[LATCH_TEARING_NOT_ALONE] = !alone,
		[LATCH_TEARING_FIFO] = asking != NULL && latch_surface_sync_has_barrier(
								 asking->surface->wlr_surface),
		[LATCH_TEARING_MODESET] = kms->needs_modeset || output->force,
		[LATCH_TEARING_CAPTURE] =
			output->capture.state == LATCH_CAPTURE_WANTED || output->picture_wanted,
		[LATCH_TEARING_MORE_CHANGES] = alone && !only_fb_changes(output->on_screen, now),
		[LATCH_TEARING_KERNEL] =
			asking != NULL && output->tearing.refused == buffer_kind(asking),
	};
	enum latch_tearing_refusal refusal =
		(enum latch_tearing_refusal)latch_first_refusal(holds, LATCH_TEARING_REFUSALS);
	log_tearing(output, refusal);
	return refusal;
}

void latch_tearing_refused(struct latch_output *output, int error) {
	output->tearing.refused = buffer_kind(find_asking(output));
	wlr_log(WLR_DEBUG, "%s: an asynchronous flip was refused: %s", output->wlr_output->name,
		strerror(-error));
	log_tearing(output, LATCH_TEARING_KERNEL);
}

bool latch_vrr_for_frame(struct latch_output *output, enum kms_content_type type) {
	const bool fullscreen = fullscreen_surface(output) != NULL;
	const bool holds[LATCH_VRR_REFUSALS] = {
		[LATCH_VRR_NOT_ASKED] = output->vrr.policy == LATCH_VRR_OFF,
		[LATCH_VRR_NOT_CAPABLE] = !output->wlr_output->adaptive_sync_supported,
		[LATCH_VRR_NOT_FULLSCREEN] =
			output->vrr.policy == LATCH_VRR_FULLSCREEN && !fullscreen,
		[LATCH_VRR_PHOTO] = fullscreen && type == KMS_CONTENT_PHOTO,
		[LATCH_VRR_KERNEL] = output->vrr.refused,
	};
	enum latch_vrr_refusal refusal =
		(enum latch_vrr_refusal)latch_first_refusal(holds, LATCH_VRR_REFUSALS);
	if (refusal != output->vrr.logged) {
		output->vrr.logged = refusal;
		wlr_log(WLR_INFO, "%s: variable refresh: %s", output->wlr_output->name,
			vrr_refusals[refusal]);
	}
	return refusal == LATCH_VRR_OK;
}

void latch_vrr_submitted(struct latch_output *output, bool on) {
	if (on == output->vrr.active) {
		return;
	}
	output->vrr.active = on;
	latch_clock_set_variable(&output->deadline.vblank, on);
	output->wlr_output->adaptive_sync_status =
		on ? WLR_OUTPUT_ADAPTIVE_SYNC_ENABLED : WLR_OUTPUT_ADAPTIVE_SYNC_DISABLED;
	latch_management_changed(output->core->management);
}
