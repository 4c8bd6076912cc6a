/* SPDX-License-Identifier: MIT */
/*
 * Releases: each buffer comes back exactly once, and not before the flip that replaced it. All
 * other ways back are tests/unit/sync/test_release.c's, and kms-soak's.
 */
#include <drm_fourcc.h>
#include <sys/stat.h>

#include "case.h"
#include "scene.h"

#define FRAMES 60
#define BUFFERS 4

/* The flip event counts in microseconds, fences in nanoseconds. */
#define CLOCK_STEP_NS 1000

static void init(int kind, unsigned num_buffers) {
	scene_init((enum fence_kind)kind, 0, num_buffers, memory_init_udmabuf);
	scene.surface.watch_releases = true;
}

/* Commits the next buffer as the next frame. */
static struct frame *commit(void) {
	struct frame *frame = &scene.frames[scene.commits];
	surface_commit(&scene.surface, scene_next(), frame, -1);
	return frame;
}

static struct frame *show(void) {
	struct frame *frame = commit();
	frame_wait(frame, 1000);
	return frame;
}

/* When the buffer of frame n came back; 0 when it has not. The point of frame n is n + 1. */
static int64_t release_time_ns(unsigned n) {
	const struct frame *frame = &scene.frames[n];
	switch (scene.surface.kind) {
	case KIND_NONE:
		return scene.buffers[n % scene.num_buffers].release_ns;
	case KIND_SYNC_FILE:
		if (frame->releases == 0) {
			return 0;
		}
		return frame->release_fd < 0 ? frame->release_ns
					     : drm_fence_time_ns(frame->release_fd);
	case KIND_SYNCOBJ:
		return timeline_time_ns(&scene.surface.release, n + 1);
	}
	return 0;
}

/* Between the flip of frame n+1 and the next commit of the same buffer. */
static void run_order(int kind) {
	int64_t soonest_ns = INT64_MAX, latest_ns = 0;
	int fenced = 0;
	init(kind, BUFFERS);
	for (unsigned n = 0; n < FRAMES; n++) {
		const struct frame *frame = show();
		if (n == 0) {
			continue;
		}
		int64_t end_ns = latch_now_ns() + 500 * MS, release_ns;
		struct buffer *replaced = &scene.buffers[(n - 1) % BUFFERS];
		while (kind == KIND_NONE && replaced->releases < replaced->commits &&
			client_pump(&scene.client, end_ns)) {
		}
		while ((release_ns = release_time_ns(n - 1)) == 0 && latch_now_ns() < end_ns) {
			client_pump(&scene.client, latch_now_ns() + 2 * MS);
		}
		CHECK(release_ns != 0, "the buffer of frame %u did not come back", n - 1);
		CHECK(release_ns >= frame->presented_ns - CLOCK_STEP_NS,
			"the buffer of frame %u came back %.3f ms before the flip that replaced it",
			n - 1, (double)(frame->presented_ns - release_ns) / 1e6);
		int64_t after_ns = release_ns - frame->presented_ns;
		soonest_ns = after_ns < soonest_ns ? after_ns : soonest_ns;
		latest_ns = after_ns > latest_ns ? after_ns : latest_ns;
		fenced += scene.frames[n - 1].release_fd >= 0;
		if (kind == KIND_NONE) {
			CHECK(replaced->releases == replaced->commits,
				"%d commits of a buffer, %d releases", replaced->commits,
				replaced->releases);
		}
	}
	/* What is on the screen is still in use. */
	struct buffer *shown = &scene.buffers[(FRAMES - 1) % BUFFERS];
	client_pump_ms(&scene.client, 100);
	CHECK(kind != KIND_NONE || shown->releases == shown->commits - 1,
		"the buffer on the screen was released");
	CHECK(kind == KIND_NONE || release_time_ns(FRAMES - 1) == 0,
		"the buffer on the screen was released");
	for (unsigned n = 0; kind == KIND_SYNC_FILE && n < FRAMES - 1; n++) {
		CHECK(scene.frames[n].releases == 1, "frame %u: %d releases", n,
			scene.frames[n].releases);
	}
	note("%.3f to %.3f ms after the flip%s", (double)soonest_ns / 1e6, (double)latest_ns / 1e6,
		fenced > 0 ? ", fenced" : "");
}

/* By the one who can count them: a point only says whether it is signalled. */
static void check_release(unsigned n, bool back) {
	CHECK((release_time_ns(n) != 0) == back,
		back ? "buffer %u did not come back" : "buffer %u came back too early", n);
	if (scene.surface.kind == KIND_NONE) {
		CHECK(scene.buffers[n].releases == back, "buffer %u: %d releases", n,
			scene.buffers[n].releases);
	} else if (scene.surface.kind == KIND_SYNC_FILE) {
		CHECK(scene.frames[n].releases == back, "frame %u: %d releases", n,
			scene.frames[n].releases);
	}
}

