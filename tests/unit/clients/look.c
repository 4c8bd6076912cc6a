/* Which size a buffer has for which surface. */
#include "common/look.h"
#include "../test.h"

struct size {
	uint32_t width, height;
};

static struct size surface_size(const struct look_options *options) {
	struct size size = {640, 480};
	look_surface_size(options, &size.width, &size.height);
	return size;
}

static struct size buffer_size(const struct look_options *options, struct size surface) {
	struct size size;
	look_buffer_size(
		options, 640, 480, surface.width, surface.height, &size.width, &size.height);
	return size;
}

static void assert_size(struct size size, uint32_t width, uint32_t height) {
	assert_int_equal(size.width, width);
	assert_int_equal(size.height, height);
}

static void plain(void **state) {
	struct look_options options = {0};
	assert_size(surface_size(&options), 640, 480);
	assert_size(buffer_size(&options, (struct size){1024, 768}), 1024, 768);
}

static void crop(void **state) {
	struct look_options options = {.crop_x = 8, .crop_width = 100, .crop_height = 50};
	assert_size(surface_size(&options), 100, 50);
	assert_size(buffer_size(&options, (struct size){100, 50}), 640, 480);
}

static void crop_and_scale(void **state) {
	struct look_options options = {
		.crop_width = 100, .crop_height = 50, .scaled_width = 300, .scaled_height = 200};
	assert_size(surface_size(&options), 300, 200);
	assert_size(buffer_size(&options, (struct size){1024, 768}), 640, 480);
}

static void quarter_turns(void **state) {
	static const enum wl_output_transform quarters[] = {WL_OUTPUT_TRANSFORM_90,
		WL_OUTPUT_TRANSFORM_270, WL_OUTPUT_TRANSFORM_FLIPPED_90,
		WL_OUTPUT_TRANSFORM_FLIPPED_270};
	static const enum wl_output_transform others[] = {WL_OUTPUT_TRANSFORM_NORMAL,
		WL_OUTPUT_TRANSFORM_180, WL_OUTPUT_TRANSFORM_FLIPPED,
		WL_OUTPUT_TRANSFORM_FLIPPED_180};
	for (int i = 0; i < 4; i++) {
		struct look_options options = {.transform = quarters[i]};
		assert_size(buffer_size(&options, (struct size){200, 100}), 100, 200);
		options.transform = others[i];
		assert_size(buffer_size(&options, (struct size){200, 100}), 200, 100);
	}
}

TEST_MAIN("clients-look", UNIT(plain), UNIT(crop), UNIT(crop_and_scale), UNIT(quarter_turns))
