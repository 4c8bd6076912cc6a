#include "probe.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/minmax.h"
#include "kms/commit.h"
#include "kms/framebuffer.h"

/* Pixels: what planes show unless the test is about that; and a framebuffer that parts are shown
 * of. */
#define SIDE 64
#define SCALED_SIDE 32
#define LARGE_SIDE 1024
/* A device that does its last commit is asked again. */
#define BUSY_TRIES 20
#define BUSY_NS 10000000

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Planes that are tested together. */
struct set {
	struct {
		size_t plane;
		struct kms_plane_state state;
	} shown[LATCH_PLAN_MAX_PLANES];
	size_t len;
};

static int ask(struct probe *probe, const struct set *set, bool out_fence) {
	struct kms_commit commit;
	int32_t fence = -1;
	kms_commit_init(&commit, probe->device);
	kms_commit_disable_all(&commit, probe->device);
	kms_commit_set_mode(&commit, probe->crtc, probe->connector, probe->mode_blob);
	for (size_t i = 0; i < set->len; i++) {
		kms_commit_set_plane(&commit, probe->planes[set->shown[i].plane].plane, probe->crtc,
			&set->shown[i].state);
	}
	if (out_fence) {
		kms_commit_want_out_fence(&commit, probe->crtc, &fence);
	}
	probe->tests++;
	return kms_commit_test(&commit, KMS_COMMIT_ALLOW_MODESET);
}

static int test_with(struct probe *probe, const struct set *set, bool out_fence) {
	int ret = -EBUSY;
	for (int i = 0; i < BUSY_TRIES && ret == -EBUSY && probe->error == 0; i++) {
		const struct timespec pause = {.tv_nsec = i > 0 ? BUSY_NS : 0};
		nanosleep(&pause, NULL);
		ret = *probe->interrupted ? -EINTR : ask(probe, set, out_fence);
	}
	/* These say nothing of the planes. */
	if (ret == -EBUSY || ret == -EACCES || ret == -EINTR || ret == -ENOMEM || ret == -ENODEV) {
		probe->error = probe->error != 0 ? probe->error : ret;
	}
	return probe->error != 0 ? probe->error : ret;
}

static int test(struct probe *probe, const struct set *set) {
	return test_with(probe, set, false);
}

static uint32_t fb_of(struct probe *probe, uint32_t width, uint32_t height, uint32_t fourcc) {
	for (size_t i = 0; i < probe->fbs_len; i++) {
		const struct probe_fb *fb = &probe->fbs[i];
		if (fb->width == width && fb->height == height && fb->fourcc == fourcc) {
			return fb->id;
		}
	}
	if (probe->fbs_len == PROBE_MAX_FBS || probe->error != 0) {
		return 0;
	}
	const uint32_t id = probe->make_fb(probe->data, width, height, fourcc);
	probe->fbs[probe->fbs_len++] = (struct probe_fb){width, height, fourcc, id};
	return id;
}

static bool is_primary(const struct probe *probe, size_t i) {
	return &probe->profile.planes[i] == probe->profile.primary;
}

static struct kms_plane_state show_whole(struct probe *probe, uint32_t fourcc) {
	const uint32_t width = probe->mode->info.hdisplay, height = probe->mode->info.vdisplay;
	return kms_plane_state_whole(fb_of(probe, width, height, fourcc), width, height);
}

/* A plane's usual picture: all of the screen where it takes nothing else, or a square beside the
 * others'. */
static struct kms_plane_state show(struct probe *probe, size_t i, uint32_t fourcc) {
	const struct kms_plane *plane = &probe->profile.planes[i];
	if (probe->profile.plane_limits[i].covers) {
		return show_whole(probe, fourcc);
	}
	if (plane->type == KMS_PLANE_CURSOR) {
		const uint32_t width = plane->sizes_len > 0 ? plane->sizes[0].width
							    : probe->device->cursor_width;
		const uint32_t height = plane->sizes_len > 0 ? plane->sizes[0].height
							     : probe->device->cursor_height;
		return kms_plane_state_whole(fb_of(probe, width, height, fourcc), width, height);
	}
	struct kms_plane_state state = kms_plane_state_whole(
		fb_of(probe, LARGE_SIDE, LARGE_SIDE, fourcc), SIDE, SIDE);
	state.dst_x = (int32_t)i % 8 * SIDE;
	state.dst_y = (int32_t)i / 8 * SIDE;
	return state;
}

static bool add(struct probe *probe, struct set *set, size_t i, struct kms_plane_state state) {
	if (state.fb_id == 0 || set->len == LATCH_PLAN_MAX_PLANES) {
		return false;
	}
	set->shown[set->len].plane = i;
	set->shown[set->len++].state = state;
	const int ret = test(probe, set);
	set->len -= ret != 0;
	probe->refusal = ret != 0 ? -ret : probe->refusal;
	return ret == 0;
}

