/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "output/content.h"
#include "output/output.h"
#include "output/planes_like.h"

static bool output_exists(const struct latch_core *core, uint32_t id) {
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		if (output->id == id) {
			return true;
		}
	}
	return false;
}

static void log_placement(struct latch_output *output, struct latch_surface *surface,
	const struct latch_layer *layer) {
	/* On two outputs the reasons may differ: the first one is told of. */
	bool other = surface->logged_output != output->id &&
		     output_exists(output->core, surface->logged_output);
	uint32_t plane_id = layer->plane != NULL ? layer->plane->id : 0;
	if (layer->place == LATCH_LAYER_COVERED || other ||
		(surface->logged_output == output->id &&
			surface->logged_reasons == layer->reasons &&
			surface->logged_plane == plane_id)) {
		return;
	}
	surface->logged_output = output->id;
	surface->logged_reasons = layer->reasons;
	surface->logged_plane = plane_id;
	if (layer->plane != NULL) {
		wlr_log(WLR_INFO, "surface %u: on the %s plane (%u) of %s%s", surface->id,
			kms_plane_type_name(layer->plane->type), plane_id,
			output->wlr_output->name, layer->underlay ? ", below the picture" : "");
		return;
	}
	if (layer->place == LATCH_LAYER_BACKGROUND) {
		wlr_log(WLR_INFO, "surface %u: the background of %s", surface->id,
			output->wlr_output->name);
		return;
	}
	char reasons[256];
	latch_reasons_to_str(layer->reasons, reasons, sizeof(reasons));
	if (layer->test_errno != 0) {
		wlr_log(WLR_INFO, "surface %u: composed on %s: %s (%s)", surface->id,
			output->wlr_output->name, reasons, strerror(layer->test_errno));
	} else {
		wlr_log(WLR_INFO, "surface %u: composed on %s: %s", surface->id,
			output->wlr_output->name, reasons);
	}
}

/* Tells a client what to allocate for: the planes that its surface could go to. The primary one is
 * for what fills the screen; a window has the others, where there are some. */
static void advise(struct latch_output *output, const struct latch_plan_input *input,
	struct latch_surface *surface, const struct latch_layer *layer) {
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES];
	size_t len = 0;
	bool primary_too = input->planes_len == 1 ||
			   latch_layer_fills_screen(layer, input->width, input->height);
	for (size_t i = 0; i < input->planes_len; i++) {
		if (primary_too || input->planes[i] != input->primary) {
			planes[len++] = input->planes[i];
		}
	}
	if (surface->advised && surface->advised_reasons == layer->reasons &&
		surface->advised_planes == len) {
		return;
	}
	surface->advised = true;
	surface->advised_reasons = layer->reasons;
	surface->advised_planes = len;
	latch_dmabuf_advise_surface(
		output->core->dmabuf, surface->wlr_surface, planes, len, layer->reasons);
}

static void tell(struct latch_output *output, const struct latch_plan_input *input) {
	for (size_t i = 0; i < output->layers.len; i++) {
		const struct latch_layer *layer = &output->layers.layers[i];
		struct latch_surface *surface = layer->surface;
		if (surface == NULL) {
			continue;
		}
		log_placement(output, surface, layer);
		/* On two outputs the reasons may differ: the one that the log tells of counts. */
		if (surface->logged_output == output->id) {
			advise(output, input, surface, layer);
		}
	}
}

/* vkms blends its planes in the order in which it has made them (vkms_crtc_atomic_check()). */
static bool stacks_by_id(const struct kms_device *device) {
	return strcmp(device->driver, "vkms") == 0;
}

/* The composed picture is drawn in a format with alpha where the plane has it, see compose.c. */
static bool primary_shows_alpha(const struct kms_plane *primary) {
	return kms_format_set_get(&primary->formats, DRM_FORMAT_ARGB8888) != NULL &&
	       (primary->props.blend_mode.mask & 1u << KMS_BLEND_PREMULTIPLIED) != 0;
}

void latch_output_assign(struct latch_output *output) {
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES];
	const struct latch_core *core = output->core;
	struct latch_layer *layers = output->layers.layers;
	size_t len = output->layers.len, skip = 0;
	struct latch_plan_input input = {
		.width = output->wlr_output->width,
		.height = output->wlr_output->height,
		.scanout_allowed = core->scanout,
		.composing = output->on_screen->composed != NULL,
		.captured = output->picture_wanted,
		.max_tests = core->max_tests,
		.color = *latch_output_color(output),
		.import = latch_scanout_import,
		.test = latch_scanout_test,
		.data = output,
	};
	if (output->kms != NULL) {
		input.planes = planes;
		input.planes_len =
			latch_kms_output_planes(output->kms, planes, LATCH_PLAN_MAX_PLANES);
		input.primary = output->kms->primary;
		input.has_background = latch_scanout_has_background(output);
		input.stacks_by_id = stacks_by_id(output->kms->device);
		input.primary_alpha = primary_shows_alpha(output->kms->primary) &&
				      (core->planes_like == NULL ||
					      core->planes_like->profile->primary_alpha);
	} else if (core->planes_like != NULL) {
		skip = latch_planes_like_add(output, &input, planes);
	}

	if (len <= LATCH_PLAN_MAX_LAYERS) {
		latch_settle_update(&output->settle, layers, len);
	}
	output->plan = latch_plan_make(&layers[skip], len - skip, &input, &output->plan_memory);
	/* The planner knows the cursor's image as shared memory; why it is not on its own plane is
	 * known better. */
	if (output->kms != NULL && len > 0 && layers[0].id == 0) {
		layers[0].reasons = output->cursor.reasons != 0 ? output->cursor.reasons
								: LATCH_REASON_CAPTURED;
	}
	/* What is shown where no plane is has to be drawn there. */
	output->plan.composed |= output->plan.primary_is_ours && !input.has_background &&
				 output->background != KMS_BLACK;
	latch_settle_placed(&output->settle, layers, len);
	tell(output, &input);
	if (output->kms == NULL) {
		latch_planes_like_compose(output);
	}
}
