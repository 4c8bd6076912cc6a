/* SPDX-License-Identifier: MIT */
/*
 * What only the kernel's sw_sync can show: fences that fail, as after a reset of the GPU, and which
 * deadline the driver of a fence was told.
 */
#include "case.h"
#include "clients/common/sw_sync.h"
#include "machine.h"
#include "scene.h"

#define GOOD 0x00104080
#define BAD 0x00ff2010

static int timeline_fd; // of sw_sync

static void init(int kind) {
	scene_init((enum fence_kind)kind, 0, 4, memory_init_udmabuf);
	scene.surface.watch_releases = true;
}

/* The commit of the next buffer, as the next frame. */
static struct frame *commit(uint32_t colour, int fd) {
	CHECK(scene.commits < SCENE_MAX, "too many commits");
	struct frame *frame = &scene.frames[scene.commits];
	struct buffer *buffer = scene_next();
	memory_fill(&buffer->memory, colour);
	if (scene.surface.kind == KIND_NONE && fd >= 0) {
		memory_set_fence(&buffer->memory, fd);
	}
	surface_commit(&scene.surface, buffer, frame, fd);
	return frame;
}

static struct frame *show_good(void) {
	struct frame *frame = commit(GOOD, -1);
	frame_wait(frame, 1000);
	return frame;
}

static void show_some_good(int len) {
	for (int i = 0; i < len; i++) {
		show_good();
	}
}

/* A pending fence, on a timeline of its own. */
static int create_fence(void) {
	timeline_fd = sw_sync_open();
	CHECK(timeline_fd >= 0, SW_SYNC_PATH ": %s", strerror(errno));
	int fd = sw_sync_create_fence(timeline_fd, 1);
	CHECK(fd >= 0, "sw_sync fence: %s", strerror(errno));
	return fd;
}

/* How often the buffer of this frame came back; a point can tell only whether it did. */
static int count_releases(const struct frame *frame, const struct buffer *buffer) {
	switch (scene.surface.kind) {
	case KIND_NONE:
		return buffer->releases;
	case KIND_SYNC_FILE:
		CHECK(frame->releases == 0 || frame->release_fd < 0,
			"what was not shown came back with a fence");
		return frame->releases;
	case KIND_SYNCOBJ:
		return timeline_is_signalled(&scene.surface.release, scene.surface.point);
	}
	return 0;
}

static void check_not_shown(
	const struct frame *frame, const struct buffer *buffer, int owed, uint32_t fb) {
	client_pump_ms(&scene.client, 100);
	CHECK(frame->state == FRAME_DISCARDED,
		frame->state == FRAME_PRESENTED ? "it was shown" : "it is waited for still");
	int releases = count_releases(frame, buffer);
	CHECK(releases == owed, "the buffer came back %d times, not %d", releases, owed);
	CHECK(plane_state_read().fb == fb, "the last good framebuffer does not stay on its plane");
}

/* It fails while the commit waits for it. */
static void fail_late(void) {
	uint32_t before = plane_state_read().fb;
	const struct buffer *buffer = &scene.buffers[scene.commits % scene.num_buffers];
	int owed = scene.surface.kind == KIND_NONE ? buffer->releases + 1 : 1;
	int fd = create_fence();
	const struct frame *frame = commit(BAD, fd);
	close(fd);
	client_pump_ms(&scene.client, 50);
	CHECK(frame->state == FRAME_PENDING, "it was not waited for");
	CHECK(count_releases(frame, buffer) < owed, "the buffer came back before its fence");
	close(timeline_fd);
	check_not_shown(frame, buffer, owed, before);
}

/* It has failed before the commit. Not for a dma-buf: it keeps no fence that has signalled, so that
 * nobody can know of its error. */
static void fail_early(void) {
	uint32_t before = plane_state_read().fb;
	const struct buffer *buffer = &scene.buffers[scene.commits % scene.num_buffers];
	int fd = create_fence();
	if (scene.surface.kind == KIND_SYNCOBJ) {
		/* A fence that has signalled goes into a point without its error. */
		timeline_must_import(&scene.surface.acquire, scene.surface.point + 1, fd);
		close(timeline_fd);
		close(fd);
		fd = FENCE_NOT_YET;
	} else {
		close(timeline_fd);
	}
	const struct frame *frame = commit(BAD, fd);
	if (fd >= 0) {
		close(fd);
	}
	check_not_shown(frame, buffer, 1, before);
}

