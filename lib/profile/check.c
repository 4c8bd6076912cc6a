/* SPDX-License-Identifier: MIT */
/* What a display engine refuses, by its profile. */
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <errno.h>

#include "base/format.h"
#include "profile/profile.h"

#define LIMIT(name, kind) {#name, LATCH_PROFILE_##kind, offsetof(struct latch_profile_limits, name)}
const struct latch_profile_limit latch_profile_limits[] = {
	LIMIT(max_planes, COUNT),
	LIMIT(max_scaled, COUNT),
	LIMIT(max_ycbcr, COUNT),
	LIMIT(max_compressed, COUNT),
	LIMIT(max_load, FACTOR),
	LIMIT(primary_required, FLAG),
	LIMIT(whole_crops, FLAG),
	LIMIT(cursor_inherits, FLAG),
	LIMIT(error, COUNT),
};
#undef LIMIT
#define LIMIT(name, kind)                                                                          \
	{#name, LATCH_PROFILE_##kind, offsetof(struct latch_profile_plane_limits, name)}
const struct latch_profile_limit latch_profile_plane_limits[] = {
	LIMIT(max_downscale, FACTOR),
	LIMIT(max_upscale, FACTOR),
	LIMIT(max_source_width, COUNT),
	LIMIT(linear_rotations, ROTATIONS),
	LIMIT(ycbcr_rotations, ROTATIONS),
	LIMIT(inside, FLAG),
	LIMIT(covers, FLAG),
};
#define LEN(array) (sizeof(array) / sizeof((array)[0]))
const size_t latch_profile_limits_len = LEN(latch_profile_limits);
const size_t latch_profile_plane_limits_len = LEN(latch_profile_plane_limits);

/* What all planes of a commit take together. */
struct demand {
	unsigned planes, scaled, ycbcr, compressed;
	double pixels;
	bool primary, cursor;
};

/* How many times smaller a picture becomes along each side of the screen. */
struct scale {
	double x, y;
};

static struct scale scale_of(const struct kms_plane_state *state) {
	const bool turned = (state->rotation & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0;
	const double src_w = (turned ? state->src_h : state->src_w) / 65536.0;
	const double src_h = (turned ? state->src_w : state->src_h) / 65536.0;
	return (struct scale){src_w / state->dst_w, src_h / state->dst_h};
}

static bool is_scaled(struct scale scale) {
	return scale.x != 1 || scale.y != 1;
}

static bool scales_too_far(
	const struct latch_profile_plane_limits *limits, const struct kms_plane_state *state) {
	const struct scale scale = scale_of(state);
	const double down = limits->max_downscale, up = limits->max_upscale;
	return (down > 0 && (scale.x > down || scale.y > down)) ||
	       (up > 0 && (scale.x * up < 1 || scale.y * up < 1));
}

static bool is_linear(uint64_t modifier) {
	return modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
}

static bool turns_too_far(
	const struct latch_profile_plane_limits *limits, const struct latch_profile_shown *shown) {
	const uint32_t rotation = shown->state.rotation;
	return (limits->linear_rotations != 0 && is_linear(shown->modifier) &&
		       (rotation & ~limits->linear_rotations) != 0) ||
	       (limits->ycbcr_rotations != 0 && latch_format_is_ycbcr(shown->fourcc) &&
		       (rotation & ~limits->ycbcr_rotations) != 0);
}

static bool is_out_of_place(const struct latch_profile_plane_limits *limits,
	const struct kms_plane_state *state, int32_t width, int32_t height) {
	const int64_t left = state->dst_x, right = left + state->dst_w;
	const int64_t top = state->dst_y, bottom = top + state->dst_h;
	return (limits->inside && (left < 0 || top < 0 || right > width || bottom > height)) ||
	       (limits->covers && (left != 0 || top != 0 || right != width || bottom != height));
}

static bool has_wrong_size(const struct kms_plane *plane, const struct kms_plane_state *state) {
	for (size_t i = 0; i < plane->sizes_len; i++) {
		const struct kms_plane_size *size = &plane->sizes[i];
		if (size->width == state->dst_w && size->height == state->dst_h) {
			return false;
		}
	}
	return plane->sizes_len > 0;
}

static bool cuts_pixels(const struct latch_profile_shown *shown) {
	const struct kms_plane_state *state = &shown->state;
	const uint32_t begin = state->src_x | state->src_y, odd = UINT32_C(1) << 16;
	const bool ycbcr = latch_format_is_ycbcr(shown->fourcc);
	return (ycbcr && ((begin | state->src_w | state->src_h) & odd) != 0) ||
	       (!is_scaled(scale_of(state)) && begin % odd != 0);
}

static int check_one(const struct latch_profile *profile, const struct latch_profile_shown *shown,
	int32_t width, int32_t height) {
	const struct latch_profile_plane_limits *limits =
		&profile->plane_limits[shown->plane->index];
	const struct kms_plane_state *state = &shown->state;
	const bool refused =
		is_out_of_place(limits, state, width, height) ||
		has_wrong_size(shown->plane, state) || turns_too_far(limits, shown) ||
		(limits->max_source_width != 0 && state->src_w >> 16 > limits->max_source_width) ||
		(profile->limits.whole_crops && cuts_pixels(shown));
	return refused ? -EINVAL : scales_too_far(limits, state) ? -ERANGE : 0;
}

static bool is_too_much(const struct latch_profile *profile, const struct demand *demand,
	double screen_pixels) {
	const struct latch_profile_limits *limits = &profile->limits;
	const unsigned planes = demand->planes + (limits->cursor_inherits && demand->cursor &&
							 demand->scaled + demand->ycbcr > 0);
	return (limits->max_planes != 0 && planes > limits->max_planes) ||
	       (limits->max_scaled != 0 && demand->scaled > limits->max_scaled) ||
	       (limits->max_ycbcr != 0 && demand->ycbcr > limits->max_ycbcr) ||
	       (limits->max_compressed != 0 && demand->compressed > limits->max_compressed) ||
	       (limits->max_load > 0 && demand->pixels > limits->max_load * screen_pixels);
}

int latch_profile_check(const struct latch_profile *profile, int32_t width, int32_t height,
	const struct latch_profile_shown *shown, size_t len) {
	struct demand demand = {.planes = (unsigned)len};
	for (size_t i = 0; i < len; i++) {
		const struct kms_plane_state *state = &shown[i].state;
		const int ret = check_one(profile, &shown[i], width, height);
		if (ret != 0) {
			return ret;
		}
		demand.scaled += is_scaled(scale_of(state));
		demand.ycbcr += latch_format_is_ycbcr(shown[i].fourcc);
		demand.compressed += !is_linear(shown[i].modifier);
		demand.pixels += state->src_w / 65536.0 * (state->src_h / 65536.0);
		demand.primary = demand.primary || shown[i].plane == profile->primary;
		demand.cursor = demand.cursor || shown[i].plane->type == KMS_PLANE_CURSOR;
	}
	if (len > 0 && profile->limits.primary_required && !demand.primary) {
		return -EINVAL;
	}
	const uint32_t error = profile->limits.error != 0 ? profile->limits.error : EINVAL;
	return is_too_much(profile, &demand, (double)width * height) ? -(int)error : 0;
}

size_t latch_profile_show_layers(
	struct latch_profile_shown *shown, const struct latch_layer *layers, size_t len) {
	size_t shown_len = 0;
	for (size_t i = 0; i < len && shown_len < LATCH_PLAN_MAX_PLANES; i++) {
		const struct latch_layer *layer = &layers[i];
		if (layer->place == LATCH_LAYER_ON_PLANE) {
			shown[shown_len++] = (struct latch_profile_shown){
				.plane = layer->plane,
				.state = latch_layer_plane_state(layer, layer->plane),
				.fourcc = layer->fourcc,
				.modifier = layer->modifier,
			};
		}
	}
	return shown_len;
}

int latch_profile_test(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan) {
	const struct latch_profile *profile = data;
	struct latch_profile_shown shown[LATCH_PLAN_MAX_PLANES + 1];
	size_t shown_len = latch_profile_show_layers(shown, layers, len);
	if (plan->primary_is_ours && plan->background == 0) {
		shown[shown_len++] = (struct latch_profile_shown){
			.plane = profile->primary,
			.state = kms_plane_state_whole(
				0, (uint32_t)profile->width, (uint32_t)profile->height),
			.fourcc = DRM_FORMAT_XRGB8888,
		};
	}
	return latch_profile_check(profile, profile->width, profile->height, shown, shown_len);
}

size_t latch_profile_planes(const struct latch_profile *profile,
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]) {
	size_t len = 0;
	for (size_t i = 0; i < profile->len; i++) {
		if (profile->list[i]->type != KMS_PLANE_CURSOR) {
			planes[len++] = profile->list[i];
		}
	}
	return len;
}

const struct kms_plane *latch_profile_cursor(const struct latch_profile *profile) {
	for (size_t i = 0; i < profile->len; i++) {
		if (profile->list[i]->type == KMS_PLANE_CURSOR) {
			return profile->list[i];
		}
	}
	return NULL;
}

static uint64_t import_any(void *data, const struct latch_layer *layer, uint32_t fourcc) {
	(void)data, (void)layer, (void)fourcc;
	return 0;
}

struct latch_plan_input latch_profile_input(struct latch_profile *profile, int32_t width,
	int32_t height, const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]) {
	profile->width = width;
	profile->height = height;
	return (struct latch_plan_input){
		.width = width,
		.height = height,
		.planes = planes,
		.planes_len = latch_profile_planes(profile, planes),
		.primary = profile->primary,
		.stacks_by_id = profile->stacks_by_id,
		.primary_alpha = profile->primary_alpha,
		.scanout_allowed = true,
		.max_tests = LATCH_PLAN_MAX_TESTS,
		.import = import_any,
		.test = latch_profile_test,
		.data = profile,
	};
}
