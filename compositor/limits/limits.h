/* SPDX-License-Identifier: MIT */
#pragma once

/* What there is a limit for, and how high each of them is. account.h counts against them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum latch_limit {
	LATCH_LIMIT_UPDATES, /* commits that are not shown yet */
	LATCH_LIMIT_FENCES,  /* fences that are watched */
	LATCH_LIMIT_BUFFERS, /* wl_buffers of any kind */
	LATCH_LIMIT_BYTES,   /* of dma-bufs that have wl_buffers, each counted once */
	LATCH_LIMIT_FDS,     /* open fds: of dma-bufs, fences, shm pools */
	LATCH_LIMIT_OBJECTS, /* protocol objects of any kind, counted now and then */
	LATCH_LIMIT_SURFACES,	/* surfaces with a buffer: each is looked at for each frame */
	LATCH_LIMIT_CALLBACKS,	/* frame callbacks and presentation feedbacks, now and then */
	LATCH_LIMIT_RECTANGLES, /* in an opaque or input region; of each, and not counted */
	LATCH_LIMIT_COUNT,
};

struct latch_limits {
	uint64_t max[LATCH_LIMIT_COUNT];
};

/** What a client may have where the user does not say else. */
struct latch_limits latch_limits_default(void);

/** Above every limit that makes sense, below all that could overflow. */
#define LATCH_LIMIT_MAX UINT64_C(1000000000)

/**
 * Changes limits by a text as "updates=100,mib=512": the keys are updates, fences, buffers, mib (of
 * dma-bufs), fds, objects, surfaces, callbacks and rectangles, each number is from 1 to
 * LATCH_LIMIT_MAX. Returns false, and changes nothing, when it is no such text.
 */
bool latch_limits_parse(const char *text, struct latch_limits *limits);

/** "at most N of what it is", with the option for it, for the client and the log. */
void latch_limit_describe(enum latch_limit limit, uint64_t max, char *text, size_t size);
