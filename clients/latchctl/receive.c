#include "receive.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "latch-inspector-unstable-v1-client-protocol.h"

/* Events belong to the last output, plane or layer before them. */

static struct model_output *last_output(struct receiver *receiver) {
	struct model *model = &receiver->model;
	return model->outputs_len > 0 ? &model->outputs[model->outputs_len - 1] : NULL;
}

static struct model_plane *last_plane(struct receiver *receiver) {
	struct model_output *output = last_output(receiver);
	return output && output->planes_len > 0 ? &output->planes[output->planes_len - 1] : NULL;
}

static struct model_layer *last_layer(struct receiver *receiver) {
	struct model_output *output = last_output(receiver);
	return output && output->layers_len > 0 ? &output->layers[output->layers_len - 1] : NULL;
}

/* Whether there is something that the event belongs to. */
static bool check(struct receiver *receiver, const void *object) {
	receiver->failed = receiver->failed || !object;
	return !receiver->failed;
}

static void take_text(struct receiver *receiver, char **text, const char *source) {
	free(*text);
	*text = model_clean_text(source);
	check(receiver, *text);
}

static void handle_output(void *data, struct zlatch_inspector_planes_v1 *planes, const char *name,
	const char *description) {
	struct receiver *receiver = data;
	struct model_output *output = model_add_output(&receiver->model);
	if (check(receiver, output)) {
		take_text(receiver, &output->name, name);
		take_text(receiver, &output->description, description);
		take_text(receiver, &output->rung, "");
	}
}

static void handle_output_device(void *data, struct zlatch_inspector_planes_v1 *planes,
	const char *node, const char *driver, uint32_t clock) {
	struct receiver *receiver = data;
	struct model_output *output = last_output(receiver);
	if (check(receiver, output)) {
		take_text(receiver, &output->node, node);
		take_text(receiver, &output->driver, driver);
		output->clock = clock;
	}
}

static void handle_output_mode(void *data, struct zlatch_inspector_planes_v1 *planes, int32_t width,
	int32_t height, int32_t refresh, uint32_t scale, int32_t transform) {
	struct receiver *receiver = data;
	struct model_output *output = last_output(receiver);
	if (check(receiver, output)) {
		output->width = width;
		output->height = height;
		output->refresh_mhz = refresh;
		output->scale = scale;
		output->transform = transform;
	}
}

static void handle_output_plan(void *data, struct zlatch_inspector_planes_v1 *planes,
	const char *rung, uint32_t composed, uint32_t visible, uint32_t on_planes, uint32_t tests) {
	struct receiver *receiver = data;
	struct model_output *output = last_output(receiver);
	if (check(receiver, output)) {
		take_text(receiver, &output->rung, rung);
		output->composed = composed != 0;
		output->visible = visible;
		output->on_planes = on_planes;
		output->tests = tests;
	}
}

static void handle_plane(void *data, struct zlatch_inspector_planes_v1 *planes, uint32_t id,
	uint32_t type, uint32_t use, const char *user, uint32_t surface) {
	struct receiver *receiver = data;
	struct model_plane *plane = model_add_plane(last_output(receiver));
	if (check(receiver, plane)) {
		plane->id = id;
		plane->type = type;
		plane->use = use;
		plane->surface = surface;
		take_text(receiver, &plane->user, user);
	}
}

static void handle_plane_zpos(void *data, struct zlatch_inspector_planes_v1 *planes, int32_t min,
	int32_t max, uint32_t immutable) {
	struct receiver *receiver = data;
	struct model_plane *plane = last_plane(receiver);
	if (check(receiver, plane)) {
		plane->has_zpos = true;
		plane->zpos_min = min;
		plane->zpos_max = max;
		plane->zpos_immutable = immutable != 0;
	}
}

static void handle_plane_features(void *data, struct zlatch_inspector_planes_v1 *planes,
	uint32_t features, uint32_t rotations, uint32_t blend_modes, uint32_t color_encodings,
	uint32_t color_ranges) {
	struct receiver *receiver = data;
	struct model_plane *plane = last_plane(receiver);
	if (check(receiver, plane)) {
		plane->features = features;
		plane->rotations = rotations;
		plane->blend_modes = blend_modes;
		plane->color_encodings = color_encodings;
		plane->color_ranges = color_ranges;
	}
}

static void handle_format(void *data, struct zlatch_inspector_planes_v1 *planes, uint32_t fourcc,
	struct wl_array *modifiers) {
	struct receiver *receiver = data;
	struct model_plane *plane = last_plane(receiver);
	if (check(receiver, plane) &&
		!model_add_format(plane, fourcc, modifiers->data,
			modifiers->size / sizeof(uint64_t))) {
		receiver->failed = true;
	}
}

