/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>

#include "backend/types.h"
#include "inspect/documents.h"
#include "kms/vblank.h"
#include "output/content.h"
#include "output/output.h"
#include "plan/plan.h"
#include "plan/reason.h"
#include "profile/profile.h"
#include "shell/shell.h"

/* Room for the name of a format or a modifier. */
#define NAME_MAX_BYTES 128

static const char *transform_name(enum wl_output_transform transform) {
	return transform < LATCH_TRANSFORMS ? latch_transform_names[transform] : "unknown";
}

static const char *const blend_modes[KMS_BLEND_COUNT] = {"premultiplied", "coverage", "none"};
/* The kernel has no "any": the documents leave it out. */
static const char *const encodings[KMS_COLOR_ENCODING_COUNT] = {NULL, "bt601", "bt709", "bt2020"};
static const char *const ranges[KMS_COLOR_RANGE_COUNT] = {NULL, "limited", "full"};

yyjson_mut_val *latch_inspect_add_plane(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_plane *plane) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", plane->id);
	yyjson_mut_obj_add_bool(doc, object, "tells_modifiers", plane->has_in_formats);
	latch_profile_tell_plane(doc, object, plane);
	return object;
}

static void add_box(yyjson_mut_doc *doc, yyjson_mut_val *object, const struct wlr_box *box) {
	yyjson_mut_obj_add_int(doc, object, "x", box->x);
	yyjson_mut_obj_add_int(doc, object, "y", box->y);
	yyjson_mut_obj_add_int(doc, object, "width", box->width);
	yyjson_mut_obj_add_int(doc, object, "height", box->height);
}

static void add_buffer(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_layer *layer) {
	char text[NAME_MAX_BYTES];
	yyjson_mut_val *buffer = yyjson_mut_obj_add_obj(doc, object, "buffer");
	yyjson_mut_obj_add_bool(doc, buffer, "dmabuf", layer->is_dmabuf);
	yyjson_mut_obj_add_int(doc, buffer, "width", layer->buffer_width);
	yyjson_mut_obj_add_int(doc, buffer, "height", layer->buffer_height);
	kms_fourcc_name(text, sizeof(text), layer->fourcc);
	latch_inspect_add_text(doc, buffer, "format", layer->fourcc != 0 ? text : NULL);
	kms_modifier_name(text, sizeof(text), layer->modifier);
	latch_inspect_add_text(doc, buffer, "modifier", layer->is_dmabuf ? text : NULL);
	snprintf(text, sizeof(text), "0x%016" PRIx64, layer->modifier);
	latch_inspect_add_text(doc, buffer, "modifier_number", layer->is_dmabuf ? text : NULL);
}

/* What of a layer else decides about its place. */
static void add_look(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_layer *layer) {
	yyjson_mut_obj_add_real(doc, object, "alpha", layer->alpha / 65535.0);
	yyjson_mut_obj_add_str(doc, object, "blend_mode", blend_modes[layer->blend_mode]);
	latch_inspect_add_text(doc, object, "color_encoding", encodings[layer->color_encoding]);
	latch_inspect_add_text(doc, object, "color_range", ranges[layer->color_range]);
	yyjson_mut_obj_add_bool(doc, object, "opaque", layer->opaque);
	yyjson_mut_val *boxes = yyjson_mut_obj_add_arr(doc, object, "opaque_boxes");
	for (size_t i = 0; i < layer->opaque_boxes_len; i++) {
		add_box(doc, yyjson_mut_arr_add_obj(doc, boxes), &layer->opaque_boxes[i]);
	}
}

static void add_reasons(yyjson_mut_doc *doc, yyjson_mut_val *object, uint64_t reasons) {
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, object, "reasons");
	for (unsigned i = 0; i < LATCH_REASON_COUNT; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		if ((reasons & bit) != 0) {
			yyjson_mut_val *reason = yyjson_mut_arr_add_obj(doc, array);
			yyjson_mut_obj_add_str(doc, reason, "name", latch_reason_name(bit));
			yyjson_mut_obj_add_str(doc, reason, "text", latch_reason_text(bit));
		}
	}
}

