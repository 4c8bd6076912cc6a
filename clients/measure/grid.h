#ifndef MEASURE_GRID_H
#define MEASURE_GRID_H

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

#endif
