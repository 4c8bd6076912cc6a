/* SPDX-License-Identifier: MIT */
/*
 * libliftoff, given what it needs to do well:
 * - each layer's zpos, and a composition layer below them all;
 * - no layer that is hidden, as it does not look for those itself;
 * - no property that is at its default, as a plane without it would not be considered;
 * - the better of two time limits: once it has half a second to put as many layers on planes as it
 *   can, and that number is told; the time and the tests are those with its own limit;
 * - a new buffer of each layer in each frame, and a round of frames before anything is counted, so
 *   that its priorities know that they are alive;
 * - making layers and setting their properties is not in the time, nor are system calls.
 */
#include <libliftoff.h>
#include <xf86drmMode.h>

#include "bench.h"

/* libliftoff counts priorities over so many frames. */
#define PRIORITY_FRAMES 62
/* Many times libliftoff's own limit. */
#define PATIENCE_NS INT64_C(500000000)

struct bench_planner {
	struct bench_device *device;
	const struct bench_layout *layout;
	const struct bench_fbs *fbs;
	unsigned turn;
	/** Of the layout's layers on planes, given time, and what it took. */
	size_t most;
	int64_t patient_ns;
	struct liftoff_device *liftoff;
	struct liftoff_output *output;
	struct liftoff_layer *layers[BENCH_MAX_LAYERS + 1];
};

static void set_place(struct liftoff_layer *layer, const struct kms_plane_state *state) {
	liftoff_layer_set_property(layer, "CRTC_X", (uint64_t)(int64_t)state->dst_x);
	liftoff_layer_set_property(layer, "CRTC_Y", (uint64_t)(int64_t)state->dst_y);
	liftoff_layer_set_property(layer, "CRTC_W", state->dst_w);
	liftoff_layer_set_property(layer, "CRTC_H", state->dst_h);
	liftoff_layer_set_property(layer, "SRC_X", state->src_x);
	liftoff_layer_set_property(layer, "SRC_Y", state->src_y);
	liftoff_layer_set_property(layer, "SRC_W", state->src_w);
	liftoff_layer_set_property(layer, "SRC_H", state->src_h);
}

static void show_buffers(struct bench_planner *planner) {
	const struct bench_layout *layout = planner->layout;
	for (size_t i = 0; i < layout->len; i++) {
		if (layout->layers[i].is_dmabuf) {
			liftoff_layer_set_property(planner->layers[i], "FB_ID",
				planner->fbs->id[i][planner->turn % 2]);
		}
	}
	liftoff_layer_set_property(planner->layers[BENCH_MAX_LAYERS], "FB_ID",
		planner->fbs->id[BENCH_MAX_LAYERS][planner->turn % 2]);
}

static void drop_layers(struct bench_planner *planner) {
	for (size_t i = 0; i <= BENCH_MAX_LAYERS; i++) {
		liftoff_layer_destroy(planner->layers[i]);
		planner->layers[i] = NULL;
	}
}

static void make_layers(struct bench_planner *planner) {
	const struct bench_layout *layout = planner->layout;
	const struct kms_plane_state whole = kms_plane_state_whole(0, BENCH_WIDTH, BENCH_HEIGHT);
	struct liftoff_layer *picture = liftoff_layer_create(planner->output);
	planner->layers[BENCH_MAX_LAYERS] = picture;
	set_place(picture, &whole);
	liftoff_layer_set_property(picture, "zpos", 0);
	liftoff_output_set_composition_layer(planner->output, picture);

	for (size_t i = 0; i < layout->len; i++) {
		struct liftoff_layer *layer = liftoff_layer_create(planner->output);
		planner->layers[i] = layer;
		struct kms_plane_state state =
			latch_layer_plane_state(&layout->layers[i], planner->device->primary);
		set_place(layer, &state);
		liftoff_layer_set_property(layer, "zpos", layout->len - i);
		if (!layout->layers[i].is_dmabuf) {
			liftoff_layer_set_fb_composited(layer);
		}
	}
	show_buffers(planner);
}

/* limit_ns 0: libliftoff's own. */
static struct bench_run run(struct bench_planner *planner, int64_t limit_ns) {
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	struct liftoff_output_apply_options options = {.timeout_ns = limit_ns};
	unsigned commits = bench_commits();
	int64_t kernel_ns = bench_kernel_ns(), begin_ns = latch_now_ns();
	int ret = liftoff_output_apply(
		planner->output, request, DRM_MODE_ATOMIC_NONBLOCK, &options);
	int64_t all_ns = latch_now_ns() - begin_ns;
	struct bench_run result = {
		.tests = bench_commits() - commits,
		.planning_ns = all_ns - (bench_kernel_ns() - kernel_ns),
	};
	drmModeAtomicFree(request);
	for (size_t i = 0; ret == 0 && i < planner->layout->len; i++) {
		result.on_planes += liftoff_layer_get_plane(planner->layers[i]) != NULL;
	}
	return result;
}

struct bench_planner *bench_liftoff_create(struct bench_device *device,
	const struct bench_layout *layout, const struct bench_fbs *fbs) {
	struct bench_planner *planner = calloc(1, sizeof(*planner));
	if (planner == NULL) {
		return NULL;
	}
	planner->device = device;
	planner->layout = layout;
	planner->fbs = fbs;
	planner->liftoff = liftoff_device_create(device->kms->fd);
	if (planner->liftoff == NULL ||
		liftoff_device_register_all_planes(planner->liftoff) != 0) {
		bench_liftoff_destroy(planner);
		return NULL;
	}
	planner->output = liftoff_output_create(planner->liftoff, device->crtc->id);
	if (planner->output == NULL) {
		bench_liftoff_destroy(planner);
		return NULL;
	}
	return planner;
}

void bench_liftoff_destroy(struct bench_planner *planner) {
	if (planner == NULL) {
		return;
	}
	drop_layers(planner);
	liftoff_output_destroy(planner->output);
	liftoff_device_destroy(planner->liftoff);
	free(planner);
}

/* A layer that comes and goes makes it plan again; it keeps what it knows of the others. */
static void start_over(struct bench_planner *planner) {
	liftoff_layer_destroy(liftoff_layer_create(planner->output));
}

struct bench_run bench_liftoff_new(struct bench_planner *planner) {
	if (planner->layers[BENCH_MAX_LAYERS] == NULL) {
		make_layers(planner);
		for (int i = 0; i < PRIORITY_FRAMES; i++) {
			run(planner, 0);
			planner->turn++;
			show_buffers(planner);
		}
		start_over(planner);
		struct bench_run patient = run(planner, PATIENCE_NS);
		planner->most = patient.on_planes;
		planner->patient_ns = patient.planning_ns;
	}
	start_over(planner);
	struct bench_run result = run(planner, 0);
	result.on_planes = result.on_planes > planner->most ? result.on_planes : planner->most;
	result.patient_ns = planner->patient_ns;
	return result;
}

struct bench_run bench_liftoff_steady(struct bench_planner *planner) {
	planner->turn++;
	show_buffers(planner);
	return run(planner, 0);
}
