/* SPDX-License-Identifier: MIT */
/*
 * The fences of the simulated GPU's renderer by itself, as a compositor uses one. The job preloads
 * it, so that what wlroots would make a GLES 2 renderer is it.
 */
#include <drm_fourcc.h>
#include <poll.h>
#include <wlr/interfaces/wlr_buffer.h>
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

#define WIDTH 256
#define HEIGHT 128
#define COMPOSE_MS 50

struct picture_buffer {
	struct wlr_buffer base;
	struct memory memory;
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
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.stride = {buffer->memory.stride},
		.fd = {buffer->memory.fd, -1, -1, -1},
	};
	return true;
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = destroy,
	.get_dmabuf = get_dmabuf,
};

static void picture_init(struct picture_buffer *buffer, uint32_t number) {
	*buffer = (struct picture_buffer){0};
	memory_init_udmabuf(&buffer->memory, WIDTH, HEIGHT);
	memory_draw(&buffer->memory, number);
	wlr_buffer_init(&buffer->base, &buffer_impl, WIDTH, HEIGHT);
}

/* A case has a process of its own, and one of each of these. */
static struct wlr_renderer *renderer;
static struct picture_buffer source, target;
static int gpu;

/* A source with picture 1 and a target with picture 2, drawn both. */
static void init(const char *implicit_fences) {
	wlr_log_init(WLR_ERROR, NULL);
	char compose[16];
	snprintf(compose, sizeof(compose), "%d", COMPOSE_MS);
	setenv("LATCH_GPU_COMPOSE", compose, 1);
	setenv("LATCH_GPU_IMPLICIT", implicit_fences, 1);
	int fd = open(getenv("LATCH_DEVICE"), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0, "LATCH_DEVICE: %s", strerror(errno));
	renderer = wlr_gles2_renderer_create_with_drm_fd(fd);
	close(fd);
	CHECK(renderer != NULL && !wlr_renderer_is_pixman(renderer), "no renderer");
	gpu = gpu_open();
	picture_init(&source, 1);
	picture_init(&target, 2);
}

static void submit(struct picture_buffer *from, struct picture_buffer *to,
	const struct wlr_buffer_pass_options *pass_options,
	struct wlr_render_texture_options options) {
	options.texture = wlr_texture_from_buffer(renderer, &from->base);
	CHECK(options.texture != NULL, "the source can't be imported");
	struct wlr_render_pass *pass =
		wlr_renderer_begin_buffer_pass(renderer, &to->base, pass_options);
	CHECK(pass != NULL, "no pass");
	wlr_render_pass_add_texture(pass, &options);
	CHECK(wlr_render_pass_submit(pass), "submit failed");
	wlr_texture_destroy(options.texture);
}

static void copy(struct picture_buffer *from, struct picture_buffer *to) {
	submit(from, to, NULL, (struct wlr_render_texture_options){0});
}

/* POLLIN: until its writers are done; POLLOUT: its readers too. */
static bool is_free(const struct picture_buffer *buffer, short events, int limit_ms) {
	struct pollfd pollfd = {.fd = buffer->memory.fd, .events = events};
	return poll(&pollfd, 1, limit_ms) == 1;
}

static void implicit(int unused) {
	init("1");
	copy(&source, &target);
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
	int64_t before_ns = latch_now_ns();
	copy(&source, &target);
	int64_t took_ns = latch_now_ns() - before_ns;
	CHECK(took_ns < 100 * MS, "the submit took %lld us", (long long)took_ns / 1000);
	check_whole(&target.memory, 2);
	/* What comes after it is drawn after it, though nothing would hold it up. */
	struct picture_buffer later;
	picture_init(&later, 3);
	copy(&later, &target);
	struct picture_buffer copied;
	picture_init(&copied, 4);
	copy(&source, &copied);
	int64_t ready_ns = gpu_wait(fence);
	CHECK(is_free(&copied, POLLIN, 2000) && is_free(&target, POLLIN, 2000),
		"the jobs do not end");
	int64_t end_ns = latch_now_ns();
	CHECK(end_ns - ready_ns >= 3 * COMPOSE_MS * MS, "three jobs took %lld us",
		(long long)(end_ns - ready_ns) / 1000);
	check_whole(&copied.memory, 1);
	check_whole(&target.memory, 3);
}

static void samples_at_once(int unused) {
	init("0");
	int fence = gpu_submit_memory(gpu, &source.memory, 100 * MS, GPU_JOB_PUT_FENCE);
	copy(&source, &target);
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
	submit(&source, &target, &options,
		(struct wlr_render_texture_options){.wait_timeline = timeline, .wait_point = 1});
	int done = wlr_drm_syncobj_timeline_export_sync_file(timeline, 2);
	CHECK(done >= 0, "the point has no fence");
	int64_t drawn_ns = gpu_wait(fence), end_ns = gpu_wait(done);
	CHECK(end_ns - drawn_ns >= COMPOSE_MS * MS, "it ended after %lld us",
		(long long)(end_ns - drawn_ns) / 1000);
	check_whole(&target.memory, 1);
}

const struct test_case test_cases[] = {
	{"implicit fences are on what is written, and on what is read", implicit},
	{"a texture is sampled when its fence has signalled", waits_for_its_textures},
	{"without implicit fences it is sampled at once, with marks", samples_at_once},
	{"timelines are waited for, and signalled", timelines},
	{0},
};
