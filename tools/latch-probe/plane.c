/* SPDX-License-Identifier: MIT */
/* What each plane takes by itself, above the primary one. */
#include <drm_fourcc.h>

#include "base/minmax.h"
#include "private.h"

/* In pixels: a side of the square that is scaled up, and of the one that others are scaled down
 * to. */
#define SCALED_SIDE 32

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t find_format(
	struct probe *probe, size_t i, const uint32_t *fourccs, size_t len, bool whole) {
	for (size_t j = 0; j < len; j++) {
		const struct kms_format_set *formats = &probe->profile.planes[i].formats;
		if (kms_format_set_has(formats, fourccs[j], DRM_FORMAT_MOD_LINEAR) &&
			probe_takes(probe, i, whole ? probe_show_whole(probe, fourccs[j])
					      : probe_show(probe, i, fourccs[j]))) {
			return fourccs[j];
		}
	}
	return 0;
}

static const uint32_t rgb_fourccs[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888,
	DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565};
static const uint32_t ycbcr_fourccs[] = {
	DRM_FORMAT_NV12, DRM_FORMAT_YUYV, DRM_FORMAT_YUV420, DRM_FORMAT_P010};

static const struct kms_plane_size sizes[] = {{64, 64}, {128, 128}, {256, 256}};

/* A cursor may take some sizes only: the one that the device tells, or one of `sizes`. */
static void find_cursor_format(struct probe *probe, size_t i) {
	struct kms_plane *plane = &probe->profile.planes[i];
	for (size_t j = 0; j <= LEN(sizes) && probe->planes[i].rgb == 0; j++) {
		plane->sizes[0] = j > 0 ? sizes[j - 1] : plane->sizes[0];
		plane->sizes_len = plane->sizes_len > 0 || j > 0;
		probe->planes[i].rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), false);
	}
}

/* A cursor that takes an odd size takes any. */
static void probe_cursor_sizes(struct probe *probe, size_t i) {
	struct kms_plane *plane = &probe->profile.planes[i];
	const uint32_t fourcc = probe->planes[i].rgb;
	plane->sizes_len = 0;
	const uint32_t odd = probe_fb_of(probe, 100, 60, fourcc);
	if (probe_takes(probe, i, kms_plane_state_whole(odd, 100, 60))) {
		return;
	}
	for (size_t j = 0; j < LEN(sizes); j++) {
		const uint32_t side = sizes[j].width;
		const uint32_t fb_id = probe_fb_of(probe, side, side, fourcc);
		if (probe_takes(probe, i, kms_plane_state_whole(fb_id, side, side))) {
			plane->sizes[plane->sizes_len++] = sizes[j];
		}
	}
}

bool probe_find_formats(struct probe *probe, size_t i) {
	struct probe_plane *plane = &probe->planes[i];
	struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	if (probe_is_primary(probe, i)) {
		plane->rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), true);
		limits->covers = plane->rgb != 0 &&
				 !probe_takes(probe, i, probe_show(probe, i, plane->rgb));
	} else if (probe->profile.planes[i].type == KMS_PLANE_CURSOR) {
		find_cursor_format(probe, i);
	} else {
		plane->rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), false);
	}
	plane->ycbcr = find_format(probe, i, ycbcr_fourccs, LEN(ycbcr_fourccs), false);
	return plane->rgb != 0;
}

/* Whether a plane shows a square of `from` pixels a side as one of `to`. */
static bool scales(struct probe *probe, size_t i, uint32_t from, uint32_t to) {
	struct kms_plane_state state = probe_show(probe, i, probe->planes[i].rgb);
	state.fb_id = probe_fb_of(probe, PROBE_LARGE_SIDE, PROBE_LARGE_SIDE, probe->planes[i].rgb);
	state.src_w = state.src_h = from << 16;
	if (!probe->profile.plane_limits[i].covers) {
		state.dst_x = state.dst_y = 0;
		state.dst_w = state.dst_h = to;
	}
	return probe_takes(probe, i, state);
}

/* The largest factor that a plane scales by, in steps of 1/SCALED_SIDE; 1: it does not scale, 0: it
 * does as far as was asked. */
