/*
 * Fences that signal late, and fences that never do. vgem makes them, so the test knows the
 * moment of the signal; the flip's own time says whether latch showed the buffer before.
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
#include "victim.h"

#define FRAMES 24
#define LATE_MS 50
#define BUFFERS 4

/* The ways in which a fence comes late. */
enum late {
	LATE_IMPLICIT,	   // it sits in the dma-buf
	LATE_SYNC_FILE,	   // zwp_linux_explicit_synchronization_v1
	LATE_POINT,	   // a point that has the fence
	LATE_MATERIALISED, // a point that gets its fence late
};

struct scene {
	enum late late;
	struct client client;
	struct surface surface;
	struct memory memory[BUFFERS];
	struct buffer buffers[BUFFERS];
	unsigned commits;
	uint32_t fence;
};

static void scene_init(struct scene *scene, enum late late, bool fullscreen, uint32_t size) {
	static const enum fence_kind kinds[] = {
		[LATE_IMPLICIT] = KIND_NONE,
		[LATE_SYNC_FILE] = KIND_SYNC_FILE,
		[LATE_POINT] = KIND_SYNCOBJ,
		[LATE_MATERIALISED] = KIND_SYNCOBJ,
	};
	*scene = (struct scene){.late = late};
	client_connect(&scene->client);
	uint32_t width = size, height = size;
	if (fullscreen) {
		surface_init_fullscreen(&scene->surface, &scene->client);
		width = (uint32_t)scene->surface.width;
		height = (uint32_t)scene->surface.height;
	} else {
		surface_init_window(&scene->surface, &scene->client, "fences");
	}
	surface_use(&scene->surface, kinds[late]);
	for (unsigned i = 0; i < BUFFERS; i++) {
		if (late == LATE_IMPLICIT) {
			memory_init_vgem(&scene->memory[i], width, height);
		} else {
			memory_init_udmabuf(&scene->memory[i], width, height);
		}
		memory_fill(&scene->memory[i], 0x00204060 * (i + 1));
		buffer_init(
			&scene->buffers[i], &scene->client, &scene->memory[i], DRM_FORMAT_XRGB8888);
	}
}

static void commit_ready(struct scene *scene, struct frame *frame) {
	struct buffer *buffer = &scene->buffers[scene->commits++ % BUFFERS];
	surface_commit(&scene->surface, buffer, frame, -1);
}

/* A commit whose fence is left pending. */
static void commit_late(struct scene *scene, struct frame *frame) {
	struct buffer *buffer = &scene->buffers[scene->commits++ % BUFFERS];
	int fd = -1;
	switch (scene->late) {
	case LATE_IMPLICIT:
		scene->fence = drm_fence_attach(buffer->memory);
		break;
	case LATE_SYNC_FILE:
	case LATE_POINT:
		fd = drm_fence_create(&scene->fence);
		break;
	case LATE_MATERIALISED:
		fd = FENCE_NOT_YET;
		break;
	}
	surface_commit(&scene->surface, buffer, frame, fd);
	if (fd >= 0) {
		close(fd);
	}
}

static void signal_late(struct scene *scene) {
	if (scene->late == LATE_MATERIALISED) {
		timeline_signal(&scene->surface.acquire, scene->surface.point);
	} else {
		drm_fence_signal(scene->fence);
	}
}

/* Both what latch says (feedback) and what the kernel says (the framebuffer on the plane). */
static void run_late(enum late late) {
	struct scene scene;
	struct frame frame;
	struct plane_state before, during, after;
	scene_init(&scene, late, true, 0);
	int64_t worst_ns = 0, worst_late_ns = 0;
	int slow = 0;
	uint64_t seq = 0;
	for (int i = 0; i < FRAMES; i++) {
		bool is_late = i % 8 == 7;
		if (!is_late) {
			commit_ready(&scene, &frame);
			frame_wait(&frame, 1000);
			int64_t took_ns = frame.presented_ns - frame.commit_ns;
			/* The first ones set everything up: modes, imports. */
			if (i >= 4 && took_ns > worst_ns) {
				worst_ns = took_ns;
			}
			slow += i >= 4 && took_ns > 2 * frame.refresh_ns;
		} else {
			CHECK(plane_state_read(&before), "no framebuffer on a plane");
			commit_late(&scene, &frame);
			int64_t until_ns = frame.commit_ns + LATE_MS * MS;
			while (client_pump(&scene.client, until_ns - 10 * MS)) {
			}
			CHECK(plane_state_read(&during), "no framebuffer on a plane");
			while (client_pump(&scene.client, until_ns)) {
			}
			CHECK(frame.state == FRAME_PENDING, "frame %d came before its fence", i);
			CHECK(before.fb == during.fb,
				"the plane's framebuffer changed before the fence of frame %d", i);
			int64_t signal_ns = now_ns();
			signal_late(&scene);
			frame_wait(&frame, 1000);
			CHECK(plane_state_read(&after) && after.fb != before.fb,
				"frame %d is not on the plane", i);
			CHECK(frame.presented_ns >= signal_ns,
				"frame %d was on the screen %.2f ms before its fence", i,
				(double)(signal_ns - frame.presented_ns) / 1e6);
			int64_t late_ns = frame.presented_ns - signal_ns;
			worst_late_ns = late_ns > worst_late_ns ? late_ns : worst_late_ns;
			slow += late_ns > 2 * frame.refresh_ns;
		}
		CHECK(frame.seq > seq || seq == 0, "sequence %llu after %llu",
			(unsigned long long)frame.seq, (unsigned long long)seq);
		seq = frame.seq;
	}
	note("commit->flip of ready frames %.1f ms at most, signal->flip of late ones %.1f ms",
		(double)worst_ns / 1e6, (double)worst_late_ns / 1e6);
	CHECK(slow == 0 || !time_is_exact(), "%d of %d frames took longer than two refreshes",
		slow, FRAMES);
}

