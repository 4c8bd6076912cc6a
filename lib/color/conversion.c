/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "color/color.h"

/* What is smaller than this is nothing: a quarter of a level of 16 bits. */
#define NOTHING 4e-6

bool color_matrix_is_factor(const double matrix[static 9], double factor) {
	for (int i = 0; i < 9; i++) {
		if (fabs(matrix[i] - (i % 4 == 0 ? factor : 0)) > NOTHING) {
			return false;
		}
	}
	return true;
}

/* The smallest and the largest that a row makes of numbers of 0 to 1. */
static bool stays_inside(const double matrix[static 9]) {
	for (int i = 0; i < 9; i += 3) {
		double least = 0, most = 0;
		for (int j = i; j < i + 3; j++) {
			least += fmin(matrix[j], 0);
			most += fmax(matrix[j], 0);
		}
		if (least < -NOTHING || most > 1 + NOTHING) {
			return false;
		}
	}
	return true;
}

static bool same_curve(const struct color_curve *a, const struct color_curve *b) {
	return a->transfer == b->transfer && fabs(a->exponent - b->exponent) < NOTHING &&
	       fabs(a->offset - b->offset) < NOTHING;
}

/* In cd/m²: as bright as most of what is in PQ was mastered for, where it tells nothing. */
#define USUAL_PEAK 1000.0

static void find_tones(const struct color_description *from, const struct color_description *to,
	struct color_conversion *conversion) {
	const double told = from->max_cll != 0 ? from->max_cll : from->mastering_max;
	const double peak = fmin(told > 0 ? told : USUAL_PEAK, from->max);
	const double shown = (double)to->max / to->reference * from->reference;
	if (from->transfer == COLOR_PQ && peak > shown) {
		conversion->tone_from = color_inverse_eotf(&conversion->from, peak / from->max);
		conversion->tone_to = color_inverse_eotf(&conversion->from, shown / from->max);
	}
}

double color_tone_gain(const struct color_conversion *conversion, double number) {
	const double most = conversion->tone_to / conversion->tone_from, knee = 1.5 * most - 0.5;
	const double at = fmin(number / conversion->tone_from, 1);
	if (!(conversion->tone_from > 0) || number <= 0 || at < knee) {
		return 1;
	}
	const double t = (at - knee) / (1 - knee);
	const double mapped = ((2 * t - 3) * t * t + 1) * knee +
			      ((t - 2) * t + 1) * t * (1 - knee) + (3 - 2 * t) * t * t * most;
	return color_eotf(&conversion->from, mapped * conversion->tone_from) /
	       color_eotf(&conversion->from, number);
}

struct color_conversion color_conversion_make(
	const struct color_description *from, const struct color_description *to) {
	struct color_conversion conversion = {.stays_inside = true};
	if (from->transfer == COLOR_UNTAGGED || to->transfer == COLOR_UNTAGGED) {
		return conversion;
	}
	conversion.from = color_curve_of(from);
	conversion.to = color_curve_of(to);
	color_matrix(&from->primaries, &to->primaries, conversion.matrix);
	/* Of the largest number, in units of the reference white. */
	const double factor = (double)from->max / from->reference * to->reference / to->max;
	for (int i = 0; i < 9; i++) {
		conversion.matrix[i] *= factor;
	}
	conversion.has_matrix = !color_matrix_is_factor(conversion.matrix, 1);
	conversion.needed = conversion.has_matrix || !same_curve(&conversion.from, &conversion.to);
	conversion.stays_inside = stays_inside(conversion.matrix);
	find_tones(from, to, &conversion);
	return conversion;
}

struct color_description color_description_for(
	const struct color_description *said, const struct color_description *output) {
	struct color_description from = *said;
	if (from.transfer == COLOR_UNTAGGED && output->transfer == COLOR_PQ) {
		from = color_description_make(COLOR_PRIMARIES_SRGB, COLOR_SRGB, 0);
	}
	const bool other = from.transfer != COLOR_UNTAGGED &&
			   !color_description_equal(&from, output) &&
			   color_conversion_make(&from, output).needed;
	return other ? from : (struct color_description){0};
}

void color_convert(const struct color_conversion *conversion, double rgb[static 3]) {
	const double *m = conversion->matrix;
	double light[3];
	if (!conversion->needed) {
		return;
	}
	const double gain = color_tone_gain(conversion, fmax(fmax(rgb[0], rgb[1]), rgb[2]));
	for (int i = 0; i < 3; i++) {
		light[i] = color_eotf(&conversion->from, rgb[i]) * gain;
	}
	for (int i = 0; i < 3; i++, m += 3) {
		rgb[i] = color_inverse_eotf(
			&conversion->to, m[0] * light[0] + m[1] * light[1] + m[2] * light[2]);
	}
}
