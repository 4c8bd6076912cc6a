/* SPDX-License-Identifier: MIT */
/*
 * Pacing: which vblank an update is shown at, as the presentation feedback tells it. Early and lost
 * never happen; late does not where time is exact, and is told where the machine may be short of
 * it. In which order updates pass is tests/unit/sync/test_pacing.c's.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "scene.h"

#define BUFFERS 24
#define SIZE 64

static struct wp_fifo_v1 *barrier;
static struct wp_commit_timer_v1 *timer;

static void init(void) {
	scene_init(KIND_NONE, SIZE, BUFFERS, memory_init_udmabuf);
	CHECK(scene.client.fifo != NULL && scene.client.timing != NULL,
		"fifo-v1 or commit-timing-v1 is not offered");
	barrier = wp_fifo_manager_v1_get_fifo(scene.client.fifo, scene.surface.wl_surface);
	timer = wp_commit_timing_manager_v1_get_timer(
		scene.client.timing, scene.surface.wl_surface);
}

static void commit(unsigned n) {
	surface_commit(&scene.surface, &scene.buffers[n], &scene.frames[n], -1);
}

static void fifo_commit(unsigned n) {
	wp_fifo_v1_set_barrier(barrier);
	wp_fifo_v1_wait_barrier(barrier);
	commit(n);
}

static void fifo_show(unsigned n) {
	fifo_commit(n);
	frame_wait(&scene.frames[n], 2000);
}

/* All at once: each is seen, in order, at a vblank of its own. */
static void fifo(int unused) {
	init();
	for (unsigned i = 0; i < BUFFERS; i++) {
		fifo_commit(i);
	}
	int64_t late = 0;
	for (unsigned i = 0; i < BUFFERS; i++) {
		frame_wait(&scene.frames[i], 3000);
		if (i > 0) {
			const struct frame *before = &scene.frames[i - 1], *now = &scene.frames[i];
			CHECK(now->seq > before->seq, "frame %u at vblank %lu, the one before at %lu",
				i, (unsigned long)now->seq, (unsigned long)before->seq);
			late += (int64_t)(now->seq - before->seq) - 1;
		}
	}
	note("%d frames, %ld vblanks too late", BUFFERS, (long)late);
	CHECK(late == 0 || !time_is_exact(), "%d frames took %ld vblanks more than they are", BUFFERS,
		(long)late);
}

/* Covered, and nobody shows it: it goes on, at the pace of the display. */
static void fifo_covered(int unused) {
	struct surface cover;
	struct buffer buffer;
	struct frame frame;
	init();
	fifo_show(0);
	surface_init_fullscreen(&cover, &scene.client);
	buffer_init(&buffer, &scene.client, memory_init_udmabuf, (uint32_t)cover.width,
		(uint32_t)cover.height, DRM_FORMAT_XRGB8888);
	surface_show(&cover, &buffer, &frame, 2000);
	int64_t start_ns = latch_now_ns();
	for (unsigned i = 1; i < BUFFERS; i++) {
		fifo_commit(i);
	}
	/* The buffer comes back when the next one takes its place. */
	while (scene.buffers[BUFFERS - 2].releases == 0 &&
		client_pump(&scene.client, start_ns + 3000 * MS)) {
	}
	int64_t took_ns = latch_now_ns() - start_ns;
	note("%d covered frames in %ld ms", BUFFERS - 1, (long)(took_ns / MS));
	CHECK(scene.buffers[BUFFERS - 2].releases == 1, "a covered window stands still");
	CHECK(took_ns > (BUFFERS - 6) * frame.refresh_ns, "%d frames of a covered window took %ld ms",
		BUFFERS - 1, (long)(took_ns / MS));
}

/* Commits that aim at vblanks to come, some frames ahead, with offset_num / 8 of a refresh more:
 * each is shown at the first vblank that is not before its target. */