static void late_implicit(void) {
	run_late(LATE_IMPLICIT);
}

static void late_sync_file(void) {
	run_late(LATE_SYNC_FILE);
}

static void late_syncobj(void) {
	run_late(LATE_POINT);
}

static void late_syncobj_materialised(void) {
	run_late(LATE_MATERIALISED);
}

/* A commit after the late one, ready at once: it may be shown only after (or instead of) it,
 * and not before its fence. */
static void run_order(enum late late) {
	struct scene scene;
	struct frame first, held, next;
	scene_init(&scene, late, true, 0);
	commit_ready(&scene, &first);
	frame_wait(&first, 1000);
	commit_late(&scene, &held);
	commit_ready(&scene, &next);
	while (client_pump(&scene.client, held.commit_ns + LATE_MS * MS)) {
	}
	CHECK(held.state == FRAME_PENDING, "the held frame came before its fence");
	CHECK(next.state == FRAME_PENDING, "a later frame overtook the held one");
	int64_t signal_ns = now_ns();
	signal_late(&scene);
	frame_wait(&next, 1000);
	CHECK(next.presented_ns >= signal_ns, "shown before the fence");
	CHECK(held.state == FRAME_DISCARDED ||
			(held.state == FRAME_PRESENTED && held.presented_ns < next.presented_ns),
		"the held frame was neither shown before the next nor discarded");
}

static void order_implicit(void) {
	run_order(LATE_IMPLICIT);
}

static void order_sync_file(void) {
	run_order(LATE_SYNC_FILE);
}

/* The client that never signals, in a process of its own so that it can be killed. */
struct stuck {
	pid_t pid;
	int go, done;
};

