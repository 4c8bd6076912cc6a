#include "json.h"

#include <stdio.h>
#include <yyjson.h>

#include "advice.h"
#include "common/util.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

/* Strings of the model live longer than the document; those that are made here do not. */

/* Unknown is null. */
static void add_id(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key, uint32_t id) {
	if (id != 0) {
		yyjson_mut_obj_add_uint(doc, parent, key, id);
	} else {
		yyjson_mut_obj_add_null(doc, parent, key);
	}
}

static void add_bits(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key, uint32_t bits,
	const char *const names[NAME_BITS]) {
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, parent, key);
	for (unsigned i = 0; i < NAME_BITS; i++) {
		if ((bits & 1u << i) != 0 && names[i]) {
			yyjson_mut_arr_add_str(doc, array, names[i]);
		}
	}
}

static void add_formats(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct model_plane *plane) {
	char text[FORMAT_NAME_MAX];
	yyjson_mut_val *formats = yyjson_mut_obj_add_arr(doc, parent, "formats");
	for (size_t i = 0; i < plane->formats_len; i++) {
		const struct model_format *format = &plane->formats[i];
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, formats);
		yyjson_mut_obj_add_strcpy(
			doc, object, "format", fourcc_name(format->fourcc, text));
		yyjson_mut_val *modifiers = yyjson_mut_obj_add_arr(doc, object, "modifiers");
		for (size_t j = 0; j < format->modifiers_len; j++) {
			yyjson_mut_arr_add_strcpy(
				doc, modifiers, modifier_name(format->modifiers[j], text));
		}
	}
}

static void add_plane(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct model_plane *plane) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", plane->id);
	yyjson_mut_obj_add_str(doc, object, "type", name_plane_type(plane->type));
	yyjson_mut_obj_add_str(doc, object, "use", name_plane_use(plane->use));
	if (plane->use == ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT) {
		yyjson_mut_obj_add_str(doc, object, "output", plane->user);
	} else {
		yyjson_mut_obj_add_null(doc, object, "output");
	}
	add_id(doc, object, "surface", plane->surface);
	if (plane->has_zpos) {
		yyjson_mut_val *zpos = yyjson_mut_obj_add_obj(doc, object, "zpos");
		yyjson_mut_obj_add_int(doc, zpos, "min", plane->zpos_min);
		yyjson_mut_obj_add_int(doc, zpos, "max", plane->zpos_max);
		yyjson_mut_obj_add_bool(doc, zpos, "immutable", plane->zpos_immutable);
	} else {
		yyjson_mut_obj_add_null(doc, object, "zpos");
	}
	yyjson_mut_obj_add_bool(doc, object, "alpha",
		(plane->features & ZLATCH_INSPECTOR_PLANES_V1_FEATURE_ALPHA) != 0);
	yyjson_mut_obj_add_bool(doc, object, "tells_modifiers",
		(plane->features & ZLATCH_INSPECTOR_PLANES_V1_FEATURE_MODIFIERS) != 0);
	add_bits(doc, object, "rotations", plane->rotations, name_rotations);
	add_bits(doc, object, "blend_modes", plane->blend_modes, name_blend_modes);
	add_bits(doc, object, "color_encodings", plane->color_encodings, name_color_encodings);
	add_bits(doc, object, "color_ranges", plane->color_ranges, name_color_ranges);
	add_formats(doc, object, plane);
}

static void add_buffer(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct model_layer *layer) {
	char text[FORMAT_NAME_MAX];
	yyjson_mut_val *buffer = yyjson_mut_obj_add_obj(doc, parent, "buffer");
	yyjson_mut_obj_add_bool(doc, buffer, "dmabuf", layer->dmabuf);
	yyjson_mut_obj_add_int(doc, buffer, "width", layer->buffer_width);
	yyjson_mut_obj_add_int(doc, buffer, "height", layer->buffer_height);
	if (layer->fourcc != 0) {
		yyjson_mut_obj_add_strcpy(
			doc, buffer, "format", fourcc_name(layer->fourcc, text));
	} else {
		yyjson_mut_obj_add_null(doc, buffer, "format");
	}
	if (layer->dmabuf) {
		yyjson_mut_obj_add_strcpy(
			doc, buffer, "modifier", modifier_name(layer->modifier, text));
		snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)layer->modifier);
		yyjson_mut_obj_add_strcpy(doc, buffer, "modifier_number", text);
	} else {
		yyjson_mut_obj_add_null(doc, buffer, "modifier");
		yyjson_mut_obj_add_null(doc, buffer, "modifier_number");
	}
}

static void add_reasons(yyjson_mut_doc *doc, yyjson_mut_val *parent,
	const struct model_output *output, const struct model_layer *layer) {
	char help[ADVICE_MAX];
	yyjson_mut_val *reasons = yyjson_mut_obj_add_arr(doc, parent, "reasons");
	for (size_t i = 0; i < layer->reasons_len; i++) {
		const struct model_reason *reason = &layer->reasons[i];
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, reasons);
		yyjson_mut_obj_add_str(doc, object, "name", reason->name);
		yyjson_mut_obj_add_str(doc, object, "text", reason->text);
		if (advice_write(help, output, layer, reason->name)) {
			yyjson_mut_obj_add_strcpy(doc, object, "help", help);
		} else {
			yyjson_mut_obj_add_null(doc, object, "help");
		}
	}
}

