/*
 * How buffers go back to their clients, by each kind of release and on each path that needs no
 * display: what an output does with its frames, this test does by hand.
 */

#include <fcntl.h>
#include <stdlib.h>
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
	/* zwp_linux_buffer_release_v1. */
	struct zwp_linux_buffer_release_v1 *release;
	int immediate, fenced;
	/* A timeline of its own: point 1 is the acquire point, 2 the release point. */
	int syncobj;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
};

struct scene {
	struct world world;
	enum latch_sync_kind kind;
	struct latch_trace *trace;
	struct latch_content_tracker *tracker;
	struct surface *surface;
	struct zwp_linux_surface_synchronization_v1 *explicit;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj;
	struct shot shots[MAX_SHOTS];
	int len;
};

static void handle_wl_release(void *data, struct wl_buffer *buffer) {
	((struct shot *)data)->wl_releases++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_wl_release};

static void handle_fenced(void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fd) {
	((struct shot *)data)->fenced++;
	close(fd);
}

static void handle_immediate(void *data, struct zwp_linux_buffer_release_v1 *release) {
	((struct shot *)data)->immediate++;
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	.fenced_release = handle_fenced,
	.immediate_release = handle_immediate,
};

static void handle_committed(void *data, struct latch_surface *surface) {
}

static void scene_init(struct scene *scene, enum latch_sync_kind kind) {
	*scene = (struct scene){.kind = kind};
	world_init(&scene->world);
	world_leave_surfaces(&scene->world);
	scene->trace = latch_trace_create(&(struct latch_trace_options){.trace_path = trace_path});
	scene->tracker = latch_content_tracker_create(&(struct latch_content_tracker_options){
		.compositor = world_compositor(&scene->world),
		.gate = scene->world.gate,
		.trace = scene->trace,
		.committed = handle_committed,
	});
	scene->surface = surface_create(&scene->world, 'a');
	struct wl_surface *surface = scene->surface->wl;
	if (kind == LATCH_SYNC_SYNC_FILE) {
		scene->explicit = zwp_linux_explicit_synchronization_v1_get_synchronization(
			scene->world.explicit, surface);
	} else if (kind == LATCH_SYNC_SYNCOBJ) {
		scene->syncobj = wp_linux_drm_syncobj_manager_v1_get_surface(
			scene->world.syncobj, surface);
	}
}

/* As when the client dies: nothing of this is said to the compositor. */
static void kill_client(struct scene *scene) {
	for (int i = 0; i < scene->len; i++) {
		struct shot *shot = &scene->shots[i];
		wl_proxy_destroy((struct wl_proxy *)shot->buffer);
		if (shot->release != NULL) {
			zwp_linux_buffer_release_v1_destroy(shot->release);
		}
		if (shot->timeline != NULL) {
			wl_proxy_destroy((struct wl_proxy *)shot->timeline);
			close(shot->syncobj);
		}
	}
	scene->len = 0;
	if (scene->explicit != NULL) {
		wl_proxy_destroy((struct wl_proxy *)scene->explicit);
		scene->explicit = NULL;
	}
	if (scene->syncobj != NULL) {
		wl_proxy_destroy((struct wl_proxy *)scene->syncobj);
		scene->syncobj = NULL;
	}
	world_kill_client(&scene->world);
}

static void scene_finish(struct scene *scene) {
	kill_client(scene);
	assert_int_equal(latch_content_tracker_count(scene->tracker), 0);
	latch_content_tracker_destroy(scene->tracker);
	latch_trace_destroy(scene->trace);
	world_finish(&scene->world);
}

/* fence: -1 for a buffer that is ready. */
static struct shot *shoot_buffer(struct scene *scene, struct wl_buffer *buffer, int fence) {
	assert_true(scene->len < MAX_SHOTS);
	struct shot *shot = &scene->shots[scene->len++];
	shot->buffer = buffer;
	wl_buffer_add_listener(shot->buffer, &buffer_listener, shot);
	wl_surface_attach(scene->surface->wl, shot->buffer, 0, 0);
	if (scene->explicit != NULL) {
		if (fence >= 0) {
			zwp_linux_surface_synchronization_v1_set_acquire_fence(
				scene->explicit, fence);
		}
		shot->release = zwp_linux_surface_synchronization_v1_get_release(scene->explicit);
		zwp_linux_buffer_release_v1_add_listener(shot->release, &release_listener, shot);
	} else if (scene->syncobj != NULL) {
		shot->syncobj = kernel_syncobj_create();
		shot->timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(
			scene->world.syncobj, shot->syncobj);
		if (fence < 0) {
			kernel_syncobj_signal(shot->syncobj, 1);
		}
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			scene->syncobj, shot->timeline, 0, 1);
		wp_linux_drm_syncobj_surface_v1_set_release_point(
			scene->syncobj, shot->timeline, 0, 2);
	}
	wl_surface_commit(scene->surface->wl);
	world_sync(&scene->world);
	return shot;
}

