/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"
#include "common/util.h"
#include "key.h"
#include "late_fence.h"
#include "measure/measure.h"
#include "peer.h"

enum measure_phase {
	MEASURE_WARM_UP, /* frames by callback, to learn the grid */
	MEASURE_SETTLE,	 /* until they are answered */
	MEASURE_FRAMES,
	MEASURE_DONE,
};

/* As many frames with a fence can be without an answer before their times are forgotten. */
#define MEASURE_MAX_LATE 8

/** A frame that was not ready at its commit. */
struct measure_late {
	int64_t commit_ns, ready_ns;
	int fence; /* of the simulated GPU, which knows better than ready_ns; -1: none */
};

/** A run of --measure. */
struct measure {
	struct client *client;
	struct late_fence fence;
	struct key key; /* of input alone */
	int timer_fd;
	clockid_t clock; /* the compositor's, of all times below but those of the schedule */

	enum measure_phase phase;
	struct measure_grid grid;
	struct measure_schedule schedule;
	int64_t due_ns;	    /* CLOCK_MONOTONIC: the next commit, or signal; 0: not planned */
	int64_t give_up_ns; /* CLOCK_MONOTONIC: when not to wait for an answer any longer */

	struct measure_flip *flips; /* all, for the grid */
	size_t num_flips, max_flips;
	struct measure_frame *frames; /* those that count */
	size_t num_frames;
	struct measure_late late[MEASURE_MAX_LATE];
	unsigned num_late;

	int64_t first_commit_ns;    /* that counts */
	int64_t first_presented_ns; /* of all, in the compositor's clock */
	uint64_t discarded, unanswered, zero_copy, missed_before;
	pid_t peer;	       /* the compositor; 0: unknown */
	struct peer_cost cost; /* before the frames that count; at the end, of them */
	bool has_cost;
};

/** Shows the frames that were asked for, and keeps their times. The client is set up, and nothing
 * was committed yet. */
enum client_exit measure_run(struct measure *measure, struct client *client);

/** Before the client is taken apart; also when measure_run() has failed, or was not called. */
void measure_finish(struct measure *measure);
