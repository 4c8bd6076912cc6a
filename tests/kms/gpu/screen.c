/*
 * What latch shows of pictures that the simulated GPU has not finished: the screen is looked at
 * while a job is certainly not done, so that a wait that is missing is seen each time.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "client.h"
#include "gpu.h"
#include "machine.h"
#include "tests/lab/gpu/renderer/tiles.h"

/* Longer than it takes to have the picture taken. */
#define LONG_MS 4000

struct scene {
	struct client client;
	struct surface surface;
	struct memory memory[2];
	struct buffer buffers[2];
	struct frame frames[2];
	int gpu;
};

static void scene_init(struct scene *scene, enum fence_kind kind) {
	*scene = (struct scene){.gpu = gpu_open()};
	client_connect(&scene->client);
	surface_init_fullscreen(&scene->surface, &scene->client);
	surface_use(&scene->surface, kind);
	for (uint32_t i = 0; i < 2; i++) {
		memory_init_udmabuf(&scene->memory[i], (uint32_t)scene->surface.width,
			(uint32_t)scene->surface.height);
		memory_draw(&scene->memory[i], i + 1);
		buffer_init(
			&scene->buffers[i], &scene->client, &scene->memory[i], DRM_FORMAT_XRGB8888);
	}
}

static int marks_on_screen(const struct picture *picture) {
	int marks = 0;
	for (int y = 0; y < (int)picture->height; y++) {
		for (int x = 0; x < (int)picture->width; x++) {
			marks += picture_get(picture, x, y) == (GPU_MARK & 0xffffff);
		}
	}
	return marks;
}

/* By places where marks would be, and others. */
static void check_screen(uint32_t number) {
	struct picture picture;
	picture_take(&picture);
	int marks = marks_on_screen(&picture);
	CHECK(marks == 0, "%d pixels of marks are on the screen", marks);
	for (int y = 0; y < (int)picture.height; y += 4) {
		for (int x = 0; x < (int)picture.width; x += 4) {
			uint32_t is = picture_get(&picture, x, y);
			uint32_t drawn =
				picture_pixel((uint32_t)x, (uint32_t)y, number) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1, "%06x at %d,%d, not %06x", is, x, y,
				drawn);
		}
	}
	picture_finish(&picture);
}

/* The first picture is shown, and the second committed with a job that is not done for long. */
static void commit_unfinished(struct scene *scene, bool honest) {
	surface_commit(&scene->surface, &scene->buffers[0], &scene->frames[0], -1);
	frame_wait(&scene->frames[0], 5000);
	bool on_dmabuf = honest && scene->surface.kind == KIND_NONE;
	int fence = gpu_submit_memory(scene->gpu, &scene->memory[1], LONG_MS * MS,
		on_dmabuf ? GPU_JOB_PUT_FENCE : 0);
	surface_commit(
		&scene->surface, &scene->buffers[1], &scene->frames[1], honest ? fence : -1);
	client_roundtrip(&scene->client);
	close(fence);
}

static void honest(enum fence_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	commit_unfinished(&scene, true);
	check_screen(1);
	CHECK(count_marked(&scene.memory[1]) > 0, "the job was done before the screen was seen");
	frame_wait(&scene.frames[1], LONG_MS + 2000);
	check_screen(2);
}

static void syncobj(void) {
	honest(KIND_SYNCOBJ);
}

static void sync_file(void) {
	honest(KIND_SYNC_FILE);
}

static void implicit(void) {
	honest(KIND_NONE);
}

/* It tells nobody of its job. This is what shows that marks can be seen at all. */
static void cheat(void) {
	struct scene scene;
	struct picture picture;
	scene_init(&scene, KIND_NONE);
	commit_unfinished(&scene, false);
	frame_wait(&scene.frames[1], 2000);
	picture_take(&picture);
	CHECK(count_marked(&scene.memory[1]) > 0, "the job was done before the screen was seen");
	int marks = marks_on_screen(&picture), all = count_marks(&scene.memory[1]);
	CHECK(marks == all, "%d of %d pixels of the marks are on the screen", marks, all);
}

/* Composed by a job that takes long. Neither picture is ever to be seen with marks. */
static void composed(void) {
	struct scene scene;
	scene_init(&scene, KIND_NONE);
	surface_commit(&scene.surface, &scene.buffers[0], &scene.frames[0], -1);
	frame_wait(&scene.frames[0], 8000);
	sleep_ms(2000); // until the job of the first is done, if nobody has waited for it
	surface_commit(&scene.surface, &scene.buffers[1], &scene.frames[1], -1);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	struct picture picture;
	picture_take(&picture);
	int marks = marks_on_screen(&picture);
	CHECK(marks == 0, "%d pixels of marks are on the screen", marks);
	frame_wait(&scene.frames[1], 8000);
	sleep_ms(2000);
	check_screen(2);
}

