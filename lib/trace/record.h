/* SPDX-License-Identifier: MIT */
/* Frame records: what became of one content update, and of one flip. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
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

/* How the client said when its buffer is ready. */
enum latch_sync_kind {
	LATCH_SYNC_NONE,      /* no fence at all: shared memory */
	LATCH_SYNC_IMPLICIT,  /* the dma-buf's own fences, as of the commit */
	LATCH_SYNC_SYNC_FILE, /* zwp_linux_surface_synchronization_v1.set_acquire_fence */
	LATCH_SYNC_SYNCOBJ,   /* wp_linux_drm_syncobj_surface_v1.set_acquire_point */
};
#define LATCH_SYNC_KINDS 4

enum latch_missed_cause {
	LATCH_MISSED_FENCE,
	LATCH_MISSED_CLIENT,
	LATCH_MISSED_LATCH,
	LATCH_MISSED_COMPOSE,
	LATCH_MISSED_IOCTL,
	LATCH_MISSED_KERNEL,
	LATCH_MISSED_BUSY,
};
#define LATCH_MISSED_CAUSES 7

/* How the latch of a frame was planned. Zeroed where nothing is known. */
struct latch_wake_record {
	const char *why;     /* static text: "deadline", or why it went at once; NULL: unknown */
	int64_t planned_ns;  /* the deadline; 0 when it went at once */
	int64_t vblank_ns;   /* the vblank it was meant for; 0 when nobody knows */
	int64_t margin_ns;   /* how long before a vblank the deadline is */
	int64_t kernel_ns;   /* the part of it that is left to the kernel: from the ioctl on */
	int64_t busy_ns;     /* when the kernel first said EBUSY to it; 0: never */
};

/* While an update waited, an earlier frame of the output was under way: late for its own vblank, or
 * submitted before the deadline of the one that it was in time for. */
struct latch_blocked {
	int64_t from_ns, until_ns; /* the vblank before the first that it took, and its flip; 0: none was */
	bool late;
	enum latch_missed_cause cause;
};

/* What planes were asked to show. */
struct latch_record_layer {
	uint32_t fourcc;   /* DRM's; 0: it has none */
	int width, height; /* on the output, in its pixels */
	int test_errno;	   /* the kernel's positive answer to its test alone; 0: none */
};

/* How an update ended; each has exactly one end. */
enum latch_record_end {
	LATCH_END_UNKNOWN,
	LATCH_END_SHOWN,	/* it was on screen */
	LATCH_END_SUPERSEDED,	/* a newer one was ready before it was on screen */
	LATCH_END_FENCE_ERROR,	/* its fence signalled with an error */
	LATCH_END_UNMAPPED,	/* its surface got no buffer any more before it was on screen */
	LATCH_END_SURFACE_GONE, /* its surface was destroyed before that */
	LATCH_END_REFUSED,	/* its client broke a rule, or was at a limit, and was ended */
};
#define LATCH_RECORD_ENDS 7

/* By what its buffer went back, the first word counts. */
enum latch_record_release {
	LATCH_RELEASED_AT_ONCE, /* nothing showed it any more, or ever did */
	LATCH_RELEASED_FENCE, /* told at the submit that replaced it, by that commit's out-fence */
	LATCH_RELEASED_FLIP,  /* with the flip that replaced it */
	LATCH_RELEASED_DARK,  /* the output that showed it went off or away */
	LATCH_RELEASED_COPY,  /* shared memory: its pixels are in the composed picture */
};
#define LATCH_RECORD_RELEASES 5

/*
 * One content update of one surface. Who the surface and the output are is told
 * once to latch_trace_add_surface() and latch_trace_add_output(); the record
 * carries their numbers only, as it can outlive both. What has to be known outside of latch has a
 * line in fields.c.
 */
struct latch_frame_record {
	uint32_t surface_id; /* a number that is never used again in a session, not 0 */
	uint32_t buffer_id;  /* of its wl_buffer, never used again in a session; 0 unknown */
	uint64_t update_id;  /* counts the updates of this surface from 1 */
	int64_t commit_ns;

	uint32_t output_id; /* of the output whose flip is in flip_ns; 0 when not shown */
	enum latch_sync_kind sync;
	const char *held_by; /* static text: what it waited for last in the gate; NULL: nothing */