/* The window is gone, but the surface keeps its content until it is told to have none. */
static void run_role_lost(int kind) {
	init(kind, 2);
	show();
	show();
	surface_end_window(&scene.surface);
	client_pump_ms(&scene.client, 150);
	check_release(0, true);
	check_release(1, false);

	wl_surface_attach(scene.surface.wl_surface, NULL, 0, 0);
	wl_surface_commit(scene.surface.wl_surface);
	client_pump_ms(&scene.client, 150);
	check_release(0, true);
	check_release(1, true);
}

/* As of a window that is resized: each is destroyed while it is on the screen, where its content
 * stays until the next. The job looks at what latch holds afterwards. */
static void new_buffers(int unused) {
	init(KIND_NONE, 0);
	for (int n = 0; n < 40; n++) {
		struct buffer buffer;
		buffer_init(&buffer, &scene.client, memory_init_vgem, (uint32_t)scene.surface.width,
			(uint32_t)scene.surface.height, DRM_FORMAT_XRGB8888);
		surface_show(&scene.surface, &buffer, NULL, 2000);
		buffer_finish(&buffer);
	}
}

static void set_refusal(int number) {
	const char *path = getenv("LATCH_REFUSE");
	if (number == 0) {
		unlink(path);
		return;
	}
	FILE *file = fopen(path, "we");
	CHECK(file != NULL && fprintf(file, "%d\n", number) > 0 && fclose(file) == 0, "%s", path);
}

static int64_t count_refusals(void) {
	char path[256];
	struct stat st;
	snprintf(path, sizeof(path), "%s.count", getenv("LATCH_REFUSE"));
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* The event of a flip is lost, and the kernel is busy with it for a while: nothing that may be on
 * the screen is given back before another frame is there for certain. That takes a second, and not
 * for ever. */
static void run_lost(int kind) {
	enum { BEFORE, LOST, AFTER, NEXT };
	set_refusal(0); // a case that failed has left it
	char path[256];
	init(kind, NEXT + 1);
	show();
	snprintf(path, sizeof(path), "%s.lose", getenv("LATCH_REFUSE"));
	FILE *file = fopen(path, "we");
	CHECK(file != NULL && fclose(file) == 0, "%s", path);
	commit();
	client_pump_ms(&scene.client, 100);
	CHECK(access(path, F_OK) != 0, "no event was lost");
	int64_t before = count_refusals();
	set_refusal(EBUSY);
	commit();
	client_pump_ms(&scene.client, 1900);
	int64_t refusals = count_refusals() - before;
	/* Explicit releases of BEFORE are told by the fence of LOST, which the kernel has signalled. */
	if (kind == KIND_NONE) {
		check_release(BEFORE, false);
	}
	check_release(LOST, false);
	CHECK(scene.frames[LOST].state == FRAME_DISCARDED, "it was told to be shown");
	CHECK(scene.frames[AFTER].state == FRAME_PENDING, "a frame was shown meanwhile");
	CHECK(refusals > 0 && refusals < 30, "%d attempts in a second", (int)refusals);
	set_refusal(0);
	frame_wait(&scene.frames[AFTER], 1000);
	CHECK(scene.frames[AFTER].seq > scene.frames[BEFORE].seq + 60,
		"the event that came late was taken for that of the next frame");
	client_pump_ms(&scene.client, 100);
	check_release(BEFORE, true);
	check_release(LOST, true);
	frame_wait(commit(), 100);
	note("after %.0f ms; %d attempts",
		(double)(scene.frames[AFTER].presented_ns - scene.frames[LOST].commit_ns) / 1e6,
		(int)refusals);
}

static const struct test_case cases[] = {
	{"wl_buffer.release comes after the flip that replaced it", run_order, KIND_NONE},
	{"a fenced release signals after the flip that replaced it", run_order, KIND_SYNC_FILE},
	{"a release point signals after the flip that replaced it", run_order, KIND_SYNCOBJ},
	{"a window's end leaves the surface its buffer", run_role_lost, KIND_NONE},
	{"a window's end sends no zwp release", run_role_lost, KIND_SYNC_FILE},
	{"a window's end signals no release point", run_role_lost, KIND_SYNCOBJ},
	{"buffers come and go", new_buffers},
	{0},
};

/* With refuse.so in latch. */
static const struct test_case lost[] = {
	{"a lost flip gives nothing back too early", run_lost, KIND_NONE},
	{"a lost flip: release points", run_lost, KIND_SYNCOBJ},
	{0},
};

int main(int argc, char **argv) {
	return test_main(argc, argv, getenv("LATCH_REFUSE") != NULL ? lost : cases);
}
