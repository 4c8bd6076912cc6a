/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "kms/commit.h"
#include "kms/framebuffer.h"
#include "private.h"

/* A device whose last commit is still under way answers EBUSY, and is asked again. */
#define BUSY_TRIES 20
#define BUSY_NS 10000000

static int ask(struct probe *probe, const struct probe_set *set, bool out_fence) {
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

int probe_test(struct probe *probe, const struct probe_set *set, bool out_fence) {
	int ret = -EBUSY;
	for (int i = 0; i < BUSY_TRIES && ret == -EBUSY && probe->error == 0; i++) {
		const struct timespec pause = {.tv_nsec = i > 0 ? BUSY_NS : 0};
		nanosleep(&pause, NULL);
		ret = *probe->interrupted ? -EINTR : ask(probe, set, out_fence);
	}
	/* These errors say nothing of the planes. */
	if (ret == -EBUSY || ret == -EACCES || ret == -EINTR || ret == -ENOMEM || ret == -ENODEV) {
		probe->error = probe->error != 0 ? probe->error : ret;
	}
	return probe->error != 0 ? probe->error : ret;
}

uint32_t probe_fb_of(struct probe *probe, uint32_t width, uint32_t height, uint32_t fourcc) {
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

bool probe_is_primary(const struct probe *probe, size_t i) {
	return &probe->profile.planes[i] == probe->profile.primary;
}

struct kms_plane_state probe_show_whole(struct probe *probe, uint32_t fourcc) {
	const uint32_t width = probe->mode->info.hdisplay, height = probe->mode->info.vdisplay;
	return kms_plane_state_whole(probe_fb_of(probe, width, height, fourcc), width, height);
}

struct kms_plane_state probe_show(struct probe *probe, size_t i, uint32_t fourcc) {
	const struct kms_plane *plane = &probe->profile.planes[i];
	if (probe->profile.plane_limits[i].covers) {
		return probe_show_whole(probe, fourcc);
	}
	if (plane->type == KMS_PLANE_CURSOR) {
		const uint32_t width = plane->sizes_len > 0 ? plane->sizes[0].width
							    : probe->device->cursor_width;
		const uint32_t height = plane->sizes_len > 0 ? plane->sizes[0].height
							     : probe->device->cursor_height;
		const uint32_t fb_id = probe_fb_of(probe, width, height, fourcc);
		return kms_plane_state_whole(fb_id, width, height);
	}
	const uint32_t large = probe_fb_of(probe, PROBE_LARGE_SIDE, PROBE_LARGE_SIDE, fourcc);
	struct kms_plane_state state = kms_plane_state_whole(large, PROBE_SIDE, PROBE_SIDE);
	state.dst_x = (int32_t)i % 8 * PROBE_SIDE;
	state.dst_y = (int32_t)i / 8 * PROBE_SIDE;
	return state;
}

bool probe_add(struct probe *probe, struct probe_set *set, size_t i, struct kms_plane_state state) {
	if (state.fb_id == 0 || set->len == LATCH_PLAN_MAX_PLANES) {
		return false;
	}
	set->shown[set->len].plane = i;
	set->shown[set->len++].state = state;
	const int ret = probe_test(probe, set, false);
	set->len -= ret != 0;
	probe->refusal = ret != 0 ? -ret : probe->refusal;
	return ret == 0;
}

struct probe_set probe_ground(struct probe *probe) {
	struct probe_set set = {0};
	const size_t primary = probe->profile.primary->index;
	if (probe->planes[primary].rgb != 0) {
		set.shown[0].plane = primary;
		set.shown[set.len++].state = probe_show_whole(probe, probe->planes[primary].rgb);
	}
	return set;
}

bool probe_takes(struct probe *probe, size_t i, struct kms_plane_state state) {
	struct probe_set set = {0};
	if (!probe_is_primary(probe, i)) {
		set = probe_ground(probe);
	}
	return probe_add(probe, &set, i, state);
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
		primary != NULL &&
		kms_format_set_get(&primary->formats, DRM_FORMAT_ARGB8888) != NULL;
}

/* Takes a plane out of the profile that was never accepted. */
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
	const bool has_primary = probe_find_formats(probe, profile->primary->index);
	bool any = has_primary;
	for (size_t i = 0; i < profile->len; i++) {
		if (!probe_is_primary(probe, i) && !probe_find_formats(probe, i)) {
			drop_plane(probe, i--);
			continue;
		}
		any = any || probe->planes[i].rgb != 0;
	}
	if (!any && probe->error == 0) {
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < profile->len && has_primary; i++) {
		probe_plane_alone(probe, i);
	}
	probe_planes_together(probe);
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