/* The primary plane over all of the screen, as it is in most pictures. */
static struct set ground(struct probe *probe) {
	struct set set = {0};
	const size_t primary = probe->profile.primary->index;
	if (probe->planes[primary].rgb != 0) {
		set.shown[0].plane = primary;
		set.shown[set.len++].state = show_whole(probe, probe->planes[primary].rgb);
	}
	return set;
}

/* Whether a plane takes this, above the primary one where there is that. */
static bool takes(struct probe *probe, size_t i, struct kms_plane_state state) {
	struct set set = is_primary(probe, i) ? (struct set){0} : ground(probe);
	return add(probe, &set, i, state);
}

static uint32_t find_format(
	struct probe *probe, size_t i, const uint32_t *fourccs, size_t len, bool whole) {
	for (size_t j = 0; j < len; j++) {
		const struct kms_format_set *formats = &probe->profile.planes[i].formats;
		if (kms_format_set_has(formats, fourccs[j], DRM_FORMAT_MOD_LINEAR) &&
			takes(probe, i, whole ? show_whole(probe, fourccs[j])
					      : show(probe, i, fourccs[j]))) {
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

/* Cursors may want sizes of their own: that of the device, or one of these. */
static void find_cursor_format(struct probe *probe, size_t i) {
	struct kms_plane *plane = &probe->profile.planes[i];
	for (size_t j = 0; j <= LEN(sizes) && probe->planes[i].rgb == 0; j++) {
		plane->sizes[0] = j > 0 ? sizes[j - 1] : plane->sizes[0];
		plane->sizes_len = plane->sizes_len > 0 || j > 0;
		probe->planes[i].rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), false);
	}
}

/* One that takes an odd size takes any. */
static void probe_cursor_sizes(struct probe *probe, size_t i) {
	struct kms_plane *plane = &probe->profile.planes[i];
	const uint32_t fourcc = probe->planes[i].rgb;
	plane->sizes_len = 0;
	if (takes(probe, i, kms_plane_state_whole(fb_of(probe, 100, 60, fourcc), 100, 60))) {
		return;
	}
	for (size_t j = 0; j < LEN(sizes); j++) {
		const uint32_t side = sizes[j].width;
		if (takes(probe, i,
			    kms_plane_state_whole(fb_of(probe, side, side, fourcc), side, side))) {
			plane->sizes[plane->sizes_len++] = sizes[j];
		}
	}
}

static bool find_formats(struct probe *probe, size_t i) {
	struct probe_plane *plane = &probe->planes[i];
	struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	if (is_primary(probe, i)) {
		plane->rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), true);
		limits->covers = plane->rgb != 0 && !takes(probe, i, show(probe, i, plane->rgb));
	} else if (probe->profile.planes[i].type == KMS_PLANE_CURSOR) {
		find_cursor_format(probe, i);
	} else {
		plane->rgb = find_format(probe, i, rgb_fourccs, LEN(rgb_fourccs), false);
	}
	plane->ycbcr = find_format(probe, i, ycbcr_fourccs, LEN(ycbcr_fourccs), false);
	return plane->rgb != 0;
}

/* A square of `from` pixels a side as one of `to`. */
static bool scales(struct probe *probe, size_t i, uint32_t from, uint32_t to) {
	struct kms_plane_state state = show(probe, i, probe->planes[i].rgb);
	state.fb_id = fb_of(probe, LARGE_SIDE, LARGE_SIDE, probe->planes[i].rgb);
	state.src_w = state.src_h = from << 16;
	if (!probe->profile.plane_limits[i].covers) {
		state.dst_x = state.dst_y = 0;
		state.dst_w = state.dst_h = to;
	}
	return takes(probe, i, state);
}

/* The largest factor, in steps of 1/SCALED_SIDE; 1: none, 0: no end was found. */
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
		const bool any = limits->covers && scales(probe, i, SIDE, 0);
		limits->max_downscale = limits->max_upscale = any ? 0 : 1;
		return;
	}
	limits->max_downscale = find_scale(probe, i, true, LARGE_SIDE);
	limits->max_upscale =
		find_scale(probe, i, false, (uint32_t)latch_min(side, LARGE_SIDE));
}

