/*
 * The renderer of the simulated GPU by itself, as a compositor uses one. The job preloads it, so
 * that what wlroots would make a GLES 2 renderer is it.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/drm_syncobj.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pass.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "case.h"
#include "gpu.h"
#include "machine.h"

#define WIDTH 256
#define HEIGHT 128
#define COMPOSE_MS 50

/* One memory with both faces: a dma-buf for the simulated GPU, plain memory for pixman. */
struct picture_buffer {
	struct wlr_buffer base;
	struct memory memory;
	uint64_t modifier;
};

static void destroy(struct wlr_buffer *base) {
	struct picture_buffer *buffer = wl_container_of(base, buffer, base);
	wlr_buffer_finish(base);
	memory_finish(&buffer->memory);
}

static bool get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *dmabuf) {
	struct picture_buffer *buffer = wl_container_of(base, buffer, base);
	*dmabuf = (struct wlr_dmabuf_attributes){
		.width = base->width,
		.height = base->height,
		.format = DRM_FORMAT_XRGB8888,
		.modifier = buffer->modifier,
		.n_planes = 1,
		.stride = {buffer->memory.stride},
		.fd = {buffer->memory.fd, -1, -1, -1},
	};
	return true;
}

static bool begin_access(
	struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct picture_buffer *buffer = wl_container_of(base, buffer, base);
	*data = buffer->memory.map;
	*format = DRM_FORMAT_XRGB8888;
	*stride = buffer->memory.stride;
	return true;
}

static void end_access(struct wlr_buffer *base) {
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = destroy,
	.get_dmabuf = get_dmabuf,
	.begin_data_ptr_access = begin_access,
	.end_data_ptr_access = end_access,
};

static void picture_init(struct picture_buffer *buffer, uint32_t number) {
	*buffer = (struct picture_buffer){.modifier = DRM_FORMAT_MOD_LINEAR};
	memory_init_udmabuf(&buffer->memory, WIDTH, HEIGHT);
	memory_draw(&buffer->memory, number);
	wlr_buffer_init(&buffer->base, &buffer_impl, WIDTH, HEIGHT);
}

/* A case has a process of its own, and one of each of these. */
static struct wlr_renderer *renderer;
static struct picture_buffer source, target;
static int gpu;

static void create_renderer(void) {
	int fd = open(getenv("LATCH_DEVICE"), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "LATCH_DEVICE: %s", strerror(errno));
	renderer = wlr_gles2_renderer_create_with_drm_fd(fd);
	close(fd);
	CHECK(renderer != NULL && !wlr_renderer_is_pixman(renderer), "no renderer");
}

/* A source with picture 1 and a target with picture 2, drawn both. */
static void init(const char *implicit_fences) {
	wlr_log_init(WLR_ERROR, NULL);
	char compose[16];
	snprintf(compose, sizeof(compose), "%d", COMPOSE_MS);
	setenv("LATCH_GPU_COMPOSE", compose, 1);
	setenv("LATCH_GPU_IMPLICIT", implicit_fences, 1);
	create_renderer();
	gpu = gpu_open();
	picture_init(&source, 1);
	picture_init(&target, 2);
}

static void submit(struct wlr_renderer *by, struct picture_buffer *from, struct picture_buffer *to,
	const struct wlr_buffer_pass_options *pass_options,
	struct wlr_render_texture_options options) {
	options.texture = wlr_texture_from_buffer(by, &from->base);
	CHECK(options.texture != NULL, "the source can't be imported");
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(by, &to->base, pass_options);
	CHECK(pass != NULL, "no pass");
	wlr_render_pass_add_texture(pass, &options);
	CHECK(wlr_render_pass_submit(pass), "submit failed");
	wlr_texture_destroy(options.texture);
}

static void copy_to(struct picture_buffer *from, struct picture_buffer *to) {
	submit(renderer, from, to, NULL, (struct wlr_render_texture_options){0});
}

static void copy(void) {
	copy_to(&source, &target);
}

/* POLLIN: until its writers are done; POLLOUT: its readers too. */
static bool is_free(const struct picture_buffer *buffer, short events, int limit_ms) {
	struct pollfd pollfd = {.fd = buffer->memory.fd, .events = events};
	return poll(&pollfd, 1, limit_ms) == 1;
}