static void handle_layer(void *data, struct zlatch_inspector_planes_v1 *planes, uint32_t kind,
	uint32_t surface, int32_t pid, const char *app_id, const char *title) {
	struct receiver *receiver = data;
	struct model_layer *layer = model_add_layer(last_output(receiver));
	if (check(receiver, layer)) {
		layer->kind = kind;
		layer->surface = surface;
		layer->pid = pid;
		layer->zpos = -1;
		take_text(receiver, &layer->app_id, app_id);
		take_text(receiver, &layer->title, title);
	}
}

static void handle_layer_buffer(void *data, struct zlatch_inspector_planes_v1 *planes,
	uint32_t dmabuf, int32_t width, int32_t height, uint32_t fourcc, uint32_t modifier_hi,
	uint32_t modifier_lo) {
	struct receiver *receiver = data;
	struct model_layer *layer = last_layer(receiver);
	if (check(receiver, layer)) {
		layer->dmabuf = dmabuf != 0;
		layer->buffer_width = width;
		layer->buffer_height = height;
		layer->fourcc = fourcc;
		layer->modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	}
}

static void handle_layer_geometry(void *data, struct zlatch_inspector_planes_v1 *planes,
	wl_fixed_t src_x, wl_fixed_t src_y, wl_fixed_t src_width, wl_fixed_t src_height,
	int32_t dst_x, int32_t dst_y, int32_t dst_width, int32_t dst_height, int32_t transform,
	uint32_t alpha, uint32_t opaque) {
	struct receiver *receiver = data;
	struct model_layer *layer = last_layer(receiver);
	if (check(receiver, layer)) {
		layer->src_x = wl_fixed_to_double(src_x);
		layer->src_y = wl_fixed_to_double(src_y);
		layer->src_width = wl_fixed_to_double(src_width);
		layer->src_height = wl_fixed_to_double(src_height);
		layer->dst_x = dst_x;
		layer->dst_y = dst_y;
		layer->dst_width = dst_width;
		layer->dst_height = dst_height;
		layer->transform = transform;
		layer->alpha = alpha;
		layer->opaque = opaque != 0;
	}
}

static void handle_layer_place(void *data, struct zlatch_inspector_planes_v1 *planes,
	uint32_t place, uint32_t plane, int32_t zpos, uint32_t underlay) {
	struct receiver *receiver = data;
	struct model_layer *layer = last_layer(receiver);
	if (check(receiver, layer)) {
		layer->place = place;
		layer->plane = plane;
		layer->zpos = zpos;
		layer->underlay = underlay != 0;
	}
}

static void handle_reason(void *data, struct zlatch_inspector_planes_v1 *planes, const char *name,
	const char *text) {
	struct receiver *receiver = data;
	struct model_reason *reason = model_add_reason(last_layer(receiver));
	if (check(receiver, reason)) {
		take_text(receiver, &reason->name, name);
		take_text(receiver, &reason->text, text);
	}
}

static void handle_layer_test_error(
	void *data, struct zlatch_inspector_planes_v1 *planes, int32_t error) {
	struct receiver *receiver = data;
	struct model_layer *layer = last_layer(receiver);
	if (check(receiver, layer)) {
		layer->test_errno = error;
	}
}

static void handle_layer_held(void *data, struct zlatch_inspector_planes_v1 *planes,
	const char *by, const char *text, uint32_t age, uint32_t updates) {
	struct receiver *receiver = data;
	struct model_layer *layer = last_layer(receiver);
	if (check(receiver, layer) && layer->held == 0) {
		layer->held = updates;
		layer->held_age_ms = age;
		take_text(receiver, &layer->held_by, by);
		take_text(receiver, &layer->held_text, text);
	}
}

static void handle_done(void *data, struct zlatch_inspector_planes_v1 *planes) {
	((struct receiver *)data)->done = true;
}

static const struct zlatch_inspector_planes_v1_listener listener = {
	.output = handle_output,
	.output_device = handle_output_device,
	.output_mode = handle_output_mode,
	.output_plan = handle_output_plan,
	.plane = handle_plane,
	.plane_zpos = handle_plane_zpos,
	.plane_features = handle_plane_features,
	.format = handle_format,
	.layer = handle_layer,
	.layer_buffer = handle_layer_buffer,
	.layer_geometry = handle_layer_geometry,
	.layer_place = handle_layer_place,
	.reason = handle_reason,
	.layer_test_error = handle_layer_test_error,
	.done = handle_done,
	.layer_held = handle_layer_held,
};

void receiver_init(struct receiver *receiver, struct zlatch_inspector_planes_v1 *planes) {
	*receiver = (struct receiver){0};
	zlatch_inspector_planes_v1_add_listener(planes, &listener, receiver);
}
