/* SPDX-License-Identifier: MIT */
/* What planes take together, and of the whole device. */
#include <errno.h>

#include "base/minmax.h"
#include "kms/commit.h"
#include "private.h"

/* Sets what a plane shows in the test of how many planes can do something at once. Returns false
 * where the plane can't do that by itself. */
typedef bool (*wanted_fn)(struct probe *probe, size_t i, struct kms_plane_state *state);

static bool want_any(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = probe_show(probe, i, probe->planes[i].rgb);
	return true;
}

static bool want_scaled(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = probe_show(probe, i, probe->planes[i].rgb);
	const struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	state->dst_w = state->dst_h = limits->max_upscale == 1 ? PROBE_SIDE - 2 : PROBE_SIDE + 2;
	return (limits->max_upscale != 1 || limits->max_downscale != 1) && !limits->covers &&
	       probe->profile.planes[i].type != KMS_PLANE_CURSOR;
}

static bool want_ycbcr(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = probe_show(probe, i, probe->planes[i].ycbcr);
	return probe->planes[i].ycbcr != 0;
}

/* How many planes can do this at once; 0: all that can do it by themselves. Where `all` planes can,
 * the ground is one of them. */
static uint32_t count(struct probe *probe, wanted_fn want, bool all) {
	struct latch_profile_limits *limits = &probe->profile.limits;
	struct probe_set set = probe_ground(probe);
	const size_t before = set.len;
	bool refused = false;
	for (size_t i = 0; i < probe->profile.len; i++) {
		struct kms_plane_state state;
		if (probe_is_primary(probe, i) || !want(probe, i, &state) ||
			(!all && limits->max_planes != 0 && set.len >= limits->max_planes)) {
			continue;
		}
		refused = !probe_add(probe, &set, i, state) || refused;
	}
	if (refused && probe->refusal != EINVAL) {
		limits->error = (uint32_t)probe->refusal;
	}
	const size_t len = set.len - (all ? 0 : before);
	return refused ? (uint32_t)latch_max((int64_t)len, 1) : 0;
}

/* Whether a plane takes a crop that begins inside a pixel, and one of YCbCr at an odd pixel. */
static bool takes_any_crop(struct probe *probe, size_t i) {
	struct kms_plane_state rgb = probe_show(probe, i, probe->planes[i].rgb);
	struct kms_plane_state ycbcr = probe_show(probe, i, probe->planes[i].ycbcr);
	rgb.src_x += 1u << 15;
	ycbcr.src_x += 1u << 16;
	return probe_takes(probe, i, rgb) &&
	       (probe->planes[i].ycbcr == 0 || probe_takes(probe, i, ycbcr));
}

void probe_planes_together(struct probe *probe) {
	struct latch_profile *profile = &probe->profile;
	profile->limits.max_planes = count(probe, want_any, true);
	profile->limits.max_scaled = count(probe, want_scaled, false);
	profile->limits.max_ycbcr = count(probe, want_ycbcr, false);
	for (size_t i = 0; i < profile->len; i++) {
		struct probe_set alone = {0};
		if (!probe_is_primary(probe, i)) {
			const struct kms_plane_state state =
				probe_show(probe, i, probe->planes[i].rgb);
			profile->limits.primary_required = profile->limits.primary_required ||
							   !probe_add(probe, &alone, i, state);
		}
		profile->limits.whole_crops =
			profile->limits.whole_crops ||
			(profile->planes[i].type == KMS_PLANE_OVERLAY && !takes_any_crop(probe, i));
	}
	const struct probe_set set = probe_ground(probe);
	if (probe->crtc->props.out_fence_ptr.id != 0 && set.len > 0) {
		probe->out_fence = probe_test(probe, &set, true) == 0 ? PROBE_YES : PROBE_NO;
	}
}

/* An asynchronous flip changes a framebuffer and nothing else, so it can be tested only where one
 * is on the screen: the same again. */
void probe_async(struct probe *probe) {
	const struct kms_plane *primary = probe->planes[probe->profile.primary->index].plane;
	struct kms_commit commit;
	if (!probe->device->features.atomic_async_page_flip) {
		probe->async = PROBE_NO;
	} else if (primary->props.fb_id.value != 0 && probe->crtc->props.active.value != 0 &&
		   primary->props.crtc_id.value == probe->crtc->id && probe->error == 0) {
		kms_commit_init(&commit, probe->device);
		kms_commit_set_plane_fb(&commit, primary, (uint32_t)primary->props.fb_id.value);
		probe->tests++;
		probe->async = kms_commit_test(&commit, KMS_COMMIT_NONBLOCK | KMS_COMMIT_ASYNC) == 0
				       ? PROBE_YES
				       : PROBE_NO;
	}
}
