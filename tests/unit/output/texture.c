/* SPDX-License-Identifier: MIT */
/* What of a client's shared memory a GPU is given anew, counted by a renderer that only counts. */
#include <drm_fourcc.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/interface.h>

#include "../test.h"
#include "output/content.h"
#include "output/renderer.h"
#include "output/texture.h"

#define WIDTH 3840
#define HEIGHT 2160

/* Of all textures together: pixels, and how often the whole or a part was copied. */
static size_t copied, made, updated, destroyed;
static bool refuses;

static size_t pixels_of(const pixman_region32_t *region) {
	size_t pixels = 0;
	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(region, &len);
	for (int i = 0; i < len; i++) {
		pixels += (size_t)(rects[i].x2 - rects[i].x1) * (size_t)(rects[i].y2 - rects[i].y1);
	}
	return pixels;
}

static bool update_from_buffer(
	struct wlr_texture *texture, struct wlr_buffer *buffer, const pixman_region32_t *damage) {
	if (refuses) {
		return false;
	}
	copied += pixels_of(damage);
	updated++;
	return true;
}

static void destroy_texture(struct wlr_texture *texture) {
	destroyed++;
	free(texture);
}

static const struct wlr_texture_impl texture_impl = {
	.update_from_buffer = update_from_buffer,
	.destroy = destroy_texture,
};

static struct wlr_texture *texture_from_buffer(
	struct wlr_renderer *renderer, struct wlr_buffer *buffer) {
	struct wlr_texture *texture = calloc(1, sizeof(*texture));
	assert_non_null(texture);
	wlr_texture_init(texture, renderer, &texture_impl, (uint32_t)buffer->width,
		(uint32_t)buffer->height);
	copied += (size_t)buffer->width * (size_t)buffer->height;
	made++;
	return texture;
}

static struct wlr_render_pass *begin_buffer_pass(struct wlr_renderer *renderer,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options) {
	return NULL;
}

static const struct wlr_drm_format_set *get_texture_formats(
	struct wlr_renderer *renderer, uint32_t caps) {
	return NULL;
}

static const struct wlr_renderer_impl renderer_impl = {
	.get_texture_formats = get_texture_formats,
	.texture_from_buffer = texture_from_buffer,
	.begin_buffer_pass = begin_buffer_pass,
};

static void destroy_buffer(struct wlr_buffer *buffer) {
}

static const struct wlr_buffer_impl buffer_impl = {.destroy = destroy_buffer};

static struct {
	struct wlr_renderer wlr_renderer;
	struct latch_renderer renderer;
	/* Those of one surface, one after another. */
	struct wlr_buffer buffers[4];
	struct latch_content contents[4];
} f;

static const struct latch_color color;

static int setup(void **state) {
	memset(&f, 0, sizeof(f));
	copied = made = updated = destroyed = 0;
	refuses = false;
	wlr_renderer_init(&f.wlr_renderer, &renderer_impl, WLR_BUFFER_CAP_DMABUF);
	f.renderer.kind = LATCH_RENDERER_GLES2;
	f.renderer.wlr_renderer = &f.wlr_renderer;
	for (size_t i = 0; i < 4; i++) {
		wlr_buffer_init(&f.buffers[i], &buffer_impl, WIDTH, HEIGHT);
		f.contents[i] = (struct latch_content){
			.serial = 10 + i,
			.buffer = &f.buffers[i],
			.width = WIDTH,
			.height = HEIGHT,
			.fourcc = DRM_FORMAT_XRGB8888,
			.is_shm = true,
		};
		pixman_region32_init(&f.contents[i].texture_stale);
		pixman_region32_init(&f.contents[i].damage);
	}
	return 0;
}

static int teardown(void **state) {
	for (size_t i = 0; i < 4; i++) {
		latch_content_drop_texture(&f.contents[i]);
		pixman_region32_fini(&f.contents[i].texture_stale);
		pixman_region32_fini(&f.contents[i].damage);
	}
	assert_int_equal(destroyed, made);
	return 0;
}

/* As the composer does. */
static void draw(size_t i) {
	f.contents[i].drawn = f.contents[i].submitted = true;
	assert_non_null(latch_texture_get(&f.renderer, &f.contents[i], &color));
}

static void follow(size_t i, int x, int y, int width, int height) {
	pixman_region32_t damage;
	pixman_region32_init_rect(&damage, x, y, (unsigned)width, (unsigned)height);
	latch_content_follow(&f.renderer, &f.contents[i - 1], &f.contents[i], &damage);
	pixman_region32_fini(&damage);
}

