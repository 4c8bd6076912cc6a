/* The picture: the right colours in the right places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "example.h"
#include "svg.h"

/* A screen of 1000x500 is drawn 800 wide below its heading. */
#define LEFT 24
#define TOP 28
#define SCALE 0.8

struct picture {
	cairo_surface_t *surface;
	int width, height;
};

static struct picture draw(const struct model *model, const struct model_output *only) {
	double width, height;
	svg_size(model, only, &width, &height);
	struct picture picture = {.width = (int)width, .height = (int)height};
	picture.surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height);
	cairo_t *cairo = cairo_create(picture.surface);
	svg_draw(cairo, model, only);
	assert_int_equal(cairo_status(cairo), CAIRO_STATUS_SUCCESS);
	cairo_destroy(cairo);
	cairo_surface_flush(picture.surface);
	return picture;
}

static uint32_t pixel(const struct picture *picture, int x, int y) {
	assert_true(x >= 0 && x < picture->width && y >= 0 && y < picture->height);
	const unsigned char *row = cairo_image_surface_get_data(picture->surface) +
				   y * cairo_image_surface_get_stride(picture->surface);
	return ((const uint32_t *)(const void *)row)[x] & 0xffffff;
}

/* By place on the screen; in its lower half, where no words are. */
static uint32_t screen_pixel(const struct picture *picture, double x, double y) {
	return pixel(picture, (int)(LEFT + x * SCALE), (int)(TOP + y * SCALE));
}

static int red(uint32_t colour) {
	return (int)(colour >> 16);
}

static int green(uint32_t colour) {
	return (int)(colour >> 8 & 0xff);
}

static int blue(uint32_t colour) {
	return (int)(colour & 0xff);
}

static void planes_have_colours_and_composed_is_grey(void **state) {
	struct model model = example_model();
	struct model_output *output = &model.outputs[EXAMPLE_SCREEN];
	struct picture picture = draw(&model, output);
	uint32_t overlay = screen_pixel(&picture, 750, 400);
	assert_true(blue(overlay) > green(overlay) && green(overlay) > red(overlay));
	/* Stripes: two greys. */
	uint32_t first = screen_pixel(&picture, 200, 400);
	bool striped = false;
	for (int x = 200; x < 240; x++) {
		uint32_t composed = screen_pixel(&picture, x, 400);
		assert_true(red(composed) == green(composed) && green(composed) == blue(composed));
		assert_true(red(composed) > 100 && red(composed) < 250);
		striped = striped || composed != first;
	}
	assert_true(striped);
	cairo_surface_destroy(picture.surface);

	output->layers[0].plane = 31; // primary
	picture = draw(&model, output);
	uint32_t primary = screen_pixel(&picture, 750, 400);
	assert_true(green(primary) > red(primary) && green(primary) > blue(primary));
	cairo_surface_destroy(picture.surface);

	output->layers[0].plane = 39; // cursor
	picture = draw(&model, output);
	uint32_t cursor = screen_pixel(&picture, 750, 400);
	assert_true(red(cursor) > green(cursor) && green(cursor) > blue(cursor));
	cairo_surface_destroy(picture.surface);
	model_finish(&model);
}

static void the_front_is_in_front(void **state) {
	struct model model = example_model();
	struct model_output *output = &model.outputs[EXAMPLE_SCREEN];
	/* The last one in the list is behind the others, though as large as the screen. */
	output->layers[3].place = output->layers[0].place;
	output->layers[3].plane = 31;
	struct picture picture = draw(&model, output);
	uint32_t front = screen_pixel(&picture, 750, 400);
	assert_true(blue(front) > green(front));
	cairo_surface_destroy(picture.surface);

	/* What is on no layer is black; so is what only a covered one would show. */
	output->layers_len = 3;
	output->layers[1].dst_width = 100;
	picture = draw(&model, output);
	assert_int_equal(screen_pixel(&picture, 200, 400), 0);
	cairo_surface_destroy(picture.surface);
	output->layers_len = 4;
	model_finish(&model);
}

static void outputs_are_below_each_other(void **state) {
	struct model model = example_model();
	double width, one, all;
	svg_size(&model, &model.outputs[EXAMPLE_SCREEN], &width, &one);
	svg_size(&model, NULL, &width, &all);
	/* 800x600 in full, and a heading. */
	assert_true(all - one == 600 + TOP);
	struct picture picture = draw(&model, NULL);
	assert_int_equal(
		pixel(&picture, LEFT + 790, TOP + 400 + TOP + 590), 0); // black, of the second
	cairo_surface_destroy(picture.surface);
	model_finish(&model);
}

static void it_is_an_svg_file(void **state) {
	struct model model = example_model();
	char path[] = "/tmp/latchctl-svg-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(svg_write(path, &model, NULL), CAIRO_STATUS_SUCCESS);
	char head[200];
	ssize_t len = read(fd, head, sizeof(head) - 1);
	assert_true(len > 0);
	head[len] = '\0';
	assert_non_null(strstr(head, "<svg"));
	close(fd);
	unlink(path);
	assert_int_not_equal(
		svg_write("/no/such/folder/file.svg", &model, NULL), CAIRO_STATUS_SUCCESS);
	model_finish(&model);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planes_have_colours_and_composed_is_grey),
		cmocka_unit_test(the_front_is_in_front),
		cmocka_unit_test(outputs_are_below_each_other),
		cmocka_unit_test(it_is_an_svg_file),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("svg", tests, NULL, NULL);
}