/* Those of the property that are refused make a limit; 0: none is. */
static uint32_t find_rotations(struct probe *probe, size_t i, uint32_t fourcc) {
	const uint32_t mask = probe->profile.planes[i].props.rotation.mask;
	uint32_t good = DRM_MODE_ROTATE_0;
	for (uint32_t bit = DRM_MODE_ROTATE_90; fourcc != 0 && bit <= DRM_MODE_REFLECT_Y; bit <<= 1) {
		struct kms_plane_state state = show(probe, i, fourcc);
		state.rotation = bit >= DRM_MODE_REFLECT_X ? bit | DRM_MODE_ROTATE_0 : bit;
		if ((bit & (DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)) != 0 &&
			state.src_w != state.src_h) {
			state.fb_id = fb_of(probe, state.dst_h, state.dst_w, fourcc);
			state.src_w = state.dst_h << 16;
			state.src_h = state.dst_w << 16;
		}
		good |= (mask & bit) != 0 && takes(probe, i, state) ? bit : 0;
	}
	return fourcc == 0 || good == mask ? 0 : good;
}

/* Whether it can be at both ends of its range; else it stays where it is. */
static void probe_zpos(struct probe *probe, size_t i) {
	struct kms_property *zpos = &probe->profile.planes[i].props.zpos;
	struct kms_plane_state low = show(probe, i, probe->planes[i].rgb), high = low;
	if (zpos->id == 0 || zpos->immutable) {
		return;
	}
	low.zpos = (int64_t)zpos->min;
	high.zpos = (int64_t)zpos->max;
	const bool moves = takes(probe, i, low) && takes(probe, i, high);
	probe->planes[i].moves = moves ? PROBE_YES : PROBE_NO;
	if (!moves) {
		zpos->immutable = true;
		zpos->min = zpos->max = zpos->value;
	}
}

static void probe_place(struct probe *probe, size_t i) {
	struct kms_plane_state state = show(probe, i, probe->planes[i].rgb);
	if (!probe->profile.plane_limits[i].covers) {
		state.dst_x = -(int32_t)state.dst_w / 2;
		probe->profile.plane_limits[i].inside = !takes(probe, i, state);
	}
	if (probe->signalled_fence >= 0 && probe->planes[i].plane->props.in_fence_fd.id != 0) {
		state = show(probe, i, probe->planes[i].rgb);
		state.in_fence_fd = probe->signalled_fence;
		probe->planes[i].fence = takes(probe, i, state) ? PROBE_YES : PROBE_NO;
	}
}

/* A crop inside a pixel, and one of YCbCr at an odd one. */
static bool cuts_pixels(struct probe *probe, size_t i) {
	struct kms_plane_state rgb = show(probe, i, probe->planes[i].rgb);
	rgb.src_x += 1u << 15;
	if (probe->profile.plane_limits[i].covers ||
		probe->profile.planes[i].type == KMS_PLANE_CURSOR || !takes(probe, i, rgb)) {
		return false;
	}
	struct kms_plane_state ycbcr = show(probe, i, probe->planes[i].ycbcr);
	ycbcr.src_x += 1u << 16;
	return probe->planes[i].ycbcr == 0 || takes(probe, i, ycbcr);
}

