#include "kms/commit.h"

#include <errno.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "base/minmax.h"
#include "kms/device.h"

static const char *const error_names[KMS_COMMIT_ERROR_COUNT] = {
	[KMS_COMMIT_OK] = "ok",
	[KMS_COMMIT_TOO_MANY_OBJECTS] = "too-many-objects",
	[KMS_COMMIT_TOO_MANY_PROPERTIES] = "too-many-properties",
	[KMS_COMMIT_NO_PROPERTY] = "no-property",
	[KMS_COMMIT_GONE] = "gone",
	[KMS_COMMIT_WRONG_CRTC] = "wrong-crtc",
	[KMS_COMMIT_NO_IN_FENCE] = "no-in-fence",
	[KMS_COMMIT_NO_OUT_FENCE] = "no-out-fence",
	[KMS_COMMIT_NO_ALPHA] = "no-alpha",
	[KMS_COMMIT_NO_BLEND_MODE] = "no-blend-mode",
	[KMS_COMMIT_NO_ROTATION] = "no-rotation",
	[KMS_COMMIT_NO_COLOR_ENCODING] = "no-color-encoding",
	[KMS_COMMIT_NO_COLOR_RANGE] = "no-color-range",
	[KMS_COMMIT_NO_SCALING_FILTER] = "no-scaling-filter",
	[KMS_COMMIT_NO_ZPOS] = "no-zpos",
	[KMS_COMMIT_NO_VRR] = "no-vrr",
	[KMS_COMMIT_NO_WRITEBACK] = "no-writeback",
};

const char *kms_commit_error_name(enum kms_commit_error error) {
	return (unsigned)error < KMS_COMMIT_ERROR_COUNT ? error_names[error] : "unknown";
}

static int errno_of(enum kms_commit_error error) {
	switch (error) {
	case KMS_COMMIT_OK:
		return 0;
	case KMS_COMMIT_TOO_MANY_OBJECTS:
	case KMS_COMMIT_TOO_MANY_PROPERTIES:
		return -E2BIG;
	default:
		return -EINVAL;
	}
}

/* The first error stays: what follows it is mostly its consequence. */
static int fail(struct kms_commit *commit, enum kms_commit_error error) {
	if (commit->error == KMS_COMMIT_OK) {
		commit->error = error;
	}
	return errno_of(error);
}

void kms_commit_init(struct kms_commit *commit, const struct kms_device *device) {
	/* The arrays need no zeroes: what is beyond the lengths is never read. */
	commit->fd = device->fd;
	commit->error = KMS_COMMIT_OK;
	commit->objects_len = 0;
	commit->props_len = 0;
}

int kms_commit_set(
	struct kms_commit *commit, uint32_t object_id, uint32_t property_id, uint64_t value) {
	if (object_id == 0 || property_id == 0) {
		return fail(commit, KMS_COMMIT_NO_PROPERTY);
	}

	/* From the back: mostly it is the object of the last call. */
	uint32_t object = commit->objects_len, end = commit->props_len;
	while (object > 0 && commit->objects[object - 1] != object_id) {
		end -= commit->prop_counts[--object];
	}
	if (object == 0) {
		if (commit->objects_len == KMS_COMMIT_MAX_OBJECTS) {
			return fail(commit, KMS_COMMIT_TOO_MANY_OBJECTS);
		}
		if (commit->props_len == KMS_COMMIT_MAX_PROPERTIES) {
			return fail(commit, KMS_COMMIT_TOO_MANY_PROPERTIES);
		}
		object = ++commit->objects_len;
		commit->objects[object - 1] = object_id;
		commit->prop_counts[object - 1] = 0;
		end = commit->props_len;
	}

	for (uint32_t i = end - commit->prop_counts[object - 1]; i < end; i++) {
		if (commit->props[i] == property_id) {
			commit->values[i] = value;
			return 0;
		}
	}
	if (commit->props_len == KMS_COMMIT_MAX_PROPERTIES) {
		return fail(commit, KMS_COMMIT_TOO_MANY_PROPERTIES);
	}
	uint32_t behind = commit->props_len - end;
	memmove(&commit->props[end + 1], &commit->props[end], behind * sizeof(commit->props[0]));
	memmove(&commit->values[end + 1], &commit->values[end], behind * sizeof(commit->values[0]));
	commit->props[end] = property_id;
	commit->values[end] = value;
	commit->prop_counts[object - 1]++;
	commit->props_len++;
	return 0;
}

