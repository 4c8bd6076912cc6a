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
	return conversion;
}

void color_convert(const struct color_conversion *conversion, double rgb[static 3]) {
	const double *m = conversion->matrix;
	double light[3];
	if (!conversion->needed) {
		return;
	}
	for (int i = 0; i < 3; i++) {
		light[i] = color_eotf(&conversion->from, rgb[i]);
	}
	for (int i = 0; i < 3; i++, m += 3) {
		rgb[i] = color_inverse_eotf(
			&conversion->to, m[0] * light[0] + m[1] * light[1] + m[2] * light[2]);
	}
}
