/* What of a client's shared memory a GPU is given anew, counted by a renderer that only counts. */
#include <drm_fourcc.h>
#include <stdlib.h>
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

static bool update_from_buffer(struct wlr_texture *texture, struct wlr_buffer *buffer,
	const pixman_region32_t *damage) {
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

struct fixture {
	struct wlr_renderer wlr_renderer;
	struct latch_renderer renderer;
	/* Those of one surface, one after another. */
	struct wlr_buffer buffers[4];
	struct latch_content contents[4];
};

static const struct latch_color color;

static int setup(void **state) {
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	copied = made = updated = destroyed = 0;
	refuses = false;
	wlr_renderer_init(&f->wlr_renderer, &renderer_impl, WLR_BUFFER_CAP_DMABUF);
	f->renderer.kind = LATCH_RENDERER_GLES2;
	f->renderer.wlr_renderer = &f->wlr_renderer;
	for (size_t i = 0; i < 4; i++) {
		wlr_buffer_init(&f->buffers[i], &buffer_impl, WIDTH, HEIGHT);
		f->contents[i] = (struct latch_content){
			.serial = 10 + i,
			.buffer = &f->buffers[i],
			.width = WIDTH,
			.height = HEIGHT,
			.fourcc = DRM_FORMAT_XRGB8888,
			.is_shm = true,
		};
		pixman_region32_init(&f->contents[i].texture_stale);
		pixman_region32_init(&f->contents[i].damage);
	}
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	for (size_t i = 0; i < 4; i++) {
		latch_content_drop_texture(&f->contents[i]);
		pixman_region32_fini(&f->contents[i].texture_stale);
		pixman_region32_fini(&f->contents[i].damage);
	}
	assert_int_equal(destroyed, made);
	free(f);
	return 0;
}

/* As the composer does. */
static void draw(struct fixture *f, size_t i) {
	f->contents[i].drawn = f->contents[i].submitted = true;
	assert_non_null(latch_texture_get(&f->renderer, &f->contents[i], &color));
}

static void follow(struct fixture *f, size_t i, int x, int y, int width, int height) {
	pixman_region32_t damage;
	pixman_region32_init_rect(&damage, x, y, (unsigned)width, (unsigned)height);
	latch_content_follow(&f->renderer, &f->contents[i - 1], &f->contents[i], &damage);
	pixman_region32_fini(&damage);
}

static void a_blinking_cursor_is_all_that_is_copied(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	assert_int_equal(copied, WIDTH * HEIGHT);
	follow(f, 1, 100, 200, 10, 20);
	assert_int_equal(copied, WIDTH * HEIGHT + 10 * 20); // at the commit
	draw(f, 1);
	assert_int_equal(copied, WIDTH * HEIGHT + 10 * 20); // and not in the latch
	assert_int_equal(made, 1);
	assert_null(f->contents[0].texture);
	assert_int_equal(f->contents[1].damage_since, 10);
	assert_int_equal(pixels_of(&f->contents[1].damage), 10 * 20);
}

static void what_is_committed_faster_is_copied_when_drawn(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	follow(f, 1, 0, 0, 10, 10);
	follow(f, 2, 100, 0, 10, 10);
	follow(f, 3, 200, 0, 10, 10);
	assert_int_equal(updated, 1);
	draw(f, 3);
	assert_int_equal(updated, 2);
	assert_int_equal(copied, WIDTH * HEIGHT + 3 * 100);
	/* The picture is still that of the first. */
	assert_int_equal(f->contents[3].damage_since, 10);
	assert_int_equal(pixels_of(&f->contents[3].damage), 3 * 100);
}

static void nothing_new_is_no_copy(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	follow(f, 1, 0, 0, 0, 0);
	draw(f, 1);
	assert_int_equal(updated, 0);
	assert_int_equal(made, 1);
	assert_int_equal(f->contents[1].damage_since, 10);
}

static void another_size_or_format_is_another_texture(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	f->contents[1].fourcc = DRM_FORMAT_ARGB8888;
	follow(f, 1, 0, 0, 10, 10);
	draw(f, 1);
	assert_int_equal(made, 2);
	assert_int_equal(f->contents[1].damage_since, 0);
	f->contents[2].fourcc = DRM_FORMAT_ARGB8888;
	f->contents[2].height = f->buffers[2].height = HEIGHT / 2;
	follow(f, 2, 0, 0, 10, 10);
	draw(f, 2);
	assert_int_equal(made, 3);
	assert_int_equal(f->contents[2].damage_since, 0);
}

static void a_refused_update_is_another_texture(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	refuses = true;
	follow(f, 1, 0, 0, 10, 10);
	assert_int_equal(made, 1);
	assert_int_equal(destroyed, 1);
	draw(f, 1);
	assert_int_equal(made, 2);
}

static void nothing_is_copied_by_a_lost_context(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	f->renderer.lost = true;
	follow(f, 1, 0, 0, 10, 10);
	assert_int_equal(updated, 0);
}

static void pixman_reads_the_new_buffer_itself(void **state) {
	struct fixture *f = *state;
	f->renderer.kind = LATCH_RENDERER_PIXMAN;
	draw(f, 0);
	follow(f, 1, 0, 0, 10, 10);
	assert_null(f->contents[1].texture);
	draw(f, 1);
	assert_int_equal(made, 2);
	assert_int_equal(updated, 0);
	/* What has to be drawn is known all the same. */
	assert_int_equal(f->contents[1].damage_since, 10);
}

static void a_plane_between_makes_all_new(void **state) {
	struct fixture *f = *state;
	draw(f, 0);
	follow(f, 1, 0, 0, 10, 10);
	f->contents[1].submitted = true;
	follow(f, 2, 0, 0, 10, 10);
	assert_int_equal(f->contents[2].damage_since, 0);
}

static void many_rectangles_become_one(void **state) {
	struct fixture *f = *state;
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	for (int i = 0; i < 100; i++) {
		pixman_region32_union_rect(&damage, &damage, i * 4, i * 4, 2, 2);
	}
	draw(f, 0);
	latch_content_follow(&f->renderer, &f->contents[0], &f->contents[1], &damage);
	pixman_region32_fini(&damage);
	assert_int_equal(pixman_region32_n_rects(&f->contents[1].damage), 1);
	assert_int_equal(pixels_of(&f->contents[1].damage), 398 * 398);
}

TEST_MAIN("output-texture", TEST(a_blinking_cursor_is_all_that_is_copied),
	TEST(what_is_committed_faster_is_copied_when_drawn), TEST(nothing_new_is_no_copy),
	TEST(another_size_or_format_is_another_texture), TEST(a_refused_update_is_another_texture),
	TEST(nothing_is_copied_by_a_lost_context), TEST(pixman_reads_the_new_buffer_itself),
	TEST(a_plane_between_makes_all_new), TEST(many_rectangles_become_one))
