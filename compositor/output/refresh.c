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

#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "kms/device.h"
#include "output/content.h"
#include "output/management.h"
#include "sync/surface.h"

static const struct {
	const char *name, *text;
} tearing_refusals[LATCH_TEARING_REFUSALS] = {
	[LATCH_TEARING_OK] = {"ok", "frames are flipped to at once"},
	[LATCH_TEARING_NOT_ASKED] = {"not-asked", "no client asks for it"},
	[LATCH_TEARING_NO_DRIVER] = {"no-driver", "the driver has no asynchronous flips"},
	[LATCH_TEARING_NOT_ALONE] = {"not-alone", "it is not alone on the primary plane"},
	[LATCH_TEARING_FIFO] = {"fifo", "the client wants each frame to be seen for a refresh"},
	[LATCH_TEARING_MODESET] = {"modeset", "the mode is set with this frame"},
	[LATCH_TEARING_CAPTURE] = {"capture", "a picture is taken of this frame"},
	[LATCH_TEARING_MORE_CHANGES] = {"more-changes", "more than the buffer changes"},
	[LATCH_TEARING_KERNEL] = {"kernel", "the kernel takes no such flip for these buffers"},
};

static const struct {
	const char *name, *text;
} vrr_refusals[LATCH_VRR_REFUSALS] = {
	[LATCH_VRR_OK] = {"ok", "on"},
	[LATCH_VRR_NOT_ASKED] = {"not-asked", "off, nobody asks for it"},
	[LATCH_VRR_NOT_CAPABLE] = {"not-capable",
		"off, the monitor or its driver has none (vrr_capable, VRR_ENABLED)"},
	[LATCH_VRR_NOT_FULLSCREEN] = {"not-fullscreen", "off, nothing fills the screen"},
	[LATCH_VRR_PHOTO] = {"photo", "off, what fills the screen is a photo"},
	[LATCH_VRR_KERNEL] = {"kernel", "off, the kernel refuses it in this mode"},
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
	return frame->len == 1 && frame->layers[0].plane == primary && !frame->scanout.own_shown;
}

static bool only_fb_changes(const struct latch_frame *before, const struct latch_frame *now) {
	const struct latch_scanout *was = &before->scanout, *is = &now->scanout;
	const struct kms_plane *plane = now->layers[0].plane;
	if (!is_lone(before, plane) || was->cursor_shown != is->cursor_shown ||
		was->vrr != is->vrr || was->content_type != is->content_type ||
		(is->cursor_shown && !kms_plane_state_equal(&was->cursor, &is->cursor))) {
		return false;
	}
	const struct kms_plane_state old = latch_layer_plane_state(&before->layers[0], plane);
	const struct kms_plane_state new = latch_layer_plane_state(&now->layers[0], plane);
	return kms_plane_state_equal(&old, &new);
}

static bool was_refused(const struct latch_tearing *tearing, const struct latch_layer *layer) {
	return tearing->refused_fourcc != 0 && tearing->refused_fourcc == layer->fourcc &&
	       tearing->refused_modifier == layer->modifier &&
	       tearing->refused_width == (uint32_t)layer->buffer_width &&
	       tearing->refused_height == (uint32_t)layer->buffer_height;
}

static void log_tearing(struct latch_output *output, enum latch_tearing_refusal refusal) {
	/* Reasons that concern one frame only are not logged. */
	if (refusal == output->tearing.logged || refusal == LATCH_TEARING_NOT_ASKED ||
		refusal == LATCH_TEARING_MODESET || refusal == LATCH_TEARING_CAPTURE ||
		refusal == LATCH_TEARING_MORE_CHANGES || refusal == LATCH_TEARING_FIFO) {
		return;
	}
	output->tearing.logged = refusal;
	wlr_log(WLR_INFO, "%s: tearing is asked for: %s: %s", output->wlr_output->name,
		tearing_refusals[refusal].name, tearing_refusals[refusal].text);
}

enum latch_tearing_refusal latch_tearing_for_frame(
	struct latch_output *output, const struct latch_frame *now) {
	const struct latch_layer *asking = find_asking(output);
	const struct latch_kms_output *kms = output->kms;
	bool alone = asking != NULL && output->plan.visible == 1 && output->plan.on_planes == 1 &&
		     is_lone(now, kms->primary);
	const struct latch_tearing_input input = {
		.asked = asking != NULL,
		.driver = kms->device->features.atomic_async_page_flip,
		.alone = alone,
		.fifo = asking != NULL &&
			latch_surface_sync_has_barrier(asking->surface->wlr_surface),
		.modeset = kms->needs_modeset || output->force,
		.capture = output->capture.state == LATCH_CAPTURE_WANTED || output->picture_wanted,
		.only_fb_changes = alone && only_fb_changes(output->on_screen, now),
		.refused = asking != NULL && was_refused(&output->tearing, asking),
	};
	enum latch_tearing_refusal refusal = latch_tearing_decide(&input);
	log_tearing(output, refusal);
	return refusal;
}

void latch_tearing_refused(struct latch_output *output, int error) {
	const struct latch_layer *layer = find_asking(output);
	if (layer == NULL) {
		return;
	}
	output->tearing.refused_fourcc = layer->fourcc;
	output->tearing.refused_modifier = layer->modifier;
	output->tearing.refused_width = (uint32_t)layer->buffer_width;
	output->tearing.refused_height = (uint32_t)layer->buffer_height;
	wlr_log(WLR_DEBUG, "%s: an asynchronous flip was refused: %s", output->wlr_output->name,
		strerror(-error));
	log_tearing(output, LATCH_TEARING_KERNEL);
}

bool latch_vrr_for_frame(struct latch_output *output, enum kms_content_type type) {
	const struct latch_vrr_input input = {
		.policy = output->vrr.policy,
		.capable = output->wlr_output->adaptive_sync_supported,
		.fullscreen = fullscreen_surface(output) != NULL,
		.photo = type == KMS_CONTENT_PHOTO,
		.refused = output->vrr.refused,
	};
	enum latch_vrr_refusal refusal = latch_vrr_decide(&input);
	if (refusal != output->vrr.logged) {
		output->vrr.logged = refusal;
		wlr_log(WLR_INFO, "%s: variable refresh: %s: %s", output->wlr_output->name,
			vrr_refusals[refusal].name, vrr_refusals[refusal].text);
	}
	return refusal == LATCH_VRR_OK;
}

void latch_vrr_submitted(struct latch_output *output, bool on) {
	if (on == output->vrr.active) {
		return;
	}
	output->vrr.active = on;
	latch_clock_set_variable(&output->deadline.vblank, on);
	output->wlr_output->adaptive_sync_status = on ? WLR_OUTPUT_ADAPTIVE_SYNC_ENABLED
						      : WLR_OUTPUT_ADAPTIVE_SYNC_DISABLED;
	latch_management_changed(output->core->management);
}
