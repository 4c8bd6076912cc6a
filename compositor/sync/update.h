/* SPDX-License-Identifier: MIT */
#pragma once

/* A content update, and what it waits for: a plain struct and plain functions. */

#include "sync/release.h"
#include "trace/record.h"

/** What an update that is held waits for. */
enum latch_held_by {
	LATCH_HELD_BY_FENCE,   /* a fence that has not signalled */
	LATCH_HELD_BY_POINT,   /* a timeline's point that has no fence yet */
	LATCH_HELD_BY_TIME,    /* wp_commit_timer_v1.set_timestamp: it is early */
	LATCH_HELD_BY_BARRIER, /* wp_fifo_v1.wait_barrier: the update before it is to be seen */
	LATCH_HELD_BY_UPDATE,  /* nothing of its own; the update before it, or a subsurface's */
};
#define LATCH_HELD_BY_COUNT 5

/** A stable name for logs, traces and documents. */
const char *latch_held_by_name(enum latch_held_by by);

/** One wl_surface.commit that brought a new buffer. */
struct latch_update {
	/* Counts up from 1 over all surfaces; 0 is no update. */
	uint64_t id;
	/* What is known of it so far. signalled_ns is the later of commit_ns and fence_ns: when its
	 * own buffer was both here and done. Where fence_error is set, the buffer's content is
	 * rubbish and must not be shown; the last good buffer stays up, and the surface's other
	 * state applies. */
	struct latch_frame_record record;
	/* The kernel's time of the latest of its own acquire fences, as it is: before
	 * commit_ns where the client was done early, 0 where there was no fence or the
	 * kernel does not know. */
	int64_t fence_ns;
	struct latch_release release;
};

/** Its barrier or its time lets it go. */
void latch_update_note_paced(struct latch_update *update, enum latch_held_by by, int64_t now_ns);

/**
 * Notes that one acquire fence of the update has signalled. fence_ns: the kernel's time or
 * 0; error: the negative errno it signalled with, or 0; the first one stays. Keeps fence_ns the
 * latest of all and signalled_ns in line.
 */
void latch_update_note_signal(struct latch_update *update, int64_t fence_ns, int error);
