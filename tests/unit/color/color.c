/* SPDX-License-Identifier: MIT */
#include "color/color.h"

#include <math.h>

#include "../test.h"

#define ASSERT_NEAR(is, wanted, by)                                                                \
	do {                                                                                       \
		const double is_ = (is), wanted_ = (wanted);                                       \
		if (!(fabs(is_ - wanted_) <= (by))) {                                              \
			fail_msg("line %d: %.9f, not %.9f", __LINE__, is_, wanted_);               \
		}                                                                                  \
	} while (0)

static struct color_description named(const char *name) {
	struct color_description description;
	assert_true(color_description_parse(name, &description));
	return description;
}

static void assert_matrix(const double is[static 9], const double wanted[static 9], double by) {
	for (int i = 0; i < 9; i++) {
		ASSERT_NEAR(is[i], wanted[i], by);
	}
}

/* IEC 61966-2-1 and SMPTE RP 177's example for BT.709; SMPTE EG 432-1's for P3 with D65; Rec. ITU-R
 * BT.2020's luma weights. */
static void test_rgb_to_xyz(void **state) {
	double matrix[9];
	color_rgb_to_xyz(&color_primaries_named[COLOR_PRIMARIES_SRGB], matrix);
	assert_matrix(matrix,
		(double[]){0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505},
		6e-5);
	color_rgb_to_xyz(&color_primaries_named[COLOR_PRIMARIES_DISPLAY_P3], matrix);
	assert_matrix(matrix,
		(double[]){
			0.48657, 0.26567, 0.19822, 0.22897, 0.69174, 0.07929, 0, 0.04511, 1.04394},
		6e-6);
	color_rgb_to_xyz(&color_primaries_named[COLOR_PRIMARIES_BT2020], matrix);
	ASSERT_NEAR(matrix[3], 0.2627, 6e-5);
	ASSERT_NEAR(matrix[4], 0.6780, 6e-5);
	ASSERT_NEAR(matrix[5], 0.0593, 6e-5);
}

/* Rec. ITU-R BT.2087-0, table 1 (M2), and BT.2407-0, 2.1 for the way back. */
static void test_between_primaries(void **state) {
	double matrix[9];
	color_matrix(&color_primaries_named[COLOR_PRIMARIES_SRGB],
		&color_primaries_named[COLOR_PRIMARIES_BT2020], matrix);
	assert_matrix(matrix,
		(double[]){0.6274, 0.3293, 0.0433, 0.0691, 0.9195, 0.0114, 0.0164, 0.0880, 0.8956},
		6e-5);
	color_matrix(&color_primaries_named[COLOR_PRIMARIES_BT2020],
		&color_primaries_named[COLOR_PRIMARIES_SRGB], matrix);
	assert_matrix(matrix,
		(double[]){1.6605, -0.5876, -0.0728, -0.1246, 1.1329, -0.0083, -0.0182, -0.1006,
			1.1187},
		6e-5);
}

/* Another white becomes white, and grey stays grey, for each pair. */
static void test_white_is_white(void **state) {
	for (int i = 0; i < COLOR_PRIMARIES_COUNT; i++) {
		for (int j = 0; j < COLOR_PRIMARIES_COUNT; j++) {
			double m[9];
			assert_true(color_primaries_valid(&color_primaries_named[i]));
			color_matrix(&color_primaries_named[i], &color_primaries_named[j], m);
			for (int k = 0; k < 9; k += 3) {
				ASSERT_NEAR(m[k] + m[k + 1] + m[k + 2], 1, 1e-9);
			}
		}
	}
	/* sRGB as ICC profiles have it, adapted to D50 (its media white of ICC.1's annex D). */
	struct color_primaries d50 = color_primaries_named[COLOR_PRIMARIES_BT2020];
	d50.white = (struct color_xy){345700, 358500};
	double m[9], xyz[9];
	color_matrix(&color_primaries_named[COLOR_PRIMARIES_SRGB], &d50, m);
	color_rgb_to_xyz(&d50, xyz);
	static const double row[] = {0.4360, 0.3851, 0.1431};
	for (int i = 0; i < 3; i++) {
		ASSERT_NEAR(xyz[0] * m[i] + xyz[1] * m[3 + i] + xyz[2] * m[6 + i], row[i], 1e-4);
	}
}