/* For properties that not every object has, with a value that is the default anyway. */
static int set_optional(struct kms_commit *commit, uint32_t object_id,
	const struct kms_property *property, uint64_t value) {
	if (property->id == 0 || property->immutable) {
		return 0;
	}
	return kms_commit_set(commit, object_id, property->id, value);
}

int kms_commit_set_mode(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint32_t mode_blob) {
	if (connector->gone) {
		return fail(commit, KMS_COMMIT_GONE);
	}
	if ((connector->possible_crtcs & UINT32_C(1) << crtc->index) == 0) {
		return fail(commit, KMS_COMMIT_WRONG_CRTC);
	}
	kms_commit_set(commit, crtc->id, crtc->props.mode_id.id, mode_blob);
	kms_commit_set(commit, crtc->id, crtc->props.active.id, 1);
	kms_commit_set(commit, connector->id, connector->props.crtc_id.id, crtc->id);
	/* The kernel trains a failed link again only when link-status is set to good. */
	if (connector->link_bad) {
		set_optional(commit, connector->id, &connector->props.link_status,
			DRM_MODE_LINK_STATUS_GOOD);
	}
	return errno_of(commit->error);
}

int kms_commit_set_neutral(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint64_t max_bpc) {
	const struct kms_connector_properties *props = &connector->props;
	set_optional(commit, crtc->id, &crtc->props.gamma_lut, 0);
	set_optional(commit, crtc->id, &crtc->props.degamma_lut, 0);
	set_optional(commit, crtc->id, &crtc->props.ctm, 0);
	set_optional(commit, connector->id, &props->hdr_output_metadata, 0);
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		const struct kms_enum_values *neutral = &connector->neutral[i];
		if ((neutral->mask & 1u << connector->panel) != 0) {
			set_optional(commit, connector->id, &props->settings[i],
				neutral->values[connector->panel]);
		}
	}
	set_optional(commit, connector->id, &props->max_bpc,
		(uint64_t)latch_clamp((int64_t)max_bpc, (int64_t)props->max_bpc.min,
			(int64_t)props->max_bpc.max));
	return errno_of(commit->error);
}

int kms_commit_set_active(struct kms_commit *commit, const struct kms_crtc *crtc, bool active) {
	return kms_commit_set(commit, crtc->id, crtc->props.active.id, active);
}

int kms_commit_disable_crtc(struct kms_commit *commit, const struct kms_crtc *crtc) {
	kms_commit_set(commit, crtc->id, crtc->props.active.id, 0);
	kms_commit_set(commit, crtc->id, crtc->props.mode_id.id, 0);
	return errno_of(commit->error);
}

int kms_commit_disable_connector(struct kms_commit *commit, const struct kms_connector *connector) {
	/* With the connector went what it was on. */
	if (connector->gone) {
		return 0;
	}
	return kms_commit_set(commit, connector->id, connector->props.crtc_id.id, 0);
}

int kms_commit_disable_all(struct kms_commit *commit, const struct kms_device *device) {
	for (size_t i = 0; i < device->planes_len; i++) {
		kms_commit_disable_plane(commit, &device->planes[i]);
	}
	/* One that was pulled out a moment ago would have the whole commit refused. */
	drmModeRes *res = drmModeGetResources(device->fd);
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (res == NULL || kms_connector_is_listed(res, device->connectors[i]->id)) {
			kms_commit_disable_connector(commit, device->connectors[i]);
		}
	}
	if (res != NULL) {
		drmModeFreeResources(res);
	}
	for (size_t i = 0; i < device->crtcs_len; i++) {
		kms_commit_disable_crtc(commit, &device->crtcs[i]);
	}
	return errno_of(commit->error);
}

