#include "inspect/inspector.h"

#include <math.h>
#include <stdlib.h>
#include <wayland-server-core.h>

#include "inspect/held.h"
#include "inspect/send_statistics.h"
#include "inspect/snapshot.h"
#include "inspect/statistics_snapshot.h"
#include "kms/format.h"
#include "kms/plane.h"
#include "latch-inspector-unstable-v1-protocol.h"

#define INSPECTOR_VERSION 2

/* A snapshot is a few dozen KiB where planes have many modifiers: more than libwayland keeps for
 * a client that does not read at once. One that never reads is cut off here. */
#define MAX_UNREAD (1024 * 1024)

/* Modifiers in one event: a message has at most 4096 bytes. */
#define MAX_MODIFIERS 256

/* The structs' numbers go over the wire as they are. */
#define SAME(ours, wire) _Static_assert((int)(ours) == (int)(wire), #ours " is sent as " #wire)
SAME(LATCH_SNAPSHOT_FREE, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_FREE);
SAME(LATCH_SNAPSHOT_LAYER, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_LAYER);
SAME(LATCH_SNAPSHOT_COMPOSED_PICTURE, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_COMPOSED);
SAME(LATCH_SNAPSHOT_BLACK, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_BLACK);
SAME(LATCH_SNAPSHOT_CURSOR, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_CURSOR);
SAME(LATCH_SNAPSHOT_OTHER_OUTPUT, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT);
SAME(LATCH_SNAPSHOT_COMPOSED, ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COMPOSED);
SAME(LATCH_SNAPSHOT_COVERED, ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COVERED);
SAME(LATCH_SNAPSHOT_ON_PLANE, ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE);
SAME(KMS_PLANE_PRIMARY, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_PRIMARY);
SAME(KMS_PLANE_OVERLAY, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY);
SAME(KMS_PLANE_CURSOR, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_CURSOR);
SAME(1 << KMS_BLEND_PREMULTIPLIED, ZLATCH_INSPECTOR_PLANES_V1_BLEND_MODE_PREMULTIPLIED);
SAME(1 << KMS_BLEND_COVERAGE, ZLATCH_INSPECTOR_PLANES_V1_BLEND_MODE_COVERAGE);
SAME(1 << KMS_BLEND_NONE, ZLATCH_INSPECTOR_PLANES_V1_BLEND_MODE_NONE);
SAME(1 << KMS_COLOR_ENCODING_BT601, ZLATCH_INSPECTOR_PLANES_V1_COLOR_ENCODING_BT601);
SAME(1 << KMS_COLOR_ENCODING_BT709, ZLATCH_INSPECTOR_PLANES_V1_COLOR_ENCODING_BT709);
SAME(1 << KMS_COLOR_ENCODING_BT2020, ZLATCH_INSPECTOR_PLANES_V1_COLOR_ENCODING_BT2020);
SAME(1 << KMS_COLOR_RANGE_LIMITED, ZLATCH_INSPECTOR_PLANES_V1_COLOR_RANGE_LIMITED);
SAME(1 << KMS_COLOR_RANGE_FULL, ZLATCH_INSPECTOR_PLANES_V1_COLOR_RANGE_FULL);

struct latch_inspector {
	struct latch_inspector_options options;
	struct wl_global *global;
};

static void send_format(struct wl_resource *resource, const struct kms_format *format) {
	for (size_t i = 0; i < format->modifiers_len; i += MAX_MODIFIERS) {
		size_t len = format->modifiers_len - i;
		len = len < MAX_MODIFIERS ? len : MAX_MODIFIERS;
		struct wl_array modifiers = {
			.size = len * sizeof(format->modifiers[0]),
			.data = &format->modifiers[i],
		};
		zlatch_inspector_planes_v1_send_format(resource, format->fourcc, &modifiers);
	}
}

