/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/format.h"
#include "kms/pipeline.h"

enum kms_plane_type {
	KMS_PLANE_OVERLAY = DRM_PLANE_TYPE_OVERLAY,
	KMS_PLANE_PRIMARY = DRM_PLANE_TYPE_PRIMARY,
	KMS_PLANE_CURSOR = DRM_PLANE_TYPE_CURSOR,
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

/** Properties of a plane by their documented names; id 0 where it has none. */
struct kms_plane_properties {
	struct kms_property type, in_formats, in_formats_async, size_hints;
	struct kms_property fb_id, crtc_id, in_fence_fd;
	struct kms_property src_x, src_y, src_w, src_h;
	struct kms_property crtc_x, crtc_y, crtc_w, crtc_h;
	/** By enum kms_blend_mode, DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_*, and so on. */
	struct kms_property blend_mode, rotation, color_encoding, color_range, scaling_filter;
	struct kms_property zpos, alpha;
	struct kms_property hotspot_x, hotspot_y;
	struct kms_property fb_damage_clips;
};

#define KMS_PLANE_MAX_SIZES 8

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
	/** What it takes with KMS_COMMIT_ASYNC (IN_FORMATS_ASYNC, Linux 6.16); empty: it does not
	 * say. */
	struct kms_format_set async_formats;
	/** Sizes that a cursor's framebuffer can have, in pixels (SIZE_HINTS, Linux 6.15). */
	struct kms_plane_size {
		uint16_t width, height;
	} sizes[KMS_PLANE_MAX_SIZES];
	/** 0: it tells none. */
	size_t sizes_len;
	struct kms_plane_properties props;
	/** What it can do to colours, see pipeline.h. */
	struct kms_plane_color color;
};

/** What a plane shows. Start from kms_plane_state_default(): zeroes are not what you want. */
struct kms_plane_state {
	uint32_t fb_id;
	/** A sync_file the kernel waits for, borrowed until submit returns; -1 for none. An
	 * explicit -1 is written, as the property may still hold a number of an earlier commit. */
	int in_fence_fd;
	/** FB_DAMAGE_CLIPS blob, 0: all of it changed. A hint, ignored where there is none. */
	uint32_t damage_blob;
	/** Place in the stack; -1: the plane's own, not written. */
	int64_t zpos;
	/** What the plane's pipeline makes of the pixels, NULL: they stay as they are. Borrowed. */
	const struct kms_color_program *color;

	/* The members of kms_plane_specs, from src_x to hotspot_y: four bytes each, no gap. */

	/** Part of the buffer, in 16.16 fixed point pixels. */
	uint32_t src_x, src_y, src_w, src_h;
	/** Where on the CRTC, in pixels; may be partly off-screen where the driver allows it. */
	int32_t dst_x, dst_y;
	uint32_t dst_w, dst_h;
	/** 0 transparent to 0xffff opaque, on top of the pixels' alpha. */
	uint32_t alpha;
	enum kms_blend_mode blend_mode;
	/** One DRM_MODE_ROTATE_*, and DRM_MODE_REFLECT_*. */
	uint32_t rotation;
	enum kms_color_encoding color_encoding;
	enum kms_color_range color_range;
	/** Cursor planes with HOTSPOT_X and HOTSPOT_Y only, ignored on others. */
	int32_t hotspot_x, hotspot_y;
};

/** Whether they are equal in all members of kms_plane_specs. */
static inline bool kms_plane_state_same_members(
	const struct kms_plane_state *a, const struct kms_plane_state *b) {
	const size_t begin = offsetof(struct kms_plane_state, src_x);
	const size_t end = offsetof(struct kms_plane_state, hotspot_y) + sizeof(a->hotspot_y);
	return memcmp((const char *)a + begin, (const char *)b + begin, end - begin) == 0;
}

/** The kernel's names of DRM_MODE_ROTATE_* and DRM_MODE_REFLECT_*, by their bits, which are the
 * same in every driver. */
extern const char *const kms_rotation_names[KMS_PROPERTY_NAMES];

/** All of a plane's properties. */
extern const struct kms_property_spec kms_plane_specs[];
extern const size_t kms_plane_specs_len;

/** No buffer, no fence, opaque, premultiplied, upright, everything else left alone. */
static inline struct kms_plane_state kms_plane_state_default(void) {
	return (struct kms_plane_state){
		.in_fence_fd = -1,
		.alpha = 0xffff,
		.blend_mode = KMS_BLEND_PREMULTIPLIED,
		.rotation = DRM_MODE_ROTATE_0,
		.zpos = -1,
	};
}

/** A framebuffer of the CRTC's own size, all over it. */
static inline struct kms_plane_state kms_plane_state_whole(
	uint32_t fb_id, uint32_t width, uint32_t height) {
	struct kms_plane_state state = kms_plane_state_default();
	state.fb_id = fb_id;
	state.src_w = width << 16;
	state.src_h = height << 16;
	state.dst_w = width;
	state.dst_h = height;
	return state;
}

/** The value of the member that a spec tells of, as KMS takes it: signed ones are int64_t. */
static inline uint64_t kms_plane_state_value(
	const struct kms_plane_state *state, const struct kms_property_spec *spec) {
	int32_t value;
	memcpy(&value, (const char *)state + spec->member, sizeof(value));
	return spec->kind == KMS_VALUE_SIGNED ? (uint64_t)(int64_t)value : (uint32_t)value;
}

/** Whether two states look the same on a plane; their fences don't count. */
bool kms_plane_state_equal(const struct kms_plane_state *a, const struct kms_plane_state *b);

/**
 * The first property that a plane would need for a state and has not, or not with this value; NULL:
 * it has all. None is needed for what is its default. Plain function: the kernel may refuse for
 * reasons of its own.
 */
const struct kms_property *kms_plane_find_lacking(
	const struct kms_plane *plane, const struct kms_plane_state *state);

/** Reads a plane, whose formats are to be finished. Returns 0 or negative errno. */
int kms_plane_init(struct kms_plane *plane, int fd, uint32_t id, unsigned index);

/** Its bit in a set of planes; 0 for NULL, and for those beyond 64, which are not used. */
static inline uint64_t kms_plane_bit(const struct kms_plane *plane) {
	return plane != NULL && plane->index < 64 ? UINT64_C(1) << plane->index : 0;
}

/** "primary", "overlay", "cursor". */
const char *kms_plane_type_name(enum kms_plane_type type);

/** The highest zpos that can be written, for what is to be in front of all: the cursor; -1: none
 * can. */
int64_t kms_plane_top_zpos(const struct kms_plane *plane);