static void aim(int offset_num) {
	init();
	fifo_show(0);
	fifo_show(1);
	int64_t first_ns = scene.frames[1].presented_ns;
	int64_t refresh_ns = scene.frames[1].refresh_ns;
	CHECK(refresh_ns > 0, "the refresh is not told");
	int64_t offset_ns = refresh_ns * offset_num / 8, targets[BUFFERS];
	for (unsigned i = 2; i < BUFFERS; i++) {
		targets[i] = first_ns + (4 + (i - 2) * 2) * refresh_ns + offset_ns;
		uint64_t sec = (uint64_t)targets[i] / 1000000000;
		wp_commit_timer_v1_set_timestamp(timer, (uint32_t)(sec >> 32), (uint32_t)sec,
			(uint32_t)(targets[i] % 1000000000));
		commit(i);
	}
	int in_time = 0;
	for (unsigned i = 2; i < BUFFERS; i++) {
		frame_wait(&scene.frames[i], 3000);
		int64_t late_ns = scene.frames[i].presented_ns - targets[i];
		CHECK(late_ns > -refresh_ns / 2, "frame %u was shown %ld us early", i,
			(long)(-late_ns / 1000));
		in_time += offset_num == 0 ? late_ns < refresh_ns / 2 : late_ns < refresh_ns;
	}
	note("%d of %d frames at the vblank they aimed at", in_time, BUFFERS - 2);
	CHECK(in_time == BUFFERS - 2 || !time_is_exact(), "only %d of %d frames were in time",
		in_time, BUFFERS - 2);
}

#define VSYNC WP_PRESENTATION_FEEDBACK_KIND_VSYNC
#define ZERO_COPY WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY

/* vkms has a timer in a display's place: nothing may be said in the name of hardware. */
static void flags(int unused) {
	struct buffer shm;
	init();
	for (unsigned i = 0; i < 4; i++) {
		fifo_show(i);
		CHECK(scene.frames[i].flags == (VSYNC | ZERO_COPY), "flags %#x on a plane",
			scene.frames[i].flags);
	}
	const struct frame *first = &scene.frames[2], *second = &scene.frames[3];
	int64_t between_ns = second->presented_ns - first->presented_ns;
	int64_t vblanks = (int64_t)(second->seq - first->seq);
	CHECK(first->seq > 0 && vblanks > 0, "no sequence");
	int64_t off_ns = between_ns - vblanks * first->refresh_ns;
	CHECK(off_ns < 2 * MS && off_ns > -2 * MS, "%ld vblanks of %ld us lie %ld us apart",
		(long)vblanks, (long)(first->refresh_ns / 1000), (long)(between_ns / 1000));
	buffer_init_shm(&shm, &scene.client, SIZE, SIZE, false);
	surface_show(&scene.surface, &shm, &scene.frames[4], 2000);
	CHECK(scene.frames[4].flags == VSYNC, "flags %#x of a copy", scene.frames[4].flags);
}

/* The device can't: the frames come as usual. What latch says of it is the job's to look at. */
static void tearing(int unused) {
	struct client *client = &scene.client;
	struct frame frame;
	scene_init(KIND_NONE, 0, 3, memory_init_udmabuf);
	CHECK(client->tearing != NULL && client->content_type != NULL,
		"tearing-control-v1 or content-type-v1 is not offered");
	struct wp_tearing_control_v1 *control = wp_tearing_control_manager_v1_get_tearing_control(
		client->tearing, scene.surface.wl_surface);
	wp_tearing_control_v1_set_presentation_hint(
		control, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	struct wp_content_type_v1 *type = wp_content_type_manager_v1_get_surface_content_type(
		client->content_type, scene.surface.wl_surface);
	wp_content_type_v1_set_content_type(type, WP_CONTENT_TYPE_V1_TYPE_GAME);
	for (unsigned i = 0; i < 6; i++) {
		surface_show(&scene.surface, scene_next(), &frame, 2000);
		CHECK(frame.flags & VSYNC, "flags %#x", frame.flags);
	}
	wp_content_type_v1_destroy(type);
	wp_tearing_control_v1_destroy(control);
}

const struct test_case test_cases[] = {
	{"fifo: each of many commits at a vblank of its own", fifo},
	{"fifo: a covered window goes on, at the display's pace", fifo_covered},
	{"commit-timing: frames are shown at the vblanks they aim at", aim, 0},
	{"commit-timing: a time between two vblanks is the later one", aim, 4},
	{"presentation feedback says no more than is true", flags},
	{"who asks for tearing where there is none is shown as usual", tearing},
	{0},
};
