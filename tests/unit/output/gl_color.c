/* SPDX-License-Identifier: MIT */
/*
 * YCbCr as GL samples it, beside what the CPU makes of it. Mesa's GL for the CPU maps a dma-buf to
 * read it, so that a memfd can stand for one, and no device is needed.
 */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <drm_fourcc.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#include "../test.h"
#include "output/content.h"
#include "output/convert.h"
#include "output/renderer.h"
#include "output/texture.h"

#define SIZE 64

struct memory {
	struct wlr_buffer base;
	struct wlr_dmabuf_attributes dmabuf;
	uint8_t *map;
	size_t size;
};

static bool get_dmabuf(struct wlr_buffer *buffer, struct wlr_dmabuf_attributes *dmabuf) {
	struct memory *memory = wl_container_of(buffer, memory, base);
	*dmabuf = memory->dmabuf;
	return true;
}

static void destroy(struct wlr_buffer *buffer) {
	struct memory *memory = wl_container_of(buffer, memory, base);
	wlr_buffer_finish(buffer);
	munmap(memory->map, memory->size);
	close(memory->dmabuf.fd[0]);
	free(memory);
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = destroy,
	.get_dmabuf = get_dmabuf,
};

static struct memory *make_memory(uint32_t fourcc, uint32_t stride, uint32_t rows, int planes) {
	struct memory *memory = calloc(1, sizeof(*memory));
	assert_non_null(memory);
	memory->size = (size_t)stride * rows;
	const int fd = memfd_create("picture", MFD_CLOEXEC);
	assert_true(fd >= 0 && ftruncate(fd, (off_t)memory->size) == 0);
	memory->map = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(memory->map != MAP_FAILED);
	memory->dmabuf = (struct wlr_dmabuf_attributes){
		.width = SIZE,
		.height = SIZE,
		.format = fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = planes,
		.offset = {0, stride * SIZE},
		.stride = {stride, stride},
		.fd = {fd, fd},
	};
	wlr_buffer_init(&memory->base, &buffer_impl, SIZE, SIZE);
	return memory;
}

static struct wlr_renderer *make_renderer(void) {
	static const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 2, EGL_NONE};
	setenv("WLR_RENDERER_ALLOW_SOFTWARE", "1", true);
	const EGLDisplay display =
		eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
	if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL) ||
		!eglBindAPI(EGL_OPENGL_ES_API)) {
		return NULL;
	}
	const EGLContext context =
		eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
	struct wlr_egl *egl =
		context != EGL_NO_CONTEXT ? wlr_egl_create_with_context(display, context) : NULL;
	return egl != NULL ? wlr_gles2_renderer_create(egl) : NULL;
}

static struct wlr_render_pass *begin(struct wlr_renderer *renderer, struct memory *target) {
	struct wlr_render_pass *pass =
		wlr_renderer_begin_buffer_pass(renderer, &target->base, NULL);
	assert_non_null(pass);
	return pass;
}

static void draw(struct wlr_renderer *renderer, struct wlr_render_pass *pass,
	struct wlr_texture *texture, struct memory *target) {
	wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){
						  .texture = texture,
						  .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
					  });
	assert_true(wlr_render_pass_submit(pass));
	/* Reading back waits for it. */
	struct wlr_texture *drawn = wlr_texture_from_buffer(renderer, &target->base);
	assert_non_null(drawn);
	assert_true(wlr_texture_read_pixels(drawn, &(struct wlr_texture_read_pixels_options){
							   .data = target->map,
							   .format = DRM_FORMAT_XRGB8888,
							   .stride = SIZE * 4,
						   }));
	wlr_texture_destroy(drawn);
}

static int distance(uint32_t a, uint32_t b) {
	int worst = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		const int d = abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
		worst = d > worst ? d : worst;
	}
	return worst;
}

static uint32_t convert(const struct memory *video, const struct latch_color *color) {
	static uint32_t pixels[SIZE * SIZE];
	const uint32_t stride = video->dmabuf.stride[0];
	const struct latch_image image = {
		.fourcc = video->dmabuf.format,
		.width = SIZE,
		.height = SIZE,
		.planes = {{video->map, stride}, {video->map + stride * SIZE, stride}},
	};
	assert_true(latch_convert(&image, color, pixels, SIZE * 4));
	return pixels[SIZE * SIZE / 2];
}

