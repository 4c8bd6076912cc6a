#include "kms/plane.h"

#include <errno.h>
#include <xf86drmMode.h>

#include "kms/log.h"

#define SPEC(name, field) {name, offsetof(struct kms_plane_properties, field)}

/* Documentation/gpu/drm-kms.rst, "KMS Properties". */
static const struct kms_property_spec specs[] = {
	SPEC("type", type),
	SPEC("IN_FORMATS", in_formats),
	SPEC("FB_ID", fb_id),
	SPEC("CRTC_ID", crtc_id),
	SPEC("IN_FENCE_FD", in_fence_fd),
	SPEC("SRC_X", src_x),
	SPEC("SRC_Y", src_y),
	SPEC("SRC_W", src_w),
	SPEC("SRC_H", src_h),
	SPEC("CRTC_X", crtc_x),
	SPEC("CRTC_Y", crtc_y),
	SPEC("CRTC_W", crtc_w),
	SPEC("CRTC_H", crtc_h),
	SPEC("zpos", zpos),
	SPEC("alpha", alpha),
	SPEC("pixel blend mode", blend_mode),
	SPEC("rotation", rotation),
	SPEC("COLOR_ENCODING", color_encoding),
	SPEC("COLOR_RANGE", color_range),
	SPEC("SCALING_FILTER", scaling_filter),
	SPEC("HOTSPOT_X", hotspot_x),
	SPEC("HOTSPOT_Y", hotspot_y),
	SPEC("FB_DAMAGE_CLIPS", fb_damage_clips),
};

static const char *const blend_names[KMS_BLEND_COUNT] = {
	[KMS_BLEND_PREMULTIPLIED] = "Pre-multiplied",
	[KMS_BLEND_COVERAGE] = "Coverage",
	[KMS_BLEND_NONE] = "None",
};

static const char *const encoding_names[KMS_COLOR_ENCODING_COUNT] = {
	[KMS_COLOR_ENCODING_BT601] = "ITU-R BT.601 YCbCr",
	[KMS_COLOR_ENCODING_BT709] = "ITU-R BT.709 YCbCr",
	[KMS_COLOR_ENCODING_BT2020] = "ITU-R BT.2020 YCbCr",
};

static const char *const range_names[KMS_COLOR_RANGE_COUNT] = {
	[KMS_COLOR_RANGE_LIMITED] = "YCbCr limited range",
	[KMS_COLOR_RANGE_FULL] = "YCbCr full range",
};

static const char *const filter_names[KMS_SCALING_FILTER_COUNT] = {
	[KMS_SCALING_FILTER_DEFAULT] = "Default",
	[KMS_SCALING_FILTER_NEAREST] = "Nearest Neighbor",
};

static const char *const rotation_names[] = {
	"rotate-0",
	"rotate-90",
	"rotate-180",
	"rotate-270",
	"reflect-x",
	"reflect-y",
};

static int read_formats(struct kms_plane *plane, int fd, const drmModePlane *info) {
	uint64_t blob_id = plane->props.in_formats.value;
	if (plane->props.in_formats.id != 0 && blob_id != 0) {
		drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(fd, (uint32_t)blob_id);
		if (blob != NULL) {
			int ret =
				kms_format_set_from_blob(&plane->formats, blob->data, blob->length);
			drmModeFreePropertyBlob(blob);
			if (ret == -ENOMEM) {
				return ret;
			}
			if (ret == 0 && plane->formats.len > 0) {
				plane->has_in_formats = true;
				return 0;
			}
		}
		kms_log(KMS_LOG_INFO,
			"plane %u: IN_FORMATS can't be used, taking the list without modifiers",
			plane->id);
	}
	return kms_format_set_from_list(&plane->formats, info->formats, info->count_formats);
}