static void add_held(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct model_layer *layer) {
	if (layer->held == 0 || !layer->held_by) {
		yyjson_mut_obj_add_null(doc, parent, "held");
		return;
	}
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, parent, "held");
	yyjson_mut_obj_add_str(doc, object, "by", layer->held_by);
	yyjson_mut_obj_add_str(doc, object, "text", layer->held_text ? layer->held_text : "");
	yyjson_mut_obj_add_uint(doc, object, "age_ms", layer->held_age_ms);
	yyjson_mut_obj_add_uint(doc, object, "updates", layer->held);
}

static void add_layer(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct model_output *output,
	const struct model_layer *layer) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	bool cursor = layer->kind == ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_CURSOR;
	yyjson_mut_obj_add_str(doc, object, "kind", cursor ? "cursor" : "surface");
	add_id(doc, object, "surface", layer->surface);
	add_id(doc, object, "pid", layer->pid > 0 ? (uint32_t)layer->pid : 0);
	yyjson_mut_obj_add_str(doc, object, "app_id", layer->app_id);
	yyjson_mut_obj_add_str(doc, object, "title", layer->title);
	add_buffer(doc, object, layer);
	yyjson_mut_val *src = yyjson_mut_obj_add_obj(doc, object, "src");
	yyjson_mut_obj_add_real(doc, src, "x", layer->src_x);
	yyjson_mut_obj_add_real(doc, src, "y", layer->src_y);
	yyjson_mut_obj_add_real(doc, src, "width", layer->src_width);
	yyjson_mut_obj_add_real(doc, src, "height", layer->src_height);
	yyjson_mut_val *dst = yyjson_mut_obj_add_obj(doc, object, "dst");
	yyjson_mut_obj_add_int(doc, dst, "x", layer->dst_x);
	yyjson_mut_obj_add_int(doc, dst, "y", layer->dst_y);
	yyjson_mut_obj_add_int(doc, dst, "width", layer->dst_width);
	yyjson_mut_obj_add_int(doc, dst, "height", layer->dst_height);
	yyjson_mut_obj_add_str(doc, object, "transform", name_transform(layer->transform));
	yyjson_mut_obj_add_real(doc, object, "alpha", layer->alpha / 65535.0);
	yyjson_mut_obj_add_bool(doc, object, "opaque", layer->opaque);
	yyjson_mut_obj_add_str(doc, object, "place", name_place(layer->place));
	add_id(doc, object, "plane", layer->plane);
	const struct model_plane *plane = model_find_plane(output, layer->plane);
	if (layer->plane != 0 && plane) {
		yyjson_mut_obj_add_str(doc, object, "plane_type", name_plane_type(plane->type));
	} else {
		yyjson_mut_obj_add_null(doc, object, "plane_type");
	}
	if (layer->zpos >= 0) {
		yyjson_mut_obj_add_int(doc, object, "zpos", layer->zpos);
	} else {
		yyjson_mut_obj_add_null(doc, object, "zpos");
	}
	yyjson_mut_obj_add_bool(doc, object, "underlay", layer->underlay);
	add_reasons(doc, object, output, layer);
	add_id(doc, object, "test_errno", layer->test_errno > 0 ? (uint32_t)layer->test_errno : 0);
	add_held(doc, object, layer);
}

static void add_output(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct model_output *output) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_str(doc, object, "name", output->name);
	yyjson_mut_obj_add_str(doc, object, "description", output->description);
	if (output->node) {
		yyjson_mut_val *device = yyjson_mut_obj_add_obj(doc, object, "device");
		yyjson_mut_obj_add_str(doc, device, "node", output->node);
		yyjson_mut_obj_add_str(doc, device, "driver", output->driver);
		yyjson_mut_obj_add_str(doc, device, "clock", name_clock(output->clock));
	} else {
		yyjson_mut_obj_add_null(doc, object, "device");
	}
	yyjson_mut_val *mode = yyjson_mut_obj_add_obj(doc, object, "mode");
	yyjson_mut_obj_add_int(doc, mode, "width", output->width);
	yyjson_mut_obj_add_int(doc, mode, "height", output->height);
	yyjson_mut_obj_add_int(doc, mode, "refresh_mhz", output->refresh_mhz);
	yyjson_mut_obj_add_real(doc, object, "scale", output->scale / 120.0);
	yyjson_mut_obj_add_str(doc, object, "transform", name_transform(output->transform));
	yyjson_mut_val *plan = yyjson_mut_obj_add_obj(doc, object, "plan");
	yyjson_mut_obj_add_str(doc, plan, "rung", output->rung);
	yyjson_mut_obj_add_bool(doc, plan, "composed", output->composed);
	yyjson_mut_obj_add_uint(doc, plan, "visible", output->visible);
	yyjson_mut_obj_add_uint(doc, plan, "on_planes", output->on_planes);
	yyjson_mut_obj_add_uint(doc, plan, "tests", output->tests);
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, object, "planes");
	for (size_t i = 0; i < output->planes_len; i++) {
		add_plane(doc, planes, &output->planes[i]);
	}
	yyjson_mut_val *layers = yyjson_mut_obj_add_arr(doc, object, "layers");
	for (size_t i = 0; i < output->layers_len; i++) {
		add_layer(doc, layers, output, &output->layers[i]);
	}
}

char *json_write(const struct model *model, const struct model_output *only) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (!doc) {
		return NULL;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_uint(doc, root, "version", 1);
	yyjson_mut_val *outputs = yyjson_mut_obj_add_arr(doc, root, "outputs");
	for (size_t i = 0; i < model->outputs_len; i++) {
		if (!only || only == &model->outputs[i]) {
			add_output(doc, outputs, &model->outputs[i]);
		}
	}
	char *text = yyjson_mut_write(
		doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END, NULL);
	yyjson_mut_doc_free(doc);
	return text;
}