/* One colour: Y, then pairs of Cb and Cr for each two by two. bytes: of a sample, of which what
 * matters most is the last one. */
static struct memory *make_video(uint32_t fourcc, uint32_t bytes) {
	static const uint8_t samples[] = {150, 170, 90};
	struct memory *video = make_memory(fourcc, SIZE * bytes, SIZE * 3 / 2, 2);
	for (size_t i = 0; i < SIZE * SIZE * 3 / 2; i++) {
		const size_t sample = i < SIZE * SIZE ? 0 : 1 + i % 2;
		video->map[i * bytes + bytes - 1] = samples[sample];
	}
	return video;
}

static void compare(struct latch_renderer *renderer, uint32_t fourcc, uint32_t bytes) {
	/* The first is what nothing is said of; the fourth is the second again. */
	static const struct latch_color colors[] = {
		{KMS_COLOR_ENCODING_ANY, KMS_COLOR_RANGE_ANY, false},
		{KMS_COLOR_ENCODING_BT709, KMS_COLOR_RANGE_LIMITED, false},
		{KMS_COLOR_ENCODING_BT601, KMS_COLOR_RANGE_FULL, false},
		{KMS_COLOR_ENCODING_BT709, KMS_COLOR_RANGE_LIMITED, false},
		{KMS_COLOR_ENCODING_BT2020, KMS_COLOR_RANGE_LIMITED, false},
		{KMS_COLOR_ENCODING_BT709, KMS_COLOR_RANGE_FULL, false},
		{KMS_COLOR_ENCODING_BT601, KMS_COLOR_RANGE_LIMITED, false},
	};
	if (renderer->wlr_renderer == NULL) {
		skip();
	}
	struct memory *video = make_video(fourcc, bytes);
	struct memory *target = make_memory(DRM_FORMAT_XRGB8888, SIZE * 4, SIZE, 1);
	struct latch_content content = {
		.buffer = &video->base,
		.width = SIZE,
		.height = SIZE,
		.fourcc = fourcc,
		.is_dmabuf = true,
	};
	pixman_region32_init(&content.texture_stale);
	for (size_t i = 0; i < LEN(colors); i++) {
		struct wlr_texture *texture = latch_texture_get(renderer, &content, &colors[i]);
		if (texture == NULL && i == 0) {
			skip(); // this GL imports no memory
		}
		assert_non_null(texture);
		/* Converted by the CPU it would be one of GL_TEXTURE_2D. */
		struct wlr_gles2_texture_attribs attributes;
		wlr_gles2_texture_get_attribs(texture, &attributes);
		assert_int_equal(attributes.target, GL_TEXTURE_EXTERNAL_OES);
		draw(renderer->wlr_renderer, begin(renderer->wlr_renderer, target), texture,
			target);
		const uint32_t is = ((uint32_t *)(void *)target->map)[SIZE * SIZE / 2] & 0xffffff;
		const uint32_t wanted = convert(video, &colors[i]) & 0xffffff;
		if (distance(is, wanted) > 2) {
			fail_msg("encoding %d, range %d: %06x, not %06x", (int)colors[i].encoding,
				(int)colors[i].range, is, wanted);
		}
	}
	latch_content_drop_texture(&content);
	pixman_region32_fini(&content.texture_stale);
	wlr_buffer_drop(&video->base);
	wlr_buffer_drop(&target->base);
}

static void the_gpu_makes_the_cpus_colors(void **state) {
	compare(*state, DRM_FORMAT_NV12, 1);
}

/* Makes buffers of memory, which GL can draw into. */
static struct wlr_buffer *create_buffer(struct wlr_allocator *allocator, int width, int height,
	const struct wlr_drm_format *format) {
	return width == SIZE && height == SIZE
		       ? &make_memory(format->format, SIZE * 4, SIZE, 1)->base
		       : NULL;
}

static void destroy_allocator(struct wlr_allocator *allocator) {
}

static const struct wlr_allocator_interface allocator_impl = {
	.create_buffer = create_buffer,
	.destroy = destroy_allocator,
};

static uint32_t test_pixel(int i, bool has_alpha) {
	const uint32_t alpha = has_alpha ? (uint32_t)(i * 5 % 256) : 0xff;
	uint32_t pixel = alpha;
	for (int c = 0; c < 3; c++) {
		pixel = pixel << 8 | (uint32_t)(i * (37 + 60 * c) % 256) * alpha / 255;
	}
	return pixel;
}

