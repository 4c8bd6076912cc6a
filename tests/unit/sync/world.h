/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A compositor of nothing but surfaces and the gate, and a client of it in the same process
 * and thread, over a socket pair. world_sync() lets both read all that the other has said.
 */

#include <wayland-client.h>
#include <wayland-server-core.h>

#include "../test.h"
#include "base/clock.h"
#include "color-management-v1-client-protocol.h"
#include "commit-timing-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "kernel.h"
#include "limits/account.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "sync/gate.h"
#include "sync/held.h"
#include "sync/pacing.h"
#include "sync/release.h"
#include "sync/surface.h"
#include "tearing-control-v1-client-protocol.h"
#include "timing/timing.h"

struct surface {
	char name;
	struct wl_surface *wl;
	struct wlr_surface *server; /* NULL when destroyed */
	struct latch_surface_sync sync;

	/* What the owner of the surface's content saw. */
	int applied;
	struct latch_update update; /* the last one with a buffer; its release is ours */

	struct wl_listener destroy;
};

struct world {
	struct wl_display *client;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj;
	struct zwp_linux_explicit_synchronization_v1 *explicit;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_commit_timing_manager_v1 *timing;
	struct wp_tearing_control_manager_v1 *tearing;
	struct wp_color_manager_v1 *color;

	struct latch_gate *gate;
	struct latch_account *account; /* the client's; outlives it */
	/* The one output that there is, as the gate sees it. Its vblanks are not known. */
	struct latch_deadline deadline;
	bool active;
	/* Surfaces to come are on it. */
	bool shown;
	/* Lines that latch logged, and the last one. */
	int logged;
	char log[512];
	struct server *server;
	/* The server's side, for other clients and other owners of surfaces. */
	struct wl_display *server_display;
	struct wlr_compositor *server_compositor;

	/* Called in each commit event, after the update was taken; or NULL. */
	void (*applied)(struct surface *surface);
	/* As in struct latch_gate_events; or NULL. */
	void (*committed)(const struct latch_update *update);
	void (*untaken)(const struct latch_update *update, enum latch_record_end why);

	/* Names of the surfaces in the order of their commit events. */
	char order[64];
};

/* The one world that there is at a time. */
extern struct world world;

/* Starts it; sets fds aside to be compared in world_finish(). */
void world_init(void);
/* The same with other options of the gate, or with one limit that is another. */
void world_init_options(struct latch_gate_options options);
void world_init_limited(enum latch_limit limit, uint64_t max);
/* The surfaces to come, and what becomes of their updates, are the caller's. */
void world_leave_surfaces(void);
/* The client goes, then the server; checks that nothing is left: no fd, handle, release. */
void world_finish(void);
/* The connection breaks, as when a client is killed. */
void world_kill_client(void);

/* Of a test: world_init() and world_finish(); shown: surfaces are on the output. */
int setup(void **state);
int setup_shown(void **state);
int teardown(void **state);

/* Everything said so far has been heard by the other side, and its answers too. */
void world_sync(void);
/* The same, for so long. */
void world_wait(int ms);
/* The code of the protocol error that ended the client, -1: it lives. */
int world_error(const char **interface);
/* Ended with wl_display.no_memory. */
bool world_is_refused(void);
struct latch_gate_stats world_stats(void);

/* The client keeps the object until it ends, and says nothing of that. Returns it. */
void *world_keep(void *proxy);
/* No longer: for the caller to destroy. Returns it. */
void *world_forget(void *proxy);
/* What the output expects from now on; NULL: what the gate's options say. */
void world_set_color(const struct color_description *color);
/* A pending fence, and a syncobj; world_finish() closes them. */
int world_fence(void);
int world_syncobj(void);
/* The fence signals now, and everybody hears of it. */
void world_signal(int fence_fd);

struct surface *surface_create(char name);
void surface_destroy(struct surface *surface);
/* The owner of its content lets go. */
void surface_drop_release(struct surface *surface);
/* All that is made here is kept. */
struct wl_subsurface *surface_make_child(struct surface *child, struct surface *parent);
struct wp_fifo_v1 *surface_get_fifo(struct surface *surface);
struct wp_commit_timer_v1 *surface_get_timer(struct surface *surface);
/* For the next commit. */
void timer_set(struct wp_commit_timer_v1 *timer, int64_t ns);
struct wp_linux_drm_syncobj_surface_v1 *surface_get_syncobj(struct surface *surface);
struct zwp_linux_surface_synchronization_v1 *surface_get_explicit(struct surface *surface);
struct wp_tearing_control_v1 *surface_get_tearing(struct surface *surface);

/* A new dma-buf whose writer has this fence; -1: idle. */
struct wl_buffer *dmabuf_create(int fence_fd);
struct wl_buffer *shm_create(void);
void surface_commit(struct surface *surface, struct wl_buffer *buffer);
/* Attaches a new dma-buf whose writer has this fence (-1: idle) and commits. */
void surface_draw(struct surface *surface, int fence_fd);
/* The same with an idle dma-buf and the fence beside it, by explicit synchronization. A dma-buf tells
 * nothing of fences that have signalled; a sync_file does. */
void surface_draw_explicit(struct surface *surface, int fence_fd);
/* The output latches it: its fifo barrier falls. */
void surface_latch(struct surface *surface);

/* A syncobj and the surface's object for points of it. */
struct points {
	int fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
	struct wp_linux_drm_syncobj_surface_v1 *surface;
};

struct wp_linux_drm_syncobj_timeline_v1 *timeline_import(int syncobj_fd);
struct points points_create(struct surface *surface);
/* For the next commit. */
void points_set(const struct points *points, uint64_t acquire, uint64_t release);
void points_destroy(const struct points *points);

/* How often a zwp_linux_buffer_release_v1 spoke; world_finish() closes the fence. */
struct spoken {
	int immediate, fenced;
	int fence_fd;
};

void get_release(struct zwp_linux_surface_synchronization_v1 *sync, struct spoken *spoken);

/** A test on whose output all surfaces are. */
#define TEST_SHOWN(function) cmocka_unit_test_setup_teardown(function, setup_shown, teardown)

/** What a client asks for, step by step, and the protocol error that it gets; code -1: none. */
struct steps {
	const char *name, *interface;
	int code;
	void (*steps[8])(void);
	const char *told; /* for the test to compare; or NULL */
};

/** Does so, in a world that is there. */
void steps_run(const struct steps *row);

/** A request by a name of its own, for rows of such steps. */
#define STEP(name, request)                                                                        \
	static void name(void) {                                                                   \
		request;                                                                           \
	}
