/* SPDX-License-Identifier: MIT */
/* A made-up display, computer and load for timing/timing.h: its clock drifts, its flips jitter, its
 * wake-ups and its work take random times. What it does follows from a number alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "timing/timing.h"

/** Frames after a change of the load that are not called steady: the margin has to find out. */
#define WORLD_SETTLE_NS (INT64_C(30) * 1000000000)

/** One kind of load, kept up for some minutes. Times in ns; tails are exponential. */
struct world_load {
	int64_t refresh_ns, blank_ns;
	bool variable;
	/** The display's clock against ours, in parts of a million; and how far its events jitter. */
	int64_t drift_ppm, jitter_ns;
	int64_t wake_ns, wake_tail_ns;
	int64_t work_ns, work_tail_ns;
	/** Composing takes so much more, in so many of 256 frames. */
	int64_t compose_ns;
	unsigned composed_of_256;
	int64_t kernel_ns, kernel_tail_ns;
	/** Once in so many frames something takes a stall_ns longer; 0: never. */
	uint32_t stall_every;
	int64_t stall_ns;
	/** Once in so many frames nothing changes for a while; 0: never. */
	uint32_t idle_every;
	/** How long it is kept up by world_run_random(). */
	int64_t lasts_ns;
};

struct world_result {
	uint64_t frames, steady_frames;
	/** Vblanks missed, by frames that were planned. Of the steady ones: those with a stall apart,
	 * for which no margin would have been long enough. */
	uint64_t missed, steady_missed, steady_stalled;
	/** Margins outside of their bounds, wake-ups in the past or beyond the next vblanks. */
	uint64_t broken;
	/** Of steady frames. */
	double margin_sum_ns, needed_sum_ns;
	int64_t simulated_ns;
};

struct world {
	struct latch_deadline deadline;
	struct world_load load;
	/** Loads and frames have one each: the loads are the same whatever becomes of the frames. */
	uint64_t random, load_random;
	/** The true vblanks: one of them, and how far they are apart. */
	double vblank_ns, period_ns;
	int64_t since_ns; /* the change of the load */
	struct world_result result;
};

/** A world with random loads; any seed. */
void world_init(struct world *world, uint64_t seed);

/** Another load, chosen at random; in one of four cases with another mode. */
void world_change(struct world *world);

/** Runs the load as it is for so long. */
void world_run(struct world *world, int64_t for_ns);

/** Random loads of one to twenty minutes each, for so long. */
void world_run_random(struct world *world, int64_t for_ns);
