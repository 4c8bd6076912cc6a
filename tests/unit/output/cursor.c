/* SPDX-License-Identifier: MIT */
/* The hardware cursor: its pixels at every scale and transform, and when they are drawn. */
#include <drm_fourcc.h>
#include <math.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/transform.h>

#include "../test.h"
#include "backend/output.h"
#include "memory.h"
#include "open.h"
#include "output/cursor_image.h"
#include "output/cursor_plane.h"
#include "plan/reason.h"
#include "shell/shell.h"

#define SIZE 48 // of the largest source
#define TARGET 256

static uint32_t pixels[SIZE * SIZE], drawn[TARGET * TARGET];

/* Premultiplied, every pixel another one; with smooth changes from each to the next. */
static uint32_t pixel(int x, int y) {
	uint32_t alpha = 80 + (uint32_t)(x + y);
	return alpha << 24 | (uint32_t)x << 16 | (uint32_t)y << 8 | (uint32_t)(x * 3 / 2);
}

static void fill_pixels(void) {
	for (int i = 0; i < SIZE * SIZE; i++) {
		pixels[i] = pixel(i % SIZE, i / SIZE);
	}
	memset(drawn, 0xee, sizeof(drawn));
}

static struct latch_cursor_source source_of(int x, int y, int width, int height, int transform) {
	return (struct latch_cursor_source){
		.data = pixels,
		.stride = SIZE * 4,
		.fourcc = DRM_FORMAT_ARGB8888,
		.width = SIZE,
		.height = SIZE,
		.src = {.x = x, .y = y, .width = width, .height = height},
		.transform = (enum wl_output_transform)transform,
	};
}

static bool draw(const struct latch_cursor_source *source, int width, int height) {
	return latch_cursor_image_draw(source, drawn, TARGET * 4, width, height);
}

static void assert_untouched_beyond(int width, int height) {
	for (int i = 0; i < TARGET * TARGET; i++) {
		if (i % TARGET >= width || i / TARGET >= height) {
			assert_int_equal(drawn[i], 0xeeeeeeee);
		}
	}
}

/* Each pixel of the crop where wlroots' boxes of layers say that it is. */
static void exact_pixels_are_only_moved(void **state) {
	for (int t = 0; t < 8; t++) {
		fill_pixels();
		const struct latch_cursor_source source = source_of(5, 9, 30, 20, t);
		int width = t % 2 == 1 ? 20 : 30, height = t % 2 == 1 ? 30 : 20;
		assert_true(draw(&source, width, height));
		for (int i = 0; i < 30 * 20; i++) {
			struct wlr_box at = {i % 30, i / 30, 1, 1};
			wlr_box_transform(&at, &at,
				wlr_output_transform_invert((enum wl_output_transform)t), 30, 20);
			assert_int_equal(
				drawn[at.y * TARGET + at.x], pixel(5 + i % 30, 9 + i / 30));
		}
		assert_untouched_beyond(width, height);
	}
}

static double channel(uint32_t value, int i) {
	return value >> (8 * i) & 0xff;
}

static int clamp(int value, int limit) {
	return value < 0 ? 0 : value >= limit ? limit - 1 : value;
}

/* The filter by its definition; beyond the crop the last pixels are repeated. */
static double bilinear(double x, double y, int width, int height, int i) {
	int x1 = (int)floor(x - 0.5), y1 = (int)floor(y - 0.5);
	double u = x - 0.5 - x1, v = y - 0.5 - y1, sum = 0;
	for (int dy = 0; dy < 2; dy++) {
		for (int dx = 0; dx < 2; dx++) {
			uint32_t value = pixel(clamp(x1 + dx, width), clamp(y1 + dy, height));
			sum += channel(value, i) * (dx ? u : 1 - u) * (dy ? v : 1 - v);
		}
	}
	return sum;
}

static void scaled_pixels_are_filtered(void **state) {
	static const int sizes[][2] = {{48, 42}, {48, 36}, {24, 30}, {24, 36}, {24, 42}, {24, 48}};
	for (size_t s = 0; s < LEN(sizes); s++) {
		for (int t = 0; t < 8; t++) {
			fill_pixels();
			int from = sizes[s][0], to = sizes[s][1];
			const struct latch_cursor_source source = source_of(0, 0, from, from, t);
			assert_true(draw(&source, to, to));
			for (int i = 0; i < to * to; i++) {
				struct wlr_fbox at = {i % to + 0.5, i / to + 0.5, 0, 0};
				wlr_fbox_transform(&at, &at, (enum wl_output_transform)t, to, to);
				uint32_t is = drawn[i / to * TARGET + i % to];
				for (int c = 0; c < 4; c++) {
					double wanted = bilinear(
						at.x * from / to, at.y * from / to, from, from, c);
					if (fabs(channel(is, c) - wanted) > 2) {
						fail_msg("%d to %d, transform %d, %d,%d: %08x, "
							 "channel %d is %g",
							from, to, t, i % to, i / to, is, c, wanted);
					}
				}
				/* A colour above its alpha would be too bright when blended. */
				for (int c = 0; c < 3; c++) {
					assert_true(channel(is, c) <= channel(is, 3));
				}
			}
			assert_untouched_beyond(to, to);
		}
	}
}