yyjson_mut_val *latch_inspect_add_layer(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_layer *layer) {
	const bool on_plane = layer->plane != NULL;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_str(doc, object, "kind", layer->id == 0 ? "cursor" : "surface");
	latch_inspect_add_id(doc, object, "surface", layer->id);
	add_buffer(doc, object, layer);
	yyjson_mut_val *src = yyjson_mut_obj_add_obj(doc, object, "src");
	yyjson_mut_obj_add_real(doc, src, "x", layer->src.x);
	yyjson_mut_obj_add_real(doc, src, "y", layer->src.y);
	yyjson_mut_obj_add_real(doc, src, "width", layer->src.width);
	yyjson_mut_obj_add_real(doc, src, "height", layer->src.height);
	add_box(doc, yyjson_mut_obj_add_obj(doc, object, "dst"), &layer->dst);
	yyjson_mut_obj_add_str(doc, object, "transform", transform_name(layer->transform));
	add_look(doc, object, layer);
	latch_inspect_add_place(doc, object, layer);
	yyjson_mut_obj_add_val(doc, object, "zpos",
		on_plane && layer->zpos >= 0 ? yyjson_mut_int(doc, layer->zpos)
					     : yyjson_mut_null(doc));
	yyjson_mut_obj_add_bool(doc, object, "underlay", on_plane && layer->underlay);
	add_reasons(doc, object, layer->reasons);
	latch_inspect_add_id(doc, object, "test_errno", layer->test_errno);
	return object;
}

static const struct latch_layer *find_on_plane(
	const struct latch_output *output, const struct kms_plane *plane) {
	const struct latch_layer_list *list = &output->layers;
	for (size_t i = 0; i < list->len; i++) {
		if (list->layers[i].place == LATCH_LAYER_ON_PLANE &&
			list->layers[i].plane == plane) {
			return &list->layers[i];
		}
	}
	return NULL;
}

/* An output keeps its primary and its cursor plane even while it shows nothing on them. */
static const struct latch_output *find_other_user(
	const struct latch_output *output, const struct kms_plane *plane) {
	const struct latch_output *other;
	wl_list_for_each(other, &output->core->outputs, link) {
		if (other != output && other->kms != NULL &&
			(other->kms->primary == plane || other->kms->cursor == plane ||
				find_on_plane(other, plane) != NULL)) {
			return other;
		}
	}
	return NULL;
}

static void add_use(yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_output *output,
	const struct kms_plane *plane) {
	const struct latch_layer *layer = find_on_plane(output, plane);
	const struct latch_output *other = NULL;
	const char *use = "free";
	if (layer != NULL) {
		use = "layer";
	} else if (plane == output->kms->primary) {
		use = output->plan.composed			  ? "composed"
		      : output->on_screen->scanout.own.fb_id != 0 ? "black"
								  : "free";
	} else if (plane == output->kms->cursor && output->cursor.visible) {
		use = "cursor";
	} else if ((other = find_other_user(output, plane)) != NULL) {
		use = "other-output";
	}
	yyjson_mut_obj_add_str(doc, object, "use", use);
	latch_inspect_add_text(doc, object, "output", other != NULL ? other->wlr_output->name : NULL);
	latch_inspect_add_id(doc, object, "surface", layer != NULL ? layer->id : 0);
}

static void add_planes(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_output *output) {
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, object, "planes");
	if (output->kms == NULL || output->kms->crtc == NULL) {
		return; // a window, or off
	}
	const struct kms_device *device = output->kms->device;
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		if ((plane->possible_crtcs & UINT32_C(1) << output->kms->crtc->index) != 0) {
			add_use(doc, latch_inspect_add_plane(doc, planes, plane), output, plane);
		}
	}
}

/* Whose toplevels are on an output now: a surface may have gone since the latch, then its layer
 * stays without a name. */
static bool find_toplevels(const struct latch_output *output, struct latch_id_map *toplevels) {
	const struct latch_core *core = output->core;
	struct wlr_box box;
	wlr_output_layout_get_box(core->layout, output->wlr_output, &box);
	const size_t len = latch_shell_surfaces(core->shell, &box, NULL, 0);
	struct latch_shell_surface *surfaces = calloc(len + 1, sizeof(surfaces[0]));
	if (surfaces == NULL) {
		return false;
	}
	latch_shell_surfaces(core->shell, &box, surfaces, len);
	bool ok = true;
	for (size_t i = 0; ok && i < len; i++) {
		const struct latch_surface *surface = latch_surface_get(surfaces[i].surface);
		if (surface != NULL && surfaces[i].toplevel != NULL) {
			ok = latch_id_map_put(toplevels, surface->id, surfaces[i].toplevel);
		}
	}
	free(surfaces);
	return ok;
}

