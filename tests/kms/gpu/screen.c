/* SPDX-License-Identifier: MIT */
/*
 * What latch shows of pictures that the simulated GPU has not finished: the screen is looked at
 * while a job is certainly not done, so that a wait that is missing is seen each time.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "gpu.h"
#include "machine.h"
#include "scene.h"

/* Longer than it takes to have the picture taken. */
#define LONG_MS 4000

static int gpu;

static void init(enum fence_kind kind) {
	gpu = gpu_open();
	scene_init(kind, 0, 2, memory_init_udmabuf);
	for (uint32_t i = 0; i < 2; i++) {
		memory_draw(&scene.buffers[i].memory, i + 1);
	}
}

/* By places where marks would be, and others. */
static void check_screen(uint32_t number) {
	struct screen picture = screen_take();
	for (int y = 0; y < (int)picture.height; y += 4) {
		for (int x = 0; x < (int)picture.width; x += 4) {
			screen_check(&picture, x, y, 1, 1, (uint32_t)x, (uint32_t)y, number);
		}
	}
}

static void show_first(void) {
	surface_show(&scene.surface, &scene.buffers[0], NULL, 8000);
}

/* The first picture is shown, and the second committed with a job that is not done for long. */
static void commit_unfinished(bool honest) {
	show_first();
	bool on_dmabuf = honest && scene.surface.kind == KIND_NONE;
	int fence = gpu_submit_memory(
		gpu, &scene.buffers[1].memory, LONG_MS * MS, on_dmabuf ? GPU_JOB_PUT_FENCE : 0);
	surface_commit(&scene.surface, &scene.buffers[1], &scene.frames[1], honest ? fence : -1);
	client_roundtrip(&scene.client);
	close(fence);
}

static void check_unfinished(void) {
	CHECK(count_marks(&scene.buffers[1].memory, true) > 0,
		"the job was done before the screen was seen");
}

static void run_honest(int kind) {
	init((enum fence_kind)kind);
	commit_unfinished(true);
	check_screen(1);
	check_unfinished();
	frame_wait(&scene.frames[1], LONG_MS + 2000);
	check_screen(2);
}

/* It tells nobody of its job. This is what shows that marks can be seen at all. */
static void cheat(int unused) {
	init(KIND_NONE);
	commit_unfinished(false);
	frame_wait(&scene.frames[1], 2000);
	struct screen picture = screen_take();
	check_unfinished();
	int marks = screen_count(&picture, GPU_MARK),
	    all = count_marks(&scene.buffers[1].memory, false);
	CHECK(marks == all, "%d of %d pixels of the marks are on the screen", marks, all);
}

/* Composed by a job that takes long. Neither picture is ever to be seen with marks. */
static void composed(int unused) {
	init(KIND_NONE);
	show_first();
	sleep_ms(2000); // until the job of the first is done, if nobody has waited for it
	surface_commit(&scene.surface, &scene.buffers[1], &scene.frames[1], -1);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	struct screen picture = screen_take();
	int marks = screen_count(&picture, GPU_MARK);
	CHECK(marks == 0, "%d pixels of marks are on the screen", marks);
	frame_wait(&scene.frames[1], 8000);
	sleep_ms(2000);
	check_screen(2);
}

/* A client puts a long job on the buffer that it has committed. Its last picture stays on the screen
 * until the job is done. "# written" is printed when the job has begun. */
static void written_later(int unused) {
	init(KIND_NONE);
	show_first();
	printf("# shown\n");
	fflush(stdout);
	sleep_ms(4000); // for others to come into view
	int fence = gpu_submit_memory(gpu, &scene.buffers[0].memory, 8000 * MS, GPU_JOB_PUT_FENCE);
	printf("# written\n");
	fflush(stdout);
	gpu_wait(fence);
	sleep_ms(500);
	check_screen(1);
}

/* Picture 7 in tiles, which no plane of vkms reads and no CPU. */
static struct offer offer_tiles(void) {
	struct memory memory;
	memory_init_udmabuf(&memory, 256, 128);
	tiles_draw(&memory, 7);
	struct offer offer;
	struct buffer_plane plane = {
		memory.fd, .stride = memory.stride, .modifier = I915_FORMAT_MOD_X_TILED};
	struct zwp_linux_buffer_params_v1 *params = params_create(&scene.client, &plane, 1, &offer);
	zwp_linux_buffer_params_v1_create(params, 256, 128, DRM_FORMAT_XRGB8888, 0);
	offer_wait(&scene.client, &offer);
	zwp_linux_buffer_params_v1_destroy(params);
	return offer;
}

static void tiles_refused(int unused) {
	client_connect(&scene.client);
	struct offer offer = offer_tiles();
	CHECK(offer.answer == ANSWER_FAILED, "the answer is %s",
		offer.answer == ANSWER_CREATED ? "created" : "none");
}

static void tiles_composed(int unused) {
	struct surface sub;
	init(KIND_NONE);
	struct offer offer = offer_tiles();
	CHECK(offer.answer == ANSWER_CREATED, "the answer is %s",
		offer.answer == ANSWER_FAILED ? "failed" : "none");
	surface_init_subsurface(&sub, &scene.client, &scene.surface, 100, 50);
	struct buffer buffer = {.wl_buffer = offer.wl_buffer};
	surface_commit(&sub, &buffer, NULL, -1);
	show_first();
	sleep_ms(2000);
	struct screen picture = screen_take();
	screen_check(&picture, 100, 50, 256, 128, 0, 0, 7);
}

const struct test_case test_cases[] = {
	{"a picture that is not finished is not shown: syncobj", run_honest, KIND_SYNCOBJ},
	{"a picture that is not finished is not shown: sync-file", run_honest, KIND_SYNC_FILE},
	{"a picture that is not finished is not shown: implicit", run_honest, KIND_NONE},
	{"one whose fence nobody was told of is shown with its marks", cheat},
	{"a composed picture is shown when its job is done", composed, 0, 30},
	{"what is written to later keeps its last picture", written_later, 0, 30},
	{"tiles that the renderer does not know fail", tiles_refused},
	{"tiles are composed", tiles_composed, 0, 30},
	{0},
};
