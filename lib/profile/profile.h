/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

#include "kms/plane.h"
#include "plan/plan.h"

/*
 * Display engines as data: the planes of one CRTC, as a driver's properties tell them, and what the
 * driver refuses although its properties allow it. profiles/ has those of well-known drivers,
 * docs/planes.md the format of the files. No device is needed.
 */

/** What a driver refuses of one plane. Zero: nothing. */
struct latch_profile_plane_limits {
	/** Source size divided by destination size, and the reverse, along each side; 0: any, 1:
	 * not at all. */
	double max_downscale, max_upscale;
	/** Width of the source in pixels, that of a line that the plane keeps; 0: any. */
	uint32_t max_source_width;
	/** DRM_MODE_ROTATE_* and _REFLECT_* that a linear buffer, and one of YCbCr, can have; 0:
	 * all that the property has. */
	uint32_t linear_rotations, ycbcr_rotations;
	/** It must not reach over the CRTC's edges; it has to cover the CRTC exactly. */
	bool inside, covers;
};

/** What a driver refuses of all planes together. Zero: nothing. */
struct latch_profile_limits {
	/** Planes that may be on at once, the primary one and the cursor counted; that may scale;
	 * that may show YCbCr; that may show something else than a linear buffer. 0: all. */
	uint32_t max_planes, max_scaled, max_ycbcr, max_compressed;
	/** Source pixels of all planes, divided by the CRTC's; 0: any number. */
	double max_load;
	/** No plane without the primary one. */
	bool primary_required;
	/** A source that begins inside a pixel, though it is not scaled, is refused; so is one of
	 * YCbCr whose edges are at odd pixels. */
	bool whole_crops;
	/** A cursor on top of a plane that scales or shows YCbCr takes one plane more. */
	bool cursor_inherits;
	/** What it answers when there is too much of something, a positive errno; 0: EINVAL. */
	uint32_t error;
};

/** The limits by their names in files, for those who read and who write them. */
struct latch_profile_limit {
	const char *name;
	enum latch_profile_limit_kind {
		LATCH_PROFILE_COUNT, // uint32_t
		LATCH_PROFILE_FACTOR, // double
		LATCH_PROFILE_FLAG, // bool
		LATCH_PROFILE_ROTATIONS, // uint32_t, an array of the property's names
	} kind;
	/** In one of the two structs. */
	size_t offset;
};
extern const struct latch_profile_limit latch_profile_limits[], latch_profile_plane_limits[];
extern const size_t latch_profile_limits_len, latch_profile_plane_limits_len;

struct latch_profile {
	char name[32];
	/** By kms_plane.index. A plane that has .sizes takes only these, in pixels on the screen. */
	struct kms_plane planes[LATCH_PLAN_MAX_PLANES];
	struct latch_profile_plane_limits plane_limits[LATCH_PLAN_MAX_PLANES];
	/** All planes that there are, the cursor's too. */
	const struct kms_plane *list[LATCH_PLAN_MAX_PLANES];
	size_t len;
	/** One of them. */
	const struct kms_plane *primary;
	/** See struct latch_plan_input. */
	bool stacks_by_id, primary_alpha;
	struct latch_profile_limits limits;
	/** The screen that latch_profile_test() is asked about, in pixels. */
	int32_t width, height;
};

/**
 * Reads a profile, which the caller destroys. A name with a slash or ".json" is a file's; any other
 * is that of an installed profile, or of one in the build tree that the program is from. The file
 * may also be what `drm_info -j` prints: then the profile is of the first CRTC that is on, without
 * limits, as no property tells any. Returns NULL where there is no such file, or it is wrong, with
 * half a sentence about that in why (of `size` bytes).
 */
struct latch_profile *latch_profile_read(const char *name, char *why, size_t size);

/** NULL is fine. */
void latch_profile_destroy(struct latch_profile *profile);

/**
 * Adds what latch_profile_read() reads of a plane to a JSON object: type, formats, and properties by
 * the kernel's names. All that tells of planes tells of them so.
 */
void latch_profile_tell_plane(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct kms_plane *plane);

/** Adds an array of {"fourccs": ["XR24", ...], "modifiers": {"LINEAR": "0x0000000000000000", ...}}. */
void latch_profile_tell_formats(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key,
	const struct kms_format_set *formats);

/** Adds an array of those names whose bits are in the mask. */
void latch_profile_tell_names(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key,
	const char *const names[KMS_PROPERTY_NAMES], uint32_t mask);

/** What one plane is to show. */
struct latch_profile_shown {
	/** One of the profile's. */
	const struct kms_plane *plane;
	struct kms_plane_state state;
	uint32_t fourcc;
	uint64_t modifier;
};

/**
 * What the driver would say to these planes on a CRTC of this size: 0 or negative errno. It looks
 * at the limits alone: what a plane's properties do not allow is never asked for (kms/commit.h).
 */
int latch_profile_check(const struct latch_profile *profile, int32_t width, int32_t height,
	const struct latch_profile_shown *shown, size_t len);

/** Collects what the layers show that are on planes. shown: room for LATCH_PLAN_MAX_PLANES. Returns
 * how many there are. */
size_t latch_profile_show_layers(
	struct latch_profile_shown *shown, const struct latch_layer *layers, size_t len);

/** The same for what the planner asks: see struct latch_plan_input. data: the profile. */
int latch_profile_test(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan);

/** Collects the planes that latch gives to its planner: all but the cursor's. Returns how many. */
size_t latch_profile_planes(
	const struct latch_profile *profile, const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]);

/** The cursor's plane, NULL: there is none. */
const struct kms_plane *latch_profile_cursor(const struct latch_profile *profile);

/**
 * What the planner has to know to plan with the profile on a screen of this size, except for
 * colours. planes: memory for the array that the input points to.
 */
struct latch_plan_input latch_profile_input(struct latch_profile *profile, int32_t width,
	int32_t height, const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]);
