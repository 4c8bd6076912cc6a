/* Frame records: what became of one content update, and of one flip. */
#ifndef LATCH_TRACE_RECORD_H
#define LATCH_TRACE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Both records are plain data that the frame code embeds by value and fills as
 * things happen, so that recording costs a few stores and no allocation.
 *
 * Every *_ns is CLOCK_MONOTONIC in nanoseconds; 0 means unknown or not happened.
 * The life of one content update, in the project's words:
 *
 *   commit    signalled   ready     latch   submit          flip        release
 *     |-- acquire --|-gate-|- ready --|-assign-|-- submit --|-- on screen --|
 *                                            start..end
 */

enum latch_placement {
	LATCH_NOT_SHOWN, /* superseded, refused, hidden, or still waiting at the end */
	LATCH_ON_PLANE,	 /* the client's own buffer was scanned out */
	LATCH_COMPOSED,	 /* drawn into a buffer of ours */
};

/* Which kind of acquire fence came with the update. */
enum latch_record_sync {
	LATCH_RECORD_SYNC_NONE, /* shared memory, or a buffer without a fence */
	LATCH_RECORD_SYNC_IMPLICIT,
	LATCH_RECORD_SYNC_FILE,
	LATCH_RECORD_SYNC_SYNCOBJ,
};
#define LATCH_RECORD_SYNCS 4

/*
 * One content update of one surface. Who the surface and the output are is told
 * once to latch_trace_add_surface() and latch_trace_add_output(); the record
 * carries their numbers only, as it can outlive both.
 */
struct latch_frame_record {
	uint32_t surface_id; /* a number that is never used again in a session, not 0 */
	uint32_t output_id;  /* of the output whose flip is in flip_ns; 0 when not shown */
	uint64_t update_id;  /* counts the updates of this surface from 1 */
	enum latch_record_sync sync;

	int64_t commit_ns;
	int64_t signalled_ns; /* the kernel's time; before commit_ns when the fence was done */
	int64_t ready_ns;
	int64_t latch_ns;
	int64_t submit_start_ns;
	int64_t submit_end_ns;
	int64_t flip_ns; /* the event's own timestamp */
	int64_t release_ns;
	int64_t refresh_ns;	  /* of the output at the flip; under VRR the shortest */
	int64_t replaced_flip_ns; /* flip_ns of the update this one took the place of */
	int64_t visible_ns; /* when its surface came into view, if that was after the commit */
	uint64_t sequence;  /* of the flip */

	enum latch_placement placement;
	uint32_t plane_id;	/* KMS object id, 0 when composed */
	const char *plane_type; /* static text ("primary", "overlay", "cursor") or NULL */
	uint64_t reasons;	/* why not on a plane: bits of enum latch_reason */

	bool presented;	 /* it was on screen: flip_ns and sequence are true */
	bool superseded; /* a newer update was latched in its place */
	int fence_error; /* negative errno of a fence that signalled with an error, or 0 */
};

/* One flip of one output. */
struct latch_flip_record {
	uint32_t output_id;
	int64_t wake_ns; /* what the wake-up was planned for; 0 when it went at once */
	int64_t latch_ns;
	int64_t submit_start_ns;
	int64_t submit_end_ns;
	int64_t predicted_ns; /* the vblank it was latched for; 0 when not predicted */
	int64_t flip_ns;
	int64_t refresh_ns;
	uint64_t sequence;
	uint32_t layers; /* visible ones; on_planes + composed, the cursor included */
	uint32_t on_planes;
	uint32_t composed;
};

/* A stable name for traces and tables ("on plane", "composed", "not shown"). */
const char *latch_placement_name(enum latch_placement placement);

/* A stable name for traces and tables ("none", "implicit", "sync_file", "syncobj"). */
const char *latch_record_sync_name(enum latch_record_sync sync);

#endif