/* A client puts a long job on the buffer that it has committed. Its last picture stays on the screen
 * until the job is done. "# written" is printed when the job has begun. */
static void written_later(void) {
	struct scene scene;
	scene_init(&scene, KIND_NONE);
	surface_commit(&scene.surface, &scene.buffers[0], &scene.frames[0], -1);
	frame_wait(&scene.frames[0], 5000);
	printf("# shown\n");
	fflush(stdout);
	sleep_ms(4000); // for others to come into view
	int fence = gpu_submit_memory(scene.gpu, &scene.memory[0], 8000 * MS, GPU_JOB_PUT_FENCE);
	printf("# written\n");
	fflush(stdout);
	gpu_wait(fence);
	sleep_ms(500);
	check_screen(1);
}

enum answer {
	ANSWER_NONE,
	ANSWER_CREATED,
	ANSWER_FAILED,
};

struct offer {
	enum answer answer;
	struct wl_buffer *wl_buffer;
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	struct offer *offer = data;
	*offer = (struct offer){ANSWER_CREATED, wl_buffer};
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct offer *offer = data;
	offer->answer = ANSWER_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

/* Picture 7 in tiles, which no plane of vkms reads and no CPU. */
static struct offer offer_tiles(struct client *client, struct memory *memory) {
	memory_init_udmabuf(memory, 256, 128);
	for (uint32_t y = 0; y < memory->height; y++) {
		for (uint32_t x = 0; x < memory->width; x++) {
			memory->map[tiles_offset(memory->stride, x * 4, y) / 4] =
				picture_pixel(x, y, 7);
		}
	}
	struct offer offer = {0};
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &offer);
	zwp_linux_buffer_params_v1_add(params, memory->fd, 0, 0, memory->stride,
		I915_FORMAT_MOD_X_TILED >> 32, I915_FORMAT_MOD_X_TILED & 0xffffffff);
	zwp_linux_buffer_params_v1_create(params, 256, 128, DRM_FORMAT_XRGB8888, 0);
	int64_t end_ns = now_ns() + 2000 * MS;
	while (offer.answer == ANSWER_NONE && client_pump(client, end_ns)) {
	}
	zwp_linux_buffer_params_v1_destroy(params);
	return offer;
}

static void tiles_refused(void) {
	struct client client;
	struct memory memory;
	client_connect(&client);
	struct offer offer = offer_tiles(&client, &memory);
	CHECK(offer.answer == ANSWER_FAILED, "the answer is %s",
		offer.answer == ANSWER_CREATED ? "created" : "none");
}

static void tiles_composed(void) {
	struct scene scene;
	struct surface sub;
	struct memory memory;
	struct picture picture;
	scene_init(&scene, KIND_NONE);
	struct offer offer = offer_tiles(&scene.client, &memory);
	CHECK(offer.answer == ANSWER_CREATED, "the answer is %s",
		offer.answer == ANSWER_FAILED ? "failed" : "none");
	surface_init_subsurface(&sub, &scene.client, &scene.surface, 100, 50);
	struct buffer buffer = {.wl_buffer = offer.wl_buffer};
	surface_commit(&sub, &buffer, NULL, -1);
	surface_commit(&scene.surface, &scene.buffers[0], &scene.frames[0], -1);
	frame_wait(&scene.frames[0], 8000);
	sleep_ms(2000);
	picture_take(&picture);
	for (int y = 0; y < 128; y++) {
		for (int x = 0; x < 256; x++) {
			uint32_t is = picture_get(&picture, 100 + x, 50 + y);
			uint32_t drawn = picture_pixel((uint32_t)x, (uint32_t)y, 7) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1, "%06x at %d,%d, not %06x", is, x, y,
				drawn);
		}
	}
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a picture that is not finished is not shown: syncobj", syncobj, 0},
		{"a picture that is not finished is not shown: sync-file", sync_file, 0},
		{"a picture that is not finished is not shown: implicit", implicit, 0},
		{"one whose fence nobody was told of is shown with its marks", cheat, 0},
		{"a composed picture is shown when its job is done", composed, 30},
		{"what is written to later keeps its last picture", written_later, 30},
		{"tiles that the renderer does not know fail", tiles_refused, 0},
		{"tiles are composed", tiles_composed, 30},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