static int read_enums(struct kms_plane *plane, int fd) {
	struct kms_enum_values rotations;
	const struct {
		const struct kms_property *property;
		const char *const *names;
		size_t names_len;
		struct kms_enum_values *values;
	} enums[] = {
		{&plane->props.blend_mode, blend_names, KMS_BLEND_COUNT, &plane->blend_values},
		{&plane->props.color_encoding, encoding_names, KMS_COLOR_ENCODING_COUNT,
			&plane->encoding_values},
		{&plane->props.color_range, range_names, KMS_COLOR_RANGE_COUNT,
			&plane->range_values},
		{&plane->props.scaling_filter, filter_names, KMS_SCALING_FILTER_COUNT,
			&plane->filter_values},
		{&plane->props.rotation, rotation_names,
			sizeof(rotation_names) / sizeof(rotation_names[0]), &rotations},
	};
	for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		int ret = kms_property_read_enum(fd, enums[i].property->id, enums[i].names,
			enums[i].names_len, enums[i].values);
		if (ret < 0) {
			return ret;
		}
	}

	/* What a plane without the property does, by the kernel's documentation. */
	plane->blend_modes = plane->props.blend_mode.id != 0 ? plane->blend_values.mask
							     : 1u << KMS_BLEND_PREMULTIPLIED;
	plane->color_encodings = plane->encoding_values.mask | 1u << KMS_COLOR_ENCODING_ANY;
	plane->color_ranges = plane->range_values.mask | 1u << KMS_COLOR_RANGE_ANY;
	plane->scaling_filters = plane->filter_values.mask | 1u << KMS_SCALING_FILTER_DEFAULT;
	/* The values are numbers of bits, the same in every driver: DRM_MODE_ROTATE_*. */
	plane->rotations = DRM_MODE_ROTATE_0;
	for (size_t i = 0; i < sizeof(rotation_names) / sizeof(rotation_names[0]); i++) {
		if ((rotations.mask & 1u << i) != 0 && rotations.values[i] < 32) {
			plane->rotations |= UINT32_C(1) << rotations.values[i];
		}
	}
	return 0;
}

static enum kms_plane_type type_of(uint64_t value) {
	switch (value) {
	case DRM_PLANE_TYPE_PRIMARY:
		return KMS_PLANE_PRIMARY;
	case DRM_PLANE_TYPE_CURSOR:
		return KMS_PLANE_CURSOR;
	default:
		return KMS_PLANE_OVERLAY;
	}
}

int kms_plane_init(struct kms_plane *plane, int fd, uint32_t id, unsigned index) {
	*plane = (struct kms_plane){
		.id = id,
		.index = index,
	};
	drmModePlane *info = drmModeGetPlane(fd, id);
	if (info == NULL) {
		return errno != 0 ? -errno : -EIO;
	}
	plane->possible_crtcs = info->possible_crtcs;
	plane->initial.crtc_id = info->crtc_id;
	plane->initial.fb_id = info->fb_id;

	int ret = kms_properties_read(fd, id, DRM_MODE_OBJECT_PLANE, specs,
		sizeof(specs) / sizeof(specs[0]), &plane->props);
	if (ret == 0) {
		plane->type = type_of(plane->props.type.value);
		ret = read_formats(plane, fd, info);
	}
	if (ret == 0) {
		ret = read_enums(plane, fd);
	}
	drmModeFreePlane(info);
	if (ret < 0) {
		kms_plane_finish(plane);
	}
	return ret;
}

void kms_plane_finish(struct kms_plane *plane) {
	kms_format_set_finish(&plane->formats);
}

int64_t kms_plane_top_zpos(const struct kms_plane *plane) {
	const struct kms_property *zpos = &plane->props.zpos;
	return zpos->id != 0 && !zpos->immutable ? (int64_t)zpos->max : -1;
}

const char *kms_plane_type_name(enum kms_plane_type type) {
	switch (type) {
	case KMS_PLANE_PRIMARY:
		return "primary";
	case KMS_PLANE_OVERLAY:
		return "overlay";
	case KMS_PLANE_CURSOR:
		return "cursor";
	}
	return "unknown";
}