static bool add_layers(yyjson_mut_doc *doc, yyjson_mut_val *object,
	const struct latch_output *output, const struct latch_id_map *held) {
	const struct latch_layer_list *list = &output->layers;
	struct latch_id_map toplevels = {0};
	const bool ok = find_toplevels(output, &toplevels);
	yyjson_mut_val *layers = yyjson_mut_obj_add_arr(doc, object, "layers");
	for (size_t i = 0; ok && i < list->len; i++) {
		const uint32_t id = list->layers[i].id;
		const struct latch_surface *surface =
			latch_surface_find(output->core->contents, id);
		const struct latch_toplevel *toplevel =
			surface != NULL ? latch_id_map_get(&toplevels, id) : NULL;
		yyjson_mut_val *sum = id != 0 ? latch_id_map_get(held, id) : NULL;
		yyjson_mut_val *layer = latch_inspect_add_layer(doc, layers, &list->layers[i]);
		latch_inspect_add_id(
			doc, layer, "pid", surface != NULL ? latch_surface_pid(surface) : 0);
		latch_inspect_add_text(doc, layer, "app_id",
			toplevel != NULL ? latch_toplevel_app_id(toplevel) : "");
		latch_inspect_add_text(doc, layer, "title",
			toplevel != NULL ? latch_toplevel_title(toplevel) : "");
		/* A surface may be on several outputs. */
		yyjson_mut_obj_add_val(doc, layer, "held",
			sum != NULL ? yyjson_mut_val_mut_copy(doc, sum) : yyjson_mut_null(doc));
	}
	latch_id_map_finish(&toplevels);
	return ok;
}

static void add_plan(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_output *output) {
	/* Mostly the last plan is one from before; where that came from says more. */
	const bool reused = output->plan.rung == LATCH_RUNG_REUSED;
	const struct latch_plan *made = reused ? &output->plan_memory.plan : &output->plan;
	yyjson_mut_val *plan = yyjson_mut_obj_add_obj(doc, object, "plan");
	yyjson_mut_obj_add_str(doc, plan, "rung", latch_rung_name(made->rung));
	yyjson_mut_obj_add_bool(doc, plan, "composed", output->plan.composed);
	yyjson_mut_obj_add_uint(doc, plan, "visible", output->plan.visible);
	yyjson_mut_obj_add_uint(doc, plan, "on_planes", output->plan.on_planes);
	yyjson_mut_obj_add_uint(doc, plan, "tests", made->tests);
}

static bool add_output(yyjson_mut_doc *doc, yyjson_mut_val *outputs,
	const struct latch_output *output, const struct latch_id_map *held) {
	const struct wlr_output *wlr_output = output->wlr_output;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, outputs);
	latch_inspect_add_text(doc, object, "name", wlr_output->name);
	latch_inspect_add_text(doc, object, "description",
		wlr_output->description != NULL ? wlr_output->description : "");
	if (output->kms != NULL) {
		const struct kms_device *device = output->kms->device;
		yyjson_mut_val *told = yyjson_mut_obj_add_obj(doc, object, "device");
		latch_inspect_add_text(doc, told, "node", output->kms->backend->path);
		latch_inspect_add_text(doc, told, "driver", device->driver);
		yyjson_mut_obj_add_str(doc, told, "clock", kms_clock_kind_name(device->clock));
	} else {
		yyjson_mut_obj_add_null(doc, object, "device");
	}
	yyjson_mut_val *mode = yyjson_mut_obj_add_obj(doc, object, "mode");
	yyjson_mut_obj_add_int(doc, mode, "width", wlr_output->width);
	yyjson_mut_obj_add_int(doc, mode, "height", wlr_output->height);
	yyjson_mut_obj_add_int(doc, mode, "refresh_mhz", wlr_output->refresh);
	/* Scales are whole 120ths, as clients hear of them. */
	yyjson_mut_obj_add_real(
		doc, object, "scale", round((double)wlr_output->scale * 120) / 120);
	yyjson_mut_obj_add_str(doc, object, "transform", transform_name(wlr_output->transform));
	add_plan(doc, object, output);
	add_planes(doc, object, output);
	return add_layers(doc, object, output, held);
}

bool latch_inspect_planes(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	const struct latch_core *core = data;
	struct latch_id_map held = {0};
	latch_inspect_sum_all_held(data, doc, &held);
	yyjson_mut_val *outputs = yyjson_mut_obj_add_arr(doc, root, "outputs");
	bool ok = outputs != NULL;
	const struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		ok = ok && add_output(doc, outputs, output, &held);
	}
	latch_id_map_finish(&held);
	return ok;
}
