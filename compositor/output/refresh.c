#include "output/refresh.h"

#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "kms/device.h"
#include "output/content.h"
#include "output/management.h"
#include "output/output.h"
#include "sync/surface.h"

struct wlr_surface *latch_output_fullscreen_surface(const struct latch_output *output) {
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
	struct wlr_surface *surface = latch_output_fullscreen_surface(output);
	if (surface == NULL) {
		return KMS_CONTENT_NO_DATA;
	}
	switch (wlr_surface_get_content_type_v1(output->core->content_type, surface)) {
	case WP_CONTENT_TYPE_V1_TYPE_NONE:
		return KMS_CONTENT_NO_DATA;
	case WP_CONTENT_TYPE_V1_TYPE_PHOTO:
		return KMS_CONTENT_PHOTO;
	case WP_CONTENT_TYPE_V1_TYPE_VIDEO:
		return KMS_CONTENT_CINEMA;
	case WP_CONTENT_TYPE_V1_TYPE_GAME:
		return KMS_CONTENT_GAME;
	}
	return KMS_CONTENT_NO_DATA;
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
	latch_tearing_log(&output->tearing.logged, refusal, output->wlr_output->name);
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
	latch_tearing_log(
		&output->tearing.logged, LATCH_TEARING_KERNEL, output->wlr_output->name);
}

bool latch_vrr_for_frame(struct latch_output *output, bool fullscreen, bool photo) {
	const struct latch_vrr_input input = {
		.policy = output->vrr.policy,
		.capable = output->wlr_output->adaptive_sync_supported,
		.fullscreen = fullscreen,
		.photo = photo,
		.refused = output->vrr.refused,
	};
	enum latch_vrr_refusal refusal = latch_vrr_decide(&input);
	latch_vrr_log(&output->vrr.logged, refusal, output->wlr_output->name);
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