static double find_scale(struct probe *probe, size_t i, bool down, uint32_t most) {
	uint32_t good = SCALED_SIDE, bad = most + 1;
	for (uint32_t side = most; bad - good > 1 && probe->error == 0; side = (good + bad) / 2) {
		const bool ok = down ? scales(probe, i, side, SCALED_SIDE)
				     : scales(probe, i, SCALED_SIDE, side);
		*(ok ? &good : &bad) = side;
	}
	return good == most ? 0 : (double)good / SCALED_SIDE;
}

static void probe_scaling(struct probe *probe, size_t i) {
	struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	const int64_t side = latch_min(probe->mode->info.hdisplay, probe->mode->info.vdisplay);
	if (limits->covers || probe->profile.planes[i].type == KMS_PLANE_CURSOR) {
		const bool any = limits->covers && scales(probe, i, PROBE_SIDE, 0);
		limits->max_downscale = limits->max_upscale = any ? 0 : 1;
		return;
	}
	limits->max_downscale = find_scale(probe, i, true, PROBE_LARGE_SIDE);
	limits->max_upscale =
		find_scale(probe, i, false, (uint32_t)latch_min(side, PROBE_LARGE_SIDE));
}

/* The rotations that the plane takes, where that is not all of the property's; 0: it takes them
 * all. */
static uint32_t find_rotations(struct probe *probe, size_t i, uint32_t fourcc) {
	const uint32_t mask = probe->profile.planes[i].props.rotation.mask;
	uint32_t good = DRM_MODE_ROTATE_0;
	for (uint32_t bit = DRM_MODE_ROTATE_90; bit <= DRM_MODE_REFLECT_Y && fourcc != 0;
		bit <<= 1) {
		struct kms_plane_state state = probe_show(probe, i, fourcc);
		state.rotation = bit >= DRM_MODE_REFLECT_X ? bit | DRM_MODE_ROTATE_0 : bit;
		if ((bit & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0 &&
			state.src_w != state.src_h) {
			state.fb_id = probe_fb_of(probe, state.dst_h, state.dst_w, fourcc);
			state.src_w = state.dst_h << 16;
			state.src_h = state.dst_w << 16;
		}
		good |= (mask & bit) != 0 && probe_takes(probe, i, state) ? bit : 0;
	}
	return fourcc == 0 || good == mask ? 0 : good;
}

/* A plane whose zpos can't be at both ends of its range is one whose zpos is fixed. */
static void probe_zpos(struct probe *probe, size_t i) {
	struct kms_property *zpos = &probe->profile.planes[i].props.zpos;
	struct kms_plane_state low = probe_show(probe, i, probe->planes[i].rgb), high = low;
	if (zpos->id == 0 || zpos->immutable) {
		return;
	}
	low.zpos = (int64_t)zpos->min;
	high.zpos = (int64_t)zpos->max;
	const bool moves = probe_takes(probe, i, low) && probe_takes(probe, i, high);
	probe->planes[i].moves = moves ? PROBE_YES : PROBE_NO;
	if (!moves) {
		zpos->immutable = true;
		zpos->min = zpos->max = zpos->value;
	}
}

static void probe_place(struct probe *probe, size_t i) {
	struct kms_plane_state state = probe_show(probe, i, probe->planes[i].rgb);
	if (!probe->profile.plane_limits[i].covers) {
		state.dst_x = -(int32_t)state.dst_w / 2;
		probe->profile.plane_limits[i].inside = !probe_takes(probe, i, state);
	}
	if (probe->signalled_fence >= 0 && probe->planes[i].plane->props.in_fence_fd.id != 0) {
		state = probe_show(probe, i, probe->planes[i].rgb);
		state.in_fence_fd = probe->signalled_fence;
		probe->planes[i].fence = probe_takes(probe, i, state) ? PROBE_YES : PROBE_NO;
	}
}

void probe_plane_alone(struct probe *probe, size_t i) {
	struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	if (probe->profile.planes[i].type == KMS_PLANE_CURSOR) {
		probe_cursor_sizes(probe, i);
	}
	probe_scaling(probe, i);
	limits->linear_rotations = find_rotations(probe, i, probe->planes[i].rgb);
	limits->ycbcr_rotations = find_rotations(probe, i, probe->planes[i].ycbcr);
	probe_zpos(probe, i);
	probe_place(probe, i);
}