static struct shot *shoot(struct scene *scene, int fence) {
	int fd = kernel_dmabuf_create(scene->kind == LATCH_SYNC_IMPLICIT ? fence : -1);
	struct wl_buffer *buffer = dmabuf_create(&scene->world, fd);
	close(fd);
	return shoot_buffer(scene, buffer, fence);
}

static void unmap(struct scene *scene) {
	wl_surface_attach(scene->surface->wl, NULL, 0, 0);
	wl_surface_commit(scene->surface->wl);
	world_sync(&scene->world);
}

/* Every kind has its word once, and wl_buffer.release beside it. */
static void assert_back(const struct scene *scene, const struct shot *shot, bool back) {
	assert_int_equal(shot->wl_releases, back);
	if (scene->kind == LATCH_SYNC_SYNC_FILE) {
		assert_int_equal(shot->immediate, back);
		assert_int_equal(shot->fenced, 0);
	} else if (scene->kind == LATCH_SYNC_SYNCOBJ) {
		assert_true((kernel_syncobj_get(shot->syncobj) == 2) == back);
	}
}

static struct latch_content *current(struct scene *scene) {
	return latch_surface_get(scene->tracker, scene->surface->server)->current;
}

static void superseded(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	struct shot *first = shoot(&scene, -1), *second = shoot(&scene, -1);
	assert_back(&scene, first, true);
	assert_back(&scene, second, false);
	shoot(&scene, -1);
	assert_back(&scene, first, true);
	assert_back(&scene, second, true);
	scene_finish(&scene);
}

/* Nobody waits for a frame that shows the surface no more: there may never be one. */
static void hidden(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	struct shot *shown = shoot(&scene, -1);
	assert_back(&scene, shown, false);
	unmap(&scene);
	assert_back(&scene, shown, true);
	assert_null(current(&scene));
	scene_finish(&scene);
}

/* Of what waits in the gate, and what is shown. */
static void destroyed(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	int never = kernel_fence_create();
	struct shot *shown = shoot(&scene, -1), *held = shoot(&scene, never);
	assert_back(&scene, shown, false);
	assert_back(&scene, held, false);
	surface_destroy(&scene.world, scene.surface);
	assert_back(&scene, shown, true);
	assert_back(&scene, held, true);
	close(never);
	scene_finish(&scene);
}

/* While a frame holds it, nothing speaks but the out-fence. */
static void on_screen(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	struct shot *shot = shoot(&scene, -1);
	struct latch_content *frame = latch_content_ref(current(&scene));
	shoot(&scene, -1);
	assert_back(&scene, shot, false);
	assert_true(frame->record.superseded);

	int out_fence = kernel_fence_create();
	latch_content_release_on_fence(frame, out_fence);
	world_sync(&scene.world);
	assert_int_equal(shot->wl_releases, 0);
	assert_true((frame->record.told_ns != 0) == (kind != LATCH_SYNC_IMPLICIT));
	assert_true(
		(frame->record.release == LATCH_RELEASED_FENCE) == (kind != LATCH_SYNC_IMPLICIT));
	assert_int_equal(shot->fenced, kind == LATCH_SYNC_SYNC_FILE);
	assert_true(kind != LATCH_SYNC_SYNCOBJ ||
		    (kernel_syncobj_has_import(shot->syncobj, 2, out_fence) &&
			    kernel_syncobj_get(shot->syncobj) == 1));

	/* The flip. */
	latch_content_unref(frame);
	world_sync(&scene.world);
	assert_int_equal(shot->wl_releases, 1);
	assert_int_equal(shot->fenced, kind == LATCH_SYNC_SYNC_FILE);
	assert_int_equal(shot->immediate, 0);
	assert_true(kind != LATCH_SYNC_SYNCOBJ || kernel_syncobj_get(shot->syncobj) == 1);
	close(out_fence);
	scene_finish(&scene);
}

/* No out-fence: the flip says all. The surface may go before. */
static void on_screen_without_fence(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	struct shot *shot = shoot(&scene, -1);
	struct latch_content *frame = latch_content_ref(current(&scene));
	surface_destroy(&scene.world, scene.surface);
	assert_back(&scene, shot, false);
	latch_content_unref(frame);
	world_sync(&scene.world);
	assert_back(&scene, shot, true);
	scene_finish(&scene);
}