static void probe_plane(struct probe *probe, size_t i) {
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

/* What every plane shows in a test of how many can. Returns false where it can't be one of them. */
typedef bool (*wanted_fn)(struct probe *probe, size_t i, struct kms_plane_state *state);

static bool want_any(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = show(probe, i, probe->planes[i].rgb);
	return true;
}

static bool want_scaled(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = show(probe, i, probe->planes[i].rgb);
	const struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	state->dst_w = state->dst_h = limits->max_upscale == 1 ? SIDE - 2 : SIDE + 2;
	return (limits->max_upscale != 1 || limits->max_downscale != 1) && !limits->covers &&
	       probe->profile.planes[i].type != KMS_PLANE_CURSOR;
}

static bool want_ycbcr(struct probe *probe, size_t i, struct kms_plane_state *state) {
	*state = show(probe, i, probe->planes[i].ycbcr);
	return probe->planes[i].ycbcr != 0;
}

/* How many planes can do this at once, the ground counted where `all` planes are; 0: all that
 * can do it by themselves. */
static uint32_t count(struct probe *probe, wanted_fn want, bool all) {
	struct latch_profile_limits *limits = &probe->profile.limits;
	struct set set = ground(probe);
	const size_t before = set.len;
	bool refused = false;
	for (size_t i = 0; i < probe->profile.len; i++) {
		struct kms_plane_state state;
		if (is_primary(probe, i) || !want(probe, i, &state) ||
			(!all && limits->max_planes != 0 && set.len >= limits->max_planes)) {
			continue;
		}
		refused = !add(probe, &set, i, state) || refused;
	}
	if (refused && probe->refusal != EINVAL) {
		limits->error = (uint32_t)probe->refusal;
	}
	const size_t len = set.len - (all ? 0 : before);
	return refused ? (uint32_t)latch_max((int64_t)len, 1) : 0;
}

static void probe_together(struct probe *probe) {
	struct latch_profile *profile = &probe->profile;
	profile->limits.max_planes = count(probe, want_any, true);
	profile->limits.max_scaled = count(probe, want_scaled, false);
	profile->limits.max_ycbcr = count(probe, want_ycbcr, false);
	for (size_t i = 0; i < profile->len; i++) {
		struct set alone = {0};
		if (!is_primary(probe, i)) {
			profile->limits.primary_required =
				profile->limits.primary_required ||
				!add(probe, &alone, i, show(probe, i, probe->planes[i].rgb));
		}
		profile->limits.whole_crops =
			profile->limits.whole_crops ||
			(profile->planes[i].type == KMS_PLANE_OVERLAY && !cuts_pixels(probe, i));
	}
	const struct set set = ground(probe);
	if (probe->crtc->props.out_fence_ptr.id != 0 && set.len > 0) {
		probe->out_fence = test_with(probe, &set, true) == 0 ? PROBE_YES : PROBE_NO;
	}
}

/* An asynchronous flip changes a framebuffer and nothing else, so it can be tested only where one is
 * on the screen: the same again. */
static void probe_async(struct probe *probe) {
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

static void take_planes(struct probe *probe) {
	struct latch_profile *profile = &probe->profile;
	const struct kms_device *device = probe->device;
	const struct kms_plane *primary =
		kms_device_find_crtc_plane(device, probe->crtc, KMS_PLANE_PRIMARY, 0);
	const struct kms_plane *cursor =
		kms_device_find_crtc_plane(device, probe->crtc, KMS_PLANE_CURSOR, 0);
	for (size_t i = 0; i < device->planes_len && profile->len < LATCH_PLAN_MAX_PLANES; i++) {
		const struct kms_plane *plane = &device->planes[i];
		const bool overlay = plane->type == KMS_PLANE_OVERLAY &&
				     (plane->possible_crtcs & 1u << probe->crtc->index) != 0;
		if (!overlay && plane != primary && plane != cursor) {
			continue;
		}
		const size_t n = profile->len++;
		profile->planes[n] = *plane;
		profile->planes[n].index = (unsigned)n;
		profile->list[n] = &profile->planes[n];
		probe->planes[n].plane = plane;
		profile->primary = plane == primary ? &profile->planes[n] : profile->primary;
	}
	snprintf(profile->name, sizeof(profile->name), "%s", device->driver);
	profile->stacks_by_id = strcmp(device->driver, "vkms") == 0;
	profile->primary_alpha =
		primary != NULL && kms_format_set_get(&primary->formats, DRM_FORMAT_ARGB8888) != NULL;
}

/* Takes out what is never accepted. */
static void drop_plane(struct probe *probe, size_t i) {
	struct latch_profile *profile = &probe->profile;
	const size_t primary = profile->primary->index;
	profile->len--;
	for (size_t j = i; j < profile->len; j++) {
		profile->planes[j] = profile->planes[j + 1];
		profile->planes[j].index = (unsigned)j;
		profile->plane_limits[j] = profile->plane_limits[j + 1];
		probe->planes[j] = probe->planes[j + 1];
	}
	profile->primary = &profile->planes[primary - (primary > i)];
}

int probe_run(struct probe *probe) {
	struct latch_profile *profile = &probe->profile;
	int ret = kms_blob_create(
		probe->device, &probe->mode->info, sizeof(probe->mode->info), &probe->mode_blob);
	take_planes(probe);
	if (ret == 0 && profile->primary == NULL) {
		ret = -EOPNOTSUPP;
	}
	if (ret != 0) {
		return ret;
	}
	/* The others are asked with the primary plane below them. */
	const bool has_primary = find_formats(probe, profile->primary->index);
	bool any = has_primary;
	for (size_t i = 0; i < profile->len; i++) {
		if (!is_primary(probe, i) && !find_formats(probe, i)) {
			drop_plane(probe, i--);
			continue;
		}
		any = any || probe->planes[i].rgb != 0;
	}
	if (!any && probe->error == 0) {
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < profile->len && has_primary; i++) {
		probe_plane(probe, i);
	}
	probe_together(probe);
	probe_async(probe);
	return probe->error;
}

void probe_finish(struct probe *probe) {
	for (size_t i = 0; i < probe->fbs_len; i++) {
		kms_framebuffer_destroy(probe->device, probe->fbs[i].id);
	}
	probe->fbs_len = 0;
	kms_blob_destroy(probe->device, probe->mode_blob);
	probe->mode_blob = 0;
}
