/* SPDX-License-Identifier: MIT */

#include "color/color.h"

struct color_description color_description_make(
	enum color_primaries_name primaries, enum color_transfer transfer, uint32_t exponent) {
	struct color_description description = {
		.transfer = transfer,
		.exponent = exponent,
		.primaries = color_primaries_named[primaries],
		.min = 2000,
		.max = 80,
		.reference = 80,
	};
	if (transfer == COLOR_BT1886) {
		description.min = 100;
		description.max = description.reference = 100;
	} else if (transfer == COLOR_PQ) {
		description.min = 50;
		description.max = 10000;
		description.reference = 203;
	}
	return description;
}

static const struct {
	enum color_primaries_name primaries;
	enum color_transfer transfer;
	uint32_t exponent;
} named[] = {
	{COLOR_PRIMARIES_SRGB, COLOR_SRGB, 0},
	{COLOR_PRIMARIES_SRGB, COLOR_POWER, 22000},
	{COLOR_PRIMARIES_SRGB, COLOR_BT1886, 0},
	{COLOR_PRIMARIES_DISPLAY_P3, COLOR_SRGB, 0},
	{COLOR_PRIMARIES_ADOBE_RGB, COLOR_POWER, 22000},
	{COLOR_PRIMARIES_BT2020, COLOR_BT1886, 0},
	{COLOR_PRIMARIES_BT2020, COLOR_SRGB, 0},
	{COLOR_PRIMARIES_BT2020, COLOR_PQ, 0},
	{COLOR_PRIMARIES_SRGB, COLOR_LINEAR, 0},
};

const char *const color_description_names[] = {"srgb", "gamma22", "bt1886", "display-p3",
	"adobe-rgb", "bt2020", "bt2020-srgb", "pq", "linear", NULL};

bool color_description_parse(const char *text, struct color_description *description) {
	for (size_t i = 0; color_description_names[i] != NULL; i++) {
		if (strcmp(text, color_description_names[i]) == 0) {
			*description = color_description_make(
				named[i].primaries, named[i].transfer, named[i].exponent);
			return true;
		}
	}
	return false;
}
