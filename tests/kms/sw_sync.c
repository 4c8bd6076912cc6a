/*
 * What only the kernel's sw_sync can show: fences that fail, as after a reset of the GPU, and which
 * deadline the driver of a fence was told.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "client.h"
#include "clients/common/sw_sync.h"
#include "machine.h"

#define BUFFERS 4
#define FRAMES 24
#define GOOD 0x00104080
#define BAD 0x00ff2010

struct scene {
	struct client client;
	struct surface surface;
	struct memory memory[BUFFERS];
	struct buffer buffers[BUFFERS];
	struct frame frames[FRAMES]; // a zwp release may come long after its frame
	unsigned commits;
	int timeline_fd; // of sw_sync; -1: none
};

static void scene_init(struct scene *scene, enum fence_kind kind) {
	*scene = (struct scene){.timeline_fd = -1};
	client_connect(&scene->client);
	surface_init_fullscreen(&scene->surface, &scene->client);
	surface_use(&scene->surface, kind);
	scene->surface.watch_releases = true;
	for (unsigned i = 0; i < BUFFERS; i++) {
		memory_init_udmabuf(&scene->memory[i], (uint32_t)scene->surface.width,
			(uint32_t)scene->surface.height);
		buffer_init(
			&scene->buffers[i], &scene->client, &scene->memory[i], DRM_FORMAT_XRGB8888);
	}
}

static struct buffer *next_buffer(struct scene *scene) {
	return &scene->buffers[scene->commits % BUFFERS];
}

static struct frame *next_frame(struct scene *scene) {
	CHECK(scene->commits < FRAMES, "too many commits");
	return &scene->frames[scene->commits++];
}

static struct frame *show_good(struct scene *scene) {
	struct buffer *buffer = next_buffer(scene);
	memory_fill(buffer->memory, GOOD);
	struct frame *frame = next_frame(scene);
	surface_commit(&scene->surface, buffer, frame, -1);
	frame_wait(frame, 1000);
	return frame;
}

/* A pending fence, on a timeline of its own. */
static int create_fence(struct scene *scene) {
	scene->timeline_fd = sw_sync_open();
	CHECK(scene->timeline_fd >= 0, SW_SYNC_PATH ": %s", strerror(errno));
	int fd = sw_sync_create_fence(scene->timeline_fd, 1);
	CHECK(fd >= 0, "sw_sync fence: %s", strerror(errno));
	return fd;
}

static void drop_timeline(struct scene *scene) {
	close(scene->timeline_fd);
	scene->timeline_fd = -1;
}

/* The commit of a buffer whose fence is fd, told in the surface's way. */
static struct frame *commit_with(struct scene *scene, int fd) {
	struct buffer *buffer = next_buffer(scene);
	memory_fill(buffer->memory, BAD);
	if (scene->surface.kind == KIND_NONE && fd >= 0) {
		memory_set_fence(buffer->memory, fd);
	}
	struct frame *frame = next_frame(scene);
	surface_commit(&scene->surface, buffer, frame, fd);
	return frame;
}

static void pump_ms(struct scene *scene, int ms) {
	int64_t end_ns = now_ns() + ms * MS;
	while (client_pump(&scene->client, end_ns)) {
	}
}

/* How often the buffer of this frame came back; a point can tell only whether it did. */
static int count_releases(
	struct scene *scene, const struct frame *frame, const struct buffer *buffer) {
	switch (scene->surface.kind) {
	case KIND_NONE:
		return buffer->releases;
	case KIND_SYNC_FILE:
		CHECK(frame->releases == 0 || frame->release_fd < 0,
			"what was not shown came back with a fence");
		return frame->releases;
	case KIND_SYNCOBJ:
		return timeline_is_signalled(&scene->surface.release, scene->surface.point);
	}
	return 0;
}

static void check_not_shown(struct scene *scene, const struct frame *frame,
	const struct buffer *buffer, int owed, uint32_t fb) {
	struct plane_state after;
	pump_ms(scene, 100);
	CHECK(frame->state == FRAME_DISCARDED,
		frame->state == FRAME_PRESENTED ? "it was shown" : "it is waited for still");
	int releases = count_releases(scene, frame, buffer);
	CHECK(releases == owed, "the buffer came back %d times, not %d", releases, owed);
	CHECK(plane_state_read(&after) && after.fb == fb,
		"the last good framebuffer does not stay on its plane");
}

static int count_owed(const struct scene *scene, const struct buffer *buffer) {
	return scene->surface.kind == KIND_NONE ? buffer->releases + 1 : 1;
}

/* It fails while the commit waits for it. */
static void fail_late(struct scene *scene) {
	struct plane_state before;
	CHECK(plane_state_read(&before), "no framebuffer on a plane");
	const struct buffer *buffer = next_buffer(scene);
	int owed = count_owed(scene, buffer);
	int fd = create_fence(scene);
	const struct frame *frame = commit_with(scene, fd);
	close(fd);
	pump_ms(scene, 50);
	CHECK(frame->state == FRAME_PENDING, "it was not waited for");
	CHECK(count_releases(scene, frame, buffer) < owed, "the buffer came back before its fence");
	drop_timeline(scene);
	check_not_shown(scene, frame, buffer, owed, before.fb);
}