/* The good picture stays, the bad one goes back at once. */
static void fence_error(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	int fence = kernel_fence_create();
	struct shot *good = shoot(&scene, -1), *bad = shoot(&scene, fence);
	const struct latch_content *content = current(&scene);
	if (kind == LATCH_SYNC_SYNCOBJ) {
		kernel_syncobj_fail(bad->syncobj, 1);
	} else {
		kernel_fence_fail(fence, now_ns());
	}
	world_sync(&scene.world);
	assert_back(&scene, good, false);
	assert_back(&scene, bad, true);
	assert_ptr_equal(current(&scene), content);
	shoot(&scene, -1);
	assert_back(&scene, good, true);
	assert_back(&scene, bad, true);
	close(fence);
	scene_finish(&scene);
}

/* The surface's newest goes into the frame, which holds it. */
static void show_in(struct scene *scene, struct latch_frame *frame) {
	const struct latch_layer layer = {.content = current(scene), .id = 1};
	assert_true(latch_frame_add(frame, &layer));
}

/* The word that comes before the flip: of the fence, once. */
static void assert_told(const struct scene *scene, const struct shot *shot, int fence, bool told) {
	assert_int_equal(shot->fenced, told && scene->kind == LATCH_SYNC_SYNC_FILE);
	assert_int_equal(shot->immediate, 0);
	if (scene->kind == LATCH_SYNC_SYNCOBJ) {
		assert_int_equal(kernel_syncobj_has_import(shot->syncobj, 2, fence), told);
		assert_true(kernel_syncobj_get(shot->syncobj) == 1);
	}
}

/* Two outputs show it: their flips come at different times, and the later one counts. */
static void on_two_outputs(enum latch_sync_kind kind) {
	struct scene scene;
	struct latch_frame a = {0}, a_next = {0}, b = {0}, b_next = {0};
	scene_init(&scene, kind);
	struct shot *shot = shoot(&scene, -1);
	show_in(&scene, &a);
	show_in(&scene, &b);
	shoot(&scene, -1);
	show_in(&scene, &a_next);
	show_in(&scene, &b_next);

	/* The first output submits, and flips; the other one shows it still. */
	int a_fence = kernel_fence_create(), b_fence = kernel_fence_create();
	latch_frame_release_on_fence(&a, &a_next, a_fence);
	world_sync(&scene.world);
	assert_told(&scene, shot, a_fence, false);
	latch_frame_clear(&a);
	world_sync(&scene.world);
	assert_told(&scene, shot, a_fence, false);
	assert_int_equal(shot->wl_releases, 0);

	latch_frame_release_on_fence(&b, &b_next, b_fence);
	world_sync(&scene.world);
	assert_told(&scene, shot, b_fence, true);
	assert_int_equal(shot->wl_releases, 0);
	latch_frame_clear(&b);
	world_sync(&scene.world);
	assert_told(&scene, shot, b_fence, true);
	assert_int_equal(shot->wl_releases, 1);

	latch_frame_finish(&a);
	latch_frame_finish(&b);
	latch_frame_finish(&a_next);
	latch_frame_finish(&b_next);
	close(a_fence);
	close(b_fence);
	scene_finish(&scene);
}

/* Behind something opaque it is in no frame, but the surface's newest: it may be seen again. */
static void covered(enum latch_sync_kind kind) {
	struct scene scene;
	struct latch_frame frame = {0}, next = {0};
	scene_init(&scene, kind);
	struct shot *shot = shoot(&scene, -1);
	show_in(&scene, &frame);
	int out_fence = kernel_fence_create();
	latch_frame_release_on_fence(&frame, &next, out_fence);
	latch_frame_clear(&frame);
	world_sync(&scene.world);
	assert_back(&scene, shot, false);

	show_in(&scene, &frame);
	latch_frame_clear(&frame);
	world_sync(&scene.world);
	assert_back(&scene, shot, false);

	/* Replaced behind its cover: no flip has anything to do with it. */
	struct shot *newer = shoot(&scene, -1);
	assert_back(&scene, shot, true);
	assert_back(&scene, newer, false);
	latch_frame_finish(&frame);
	close(out_fence);
	scene_finish(&scene);
}

/* The kernel refuses the commit: what was to be shown stays the surface's newest, what is on the
 * screen stays there, and the next frame takes both up. */
static void refused(enum latch_sync_kind kind) {
	struct scene scene;
	struct latch_frame on_screen = {0}, next = {0};
	scene_init(&scene, kind);
	struct shot *shown = shoot(&scene, -1);
	show_in(&scene, &on_screen);
	struct shot *newest = shoot(&scene, -1);
	show_in(&scene, &next);
	latch_frame_clear(&next); /* as latch_output_latch() does with it then */
	world_sync(&scene.world);
	assert_back(&scene, shown, false);
	assert_back(&scene, newest, false);

	show_in(&scene, &next);
	int out_fence = kernel_fence_create();
	latch_frame_release_on_fence(&on_screen, &next, out_fence);
	world_sync(&scene.world);
	assert_told(&scene, shown, out_fence, true);
	latch_frame_clear(&on_screen);
	world_sync(&scene.world);
	assert_int_equal(shown->wl_releases, 1);
	assert_back(&scene, newest, false);
	latch_frame_finish(&on_screen);
	latch_frame_finish(&next);
	close(out_fence);
	scene_finish(&scene);
}

