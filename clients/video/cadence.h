/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * At which vblank each frame of a film belongs. Plain arithmetic; all times are of one clock, in
 * nanoseconds.
 *
 * Timestamps alone say it to the nearest vblank, and where they fall between two, what rounds them
 * makes the steps uneven. So where the film's rate is close to a simple part of the output's (24 of
 * 60: five refreshes for two frames), frames are counted, and each takes its place in that pattern:
 * 2, 3, 2, 3. The timestamps rule: when the pattern has drifted away from them by three quarters of
 * a refresh, it takes one step by a refresh more or less.
 */
struct cadence {
	int64_t frame_ns;   /* between two frames of the film; 0: unknown or not the same */
	int64_t refresh_ns; /* of the output; 0: unknown or variable, frames belong at their times
			     */
	int64_t vblank_ns;  /* one that was seen: a flip */
	int64_t vblank;	    /* its number */

	/* `due_ns` is the time of the timestamp `pts_ns`. */
	int64_t due_ns, pts_ns;

	/* The pattern: `refreshes` for `frames`; 0: there is none. It begins at the vblank `first`,
	 * and `count` frames of it went before that with the timestamp `last_pts_ns`. */
	int64_t refreshes, frames, first, count, last_pts_ns;
	uint64_t slips; /* how often the timestamps had to correct the pattern */
};

/** Where a frame belongs. */
struct cadence_place {
	int64_t due_ns; /* by its timestamp alone */
	int64_t vblank; /* the number of the vblank, of no meaning without refreshes */
};

/**
 * The frame with this timestamp was shown by a flip; those after it follow.
 *
 * @param lead by how many refreshes all others are to be later than that: for what can't be had
 *             early, because it comes from a camera
 */
void cadence_start(
	struct cadence *cadence, int64_t pts_ns, int64_t flip_ns, int64_t refresh_ns, int lead);

/** Any flip: the vblanks are followed. refresh_ns: 0 where it is unknown. */
void cadence_flipped(struct cadence *cadence, int64_t flip_ns, int64_t refresh_ns);

/** Where the next frame belongs; call it once for each, in their order, after cadence_start(). */
struct cadence_place cadence_next(struct cadence *cadence, int64_t pts_ns);

/** When the frame is to be on the screen: the time of its vblank as it is known now. */
int64_t cadence_time_ns(const struct cadence *cadence, const struct cadence_place *place);

/** The number of the vblank of a flip. */
int64_t cadence_vblank_of(const struct cadence *cadence, int64_t flip_ns);