	/* The first input that the client was told of since its last commit, by the event's time, which
	 * is right to 1 ms; 0: none. */
	int64_t input_ns;
	int64_t callback_ns; /* the frame callback that the commit answers; 0: none */
	int64_t signalled_ns; /* the kernel's time; before commit_ns when the fence was done */
	int64_t ready_ns;
	int64_t latch_ns;
	/* Our own job for the frame that it was first shown with: from the submit of its pass to
	 * the signal of its fence. 0 where nothing was drawn for that frame. */
	int64_t compose_start_ns;
	int64_t compose_end_ns;
	int64_t submit_start_ns;
	int64_t submit_end_ns;
	int64_t flip_ns; /* the event's own timestamp */
	int64_t release_ns; /* wl_buffer.release; all that was promised before is kept by now */
	int64_t told_ns;    /* when its release was queued or sent, if that was earlier */
	int64_t off_ns;	    /* the last flip that took it off a screen: it is free from then on */
	int64_t refresh_ns;	  /* of the output at the flip; under VRR the shortest */
	int64_t replaced_flip_ns; /* flip_ns of the update this one took the place of */
	/* When it was allowed to be seen, if that was after the commit: its surface came into view,
	 * the update before it had been seen (fifo), its time had come. */
	int64_t visible_ns;
	int64_t paced_ns; /* the last two of these alone; 0 where it did not wait for them */
	struct latch_blocked blocked;
	struct latch_wake_record wake;
	uint64_t sequence;  /* of the flip */

	enum latch_placement placement;
	uint32_t plane_id;	/* KMS object id, 0 when composed */
	const char *plane_type; /* static text of latch_plane_type_names, or NULL */
	uint64_t reasons;	/* why not on a plane: bits of enum latch_reason */
	struct latch_record_layer layer;

	bool presented;	 /* it was on screen: flip_ns and sequence are true */
	bool superseded; /* a newer update was latched in its place */
	int fence_error; /* negative errno of a fence that signalled with an error, or 0 */
	enum latch_record_end end;
	enum latch_record_release release;
};

/* So much of it is known when the update is taken in. */
#define LATCH_COMMIT_BYTES offsetof(struct latch_frame_record, output_id)

/* One update that is on a screen. */
struct latch_shown_record {
	uint32_t surface_id;
	uint32_t plane_id; /* 0: composed */
	uint64_t update_id;
};

/* One flip of one output. */
struct latch_flip_record {
	uint32_t output_id;
	int64_t latch_ns;
	int64_t compose_start_ns; /* as in struct latch_frame_record */
	int64_t compose_end_ns;
	int64_t submit_start_ns;
	int64_t submit_end_ns;
	struct latch_wake_record wake;
	int64_t flip_ns;
	int64_t refresh_ns;
	uint64_t sequence;
	uint32_t layers; /* visible ones; on_planes + composed, the cursor included */
	uint32_t on_planes;
	uint32_t composed;
};

/* A surface, as people know it. */
struct latch_trace_surface {
	uint32_t id;	   /* latch_frame_record.surface_id */
	int32_t pid;	   /* of the client, 0 when unknown */
	const char *label; /* app id or another short name; NULL when there is none yet */
};

/* An output and the circumstances its numbers hold in; NULL is "unknown". */
struct latch_trace_output {
	uint32_t id;	      /* latch_frame_record.output_id, not 0 */
	const char *name;     /* connector, "HDMI-A-1" */
	const char *device;   /* driver and node, "vkms (/dev/dri/card0)" */
	const char *mode;     /* "1024x768 at 60.000 Hz" */
	const char *renderer; /* "gles2", "pixman", "none" */
	const char *clock;    /* where flip times come from: "hardware" or "simulated" */
};

/* The stable names of an enum's values, for traces and tables. */
struct latch_names {
	const char *const *names;
	unsigned length;
	unsigned unknown; /* the value that a name of another version is taken for */
};

extern const struct latch_names latch_placement_names;
extern const struct latch_names latch_plane_type_names; /* and of the background; there is no enum */
#define LATCH_PLANE_TYPES 4
extern const struct latch_names latch_sync_kind_names;
extern const struct latch_names latch_missed_cause_names;
extern const struct latch_names latch_record_end_names;
extern const struct latch_names latch_record_release_names;

/** The name of a value, "unknown" for one that has none. */
const char *latch_name(const struct latch_names *names, unsigned value);

/** Finds the value of a name. Returns false for an unknown one, whose value is names->unknown. */
bool latch_name_value(const struct latch_names *names, const char *name, unsigned *value_out);
