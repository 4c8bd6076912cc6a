/* SPDX-License-Identifier: MIT */
/*
 * Fences that signal late, and fences that never do. vgem makes them, so the test knows the
 * moment of the signal; the flip's own time says whether latch showed the buffer before.
 */
#include "case.h"
#include "machine.h"
#include "scene.h"

#define FRAMES 24
#define LATE_MS 50
#define WINDOW 128

/* The ways in which a fence comes late. */
enum late {
	LATE_IMPLICIT,	   // it sits in the dma-buf
	LATE_SYNC_FILE,	   // zwp_linux_explicit_synchronization_v1
	LATE_POINT,	   // a point that has the fence
	LATE_MATERIALISED, // a point that gets its fence late
};

static enum late late;
static uint32_t fence;

static void init(enum late way, uint32_t size) {
	static const enum fence_kind kinds[] = {
		[LATE_IMPLICIT] = KIND_NONE,
		[LATE_SYNC_FILE] = KIND_SYNC_FILE,
		[LATE_POINT] = KIND_SYNCOBJ,
		[LATE_MATERIALISED] = KIND_SYNCOBJ,
	};
	late = way;
	scene_init(
		kinds[way], size, 4, way == LATE_IMPLICIT ? memory_init_vgem : memory_init_udmabuf);
}

/* A commit whose fence is left pending. */
static void commit_late(struct frame *frame) {
	struct buffer *buffer = scene_next();
	int fd = -1;
	switch (late) {
	case LATE_IMPLICIT:
		fence = drm_fence_attach(&buffer->memory);
		break;
	case LATE_SYNC_FILE:
	case LATE_POINT:
		fd = drm_fence_create(&fence);
		break;
	case LATE_MATERIALISED:
		fd = FENCE_NOT_YET;
		break;
	}
	surface_commit(&scene.surface, buffer, frame, fd);
	if (fd >= 0) {
		close(fd);
	}
}

static void signal_late(void) {
	if (late == LATE_MATERIALISED) {
		timeline_must_signal(&scene.surface.acquire, scene.surface.point);
	} else {
		drm_fence_signal(fence);
	}
}

/* Both what latch says (feedback) and what the kernel says (the framebuffer on the plane). Returns
 * how long after its fence the frame was on the screen. */
static int64_t show_late(struct frame *frame, int number) {
	uint32_t before = plane_state_read().fb;
	commit_late(frame);
	int64_t until_ns = frame->commit_ns + LATE_MS * MS;
	while (client_pump(&scene.client, until_ns - 10 * MS)) {
	}
	uint32_t during = plane_state_read().fb;
	while (client_pump(&scene.client, until_ns)) {
	}
	CHECK(frame->state == FRAME_PENDING, "frame %d came before its fence", number);
	CHECK(before == during, "the plane's framebuffer changed before the fence of frame %d",
		number);
	int64_t signal_ns = latch_now_ns();
	signal_late();
	frame_wait(frame, 1000);
	CHECK(plane_state_read().fb != before, "frame %d is not on the plane", number);
	CHECK(frame->presented_ns >= signal_ns,
		"frame %d was on the screen %.2f ms before its fence", number,
		(double)(signal_ns - frame->presented_ns) / 1e6);
	return frame->presented_ns - signal_ns;
}

static void run_late(int way) {
	struct frame frame;
	init((enum late)way, 0);
	int64_t worst_ns[2] = {0, 0}; // of ready ones, of late ones
	int slow = 0;
	uint64_t seq = 0;
	for (int i = 0; i < FRAMES; i++) {
		bool is_late = i % 8 == 7;
		int64_t took_ns;
		if (is_late) {
			took_ns = show_late(&frame, i);
		} else {
			surface_show(&scene.surface, scene_next(), &frame, 1000);
			took_ns = frame.presented_ns - frame.commit_ns;
		}
		/* The first ones set everything up: modes, imports. */
		if (i >= 4) {
			worst_ns[is_late] =
				took_ns > worst_ns[is_late] ? took_ns : worst_ns[is_late];
			slow += took_ns > 2 * frame.refresh_ns;
		}
		CHECK(frame.seq > seq || seq == 0, "sequence %llu after %llu",
			(unsigned long long)frame.seq, (unsigned long long)seq);
		seq = frame.seq;
	}
	note("commit->flip of ready frames %.1f ms at most, signal->flip of late ones %.1f ms",
		(double)worst_ns[false] / 1e6, (double)worst_ns[true] / 1e6);
	CHECK(slow == 0 || !time_is_exact(), "%d of %d frames took longer than two refreshes",
		slow, FRAMES);
}

/* A good frame is shown, and then two whose fences never signal. What they cost others, and what is
 * left of them, is stress.sh's to see. */
static void run_stuck(int way) {
	struct frame stuck[2];
	init((enum late)way, WINDOW);
	memory_fill(&scene.buffers[0].memory, 0x00ff2010);
	memory_fill(&scene.buffers[1].memory, 0x0010ff20);
	memory_fill(&scene.buffers[2].memory, 0x0010ff20);
	surface_show(&scene.surface, scene_next(), NULL, 2000);
	commit_late(&stuck[0]);
	commit_late(&stuck[1]);
	client_pump_ms(&scene.client, 1000);
	struct screen picture = screen_take();
	client_roundtrip(&scene.client);
	int pixels = screen_count(&picture, 0xff2010);
	CHECK(pixels == WINDOW * WINDOW, "%d pixels of the last good frame are on the screen",
		pixels);
	pixels = screen_count(&picture, 0x10ff20);
	CHECK(pixels == 0, "%d pixels of the stuck frames are on the screen", pixels);
	CHECK(stuck[0].state == FRAME_PENDING && stuck[1].state == FRAME_PENDING,
		"a stuck frame is told of");
}

const struct test_case test_cases[] = {
	{"a late fence in the dma-buf delays its own commit", run_late, LATE_IMPLICIT},
	{"a late sync_file delays its own commit", run_late, LATE_SYNC_FILE},
	{"a late syncobj point delays its own commit", run_late, LATE_POINT},
	{"a point that materialises late delays its own commit", run_late, LATE_MATERIALISED},
	{"a dma-buf that is never ready leaves its last good frame", run_stuck, LATE_IMPLICIT},
	{"a sync_file that never signals leaves its last good frame", run_stuck, LATE_SYNC_FILE},
	{"a point that never signals leaves its last good frame", run_stuck, LATE_POINT},
	{"a point that never materialises leaves its last good frame", run_stuck,
		LATE_MATERIALISED},
	{0},
};
