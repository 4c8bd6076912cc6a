#ifndef LATCH_SYNC_GATE_H
#define LATCH_SYNC_GATE_H

/*
 * The gate: holds a content update until every acquire fence in it has SIGNALLED, its own and those
 * of the synchronised subsurfaces that are shown with it. Until then the surface's current state
 * stays the last one; nothing unsignalled reaches the rest of latch, so nobody behind the gate ever
 * waits for a client's fence.
 *
 * It holds updates for two more things: the surface's fifo barrier and a time, see pacing.c.
 *
 * It has a part in every wl_surface, see surface.h, and offers the protocols that say when and how
 * a surface's next state is to be seen, see extension.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fence/fence.h"
#include "sync/update.h"

struct latch_account;
struct latch_gate;
struct latch_surface_sync;
struct latch_timeline_device;
struct wl_display;
struct wlr_surface;

/** The interval of unseen surfaces where no output is known: 60 Hz. */
#define LATCH_GATE_UNSEEN_INTERVAL_NS INT64_C(16666667)

struct latch_gate_options {
	/* The node for timelines; the gate takes a reference of its own. NULL: there is none,
	 * linux-drm-syncobj-v1 is not offered. */
	struct latch_timeline_device *timeline_device;
	/* tearing-control-v1 is offered. */
	bool tearing;

	/* An update that is held longer is named in the log, once; 0: never. */
	int64_t hold_warning_ns;
	/* The client of an update that waits longer for its fences is ended; 0: never. It takes
	 * limits/account.h, without which nobody is. */
	int64_t fence_timeout_ns;
	/* When the vblank comes that the surface's next content should make (CLOCK_MONOTONIC), 0
	 * where nobody knows: what the drivers of pending fences are told. NULL: nothing. */
	int64_t (*next_vblank_ns)(void *data, struct wlr_surface *surface);
	/* When an update may become ready, so that the vblank it then makes is the first that is
	 * not before target_ns; at or before now_ns: now. It is asked again at that time. NULL: at
	 * target_ns. */
	int64_t (*ready_ns)(
		void *data, struct wlr_surface *surface, int64_t target_ns, int64_t now_ns);
	/* 0 where an output is going to latch the surface, see latch_gate_latched(); else
	 * how long each of its fifo barriers stays. NULL: no output does. */
	int64_t (*unseen_interval_ns)(void *data, struct wlr_surface *surface);
	void *data; /* of them all */
};

/** What goes up from the gate to one listener, the owner of the surfaces. */
struct latch_gate_events {
	/* A commit was applied; runs in the surface's commit event, before its role's listeners.
	 * update: what came with it, NULL where that was no buffer. Its release is the listener's
	 * from now on. Where fence_error is set the buffer must not be shown. */
	void (*applied)(void *data, struct latch_surface_sync *sync, struct latch_update *update);
	/* For traces, each may be NULL. committed: an update came; of its times commit_ns is known.
	 * untaken: one that came was given back, and was never applied. */
	void (*committed)(void *data, const struct latch_update *update);
	void (*untaken)(void *data, const struct latch_update *update, enum latch_record_end why);
	void *data; /* of them all */
};

/** For leak tests, which read it from the gate. */
struct latch_gate_stats {
	size_t surfaces;     /* wl_surfaces attached to */
	size_t held;	     /* updates that wait now */
	size_t watches;	     /* fences that are watched now */
	uint64_t updates;    /* updates with a buffer, ever */
	uint64_t held_ever;  /* of which had to wait */
	uint64_t superseded; /* never taken: dropped, or replaced before they were taken */
	uint64_t fence_errors;
	uint64_t deadlines;  /* fences whose driver took a deadline */
	uint64_t warnings;   /* updates that were named in the log */
	uint64_t barriers_expired; /* fifo barriers that were lifted without a latch */
};

/** One update that is held, for logs and the inspector. All is borrowed. */
struct latch_held {
	struct wlr_surface *surface;
	/* NULL where no accounts are kept (limits/account.h). */
	const struct latch_account *account;
	uint64_t update_id; /* 0: a commit without a buffer */
	enum latch_sync_kind kind;
	enum latch_held_by by;
	int64_t age_ns; /* since its commit */
	size_t fences;	/* that it still waits for */
	/* Of the first of them. BY_FENCE: its driver and timeline. The point where kind is
	 * LATCH_SYNC_SYNCOBJ. */
	struct latch_fence_info fence;
	uint64_t point;
	int64_t target_ns; /* BY_TIME: when it is to be seen */
};

/**
 * Must be called before the first client connects. NULL on failure, which has been logged.
 * Call wl_display_destroy_clients() before latch_gate_destroy(); NULL is fine for that.
 */
struct latch_gate *latch_gate_create(
	struct wl_display *display, const struct latch_gate_options *options);
void latch_gate_destroy(struct latch_gate *gate);

/** Once, before the first surface. */
void latch_gate_listen(struct latch_gate *gate, const struct latch_gate_events *events);

/**
 * Calls func for each update that is held, surface by surface, the oldest of each first. Asks the
 * kernel about each (some short ioctls). func must not end surfaces or clients.
 */
void latch_gate_for_each_held(const struct latch_gate *gate,
	void (*func)(void *data, const struct latch_held *held), void *data);

/**
 * An output has latched what its surfaces show, or would show were they not covered: those for
 * which shows() is true lose their fifo barriers. The updates that waited for these become ready,
 * and the surfaces' commit events run in here.
 */
void latch_gate_latched(struct latch_gate *gate,
	bool (*shows)(void *data, struct wlr_surface *surface), void *data);

#endif
