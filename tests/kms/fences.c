/*
 * Fences that signal late, and fences that never do. vgem makes them, so the test knows the
 * moment of the signal; the flip's own time says whether latch showed the buffer before.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "machine.h"
#include "scene.h"
#include "victim.h"

#define FRAMES 24
#define LATE_MS 50

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
	int64_t signal_ns = now_ns();
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

/* A commit after the late one, ready at once: it may be shown only after (or instead of) it,
 * and not before its fence. */
static void run_order(int way) {
	struct frame held, next;
	init((enum late)way, 0);
	surface_show(&scene.surface, scene_next(), NULL, 1000);
	commit_late(&held);
	surface_commit(&scene.surface, scene_next(), &next, -1);
	while (client_pump(&scene.client, held.commit_ns + LATE_MS * MS)) {
	}
	CHECK(held.state == FRAME_PENDING, "the held frame came before its fence");
	CHECK(next.state == FRAME_PENDING, "a later frame overtook the held one");
	int64_t signal_ns = now_ns();
	signal_late();
	frame_wait(&next, 1000);
	CHECK(next.presented_ns >= signal_ns, "shown before the fence");
	CHECK(held.state == FRAME_DISCARDED ||
			(held.state == FRAME_PRESENTED && held.presented_ns < next.presented_ns),
		"the held frame was neither shown before the next nor discarded");
}

/* The client that never signals, in a process of its own so that it can be killed: it shows a good
 * frame, and commits two whose fences stay pending. */
static pid_t start_stuck(enum late way) {
	int done[2];
	char byte = 'x';
	CHECK(pipe(done) == 0, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		struct frame stuck;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		init(way, 128);
		memory_fill(&scene.buffers[0].memory, 0x00ff2010);
		memory_fill(&scene.buffers[1].memory, 0x0010ff20);
		memory_fill(&scene.buffers[2].memory, 0x0010ff20);
		surface_show(&scene.surface, scene_next(), NULL, 2000);
		sleep_ms(1200); // until latch has learned what two windows cost
		commit_late(&stuck);
		commit_late(&stuck);
		client_roundtrip(&scene.client);
		CHECK(write(done[1], &byte, 1) == 1, "pipe");
		while (client_pump(&scene.client, now_ns() + 60000 * MS)) {
			CHECK(stuck.state == FRAME_PENDING, "a stuck frame was shown");
		}
		_exit(1);
	}
	close(done[1]);
	CHECK(read(done[0], &byte, 1) == 1, "the stuck client did not come so far");
	return pid;
}

static int count_colour(const struct picture *picture, uint32_t colour) {
	int count = 0;
	for (uint32_t i = 0; i < picture->width * picture->height; i++) {
		count += (picture->pixels[i] & 0xffffff) == colour;
	}
	return count;
}

static void check_answers(struct client *other) {
	int64_t worst_ns = 0;
	for (int i = 0; i < 10; i++) {
		int64_t start_ns = now_ns();
		client_roundtrip(other);
		int64_t took_ns = now_ns() - start_ns;
		worst_ns = took_ns > worst_ns ? took_ns : worst_ns;
		sleep_ms(20);
	}
	note("wl_display.sync took %.1f ms at most", (double)worst_ns / 1e6);
	CHECK(worst_ns < 5 * MS || !time_is_exact(), "wl_display.sync took %.1f ms",
		(double)worst_ns / 1e6);
}

static void run_stuck(int way) {
	struct client other;
	victim_start();
	client_connect(&other);
	if ((way == LATE_POINT || way == LATE_MATERIALISED) && other.syncobj == NULL) {
		skip("linux-drm-syncobj-v1 is not offered");
	}
	struct holdings before = holdings_count();
	pid_t pid = start_stuck((enum late)way);
	sleep_ms(100);
	victim_take();
	sleep_ms(1000);
	struct victim_counts beside = victim_take();
	note("the other client: %d frames and %d missed beside it", beside.presented,
		beside.missed);
	check_answers(&other);
	if (getenv("LATCH_CAPTURE") != NULL) {
		struct picture picture = picture_take();
		int good = count_colour(&picture, 0xff2010);
		int stuck = count_colour(&picture, 0x10ff20);
		/* The other window may lie on it. */
		CHECK(good > 128 * 128 / 8, "the last good frame is not on the screen");
		CHECK(stuck == 0, "%d pixels of the stuck frame are on the screen", stuck);
		picture_finish(&picture);
	}
	CHECK(waitpid(pid, NULL, WNOHANG) == 0, "the stuck client has ended");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(beside.presented > 0, "the other client got no frame in a second");
	CHECK((beside.presented >= 58 && beside.missed == 0) || !time_is_exact(),
		"the other client got %d frames in a second and missed %d refreshes",
		beside.presented, beside.missed);
	holdings_check(&before, 0, "after the stuck client");
	victim_check_alive(12);
	victim_stop();
}

/* Returns how many refreshes the victim misses in a second. */
static double run_beside(bool is_late, struct victim_counts *counts) {
	struct frame frame;
	victim_take();
	int64_t start_ns = now_ns();
	for (int i = 0; i < 20; i++) {
		if (is_late) {
			commit_late(&frame);
		}
		/* No multiple of a refresh: the signals come at all phases of it. */
		client_pump_ms(&scene.client, LATE_MS + i);
		if (is_late) {
			CHECK(frame.state == FRAME_PENDING, "frame %d came before its fence", i);
			signal_late();
		} else {
			surface_commit(&scene.surface, scene_next(), &frame, -1);
		}
		frame_wait(&frame, 1000);
	}
	double seconds = (double)(now_ns() - start_ns) / 1e9;
	*counts = victim_take();
	return (double)counts->missed / seconds;
}

/* Late fences beside a client that animates. */
static void late_beside_another(int unused) {
	struct victim_counts counts;
	victim_start();
	init(LATE_SYNC_FILE, 128);
	surface_show(&scene.surface, scene_next(), NULL, 1000);
	/* The same windows and the same rhythm, with fences that are signalled at once. */
	double usual = run_beside(false, &counts);
	double rate = run_beside(true, &counts);
	note("the other client missed %.1f a second before, %.1f beside it, longest %.1f ms", usual,
		rate, (double)counts.longest_ns / 1e6);
	CHECK(counts.presented > 30, "the other client got %d frames", counts.presented);
	/* A frame that waits 50 ms inside latch would cost three refreshes of every four. */
	CHECK(rate == 0 || !time_is_exact(), "the other client missed %.1f refreshes a second",
		rate);
	victim_stop();
}

const struct test_case test_cases[] = {
	{"a late fence in the dma-buf delays its own commit", run_late, LATE_IMPLICIT},
	{"a late sync_file delays its own commit", run_late, LATE_SYNC_FILE},
	{"a late syncobj point delays its own commit", run_late, LATE_POINT},
	{"a point that materialises late delays its own commit", run_late, LATE_MATERIALISED},
	{"late fences leave another client's frames alone", late_beside_another},
	{"a ready commit does not overtake one held by its dma-buf", run_order, LATE_IMPLICIT},
	{"a ready commit does not overtake one held by a sync_file", run_order, LATE_SYNC_FILE},
	{"a dma-buf that is never ready holds back its own surface only", run_stuck, LATE_IMPLICIT},
	{"a sync_file that never signals holds back its own surface only", run_stuck,
		LATE_SYNC_FILE},
	{"a point that never signals holds back its own surface only", run_stuck, LATE_POINT},
	{"a point that never materialises holds back its own surface only", run_stuck,
		LATE_MATERIALISED},
	{0},
};