int kms_commit_set_vrr(struct kms_commit *commit, const struct kms_crtc *crtc, bool enabled) {
	if (crtc->props.vrr_enabled.id == 0) {
		return enabled ? fail(commit, KMS_COMMIT_NO_VRR) : 0;
	}
	return kms_commit_set(commit, crtc->id, crtc->props.vrr_enabled.id, enabled);
}

int kms_commit_set_content_type(struct kms_commit *commit, const struct kms_connector *connector,
	enum kms_content_type type) {
	if (connector->gone || (connector->content_types.mask & 1u << type) == 0) {
		return 0;
	}
	return set_optional(commit, connector->id, &connector->props.content_type,
		connector->content_types.values[type]);
}

int kms_commit_set_plane_fb(
	struct kms_commit *commit, const struct kms_plane *plane, uint32_t fb_id) {
	return kms_commit_set(commit, plane->id, plane->props.fb_id.id, fb_id);
}

static bool zpos_is_possible(const struct kms_property *zpos, int64_t value) {
	if (zpos->id == 0) {
		return false;
	}
	if (zpos->immutable) {
		return zpos->value == (uint64_t)value;
	}
	return (uint64_t)value >= zpos->min && (uint64_t)value <= zpos->max;
}

bool kms_plane_state_equal(const struct kms_plane_state *a, const struct kms_plane_state *b) {
	return a->fb_id == b->fb_id && a->src_x == b->src_x && a->src_y == b->src_y &&
	       a->src_w == b->src_w && a->src_h == b->src_h && a->dst_x == b->dst_x &&
	       a->dst_y == b->dst_y && a->dst_w == b->dst_w && a->dst_h == b->dst_h &&
	       a->alpha == b->alpha && a->blend_mode == b->blend_mode &&
	       a->rotation == b->rotation && a->color_encoding == b->color_encoding &&
	       a->color_range == b->color_range && a->scaling_filter == b->scaling_filter &&
	       a->zpos == b->zpos && a->hotspot_x == b->hotspot_x &&
	       a->hotspot_y == b->hotspot_y && a->damage_blob == b->damage_blob;
}

enum kms_commit_error kms_plane_check_state(
	const struct kms_plane *plane, const struct kms_plane_state *state) {
	if (state->in_fence_fd >= 0 && plane->props.in_fence_fd.id == 0) {
		return KMS_COMMIT_NO_IN_FENCE;
	}
	if (state->alpha != 0xffff && plane->props.alpha.id == 0) {
		return KMS_COMMIT_NO_ALPHA;
	}
	if ((plane->blend_modes & 1u << state->blend_mode) == 0) {
		return KMS_COMMIT_NO_BLEND_MODE;
	}
	if ((state->rotation & ~plane->rotations) != 0) {
		return KMS_COMMIT_NO_ROTATION;
	}
	if ((plane->color_encodings & 1u << state->color_encoding) == 0) {
		return KMS_COMMIT_NO_COLOR_ENCODING;
	}
	if ((plane->color_ranges & 1u << state->color_range) == 0) {
		return KMS_COMMIT_NO_COLOR_RANGE;
	}
	if ((plane->scaling_filters & 1u << state->scaling_filter) == 0) {
		return KMS_COMMIT_NO_SCALING_FILTER;
	}
	if (state->zpos >= 0 && !zpos_is_possible(&plane->props.zpos, state->zpos)) {
		return KMS_COMMIT_NO_ZPOS;
	}
	return KMS_COMMIT_OK;
}

static void set_new(struct kms_commit *commit, uint32_t object_id,
	const struct kms_property *property, bool is_new, uint64_t value) {
	if (is_new) {
		kms_commit_set(commit, object_id, property->id, value);
	}
}

static void set_new_optional(struct kms_commit *commit, uint32_t object_id,
	const struct kms_property *property, bool is_new, uint64_t value) {
	if (is_new) {
		set_optional(commit, object_id, property, value);
	}
}

