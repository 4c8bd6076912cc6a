/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the vblanks are, as far as a client can learn it: each presented frame tells the time of
 * one, and, of most compositors, its number and the time to the next. The number may be missing
 * or jump, and the time to the next be 0 or a little wrong, so what is relied on are the times.
 */

/** What presentation feedback says of one frame, in the compositor's clock. */
struct measure_flip {
	int64_t time_ns;
	uint64_t sequence; /* 0: not told */
};

struct measure_grid {
	/* From one vblank to the next. */
	double period_ns;
	/* 95 % of the times between two flips are whole numbers of periods but for so much. A
	 * large part of a period says that the frames followed no grid. */
	int64_t deviation_ns;
};

/**
 * Finds the period.
 *
 * @param flips      in the order of their times
 * @param nominal_ns what the compositor says, or 0; it is corrected by the flips
 * @return false where nothing tells: no nominal period and less than three flips
 */
bool measure_grid_fit(struct measure_grid *grid, const struct measure_flip *flips, size_t len,
	int64_t nominal_ns);

/** Whether the flips keep to the grid well enough for what is counted in refreshes. */
bool measure_grid_is_steady(const struct measure_grid *grid);

/**
 * How many vblanks came after ready_ns and before the one that a frame was presented at: 0 for a
 * frame that made the first. Counted back from the frame's own vblank, which is known exactly, so
 * that no error of the period adds up.
 *
 * @param margin_ns filled: from ready_ns to the first vblank at or after it
 */
int64_t measure_grid_late(const struct measure_grid *grid, int64_t ready_ns, int64_t presented_ns,
	int64_t *margin_ns);

/** One frame that was presented, in the compositor's clock. */
struct measure_frame {
	int64_t commit_ns;
	int64_t ready_ns; /* the commit, or the signal of its fence if that was later */
	int64_t presented_ns;
};

/** What is known of the head start. */
enum measure_head_start {
	MEASURE_HEAD_START_KNOWN,
	MEASURE_HEAD_START_FEW,	  /* too few frames to speak of 99 % */
	MEASURE_HEAD_START_NEVER, /* even with a whole refresh too many come late */
};

/** So many frames with the head start or more are needed to say it. */
#define MEASURE_FEW 100
/** So many in a thousand of them have to make their first vblank. */
#define MEASURE_IN_TIME_PERMILLE 990

/** What came of a run. Times count from ready_ns. */
struct measure_summary {
	size_t frames;
	/* Presented before they were ready: only where the compositor did not wait for the fence.
	 * They are in no other number. */
	size_t early;
	size_t in_time;		/* at the first vblank that was possible */
	double excess;		/* refreshes after that, on average */
	int64_t p50_ns, p99_ns; /* to the flip */

	/* The smallest margin between being ready and the first vblank that is enough: of all
	 * frames that had it, 99 % made that vblank. NEVER: the period. FEW: 0. */
	enum measure_head_start head_start;
	int64_t head_start_ns;
	size_t head_start_frames; /* that had it */
};

/**
 * Sums up a run. A plain function of its arguments.
 *
 * @return false without memory
 */
bool measure_summarize(struct measure_summary *summary, const struct measure_frame *frames,
	size_t len, const struct measure_grid *grid);

/** One in so many frames lies in each of so many equal parts of the refresh. */
#define MEASURE_PHASES 100

/** When the next frame is to be ready: two to three refreshes after the last, at a phase of the
 * refresh that can't be foreseen. Of each MEASURE_PHASES frames one lies in each part of the
 * refresh, in random order (a stratified sample), so that a percentile of the latency does not hang
 * on how the dice fell. The same seed gives the same row. */
struct measure_schedule {
	unsigned short state[3];       /* of erand48() */
	uint8_t parts[MEASURE_PHASES]; /* of the refresh, in the order of their frames */
	unsigned num_frames;	       /* planned */
	double phase;		       /* of the last one, in refreshes from vblank_ns */
	int64_t planned_ns;	       /* the last one, or the vblank to count from; 0: none yet */
};

/**
 * @param vblank_ns the time of any vblank: with the same seed and period, the frames of every run
 *                  then lie alike between the vblanks; 0: unknown
 */
void measure_schedule_init(struct measure_schedule *schedule, uint32_t seed, int64_t vblank_ns);

/**
 * Plans the next one. Where the plan has come too late for it, it moves on by whole refreshes: the
 * phase stays what it was, so that frames that take long do not draw the later ones to a phase.
 *
 * @param period_ns   of the refresh
 * @param earliest_ns it is not planned before this
 */
int64_t measure_schedule_next(
	struct measure_schedule *schedule, double period_ns, int64_t earliest_ns);
