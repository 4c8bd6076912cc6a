/*
 * How buffers go back to their clients, by each kind of release and on each path that needs no
 * display: what an output does with its frames, this test does by hand.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "output/content.h"
#include "output/frame.h"
#include "trace/trace.h"
#include "world.h"

#define MAX_SHOTS 8

static char trace_path[] = "/tmp/latch-test-release-XXXXXX";

/* One commit of a buffer of its own. */
struct shot {
	struct wl_buffer *buffer;
	int wl_releases;
	struct spoken spoken;
	/* A timeline of its own: point 1 is the acquire point, 2 the release point. */
	struct points points;
};

static struct {
	enum latch_sync_kind kind;
	struct latch_trace *trace;
	struct latch_content_tracker *tracker;
	struct surface *surface;
	struct zwp_linux_surface_synchronization_v1 *explicit;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj;
	struct shot shots[MAX_SHOTS];
	int len;
} scene;

/* A path that a buffer goes, with one kind of release. */
struct path {
	void (*run)(void);
	enum latch_sync_kind kind;
};

static void handle_wl_release(void *data, struct wl_buffer *buffer) {
	((struct shot *)data)->wl_releases++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_wl_release};

static void handle_committed(void *data, struct latch_surface *surface,
	const struct latch_frame_record *record) {
}

static int setup_scene(void **state) {
	const struct path *path = *state;
	memset(&scene, 0, sizeof(scene));
	scene.kind = path->kind;
	world_init();
	world_leave_surfaces();
	scene.trace = latch_trace_create(&(struct latch_trace_options){.trace_path = trace_path});
	scene.tracker = latch_content_tracker_create(&(struct latch_content_tracker_options){
		.compositor = world_compositor(),
		.gate = world.gate,
		.trace = scene.trace,
		.committed = handle_committed,
	});
	scene.surface = surface_create('a');
	if (scene.kind == LATCH_SYNC_SYNC_FILE) {
		scene.explicit = surface_get_explicit(scene.surface);
	} else if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		scene.syncobj = surface_get_syncobj(scene.surface);
	}
	return 0;
}

/* Before the end of a test where its trace is to be read. */
static void finish_scene(void) {
	world_kill_client();
	assert_int_equal(latch_content_tracker_count(scene.tracker), 0);
	latch_content_tracker_destroy(scene.tracker);
	latch_trace_destroy(scene.trace);
	world_finish();
	scene.tracker = NULL;
}

static int teardown_scene(void **state) {
	if (scene.tracker != NULL) {
		finish_scene();
	}
	return 0;
}

static void run_path(void **state) {
	((const struct path *)*state)->run();
}

/* fence: -1 for a buffer that is ready. */
static struct shot *shoot_buffer(struct wl_buffer *buffer, int fence) {
	assert_true(scene.len < MAX_SHOTS);
	struct shot *shot = &scene.shots[scene.len++];
	shot->buffer = world_keep(buffer);
	wl_buffer_add_listener(shot->buffer, &buffer_listener, shot);
	wl_surface_attach(scene.surface->wl, shot->buffer, 0, 0);
	if (scene.explicit != NULL) {
		if (fence >= 0) {
			zwp_linux_surface_synchronization_v1_set_acquire_fence(
				scene.explicit, fence);
		}
		get_release(scene.explicit, &shot->spoken);
	} else if (scene.syncobj != NULL) {
		int fd = world_syncobj();
		shot->points = (struct points){fd, timeline_import(fd), scene.syncobj};
		if (fence < 0) {
			kernel_syncobj_signal(fd, 1);
		}
		points_set(&shot->points, 1, 2);
	}
	wl_surface_commit(scene.surface->wl);
	world_sync();
	return shot;
}

static struct shot *shoot(int fence) {
	int fd = kernel_dmabuf_create(scene.kind == LATCH_SYNC_IMPLICIT ? fence : -1);
	struct wl_buffer *buffer = dmabuf_create(fd);
	close(fd);
	return shoot_buffer(buffer, fence);
}

