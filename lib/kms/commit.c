/* SPDX-License-Identifier: MIT */
#include "kms/commit.h"

#include <xf86drm.h>

#include "base/minmax.h"

/* The first error stays: what follows it is mostly its consequence. */
static void fail(struct kms_commit *commit, int error) {
	if (commit->error == 0) {
		commit->error = error;
	}
}

void kms_commit_init(struct kms_commit *commit, const struct kms_device *device) {
	/* The arrays need no zeroes: what is beyond the lengths is never read. */
	commit->fd = device->fd;
	commit->color = device->color;
	commit->writes_encodings = false;
	commit->color_on = commit->color_off = 0;
	commit->error = 0;
	commit->objects_len = 0;
	commit->props_len = 0;
}

void kms_commit_set(
	struct kms_commit *commit, uint32_t object_id, uint32_t property_id, uint64_t value) {
	if (object_id == 0 || property_id == 0) {
		fail(commit, -EINVAL);
		return;
	}

	/* From the back: mostly it is the object of the last call. */
	uint32_t object = commit->objects_len, end = commit->props_len;
	while (object > 0 && commit->objects[object - 1] != object_id) {
		end -= commit->prop_counts[--object];
	}
	if (object == 0) {
		if (commit->objects_len == KMS_COMMIT_MAX_OBJECTS) {
			fail(commit, -E2BIG);
			return;
		}
		object = ++commit->objects_len;
		commit->objects[object - 1] = object_id;
		commit->prop_counts[object - 1] = 0;
		end = commit->props_len;
	}

	for (uint32_t i = end - commit->prop_counts[object - 1]; i < end; i++) {
		if (commit->props[i] == property_id) {
			commit->values[i] = value;
			return;
		}
	}
	if (commit->props_len == KMS_COMMIT_MAX_PROPERTIES) {
		fail(commit, -E2BIG);
		return;
	}
	uint32_t behind = commit->props_len - end;
	memmove(&commit->props[end + 1], &commit->props[end], behind * sizeof(commit->props[0]));
	memmove(&commit->values[end + 1], &commit->values[end], behind * sizeof(commit->values[0]));
	commit->props[end] = property_id;
	commit->values[end] = value;
	commit->prop_counts[object - 1]++;
	commit->props_len++;
}

/* For properties that not every object has, with a value that is the default anyway. */
static void set_optional(struct kms_commit *commit, uint32_t object_id,
	const struct kms_property *property, uint64_t value) {
	if (property->id != 0 && !property->immutable) {
		kms_commit_set(commit, object_id, property->id, value);
	}
}

static bool can_be_on(const struct kms_connector *connector, const struct kms_crtc *crtc) {
	return !connector->gone && (connector->possible_crtcs & UINT32_C(1) << crtc->index) != 0;
}

void kms_commit_set_mode(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint32_t mode_blob) {
	if (!can_be_on(connector, crtc)) {
		fail(commit, -EINVAL);
		return;
	}
	kms_commit_set(commit, crtc->id, crtc->props.mode_id.id, mode_blob);
	kms_commit_set(commit, crtc->id, crtc->props.active.id, 1);
	kms_commit_set(commit, connector->id, connector->props.crtc_id.id, crtc->id);
	/* The kernel trains a failed link again only when link-status is set to good. */
	if (connector->link_bad) {
		set_optional(commit, connector->id, &connector->props.link_status,
			DRM_MODE_LINK_STATUS_GOOD);
	}
}

void kms_commit_set_neutral(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint64_t max_bpc) {
	const struct kms_connector_properties *props = &connector->props;
	set_optional(commit, crtc->id, &crtc->props.gamma_lut, 0);
	set_optional(commit, crtc->id, &crtc->props.degamma_lut, 0);
	set_optional(commit, crtc->id, &crtc->props.ctm, 0);
	set_optional(commit, crtc->id, &crtc->props.background_color, KMS_BLACK);
	set_optional(commit, connector->id, &props->hdr_output_metadata, 0);
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		const struct kms_property *setting = &props->settings[i];
		if ((setting->mask & 1u << connector->panel) != 0) {
			set_optional(
				commit, connector->id, setting, setting->values[connector->panel]);
		}
	}
	set_optional(commit, connector->id, &props->max_bpc,
		(uint64_t)latch_clamp((int64_t)max_bpc, (int64_t)props->max_bpc.min,
			(int64_t)props->max_bpc.max));
}

void kms_commit_set_hdr(
	struct kms_commit *commit, const struct kms_connector *connector, uint32_t metadata_blob) {
	const struct kms_property *colorspace = &connector->props.settings[KMS_SETTING_COLORSPACE];
	const unsigned at = metadata_blob != 0 ? KMS_SETTING_HDR : connector->panel;
	set_optional(
		commit, connector->id, &connector->props.hdr_output_metadata, metadata_blob);
	set_optional(commit, connector->id, colorspace, colorspace->values[at]);
}

