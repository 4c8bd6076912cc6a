/* SPDX-License-Identifier: MIT */
/* What a pipeline's colorops have to be set to: plain functions. */
#include <math.h>

#include "kms/pipeline.h"

/* A LUT's straight lines may be off by so much of a number. */
#define LUT_TOLERANCE (1.5 / 255)

/* PQ's curves have 1 at 80 cd/m². */
#define PQ_SCALE 125.0

/* What is left of a conversion. */
struct rest {
	struct color_conversion conversion;
	/* Numbers are light now: the first curve is done. */
	bool is_light, done;
	/* The last curve is to be a colorop of PQ, and takes its scale. */
	bool ends_scaled;
};

static void scale(struct color_conversion *conversion, double factor) {
	for (int i = 0; i < 9; i++) {
		conversion->matrix[i] *= factor;
	}
	conversion->has_matrix = !color_matrix_is_factor(conversion->matrix, 1);
}

/* The curve's place of the two that there are of each; KMS_CURVE_COUNT: it has none. */
static enum kms_colorop_curve name_of(const struct color_curve *curve) {
	switch (curve->transfer) {
	case COLOR_SRGB:
		return KMS_CURVE_SRGB;
	case COLOR_PQ:
		return KMS_CURVE_PQ_125;
	case COLOR_POWER:
		return fabs(curve->exponent - 2.2) < 1e-6 ? KMS_CURVE_GAMMA22 : KMS_CURVE_COUNT;
	default:
		return KMS_CURVE_COUNT;
	}
}

/* The curve that comes next. NULL: none does, or the matrix has to be first. */
static const struct color_curve *next_curve(const struct rest *rest) {
	if (!rest->is_light) {
		return &rest->conversion.from;
	}
	return rest->done || rest->conversion.has_matrix ? NULL : &rest->conversion.to;
}

static void curve_is_done(struct rest *rest) {
	rest->done = rest->is_light;
	rest->is_light = true;
}

static void take_curve(
	struct rest *rest, const struct kms_colorop *op, struct kms_colorop_setting *setting) {
	const struct color_curve *curve = next_curve(rest);
	const enum kms_colorop_curve name = curve != NULL ? name_of(curve) : KMS_CURVE_COUNT;
	const enum kms_colorop_curve place = name + (rest->is_light ? 1 : 0);
	const bool is_pq = name == KMS_CURVE_PQ_125;
	if (name == KMS_CURVE_COUNT || (op->props.curve.mask & 1u << place) == 0 ||
		(is_pq && rest->is_light && !rest->ends_scaled)) {
		return;
	}
	*setting = (struct kms_colorop_setting){.on = true, .curve = place};
	if (is_pq && !rest->is_light) {
		scale(&rest->conversion, 1 / PQ_SCALE);
	}
	curve_is_done(rest);
}

/* How far straight lines between n points are from a curve at most, in numbers. */
static double lut_error(const struct color_curve *curve, bool inverse, uint64_t n) {
	double worst = 0, a = 0;
	for (uint64_t i = 1; i < n; i++) {
		const double at = (double)i / (double)(n - 1);
		const double between = ((double)i - 0.5) / (double)(n - 1);
		const double b = inverse ? color_inverse_eotf(curve, at) : color_eotf(curve, at);
		const double line = (a + b) / 2;
		worst = fmax(worst, inverse ? fabs(line - color_inverse_eotf(curve, between))
					    : fabs(color_inverse_eotf(curve, line) - between));
		a = b;
	}
	return worst;
}

/* A LUT is of 0 to 1, and so are the curves here. */
static void take_lut(
	struct rest *rest, const struct kms_colorop *op, struct kms_colorop_setting *setting) {
	const struct color_curve *curve = next_curve(rest);
	const uint64_t size = op->props.size.value;
	if (curve == NULL || curve->transfer == COLOR_LINEAR || size < 2 || size > 65536 ||
		(rest->is_light && rest->ends_scaled) ||
		lut_error(curve, rest->is_light, size) > LUT_TOLERANCE) {
		return;
	}
	*setting =
		(struct kms_colorop_setting){.on = true, .lut = *curve, .inverse = rest->is_light};
	curve_is_done(rest);
}

static void take_linear(
	struct rest *rest, const struct kms_colorop *op, struct kms_colorop_setting *setting) {
	struct color_conversion *conversion = &rest->conversion;
	const double *matrix = conversion->matrix;
	if (!rest->is_light || !conversion->has_matrix ||
		(op->type == KMS_COLOROP_MULTIPLIER &&
			!color_matrix_is_factor(matrix, matrix[0]))) {
		return;
	}
	setting->on = true;
	setting->factor = matrix[0];
	memcpy(setting->matrix, matrix, sizeof(setting->matrix));
	conversion->has_matrix = false;
}

static bool match(const struct kms_pipeline *pipeline, const struct color_conversion *conversion,
	bool ends_scaled, struct kms_pipeline_setting *setting) {
	struct rest rest = {.conversion = *conversion, .ends_scaled = ends_scaled};
	rest.is_light = conversion->from.transfer == COLOR_LINEAR;
	scale(&rest.conversion, ends_scaled ? PQ_SCALE : 1);
	*setting = (struct kms_pipeline_setting){0};
	for (size_t i = 0; i < pipeline->len; i++) {
		const struct kms_colorop *op = &pipeline->ops[i];
		struct kms_colorop_setting *value = &setting->ops[i];
		if (op->type == KMS_COLOROP_CURVE) {
			take_curve(&rest, op, value);
		} else if (op->type == KMS_COLOROP_LUT) {
			take_lut(&rest, op, value);
		} else if (op->type == KMS_COLOROP_MATRIX || op->type == KMS_COLOROP_MULTIPLIER) {
			take_linear(&rest, op, value);
		}
		if (!value->on && op->props.bypass.id == 0) {
			return false;
		}
	}
	return rest.is_light && !rest.conversion.has_matrix &&
	       (rest.done || conversion->to.transfer == COLOR_LINEAR);
}

bool kms_pipeline_match(const struct kms_pipeline *pipeline,
	const struct color_conversion *conversion, struct kms_pipeline_setting *setting) {
	return (!pipeline->wraps || conversion->stays_inside) && !(conversion->tone_from > 0) &&
	       (match(pipeline, conversion, false, setting) ||
		       (conversion->to.transfer == COLOR_PQ &&
			       match(pipeline, conversion, true, setting)));
}

const struct kms_pipeline *kms_pipeline_find(const struct kms_plane_color *color,
	const struct color_conversion *conversion, struct kms_pipeline_setting *setting) {
	for (size_t i = 0; i < color->len; i++) {
		if (kms_pipeline_match(&color->pipelines[i], conversion, setting)) {
			return &color->pipelines[i];
		}
	}
	return NULL;
}