static void unmap(void) {
	surface_commit(scene.surface, NULL);
}

/* Every kind has its word once, and wl_buffer.release beside it. */
static void assert_back(const struct shot *shot, bool back) {
	assert_int_equal(shot->wl_releases, back);
	if (scene.kind == LATCH_SYNC_SYNC_FILE) {
		assert_int_equal(shot->spoken.immediate, back);
		assert_int_equal(shot->spoken.fenced, 0);
	} else if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		assert_true((kernel_syncobj_get(shot->points.fd) == 2) == back);
	}
}

static struct latch_content *current(void) {
	return latch_surface_get(scene.tracker, scene.surface->server)->current;
}

static void superseded(void) {
	struct shot *first = shoot(-1), *second = shoot(-1);
	assert_back(first, true);
	assert_back(second, false);
	shoot(-1);
	assert_back(first, true);
	assert_back(second, true);
}

/* Nobody waits for a frame that shows the surface no more: there may never be one. */
static void hidden(void) {
	struct shot *shown = shoot(-1);
	assert_back(shown, false);
	unmap();
	assert_back(shown, true);
	assert_null(current());
}

/* Of what waits in the gate, and what is shown. */
static void destroyed(void) {
	int never = world_fence();
	struct shot *shown = shoot(-1), *held = shoot(never);
	assert_back(shown, false);
	assert_back(held, false);
	surface_destroy(scene.surface);
	assert_back(shown, true);
	assert_back(held, true);
}

/* While a frame holds it, nothing speaks but the out-fence. */
static void on_screen(void) {
	struct shot *shot = shoot(-1);
	struct latch_content *frame = latch_content_ref(current());
	shoot(-1);
	assert_back(shot, false);
	assert_true(frame->record.superseded);

	int out_fence = world_fence();
	latch_content_release_on_fence(frame, out_fence);
	world_sync();
	assert_int_equal(shot->wl_releases, 0);
	assert_true((frame->record.told_ns != 0) == (scene.kind != LATCH_SYNC_IMPLICIT));
	assert_true((frame->record.release == LATCH_RELEASED_FENCE) ==
		    (scene.kind != LATCH_SYNC_IMPLICIT));
	assert_int_equal(shot->spoken.fenced, scene.kind == LATCH_SYNC_SYNC_FILE);
	assert_true(scene.kind != LATCH_SYNC_SYNCOBJ ||
		    (kernel_syncobj_has_import(shot->points.fd, 2, out_fence) &&
			    kernel_syncobj_get(shot->points.fd) == 1));

	/* The flip. */
	latch_content_unref(frame);
	world_sync();
	assert_int_equal(shot->wl_releases, 1);
	assert_int_equal(shot->spoken.fenced, scene.kind == LATCH_SYNC_SYNC_FILE);
	assert_int_equal(shot->spoken.immediate, 0);
	assert_true(scene.kind != LATCH_SYNC_SYNCOBJ || kernel_syncobj_get(shot->points.fd) == 1);
}

/* No out-fence: the flip says all. The surface may go before. */
static void on_screen_without_fence(void) {
	struct shot *shot = shoot(-1);
	struct latch_content *frame = latch_content_ref(current());
	surface_destroy(scene.surface);
	assert_back(shot, false);
	latch_content_unref(frame);
	world_sync();
	assert_back(shot, true);
}

/* The good picture stays, the bad one goes back at once. */
static void fence_error(void) {
	int fence = world_fence();
	struct shot *good = shoot(-1), *bad = shoot(fence);
	const struct latch_content *content = current();
	if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		kernel_syncobj_fail(bad->points.fd, 1);
	} else {
		kernel_fence_fail(fence, latch_now_ns());
	}
	world_sync();
	assert_back(good, false);
	assert_back(bad, true);
	assert_ptr_equal(current(), content);
	shoot(-1);
	assert_back(good, true);
	assert_back(bad, true);
}

