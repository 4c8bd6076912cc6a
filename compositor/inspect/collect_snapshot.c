#include "inspect/collect_snapshot.h"

#include <stdlib.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>

#include "backend/backend.h"
#include "backend/output.h"
#include "inspect/snapshot.h"
#include "output/content.h"
#include "output/output.h"
#include "plan/layer.h"
#include "plan/plan.h"
#include "plan/reason.h"
#include "server.h"
#include "shell/shell.h"
#include "shell/toplevel.h"

_Static_assert(
	LATCH_REASON_COUNT <= LATCH_SNAPSHOT_MAX_REASONS, "every reason can be told of a layer");

/* What the shell shows on an output now: its toplevels have the names. */
struct surface_list {
	struct latch_shell_surface *surfaces;
	size_t len;
};

static bool list_surfaces(
	struct latch_server *server, struct wlr_output *output, struct surface_list *list) {
	struct wlr_box box;
	wlr_output_layout_get_box(server->layout, output, &box);
	list->len = latch_shell_surfaces(server->shell, &box, NULL, 0);
	list->surfaces = calloc(list->len + 1, sizeof(list->surfaces[0]));
	if (list->surfaces == NULL) {
		return false;
	}
	latch_shell_surfaces(server->shell, &box, list->surfaces, list->len);
	return true;
}

/* A surface may have gone since the latch: then its layer stays without a name. */
static void name_layer(struct latch_snapshot_layer *to, struct latch_server *server,
	const struct surface_list *list) {
	const struct latch_surface *surface = latch_surface_find(server->contents, to->surface);
	if (surface == NULL) {
		return;
	}
	to->pid = latch_surface_pid(surface);
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_toplevel *toplevel = list->surfaces[i].toplevel;
		if (list->surfaces[i].surface == surface->wlr_surface && toplevel != NULL) {
			latch_snapshot_set_text(to->app_id, latch_toplevel_app_id(toplevel));
			latch_snapshot_set_text(to->title, latch_toplevel_title(toplevel));
			return;
		}
	}
}

static enum latch_snapshot_place place_of(const struct latch_layer *layer) {
	switch (layer->place) {
	case LATCH_LAYER_COMPOSED:
		return LATCH_SNAPSHOT_COMPOSED;
	case LATCH_LAYER_COVERED:
		return LATCH_SNAPSHOT_COVERED;
	case LATCH_LAYER_ON_PLANE:
		return LATCH_SNAPSHOT_ON_PLANE;
	}
	return LATCH_SNAPSHOT_COMPOSED;
}

void latch_collect_place(struct latch_snapshot_layer *to, const struct latch_layer *layer) {
	to->place = place_of(layer);
	to->zpos = -1;
	if (layer->place == LATCH_LAYER_ON_PLANE && layer->plane != NULL) {
		to->plane_id = layer->plane->id;
		to->zpos = (int32_t)layer->zpos;
		to->underlay = layer->underlay;
	}
	for (unsigned i = 0; i < LATCH_REASON_COUNT; i++) {
		uint64_t bit = UINT64_C(1) << i;
		if ((layer->reasons & bit) != 0) {
			latch_snapshot_add_reason(
				to, latch_reason_name(bit), latch_reason_text(bit));
		}
	}
	to->test_errno = layer->test_errno;
}

/* Of the layer itself only: its content may have gone since the latch. */
static void fill_layer(struct latch_snapshot_layer *to, const struct latch_layer *layer) {
	to->is_cursor = layer->id == 0;
	to->surface = layer->id;
	to->is_dmabuf = layer->is_dmabuf;
	to->buffer_width = layer->buffer_width;
	to->buffer_height = layer->buffer_height;
	to->fourcc = layer->fourcc;
	to->modifier = layer->modifier;
	to->src = layer->src;
	to->dst = layer->dst;
	to->transform = layer->transform;
	to->alpha = layer->alpha;
	to->opaque = layer->opaque;
	latch_collect_place(to, layer);
}

static bool is_on_plane(
	const struct latch_output *output, const struct kms_plane *plane, uint32_t *surface) {
	const struct latch_layer_list *list = &output->layers;
	for (size_t i = 0; i < list->len; i++) {
		if (list->layers[i].place == LATCH_LAYER_ON_PLANE &&
			list->layers[i].plane == plane) {
			*surface = list->layers[i].id;
			return true;
		}
	}
	return false;
}

/* An output keeps its primary and its cursor plane even while it shows nothing on them. */
static const struct latch_output *find_other_user(
	const struct latch_output *output, const struct kms_plane *plane) {
	const struct latch_output *other;
	wl_list_for_each(other, &output->server->outputs, link) {
		uint32_t surface;
		if (other != output && other->kms != NULL &&
			(other->kms->primary == plane || other->kms->cursor == plane ||
				is_on_plane(other, plane, &surface))) {
			return other;
		}
	}
	return NULL;
}

