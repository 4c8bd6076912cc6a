/*
 * Tearing, for clients that ask for it (tearing-control-v1): a flip that does not wait for the
 * vblank. The kernel allows only the framebuffer of a plane to change in such a commit
 * (drm_atomic_set_property(), DRM_MODE_PAGE_FLIP_ASYNC): no cursor, no fences. Whatever is
 * more than that is a flip like any other.
 */
#include "output/tearing.h"

#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "kms/device.h"
#include "output/content.h"
#include "output/output.h"
#include "sync/surface.h"

static const struct {
	const char *name, *text;
} refusals[LATCH_TEARING_REFUSALS] = {
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

const char *latch_tearing_refusal_name(enum latch_tearing_refusal refusal) {
	return (unsigned)refusal < LATCH_TEARING_REFUSALS ? refusals[refusal].name : NULL;
}

enum latch_tearing_refusal latch_tearing_decide(const struct latch_tearing_input *input) {
	if (!input->asked) {
		return LATCH_TEARING_NOT_ASKED;
	}
	if (!input->driver) {
		return LATCH_TEARING_NO_DRIVER;
	}
	if (!input->alone) {
		return LATCH_TEARING_NOT_ALONE;
	}
	if (input->fifo) {
		return LATCH_TEARING_FIFO;
	}
	if (input->modeset) {
		return LATCH_TEARING_MODESET;
	}
	if (input->capture) {
		return LATCH_TEARING_CAPTURE;
	}
	if (!input->only_fb_changes) {
		return LATCH_TEARING_MORE_CHANGES;
	}
	return input->refused ? LATCH_TEARING_KERNEL : LATCH_TEARING_OK;
}

/* The frontmost surface that asks; its layer in *index. */
static struct wlr_surface *find_asking(const struct latch_output *output, size_t *index) {
	for (size_t i = 0; i < output->layers.len; i++) {
		const struct latch_layer *layer = &output->layers.layers[i];
		if (layer->surface != NULL && layer->place != LATCH_LAYER_COVERED &&
			latch_surface_sync_is_async(layer->surface->wlr_surface)) {
			*index = i;
			return layer->surface->wlr_surface;
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

static void log_change(struct latch_output *output, enum latch_tearing_refusal refusal) {
	struct latch_tearing *tearing = &output->tearing;
	/* Reasons that concern one frame only are not logged. */
	if (refusal == tearing->logged || refusal == LATCH_TEARING_NOT_ASKED ||
		refusal == LATCH_TEARING_MODESET || refusal == LATCH_TEARING_CAPTURE ||
		refusal == LATCH_TEARING_MORE_CHANGES || refusal == LATCH_TEARING_FIFO) {
		return;
	}
	tearing->logged = refusal;
	wlr_log(WLR_INFO, "%s: tearing is asked for: %s: %s", output->wlr_output->name,
		refusals[refusal].name, refusals[refusal].text);
}

enum latch_tearing_refusal latch_tearing_for_frame(
	struct latch_output *output, const struct latch_frame *now) {
	size_t index = 0;
	struct wlr_surface *surface = find_asking(output, &index);
	const struct latch_kms_output *kms = output->kms;
	bool alone = surface != NULL && output->plan.visible == 1 && output->plan.on_planes == 1 &&
		     is_lone(now, kms->primary);
	const struct latch_tearing_input input = {
		.asked = surface != NULL,
		.driver = kms->device->features.atomic_async_page_flip,
		.alone = alone,
		.fifo = surface != NULL && latch_surface_sync_has_barrier(surface),
		.modeset = kms->needs_modeset || output->force,
		.capture = output->capture.state == LATCH_CAPTURE_WANTED || output->picture_wanted,
		.only_fb_changes = alone && only_fb_changes(output->on_screen, now),
		.refused = surface != NULL &&
			   was_refused(&output->tearing, &output->layers.layers[index]),
	};
	enum latch_tearing_refusal refusal = latch_tearing_decide(&input);
	log_change(output, refusal);
	return refusal;
}

void latch_tearing_refused(struct latch_output *output, int error) {
	size_t index;
	if (find_asking(output, &index) == NULL) {
		return;
	}
	const struct latch_layer *layer = &output->layers.layers[index];
	output->tearing.refused_fourcc = layer->fourcc;
	output->tearing.refused_modifier = layer->modifier;
	output->tearing.refused_width = (uint32_t)layer->buffer_width;
	output->tearing.refused_height = (uint32_t)layer->buffer_height;
	wlr_log(WLR_DEBUG, "%s: an asynchronous flip was refused: %s", output->wlr_output->name,
		strerror(-error));
	log_change(output, LATCH_TEARING_KERNEL);
}
