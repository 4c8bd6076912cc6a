/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/sync.h"
#include "fence.h"

/** Of what there is very much. */
enum crowd_kind {
	CROWD_NONE,
	CROWD_SUBSURFACES, /* of one pixel, in a window */
	CROWD_WINDOWS,
	CROWD_REGION,	 /* rectangles in the opaque region of a window */
	CROWD_CALLBACKS, /* frame callbacks and presentation feedbacks of each frame */
};

/** Where a client is when it is killed. */
enum die_step {
	DIE_BIND,
	DIE_BUFFERS,
	DIE_FENCE,
	DIE_COMMITTED,
	DIE_PENDING,
	DIE_SHOWN,
	DIE_ALL, /* each of them in turn */
};

struct stress_options {
	struct fence_spec fence;
	enum sync_mode sync;
	enum crowd_kind crowd; /* CROWD_NONE: bad fences; else so many as there are surfaces */
	int buffers, surfaces;
	uint32_t width, height;
	int64_t interval_ns;
	bool flood;
	const char *bad_filter; /* NULL: all cases; else those with this text in their names */
	enum die_step die_step;
	int at_once; /* how many clients die at the same moment */
	uint64_t repeat;
	int64_t begin_ns; /* CLOCK_MONOTONIC; 0: at once */
	int64_t run_ns;	  /* 0: without end */
	uint64_t seed;
	bool die, bad;	  /* what is done in the place of fences */
	bool list;	  /* name the cases and do nothing */
	const char *json; /* NULL: none */
};

/** Returns when the time to begin has come; nothing is answered meanwhile. */
void stress_wait_for_begin(const struct stress_options *options);

/** By step, up to a NULL. */
extern const char *const die_step_names[];

/**
 * Reads the command line.
 *
 * @return -1 to go on, else the status to exit with: --help, --version, or an error that has
 *         been said
 */
int stress_options_parse(struct stress_options *options, int argc, char **argv);