static void fill_use(struct latch_snapshot_plane *to, const struct latch_output *output,
	const struct kms_plane *plane) {
	const struct latch_output *other = find_other_user(output, plane);
	if (is_on_plane(output, plane, &to->surface)) {
		to->use = LATCH_SNAPSHOT_LAYER;
	} else if (plane == output->kms->primary) {
		to->use = output->plan.composed ? LATCH_SNAPSHOT_COMPOSED_PICTURE
						: LATCH_SNAPSHOT_BLACK;
	} else if (plane == output->kms->cursor && output->cursor.visible &&
		   !output->cursor.composed) {
		to->use = LATCH_SNAPSHOT_CURSOR;
	} else if (other != NULL) {
		to->use = LATCH_SNAPSHOT_OTHER_OUTPUT;
		to->user = other->wlr_output->name;
	}
}

static int32_t small(uint64_t zpos) {
	return zpos > INT32_MAX ? INT32_MAX : (int32_t)zpos;
}

static void fill_plane(struct latch_snapshot_plane *to, const struct latch_output *output,
	const struct kms_plane *plane) {
	const struct kms_property *zpos = &plane->props.zpos;
	to->id = plane->id;
	to->type = plane->type;
	fill_use(to, output, plane);
	to->has_zpos = zpos->id != 0;
	to->zpos_immutable = zpos->immutable;
	to->zpos_min = small(zpos->immutable ? zpos->value : zpos->min);
	to->zpos_max = small(zpos->immutable ? zpos->value : zpos->max);
	to->rotations = plane->rotations;
	to->blend_modes = plane->blend_modes;
	to->color_encodings = plane->color_encodings;
	to->color_ranges = plane->color_ranges;
	to->has_alpha = plane->props.alpha.id != 0;
	to->has_modifiers = plane->has_in_formats;
	to->formats = &plane->formats;
}

static bool fill_planes(struct latch_snapshot_output *to, const struct latch_output *output) {
	const struct kms_device *device = output->kms->device;
	if (output->kms->crtc == NULL) {
		return true; // it is off
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		if ((plane->possible_crtcs & UINT32_C(1) << output->kms->crtc->index) == 0) {
			continue;
		}
		struct latch_snapshot_plane *added = latch_snapshot_add_plane(to);
		if (added == NULL) {
			return false;
		}
		fill_plane(added, output, plane);
	}
	return true;
}

static bool fill_layers(struct latch_snapshot_output *to, const struct latch_output *output) {
	struct surface_list list;
	if (!list_surfaces(output->server, output->wlr_output, &list)) {
		return false;
	}
	const struct latch_layer_list *layers = &output->layers;
	bool ok = true;
	for (size_t i = 0; ok && i < layers->len; i++) {
		struct latch_snapshot_layer *added = latch_snapshot_add_layer(to);
		ok = added != NULL;
		if (ok) {
			fill_layer(added, &layers->layers[i]);
			name_layer(added, output->server, &list);
		}
	}
	free(list.surfaces);
	return ok;
}

static bool fill_output(struct latch_snapshot_output *to, const struct latch_output *output) {
	const struct wlr_output *wlr_output = output->wlr_output;
	latch_snapshot_set_text(to->name, wlr_output->name);
	latch_snapshot_set_text(to->description, wlr_output->description);
	to->width = wlr_output->width;
	to->height = wlr_output->height;
	to->refresh_mhz = wlr_output->refresh;
	to->scale = wlr_output->scale;
	to->transform = wlr_output->transform;
	/* Mostly the last plan is one from before; where that came from says more. */
	bool reused = output->plan.rung == LATCH_RUNG_REUSED;
	const struct latch_plan *made = reused ? &output->plan_memory.plan : &output->plan;
	to->rung = latch_rung_name(made->rung);
	to->composed = output->plan.composed;
	to->visible = (uint32_t)output->plan.visible;
	to->on_planes = (uint32_t)output->plan.on_planes;
	to->tests = made->tests;
	if (output->kms != NULL) {
		to->node = output->kms->backend->path;
		to->driver = output->kms->device->driver;
		to->simulated_clock = output->kms->device->clock == KMS_CLOCK_SIMULATED;
		if (!fill_planes(to, output)) {
			return false;
		}
	}
	return fill_layers(to, output);
}

bool latch_collect_snapshot(void *data, struct latch_snapshot *snapshot) {
	const struct latch_server *server = data;
	const struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		struct latch_snapshot_output *added = latch_snapshot_add_output(snapshot);
		if (added == NULL || !fill_output(added, output)) {
			return false;
		}
	}
	return true;
}