/* It shows a good frame, and goes on when it is told to. */
static void start_stuck(struct stuck *stuck_client, enum late late) {
	int done[2], go[2];
	char byte = 'x';
	CHECK(pipe(done) == 0 && pipe(go) == 0, "pipe");
	pid_t pid = fork();
	if (pid == 0) {
		struct scene scene;
		struct frame good, stuck;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		scene_init(&scene, late, false, 128);
		memory_fill(&scene.memory[0], 0x00ff2010);
		memory_fill(&scene.memory[1], 0x0010ff20);
		memory_fill(&scene.memory[2], 0x0010ff20);
		commit_ready(&scene, &good);
		frame_wait(&good, 2000);
		CHECK(write(done[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1, "pipe");
		commit_late(&scene, &stuck);
		commit_late(&scene, &stuck);
		client_roundtrip(&scene.client);
		CHECK(write(done[1], &byte, 1) == 1, "pipe");
		while (client_pump(&scene.client, now_ns() + 60000 * MS)) {
			CHECK(stuck.state == FRAME_PENDING, "a stuck frame was shown");
		}
		_exit(1);
	}
	close(done[1]);
	close(go[0]);
	*stuck_client = (struct stuck){.pid = pid, .go = go[1], .done = done[0]};
	CHECK(read(done[0], &byte, 1) == 1, "the stuck client did not come so far");
}

static void let_stick(const struct stuck *stuck_client) {
	char byte = 'x';
	CHECK(write(stuck_client->go, &byte, 1) == 1 && read(stuck_client->done, &byte, 1) == 1,
		"the stuck client did not come so far");
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

static void run_stuck(enum late late) {
	struct client other;
	struct victim victim;
	victim_start(&victim);
	client_connect(&other);
	if ((late == LATE_POINT || late == LATE_MATERIALISED) && other.syncobj == NULL) {
		skip("linux-drm-syncobj-v1 is not offered");
	}
	struct holdings before = holdings_count(), after;
	struct stuck stuck_client;
	start_stuck(&stuck_client, late);
	sleep_ms(200);
	victim_take(&victim);
	sleep_ms(1000);
	struct victim_counts usual = victim_take(&victim);
	let_stick(&stuck_client);
	sleep_ms(100);
	victim_take(&victim);
	sleep_ms(1000);
	struct victim_counts beside = victim_take(&victim);
	note("the other client: %d frames and %d missed before, %d and %d beside it",
		usual.presented, usual.missed, beside.presented, beside.missed);
	check_answers(&other);
	if (getenv("LATCH_CAPTURE") != NULL) {
		struct picture picture;
		picture_take(&picture);
		int good = count_colour(&picture, 0xff2010);
		int stuck = count_colour(&picture, 0x10ff20);
		/* The other window may lie on it. */
		CHECK(good > 128 * 128 / 8, "the last good frame is not on the screen");
		CHECK(stuck == 0, "%d pixels of the stuck frame are on the screen", stuck);
		picture_finish(&picture);
	}
	CHECK(waitpid(stuck_client.pid, NULL, WNOHANG) == 0, "the stuck client has ended");
	kill(stuck_client.pid, SIGKILL);
	waitpid(stuck_client.pid, NULL, 0);
	CHECK(beside.presented > 0, "the other client got no frame in a second");
	CHECK((beside.presented >= 58 && beside.missed == 0) || !time_is_exact(),
		"the other client got %d frames in a second and missed %d refreshes",
		beside.presented, beside.missed);
	if (!holdings_return(&before, &after)) {
		fail("before %d fds, %d framebuffers, %d dma-bufs; now %d, %d, %d", before.fds,
			before.framebuffers, before.dmabufs, after.fds, after.framebuffers,
			after.dmabufs);
	}
	victim_check_alive(&victim, 12);
	victim_stop(&victim);
}

static void stuck_implicit(void) {
	run_stuck(LATE_IMPLICIT);
}

static void stuck_sync_file(void) {
	run_stuck(LATE_SYNC_FILE);
}

static void stuck_syncobj(void) {
	run_stuck(LATE_POINT);
}

static void stuck_syncobj_materialised(void) {
	run_stuck(LATE_MATERIALISED);
}

/* Returns how many refreshes the victim misses in a second. */
static double run_beside(
	struct scene *scene, struct victim *victim, bool late, struct victim_counts *counts) {
	struct frame frame;
	victim_take(victim);
	int64_t start_ns = now_ns();
	for (int i = 0; i < 20; i++) {
		if (late) {
			commit_late(scene, &frame);
		}
		/* No multiple of a refresh: the signals come at all phases of it. */
		int64_t until_ns = now_ns() + LATE_MS * MS + i * MS;
		while (client_pump(&scene->client, until_ns)) {
		}
		if (late) {
			CHECK(frame.state == FRAME_PENDING, "frame %d came before its fence", i);
			signal_late(scene);
		} else {
			commit_ready(scene, &frame);
		}
		frame_wait(&frame, 1000);
	}
	double seconds = (double)(now_ns() - start_ns) / 1e9;
	*counts = victim_take(victim);
	return (double)counts->missed / seconds;
}

/* Late fences beside a client that animates. */
static void late_beside_another(void) {
	struct victim victim;
	struct victim_counts counts;
	struct scene scene;
	struct frame frame;
	victim_start(&victim);
	scene_init(&scene, LATE_SYNC_FILE, false, 128);
	commit_ready(&scene, &frame);
	frame_wait(&frame, 1000);
	/* The same windows and the same rhythm, with fences that are signalled at once. */
	double usual = run_beside(&scene, &victim, false, &counts);
	double rate = run_beside(&scene, &victim, true, &counts);
	note("the other client missed %.1f a second before, %.1f beside it, longest %.1f ms", usual,
		rate, (double)counts.longest_ns / 1e6);
	CHECK(counts.presented > 30, "the other client got %d frames", counts.presented);
	/* A frame that waits 50 ms inside latch would cost three refreshes of every four. */
	CHECK(rate == 0 || !time_is_exact(), "the other client missed %.1f refreshes a second",
		rate);
	victim_stop(&victim);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a late fence in the dma-buf delays its own commit", late_implicit, 0},
		{"a late sync_file delays its own commit", late_sync_file, 0},
		{"a late syncobj point delays its own commit", late_syncobj, 0},
		{"a point that materialises late delays its own commit", late_syncobj_materialised,
			0},
		{"late fences leave another client's frames alone", late_beside_another, 0},
		{"a ready commit does not overtake one held by its dma-buf", order_implicit, 0},
		{"a ready commit does not overtake one held by a sync_file", order_sync_file, 0},
		{"a dma-buf that is never ready holds back its own surface only", stuck_implicit,
			0},
		{"a sync_file that never signals holds back its own surface only", stuck_sync_file,
			0},
		{"a point that never signals holds back its own surface only", stuck_syncobj, 0},
		{"a point that never materialises holds back its own surface only",
			stuck_syncobj_materialised, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