/* The surface's newest goes into the frame, which holds it. */
static void show_in(struct latch_frame *frame) {
	const struct latch_layer layer = {.content = current(), .id = 1};
	assert_true(latch_frame_add(frame, &layer));
}

/* The word that comes before the flip: of the fence, once. */
static void assert_told(const struct shot *shot, int fence, bool told) {
	assert_int_equal(shot->spoken.fenced, told && scene.kind == LATCH_SYNC_SYNC_FILE);
	assert_int_equal(shot->spoken.immediate, 0);
	if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		assert_int_equal(kernel_syncobj_has_import(shot->points.fd, 2, fence), told);
		assert_true(kernel_syncobj_get(shot->points.fd) == 1);
	}
}

/* Two outputs show it: their flips come at different times, and the later one counts. */
static void on_two_outputs(void) {
	struct latch_frame a = {0}, a_next = {0}, b = {0}, b_next = {0};
	struct shot *shot = shoot(-1);
	show_in(&a);
	show_in(&b);
	shoot(-1);
	show_in(&a_next);
	show_in(&b_next);

	/* The first output submits, and flips; the other one shows it still. */
	int a_fence = world_fence(), b_fence = world_fence();
	latch_frame_release_on_fence(&a, &a_next, a_fence);
	world_sync();
	assert_told(shot, a_fence, false);
	latch_frame_clear(&a);
	world_sync();
	assert_told(shot, a_fence, false);
	assert_int_equal(shot->wl_releases, 0);

	latch_frame_release_on_fence(&b, &b_next, b_fence);
	world_sync();
	assert_told(shot, b_fence, true);
	assert_int_equal(shot->wl_releases, 0);
	latch_frame_clear(&b);
	world_sync();
	assert_told(shot, b_fence, true);
	assert_int_equal(shot->wl_releases, 1);

	latch_frame_finish(&a);
	latch_frame_finish(&b);
	latch_frame_finish(&a_next);
	latch_frame_finish(&b_next);
}

/* Behind something opaque it is in no frame, but the surface's newest: it may be seen again. */
static void covered(void) {
	struct latch_frame frame = {0}, next = {0};
	struct shot *shot = shoot(-1);
	show_in(&frame);
	int out_fence = world_fence();
	latch_frame_release_on_fence(&frame, &next, out_fence);
	latch_frame_clear(&frame);
	world_sync();
	assert_back(shot, false);

	show_in(&frame);
	latch_frame_clear(&frame);
	world_sync();
	assert_back(shot, false);

	/* Replaced behind its cover: no flip has anything to do with it. */
	struct shot *newer = shoot(-1);
	assert_back(shot, true);
	assert_back(newer, false);
	latch_frame_finish(&frame);
}

/* The kernel refuses the commit: what was to be shown stays the surface's newest, what is on the
 * screen stays there, and the next frame takes both up. */
static void refused(void) {
	struct latch_frame on_screen = {0}, next = {0};
	struct shot *shown = shoot(-1);
	show_in(&on_screen);
	struct shot *newest = shoot(-1);
	show_in(&next);
	latch_frame_clear(&next); /* as latch_output_latch() does with it then */
	world_sync();
	assert_back(shown, false);
	assert_back(newest, false);

	show_in(&next);
	int out_fence = world_fence();
	latch_frame_release_on_fence(&on_screen, &next, out_fence);
	world_sync();
	assert_told(shown, out_fence, true);
	latch_frame_clear(&on_screen);
	world_sync();
	assert_int_equal(shown->wl_releases, 1);
	assert_back(newest, false);
	latch_frame_finish(&on_screen);
	latch_frame_finish(&next);
}