static void test_invalid_primaries(void **state) {
	struct color_primaries line = {
		{640000, 330000}, {640000, 330000}, {150000, 60000}, {312700, 329000}};
	assert_false(color_primaries_valid(&line));
	line = color_primaries_named[COLOR_PRIMARIES_SRGB];
	line.white.y = 0;
	assert_false(color_primaries_valid(&line));
	line = color_primaries_named[COLOR_PRIMARIES_SRGB];
	line.white = (struct color_xy){800000, 300000};
	assert_false(color_primaries_valid(&line));
	line = color_primaries_named[COLOR_PRIMARIES_SRGB];
	line.red.x = INT32_MIN;
	assert_false(color_primaries_valid(&line));
	/* White on the line between two primaries: the third has no weight. */
	line = (struct color_primaries){
		{600000, 300000}, {200000, 700000}, {150000, 50000}, {400000, 500000}};
	assert_false(color_primaries_valid(&line));
}

struct point {
	double number, light;
};

static void check_curve(const struct color_description *description, const struct point *points,
	size_t len, double by) {
	const struct color_curve curve = color_curve_of(description);
	for (size_t i = 0; i < len; i++) {
		ASSERT_NEAR(color_eotf(&curve, points[i].number), points[i].light, by);
	}
	for (int i = 0; i <= 1000; i++) {
		ASSERT_NEAR(color_inverse_eotf(&curve, color_eotf(&curve, i / 1000.0)), i / 1000.0,
			1e-5);
	}
	assert_true(color_eotf(&curve, 0) == 0);
	ASSERT_NEAR(color_eotf(&curve, 1), 1, 1e-12);
	ASSERT_NEAR(color_eotf(&curve, 7), 1, 1e-12);
	assert_true(color_eotf(&curve, -1) == 0);
	assert_true(color_inverse_eotf(&curve, -1) >= 0 && color_inverse_eotf(&curve, -1) < 1e-6);
}

static void test_curves(void **state) {
	struct color_description srgb = named("srgb"), gamma = named("gamma22"), pq = named("pq");
	struct color_description video = named("bt1886"), linear = named("linear");
	check_curve(&srgb,
		(struct point[]){{0.04045, 0.0031308}, {0.5, 0.21404114}, {0.01, 0.000773994}}, 3,
		1e-7);
	check_curve(&gamma, (struct point[]){{0.5, 0.21763764}}, 1, 1e-7);
	check_curve(&linear, (struct point[]){{0.5, 0.5}}, 1, 0);
	/* Rec. ITU-R BT.2408-7, table 1: 203 cd/m² is 58 %, and 100 is 51 %; Report BT.2390-10:
	 * 1,000 cd/m² is 75 %, 4,000 is 90 %; of ten bits, full range. */
	check_curve(&pq,
		(struct point[]){{0.580689, 203e-4}, {0.508078, 100e-4}, {0.751827, 1000e-4},
			{0.902572, 4000e-4}},
		4, 2e-6);
	/* BT.1886 with a black of 0 is a power of 2.4. */
	video.min = 0;
	check_curve(&video, (struct point[]){{0.5, 0.18946457}}, 1, 1e-7);
	/* With a black of 0.1 of 100 cd/m² its annex makes b 0.0596 and a 87.06 of it; black is
	 * taken off here. */
	video.min = 1000;
	const double b = pow(0.001, 1 / 2.4) / (1 - pow(0.001, 1 / 2.4));
	const double a = 100 * pow(1 - pow(0.001, 1 / 2.4), 2.4);
	const double light = a * pow(0.5 + b, 2.4);
	check_curve(&video, (struct point[]){{0.5, (light - 0.1) / (100 - 0.1)}}, 1, 1e-9);
}

static void test_equal_ones_need_nothing(void **state) {
	for (size_t i = 0; color_description_names[i] != NULL; i++) {
		struct color_description a = named(color_description_names[i]), untagged = {0};
		assert_int_equal(color_conversion_make(&a, &a).needed, false);
		assert_int_equal(color_conversion_make(&a, &untagged).needed, false);
		assert_int_equal(color_conversion_make(&untagged, &a).needed, false);
		for (size_t j = 0; color_description_names[j] != NULL; j++) {
			struct color_description b = named(color_description_names[j]);
			assert_true(color_description_equal(&a, &b) == (i == j));
			assert_true(color_conversion_make(&a, &b).needed == (i != j));
		}
	}
	struct color_description none;
	assert_false(color_description_parse("sRGBx", &none));
}

