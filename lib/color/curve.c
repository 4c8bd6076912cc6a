/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "color/color.h"

/* SMPTE ST 2084:2014, 5.2 and 5.3. */
#define PQ_M1 (2610.0 / 16384)
#define PQ_M2 (2523.0 / 4096 * 128)
#define PQ_C1 (3424.0 / 4096)
#define PQ_C2 (2413.0 / 4096 * 32)
#define PQ_C3 (2392.0 / 4096 * 32)

/* Rec. ITU-R BT.1886, annex 1. */
#define BT1886_EXPONENT 2.4

static double cut(double value) {
	return value > 0 ? fmin(value, 1) : 0; // NaN is 0
}

struct color_curve color_curve_of(const struct color_description *description) {
	struct color_curve curve = {.transfer = description->transfer, .exponent = 1};
	if (description->transfer == COLOR_POWER) {
		curve.exponent = description->exponent / 1e4;
	} else if (description->transfer == COLOR_BT1886) {
		/* L = a (V + b)^2.4, of which black is b^2.4 and white (1 + b)^2.4. */
		double black = pow(description->min / 1e4 / description->max, 1 / BT1886_EXPONENT);
		curve.exponent = BT1886_EXPONENT;
		curve.offset = black / (1 - black);
	}
	return curve;
}

/* A power that begins at offset, with black at 0 and white at 1. */
static double power(const struct color_curve *curve, double number) {
	const double white = pow(1 + curve->offset, curve->exponent);
	const double black = pow(curve->offset, curve->exponent);
	return (pow(number + curve->offset, curve->exponent) - black) / (white - black);
}

static double inverse_power(const struct color_curve *curve, double light) {
	const double white = pow(1 + curve->offset, curve->exponent);
	const double black = pow(curve->offset, curve->exponent);
	return pow(light * (white - black) + black, 1 / curve->exponent) - curve->offset;
}

static double pq(double number) {
	const double root = pow(number, 1 / PQ_M2);
	return pow(fmax(root - PQ_C1, 0) / (PQ_C2 - PQ_C3 * root), 1 / PQ_M1);
}

static double inverse_pq(double light) {
	const double root = pow(light, PQ_M1);
	return pow((PQ_C1 + PQ_C2 * root) / (1 + PQ_C3 * root), PQ_M2);
}

double color_eotf(const struct color_curve *curve, double number) {
	number = cut(number);
	switch (curve->transfer) {
	case COLOR_SRGB:
		return number <= 0.04045 ? number / 12.92 : pow((number + 0.055) / 1.055, 2.4);
	case COLOR_POWER:
	case COLOR_BT1886:
		return power(curve, number);
	case COLOR_PQ:
		return pq(number);
	default:
		return number;
	}
}

double color_inverse_eotf(const struct color_curve *curve, double light) {
	light = cut(light);
	switch (curve->transfer) {
	case COLOR_SRGB:
		return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
	case COLOR_POWER:
	case COLOR_BT1886:
		return inverse_power(curve, light);
	case COLOR_PQ:
		return inverse_pq(light);
	default:
		return light;
	}
}
