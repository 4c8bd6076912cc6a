/* SPDX-License-Identifier: MIT */
/* latch's planner, as output/ uses it: a test is a kms_commit of all planes. The request of the
 * frame itself counts as planning here, since libliftoff builds it too. */
#include "bench.h"
#include "kms/commit.h"

struct bench_planner {
	struct bench_device *device;
	struct latch_layer layers[BENCH_MAX_LAYERS];
	size_t len;
	const struct bench_fbs *fbs;
	unsigned turn;
	struct latch_plan_input input;
	struct latch_plan_memory memory;
};

static const struct latch_layer *layer_on(const struct latch_layer *layers, size_t len,
	const struct kms_plane *plane) {
	for (size_t i = 0; i < len; i++) {
		if (layers[i].place == LATCH_LAYER_ON_PLANE && layers[i].plane == plane) {
			return &layers[i];
		}
	}
	return NULL;
}

static void build(const struct bench_planner *planner, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan, struct kms_commit *commit) {
	const struct bench_device *device = planner->device;
	kms_commit_init(commit, device->kms);
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = device->planes[i];
		const struct latch_layer *layer = layer_on(layers, len, plane);
		struct kms_plane_state state;
		if (layer != NULL) {
			state = latch_layer_plane_state(layer, plane);
			state.fb_id = planner->fbs->id[layer->id - 1][planner->turn % 2];
		} else if (plane == device->primary && plan->primary_is_ours) {
			state = kms_plane_state_whole(
				planner->fbs->id[BENCH_MAX_LAYERS][planner->turn % 2], BENCH_WIDTH,
				BENCH_HEIGHT);
			state.zpos = plan->primary_zpos;
		} else {
			kms_commit_disable_plane(commit, plane);
			continue;
		}
		kms_commit_set_plane(commit, plane, device->crtc, &state);
	}
}

static uint64_t import(void *data, const struct latch_layer *layer, uint32_t fourcc) {
	return 0;
}

static int test_commit(void *data, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan) {
	const struct bench_planner *planner = data;
	struct kms_commit commit;
	build(planner, layers, len, plan, &commit);
	return kms_commit_test(&commit, KMS_COMMIT_NONBLOCK);
}

struct bench_planner *bench_latch_create(struct bench_device *device,
	const struct bench_layout *layout, const struct bench_fbs *fbs) {
	struct bench_planner *planner = calloc(1, sizeof(*planner));
	if (planner == NULL) {
		return NULL;
	}
	planner->device = device;
	planner->fbs = fbs;
	planner->len = layout->len;
	for (size_t i = 0; i < layout->len; i++) {
		planner->layers[i] = layout->layers[i];
	}
	planner->input = (struct latch_plan_input){
		.width = BENCH_WIDTH,
		.height = BENCH_HEIGHT,
		.planes = device->planes,
		.planes_len = device->planes_len,
		.primary = device->primary,
		.stacks_by_id = device->stacks_by_id,
		.primary_alpha = device->primary_alpha,
		.scanout_allowed = true,
		.max_tests = LATCH_PLAN_MAX_TESTS,
		.import = import,
		.test = test_commit,
		.data = planner,
	};
	return planner;
}

void bench_latch_destroy(struct bench_planner *planner) {
	free(planner);
}

static struct bench_run run(struct bench_planner *planner) {
	struct kms_commit commit;
	unsigned commits = bench_commits();
	int64_t kernel_ns = bench_kernel_ns(), begin_ns = latch_now_ns();
	struct latch_plan plan = latch_plan_make(
		planner->layers, planner->len, &planner->input, &planner->memory);
	build(planner, planner->layers, planner->len, &plan, &commit);
	int64_t all_ns = latch_now_ns() - begin_ns;
	planner->input.composing = plan.composed;
	return (struct bench_run){
		.on_planes = plan.on_planes,
		.tests = bench_commits() - commits,
		.planning_ns = all_ns - (bench_kernel_ns() - kernel_ns),
	};
}

struct bench_run bench_latch_new(struct bench_planner *planner) {
	latch_plan_forget(&planner->memory);
	planner->input.composing = false;
	return run(planner);
}

struct bench_run bench_latch_steady(struct bench_planner *planner) {
	planner->turn++;
	for (size_t i = 0; i < planner->len; i++) {
		planner->layers[i].serial++;
	}
	return run(planner);
}
