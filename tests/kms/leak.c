/*
 * What latch holds does not grow: fds, framebuffers and dma-bufs, counted in the kernel.
 */
#include <drm_fourcc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "machine.h"
#include "scene.h"

static void init(int kind) {
	scene_init((enum fence_kind)kind, 0, 4, memory_init_vgem);
}

static void run_frames(int from, int to) {
	struct frame frame;
	for (int n = from; n < to; n++) {
		surface_commit(&scene.surface, scene_next(), n % 16 ? NULL : &frame, -1);
		surface_wait_callback(&scene.surface, 2000);
		if (n % 16 == 0) {
			frame_wait(&frame, 2000);
		}
	}
}

static void run_long(int kind) {
	int frames = kind == KIND_SYNCOBJ ? 600 : 250;
	init(kind);
	run_frames(0, 100);
	sleep_ms(100);
	struct holdings before = holdings_count();
	run_frames(100, frames);
	holdings_check(&before, 0, "after all frames");
	note("%d fds, %d framebuffers, %d dma-bufs after 100 frames and after %d", before.fds,
		before.framebuffers, before.dmabufs, frames);
}

/* New buffers all the time, as a window does that is resized. */
static void new_buffers(int unused) {
	init(KIND_NONE);
	run_frames(0, 8);
	struct holdings before = holdings_count();
	for (int n = 0; n < 40; n++) {
		struct buffer buffer;
		buffer_init(&buffer, &scene.client, memory_init_vgem, (uint32_t)scene.surface.width,
			(uint32_t)scene.surface.height, DRM_FORMAT_XRGB8888);
		surface_show(&scene.surface, &buffer, NULL, 2000);
		/* Destroyed while it is on the screen; the content stays until the next. */
		buffer_finish(&buffer);
	}
	run_frames(0, 8);
	holdings_check(&before, 0, "after 40 buffers that came and went");
}

/* Frames on the way in every state: on the screen, submitted, held by a fence, attached. */
static _Noreturn void get_stuck(int kind, int done) {
	uint32_t fence;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	init(kind);
	run_frames(0, 8);
	for (unsigned i = 0; i < 3; i++) {
		struct buffer *buffer = scene_next();
		int fd = -1;
		if (kind == KIND_NONE) {
			drm_fence_attach(&buffer->memory);
		} else {
			fd = drm_fence_create(&fence);
		}
		surface_commit(&scene.surface, buffer, NULL, fd);
	}
	wl_surface_attach(scene.surface.wl_surface, scene_next()->wl_buffer, 0, 0);
	client_roundtrip(&scene.client);
	CHECK(write(done, "x", 1) == 1, "write");
	for (;;) {
		pause();
	}
}

static void run_killed(int kind) {
	struct holdings before = holdings_count();
	for (int round = 0; round < 5; round++) {
		int fds[2];
		CHECK(pipe(fds) == 0, "pipe");
		pid_t pid = fork();
		if (pid == 0) {
			get_stuck(kind, fds[1]);
		}
		close(fds[1]);
		char done;
		CHECK(read(fds[0], &done, 1) == 1, "the client did not come so far");
		close(fds[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		/* The first one may have made latch fetch something that it keeps. */
		if (round == 0) {
			sleep_ms(500);
			holdings_check(&before, 2, "after the first killed client");
			before = holdings_count();
		}
	}
	holdings_check(&before, 0, "after four more killed clients");
}

const struct test_case test_cases[] = {
	{"a client killed in the middle of a frame (dma-buf fences)", run_killed, KIND_NONE},
	{"a client killed in the middle of a frame (sync_files)", run_killed, KIND_SYNC_FILE},
	{"a client killed in the middle of a frame (syncobj)", run_killed, KIND_SYNCOBJ},
	{"buffers that come and go leave nothing behind", new_buffers},
	{"nothing grows in 250 frames with dma-buf fences", run_long, KIND_NONE, 30},
	{"nothing grows in 250 frames with sync_files", run_long, KIND_SYNC_FILE, 30},
	{"nothing grows in 600 frames with syncobj", run_long, KIND_SYNCOBJ, 30},
	{0},
};
