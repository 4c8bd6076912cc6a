/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffers.h"
#include "cadence.h"
#include "common/look.h"
#include "common/presentation.h"
#include "common/window.h"
#include "options.h"
#include "source.h"

/** One frame that was committed. */
struct video_frame {
	int64_t commit_ns, pts_ns;
	int64_t due_ns;	    /* by its timestamp alone; the first frame's is its flip */
	int64_t planned_ns; /* the vblank that it belongs to, 0: the first frame, as soon as it can
			     */
	int64_t shown_ns;   /* 0: not yet, or never */
	int64_t planned, shown; /* the vblanks' numbers */
};

/* More frames than buffers are never on their way. */
#define VIDEO_MAX_PENDING RING_MAX_BUFFERS
#define VIDEO_MAX_STEP 16

struct video {
	struct video_options options;
	struct connection conn;
	struct window window;
	struct look look;
	struct client_options buffer_options;
	struct client_buffers buffers;
	struct source source;
	struct presentation presentation;
	struct wp_commit_timer_v1 *timer; /* both or none */
	struct wp_fifo_v1 *fifo;
	int signal_fd;
	bool ended; /* by a signal */

	struct cadence cadence;
	bool running;	 /* the flip of a first frame has started the cadence */
	int64_t planned; /* the vblank of the last commit */
	int lead;	 /* refreshes from a commit by timer to the flip, less one */
	int late_in_row;

	/* The frame that is to be committed next. */
	struct ring_buffer *next; /* NULL: none */
	int64_t next_pts_ns;
	struct cadence_place place;
	bool placed, dropped_last, source_ended;

	struct video_frame pending[VIDEO_MAX_PENDING];
	size_t num_pending;
	struct video_frame last; /* of those shown */

	/* What is told at the end; each frame only in JSON. */
	struct video_frame *frames;
	size_t num_frames, frames_capacity;
	struct hdr_histogram *errors; /* |shown - planned| in nanoseconds */
	uint64_t dropped, late, uneven, restarts;
	uint64_t steps[VIDEO_MAX_STEP + 1]; /* refreshes between two frames; the last: or more */
};

/** Commits as many frames as it is time for. until_ns: when there is more to do, unless something
 * happens before; in CLOCK_MONOTONIC. */
enum client_exit video_advance(struct video *video, int64_t *until_ns);

/** "commit-timing" or "timer": who keeps the times. */
const char *video_pace_name(const struct video *video);

/** What presentation says of a frame, for presentation.answered. */
void video_answered(void *data, int64_t commit_ns, const struct stats_frame *flip);

/** Prints and writes what the options ask for. Returns false, having said why. */
bool video_report(struct video *video);
