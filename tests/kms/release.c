/*
 * Releases: each buffer comes back exactly once, and not before the flip that replaced it.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "client.h"

#define FRAMES 60
#define BUFFERS 4
#define FAST 40

/* The flip event counts in microseconds, fences in nanoseconds. */
#define CLOCK_STEP_NS 1000

struct scene {
	struct client client;
	struct surface surface;
	struct memory memory[FAST];
	struct buffer buffers[FAST];
	struct frame frames[FRAMES > FAST ? FRAMES : FAST];
};

static void scene_init(struct scene *scene, enum fence_kind kind, bool fullscreen, unsigned num) {
	*scene = (struct scene){0};
	client_connect(&scene->client);
	uint32_t width = 64, height = 64;
	if (fullscreen) {
		surface_init_fullscreen(&scene->surface, &scene->client);
		width = (uint32_t)scene->surface.width;
		height = (uint32_t)scene->surface.height;
	} else {
		surface_init_window(&scene->surface, &scene->client, "release");
	}
	surface_use(&scene->surface, kind);
	scene->surface.watch_releases = true;
	for (unsigned i = 0; i < num; i++) {
		memory_init_udmabuf(&scene->memory[i], width, height);
		memory_fill(&scene->memory[i], 0x00080402 * (i + 1));
		buffer_init(
			&scene->buffers[i], &scene->client, &scene->memory[i], DRM_FORMAT_XRGB8888);
	}
}

/* When the buffer of frame n came back; 0 when it has not. The point of frame n is n + 1. */
static int64_t release_time_ns(struct scene *scene, unsigned n, unsigned num_buffers) {
	struct frame *frame = &scene->frames[n];
	switch (scene->surface.kind) {
	case KIND_NONE:
		return scene->buffers[n % num_buffers].release_ns;
	case KIND_SYNC_FILE:
		if (frame->releases == 0) {
			return 0;
		}
		return frame->release_fd < 0 ? frame->release_ns
					     : drm_fence_time_ns(frame->release_fd);
	case KIND_SYNCOBJ:
		return timeline_time_ns(&scene->surface.release, n + 1);
	}
	return 0;
}