static void a_blinking_cursor_is_all_that_is_copied(void **state) {
	draw(0);
	assert_int_equal(copied, WIDTH * HEIGHT);
	follow(1, 100, 200, 10, 20);
	assert_int_equal(copied, WIDTH * HEIGHT + 10 * 20); // at the commit
	draw(1);
	assert_int_equal(copied, WIDTH * HEIGHT + 10 * 20); // and not in the latch
	assert_int_equal(made, 1);
	assert_null(f.contents[0].texture);
	assert_int_equal(f.contents[1].damage_since, 10);
	assert_int_equal(pixels_of(&f.contents[1].damage), 10 * 20);
	/* Nothing new is no copy. */
	follow(2, 0, 0, 0, 0);
	draw(2);
	assert_int_equal(updated, 1);
	assert_int_equal(made, 1);
	assert_int_equal(f.contents[2].damage_since, 11);
}

static void what_is_committed_faster_is_copied_when_drawn(void **state) {
	draw(0);
	follow(1, 0, 0, 10, 10);
	follow(2, 100, 0, 10, 10);
	follow(3, 200, 0, 10, 10);
	assert_int_equal(updated, 1);
	draw(3);
	assert_int_equal(updated, 2);
	assert_int_equal(copied, WIDTH * HEIGHT + 3 * 100);
	/* The picture is still that of the first. */
	assert_int_equal(f.contents[3].damage_since, 10);
	assert_int_equal(pixels_of(&f.contents[3].damage), 3 * 100);
}

static void another_size_or_format_is_another_texture(void **state) {
	draw(0);
	f.contents[1].fourcc = DRM_FORMAT_ARGB8888;
	follow(1, 0, 0, 10, 10);
	draw(1);
	assert_int_equal(made, 2);
	assert_int_equal(f.contents[1].damage_since, 0);
	f.contents[2].fourcc = DRM_FORMAT_ARGB8888;
	f.contents[2].height = f.buffers[2].height = HEIGHT / 2;
	follow(2, 0, 0, 10, 10);
	draw(2);
	assert_int_equal(made, 3);
	assert_int_equal(f.contents[2].damage_since, 0);
}

static void a_refused_update_is_another_texture(void **state) {
	draw(0);
	refuses = true;
	follow(1, 0, 0, 10, 10);
	assert_int_equal(made, 1);
	assert_int_equal(destroyed, 1);
	draw(1);
	assert_int_equal(made, 2);
	/* By a lost context nothing is copied at all. */
	refuses = false;
	f.renderer.lost = true;
	follow(2, 0, 0, 10, 10);
	assert_int_equal(updated, 0);
}

static void pixman_reads_the_new_buffer_itself(void **state) {
	f.renderer.kind = LATCH_RENDERER_PIXMAN;
	draw(0);
	follow(1, 0, 0, 10, 10);
	assert_null(f.contents[1].texture);
	draw(1);
	assert_int_equal(made, 2);
	assert_int_equal(updated, 0);
	/* What has to be drawn is known all the same. */
	assert_int_equal(f.contents[1].damage_since, 10);
}

static void a_plane_between_makes_all_new(void **state) {
	draw(0);
	follow(1, 0, 0, 10, 10);
	f.contents[1].submitted = true;
	follow(2, 0, 0, 10, 10);
	assert_int_equal(f.contents[2].damage_since, 0);
}

static void many_rectangles_become_one(void **state) {
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	for (int i = 0; i < 100; i++) {
		pixman_region32_union_rect(&damage, &damage, i * 4, i * 4, 2, 2);
	}
	draw(0);
	latch_content_follow(&f.renderer, &f.contents[0], &f.contents[1], &damage);
	pixman_region32_fini(&damage);
	assert_int_equal(pixman_region32_n_rects(&f.contents[1].damage), 1);
	assert_int_equal(pixels_of(&f.contents[1].damage), 398 * 398);
}

TEST_MAIN("output-texture", TEST(a_blinking_cursor_is_all_that_is_copied),
	TEST(what_is_committed_faster_is_copied_when_drawn),
	TEST(another_size_or_format_is_another_texture), TEST(a_refused_update_is_another_texture),
	TEST(pixman_reads_the_new_buffer_itself), TEST(a_plane_between_makes_all_new),
	TEST(many_rectangles_become_one))