int kms_commit_change_plane(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_crtc *crtc, const struct kms_plane_state *before,
	const struct kms_plane_state *state) {
#define IS_NEW(field) (before == NULL || before->field != state->field)
	const struct kms_plane_properties *props = &plane->props;
	uint32_t id = plane->id;
	if ((plane->possible_crtcs & UINT32_C(1) << crtc->index) == 0) {
		return fail(commit, KMS_COMMIT_WRONG_CRTC);
	}
	enum kms_commit_error error = kms_plane_check_state(plane, state);
	if (error != KMS_COMMIT_OK) {
		return fail(commit, error);
	}

	kms_commit_set(commit, id, props->fb_id.id, state->fb_id);
	set_new(commit, id, &props->crtc_id, before == NULL, crtc->id);
	set_new(commit, id, &props->src_x, IS_NEW(src_x), state->src_x);
	set_new(commit, id, &props->src_y, IS_NEW(src_y), state->src_y);
	set_new(commit, id, &props->src_w, IS_NEW(src_w), state->src_w);
	set_new(commit, id, &props->src_h, IS_NEW(src_h), state->src_h);
	/* Signed ranges: the kernel reads the value as an int64_t. */
	set_new(commit, id, &props->crtc_x, IS_NEW(dst_x), (uint64_t)(int64_t)state->dst_x);
	set_new(commit, id, &props->crtc_y, IS_NEW(dst_y), (uint64_t)(int64_t)state->dst_y);
	set_new(commit, id, &props->crtc_w, IS_NEW(dst_w), state->dst_w);
	set_new(commit, id, &props->crtc_h, IS_NEW(dst_h), state->dst_h);
	/* Fence and damage are a commit's, not the plane's: the kernel forgets them with it. */
	set_new_optional(commit, id, &props->in_fence_fd,
		before == NULL || state->in_fence_fd >= 0,
		state->in_fence_fd >= 0 ? (uint64_t)state->in_fence_fd : UINT64_MAX);
	set_new_optional(commit, id, &props->fb_damage_clips,
		before == NULL || state->damage_blob != 0, state->damage_blob);
	set_new_optional(commit, id, &props->alpha, IS_NEW(alpha), state->alpha);
	set_new_optional(commit, id, &props->blend_mode, IS_NEW(blend_mode),
		plane->blend_values.values[state->blend_mode]);
	set_new_optional(commit, id, &props->rotation, IS_NEW(rotation), state->rotation);
	if (state->color_encoding != KMS_COLOR_ENCODING_ANY) {
		set_new_optional(commit, id, &props->color_encoding, IS_NEW(color_encoding),
			plane->encoding_values.values[state->color_encoding]);
	}
	if (state->color_range != KMS_COLOR_RANGE_ANY) {
		set_new_optional(commit, id, &props->color_range, IS_NEW(color_range),
			plane->range_values.values[state->color_range]);
	}
	set_new_optional(commit, id, &props->scaling_filter, IS_NEW(scaling_filter),
		plane->filter_values.values[state->scaling_filter]);
	if (state->zpos >= 0) {
		set_new_optional(
			commit, id, &props->zpos, IS_NEW(zpos), (uint64_t)state->zpos);
	}
	set_new_optional(commit, id, &props->hotspot_x, IS_NEW(hotspot_x),
		(uint64_t)(int64_t)state->hotspot_x);
	set_new_optional(commit, id, &props->hotspot_y, IS_NEW(hotspot_y),
		(uint64_t)(int64_t)state->hotspot_y);
	return errno_of(commit->error);
#undef IS_NEW
}

static int create_blob(const struct kms_device *device, const void *data, size_t len, uint32_t *id) {
	return drmModeCreatePropertyBlob(device->fd, data, len, id) == 0 ? 0 : -errno;
}

int kms_mode_blob_create(
	const struct kms_device *device, const drmModeModeInfo *info, uint32_t *blob_id) {
	return create_blob(device, info, sizeof(*info), blob_id);
}

void kms_mode_blob_destroy(const struct kms_device *device, uint32_t blob_id) {
	if (blob_id != 0) {
		drmModeDestroyPropertyBlob(device->fd, blob_id);
	}
}

