#include <math.h>
#include <string.h>

#include "color/color.h"

/* A step that changes nothing by more than this is none: less than half a level of 16 bits. */
#define NOTHING 4e-6

static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

static bool is_identity(const double matrix[static 9]) {
	for (int i = 0; i < 9; i++) {
		if (fabs(matrix[i] - identity[i]) > NOTHING) {
			return false;
		}
	}
	return true;
}

static void multiply(const double matrix[static 9], double rgb[static 3]) {
	const double in[3] = {rgb[0], rgb[1], rgb[2]};
	for (int i = 0; i < 3; i++) {
		rgb[i] = matrix[i * 3] * in[0] + matrix[i * 3 + 1] * in[1] +
			 matrix[i * 3 + 2] * in[2];
	}
}

/* The smallest and the largest that a row makes of numbers of 0 to 1. */
static bool stays_inside(const double matrix[static 9], double factor) {
	for (int i = 0; i < 9; i += 3) {
		double least = 0, most = 0;
		for (int j = i; j < i + 3; j++) {
			least += fmin(matrix[j], 0) * factor;
			most += fmax(matrix[j], 0) * factor;
		}
		if (least < -NOTHING || most > 1 + NOTHING) {
			return false;
		}
	}
	return true;
}

static void add(struct color_conversion *conversion, const struct color_step *step) {
	conversion->steps[conversion->len++] = *step;
}

static bool same_curve(const struct color_curve *a, const struct color_curve *b) {
	return a->transfer == b->transfer && fabs(a->exponent - b->exponent) < NOTHING &&
	       fabs(a->offset - b->offset) < NOTHING;
}

struct color_conversion color_conversion_make(
	const struct color_description *from, const struct color_description *to) {
	struct color_conversion conversion = {.stays_inside = true};
	if (from->transfer == COLOR_UNTAGGED || to->transfer == COLOR_UNTAGGED) {
		return conversion;
	}
	struct color_step eotf = {.kind = COLOR_STEP_EOTF, .curve = color_curve_of(from)};
	struct color_step inverse = {.kind = COLOR_STEP_INVERSE_EOTF, .curve = color_curve_of(to)};
	struct color_step matrix = {.kind = COLOR_STEP_MATRIX};
	/* Of the largest number, in units of the reference white. */
	struct color_step multiplier = {.kind = COLOR_STEP_MULTIPLIER,
		.factor = (double)from->max / from->reference * to->reference / to->max};
	color_matrix(&from->primaries, &to->primaries, matrix.matrix);
	const bool scaled = fabs(multiplier.factor - 1) > NOTHING;
	const bool turned = !is_identity(matrix.matrix);
	if (!scaled && !turned && same_curve(&eotf.curve, &inverse.curve)) {
		return conversion;
	}
	conversion.stays_inside = stays_inside(matrix.matrix, multiplier.factor);
	if (from->transfer != COLOR_LINEAR) {
		add(&conversion, &eotf);
	}
	if (scaled) {
		add(&conversion, &multiplier);
	}
	if (turned) {
		add(&conversion, &matrix);
	}
	if (to->transfer != COLOR_LINEAR) {
		add(&conversion, &inverse);
	}
	return conversion;
}

void color_convert(const struct color_conversion *conversion, double rgb[static 3]) {
	for (size_t s = 0; s < conversion->len; s++) {
		const struct color_step *step = &conversion->steps[s];
		if (step->kind == COLOR_STEP_MATRIX) {
			multiply(step->matrix, rgb);
			continue;
		}
		for (int i = 0; i < 3; i++) {
			rgb[i] = step->kind == COLOR_STEP_MULTIPLIER ? rgb[i] * step->factor
				 : step->kind == COLOR_STEP_EOTF
					 ? color_eotf(&step->curve, rgb[i])
					 : color_inverse_eotf(&step->curve, rgb[i]);
		}
	}
	for (int i = 0; i < 3; i++) {
		rgb[i] = fmin(fmax(rgb[i], 0), 1);
	}
}

struct color_stages color_conversion_stages(const struct color_conversion *conversion) {
	struct color_stages stages = {
		.from.transfer = COLOR_LINEAR,
		.to.transfer = COLOR_LINEAR,
	};
	memcpy(stages.matrix, identity, sizeof(identity));
	double factor = 1;
	for (size_t s = 0; s < conversion->len; s++) {
		const struct color_step *step = &conversion->steps[s];
		switch (step->kind) {
		case COLOR_STEP_EOTF:
			stages.from = step->curve;
			break;
		case COLOR_STEP_INVERSE_EOTF:
			stages.to = step->curve;
			break;
		case COLOR_STEP_MULTIPLIER:
			factor = step->factor;
			break;
		case COLOR_STEP_MATRIX:
			memcpy(stages.matrix, step->matrix, sizeof(step->matrix));
			break;
		}
	}
	for (int i = 0; i < 9; i++) {
		stages.matrix[i] *= factor;
	}
	return stages;
}