static void send_plane(struct wl_resource *resource, const struct latch_snapshot_plane *plane) {
	zlatch_inspector_planes_v1_send_plane(resource, plane->id, plane->type, plane->use,
		plane->user != NULL ? plane->user : "", plane->surface);
	if (plane->has_zpos) {
		zlatch_inspector_planes_v1_send_plane_zpos(
			resource, plane->zpos_min, plane->zpos_max, plane->zpos_immutable);
	}
	/* The bit for "any" is our own: it is every plane's. */
	uint32_t any = 1u << KMS_COLOR_ENCODING_ANY | 1u << KMS_COLOR_RANGE_ANY;
	zlatch_inspector_planes_v1_send_plane_features(resource,
		(plane->has_alpha ? ZLATCH_INSPECTOR_PLANES_V1_FEATURE_ALPHA : 0u) |
			(plane->has_modifiers ? ZLATCH_INSPECTOR_PLANES_V1_FEATURE_MODIFIERS : 0u),
		plane->rotations, plane->blend_modes, plane->color_encodings & ~any,
		plane->color_ranges & ~any);
	for (size_t i = 0; plane->formats != NULL && i < plane->formats->len; i++) {
		send_format(resource, &plane->formats->formats[i]);
	}
}

static void send_layer(struct wl_resource *resource, const struct latch_snapshot_layer *layer,
	const struct latch_held_list *held) {
	zlatch_inspector_planes_v1_send_layer(resource,
		layer->is_cursor ? ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_CURSOR
				 : ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_SURFACE,
		layer->surface, layer->pid, layer->app_id, layer->title);
	zlatch_inspector_planes_v1_send_layer_buffer(resource, layer->is_dmabuf,
		layer->buffer_width, layer->buffer_height, layer->fourcc,
		(uint32_t)(layer->modifier >> 32), (uint32_t)layer->modifier);
	zlatch_inspector_planes_v1_send_layer_geometry(resource,
		wl_fixed_from_double(layer->src.x), wl_fixed_from_double(layer->src.y),
		wl_fixed_from_double(layer->src.width), wl_fixed_from_double(layer->src.height),
		layer->dst.x, layer->dst.y, layer->dst.width, layer->dst.height,
		(int32_t)layer->transform, layer->alpha, layer->opaque);
	zlatch_inspector_planes_v1_send_layer_place(
		resource, layer->place, layer->plane_id, layer->zpos, layer->underlay);
	for (size_t i = 0; i < layer->reasons_len; i++) {
		zlatch_inspector_planes_v1_send_reason(
			resource, layer->reasons[i].name, layer->reasons[i].text);
	}
	if (layer->test_errno != 0) {
		zlatch_inspector_planes_v1_send_layer_test_error(resource, layer->test_errno);
	}
	if (wl_resource_get_version(resource) >=
		ZLATCH_INSPECTOR_PLANES_V1_LAYER_HELD_SINCE_VERSION) {
		latch_held_list_send_layer(held, resource, layer->surface);
	}
}

