/* SPDX-License-Identifier: MIT */
#include "color/color.h"

void color_table_init(struct color_table *table, const struct color_conversion *conversion) {
	const int last = 255 * COLOR_TABLE_PARTS;
	for (int i = 0; i <= last; i++) {
		table->eotf[i] = (float)color_eotf(&conversion->from, i / (double)last);
		table->gain[i] = (float)color_tone_gain(conversion, i / (double)last);
	}
	table->eotf[last + 1] = table->eotf[last];
	table->gain[last + 1] = table->gain[last];
	table->has_gain = conversion->tone_from > 0;
	for (int i = 0; i < 9; i++) {
		table->matrix[i] = (float)conversion->matrix[i];
	}
	table->dithers = conversion->to.transfer == COLOR_PQ;
	const int thresholds = table->dithers ? COLOR_TABLE_THRESHOLDS : 1;
	for (int t = 0; t < thresholds; t++) {
		const double below = (t + 0.5) / thresholds;
		table->level[t][0] = 0;
		for (int i = 1; i < 256; i++) {
			table->level[t][i] = (float)color_eotf(&conversion->to, (i - below) / 255);
		}
	}
}

/* Each half of the pattern, and each half of these, has thresholds of the whole range. */
static unsigned threshold(int32_t x, int32_t y) {
	static const uint8_t pattern[4][4] = {
		{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
	return pattern[y & 3][x & 3];
}

/* The last level that is not above the light, by halves. */
static uint8_t find_level(const float *level, float light) {
	unsigned at = 0;
	for (unsigned half = 128; half > 0; half /= 2) {
		at += light >= level[at + half] ? half : 0;
	}
	return (uint8_t)at;
}

static float look_up(const float *values, uint32_t number) {
	const float *at = &values[number / COLOR_TABLE_FINE];
	return at[0] + (at[1] - at[0]) * (float)(number % COLOR_TABLE_FINE) / COLOR_TABLE_FINE;
}

void color_table_convert(const struct color_table *table, const uint32_t in[static 3], int32_t x,
	int32_t y, uint8_t out[static 3]) {
	float red = look_up(table->eotf, in[0]), green = look_up(table->eotf, in[1]);
	float blue = look_up(table->eotf, in[2]);
	if (table->has_gain) {
		uint32_t most = in[0] > in[1] ? in[0] : in[1];
		const float gain = look_up(table->gain, most > in[2] ? most : in[2]);
		red *= gain;
		green *= gain;
		blue *= gain;
	}
	const float *level = table->level[table->dithers ? threshold(x, y) : 0];
	for (int i = 0; i < 3; i++) {
		const float *row = &table->matrix[i * 3];
		out[i] = find_level(level, row[0] * red + row[1] * green + row[2] * blue);
	}
}
