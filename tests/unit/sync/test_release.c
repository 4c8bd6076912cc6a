/* SPDX-License-Identifier: MIT */
/*
 * How buffers go back to their clients, by each kind of release and on each path that needs no
 * display: what an output does with its frames, this test does by hand.
 */

#include "check.h"
#include "output/content.h"
#include "output/core.h"
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
	struct latch_core core;
	struct latch_content_tracker *tracker;
	struct surface *surface;
	struct zwp_linux_surface_synchronization_v1 *explicit;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj;
	struct shot shots[MAX_SHOTS];
	int len;
	/* What an output has on the screen, or submits; and the newest out-fence. */
	struct latch_frame frames[4];
	int out_fence;
} scene;

static void handle_wl_release(void *data, struct wl_buffer *buffer) {
	((struct shot *)data)->wl_releases++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_wl_release};

static void scene_init(enum latch_sync_kind kind) {
	memset(&scene, 0, sizeof(scene));
	scene.kind = kind;
	world_init();
	world_leave_surfaces();
	scene.core = (struct latch_core){
		.compositor = world.server_compositor,
		.gate = world.gate,
		.trace = latch_trace_create(
			&(struct latch_trace_options){.trace_path = trace_path}),
	};
	wl_list_init(&scene.core.outputs);
	scene.tracker = latch_content_tracker_create(&scene.core);
	scene.surface = surface_create('a');
	if (scene.kind == LATCH_SYNC_SYNC_FILE) {
		scene.explicit = surface_get_explicit(scene.surface);
	} else if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		scene.syncobj = surface_get_syncobj(scene.surface);
	}
}

/* Of a path whose trace is to be read: before its end. */
static void scene_finish(void) {
	if (scene.tracker == NULL) {
		return;
	}
	for (int i = 0; i < 4; i++) {
		latch_frame_finish(&scene.frames[i]);
	}
	world_kill_client();
	assert_int_equal(latch_content_tracker_count(scene.tracker), 0);
	latch_content_tracker_destroy(scene.tracker);
	latch_trace_destroy(scene.core.trace);
	world_finish();
	scene.tracker = NULL;
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
	return shoot_buffer(dmabuf_create(scene.kind == LATCH_SYNC_IMPLICIT ? fence : -1), fence);
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
	return latch_surface_get(scene.surface->server)->current;
}

/* The word that comes before the flip: of the fence, once. */
static void assert_told(const struct shot *shot, int fence, bool told, int wl_releases) {
	assert_int_equal(shot->wl_releases, wl_releases);
	assert_int_equal(shot->spoken.fenced, told && scene.kind == LATCH_SYNC_SYNC_FILE);
	assert_int_equal(shot->spoken.immediate, 0);
	if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		assert_int_equal(kernel_syncobj_has_import(shot->points.fd, 2, fence), told);
		assert_true(kernel_syncobj_get(shot->points.fd) == 1);
	}
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
	assert_told(shot, out_fence, true, 0);
	const bool told = scene.kind != LATCH_SYNC_IMPLICIT;
	assert_int_equal(frame->record.told_ns != 0, told);
	assert_int_equal(frame->record.release == LATCH_RELEASED_FENCE, told);

	/* The flip. */
	latch_content_unref(frame);
	world_sync();
	assert_told(shot, out_fence, true, 1);
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

/* Shared memory was copied when it was composed: nobody waits for a flip. */
static void shm_superseded(void) {
	if (scene.kind == LATCH_SYNC_SYNCOBJ) {
		return; // which takes none
	}
	struct latch_frame *frame = &scene.frames[0];
	struct shot *shot = shoot_buffer(shm_create(), -1);
	show_in(frame);
	struct latch_content *content = frame->layers[0].content;
	assert_true(content->is_shm);
	assert_back(shot, false);
	struct shot *newer = shoot_buffer(shm_create(), -1);
	assert_back(shot, true);
	assert_back(newer, false);
	/* The content is on the screen still, without its buffer. */
	assert_null(content->buffer);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 2);
	latch_frame_clear(frame);
	assert_int_equal(latch_content_tracker_count(scene.tracker), 1);
	world_sync();
	assert_back(shot, true);
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
	surface_commit(scene.surface, NULL);
	shoot(-1);
	if (scene.kind != LATCH_SYNC_SYNCOBJ) {
		shoot(bad);
		kernel_fence_fail(bad, latch_now_ns());
		world_sync();
	}
	shoot(never);
	surface_destroy(scene.surface);
	scene_finish();

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

