/*
 * What latch holds does not grow: fds, framebuffers and dma-bufs, counted in the kernel.
 */
#include <drm_fourcc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "client.h"
#include "machine.h"

#define BUFFERS 4

struct scene {
	struct client client;
	struct surface surface;
	struct memory memory[BUFFERS];
	struct buffer buffers[BUFFERS];
};

static void scene_init(struct scene *scene, enum fence_kind kind) {
	client_connect(&scene->client);
	surface_init_fullscreen(&scene->surface, &scene->client);
	surface_use(&scene->surface, kind);
	for (unsigned i = 0; i < BUFFERS; i++) {
		memory_init_vgem(&scene->memory[i], (uint32_t)scene->surface.width,
			(uint32_t)scene->surface.height);
		memory_fill(&scene->memory[i], 0x00102030 * (i + 1));
		buffer_init(
			&scene->buffers[i], &scene->client, &scene->memory[i], DRM_FORMAT_XRGB8888);
	}
}

static void check_returned(const struct holdings *before, const char *what) {
	struct holdings after;
	if (!holdings_return(before, &after)) {
		fail("%s: %d fds, %d framebuffers, %d dma-bufs before; %d, %d, %d after", what,
			before->fds, before->framebuffers, before->dmabufs, after.fds,
			after.framebuffers, after.dmabufs);
	}
}

static void run_frames(struct scene *scene, int from, int to) {
	struct frame frame;
	for (int n = from; n < to; n++) {
		surface_commit(
			&scene->surface, &scene->buffers[n % BUFFERS], n % 16 ? NULL : &frame, -1);
		surface_wait_callback(&scene->surface, 2000);
		if (n % 16 == 0) {
			frame_wait(&frame, 2000);
		}
	}
}

static void run_long(enum fence_kind kind, int frames) {
	struct scene scene;
	scene_init(&scene, kind);
	run_frames(&scene, 0, 100);
	sleep_ms(100);
	struct holdings before = holdings_count();
	run_frames(&scene, 100, frames);
	check_returned(&before, "after all frames");
	note("%d fds, %d framebuffers, %d dma-bufs after 100 frames and after %d", before.fds,
		before.framebuffers, before.dmabufs, frames);
}

static void long_syncobj(void) {
	run_long(KIND_SYNCOBJ, 600);
}

static void long_implicit(void) {
	run_long(KIND_NONE, 250);
}

static void long_sync_file(void) {
	run_long(KIND_SYNC_FILE, 250);
}

/* New buffers all the time, as a window does that is resized. */
static void new_buffers(void) {
	struct scene scene;
	struct frame frame;
	scene_init(&scene, KIND_NONE);
	run_frames(&scene, 0, 8);
	struct holdings before = holdings_count();
	for (int n = 0; n < 40; n++) {
		struct memory memory;
		struct buffer buffer;
		memory_init_vgem(
			&memory, (uint32_t)scene.surface.width, (uint32_t)scene.surface.height);
		buffer_init(&buffer, &scene.client, &memory, DRM_FORMAT_XRGB8888);
		surface_commit(&scene.surface, &buffer, &frame, -1);
		frame_wait(&frame, 2000);
		/* Destroyed while it is on the screen; the content stays until the next. */
		buffer_finish(&buffer);
		memory_finish(&memory);
	}
	run_frames(&scene, 0, 8);
	check_returned(&before, "after 40 buffers that came and went");
}

/* Frames on the way in every state: on the screen, submitted, held by a fence, attached. */
static void run_killed(enum fence_kind kind) {
	struct holdings before = holdings_count();
	for (int round = 0; round < 5; round++) {
		int fds[2];
		CHECK(pipe(fds) == 0, "pipe");
		pid_t pid = fork();
		if (pid == 0) {
			struct scene scene;
			uint32_t fence;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			scene_init(&scene, kind);
			run_frames(&scene, 0, 6);
			for (unsigned i = 0; i < 3; i++) {
				int fd = -1;
				if (kind == KIND_NONE) {
					drm_fence_attach(&scene.memory[i]);
				} else {
					fd = drm_fence_create(&fence);
				}
				surface_commit(&scene.surface, &scene.buffers[i], NULL, fd);
			}
			wl_surface_attach(
				scene.surface.wl_surface, scene.buffers[3].wl_buffer, 0, 0);
			client_roundtrip(&scene.client);
			CHECK(write(fds[1], "x", 1) == 1, "write");
			for (;;) {
				pause();
			}
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
			struct holdings after = holdings_count();
			CHECK(after.fds <= before.fds + 2 &&
					after.framebuffers <= before.framebuffers + 2 &&
					after.dmabufs <= before.dmabufs + 2,
				"%d fds, %d framebuffers, %d dma-bufs before; %d, %d, %d after",
				before.fds, before.framebuffers, before.dmabufs, after.fds,
				after.framebuffers, after.dmabufs);
			before = after;
		}
	}
	check_returned(&before, "after four more killed clients");
}

static void killed_implicit(void) {
	run_killed(KIND_NONE);
}

static void killed_sync_file(void) {
	run_killed(KIND_SYNC_FILE);
}

static void killed_syncobj(void) {
	run_killed(KIND_SYNCOBJ);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a client killed in the middle of a frame (dma-buf fences)", killed_implicit, 0},
		{"a client killed in the middle of a frame (sync_files)", killed_sync_file, 0},
		{"a client killed in the middle of a frame (syncobj)", killed_syncobj, 0},
		{"buffers that come and go leave nothing behind", new_buffers, 0},
		{"nothing grows in 250 frames with dma-buf fences", long_implicit, 30},
		{"nothing grows in 250 frames with sync_files", long_sync_file, 30},
		{"nothing grows in 600 frames with syncobj", long_syncobj, 30},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
