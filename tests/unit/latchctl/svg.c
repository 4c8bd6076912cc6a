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

static struct picture draw(yyjson_mut_doc *doc) {
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	double width, height;
	svg_size(root, &width, &height);
	struct picture picture = {.width = (int)width, .height = (int)height};
	picture.surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height);
	cairo_t *cairo = cairo_create(picture.surface);
	svg_draw(cairo, root);
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

static void set_plane_type(yyjson_mut_doc *doc, size_t layer, const char *type) {
	char path[64];
	snprintf(path, sizeof(path), "/outputs/0/layers/%zu/place", layer);
	yyjson_mut_set_str(example_at(doc, path), "plane");
	snprintf(path, sizeof(path), "/outputs/0/layers/%zu/plane_type", layer);
	yyjson_mut_set_str(example_at(doc, path), type);
}

static void planes_have_colours_and_composed_is_grey(void **state) {
	yyjson_mut_doc *doc = example_planes();
	struct picture picture = draw(doc);
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

	set_plane_type(doc, 0, "primary");
	picture = draw(doc);
	uint32_t primary = screen_pixel(&picture, 750, 400);
	assert_true(green(primary) > red(primary) && green(primary) > blue(primary));
	cairo_surface_destroy(picture.surface);

	set_plane_type(doc, 0, "cursor");
	picture = draw(doc);
	uint32_t cursor = screen_pixel(&picture, 750, 400);
	assert_true(red(cursor) > green(cursor) && green(cursor) > blue(cursor));
	cairo_surface_destroy(picture.surface);
	yyjson_mut_doc_free(doc);
}

static void the_front_is_in_front(void **state) {
	yyjson_mut_doc *doc = example_planes();
	/* The last one in the list is behind the others, though as large as the screen. */
	set_plane_type(doc, 3, "primary");
	struct picture picture = draw(doc);
	uint32_t front = screen_pixel(&picture, 750, 400);
	assert_true(blue(front) > green(front));
	cairo_surface_destroy(picture.surface);

	/* What is on no layer is black; so is what only a covered one would show. */
	yyjson_mut_arr_remove_last(example_at(doc, "/outputs/0/layers"));
	yyjson_mut_set_int(example_at(doc, "/outputs/0/layers/1/dst/width"), 100);
	picture = draw(doc);
	assert_int_equal(screen_pixel(&picture, 200, 400), 0);
	cairo_surface_destroy(picture.surface);
	yyjson_mut_doc_free(doc);
}

static void outputs_are_below_each_other(void **state) {
	yyjson_mut_doc *doc = example_planes();
	double width, one, all;
	svg_size(yyjson_mut_doc_get_root(doc), &width, &all);
	struct picture picture = draw(doc);
	assert_int_equal(
		pixel(&picture, LEFT + 790, TOP + 400 + TOP + 590), 0); // black, of the second
	cairo_surface_destroy(picture.surface);
	yyjson_mut_arr_remove_last(example_at(doc, "/outputs"));
	svg_size(yyjson_mut_doc_get_root(doc), &width, &one);
	/* 800x600 in full, and a heading. */
	assert_true(all - one == 600 + TOP);
	yyjson_mut_doc_free(doc);
}

static void it_is_an_svg_file(void **state) {
	yyjson_mut_doc *doc = example_planes();
	char path[] = "/tmp/latchctl-svg-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(svg_write(path, yyjson_mut_doc_get_root(doc)), CAIRO_STATUS_SUCCESS);
	char head[200];
	ssize_t len = read(fd, head, sizeof(head) - 1);
	assert_true(len > 0);
	head[len] = '\0';
	assert_non_null(strstr(head, "<svg"));
	close(fd);
	unlink(path);
	assert_int_not_equal(svg_write("/no/such/folder/file.svg", yyjson_mut_doc_get_root(doc)),
		CAIRO_STATUS_SUCCESS);
	yyjson_mut_doc_free(doc);
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
