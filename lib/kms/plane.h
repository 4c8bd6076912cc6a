#ifndef LATCH_KMS_PLANE_H
#define LATCH_KMS_PLANE_H

#include <stdbool.h>
#include <stdint.h>

#include "kms/format.h"
#include "kms/property.h"

enum kms_plane_type {
	KMS_PLANE_PRIMARY,
	KMS_PLANE_OVERLAY,
	KMS_PLANE_CURSOR,
};

/** "pixel blend mode": how the plane's pixels meet what is below. */
enum kms_blend_mode {
	/** Colours are multiplied with their alpha already; Wayland's way, the default. */
	KMS_BLEND_PREMULTIPLIED,
	KMS_BLEND_COVERAGE,
	/** Pixel alpha is ignored. */
	KMS_BLEND_NONE,
	KMS_BLEND_COUNT,
};

/** COLOR_ENCODING: the matrix of a YCbCr buffer. */
enum kms_color_encoding {
	/** Not written. For RGB, where it means nothing. */
	KMS_COLOR_ENCODING_ANY,
	KMS_COLOR_ENCODING_BT601,
	KMS_COLOR_ENCODING_BT709,
	KMS_COLOR_ENCODING_BT2020,
	KMS_COLOR_ENCODING_COUNT,
};

/** COLOR_RANGE: the range of a YCbCr buffer. */
enum kms_color_range {
	/** Not written. For RGB, where it means nothing. */
	KMS_COLOR_RANGE_ANY,
	KMS_COLOR_RANGE_LIMITED,
	KMS_COLOR_RANGE_FULL,
	KMS_COLOR_RANGE_COUNT,
};

/** SCALING_FILTER. */
enum kms_scaling_filter {
	KMS_SCALING_FILTER_DEFAULT,
	KMS_SCALING_FILTER_NEAREST,
	KMS_SCALING_FILTER_COUNT,
};

/** Properties of a plane by their documented names; id 0 where it has none. */
struct kms_plane_properties {
	struct kms_property type, in_formats;
	struct kms_property fb_id, crtc_id, in_fence_fd;
	struct kms_property src_x, src_y, src_w, src_h;
	struct kms_property crtc_x, crtc_y, crtc_w, crtc_h;
	struct kms_property zpos, alpha, blend_mode, rotation;
	struct kms_property color_encoding, color_range, scaling_filter;
	struct kms_property hotspot_x, hotspot_y;
	struct kms_property fb_damage_clips;
};

struct kms_plane {
	uint32_t id;
	/** Place in struct kms_device.planes. */
	unsigned index;
	enum kms_plane_type type;
	/** Bit kms_crtc.index: can be used on that CRTC. */
	uint32_t possible_crtcs;
	struct kms_format_set formats;
	/** False: the plane told fourccs only, formats' modifiers are assumed. */
	bool has_in_formats;
	struct kms_plane_properties props;

	/** Bit enum kms_blend_mode etc.; a plane without the property has its default alone. */
	uint32_t blend_modes;
	uint32_t color_encodings;
	uint32_t color_ranges;
	uint32_t scaling_filters;
	/** DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* that the plane can do. */
	uint32_t rotations;
	/** The driver's numbers for those names. */
	struct kms_enum_values blend_values, rotation_values, encoding_values, range_values,
		filter_values;
};

/** Reads a plane. Returns 0 or negative errno; then nothing is left to finish. */
int kms_plane_init(struct kms_plane *plane, int fd, uint32_t id, unsigned index);

void kms_plane_finish(struct kms_plane *plane);

/** Its bit in a set of planes; 0 for those beyond 64, which are not used for buffers. */
static inline uint64_t kms_plane_bit(const struct kms_plane *plane) {
	return plane->index < 64 ? UINT64_C(1) << plane->index : 0;
}

/** "primary", "overlay", "cursor". */
const char *kms_plane_type_name(enum kms_plane_type type);

/** The highest zpos that can be written, for what is to be in front of all: the cursor; -1: none
 * can. */
int64_t kms_plane_top_zpos(const struct kms_plane *plane);

#endif
