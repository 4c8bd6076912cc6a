/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "color/color.h"

#define D65                                                                                        \
	{ 312700, 329000 }

const struct color_primaries color_primaries_named[COLOR_PRIMARIES_COUNT] = {
	[COLOR_PRIMARIES_SRGB] = {{640000, 330000}, {300000, 600000}, {150000, 60000}, D65},
	[COLOR_PRIMARIES_BT2020] = {{708000, 292000}, {170000, 797000}, {131000, 46000}, D65},
	[COLOR_PRIMARIES_DCI_P3] = {{680000, 320000}, {265000, 690000}, {150000, 60000},
		{314000, 351000}},
	[COLOR_PRIMARIES_DISPLAY_P3] = {{680000, 320000}, {265000, 690000}, {150000, 60000}, D65},
	[COLOR_PRIMARIES_ADOBE_RGB] = {{640000, 330000}, {210000, 710000}, {150000, 60000}, D65},
};

static void multiply(const double a[static 9], const double b[static 9], double product[static 9]) {
	double result[9];
	for (int i = 0; i < 9; i++) {
		const double *row = &a[i / 3 * 3], *column = &b[i % 3];
		result[i] = row[0] * column[0] + row[1] * column[3] + row[2] * column[6];
	}
	memcpy(product, result, sizeof(result));
}

static void apply(const double m[static 9], const double v[static 3], double product[static 3]) {
	for (int i = 0; i < 3; i++) {
		product[i] = m[i * 3] * v[0] + m[i * 3 + 1] * v[1] + m[i * 3 + 2] * v[2];
	}
}

static double determinant(const double m[static 9]) {
	return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
	       m[2] * (m[3] * m[7] - m[4] * m[6]);
}

static void invert(const double m[static 9], double inverse[static 9]) {
	const double d = determinant(m);
	for (int i = 0; i < 9; i++) {
		/* The minor of the element on the other side of the diagonal, with its sign. */
		int r = i % 3, c = i / 3;
		int r1 = (r + 1) % 3 * 3, r2 = (r + 2) % 3 * 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
		inverse[i] = (m[r1 + c1] * m[r2 + c2] - m[r1 + c2] * m[r2 + c1]) / d;
	}
}

static void to_xyz(const struct color_xy *xy, double xyz[static 3]) {
	const double x = xy->x, y = xy->y;
	xyz[0] = x / y;
	xyz[1] = 1;
	xyz[2] = (1e6 - x - y) / y;
}

/* Columns are the XYZ of primaries that are as bright as white. */
static void unweighted(const struct color_primaries *primaries, double matrix[static 9]) {
	const struct color_xy *const columns[] = {
		&primaries->red, &primaries->green, &primaries->blue};
	for (int i = 0; i < 3; i++) {
		double xyz[3];
		to_xyz(columns[i], xyz);
		for (int j = 0; j < 3; j++) {
			matrix[j * 3 + i] = xyz[j];
		}
	}
}

/* Primaries may be imaginary (those of ACES are), but nobody adapts to a white that is no light. */
bool color_primaries_valid(const struct color_primaries *primaries) {
	const struct color_xy *white = &primaries->white;
	const struct color_xy *const all[] = {
		&primaries->red, &primaries->green, &primaries->blue, white};
	for (int i = 0; i < 4; i++) {
		/* Far outside of what an eye sees the numbers are of no use. */
		if (all[i]->y == 0 || all[i]->x < -1000000 || all[i]->x > 2000000 ||
			all[i]->y < -1000000 || all[i]->y > 2000000) {
			return false;
		}
	}
	if (white->x <= 0 || white->y <= 0 || white->x + white->y >= 1000000) {
		return false;
	}
	double matrix[9], xyz[9];
	unweighted(primaries, matrix);
	if (fabs(determinant(matrix)) < 1e-3) {
		return false;
	}
	color_rgb_to_xyz(primaries, xyz);
	return fabs(determinant(xyz)) > 1e-6;
}

void color_rgb_to_xyz(const struct color_primaries *primaries, double matrix[static 9]) {
	double inverse[9], white[3], weights[3];
	unweighted(primaries, matrix);
	invert(matrix, inverse);
	to_xyz(&primaries->white, white);
	apply(inverse, white, weights);
	for (int i = 0; i < 9; i++) {
		matrix[i] *= weights[i % 3];
	}
}

/* Bradford's cone responses, as ICC.1 (annex E) has them. */
static void adapt(const struct color_xy *from, const struct color_xy *to, double matrix[static 9]) {
	static const double bradford[9] = {
		0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296};
	double cones[9], xyz[3], before[3], after[3];
	to_xyz(from, xyz);
	apply(bradford, xyz, before);
	to_xyz(to, xyz);
	apply(bradford, xyz, after);
	for (int i = 0; i < 9; i++) {
		cones[i] = bradford[i] * after[i / 3] / before[i / 3];
	}
	invert(bradford, matrix);
	multiply(matrix, cones, matrix);
}

void color_matrix(const struct color_primaries *from, const struct color_primaries *to,
	double matrix[static 9]) {
	double source[9], target[9], white[9];
	color_rgb_to_xyz(from, source);
	color_rgb_to_xyz(to, target);
	adapt(&from->white, &to->white, white);
	invert(target, matrix);
	multiply(matrix, white, matrix);
	multiply(matrix, source, matrix);
}