static void implicit(int unused) {
	init("1");
	copy();
	check_marked(&target.memory, "in the target");
	CHECK(!is_free(&target, POLLIN, 0), "the target has no writer's fence");
	CHECK(is_free(&source, POLLIN, 0) && !is_free(&source, POLLOUT, 0),
		"the source has no reader's fence");
	CHECK(is_free(&target, POLLIN, 1000) && is_free(&source, POLLOUT, 1000),
		"the job does not end");
	check_whole(&target.memory, 1);
}

static void waits_for_its_textures(int unused) {
	init("1");
	int fence = gpu_submit_memory(gpu, &source.memory, 200 * MS, GPU_JOB_PUT_FENCE);
	int64_t before_ns = now_ns();
	copy();
	int64_t took_ns = now_ns() - before_ns;
	CHECK(took_ns < 100 * MS, "the submit took %lld us", (long long)took_ns / 1000);
	check_whole(&target.memory, 2);
	/* What comes after it is drawn after it, though nothing would hold it up. */
	struct picture_buffer later;
	picture_init(&later, 3);
	copy_to(&later, &target);
	struct picture_buffer copied;
	picture_init(&copied, 4);
	copy_to(&source, &copied);
	int64_t ready_ns = gpu_wait(fence);
	CHECK(is_free(&copied, POLLIN, 2000) && is_free(&target, POLLIN, 2000),
		"the jobs do not end");
	int64_t end_ns = now_ns();
	CHECK(end_ns - ready_ns >= 3 * COMPOSE_MS * MS, "three jobs took %lld us",
		(long long)(end_ns - ready_ns) / 1000);
	check_whole(&copied.memory, 1);
	check_whole(&target.memory, 3);
}

static void samples_at_once(int unused) {
	init("0");
	int fence = gpu_submit_memory(gpu, &source.memory, 100 * MS, GPU_JOB_PUT_FENCE);
	copy();
	CHECK(is_free(&target, POLLIN, 0), "the target has a fence");
	CHECK(!is_free(&source, POLLIN, 0), "the source has none");
	gpu_wait(fence);
	CHECK(is_free(&source, POLLOUT, 0), "the source has a reader's fence");
	sleep_ms(2 * COMPOSE_MS);
	check_marked(&target.memory, "sampled");
}

static void timelines(int unused) {
	init("0");
	struct wlr_drm_syncobj_timeline *timeline =
		timeline_node() >= 0 ? wlr_drm_syncobj_timeline_create(timeline_node()) : NULL;
	if (timeline == NULL) {
		skip("no node has timelines");
	}
	CHECK(renderer->features.timeline, "it does not say that it has timelines");
	int fence = gpu_submit_memory(gpu, &source.memory, 100 * MS, 0);
	CHECK(wlr_drm_syncobj_timeline_import_sync_file(timeline, 1, fence), "import");
	struct wlr_buffer_pass_options options = {.signal_timeline = timeline, .signal_point = 2};
	options.timer = wlr_render_timer_create(renderer);
	submit(renderer, &source, &target, &options,
		(struct wlr_render_texture_options){.wait_timeline = timeline, .wait_point = 1});
	CHECK(wlr_render_timer_get_duration_ns(options.timer) == -1, "the timer has a time");
	int done = wlr_drm_syncobj_timeline_export_sync_file(timeline, 2);
	CHECK(done >= 0, "the point has no fence");
	int64_t drawn_ns = gpu_wait(fence), end_ns = gpu_wait(done);
	CHECK(end_ns - drawn_ns >= COMPOSE_MS * MS, "it ended after %lld us",
		(long long)(end_ns - drawn_ns) / 1000);
	check_whole(&target.memory, 1);
	CHECK(wlr_render_timer_get_duration_ns(options.timer) == COMPOSE_MS * MS, "the timer");
}

static int losses;

static void handle_lost(struct wl_listener *listener, void *data) {
	losses++;
}

static void lost(int unused) {
	struct wl_listener listener = {.notify = handle_lost};
	setenv("LATCH_GPU_LOSE_AFTER", "2", 1);
	init("1");
	wl_signal_add(&renderer->events.lost, &listener);
	copy();
	copy();
	CHECK(losses == 0, "it was lost too early");
	for (int i = 0; i < 2; i++) {
		CHECK(wlr_renderer_begin_buffer_pass(renderer, &target.base, NULL) == NULL,
			"a lost renderer draws");
		CHECK(losses == 1, "the loss was told %d times", losses);
	}
	CHECK(wlr_texture_from_buffer(renderer, &source.base) == NULL, "a lost renderer imports");
	wl_list_remove(&listener.link);
	wlr_renderer_destroy(renderer);
	create_renderer();
	for (int i = 0; i < 4; i++) {
		copy();
	}
	CHECK(is_free(&target, POLLIN, 1000), "the job does not end");
	check_whole(&target.memory, 1);
}