/*
 * Of a script, in which 0 is the first buffer that was shot, and a to d are frames:
 *
 *   shoot hold    a commit with a buffer that is ready; with one that will never be
 *   unmap destroy of the surface
 *   show:a        the surface's newest is in the frame, which holds it
 *   submit:a,b    b is submitted in the place of a: there is an out-fence
 *   flip:a        a is on the screen no more
 *   back:0 kept:0 its client has it, or has not
 *   told:0,1 untold:0,0   whether its client was told the out-fence, and the wl_buffer.releases
 */
static void take_word(const char *word) {
	int i, releases;
	char from, to;
	if (strcmp(word, "shoot") == 0) {
		shoot(-1);
	} else if (strcmp(word, "hold") == 0) {
		shoot(world_fence());
	} else if (strcmp(word, "unmap") == 0) {
		surface_commit(scene.surface, NULL);
	} else if (strcmp(word, "destroy") == 0) {
		surface_destroy(scene.surface);
	} else if (sscanf(word, "show:%c", &to) == 1) {
		show_in(&scene.frames[to - 'a']);
	} else if (sscanf(word, "submit:%c,%c", &from, &to) == 2) {
		scene.out_fence = world_fence();
		latch_frame_release_on_fence(
			&scene.frames[from - 'a'], &scene.frames[to - 'a'], scene.out_fence);
	} else if (sscanf(word, "flip:%c", &from) == 1) {
		latch_frame_clear(&scene.frames[from - 'a']);
	} else if (sscanf(word, "back:%d", &i) == 1 || sscanf(word, "kept:%d", &i) == 1) {
		assert_back(&scene.shots[i], word[0] == 'b');
	} else if (sscanf(word, "told:%d,%d", &i, &releases) == 2) {
		assert_told(&scene.shots[i], scene.out_fence, true, releases);
	} else {
		assert_int_equal(sscanf(word, "untold:%d,%d", &i, &releases), 2);
		assert_told(&scene.shots[i], scene.out_fence, false, releases);
	}
	world_sync();
}

static void every_path(void **state) {
	static const struct {
		const char *name, *script;
		void (*run)(void);
	} paths[] = {
		{"superseded", "shoot shoot back:0 kept:1 shoot back:0 back:1"},
		/* Nobody waits for a frame that shows the surface no more: there may be none. */
		{"hidden", "shoot kept:0 unmap back:0"},
		{"destroyed with one in the gate",
			"shoot hold kept:0 kept:1 destroy back:0 back:1"},
		/* No out-fence: the flip says all. The surface may go before. */
		{"on screen without fence", "shoot show:a destroy kept:0 flip:a back:0"},
		/* Their flips come at different times, and the later one counts. */
		{"on two outputs",
			"shoot show:a show:b shoot show:c show:d submit:a,c untold:0,0 flip:a "
			"untold:0,0 submit:b,d told:0,0 flip:b told:0,1"},
		/* Behind something opaque it is in no frame, but the surface's newest: it may be
		 * seen again. Replaced there, no flip has anything to do with it. */
		{"covered", "shoot show:a submit:a,b flip:a kept:0 show:a submit:a,b flip:a kept:0 "
			    "shoot back:0 kept:1"},
		/* By the kernel, and latch_output_latch() clears the frame: what was to be shown
		 * stays the surface's newest, what is on the screen stays there, and the next frame
		 * takes both up. */
		{"refused", "shoot show:a shoot show:b flip:b kept:0 kept:1 show:b submit:a,b "
			    "told:0,0 flip:a told:0,1 kept:1"},
		{"on screen", NULL, on_screen},
		{"dead", NULL, dead},
		{"traced", NULL, traced},
		{"fence error", NULL, fence_error},
		{"shared memory superseded", NULL, shm_superseded},
	};
	test_make_file(trace_path);
	for (size_t i = 0; i < LEN(paths); i++) {
		for (int kind = LATCH_SYNC_IMPLICIT; kind < LATCH_SYNC_KINDS; kind++) {
			print_message("# %s, kind %d\n", paths[i].name, kind);
			scene_init((enum latch_sync_kind)kind);
			if (paths[i].run != NULL) {
				paths[i].run();
			} else {
				test_play(paths[i].script, take_word);
			}
			scene_finish();
		}
	}
	unlink(trace_path);
}

TEST_MAIN("release", UNIT(every_path))
