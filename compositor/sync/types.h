/* SPDX-License-Identifier: MIT */
#pragma once

/* The gate's plain structs that others see: what it is told, what it tells, and its part of each
 * wl_surface. */

#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "color/color.h"
#include "sync/update.h"

struct latch_surface_sync;

/** An output as the gate sees it. All is borrowed, and read when it is needed. */
struct latch_gate_output {
	const struct wlr_output *wlr_output;
	const struct latch_deadline *deadline;
	/* It latches what the surfaces on it show. */
	const bool *active;
	/* What its monitor expects; see latch_gate_colors_changed(). */
	const struct color_description *color;
	struct wl_list link; /* latch_gate_options.outputs */
};

struct latch_gate_options {
	/* The node for timelines; the gate takes a reference of its own. NULL: there is none,
	 * linux-drm-syncobj-v1 is not offered. */
	struct latch_timeline_device *timeline_device;
	/* latch_gate_output.link: whose vblanks updates wait for. Borrowed. */
	const struct wl_list *outputs;
	/* tearing-control-v1 is offered. */
	bool tearing;
	/* What outputs expect; clients hear of it, too, while there is no output. COLOR_UNTAGGED:
	 * color-management-v1 is not offered. */
	struct color_description color;

	/* An update that is held longer is named in the log, once; 0: never. */
	int64_t hold_warning_ns;
	/* The client of an update that waits longer for its fences is ended; 0: never. It takes
	 * limits/account.h, without which nobody is. */
	int64_t fence_timeout_ns;
};

/** What goes up from the gate to one listener, the owner of the surfaces. */
struct latch_gate_events {
	/* A commit was applied; runs in the surface's commit event, before its role's listeners.
	 * update: what came with it, NULL where that was no buffer. The listener may move its
	 * release away. Where record.fence_error is set the buffer must not be shown. */
	void (*applied)(void *data, struct latch_surface_sync *sync, struct latch_update *update);
	/* The client has committed: an update, of whose times commit_ns is known; NULL: no buffer. */
	void (*committed)(void *data, struct latch_surface_sync *sync, struct latch_update *update);
	/* An update that came was given back, and was never applied. */
	void (*untaken)(void *data, const struct latch_update *update, enum latch_record_end why);
	void *data; /* of them all */
};

/** For leak tests. */
struct latch_gate_stats {
	size_t surfaces; /* wl_surfaces attached to */
	size_t held;	 /* updates that wait now */
	size_t watches;	 /* fences that are watched now */
};

struct latch_sync_state {
	struct latch_held_update *update;
	bool set_barrier; /* wp_fifo_v1 */
	bool async;	  /* wp_tearing_control_v1; stays until it is set anew */
	/* wp_color_management_v1; stays, too. */
	struct color_description color;
};

/** The protocols that give a wl_surface one more object (extension.h), as they are offered. */
enum latch_extension_kind {
	LATCH_EXTENSION_EXPLICIT, /* zwp_linux_explicit_synchronization_v1 */
	LATCH_EXTENSION_FIFO,	  /* fifo-v1 */
	LATCH_EXTENSION_TIMING,	  /* commit-timing-v1 */
	LATCH_EXTENSION_TEARING,  /* tearing-control-v1 */
	LATCH_EXTENSION_SYNCOBJ,  /* linux-drm-syncobj-v1 */
	LATCH_EXTENSION_COLOR,	  /* color-management-v1 */
};
#define LATCH_EXTENSIONS 6

/** The gate's part of a wl_surface: its owner embeds it in the object that it has for each of
 * them. */
struct latch_surface_sync {
	struct latch_gate *gate;
	struct latch_account *account; /* its owner's; NULL where no accounts are kept */
	struct wlr_surface *surface;
	uint32_t id;	     /* in traces and logs, not 0 */
	uint64_t updates;    /* with a buffer, so far */
	struct wl_list link; /* latch_gate.surfaces */

	struct wlr_surface_synced synced;
	struct latch_sync_state pending, current;

	/* The client's, NULL: it has none; and what they have set for the next commit. */
	struct wl_resource *objects[LATCH_EXTENSIONS];
	struct {
		struct latch_timeline *acquire;
		uint64_t acquire_point;
	} syncobj;
	struct {
		int acquire_fd; /* a sync_file, or -1; on the client's account */
	} explicit;
	struct latch_release release; /* of either */
	struct {
		bool set_barrier, wait_barrier;
	} fifo;
	struct {
		bool has_target;
		int64_t target_ns; /* CLOCK_MONOTONIC; INT64_MAX: later than int64_t can tell */
	} timing;

	/* The surface's fifo barrier. */
	struct {
		bool set; /* and in a list of latch_pacing */
		int64_t set_ns;
		size_t waiters; /* updates that wait for it at their turn */
		struct wl_list link;
	} barrier;

	struct wl_list waiting; /* latch_held_update.link, oldest first */
	struct wl_list behind;	/* latch_held_update.barrier_link of subsurfaces' updates */

	bool warned; /* of an update that is held, until nothing is */
	bool fence_error_logged;

	struct wl_listener client_commit, commit;
};

/** A surface's part; NULL where it has none. */
static inline struct latch_surface_sync *latch_surface_sync_find(
	const struct wlr_surface *surface) {
	return surface->data;
}
