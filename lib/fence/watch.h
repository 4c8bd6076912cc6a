/* SPDX-License-Identifier: MIT */
#pragma once

/* Watches one acquire fence in the event loop until it has signalled. */

#include <wayland-server-core.h>

#include "fence/fence.h"

/* Open fds of one watch, at most: two eventfds of a point without a fence, and the duplicates that
 * libwayland polls. */
#define LATCH_WATCH_FDS 4

struct latch_watch;

/** The fence has signalled; info and error are set. The watch has ended by then. */
typedef void (*latch_watch_func)(struct latch_watch *watch);

struct latch_watch {
	/* Of the signalled fence; zeroed where the kernel does not know it any more. */
	struct latch_fence_info info;
	int error; /* negative errno it signalled with, or 0 */

	latch_watch_func func;
	void *data;
	struct wl_event_source *source;	 /* NULL when it is not watching */
	int fd;				 /* a sync_file, or the eventfd of the point */
	bool by_eventfd;		 /* which: the point had no fence at the start */
	struct latch_timeline *timeline; /* NULL: of a sync_file */
	uint64_t point;

	/* Of latch_watch_await_fence(). */
	latch_watch_func fence_func;
	struct wl_event_source *fence_source; /* NULL when it is not awaited */
	int fence_fd;
};

/**
 * Starts to watch a sync_file; takes the fd in any case. Returns 1 when it is being watched
 * and func will be called; 0 when it has signalled already: info and error are set, func
 * won't be called, nothing is left open; negative errno when it can't be watched.
 */
int latch_watch_sync_file(struct latch_watch *watch, struct wl_event_loop *loop, int fd,
	latch_watch_func func, void *data);

/** The same for a timeline point, which need not have a fence yet. */
int latch_watch_point(struct latch_watch *watch, struct wl_event_loop *loop,
	struct latch_timeline *timeline, uint64_t point, latch_watch_func func, void *data);

/**
 * What is known of the fence while it is being watched: 1 and *info filled; 0 for a point that has
 * no fence yet; negative errno when it can't be told.
 */
int latch_watch_get_info(const struct latch_watch *watch, struct latch_fence_info *info);

/**
 * Tells the fence's driver by when it should signal (CLOCK_MONOTONIC); a hint. Returns 0, -EAGAIN
 * for a point that has no fence yet, or another negative errno.
 */
int latch_watch_set_deadline(const struct latch_watch *watch, int64_t deadline_ns);

/**
 * For a watch of a point that has no fence yet: calls func once when it has one, where that can be
 * had; the watch itself goes on in any case.
 */
void latch_watch_await_fence(
	struct latch_watch *watch, struct wl_event_loop *loop, latch_watch_func func);

/** Stops watching; fine at any time after a start, also inside func. */
void latch_watch_finish(struct latch_watch *watch);