static void convert(const char *from, const char *to, double rgb[static 3]) {
	const struct color_description a = named(from), b = named(to);
	const struct color_conversion conversion = color_conversion_make(&a, &b);
	color_convert(&conversion, rgb);
}

/* Numbers that others publish. */
static void test_conversions(void **state) {
	/* CSS Color 4's sample: Display P3's green is sRGB's (-0.511, 1.018, -0.311), and is cut;
	 * sRGB's red in Display P3 is (0.91749, 0.20029, 0.13856). */
	double green[3] = {0, 1, 0}, red[3] = {1, 0, 0}, white[3] = {1, 1, 1};
	convert("display-p3", "srgb", green);
	ASSERT_NEAR(green[0], 0, 0);
	ASSERT_NEAR(green[1], 1, 1e-9);
	ASSERT_NEAR(green[2], 0, 0);
	convert("srgb", "display-p3", red);
	ASSERT_NEAR(red[0], 0.91749, 1e-5);
	ASSERT_NEAR(red[1], 0.20029, 1e-5);
	ASSERT_NEAR(red[2], 0.13856, 1e-5);
	/* SDR's white is PQ's reference white, and comes back. */
	convert("srgb", "pq", white);
	for (int i = 0; i < 3; i++) {
		ASSERT_NEAR(white[i], 0.580689, 1e-5);
	}
	/* If the content is no brighter. */
	const struct color_description srgb = named("srgb");
	struct color_description dim = named("pq");
	dim.max_cll = 203;
	struct color_conversion conversion = color_conversion_make(&dim, &srgb);
	color_convert(&conversion, white);
	for (int i = 0; i < 3; i++) {
		ASSERT_NEAR(white[i], 1, 1e-6);
	}
	/* Lighter than that is cut. */
	double sun[3] = {0.9, 0.9, 0.9};
	color_convert(&conversion, sun);
	ASSERT_NEAR(sun[0], 1, 1e-9);
}

/* Rep. ITU-R BT.2390's EETF from 1,000 to 203 cd/m², calculated from its formulae: as PQ, and the light
 * that is shown of it, where 1 is 203 cd/m². */
static void test_tone_mapping(void **state) {
	static const struct {
		double pq, shown;
	} greys[] = {{0.44028157, 0.24630542}, {0.50807842, 0.48946350}, {0.58068888, 0.78345747},
		{0.65257860, 0.95373921}, {0.75182710, 1}, {0.9, 1}};
	const struct color_description srgb = named("srgb"), other = named("display-p3");
	const struct color_curve curve = color_curve_of(&srgb);
	struct color_description pq = named("pq");
	for (int told = 0; told < 3; told++) {
		/* Nothing, of the mastering display, and of the content, which counts. */
		pq.mastering_max = told == 2 ? 4000 : told == 1 ? 1000 : 0;
		pq.max_cll = told == 2 ? 1000 : 0;
		const struct color_conversion c = color_conversion_make(&pq, &srgb);
		for (size_t i = 0; i < LEN(greys); i++) {
			double rgb[3] = {greys[i].pq, greys[i].pq, greys[i].pq};
			color_convert(&c, rgb);
			ASSERT_NEAR(color_eotf(&curve, rgb[1]), greys[i].shown, 1e-4);
		}
	}
	/* A colour keeps its hue. */
	pq.primaries = srgb.primaries;
	const struct color_conversion c = color_conversion_make(&pq, &srgb);
	double rgb[3] = {0.65257860, 0.44028157, 0};
	color_convert(&c, rgb);
	ASSERT_NEAR(color_eotf(&curve, rgb[1]) / color_eotf(&curve, rgb[0]), 50.0 / 400, 1e-4);
	/* Neither of SDR, nor for HDR. */
	assert_true(color_conversion_make(&other, &srgb).tone_from == 0);
	const struct color_description hdr = named("pq");
	assert_true(color_conversion_make(&pq, &hdr).tone_from == 0);
}

