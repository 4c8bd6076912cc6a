/* SPDX-License-Identifier: MIT */
#include "kms/plane.h"


static const char *const blend_names[KMS_PROPERTY_NAMES] = {
	[KMS_BLEND_PREMULTIPLIED] = "Pre-multiplied",
	[KMS_BLEND_COVERAGE] = "Coverage",
	[KMS_BLEND_NONE] = "None",
};

static const char *const encoding_names[KMS_PROPERTY_NAMES] = {
	[KMS_COLOR_ENCODING_BT601] = "ITU-R BT.601 YCbCr",
	[KMS_COLOR_ENCODING_BT709] = "ITU-R BT.709 YCbCr",
	[KMS_COLOR_ENCODING_BT2020] = "ITU-R BT.2020 YCbCr",
};

static const char *const range_names[KMS_PROPERTY_NAMES] = {
	[KMS_COLOR_RANGE_LIMITED] = "YCbCr limited range",
	[KMS_COLOR_RANGE_FULL] = "YCbCr full range",
};

static const char *const filter_names[KMS_PROPERTY_NAMES] = {"Default"};

const char *const kms_rotation_names[KMS_PROPERTY_NAMES] = {
	"rotate-0", "rotate-90", "rotate-180", "rotate-270", "reflect-x", "reflect-y"};

#define PROPERTY(...) KMS_PROPERTY(struct kms_plane_properties, __VA_ARGS__)
#define MEMBER(kind_, member_)                                                                     \
	.kept = true, .kind = KMS_VALUE_##kind_, .member = offsetof(struct kms_plane_state, member_)

/* Documentation/gpu/drm-kms.rst, "KMS Properties". What has a member is written in this order. */
const struct kms_property_spec kms_plane_specs[] = {
	PROPERTY(type, "type"),
	PROPERTY(in_formats, "IN_FORMATS"),
	PROPERTY(in_formats_async, "IN_FORMATS_ASYNC"),
	PROPERTY(size_hints, "SIZE_HINTS"),
	PROPERTY(fb_id, "FB_ID", .kept = true),
	PROPERTY(crtc_id, "CRTC_ID", .kept = true),
	PROPERTY(in_fence_fd, "IN_FENCE_FD"),
	PROPERTY(fb_damage_clips, "FB_DAMAGE_CLIPS"),
	PROPERTY(zpos, "zpos", .kept = true),
	PROPERTY(scaling_filter, "SCALING_FILTER", .kept = true, .names = filter_names),
	PROPERTY(src_x, "SRC_X", MEMBER(NUMBER, src_x), .required = true),
	PROPERTY(src_y, "SRC_Y", MEMBER(NUMBER, src_y), .required = true),
	PROPERTY(src_w, "SRC_W", MEMBER(NUMBER, src_w), .required = true),
	PROPERTY(src_h, "SRC_H", MEMBER(NUMBER, src_h), .required = true),
	PROPERTY(crtc_x, "CRTC_X", MEMBER(SIGNED, dst_x), .required = true),
	PROPERTY(crtc_y, "CRTC_Y", MEMBER(SIGNED, dst_y), .required = true),
	PROPERTY(crtc_w, "CRTC_W", MEMBER(NUMBER, dst_w), .required = true),
	PROPERTY(crtc_h, "CRTC_H", MEMBER(NUMBER, dst_h), .required = true),
	PROPERTY(alpha, "alpha", MEMBER(NUMBER, alpha)),
	PROPERTY(blend_mode, "pixel blend mode", MEMBER(NAME, blend_mode), .names = blend_names),
	PROPERTY(rotation, "rotation", MEMBER(NUMBER, rotation), .names = kms_rotation_names),
	PROPERTY(color_encoding, "COLOR_ENCODING", MEMBER(NAME, color_encoding),
		.names = encoding_names),
	PROPERTY(color_range, "COLOR_RANGE", MEMBER(NAME, color_range), .names = range_names),
	PROPERTY(hotspot_x, "HOTSPOT_X", MEMBER(SIGNED, hotspot_x)),
	PROPERTY(hotspot_y, "HOTSPOT_Y", MEMBER(SIGNED, hotspot_y)),
};
const size_t kms_plane_specs_len = sizeof(kms_plane_specs) / sizeof(kms_plane_specs[0]);

