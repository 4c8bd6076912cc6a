#include "kms/plane.h"

#include <errno.h>
#include <xf86drmMode.h>

#include "kms/log.h"

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

#define FIELD(name_, field) .name = name_, .offset = offsetof(struct kms_plane, props.field)
#define SPEC(name, field) {FIELD(name, field)}
#define KEPT(name, field) {FIELD(name, field), .kept = true}
#define NAMED(name, field, kept_, names_, values_)                                                 \
	{FIELD(name, field), .kept = kept_, .names = names_,                                       \
		.names_len = sizeof(names_) / sizeof(names_[0]),                                   \
		.values = offsetof(struct kms_plane, values_)}

/* Documentation/gpu/drm-kms.rst, "KMS Properties". */
static const struct kms_property_spec specs[] = {
	SPEC("type", type),
	SPEC("IN_FORMATS", in_formats),
	KEPT("FB_ID", fb_id),
	KEPT("CRTC_ID", crtc_id),
	SPEC("IN_FENCE_FD", in_fence_fd),
	KEPT("SRC_X", src_x),
	KEPT("SRC_Y", src_y),
	KEPT("SRC_W", src_w),
	KEPT("SRC_H", src_h),
	KEPT("CRTC_X", crtc_x),
	KEPT("CRTC_Y", crtc_y),
	KEPT("CRTC_W", crtc_w),
	KEPT("CRTC_H", crtc_h),
	KEPT("zpos", zpos),
	KEPT("alpha", alpha),
	NAMED("pixel blend mode", blend_mode, true, blend_names, blend_values),
	NAMED("rotation", rotation, true, rotation_names, rotation_values),
	NAMED("COLOR_ENCODING", color_encoding, true, encoding_names, encoding_values),
	NAMED("COLOR_RANGE", color_range, true, range_names, range_values),
	NAMED("SCALING_FILTER", scaling_filter, true, filter_names, filter_values),
	KEPT("HOTSPOT_X", hotspot_x),
	KEPT("HOTSPOT_Y", hotspot_y),
	SPEC("FB_DAMAGE_CLIPS", fb_damage_clips),
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

static void fill_abilities(struct kms_plane *plane) {
	/* What a plane without the property does, by the kernel's documentation. */
	plane->blend_modes = plane->props.blend_mode.id != 0 ? plane->blend_values.mask
							     : 1u << KMS_BLEND_PREMULTIPLIED;
	plane->color_encodings = plane->encoding_values.mask | 1u << KMS_COLOR_ENCODING_ANY;
	plane->color_ranges = plane->range_values.mask | 1u << KMS_COLOR_RANGE_ANY;
	plane->scaling_filters = plane->filter_values.mask | 1u << KMS_SCALING_FILTER_DEFAULT;
	/* The values are numbers of bits, the same in every driver: DRM_MODE_ROTATE_*. */
	plane->rotations = DRM_MODE_ROTATE_0;
	for (size_t i = 0; i < sizeof(rotation_names) / sizeof(rotation_names[0]); i++) {
		uint64_t bit = plane->rotation_values.values[i];
		if ((plane->rotation_values.mask & 1u << i) != 0 && bit < 32) {
			plane->rotations |= UINT32_C(1) << bit;
		}
	}
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
		return kms_errno();
	}
	plane->possible_crtcs = info->possible_crtcs;
	int ret = kms_properties_read(fd, id, DRM_MODE_OBJECT_PLANE, specs,
		sizeof(specs) / sizeof(specs[0]), plane);
	if (ret == 0) {
		plane->type = type_of(plane->props.type.value);
		fill_abilities(plane);
		ret = read_formats(plane, fd, info);
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
	static const char *const names[] = {
		[KMS_PLANE_PRIMARY] = "primary",
		[KMS_PLANE_OVERLAY] = "overlay",
		[KMS_PLANE_CURSOR] = "cursor",
	};
	return names[type];
}
