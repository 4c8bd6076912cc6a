/* SPDX-License-Identifier: MIT */
/* Which vblanks a content update or a frame missed, and through whom: pure arithmetic. */
#pragma once

#include "trace/record.h"

#include <stdint.h>

/*
 * The definition. An update that was presented at vblank F has missed every vblank v of its
 * output for which all of this holds:
 *
 *   1. v is after the update's commit, and after its surface came into view (a hidden window's
 *      update waits for the window, and a VT's for the session: nobody is late there),
 *   2. v is after the flip of the update it replaced, as a vblank shows one update per surface;
 *      more than half a refresh after it, as flips jitter,
 *   3. v is before F.
 *
 * Vblanks are taken to lie whole refreshes before F. "The first vblank after t" is the
 * earliest of them that is later than t and fulfils 2. Three of them cut the missed vblanks
 * into three runs, some of which may be empty:
 *
 *   replaced   commit         ready             submit end             flip
 *       |        c              r                  s                     |
 *   ----|----|---c---|---|---|--r--|---|---|---|---s--|---|---|---|---|--F---> vblanks
 *            :       ^             ^                  ^                  ^
 *            :      first         first              first               |
 *            :      after c       after r            after s             |
 *            : unused|  waiting    |    waiting       |     waiting      |
 *            :       |  for fence  |    for latch     |     for kernel   |
 *
 * One missed vblank has one cause:
 *
 *   fence    from the first vblank after commit up to the first after ready: the acquire fence
 *            signalled after the vblank the update was committed for. Also that first one after
 *            ready, when ready came closer to it than latch's margin, but the commit did not: with
 *            its fence signalled at commit the update would have been in time.
 *   client   that first one, when the commit itself came that close.
 *   busy     of those up to the submit, the ones after the kernel had said EBUSY to the frame, and
 *            one that an earlier frame had taken, as it was submitted before its deadline.
 *   latch    of those up to the submit, the ones that latch was not awake for: it woke up later
 *            than it had planned to, by as much as was missed, or had planned for a later one.
 *   compose  latch was awake, but planes and what had to be composed took too long, our own job up
 *            to the signal of its fence included.
 *   ioctl    the atomic ioctl began in time, and had not returned at the vblank.
 *   kernel   from the first after the ioctl up to F: latch was done, the flip came later.
 *
 * While the flip of an earlier frame is late no other can be submitted. So of the vblanks up to the
 * submit, those after the one that frame was meant for, up to and with its flip, have the cause of
 * that frame: a kernel that flips late is also the cause for updates that wait behind that flip.
 *
 * To submit in time is to begin the ioctl as long before the vblank as is left to the kernel
 * (timing/timing.h). Where the margin is not known it counts as half a refresh, which is more than
 * any compositor needs that we measured; then a wait of a whole refresh is latch's as well.
 *
 * Vblanks between the replaced flip and the commit are nobody's misses, as no update was
 * there to show: a film of 30 frames a second on a display of 60 Hz has one with each frame.
 * They are counted as unused, so that a client which could not keep up shows as well.
 *
 * An unknown time counts as the next known one (a fence that was never watched signalled at
 * ready), and a time before its predecessor counts as its predecessor. An update that was not
 * presented, or whose output has no known refresh, has missed nothing that could be said.
 */

struct latch_missed {
	uint32_t total; /* the sum of by_cause */
	uint32_t by_cause[LATCH_MISSED_CAUSES];
	uint32_t unused; /* vblanks after the replaced flip and before the commit */
};

/** Counts the vblanks that the update missed, by the definition above. Never fails. */
struct latch_missed latch_missed_count(const struct latch_frame_record *record);

/**
 * How many vblanks a frame of an output was late for the one it was meant for; 0: it was in time,
 * or nobody had known which that would be. *cause is set when it was late.
 */
uint32_t latch_missed_by_frame(
	const struct latch_flip_record *record, enum latch_missed_cause *cause);

/** What a frame that has flipped has meant for those that waited behind it. */
struct latch_blocked latch_missed_blocked(const struct latch_flip_record *record);

/** What the cause means, for tables: "fence signalled late", ... */
const char *latch_missed_cause_text(enum latch_missed_cause cause);
