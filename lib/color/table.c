#include "color/color.h"

void color_table_init(struct color_table *table, const struct color_conversion *conversion) {
	const int last = 255 * COLOR_TABLE_PARTS;
	for (int i = 0; i <= last; i++) {
		table->eotf[i] = (float)color_eotf(&conversion->from, i / (double)last);
	}
	table->eotf[last + 1] = table->eotf[last];
	for (int i = 0; i < 9; i++) {
		table->matrix[i] = (float)conversion->matrix[i];
	}
	for (int i = 1; i < 256; i++) {
		table->level[i] = (float)color_eotf(&conversion->to, (i - 0.5) / 255);
	}
	table->level[0] = 0;
}

/* The last level that is not above the light, by halves. */
static uint8_t find_level(const float *level, float light) {
	unsigned at = 0;
	for (unsigned half = 128; half > 0; half /= 2) {
		at += light >= level[at + half] ? half : 0;
	}
	return (uint8_t)at;
}

static float light_of(const struct color_table *table, uint32_t number) {
	const float *at = &table->eotf[number / COLOR_TABLE_FINE];
	return at[0] + (at[1] - at[0]) * (float)(number % COLOR_TABLE_FINE) / COLOR_TABLE_FINE;
}

void color_table_convert(
	const struct color_table *table, const uint32_t in[static 3], uint8_t out[static 3]) {
	const float red = light_of(table, in[0]), green = light_of(table, in[1]);
	const float blue = light_of(table, in[2]);
	for (int i = 0; i < 3; i++) {
		const float *row = &table->matrix[i * 3];
		out[i] = find_level(table->level, row[0] * red + row[1] * green + row[2] * blue);
	}
}