/* In units of 0.00002. */
static uint16_t coordinate(int32_t millionths) {
	return (uint16_t)(latch_clamp(millionths, 0, 1000000) / 20);
}

static uint16_t level(uint32_t value) {
	return (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
}

struct hdr_output_metadata kms_hdr_metadata(const struct color_description *content) {
	const struct color_primaries *p = &content->mastering;
	return (struct hdr_output_metadata){
		.metadata_type = 0, // static, type 1
		.hdmi_metadata_type1 = {
			.eotf = 2, // SMPTE ST 2084
			.metadata_type = 0,
			.display_primaries = {{coordinate(p->red.x), coordinate(p->red.y)},
				{coordinate(p->green.x), coordinate(p->green.y)},
				{coordinate(p->blue.x), coordinate(p->blue.y)}},
			.white_point = {coordinate(p->white.x), coordinate(p->white.y)},
			.max_display_mastering_luminance = level(content->mastering_max),
			.min_display_mastering_luminance = level(content->mastering_min),
			.max_cll = level(content->max_cll),
			.max_fall = level(content->max_fall),
		},
	};
}

void kms_commit_disable_crtc(struct kms_commit *commit, const struct kms_crtc *crtc) {
	kms_commit_set(commit, crtc->id, crtc->props.active.id, 0);
	kms_commit_set(commit, crtc->id, crtc->props.mode_id.id, 0);
}

void kms_commit_disable_connector(
	struct kms_commit *commit, const struct kms_connector *connector) {
	/* With the connector went what it was on. */
	if (!connector->gone) {
		kms_commit_set(commit, connector->id, connector->props.crtc_id.id, 0);
	}
}

void kms_commit_disable_all(struct kms_commit *commit, const struct kms_device *device) {
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
}

void kms_commit_set_vrr(struct kms_commit *commit, const struct kms_crtc *crtc, bool enabled) {
	set_optional(commit, crtc->id, &crtc->props.vrr_enabled, enabled);
}

void kms_commit_set_background(
	struct kms_commit *commit, const struct kms_crtc *crtc, uint64_t color) {
	set_optional(commit, crtc->id, &crtc->props.background_color, color);
}

void kms_commit_set_content_type(struct kms_commit *commit, const struct kms_connector *connector,
	enum kms_content_type type) {
	const struct kms_property *property = &connector->props.content_type;
	if (!connector->gone && (property->mask & 1u << type) != 0) {
		set_optional(commit, connector->id, property, property->values[type]);
	}
}

void kms_commit_set_plane_fb(
	struct kms_commit *commit, const struct kms_plane *plane, uint32_t fb_id) {
	kms_commit_set(commit, plane->id, plane->props.fb_id.id, fb_id);
}

/* What is not the same, or was not ours, of the members that the specs tell of. */
static void change_members(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_plane_state *before, const struct kms_plane_state *state) {
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const struct kms_property_spec *spec = &kms_plane_specs[i];
		uint64_t value = kms_plane_state_value(state, spec);
		if (spec->kind == KMS_VALUE_NONE ||
			(before != NULL && kms_plane_state_value(before, spec) == value)) {
			continue;
		}
		const struct kms_property *property = kms_property_at(&plane->props, spec);
		if ((property->id == 0 || property->immutable) && !spec->required) {
			continue;
		}
		if (spec->kind != KMS_VALUE_NAME) {
			kms_commit_set(commit, plane->id, property->id, value);
		} else if (spec->names[value] != NULL) {
			kms_commit_set(commit, plane->id, property->id, property->values[value]);
			commit->writes_encodings |= property == &plane->props.color_encoding ||
						    property == &plane->props.color_range;
		}
	}
}

void kms_commit_bypass_color(struct kms_commit *commit, const struct kms_plane *plane) {
	const uint64_t bit = kms_plane_bit(plane);
	if (commit->color != NULL && (commit->color->planes_on & bit) != 0) {
		commit->color_off |= bit;
		kms_commit_set(commit, plane->id, plane->color.property.id, 0);
	}
}

static void change_color(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_plane_state *before, const struct kms_color_program *color) {
	if (color == NULL) {
		kms_commit_bypass_color(commit, plane);
		return;
	}
	commit->color_on |= kms_plane_bit(plane);
	commit->color_off &= ~kms_plane_bit(plane);
	if (before != NULL && before->color == color) {
		return;
	}
	kms_commit_set(commit, plane->id, plane->color.property.id, color->pipeline);
	for (size_t i = 0; i < color->len; i++) {
		const struct kms_colorop_value *value = &color->values[i];
		kms_commit_set(commit, value->object, value->property, value->value);
	}
}

