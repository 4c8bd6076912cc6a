/* SPDX-License-Identifier: MIT */
#pragma once

#include "color/color.h"
#include "kms/property.h"

/*
 * Colour pipelines of planes (Linux 6.19, drivers/gpu/drm/drm_colorop.c): a chain of colorops that
 * what a plane fetches goes through before it is blended. A plane's COLOR_PIPELINE names the first
 * of the chain, or is 0 for none.
 *
 * They are only there for who sets DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE, and that hides
 * COLOR_ENCODING and COLOR_RANGE. So it is set while a plane uses a pipeline, and for that commit;
 * kms_commit_submit() sees to it.
 */

#define KMS_PIPELINE_MAX_OPS 12

/** TYPE, in the order of enum drm_colorop_type. */
enum kms_colorop_type {
	KMS_COLOROP_CURVE,
	KMS_COLOROP_LUT,
	KMS_COLOROP_MATRIX,
	KMS_COLOROP_MULTIPLIER,
	KMS_COLOROP_LUT_3D,
	KMS_COLOROP_UNKNOWN,
};

/** CURVE_1D_TYPE: places in the property's names. */
enum kms_colorop_curve {
	KMS_CURVE_SRGB,
	KMS_CURVE_INVERSE_SRGB,
	KMS_CURVE_PQ_125, // 1 is 80 cd/m², 125 is 10,000
	KMS_CURVE_INVERSE_PQ_125,
	KMS_CURVE_GAMMA22,
	KMS_CURVE_INVERSE_GAMMA22,
	KMS_CURVE_COUNT,
};

struct kms_colorop_properties {
	struct kms_property type, bypass, next, curve, size, data, multiplier;
};

struct kms_colorop {
	uint32_t id;
	enum kms_colorop_type type;
	struct kms_colorop_properties props;
};

struct kms_pipeline {
	struct kms_colorop ops[KMS_PIPELINE_MAX_OPS];
	size_t len;
	/**
	 * Numbers between its colorops have to stay in 0 to 1: vkms takes them for 16 bits without
	 * a sign, and a red of -0.01 becomes one of 0.99 (apply_lut_to_channel_value() of Linux
	 * 6.19 to 7.2).
	 */
	bool wraps;
};

/** A plane's pipelines. */
struct kms_plane_color {
	/** COLOR_PIPELINE: by whom the plane is known here. id 0: it has none. */
	struct kms_property property;
	struct kms_pipeline *pipelines;
	size_t len;
};

/** Reads them; the client capability has to be set. Returns 0 or negative errno. */
int kms_plane_color_read(struct kms_plane_color *color, int fd, uint32_t plane_id, bool wraps);

/** What one colorop is to do. */
struct kms_colorop_setting {
	bool on;
	/** Curves: enum kms_colorop_curve. */
	enum kms_colorop_curve curve;
	/** Multipliers. */
	double factor;
	/** Matrices, of rows. */
	double matrix[9];
	/** LUTs. */
	struct color_curve lut;
	bool inverse;
};

struct kms_pipeline_setting {
	struct kms_colorop_setting ops[KMS_PIPELINE_MAX_OPS];
};

/**
 * Finds what a pipeline's colorops have to be set to for a conversion: its steps in order, each by
 * the first colorop that can do it, the others bypassed. False where it can't be done: a step finds
 * no colorop, one that is in the way can't be bypassed, a LUT is so coarse that it would be off by
 * more than 1.5 of 255, numbers leave 0 to 1 in a pipeline that can't have that, or tones have to be
 * mapped. Plain function.
 */
bool kms_pipeline_match(const struct kms_pipeline *pipeline,
	const struct color_conversion *conversion, struct kms_pipeline_setting *setting);

/** The first of a plane's pipelines that does the conversion, or NULL. */
const struct kms_pipeline *kms_pipeline_find(const struct kms_plane_color *color,
	const struct color_conversion *conversion, struct kms_pipeline_setting *setting);

/** A value of a property of a colorop. */
struct kms_colorop_value {
	uint32_t object, property;
	uint64_t value;
};

/** A pipeline's setting as it is written, with its blobs. */
struct kms_color_program {
	const struct kms_plane_color *plane;
	struct color_description from, to;
	/** For COLOR_PIPELINE; 0: no pipeline does it. */
	uint32_t pipeline;
	struct kms_colorop_value values[2 * KMS_PIPELINE_MAX_OPS];
	size_t len;
	uint32_t blobs[KMS_PIPELINE_MAX_OPS];
	size_t blobs_len;
	uint64_t used; // counts up
};

/** Two for each plane of a CRTC: what it shows, and what it is to show. */
#define KMS_COLOR_PROGRAMS 64

/** A device's pipelines as they are used. */
struct kms_color {
	int fd;
	/** The client capability is set. */
	bool is_set;
	/** By kms_plane_bit(): they have a pipeline on, ours or somebody's. */
	uint64_t planes_on;
	struct kms_color_program *programs[KMS_COLOR_PROGRAMS];
	size_t programs_len;
	uint64_t used;
};

/** NULL is fine. */
void kms_color_destroy(struct kms_color *color);

/** Sets the client capability, or takes it back. Returns whether it is so then. */
bool kms_color_set(struct kms_color *color, bool is_set);

/**
 * What makes a plane show numbers of one description as those of another; made once for each of the
 * last KMS_COLOR_PROGRAMS. Valid until so many others were asked for. NULL where no pipeline of the
 * plane does it, or without memory. color: NULL has none.
 */
const struct kms_color_program *kms_color_program_get(struct kms_color *color,
	const struct kms_plane_color *plane, const struct color_description *from,
	const struct color_description *to);