static int read_blob(int fd, const struct kms_property *property, struct kms_format_set *formats) {
	const uint32_t blob_id = (uint32_t)property->value;
	drmModePropertyBlobRes *blob = blob_id != 0 ? drmModeGetPropertyBlob(fd, blob_id) : NULL;
	int ret = kms_format_set_from_blob(formats, blob);
	drmModeFreePropertyBlob(blob);
	return ret;
}

static int read_formats(struct kms_plane *plane, int fd, const drmModePlane *info) {
	int ret = read_blob(fd, &plane->props.in_formats_async, &plane->async_formats);
	ret = ret == 0 ? read_blob(fd, &plane->props.in_formats, &plane->formats) : ret;
	plane->has_in_formats = plane->formats.len > 0;
	return ret < 0 || plane->has_in_formats
		       ? ret
		       : kms_format_set_from_list(
				 &plane->formats, info->formats, info->count_formats);
}

/* An array of struct drm_plane_size_hint; of more than there is place for, the first ones. */
static void read_sizes(struct kms_plane *plane, int fd) {
	drmModePropertyBlobRes *blob =
		drmModeGetPropertyBlob(fd, (uint32_t)plane->props.size_hints.value);
	if (blob != NULL) {
		const size_t size = sizeof(plane->sizes[0]);
		const size_t len = blob->length / size;
		plane->sizes_len = len < KMS_PLANE_MAX_SIZES ? len : KMS_PLANE_MAX_SIZES;
		memcpy(plane->sizes, blob->data, plane->sizes_len * size);
	}
	drmModeFreePropertyBlob(blob);
}

int kms_plane_init(struct kms_plane *plane, int fd, uint32_t id, unsigned index) {
	*plane = (struct kms_plane){
		.id = id,
		.index = index,
	};
	drmModePlane *info = drmModeGetPlane(fd, id);
	if (info == NULL) {
		return kms_errno();
	}
	plane->possible_crtcs = info->possible_crtcs;
	int ret = kms_properties_read(
		fd, id, DRM_MODE_OBJECT_PLANE, kms_plane_specs, kms_plane_specs_len, &plane->props);
	if (ret == 0) {
		plane->type = (enum kms_plane_type)plane->props.type.value;
		ret = read_formats(plane, fd, info);
	}
	if (ret == 0 && plane->props.size_hints.value != 0) {
		read_sizes(plane, fd);
	}
	drmModeFreePlane(info);
	return ret;
}

bool kms_plane_state_equal(const struct kms_plane_state *a, const struct kms_plane_state *b) {
	return a->fb_id == b->fb_id && a->zpos == b->zpos && a->damage_blob == b->damage_blob &&
	       a->color == b->color &&
	       kms_plane_state_same_members(a, b);
}

static bool zpos_is_possible(const struct kms_property *zpos, int64_t value) {
	return zpos->id != 0 && (uint64_t)value >= zpos->min && (uint64_t)value <= zpos->max;
}

const struct kms_property *kms_plane_find_lacking(
	const struct kms_plane *plane, const struct kms_plane_state *state) {
	const struct kms_plane_properties *props = &plane->props;
	if (state->in_fence_fd >= 0 && props->in_fence_fd.id == 0) {
		return &props->in_fence_fd;
	}
	if (state->alpha != 0xffff && props->alpha.id == 0) {
		return &props->alpha;
	}
	if ((state->rotation & ~props->rotation.mask) != 0) {
		return &props->rotation;
	}
	if (state->zpos >= 0 && !zpos_is_possible(&props->zpos, state->zpos)) {
		return &props->zpos;
	}
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const struct kms_property_spec *spec = &kms_plane_specs[i];
		const struct kms_property *property = kms_property_at(props, spec);
		if (spec->kind == KMS_VALUE_NAME &&
			(property->mask & 1u << kms_plane_state_value(state, spec)) == 0) {
			return property;
		}
	}
	return NULL;
}

int64_t kms_plane_top_zpos(const struct kms_plane *plane) {
	const struct kms_property *zpos = &plane->props.zpos;
	return zpos->id != 0 && !zpos->immutable ? (int64_t)zpos->max : -1;
}

const char *kms_plane_type_name(enum kms_plane_type type) {
	static const char *const names[] = {
		[KMS_PLANE_PRIMARY] = "primary",
		[KMS_PLANE_OVERLAY] = "overlay",
		[KMS_PLANE_CURSOR] = "cursor",
	};
	return names[type];
}