/* It has failed before the commit. */
static void fail_early(struct scene *scene) {
	struct plane_state before;
	CHECK(plane_state_read(&before), "no framebuffer on a plane");
	const struct buffer *buffer = next_buffer(scene);
	int owed = count_owed(scene, buffer);
	int fd = create_fence(scene);
	if (scene->surface.kind == KIND_SYNCOBJ) {
		/* A fence that has signalled goes into a point without its error. */
		timeline_import(&scene->surface.acquire, scene->surface.point + 1, fd);
		drop_timeline(scene);
		close(fd);
		fd = FENCE_NOT_YET;
	} else {
		drop_timeline(scene);
	}
	const struct frame *frame = commit_with(scene, fd);
	if (fd >= 0) {
		close(fd);
	}
	check_not_shown(scene, frame, buffer, owed, before.fb);
}

static void check_picture(void) {
	struct picture picture;
	picture_take(&picture);
	uint32_t colour = picture_get(
		&picture, (int)picture.width / 2 + 40, (int)picture.height / 2 + 40);
	CHECK(colour == GOOD, "the screen shows %06x", colour);
	picture_finish(&picture);
}

static void run_failing(enum fence_kind kind) {
	static struct scene scene;
	struct plane_state before, after;
	scene_init(&scene, kind);
	for (int i = 0; i < 5; i++) {
		show_good(&scene);
	}
	fail_late(&scene);
	check_picture();
	/* A dma-buf keeps no fence that has signalled, so nobody can know of its error. */
	if (kind != KIND_NONE) {
		fail_early(&scene);
	}
	CHECK(plane_state_read(&before), "no framebuffer on a plane");
	show_good(&scene);
	CHECK(plane_state_read(&after) && after.fb != before.fb,
		"a good frame after them is not on the plane");
}

static void failing_implicit(void) {
	run_failing(KIND_NONE);
}

static void failing_sync_file(void) {
	run_failing(KIND_SYNC_FILE);
}

static void failing_syncobj(void) {
	run_failing(KIND_SYNCOBJ);
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
static void run_deadline(enum fence_kind kind, bool later) {
	static struct scene scene;
	int64_t deadline_ns = 0;
	scene_init(&scene, kind);
	for (int i = 0; i < 10; i++) {
		show_good(&scene);
	}
	int fd = create_fence(&scene);
	CHECK(!sw_sync_get_deadline(scene.timeline_fd, fd, &deadline_ns) && errno == ENOENT,
		"a new fence has a deadline");
	const struct frame *shown = show_good(&scene);
	struct frame *frame = commit_with(&scene, later ? FENCE_NOT_YET : fd);
	client_roundtrip(&scene.client);
	if (later) {
		timeline_import(&scene.surface.acquire, scene.surface.point, fd);
		client_roundtrip(&scene.client);
	}
	bool told;
	int64_t end_ns = now_ns() + 200 * MS;
	while (!(told = sw_sync_get_deadline(scene.timeline_fd, fd, &deadline_ns)) &&
		now_ns() < end_ns) {
		sleep_ms(1);
	}
	CHECK(told, "no deadline: %s", strerror(errno));
	check_deadline(shown, frame, now_ns(), deadline_ns);
	CHECK(sw_sync_advance(scene.timeline_fd, 1), "sw_sync: %s", strerror(errno));
	frame_wait(frame, 1000);
	close(fd);
}

/* After idle nobody knows the next vblank. */
static void no_deadline_after_idle(void) {
	static struct scene scene;
	int64_t deadline_ns;
	scene_init(&scene, KIND_SYNC_FILE);
	for (int i = 0; i < 5; i++) {
		show_good(&scene);
	}
	sleep_ms(1500);
	int fd = create_fence(&scene);
	commit_with(&scene, fd);
	client_roundtrip(&scene.client);
	sleep_ms(50);
	CHECK(!sw_sync_get_deadline(scene.timeline_fd, fd, &deadline_ns) && errno == ENOENT,
		"a deadline after idle");
	/* What is pending when we die would fail, and be named in the log. */
	CHECK(sw_sync_advance(scene.timeline_fd, 1), "sw_sync: %s", strerror(errno));
	close(fd);
}

static void deadline_implicit(void) {
	run_deadline(KIND_NONE, false);
}

static void deadline_sync_file(void) {
	run_deadline(KIND_SYNC_FILE, false);
}

static void deadline_syncobj(void) {
	run_deadline(KIND_SYNCOBJ, false);
}

static void deadline_materialised(void) {
	run_deadline(KIND_SYNCOBJ, true);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a buffer whose dma-buf's fence fails is not shown", failing_implicit, 0},
		{"a buffer whose sync_file fails is not shown", failing_sync_file, 0},
		{"a buffer whose syncobj point fails is not shown", failing_syncobj, 0},
		{"the fence on a dma-buf is told the next vblank", deadline_implicit, 0},
		{"a sync_file is told the next vblank", deadline_sync_file, 0},
		{"a syncobj point is told the next vblank", deadline_syncobj, 0},
		{"a point that gets its fence late is told the next vblank", deadline_materialised,
			0},
		{"no fence is told a deadline after idle", no_deadline_after_idle, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