static void formats(void **state) {
	fill_pixels();
	struct latch_cursor_source source = source_of(3, 0, 8, 8, WL_OUTPUT_TRANSFORM_NORMAL);
	source.fourcc = DRM_FORMAT_XRGB8888;
	assert_true(draw(&source, 8, 8));
	assert_int_equal(drawn[1], pixel(4, 0) | 0xff000000);
	source.fourcc = DRM_FORMAT_ABGR8888;
	assert_true(draw(&source, 8, 8));
	uint32_t rgb = pixel(4, 0);
	assert_int_equal(drawn[1], (rgb & 0xff00ff00) | (rgb & 0xff) << 16 | (rgb >> 16 & 0xff));
	source.fourcc = DRM_FORMAT_NV12;
	assert_false(draw(&source, 8, 8));
	source.fourcc = DRM_FORMAT_ARGB8888;
	source.stride = 33;
	assert_false(draw(&source, 8, 8));
	source = source_of(SIZE, 0, 8, 8, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_false(draw(&source, 8, 8));
}

/* --- the plane --- */

static struct {
	struct latch_kms_output kms;
	struct latch_cursor_plane cursor;
	struct memory buffer;
	struct latch_cursor_image image;
	struct wlr_output output;
	struct wlr_box layout;
} f;

static int setup(void **state) {
	memset(&f, 0, sizeof(f));
	const int ret = describe_device();
	fake.caps[DRM_CAP_CURSOR_WIDTH] = fake.caps[DRM_CAP_CURSOR_HEIGHT] = 64;
	open_device();
	f.kms.device = device;
	f.kms.base.name = (char[]){"Virtual-1"};
	f.kms.cursor =
		kms_device_find_crtc_plane(device, &device->crtcs[0], KMS_PLANE_CURSOR, 0);
	latch_cursor_plane_init(&f.cursor, &f.kms);
	fill_pixels();
	memory_init(&f.buffer, DRM_FORMAT_ARGB8888, pixels, SIZE, SIZE);
	f.image = (struct latch_cursor_image){
		.buffer = &f.buffer.base,
		.src = {.width = SIZE, .height = SIZE},
		.hotspot_x = 4,
		.hotspot_y = 8,
		.width = 24,
		.height = 24,
		.serial = 1,
	};
	f.output = (struct wlr_output){.width = 1000, .height = 800, .scale = 2};
	f.layout = (struct wlr_box){.x = 100, .width = 500, .height = 400};
	return ret != 0 || f.cursor.reasons != 0;
}

static int finish(void **state) {
	latch_cursor_plane_finish(&f.cursor);
	wlr_buffer_drop(&f.buffer.base);
	return teardown(state);
}

static bool show(double x, double y) {
	return latch_cursor_plane_show(
		&f.cursor, &f.image, f.layout.x + x, f.layout.y + y, &f.output, &f.layout);
}

/* The plane's pixels are this, and nothing is around it. */
static void assert_shown(const struct latch_cursor_source *source, int width, int height) {
	memset(drawn, 0, sizeof(drawn));
	assert_true(draw(source, width, height));
	const struct kms_dumb_buffer *front = f.cursor.buffers[f.cursor.front];
	for (uint32_t y = 0; y < front->height; y++) {
		assert_memory_equal((const char *)front->map + y * front->stride,
			&drawn[y * TARGET], front->width * 4);
	}
}

static void every_scale_and_transform_is_on_the_plane(void **state) {
	static const float scales[] = {1, 1.25f, 1.5f, 1.75f, 2, 2.5f};
	for (size_t i = 0; i < LEN(scales) * 8; i++) {
		int t = (int)(i % 8);
		double scale = (double)scales[i / 8];
		f.output.scale = scales[i / 8];
		f.output.transform = (enum wl_output_transform)t;
		assert_true(show(100, 50));
		assert_int_equal(f.cursor.reasons, 0);
		assert_true(f.cursor.visible);

		/* The image's upper left corner, before the output is turned. */
		int upright_width = t % 2 == 1 ? 800 : 1000;
		int upright_height = t % 2 == 1 ? 1000 : 800;
		int size = (int)(24 * scale);
		struct wlr_box dst = {(int)round(96 * scale), (int)round(42 * scale), size, size};
		struct wlr_box hot = {(int)round(4 * scale), (int)round(8 * scale), 1, 1};
		enum wl_output_transform inverse = wlr_output_transform_invert(f.output.transform);
		wlr_box_transform(&dst, &dst, inverse, upright_width, upright_height);
		wlr_box_transform(&hot, &hot, inverse, size, size);
		assert_int_equal(f.cursor.state.dst_x, dst.x);
		assert_int_equal(f.cursor.state.dst_y, dst.y);
		assert_int_equal(f.cursor.state.dst_w, 64);
		assert_int_equal(f.cursor.state.hotspot_x, hot.x);
		assert_int_equal(f.cursor.state.hotspot_y, hot.y);

		/* And its pixels, with nothing around them. */
		const struct latch_cursor_source source = source_of(0, 0, SIZE, SIZE, t);
		assert_shown(&source, size, size);
	}
}

static void a_moving_pointer_is_not_drawn_again(void **state) {
	f.output.scale = 1.5f;
	f.output.transform = WL_OUTPUT_TRANSFORM_90;
	assert_true(show(100, 50));
	assert_int_equal(f.buffer.accesses, 1);
	uint32_t fb_id = f.cursor.state.fb_id;
	for (int i = 0; i < 200; i++) {
		/* Where edges are rounded differently, too. */
		assert_true(show(101 + i * 0.7, 50 + i * 0.3));
		assert_int_equal(f.cursor.state.fb_id, fb_id);
		assert_int_equal(f.cursor.reasons, 0);
	}
	assert_int_equal(f.buffer.accesses, 1);
	/* Standing still changes nothing at all. */
	assert_false(show(101 + 199 * 0.7, 50 + 199 * 0.3));

	/* Another image, another scale, another transform: each once. */
	f.image.serial++;
	assert_true(show(10, 10));
	assert_int_not_equal(f.cursor.state.fb_id, fb_id);
	f.output.scale = 1.25f;
	assert_true(show(10, 10));
	f.output.transform = WL_OUTPUT_TRANSFORM_NORMAL;
	assert_true(show(10, 10));
	assert_false(show(10, 10));
	assert_int_equal(f.buffer.accesses, 4);
}

/* A client's cursor in a turned buffer of twice the size, of which a viewport shows a part. */
static void crops_and_turned_buffers(void **state) {
	f.output.scale = 1;
	f.output.transform = WL_OUTPUT_TRANSFORM_270;
	f.image.transform = WL_OUTPUT_TRANSFORM_FLIPPED_90;
	f.image.src = (struct wlr_fbox){8, 4, 16, 20};
	f.image.width = 20;
	f.image.height = 16;
	assert_true(show(100, 50));
	const struct latch_cursor_source source = source_of(8, 4, 16, 20,
		(int)wlr_output_transform_compose(
			wlr_output_transform_invert(WL_OUTPUT_TRANSFORM_FLIPPED_90),
			WL_OUTPUT_TRANSFORM_270));
	assert_shown(&source, 16, 20);
}

static void too_large_is_composed(void **state) {
	f.output.scale = 3;
	show(100, 50);
	assert_false(f.cursor.visible);
	assert_int_equal(f.cursor.reasons, LATCH_REASON_SIZE);
	assert_int_equal(f.buffer.accesses, 0);
	f.output.scale = 2;
	assert_true(show(100, 50));
	assert_int_equal(f.cursor.reasons, 0);
}

/* The plane takes smaller framebuffers, too: the image gets the smallest that holds it. */
static void sizes_of_the_plane(void **state) {
	struct kms_plane *plane = (struct kms_plane *)(uintptr_t)f.kms.cursor;
	static const struct kms_plane_size sizes[] = {{64, 64}, {32, 32}, {40, 20}};
	memcpy(plane->sizes, sizes, sizeof(sizes));
	plane->sizes_len = LEN(sizes);
	static const struct {
		float scale;
		uint32_t size;
	} rows[] = {{1, 32}, {1.25f, 32}, {2, 64}, {1, 32}, {2.5f, 64}};
	for (size_t i = 0; i < LEN(rows); i++) {
		f.output.scale = rows[i].scale;
		assert_true(show(100, 50));
		assert_int_equal(f.cursor.reasons, 0);
		const struct kms_dumb_buffer *front = f.cursor.buffers[f.cursor.front];
		assert_int_equal(front->width, rows[i].size);
		assert_int_equal(front->height, rows[i].size);
		assert_int_equal(f.cursor.state.src_w, rows[i].size << 16);
		assert_int_equal(f.cursor.state.fb_id, front->fb_id);
	}
	f.output.scale = 3;
	show(100, 50);
	assert_int_equal(f.cursor.reasons, LATCH_REASON_SIZE);
}

#define PLANE(function) cmocka_unit_test_setup_teardown(function, setup, finish)

TEST_MAIN("output-cursor", UNIT(exact_pixels_are_only_moved), UNIT(scaled_pixels_are_filtered),
	UNIT(formats), PLANE(sizes_of_the_plane), PLANE(every_scale_and_transform_is_on_the_plane),
	PLANE(a_moving_pointer_is_not_drawn_again), PLANE(crops_and_turned_buffers),
	PLANE(too_large_is_composed))