/* Between the flip of frame n+1 and the next commit of the same buffer. */
static void run_order(enum fence_kind kind) {
	struct scene scene;
	int64_t soonest_ns = INT64_MAX, latest_ns = 0;
	int fenced = 0;
	scene_init(&scene, kind, true, BUFFERS);
	for (unsigned n = 0; n < FRAMES; n++) {
		struct frame *frame = &scene.frames[n];
		surface_commit(&scene.surface, &scene.buffers[n % BUFFERS], frame, -1);
		frame_wait(frame, 1000);
		if (n == 0) {
			continue;
		}
		int64_t end_ns = now_ns() + 500 * MS, release_ns;
		struct buffer *replaced = &scene.buffers[(n - 1) % BUFFERS];
		while (kind == KIND_NONE && replaced->releases < replaced->commits &&
			client_pump(&scene.client, end_ns)) {
		}
		while ((release_ns = release_time_ns(&scene, n - 1, BUFFERS)) == 0 &&
			now_ns() < end_ns) {
			client_pump(&scene.client, now_ns() + 2 * MS);
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
	int64_t end_ns = now_ns() + 100 * MS;
	while (client_pump(&scene.client, end_ns)) {
	}
	CHECK(kind != KIND_NONE || shown->releases == shown->commits - 1,
		"the buffer on the screen was released");
	CHECK(kind == KIND_NONE || release_time_ns(&scene, FRAMES - 1, BUFFERS) == 0,
		"the buffer on the screen was released");
	for (unsigned n = 0; kind == KIND_SYNC_FILE && n < FRAMES - 1; n++) {
		CHECK(scene.frames[n].releases == 1, "frame %u: %d releases", n,
			scene.frames[n].releases);
	}
	note("%.3f to %.3f ms after the flip%s", (double)soonest_ns / 1e6, (double)latest_ns / 1e6,
		fenced > 0 ? ", fenced" : "");
}

static void order_wl_buffer(void) {
	run_order(KIND_NONE);
}

static void order_sync_file(void) {
	run_order(KIND_SYNC_FILE);
}

static void order_syncobj(void) {
	run_order(KIND_SYNCOBJ);
}

static bool all_came_back(struct scene *scene, unsigned len) {
	for (unsigned n = 0; n < len; n++) {
		if (release_time_ns(scene, n, FAST) == 0) {
			return false;
		}
	}
	return true;
}

/* More commits than refreshes: most are never shown. */
static void run_superseded(enum fence_kind kind, bool fullscreen) {
	struct scene scene;
	scene_init(&scene, kind, fullscreen, FAST);
	for (unsigned n = 0; n < FAST; n++) {
		surface_commit(&scene.surface, &scene.buffers[n], &scene.frames[n], -1);
		client_pump(&scene.client, now_ns() + 3 * MS);
	}
	frame_wait(&scene.frames[FAST - 1], 2000);
	int64_t end_ns = now_ns() + 1000 * MS;
	while (!all_came_back(&scene, FAST - 1) && now_ns() < end_ns) {
		client_pump(&scene.client, now_ns() + 5 * MS);
	}
	/* A second release would come now. */
	end_ns = now_ns() + 100 * MS;
	while (client_pump(&scene.client, end_ns)) {
	}

	int presented = 0, discarded = 0;
	int64_t last_ns = 0;
	for (unsigned n = 0; n < FAST; n++) {
		struct frame *frame = &scene.frames[n];
		CHECK(frame->state == FRAME_PRESENTED || frame->state == FRAME_DISCARDED,
			"no feedback for frame %u", n);
		if (frame->state == FRAME_PRESENTED) {
			presented++;
			CHECK(frame->presented_ns > last_ns, "frame %u was shown out of order", n);
			last_ns = frame->presented_ns;
		} else {
			discarded++;
		}
		bool back = release_time_ns(&scene, n, FAST) != 0;
		if (n < FAST - 1) {
			CHECK(back, "the buffer of frame %u (%s) did not come back", n,
				frame->state == FRAME_PRESENTED ? "presented" : "discarded");
		} else if (fullscreen) {
			CHECK(!back, "the buffer on the screen was released");
		}
		CHECK(kind != KIND_NONE || scene.buffers[n].releases <= 1,
			"the buffer of frame %u was released %d times", n,
			scene.buffers[n].releases);
		CHECK(kind != KIND_SYNC_FILE || frame->releases <= 1, "frame %u: %d releases", n,
			frame->releases);
	}
	note("%d presented, %d discarded", presented, discarded);
	CHECK(discarded > 0, "no frame was superseded: the test was too slow");
}

static void superseded_wl_buffer(void) {
	run_superseded(KIND_NONE, true);
}

static void superseded_sync_file(void) {
	run_superseded(KIND_SYNC_FILE, true);
}

static void superseded_syncobj(void) {
	run_superseded(KIND_SYNCOBJ, true);
}

static void superseded_composed(void) {
	run_superseded(KIND_NONE, false);
}

/* Its surface goes while a buffer is on the screen, another is pending and a third is held. */
static void run_destroyed(enum fence_kind kind) {
	struct scene scene;
	uint32_t fence;
	scene_init(&scene, kind, true, 4);
	surface_commit(&scene.surface, &scene.buffers[0], &scene.frames[0], -1);
	frame_wait(&scene.frames[0], 1000);
	surface_commit(&scene.surface, &scene.buffers[1], &scene.frames[1], -1);
	if (kind == KIND_SYNC_FILE) {
		surface_commit(&scene.surface, &scene.buffers[2], &scene.frames[2],
			drm_fence_create(&fence));
	}
	enum fence_kind used = scene.surface.kind;
	surface_finish(&scene.surface);
	int64_t end_ns = now_ns() + 1000 * MS;
	while (client_pump(&scene.client, end_ns)) {
		if (used == KIND_NONE && scene.buffers[0].releases && scene.buffers[1].releases) {
			break;
		}
	}
	unsigned last = used == KIND_SYNC_FILE ? 2 : 1;
	for (unsigned n = 0; n <= last; n++) {
		int releases =
			used == KIND_NONE ? scene.buffers[n].releases : scene.frames[n].releases;
		CHECK(releases == 1, "buffer %u: %d releases", n, releases);
		CHECK(n == 0 || scene.frames[n].state != FRAME_PENDING, "no feedback for frame %u",
			n);
	}
}

static void destroyed_wl_buffer(void) {
	run_destroyed(KIND_NONE);
}

static void destroyed_sync_file(void) {
	run_destroyed(KIND_SYNC_FILE);
}

static void pump_ms(struct scene *scene, int ms) {
	int64_t end_ns = now_ns() + ms * MS;
	while (client_pump(&scene->client, end_ns)) {
	}
}

/* By the one who can count them: a point only says whether it is signalled. */
static void check_release(struct scene *scene, unsigned n, unsigned num_buffers, bool back) {
	CHECK((release_time_ns(scene, n, num_buffers) != 0) == back,
		back ? "buffer %u did not come back" : "buffer %u came back too early", n);
	if (scene->surface.kind == KIND_NONE) {
		CHECK(scene->buffers[n].releases == back, "buffer %u: %d releases", n,
			scene->buffers[n].releases);
	} else if (scene->surface.kind == KIND_SYNC_FILE) {
		CHECK(scene->frames[n].releases == back, "frame %u: %d releases", n,
			scene->frames[n].releases);
	}
}

/* The window is gone, but the surface keeps its content until it is told to have none. */
static void run_role_lost(enum fence_kind kind) {
	static struct scene scene;
	scene_init(&scene, kind, true, 2);
	for (unsigned n = 0; n < 2; n++) {
		surface_commit(&scene.surface, &scene.buffers[n], &scene.frames[n], -1);
		frame_wait(&scene.frames[n], 1000);
	}
	xdg_toplevel_destroy(scene.surface.toplevel);
	xdg_surface_destroy(scene.surface.xdg_surface);
	scene.surface.toplevel = NULL;
	pump_ms(&scene, 150);
	check_release(&scene, 0, 2, true);
	check_release(&scene, 1, 2, false);

	wl_surface_attach(scene.surface.wl_surface, NULL, 0, 0);
	wl_surface_commit(scene.surface.wl_surface);
	pump_ms(&scene, 150);
	check_release(&scene, 0, 2, true);
	check_release(&scene, 1, 2, true);
}

static void role_lost_wl_buffer(void) {
	run_role_lost(KIND_NONE);
}

static void role_lost_sync_file(void) {
	run_role_lost(KIND_SYNC_FILE);
}

static void role_lost_syncobj(void) {
	run_role_lost(KIND_SYNCOBJ);
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

/* The kernel takes no commit for a while: what is on the screen stays there and is not given back,
 * what is superseded meanwhile is, and the newest is shown when it takes them again. */
static void run_refused(enum fence_kind kind) {
	enum { LAST = 5 };
	static struct scene scene;
	scene_init(&scene, kind, true, LAST + 1);
	surface_commit(&scene.surface, &scene.buffers[0], &scene.frames[0], -1);
	frame_wait(&scene.frames[0], 1000);
	int64_t before = count_refusals();
	set_refusal(EINVAL);
	for (unsigned n = 1; n <= LAST; n++) {
		surface_commit(&scene.surface, &scene.buffers[n], &scene.frames[n], -1);
		pump_ms(&scene, 50);
	}
	CHECK(count_refusals() > before, "no commit was refused");
	check_release(&scene, 0, LAST + 1, false);
	for (unsigned n = 1; n <= LAST; n++) {
		CHECK(scene.frames[n].state != FRAME_PRESENTED, "frame %u was shown", n);
		check_release(&scene, n, LAST + 1, n < LAST);
	}
	set_refusal(0);
	frame_wait(&scene.frames[LAST], 3000);
	pump_ms(&scene, 100);
	for (unsigned n = 0; n <= LAST; n++) {
		check_release(&scene, n, LAST + 1, n < LAST);
	}
}

static void refused_wl_buffer(void) {
	run_refused(KIND_NONE);
}

static void refused_sync_file(void) {
	run_refused(KIND_SYNC_FILE);
}

static void refused_syncobj(void) {
	run_refused(KIND_SYNCOBJ);
}

/* The event of a flip is lost, and the kernel is busy with it for a while: nothing that may be on
 * the screen is given back before another frame is there for certain. That takes a second, and not
 * for ever. */
static void run_lost(enum fence_kind kind) {
	enum { BEFORE, LOST, AFTER, NEXT };
	set_refusal(0); // a case that failed has left it
	static struct scene scene;
	char path[256];
	scene_init(&scene, kind, true, NEXT + 1);
	surface_commit(&scene.surface, &scene.buffers[BEFORE], &scene.frames[BEFORE], -1);
	frame_wait(&scene.frames[BEFORE], 1000);
	snprintf(path, sizeof(path), "%s.lose", getenv("LATCH_REFUSE"));
	FILE *file = fopen(path, "we");
	CHECK(file != NULL && fclose(file) == 0, "%s", path);
	surface_commit(&scene.surface, &scene.buffers[LOST], &scene.frames[LOST], -1);
	pump_ms(&scene, 100);
	CHECK(access(path, F_OK) != 0, "no event was lost");
	int64_t before = count_refusals();
	set_refusal(EBUSY);
	surface_commit(&scene.surface, &scene.buffers[AFTER], &scene.frames[AFTER], -1);
	pump_ms(&scene, 1900);
	int64_t refusals = count_refusals() - before;
	/* Explicit releases of BEFORE are told by the fence of LOST, which the kernel has signalled. */
	if (kind == KIND_NONE) {
		check_release(&scene, BEFORE, NEXT + 1, false);
	}
	check_release(&scene, LOST, NEXT + 1, false);
	CHECK(scene.frames[LOST].state == FRAME_DISCARDED, "it was told to be shown");
	CHECK(scene.frames[AFTER].state == FRAME_PENDING, "a frame was shown meanwhile");
	CHECK(refusals > 0 && refusals < 30, "%d attempts in a second", (int)refusals);
	set_refusal(0);
	frame_wait(&scene.frames[AFTER], 1000);
	CHECK(scene.frames[AFTER].seq > scene.frames[BEFORE].seq + 60,
		"the event that came late was taken for that of the next frame");
	pump_ms(&scene, 100);
	check_release(&scene, BEFORE, NEXT + 1, true);
	check_release(&scene, LOST, NEXT + 1, true);
	surface_commit(&scene.surface, &scene.buffers[NEXT], &scene.frames[NEXT], -1);
	frame_wait(&scene.frames[NEXT], 100);
	note("after %.0f ms; %d attempts",
		(double)(scene.frames[AFTER].presented_ns - scene.frames[LOST].commit_ns) / 1e6,
		(int)refusals);
}

static void lost_wl_buffer(void) {
	run_lost(KIND_NONE);
}

static void lost_syncobj(void) {
	run_lost(KIND_SYNCOBJ);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"wl_buffer.release comes after the flip that replaced it", order_wl_buffer, 0},
		{"a fenced release signals after the flip that replaced it", order_sync_file, 0},
		{"a release point signals after the flip that replaced it", order_syncobj, 0},
		{"superseded buffers come back once by wl_buffer.release", superseded_wl_buffer, 0},
		{"superseded buffers come back once by zwp releases", superseded_sync_file, 0},
		{"superseded buffers come back once by release points", superseded_syncobj, 0},
		{"superseded buffers of a composed window come back once", superseded_composed, 0},
		{"a destroyed surface's buffers come back once", destroyed_wl_buffer, 0},
		{"a destroyed surface's zwp releases come once", destroyed_sync_file, 0},
		{"a window's end leaves the surface its buffer", role_lost_wl_buffer, 0},
		{"a window's end sends no zwp release", role_lost_sync_file, 0},
		{"a window's end signals no release point", role_lost_syncobj, 0},
	};
	/* With refuse.so in latch. */
	static const struct test_case refused[] = {
		{"refused commits give nothing back twice", refused_wl_buffer, 0},
		{"refused commits: zwp releases come once", refused_sync_file, 0},
		{"refused commits: release points are signalled once", refused_syncobj, 0},
		{"a lost flip gives nothing back too early", lost_wl_buffer, 0},
		{"a lost flip: release points", lost_syncobj, 0},
	};
	if (getenv("LATCH_REFUSE") != NULL) {
		return test_main(argc, argv, refused, sizeof(refused) / sizeof(refused[0]));
	}
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