/* Shared memory was copied when it was composed: nobody waits for a flip. */
static void shm_superseded(void) {
	struct latch_frame frame = {0};
	struct shot *shot = shoot_buffer(shm_create(), -1);
	show_in(&frame);
	struct latch_content *content = frame.layers[0].content;
	assert_true(content->is_shm);
	assert_back(shot, false);
	struct shot *newer = shoot_buffer(shm_create(), -1);
	assert_back(shot, true);
	assert_back(newer, false);
	/* The content is on the screen still, without its buffer. */
	assert_null(content->buffer);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 2);
	latch_frame_clear(&frame);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 1);
	world_sync();
	assert_back(shot, true);
	latch_frame_finish(&frame);
}

/* On the screen and in the gate when the client dies. */
static void dead(void) {
	int never = world_fence();
	struct shot *shown = shoot(-1);
	struct latch_content *frame = latch_content_ref(current());
	struct shot *held = shoot(never);
	int shown_fd = shown->points.fd, held_fd = held->points.fd;
	world_kill_client();
	assert_int_equal(latch_content_tracker_count(scene.tracker), 1);
	assert_true(scene.kind != LATCH_SYNC_SYNCOBJ ||
		    (kernel_syncobj_get(shown_fd) == 1 && kernel_syncobj_get(held_fd) == 2));
	latch_content_unref(frame);
	assert_true(scene.kind != LATCH_SYNC_SYNCOBJ || kernel_syncobj_get(shown_fd) == 2);
}

/* The trace alone says of each that it went back, once, and why. */
static void traced(void) {
	int never = world_fence(), bad = world_fence();
	shoot(-1);
	shoot(-1);
	unmap();
	shoot(-1);
	if (scene.kind != LATCH_SYNC_SYNCOBJ) {
		shoot(bad);
		kernel_fence_fail(bad, latch_now_ns());
		world_sync();
	}
	shoot(never);
	surface_destroy(scene.surface);
	finish_scene();

	struct trace trace;
	struct summary summary;
	FILE *file = fopen(trace_path, "r");
	assert_non_null(file);
	trace_init(&trace, stderr, 5);
	assert_true(trace_read(&trace, file));
	fclose(file);
	trace_check(&trace, &summary);
	assert_int_equal(summary.findings, 0);
	const bool failed = scene.kind != LATCH_SYNC_SYNCOBJ;
	assert_int_equal(summary.commits, 4 + failed);
	assert_int_equal(summary.records, 4 + failed);
	assert_int_equal(summary.by_end[LATCH_END_SUPERSEDED], 1);
	assert_int_equal(summary.by_end[LATCH_END_UNMAPPED], 1);
	assert_int_equal(summary.by_end[LATCH_END_FENCE_ERROR], failed);
	assert_int_equal(summary.by_end[LATCH_END_SURFACE_GONE], 2);
	assert_int_equal(summary.by_release[LATCH_RELEASED_AT_ONCE], 4 + failed);
	assert_int_equal(summary.buffers, 4 + failed);
	assert_int_equal(summary.gone, 1);
	trace_finish(&trace);
}

#define PATH(way, of_kind)                                                                         \
	{                                                                                          \
		.name = #way " " #of_kind, .test_func = run_path, .setup_func = setup_scene,       \
		.teardown_func = teardown_scene,                                                   \
		.initial_state = &(struct path){.run = (way), .kind = LATCH_SYNC_##of_kind},       \
	}
#define THREE(way) PATH(way, IMPLICIT), PATH(way, SYNC_FILE), PATH(way, SYNCOBJ)

int main(void) {
	const struct CMUnitTest tests[] = {
		THREE(superseded),
		THREE(hidden),
		THREE(destroyed),
		THREE(on_screen),
		THREE(on_screen_without_fence),
		THREE(dead),
		THREE(traced),
		THREE(fence_error),
		THREE(on_two_outputs),
		THREE(covered),
		THREE(refused),
		/* linux-drm-syncobj-v1 takes no shared memory. */
		PATH(shm_superseded, IMPLICIT),
		PATH(shm_superseded, SYNC_FILE),
	};
	int fd = mkstemp(trace_path);
	if (fd < 0) {
		return 1;
	}
	close(fd);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(trace_path);
	return failed;
}