static bool offers(uint64_t modifier) {
	return wlr_drm_format_set_has(
		wlr_renderer_get_texture_formats(renderer, WLR_BUFFER_CAP_DMABUF),
		DRM_FORMAT_XRGB8888, modifier);
}

static void refused(int unused) {
	setenv("LATCH_GPU_REFUSE", "0x0100000000000001,0", 1);
	init("1");
	CHECK(offers(DRM_FORMAT_MOD_LINEAR), "LINEAR is not offered");
	CHECK(wlr_texture_from_buffer(renderer, &source.base) == NULL, "it is imported");
	unsetenv("LATCH_GPU_REFUSE");
	copy();
}

static void tiled(int unused) {
	init("1");
	tiles_draw(&source.memory, 5);
	CHECK(!offers(I915_FORMAT_MOD_X_TILED), "it is offered unasked");
	source.modifier = I915_FORMAT_MOD_X_TILED;
	CHECK(wlr_texture_from_buffer(renderer, &source.base) == NULL, "it is imported");
	wlr_renderer_destroy(renderer);

	setenv("LATCH_GPU_TILED", "1", 1);
	create_renderer();
	CHECK(offers(I915_FORMAT_MOD_X_TILED), "it is not offered");
	copy();
	CHECK(is_free(&target, POLLIN, 1000), "the job does not end");
	check_whole(&target.memory, 5);

	/* And back, into a target in tiles. */
	struct picture_buffer back;
	picture_init(&back, 6);
	back.modifier = I915_FORMAT_MOD_X_TILED;
	copy_to(&target, &back);
	CHECK(is_free(&back, POLLIN, 1000), "the job does not end");
	CHECK(memcmp(back.memory.map, source.memory.map, source.memory.size) == 0,
		"the target's tiles differ");
}

/* The same pass by wlroots' own pixman renderer is what it has to look like. */
static void looks_as_by_pixman(int unused) {
	init("1");
	struct wlr_renderer *pixman = wlr_pixman_renderer_create();
	struct picture_buffer wanted;
	picture_init(&wanted, 2);
	static const float alpha = 0.6f;
	for (int i = 0; i < 8 * 3; i++) {
		struct wlr_render_texture_options options = {
			.dst_box = {.x = 20, .y = 10, .width = i < 8 ? 100 : 70, .height = 90},
			.transform = (enum wl_output_transform)(i % 8),
			.filter_mode = i < 16 ? WLR_SCALE_FILTER_NEAREST
					      : WLR_SCALE_FILTER_BILINEAR,
			.alpha = i >= 8 ? &alpha : NULL,
		};
		options.src_box = (struct wlr_fbox){.x = 32, .y = 16, .width = 100, .height = 90};
		if (i % 2 == 1 && i < 8) {
			options.src_box.width = 90;
			options.src_box.height = 100;
		}
		memory_draw(&target.memory, 2);
		memory_draw(&wanted.memory, 2);
		submit(renderer, &source, &target, NULL, options);
		submit(pixman, &source, &wanted, NULL, options);
		CHECK(is_free(&target, POLLIN, 1000), "the job does not end");
		int beyond = 0, worst = 0;
		for (uint32_t y = 0; y < HEIGHT; y++) {
			for (uint32_t x = 0; x < WIDTH; x++) {
				uint32_t at = y * wanted.memory.stride / 4 + x;
				int distance = colour_distance(
					target.memory.map[at], wanted.memory.map[at]);
				/* Between pixels both round. */
				beyond += distance > (i < 16 ? 0 : 1);
				worst = distance > worst ? distance : worst;
			}
		}
		CHECK(beyond == 0, "%d pixels differ, by up to %d, transform %d, round %d", beyond,
			worst, i % 8, i / 8);
	}
}

const struct test_case test_cases[] = {
	{"implicit fences are on what is written, and on what is read", implicit},
	{"a texture is sampled when its fence has signalled", waits_for_its_textures},
	{"without implicit fences it is sampled at once, with marks", samples_at_once},
	{"timelines are waited for, and signalled", timelines},
	{"a lost context draws nothing more, and a new one does", lost},
	{"a modifier is offered and refused", refused},
	{"tiles are sampled and drawn", tiled},
	{"what is drawn looks as by pixman", looks_as_by_pixman},
	{0},
};
