/* SPDX-License-Identifier: MIT */
/* The picture: the right colours in the right places. */

#include "../text.h"
#include "example.h"
#include "show.h"

/* A screen of 1000x500 is drawn 800 wide below its heading. */
#define LEFT 24
#define TOP 28
#define SCALE 0.8

static const char *draw(void) {
	svg_draw(text_begin(), yyjson_mut_doc_get_root(example));
	return text_end();
}

/* An attribute of the element that begins here; 0 where it has none. */
static double attribute(const char *element, const char *name) {
	char wanted[16];
	snprintf(wanted, sizeof(wanted), " %s=\"", name);
	const char *at = strstr(element, wanted);
	return at != NULL && at < strchr(element, '>') ? atof(at + strlen(wanted)) : 0;
}

/* The fill of what is in front at a place of the picture: the last rectangle that has it. */
static const char *fill_at(const char *text, double x, double y) {
	static char fill[32];
	double left[8] = {0}, top[8] = {0};
	size_t depth = 0;
	fill[0] = '\0';
	for (const char *at = text; (at = strchr(at, '<')) != NULL; at++) {
		if (strncmp(at, "<svg", 4) == 0) {
			depth++;
			assert_true(depth < 8);
			left[depth] = left[depth - 1] + attribute(at, "x");
			top[depth] = top[depth - 1] + attribute(at, "y");
		} else if (strncmp(at, "</svg", 5) == 0) {
			assert_true(depth > 0);
			depth--;
		} else if (strncmp(at, "<rect", 5) == 0) {
			double in_x = x - left[depth] - attribute(at, "x");
			double in_y = y - top[depth] - attribute(at, "y");
			if (in_x >= 0 && in_y >= 0 && in_x < attribute(at, "width") &&
				in_y < attribute(at, "height")) {
				assert_int_equal(
					sscanf(strstr(at, "fill="), "fill=\"%31[^\"]", fill), 1);
			}
		}
	}
	assert_int_equal(depth, 0);
	return fill;
}

/* By place on the screen. */
static const char *screen_fill(const char *text, double x, double y) {
	return fill_at(text, LEFT + x * SCALE, TOP + y * SCALE);
}

#define PRIMARY "#73bf73"
#define OVERLAY "#73a6e6"
#define CURSOR "#f2b359"
#define COMPOSED "url(#stripes)"
#define BLACK "#000000"

static void set_plane_type(size_t layer, const char *type) {
	char path[64];
	snprintf(path, sizeof(path), "/outputs/0/layers/%zu/place", layer);
	yyjson_mut_set_str(example_at(path), "plane");
	snprintf(path, sizeof(path), "/outputs/0/layers/%zu/plane_type", layer);
	yyjson_mut_set_str(example_at(path), type);
}

static void planes_have_colours_and_composed_has_stripes(void **state) {
	static const char *const types[] = {"primary", "cursor"};
	static const char *const fills[] = {PRIMARY, CURSOR};
	const char *text = draw();
	assert_string_equal(screen_fill(text, 750, 400), OVERLAY);
	assert_string_equal(screen_fill(text, 200, 400), COMPOSED);
	assert_non_null(strstr(text, "<pattern id=\"stripes\""));
	for (size_t i = 0; i < 2; i++) {
		set_plane_type(0, types[i]);
		text = draw();
		assert_string_equal(screen_fill(text, 750, 400), fills[i]);
	}
}

static void the_front_is_in_front(void **state) {
	/* The last one in the list is behind the others, though as large as the screen. */
	set_plane_type(3, "primary");
	const char *text = draw();
	assert_string_equal(screen_fill(text, 750, 400), OVERLAY);

	/* What is on no layer is black; so is what only a covered one would show. */
	yyjson_mut_arr_remove_last(example_at("/outputs/0/layers"));
	yyjson_mut_set_int(example_at("/outputs/0/layers/1/dst/width"), 100);
	text = draw();
	assert_string_equal(screen_fill(text, 200, 400), BLACK);
}

static void outputs_are_below_each_other(void **state) {
	const char *text = draw();
	/* The second one's. */
	assert_string_equal(fill_at(text, LEFT + 790, TOP + 400 + TOP + 590), BLACK);
	const double both = attribute(strstr(text, "<svg"), "height");
	yyjson_mut_arr_remove_last(example_at("/outputs"));
	/* 800x600 in full, and a heading. */
	assert_true(both - attribute(strstr(draw(), "<svg"), "height") == 600 + TOP);
}

static void texts_stay_texts(void **state) {
	yyjson_mut_set_str(example_at("/outputs/0/name"), "</text><script>");
	const char *text = draw();
	assert_null(strstr(text, "<script>"));
	ASSERT_HAS(text, "&lt;script&gt;");
}

static void it_is_an_svg_file(void **state) {
	char path[] = "/tmp/latchctl-svg-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(svg_write(path, yyjson_mut_doc_get_root(example)));
	char head[200];
	ssize_t len = read(fd, head, sizeof(head) - 1);
	assert_true(len > 0);
	head[len] = '\0';
	assert_non_null(strstr(head, "<svg"));
	close(fd);
	unlink(path);
	assert_false(svg_write("/no/such/folder/file.svg", yyjson_mut_doc_get_root(example)));
}

TEST_MAIN("svg", EXAMPLE_TEST(planes_have_colours_and_composed_has_stripes),
	EXAMPLE_TEST(the_front_is_in_front), EXAMPLE_TEST(outputs_are_below_each_other),
	EXAMPLE_TEST(texts_stay_texts), EXAMPLE_TEST(it_is_an_svg_file))