/* Shared memory was copied when it was composed: nobody waits for a flip. */
static void shm_superseded(enum latch_sync_kind kind) {
	struct scene scene;
	struct latch_frame frame = {0};
	scene_init(&scene, kind);
	struct shot *shot = shoot_buffer(&scene, shm_create(&scene.world), -1);
	show_in(&scene, &frame);
	struct latch_content *content = frame.layers[0].content;
	assert_true(content->is_shm);
	assert_back(&scene, shot, false);
	struct shot *newer = shoot_buffer(&scene, shm_create(&scene.world), -1);
	assert_back(&scene, shot, true);
	assert_back(&scene, newer, false);
	/* The content is on the screen still, without its buffer. */
	assert_null(content->buffer);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 2);
	latch_frame_clear(&frame);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 1);
	world_sync(&scene.world);
	assert_back(&scene, shot, true);
	latch_frame_finish(&frame);
	scene_finish(&scene);
}

/* On the screen and in the gate when the client dies. */
static void dead(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	int never = kernel_fence_create();
	struct shot *shown = shoot(&scene, -1);
	struct latch_content *frame = latch_content_ref(current(&scene));
	struct shot *held = shoot(&scene, never);
	int shown_fd = dup(shown->syncobj), held_fd = dup(held->syncobj);
	kill_client(&scene);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 1);
	assert_true(kind != LATCH_SYNC_SYNCOBJ || (kernel_syncobj_get(shown_fd) == 1 &&
							  kernel_syncobj_get(held_fd) == 2));
	latch_content_unref(frame);
	assert_true(kind != LATCH_SYNC_SYNCOBJ || kernel_syncobj_get(shown_fd) == 2);
	close(shown_fd);
	close(held_fd);
	close(never);
	scene_finish(&scene);
}

/* The trace alone says of each that it went back, once, and why. */
static void traced(enum latch_sync_kind kind) {
	struct scene scene;
	scene_init(&scene, kind);
	int never = kernel_fence_create(), bad = kernel_fence_create();
	shoot(&scene, -1);
	shoot(&scene, -1);
	unmap(&scene);
	shoot(&scene, -1);
	if (kind != LATCH_SYNC_SYNCOBJ) {
		shoot(&scene, bad);
		kernel_fence_fail(bad, now_ns());
		world_sync(&scene.world);
	}
	shoot(&scene, never);
	surface_destroy(&scene.world, scene.surface);
	close(never);
	close(bad);
	scene_finish(&scene);

	struct trace trace;
	struct summary summary;
	FILE *file = fopen(trace_path, "r");
	assert_non_null(file);
	trace_init(&trace, stderr, 5);
	assert_true(trace_read(&trace, file));
	fclose(file);
	trace_check(&trace, &summary);
	assert_int_equal(summary.findings, 0);
	const bool failed = kind != LATCH_SYNC_SYNCOBJ;
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

#define CASES(path) \
	static void test_##path##_implicit(void **state) { \
		path(LATCH_SYNC_IMPLICIT); \
	} \
	static void test_##path##_sync_file(void **state) { \
		path(LATCH_SYNC_SYNC_FILE); \
	} \
	static void test_##path##_syncobj(void **state) { \
		path(LATCH_SYNC_SYNCOBJ); \
	}

CASES(superseded)
CASES(hidden)
CASES(destroyed)
CASES(on_screen)
CASES(on_screen_without_fence)
CASES(dead)
CASES(traced)
CASES(fence_error)
CASES(on_two_outputs)
CASES(covered)
CASES(refused)

/* linux-drm-syncobj-v1 takes no shared memory. */
static void test_shm_superseded_implicit(void **state) {
	shm_superseded(LATCH_SYNC_IMPLICIT);
}

static void test_shm_superseded_sync_file(void **state) {
	shm_superseded(LATCH_SYNC_SYNC_FILE);
}

#define THREE(path) \
	cmocka_unit_test(test_##path##_implicit), cmocka_unit_test(test_##path##_sync_file), \
		cmocka_unit_test(test_##path##_syncobj)

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
		cmocka_unit_test(test_shm_superseded_implicit),
		cmocka_unit_test(test_shm_superseded_sync_file),
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