int kms_damage_blob_create(const struct kms_device *device, const struct drm_mode_rect *rects,
	size_t len, uint32_t *blob_id) {
	return create_blob(device, rects, len * sizeof(*rects), blob_id);
}

void kms_damage_blob_destroy(const struct kms_device *device, uint32_t blob_id) {
	drmModeDestroyPropertyBlob(device->fd, blob_id);
}

int kms_commit_disable_plane(struct kms_commit *commit, const struct kms_plane *plane) {
	kms_commit_set(commit, plane->id, plane->props.fb_id.id, 0);
	kms_commit_set(commit, plane->id, plane->props.crtc_id.id, 0);
	return errno_of(commit->error);
}

int kms_commit_want_out_fence(struct kms_commit *commit, const struct kms_crtc *crtc, int32_t *fd) {
	*fd = -1;
	if (crtc->props.out_fence_ptr.id == 0) {
		return fail(commit, KMS_COMMIT_NO_OUT_FENCE);
	}
	return kms_commit_set(
		commit, crtc->id, crtc->props.out_fence_ptr.id, (uint64_t)(uintptr_t)fd);
}

int kms_commit_set_writeback(struct kms_commit *commit, const struct kms_connector *connector,
	const struct kms_crtc *crtc, uint32_t fb_id, int32_t *out_fence) {
	*out_fence = -1;
	if (!connector->writeback) {
		return fail(commit, KMS_COMMIT_NO_WRITEBACK);
	}
	if (connector->gone) {
		return fail(commit, KMS_COMMIT_GONE);
	}
	if ((connector->possible_crtcs & UINT32_C(1) << crtc->index) == 0) {
		return fail(commit, KMS_COMMIT_WRONG_CRTC);
	}
	kms_commit_set(commit, connector->id, connector->props.crtc_id.id, crtc->id);
	kms_commit_set(commit, connector->id, connector->props.writeback_fb_id.id, fb_id);
	kms_commit_set(commit, connector->id, connector->props.writeback_out_fence_ptr.id,
		(uint64_t)(uintptr_t)out_fence);
	return errno_of(commit->error);
}

static int run(const struct kms_commit *commit, uint32_t drm_flags, uint64_t user_data) {
	if (commit->error != KMS_COMMIT_OK) {
		return errno_of(commit->error);
	}
	struct drm_mode_atomic request = {
		.flags = drm_flags,
		.count_objs = commit->objects_len,
		.objs_ptr = (uint64_t)(uintptr_t)commit->objects,
		.count_props_ptr = (uint64_t)(uintptr_t)commit->prop_counts,
		.props_ptr = (uint64_t)(uintptr_t)commit->props,
		.prop_values_ptr = (uint64_t)(uintptr_t)commit->values,
		.user_data = user_data,
	};
	return drmIoctl(commit->fd, DRM_IOCTL_MODE_ATOMIC, &request) == 0 ? 0 : -errno;
}

static uint32_t drm_flags_of(uint32_t flags) {
	return (flags & KMS_COMMIT_NONBLOCK ? (uint32_t)DRM_MODE_ATOMIC_NONBLOCK : 0) |
	       (flags & KMS_COMMIT_FLIP_EVENT ? (uint32_t)DRM_MODE_PAGE_FLIP_EVENT : 0) |
	       (flags & KMS_COMMIT_ALLOW_MODESET ? (uint32_t)DRM_MODE_ATOMIC_ALLOW_MODESET : 0) |
	       (flags & KMS_COMMIT_ASYNC ? (uint32_t)DRM_MODE_PAGE_FLIP_ASYNC : 0);
}

int kms_commit_test(const struct kms_commit *commit, uint32_t flags) {
	return run(commit,
		DRM_MODE_ATOMIC_TEST_ONLY | drm_flags_of(flags & ~(uint32_t)KMS_COMMIT_FLIP_EVENT),
		0);
}

int kms_commit_submit(const struct kms_commit *commit, uint32_t flags, uint64_t user_data) {
	return run(commit, drm_flags_of(flags), user_data);
}

bool kms_commit_is_refused(int ret) {
	return ret < 0 && ret != -EBUSY && ret != -EACCES;
}
