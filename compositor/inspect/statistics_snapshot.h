#ifndef LATCH_INSPECT_STATISTICS_SNAPSHOT_H
#define LATCH_INSPECT_STATISTICS_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "inspect/snapshot.h"

struct latch_surface_row;

/** Where a surface is on an output now. */
struct latch_statistics_place {
	/** Borrowed. */
	const char *output;
	enum latch_snapshot_place place;
	/** 0 where it is on none. */
	uint32_t plane_id;
	/** enum kms_plane_type. */
	uint32_t plane_type;
	struct latch_snapshot_reason reasons[LATCH_SNAPSHOT_MAX_REASONS];
	size_t reasons_len;
};

struct latch_statistics_surface {
	/** What was counted of it; borrowed. */
	const struct latch_surface_row *row;
	struct latch_statistics_place *places;
	size_t places_len;
};

struct latch_statistics_output {
	/** Borrowed. */
	const char *name;
	uint64_t flips, late, wakeups;
};

/** What the inspector tells of frames' times, as plain data. Empty when zeroed. */
struct latch_statistics_snapshot {
	int64_t time_ns;
	struct latch_statistics_output *outputs;
	size_t outputs_len;
	struct latch_statistics_surface *surfaces;
	size_t surfaces_len;
};

void latch_statistics_snapshot_finish(struct latch_statistics_snapshot *snapshot);

/**
 * Append one zeroed element. NULL without memory; what is there stays. The pointer is valid until
 * the next call for the same array.
 */
struct latch_statistics_output *latch_statistics_snapshot_add_output(
	struct latch_statistics_snapshot *snapshot);
struct latch_statistics_surface *latch_statistics_snapshot_add_surface(
	struct latch_statistics_snapshot *snapshot);
struct latch_statistics_place *latch_statistics_snapshot_add_place(
	struct latch_statistics_surface *surface);

#endif
