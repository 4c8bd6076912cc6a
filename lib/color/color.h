/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What the numbers in a pixel mean, and how they become another display's numbers: plain functions
 * over plain structs. The words are those of wp_color_management_v1: an *image description* is of
 * primaries, a transfer characteristic and luminances, and stands for a display.
 *
 * All conversions are of the perceptual intent. White becomes white (Bradford's adaptation) and the
 * reference white's luminance the other one's; black becomes black; what the target can't show is
 * cut, colour by colour. Of PQ the bright is made darker before, where the target is another one.
 */

/** How numbers become light. */
enum color_transfer {
	/** Nothing is said: the numbers are the output's own. */
	COLOR_UNTAGGED,
	/** IEC 61966-2-1, in two pieces. */
	COLOR_SRGB,
	/** A power, see color_description.exponent. */
	COLOR_POWER,
	/** Rec. ITU-R BT.1886, for BT.601, BT.709 and BT.2020; its black is the description's. */
	COLOR_BT1886,
	/** SMPTE ST 2084, Rec. ITU-R BT.2100: 1 is 10,000 cd/m². */
	COLOR_PQ,
	/** Numbers are light. */
	COLOR_LINEAR,
	COLOR_TRANSFER_COUNT,
};

/** A chromaticity of CIE 1931, in millionths. */
struct color_xy {
	int32_t x, y;
};

struct color_primaries {
	struct color_xy red, green, blue, white;
};

enum color_primaries_name {
	COLOR_PRIMARIES_SRGB, // BT.709's, too
	COLOR_PRIMARIES_BT2020,
	COLOR_PRIMARIES_DCI_P3,
	COLOR_PRIMARIES_DISPLAY_P3,
	COLOR_PRIMARIES_ADOBE_RGB,
	COLOR_PRIMARIES_COUNT,
};

/** Rec. ITU-T H.273, table 2, for those that it has. */
extern const struct color_primaries color_primaries_named[COLOR_PRIMARIES_COUNT];

/**
 * An image description: numbers alone and no gaps, so that two are equal where their bytes are. All
 * zero is COLOR_UNTAGGED.
 */
struct color_description {
	enum color_transfer transfer;
	/** Of COLOR_POWER, in ten-thousandths, from 10000 to 100000; else 0. */
	uint32_t exponent;
	struct color_primaries primaries;
	/** Luminances of black in ten-thousandths of a cd/m², of the largest number and of the
	 * reference white in cd/m². With COLOR_PQ, max is 10,000. */
	uint32_t min, max, reference;
	/** What it was made on (SMPTE ST 2086), luminances as above, and how bright it gets on the whole
	 * and on average in cd/m² (CTA-861-H): 0 where nothing is told. */
	struct color_primaries mastering;
	uint32_t mastering_min, mastering_max, max_cll, max_fall;
};

/** A description with the luminances that wp_color_management_v1 has for the transfer. */
struct color_description color_description_make(
	enum color_primaries_name primaries, enum color_transfer transfer, uint32_t exponent);

/** One of "srgb", "gamma22", "bt1886", "display-p3", "adobe-rgb", "bt2020", "bt2020-srgb", "pq",
 * "linear". False for others. */
bool color_description_parse(const char *text, struct color_description *description);

/** NULL ends them: those that color_description_parse() knows. */
extern const char *const color_description_names[];

static inline bool color_description_equal(
	const struct color_description *a, const struct color_description *b) {
	return a->transfer == b->transfer &&
	       (a->transfer == COLOR_UNTAGGED || memcmp(a, b, sizeof(*a)) == 0);
}

static inline bool color_primaries_equal(
	const struct color_primaries *a, const struct color_primaries *b) {
	return memcmp(a, b, sizeof(*a)) == 0;
}

/** Whether the primaries span a volume, so that there is a matrix for them. */
bool color_primaries_valid(const struct color_primaries *primaries);

/** Fills the matrix from linear RGB to XYZ, white having a Y of 1 (SMPTE RP 177). For valid ones.
 */
void color_rgb_to_xyz(const struct color_primaries *primaries, double matrix[static 9]);

/** Fills the matrix between linear RGB of two primaries, with white adapted to white. */
void color_matrix(const struct color_primaries *from, const struct color_primaries *to,
	double matrix[static 9]);

/** A transfer characteristic with its numbers: both directions are of 0 to 1, and cut there. */
struct color_curve {
	enum color_transfer transfer;
	double exponent, offset;
};

struct color_curve color_curve_of(const struct color_description *description);
double color_eotf(const struct color_curve *curve, double number);
double color_inverse_eotf(const struct color_curve *curve, double light);

/** What makes numbers of one description those of another: a curve, a matrix, a curve. */
struct color_conversion {
	/** False: the numbers stay as they are. */
	bool needed;
	struct color_curve from, to;
	/** Of rows; with the factor between the two reference whites in it. */
	double matrix[9];
	bool has_matrix;
	/** No colour leaves the target's 0 to 1, so that nothing has to be cut there. */
	bool stays_inside;
	/** The light of PQ's largest number that the content has, and of the largest that the target
	 * shows, as PQ's numbers; both 0: nothing is brighter than that. See color_tone_gain(). */
	double tone_from, tone_to;
};

struct color_conversion color_conversion_make(
	const struct color_description *from, const struct color_description *to);

/** What content that says this has to be converted from for an output; COLOR_UNTAGGED where it is the
 * output's already. What says nothing is sRGB where the output is PQ, and else the output's own. */
struct color_description color_description_for(
	const struct color_description *said, const struct color_description *output);

/** Whether the matrix is one number times the identity. */
bool color_matrix_is_factor(const double matrix[static 9], double factor);

/**
 * What the light of a pixel is multiplied with whose brightest colour has this number, 1 without
 * tone mapping: the EETF of Rep. ITU-R BT.2390-10, 5.4.1, without a lift of black.
 */
double color_tone_gain(const struct color_conversion *conversion, double number);

/** Converts one pixel, of 0 to 1; so is what comes out. */
void color_convert(const struct color_conversion *conversion, double rgb[static 3]);

/** Between two of 255 levels so many are in the table, and so many between these are known. */
#define COLOR_TABLE_PARTS 16
#define COLOR_TABLE_FINE 256
#define COLOR_TABLE_MAX (255 * COLOR_TABLE_PARTS * COLOR_TABLE_FINE)

/** An ordered dither of 4x4 pixels (Bayer's) has so many thresholds. */
#define COLOR_TABLE_THRESHOLDS 16

/** A conversion made ready for many pixels: to levels of 0 to 255, rounded once. PQ's steps of 8
 * bits can be seen, so there pixels next to each other are rounded by different thresholds. */
struct color_table {
	float eotf[255 * COLOR_TABLE_PARTS + 2], matrix[9];
	/** color_tone_gain(), where there is any. */
	bool has_gain;
	float gain[255 * COLOR_TABLE_PARTS + 2];
	/** The light from which on there is level i, by threshold; without dither there is one. */
	bool dithers;
	float level[COLOR_TABLE_THRESHOLDS][256];
};

void color_table_init(struct color_table *table, const struct color_conversion *conversion);

/** in: of 0 to COLOR_TABLE_MAX. x, y: the pixel's place, for the dither. */
void color_table_convert(const struct color_table *table, const uint32_t in[static 3], int32_t x,
	int32_t y, uint8_t out[static 3]);