/* What a surface says, the output, and what it is converted from; NULL: nothing. */
static void test_for_outputs(void **state) {
	static const char *const rows[][3] = {{NULL, "srgb", NULL}, {NULL, "display-p3", NULL},
		{"srgb", "srgb", NULL}, {"pq", "srgb", "pq"}, {NULL, "pq", "srgb"},
		{"srgb", "pq", "srgb"}, {"pq", "pq", NULL}, {"bt2020", "pq", "bt2020"}};
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct color_description none = {0}, output = named(rows[i][1]);
		struct color_description said = rows[i][0] != NULL ? named(rows[i][0]) : none;
		/* What it tells of its mastering is no cause for a conversion. */
		said.max_cll = said.transfer == COLOR_PQ ? 800 : 0;
		struct color_description wanted = rows[i][2] != NULL ? named(rows[i][2]) : none;
		wanted.max_cll = wanted.transfer == COLOR_PQ ? 800 : 0;
		const struct color_description from = color_description_for(&said, &output);
		assert_true(color_description_equal(&from, &wanted));
	}
}

static void test_steps(void **state) {
	const struct color_description srgb = named("srgb"), wide = named("bt2020-srgb");
	const struct color_description gamma = named("gamma22"), pq = named("pq");
	struct color_conversion c = color_conversion_make(&wide, &srgb);
	assert_true(c.needed && c.has_matrix && !c.stays_inside);
	assert_true(color_conversion_make(&srgb, &wide).stays_inside);

	c = color_conversion_make(&srgb, &gamma);
	assert_true(c.needed && !c.has_matrix && c.stays_inside);
	assert_int_equal(c.to.transfer, COLOR_POWER);

	c = color_conversion_make(&pq, &srgb);
	assert_int_equal(c.from.transfer, COLOR_PQ);
	ASSERT_NEAR(c.matrix[0], 1.6605 * 10000 / 203, 0.005);
	assert_false(c.stays_inside);
	assert_false(color_matrix_is_factor(c.matrix, c.matrix[0]));

	struct color_description bright = srgb;
	bright.max = 160;
	c = color_conversion_make(&bright, &srgb);
	assert_true(c.needed && color_matrix_is_factor(c.matrix, 2) && !c.stays_inside);
	assert_true(color_conversion_make(&srgb, &bright).stays_inside);
}

/* The table against the functions: each pixel, and where it dithers the mean of the pattern. */
static void check_table(const struct color_table *table, const uint32_t in[static 3],
	const double exact[static 3]) {
	const int pixels = table->dithers ? COLOR_TABLE_THRESHOLDS : 1;
	const double off = 0.01 + (table->dithers ? 1 : 0.5), mean_off = 0.01 + 0.5 / pixels;
	int sum[3] = {0};
	for (int i = 0; i < pixels; i++) {
		uint8_t out[3];
		color_table_convert(table, in, i % 4, i / 4, out);
		for (int c = 0; c < 3; c++) {
			ASSERT_NEAR(out[c], exact[c] * 255, off);
			sum[c] += out[c];
		}
	}
	for (int c = 0; c < 3; c++) {
		ASSERT_NEAR(sum[c] / (double)pixels, exact[c] * 255, mean_off);
	}
}

static void test_table(void **state) {
	static struct color_table table;
	for (size_t i = 0; color_description_names[i] != NULL; i++) {
		for (size_t j = 0; color_description_names[j] != NULL; j++) {
			const struct color_description from = named(color_description_names[i]);
			const struct color_description to = named(color_description_names[j]);
			const struct color_conversion conversion =
				color_conversion_make(&from, &to);
			color_table_init(&table, &conversion);
			for (uint32_t n = 0; n <= COLOR_TABLE_MAX; n += 997) {
				const uint32_t in[3] = {
					n, n * 7 % COLOR_TABLE_MAX, COLOR_TABLE_MAX - n};
				double rgb[3];
				for (int c = 0; c < 3; c++) {
					rgb[c] = in[c] / (double)COLOR_TABLE_MAX;
				}
				color_convert(&conversion, rgb);
				check_table(&table, in, rgb);
			}
		}
	}
}

TEST_MAIN("color", UNIT(test_rgb_to_xyz), UNIT(test_between_primaries), UNIT(test_white_is_white),
	UNIT(test_invalid_primaries), UNIT(test_curves), UNIT(test_equal_ones_need_nothing),
	UNIT(test_conversions), UNIT(test_tone_mapping),
	UNIT(test_for_outputs), UNIT(test_steps), UNIT(test_table))