static void check_picture(void) {
	struct screen picture = screen_take();
	uint32_t colour = screen_get(
		&picture, (int)picture.width / 2 + 40, (int)picture.height / 2 + 40);
	CHECK(colour == GOOD, "the screen shows %06x", colour);
}

static void run_failing(int kind) {
	init(kind);
	show_some_good(5);
	fail_late();
	check_picture();
	if (kind != KIND_NONE) {
		fail_early();
	}
	uint32_t before = plane_state_read().fb;
	show_good();
	CHECK(plane_state_read().fb != before, "a good frame after them is not on the plane");
}

/* The vblank that comes next, as far as anybody can know: whole refreshes after the last flip. */
static void check_deadline(const struct frame *shown, const struct frame *frame,
	int64_t told_before_ns, int64_t deadline_ns) {
	int64_t refresh_ns = shown->refresh_ns, since_ns = deadline_ns - shown->presented_ns;
	int64_t off_ns = (since_ns + refresh_ns / 2) % refresh_ns - refresh_ns / 2;
	note("told %.3f ms after the commit, %.3f ms beside a vblank",
		(double)(deadline_ns - frame->commit_ns) / 1e6, (double)off_ns / 1e6);
	CHECK(deadline_ns > frame->commit_ns && deadline_ns <= told_before_ns + refresh_ns,
		"it is not the next vblank");
	CHECK(llabs(off_ns) < refresh_ns / 20, "it is no vblank: %.3f ms beside one",
		(double)off_ns / 1e6);
}

/* later: the point gets its fence only when the commit waits for it. */
static void tell_deadline(int kind, bool later) {
	int64_t deadline_ns = 0;
	init(kind);
	show_some_good(10);
	int fd = create_fence();
	CHECK(!sw_sync_get_deadline(timeline_fd, fd, &deadline_ns) && errno == ENOENT,
		"a new fence has a deadline");
	const struct frame *shown = show_good();
	struct frame *frame = commit(BAD, later ? FENCE_NOT_YET : fd);
	client_roundtrip(&scene.client);
	if (later) {
		timeline_must_import(&scene.surface.acquire, scene.surface.point, fd);
		client_roundtrip(&scene.client);
	}
	bool told;
	int64_t end_ns = latch_now_ns() + 200 * MS;
	while (!(told = sw_sync_get_deadline(timeline_fd, fd, &deadline_ns)) &&
		latch_now_ns() < end_ns) {
		sleep_ms(1);
	}
	CHECK(told, "no deadline: %s", strerror(errno));
	check_deadline(shown, frame, latch_now_ns(), deadline_ns);
	CHECK(sw_sync_advance(timeline_fd, 1), "sw_sync: %s", strerror(errno));
	frame_wait(frame, 1000);
	close(fd);
}

/* After idle nobody knows the next vblank. */
static void no_deadline_after_idle(int unused) {
	int64_t deadline_ns;
	init(KIND_SYNC_FILE);
	show_some_good(5);
	sleep_ms(1500);
	int fd = create_fence();
	commit(BAD, fd);
	client_roundtrip(&scene.client);
	sleep_ms(50);
	CHECK(!sw_sync_get_deadline(timeline_fd, fd, &deadline_ns) && errno == ENOENT,
		"a deadline after idle");
	/* What is pending when we die would fail, and be named in the log. */
	CHECK(sw_sync_advance(timeline_fd, 1), "sw_sync: %s", strerror(errno));
	close(fd);
}

static void run_deadline(int kind) {
	tell_deadline(kind, false);
}

static void deadline_materialised(int unused) {
	tell_deadline(KIND_SYNCOBJ, true);
}

const struct test_case test_cases[] = {
	{"a buffer whose dma-buf's fence fails is not shown", run_failing, KIND_NONE},
	{"a buffer whose sync_file fails is not shown", run_failing, KIND_SYNC_FILE},
	{"a buffer whose syncobj point fails is not shown", run_failing, KIND_SYNCOBJ},
	{"the fence on a dma-buf is told the next vblank", run_deadline, KIND_NONE},
	{"a sync_file is told the next vblank", run_deadline, KIND_SYNC_FILE},
	{"a syncobj point is told the next vblank", run_deadline, KIND_SYNCOBJ},
	{"a point that gets its fence late is told the next vblank", deadline_materialised},
	{"no fence is told a deadline after idle", no_deadline_after_idle},
	{0},
};
