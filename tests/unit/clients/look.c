/* SPDX-License-Identifier: MIT */
/* Which size a buffer has for which surface. */
#include "common/look.h"
#include "../test.h"

static const struct {
	const char *name;
	struct look_options options;
	/* Of the surface, where nothing else says; and of the buffer of one of 1024 x 768. */
	uint32_t surface_width, surface_height, buffer_width, buffer_height;
} rows[] = {
	{"plain", {0}, 640, 480, 1024, 768},
	{"crop", {.crop_x = 8, .crop_width = 100, .crop_height = 50}, 100, 50, 640, 480},
	{"crop and scale",
		{.crop_width = 100, .crop_height = 50, .scaled_width = 300, .scaled_height = 200},
		300, 200, 640, 480},
	{"90", {.transform = WL_OUTPUT_TRANSFORM_90}, 640, 480, 768, 1024},
	{"180", {.transform = WL_OUTPUT_TRANSFORM_180}, 640, 480, 1024, 768},
	{"270", {.transform = WL_OUTPUT_TRANSFORM_270}, 640, 480, 768, 1024},
	{"flipped", {.transform = WL_OUTPUT_TRANSFORM_FLIPPED}, 640, 480, 1024, 768},
	{"flipped 90", {.transform = WL_OUTPUT_TRANSFORM_FLIPPED_90}, 640, 480, 768, 1024},
	{"flipped 180", {.transform = WL_OUTPUT_TRANSFORM_FLIPPED_180}, 640, 480, 1024, 768},
	{"flipped 270", {.transform = WL_OUTPUT_TRANSFORM_FLIPPED_270}, 640, 480, 768, 1024},
};

static void sizes(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		uint32_t width = 640, height = 480;
		print_message("# %s\n", rows[i].name);
		look_surface_size(&rows[i].options, &width, &height);
		assert_int_equal(width, rows[i].surface_width);
		assert_int_equal(height, rows[i].surface_height);
		look_buffer_size(&rows[i].options, 640, 480, 1024, 768, &width, &height);
		assert_int_equal(width, rows[i].buffer_width);
		assert_int_equal(height, rows[i].buffer_height);
	}
}

TEST_MAIN("clients-look", UNIT(sizes))
