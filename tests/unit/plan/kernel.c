/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>

#define BIT_OF(layer) (UINT64_C(1) << ((layer)->id % 64))

static bool is_quarter_turn(uint32_t rotation) {
	return (rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
}

/* Source size by destination size, along x and y of the screen. */
static void scale_of(const struct kms_plane_state *state, double *x, double *y) {
	double src_w = state->src_w / 65536.0, src_h = state->src_h / 65536.0;
	bool turned = is_quarter_turn(state->rotation);
	*x = (turned ? src_h : src_w) / state->dst_w;
	*y = (turned ? src_w : src_h) / state->dst_h;
}

static bool is_scaled(const struct kms_plane_state *state) {
	double x, y;
	scale_of(state, &x, &y);
	return x != 1 || y != 1;
}

static int check_scale(
	const struct latch_profile_plane_limits *limits, const struct plan_shown *shown) {
	double x, y;
	scale_of(&shown->state, &x, &y);
	if (limits->max_downscale > 0 && (x > limits->max_downscale || y > limits->max_downscale)) {
		return -ERANGE;
	}
	if (limits->max_upscale > 0 &&
		(x < 1 / limits->max_upscale || y < 1 / limits->max_upscale)) {
		return -ERANGE;
	}
	return 0;
}

static int check_place(const struct plan_kernel *kernel,
	const struct latch_profile_plane_limits *limits, const struct plan_shown *shown) {
	const struct kms_plane_state *state = &shown->state;
	int64_t right = (int64_t)state->dst_x + state->dst_w;
	int64_t bottom = (int64_t)state->dst_y + state->dst_h;
	if (limits->covers && (state->dst_x != 0 || state->dst_y != 0 || right != kernel->width ||
				      bottom != kernel->height)) {
		return -EINVAL;
	}
	if (limits->inside && (state->dst_x < 0 || state->dst_y < 0 || right > kernel->width ||
				      bottom > kernel->height)) {
		return -EINVAL;
	}
	bool fits = shown->plane->sizes_len == 0;
	for (size_t i = 0; i < shown->plane->sizes_len; i++) {
		fits |= state->dst_w == shown->plane->sizes[i].width &&
			state->dst_h == shown->plane->sizes[i].height;
	}
	return fits ? 0 : -EINVAL;
}

static int check_rotation(
	const struct latch_profile_plane_limits *limits, const struct plan_shown *shown) {
	uint32_t allowed = UINT32_MAX;
	if (!shown->tiled && limits->linear_rotations != 0) {
		allowed &= limits->linear_rotations;
	}
	if (shown->yuv && limits->ycbcr_rotations != 0) {
		allowed &= limits->ycbcr_rotations;
	}
	return (shown->state.rotation | allowed) != allowed ? -EINVAL : 0;
}

static bool is_whole_crop(const struct plan_shown *shown) {
	const struct kms_plane_state *state = &shown->state;
	uint32_t edges = state->src_x | state->src_y;
	if (shown->yuv && ((edges | state->src_w | state->src_h) >> 16 & 1) != 0) {
		return false;
	}
	return is_scaled(state) || (edges & 0xffff) == 0;
}

static int check_plane(const struct plan_kernel *kernel, const struct plan_shown *shown) {
	const struct latch_profile_plane_limits *limits =
		&kernel->set->plane_limits[shown->plane->index];
	int ret = check_place(kernel, limits, shown);
	if (ret == 0) {
		ret = check_rotation(limits, shown);
	}
	if (ret == 0 && ((kernel->set->limits.whole_crops && !is_whole_crop(shown)) ||
				(limits->max_source_width != 0 &&
					shown->state.src_w >> 16 > limits->max_source_width))) {
		ret = -EINVAL;
	}
	return ret == 0 && is_scaled(&shown->state) ? check_scale(limits, shown) : ret;
}

/* Each plane by itself, then what all of them take together. */
int plan_kernel_check_shown(
	const struct plan_kernel *kernel, const struct plan_shown *shown, size_t len) {
	const struct latch_profile_limits *limits = &kernel->set->limits;
	unsigned planes = 0, scaled = 0, yuv = 0, tiled = 0;
	bool has_primary = false, has_cursor = false;
	double load = 0;
	for (size_t i = 0; i < len; i++) {
		int ret = check_plane(kernel, &shown[i]);
		if (ret != 0) {
			return ret;
		}
		planes++;
		scaled += is_scaled(&shown[i].state);
		yuv += shown[i].yuv;
		tiled += shown[i].tiled;
		load += shown[i].state.src_w / 65536.0 * (shown[i].state.src_h / 65536.0);
		has_primary |= shown[i].plane == kernel->set->primary;
		has_cursor |= shown[i].plane->type == KMS_PLANE_CURSOR;
	}
	int error = limits->error != 0 ? -(int)limits->error : -EINVAL;
	planes += has_cursor && limits->cursor_inherits && (scaled > 0 || yuv > 0);
	if (limits->primary_required && !has_primary && len > 0) {
		return -EINVAL;
	}
	double screen = (double)kernel->width * kernel->height;
	bool too_much = (limits->max_planes != 0 && planes > limits->max_planes) ||
			(limits->max_scaled != 0 && scaled > limits->max_scaled) ||
			(limits->max_ycbcr != 0 && yuv > limits->max_ycbcr) ||
			(limits->max_compressed != 0 && tiled > limits->max_compressed) ||
			(limits->max_load != 0 && load > screen * limits->max_load);
	return too_much ? error : 0;
}

int plan_kernel_check(const struct plan_kernel *kernel, const struct latch_layer *layers,
	size_t len, const struct latch_plan *plan) {
	struct plan_shown shown[LATCH_PLAN_MAX_PLANES + 1];
	size_t shown_len = 0;
	uint64_t ids = 0;
	if (kernel->refuses_background && plan->background != 0) {
		return -EINVAL;
	}
	if (plan->primary_is_ours && plan->background == 0 && kernel->set->primary != NULL) {
		shown[shown_len++] = (struct plan_shown){
			.plane = kernel->set->primary,
			.state = kms_plane_state_whole(
				0, (uint32_t)kernel->width, (uint32_t)kernel->height),
		};
	}
	for (size_t i = 0; i < len; i++) {
		const struct latch_layer *layer = &layers[i];
		if (layer->place != LATCH_LAYER_ON_PLANE) {
			continue;
		}
		if (shown_len == LATCH_PLAN_MAX_PLANES + 1) {
			return -EINVAL;
		}
		struct kms_plane_state state = latch_layer_plane_state(layer, layer->plane);
		state.zpos = layer->zpos;
		if (kms_plane_find_lacking(layer->plane, &state) != NULL) {
			return -EINVAL; // kms/commit.h does not even ask
		}
		shown[shown_len++] = (struct plan_shown){
			.plane = layer->plane,
			.state = state,
			.yuv = layer->fourcc == DRM_FORMAT_NV12,
			.tiled = layer->modifier != DRM_FORMAT_MOD_LINEAR &&
				 layer->modifier != DRM_FORMAT_MOD_INVALID,
		};
		ids |= BIT_OF(layer);
	}
	if (ids != 0 && kernel->refuses_all != 0) {
		return kernel->refuses_all;
	}
	if ((ids & kernel->refuses_layers) != 0 ||
		(kernel->refuses_pair != 0 &&
			(ids & kernel->refuses_pair) == kernel->refuses_pair)) {
		return kernel->set->limits.error != 0 ? -(int)kernel->set->limits.error : -EINVAL;
	}
	return plan_kernel_check_shown(kernel, shown, shown_len);
}

static int test_commit(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan) {
	struct plan_kernel *kernel = data;
	kernel->tests++;
	size_t on_planes = 0;
	for (size_t i = 0; i < len; i++) {
		if (layers[i].place != LATCH_LAYER_ON_PLANE) {
			continue;
		}
		on_planes++;
		if (layers[i].plane == NULL) {
			kernel->nonsense = "a test with a layer on no plane";
			return -EINVAL;
		}
		for (size_t j = 0; j < i; j++) {
			if (layers[j].place == LATCH_LAYER_ON_PLANE &&
				layers[j].plane == layers[i].plane) {
				kernel->nonsense = "a test with two layers on one plane";
			}
		}
		if (layers[i].plane == kernel->set->primary && plan->primary_is_ours) {
			kernel->nonsense = "a test with a layer and our picture on one plane";
		}
	}
	if (on_planes == 0 && plan->background == 0) {
		kernel->nonsense = "a test with no layer on a plane";
	}
	return plan_kernel_check(kernel, layers, len, plan);
}

static uint64_t import(void *data, const struct latch_layer *layer, uint32_t fourcc) {
	struct plan_kernel *kernel = data;
	kernel->imports++;
	if (!layer->is_dmabuf) {
		kernel->nonsense = "an import of what is no dma-buf";
	}
	return (kernel->import_fails & BIT_OF(layer)) != 0 ? LATCH_REASON_IMPORT_FAILED : 0;
}

struct plan_kernel plan_kernel_make(
	const struct latch_profile *set, int32_t width, int32_t height) {
	return (struct plan_kernel){
		.set = set,
		.width = width,
		.height = height,
	};
}

struct latch_plan_input plan_kernel_input(struct plan_kernel *kernel) {
	return (struct latch_plan_input){
		.width = kernel->width,
		.height = kernel->height,
		.planes = kernel->set->list,
		.planes_len = kernel->set->len,
		.primary = kernel->set->primary,
		.stacks_by_id = kernel->set->stacks_by_id,
		.primary_alpha = kernel->set->primary_alpha,
		.scanout_allowed = true,
		.max_tests = LATCH_PLAN_MAX_TESTS,
		.import = import,
		.test = test_commit,
		.data = kernel,
	};
}