/* All pixels of one format, from each description to another one. */
static void recolor_all(struct latch_renderer *renderer, uint32_t fourcc, bool has_alpha) {
	static uint32_t wanted[SIZE * SIZE];
	struct memory *source = make_memory(fourcc, SIZE * 4, SIZE, 1);
	struct memory *target = make_memory(DRM_FORMAT_XRGB8888, SIZE * 4, SIZE, 1);
	const uint32_t *is = (const uint32_t *)(const void *)target->map;
	struct latch_content content = {.buffer = &source->base,
		.width = SIZE,
		.height = SIZE,
		.fourcc = fourcc,
		.is_dmabuf = true};
	pixman_region32_init(&content.texture_stale);
	for (int i = 0; i < SIZE * SIZE; i++) {
		((uint32_t *)(void *)source->map)[i] = test_pixel(i, has_alpha);
	}
	for (size_t n = 0; color_description_names[n] != NULL; n++) {
		struct color_description to;
		struct latch_color color = {.to = &to};
		const size_t next = color_description_names[n + 1] != NULL ? n + 1 : 0;
		color_description_parse(color_description_names[n], &color.from);
		color_description_parse(color_description_names[next], &to);
		if (has_alpha && color.from.transfer == COLOR_PQ) {
			continue; // Mesa's GL for the CPU divides with some 12 bits
		}
		/* Within a picture that wlroots draws. */
		struct wlr_render_pass *pass = begin(renderer->wlr_renderer, target);
		struct wlr_texture *texture = latch_texture_get(renderer, &content, &color);
		assert_non_null(texture);
		draw(renderer->wlr_renderer, pass, texture, target);
		const struct latch_image image = {.fourcc = fourcc,
			.width = SIZE,
			.height = SIZE,
			.planes = {{source->map, SIZE * 4}}};
		assert_true(latch_convert(&image, &color, wanted, SIZE * 4));
		for (int i = 0; i < SIZE * SIZE; i++) {
			if (distance(is[i], wanted[i]) > 2) {
				fail_msg("%s to %s: %08x is %06x, not %06x",
					color_description_names[n], color_description_names[next],
					test_pixel(i, has_alpha), is[i] & 0xffffff,
					wanted[i] & 0xffffff);
			}
		}
		/* The CPU's would be wlroots' own copy, without an allocator. */
		assert_int_equal(renderer->gl_generation, renderer->generation);
	}
	latch_content_drop_texture(&content);
	pixman_region32_fini(&content.texture_stale);
	wlr_buffer_drop(&source->base);
	wlr_buffer_drop(&target->base);
}

static void other_colors(void **state) {
	struct latch_renderer *renderer = *state;
	static struct wlr_allocator allocator;
	if (renderer->wlr_renderer == NULL) {
		skip();
	}
	struct memory *memory = make_memory(DRM_FORMAT_XRGB8888, SIZE * 4, SIZE, 1);
	struct wlr_texture *texture =
		wlr_texture_from_buffer(renderer->wlr_renderer, &memory->base);
	wlr_texture_destroy(texture);
	wlr_buffer_drop(&memory->base);
	if (texture == NULL) {
		skip(); // this GL imports no memory
	}
	wlr_allocator_init(&allocator, &allocator_impl, WLR_BUFFER_CAP_DMABUF);
	renderer->allocator = &allocator;
	recolor_all(renderer, DRM_FORMAT_XRGB8888, false);
	recolor_all(renderer, DRM_FORMAT_ARGB8888, true);
	renderer->allocator = NULL;
}

static void with_ten_bits(void **state) {
	compare(*state, DRM_FORMAT_P010, 2);
}

static int setup(void **state) {
	static struct latch_renderer renderer = {.kind = LATCH_RENDERER_GLES2, .generation = 1};
	renderer.wlr_renderer = make_renderer();
	*state = &renderer;
	return 0;
}

static int teardown(void **state) {
	struct latch_renderer *renderer = *state;
	if (renderer->wlr_renderer != NULL) {
		wlr_renderer_destroy(renderer->wlr_renderer);
	}
	return 0;
}

TEST_MAIN_GROUP("output-gl_color", setup, teardown, UNIT(the_gpu_makes_the_cpus_colors),
	UNIT(with_ten_bits), UNIT(other_colors))