void kms_commit_change_plane(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_crtc *crtc, const struct kms_plane_state *before,
	const struct kms_plane_state *state) {
	const struct kms_plane_properties *props = &plane->props;
	uint32_t id = plane->id;
	if ((plane->possible_crtcs & UINT32_C(1) << crtc->index) == 0 ||
		kms_plane_find_lacking(plane, state) != NULL) {
		fail(commit, -EINVAL);
		return;
	}
	kms_commit_set(commit, id, props->fb_id.id, state->fb_id);
	if (before == NULL) {
		kms_commit_set(commit, id, props->crtc_id.id, crtc->id);
		set_optional(commit, id, &props->scaling_filter, props->scaling_filter.values[0]);
	}
	if (before == NULL || !kms_plane_state_same_members(before, state)) {
		change_members(commit, plane, before, state);
	}
	change_color(commit, plane, before, state->color);
	/* Fence and damage are a commit's, not the plane's: the kernel forgets them with it. */
	if (before == NULL || state->in_fence_fd >= 0) {
		set_optional(commit, id, &props->in_fence_fd,
			state->in_fence_fd >= 0 ? (uint64_t)state->in_fence_fd : UINT64_MAX);
	}
	if (before == NULL || state->damage_blob != 0) {
		set_optional(commit, id, &props->fb_damage_clips, state->damage_blob);
	}
	if (state->zpos >= 0 && (before == NULL || before->zpos != state->zpos)) {
		set_optional(commit, id, &props->zpos, (uint64_t)state->zpos);
	}
}

int kms_commit_reset_color(const struct kms_device *device) {
	if (device->color == NULL || device->color->planes_on == 0) {
		return 0;
	}
	struct kms_commit commit;
	kms_commit_init(&commit, device);
	for (size_t i = 0; i < device->planes_len; i++) {
		kms_commit_bypass_color(&commit, &device->planes[i]);
	}
	int ret = kms_commit_submit(&commit, 0, 0);
	kms_color_set(device->color, false);
	return ret;
}

int kms_blob_create(
	const struct kms_device *device, const void *data, size_t size, uint32_t *blob_id) {
	return drmModeCreatePropertyBlob(device->fd, data, size, blob_id) == 0 ? 0 : -errno;
}

void kms_blob_destroy(const struct kms_device *device, uint32_t blob_id) {
	if (blob_id != 0) {
		drmModeDestroyPropertyBlob(device->fd, blob_id);
	}
}

void kms_commit_disable_plane(struct kms_commit *commit, const struct kms_plane *plane) {
	kms_commit_set(commit, plane->id, plane->props.fb_id.id, 0);
	kms_commit_set(commit, plane->id, plane->props.crtc_id.id, 0);
	kms_commit_bypass_color(commit, plane);
}

void kms_commit_want_out_fence(
	struct kms_commit *commit, const struct kms_crtc *crtc, int32_t *fd) {
	*fd = -1;
	kms_commit_set(commit, crtc->id, crtc->props.out_fence_ptr.id, (uint64_t)(uintptr_t)fd);
}

void kms_commit_set_writeback(struct kms_commit *commit, const struct kms_connector *connector,
	const struct kms_crtc *crtc, uint32_t fb_id, int32_t *out_fence) {
	*out_fence = -1;
	if (!connector->writeback || !can_be_on(connector, crtc)) {
		fail(commit, -EINVAL);
		return;
	}
	kms_commit_set(commit, connector->id, connector->props.crtc_id.id, crtc->id);
	kms_commit_set(commit, connector->id, connector->props.writeback_fb_id.id, fb_id);
	kms_commit_set(commit, connector->id, connector->props.writeback_out_fence_ptr.id,
		(uint64_t)(uintptr_t)out_fence);
}

int kms_commit_submit(const struct kms_commit *commit, uint32_t flags, uint64_t user_data) {
	if (commit->error < 0) {
		return commit->error;
	}
	struct drm_mode_atomic request = {
		.flags = flags,
		.count_objs = commit->objects_len,
		.objs_ptr = (uint64_t)(uintptr_t)commit->objects,
		.count_props_ptr = (uint64_t)(uintptr_t)commit->prop_counts,
		.props_ptr = (uint64_t)(uintptr_t)commit->props,
		.prop_values_ptr = (uint64_t)(uintptr_t)commit->values,
		.user_data = user_data,
	};
	struct kms_color *color = commit->color;
	if (color != NULL) {
		/* What is in a commit by a plane's side, after a modeset, keeps its pipeline. */
		kms_color_set(color, (color->planes_on | commit->color_on) != 0 &&
					     !commit->writes_encodings);
	}
	int ret = drmIoctl(commit->fd, DRM_IOCTL_MODE_ATOMIC, &request) == 0 ? 0 : -errno;
	if (ret == 0 && color != NULL && (flags & DRM_MODE_ATOMIC_TEST_ONLY) == 0) {
		color->planes_on = (color->planes_on & ~commit->color_off) | commit->color_on;
	}
	return ret;
}

int kms_commit_test(const struct kms_commit *commit, uint32_t flags) {
	flags &= ~(uint32_t)KMS_COMMIT_FLIP_EVENT;
	return kms_commit_submit(commit, flags | DRM_MODE_ATOMIC_TEST_ONLY, 0);
}

bool kms_commit_is_refused(int ret) {
	return ret < 0 && ret != -EBUSY && ret != -EACCES;
}