static void send_output(struct wl_resource *resource, const struct latch_snapshot_output *output,
	const struct latch_held_list *held) {
	zlatch_inspector_planes_v1_send_output(resource, output->name, output->description);
	if (output->node != NULL) {
		zlatch_inspector_planes_v1_send_output_device(resource, output->node,
			output->driver != NULL ? output->driver : "",
			output->simulated_clock ? ZLATCH_INSPECTOR_PLANES_V1_CLOCK_SIMULATED
						: ZLATCH_INSPECTOR_PLANES_V1_CLOCK_HARDWARE);
	}
	zlatch_inspector_planes_v1_send_output_mode(resource, output->width, output->height,
		output->refresh_mhz, (uint32_t)lroundf(output->scale * 120.0f),
		(int32_t)output->transform);
	zlatch_inspector_planes_v1_send_output_plan(resource,
		output->rung != NULL ? output->rung : "", output->composed, output->visible,
		output->on_planes, output->tests);
	for (size_t i = 0; i < output->planes_len; i++) {
		send_plane(resource, &output->planes[i]);
	}
	for (size_t i = 0; i < output->layers_len; i++) {
		send_layer(resource, &output->layers[i], held);
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zlatch_inspector_planes_v1_interface planes_interface = {
	.destroy = handle_destroy,
};

static const struct zlatch_inspector_held_v1_interface held_interface = {
	.destroy = handle_destroy,
};

static const struct zlatch_inspector_statistics_v1_interface statistics_interface = {
	.destroy = handle_destroy,
};

/* An answer's object. */
static struct wl_resource *create_answer(struct wl_resource *inspector_resource,
	const struct wl_interface *interface, const void *implementation, uint32_t id) {
	struct wl_client *client = wl_resource_get_client(inspector_resource);
	struct wl_resource *resource = wl_resource_create(
		client, interface, wl_resource_get_version(inspector_resource), id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, implementation, NULL, NULL);
	return resource;
}

static void handle_get_planes(
	struct wl_client *client, struct wl_resource *inspector_resource, uint32_t id) {
	struct latch_inspector *inspector = wl_resource_get_user_data(inspector_resource);
	struct wl_resource *resource = create_answer(inspector_resource,
		&zlatch_inspector_planes_v1_interface, &planes_interface, id);
	if (resource == NULL) {
		return;
	}
	struct latch_snapshot snapshot = {0};
	struct latch_held_list held = {0};
	if (inspector->options.collect(inspector->options.data, &snapshot) &&
		inspector->options.collect_held(inspector->options.data, &held)) {
		for (size_t i = 0; i < snapshot.outputs_len; i++) {
			send_output(resource, &snapshot.outputs[i], &held);
		}
		zlatch_inspector_planes_v1_send_done(resource);
	} else {
		wl_client_post_no_memory(client);
	}
	latch_held_list_finish(&held);
	latch_snapshot_finish(&snapshot);
}

static void handle_get_held(
	struct wl_client *client, struct wl_resource *inspector_resource, uint32_t id) {
	struct latch_inspector *inspector = wl_resource_get_user_data(inspector_resource);
	struct wl_resource *resource = create_answer(
		inspector_resource, &zlatch_inspector_held_v1_interface, &held_interface, id);
	if (resource == NULL) {
		return;
	}
	struct latch_held_list list = {0};
	if (inspector->options.collect_held(inspector->options.data, &list)) {
		latch_held_list_send(&list, resource);
	} else {
		wl_client_post_no_memory(client);
	}
	latch_held_list_finish(&list);
}

static void handle_get_statistics(
	struct wl_client *client, struct wl_resource *inspector_resource, uint32_t id) {
	struct latch_inspector *inspector = wl_resource_get_user_data(inspector_resource);
	struct wl_resource *resource = create_answer(inspector_resource,
		&zlatch_inspector_statistics_v1_interface, &statistics_interface, id);
	if (resource == NULL) {
		return;
	}
	struct latch_statistics_snapshot snapshot = {0};
	if (inspector->options.collect_statistics(inspector->options.data, &snapshot)) {
		latch_inspector_send_statistics(resource, &snapshot);
	} else {
		wl_client_post_no_memory(client);
	}
	latch_statistics_snapshot_finish(&snapshot);
}

static const struct zlatch_inspector_v1_interface inspector_interface = {
	.destroy = handle_destroy,
	.get_planes = handle_get_planes,
	.get_held = handle_get_held,
	.get_statistics = handle_get_statistics,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &zlatch_inspector_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &inspector_interface, data, NULL);
	wl_client_set_max_buffer_size(client, MAX_UNREAD);
}

struct latch_inspector *latch_inspector_create(
	struct wl_display *display, const struct latch_inspector_options *options) {
	struct latch_inspector *inspector = calloc(1, sizeof(*inspector));
	if (inspector == NULL) {
		return NULL;
	}
	*inspector = (struct latch_inspector){.options = *options};
	inspector->global = wl_global_create(display, &zlatch_inspector_v1_interface,
		INSPECTOR_VERSION, inspector, handle_bind);
	if (inspector->global == NULL) {
		free(inspector);
		return NULL;
	}
	return inspector;
}

void latch_inspector_destroy(struct latch_inspector *inspector) {
	if (inspector == NULL) {
		return;
	}
	wl_global_destroy(inspector->global);
	free(inspector);
}
