#ifndef LATCH_LIMITS_LIMITS_H
#define LATCH_LIMITS_LIMITS_H

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

/**
 * The defaults: far above what a program of good will needs, low enough that some dozens of clients
 * at their limits don't end the compositor. A client that draws 1000 frames a second with fences
 * half a second late has 500 updates on their way; one with 100 windows of ten buffers has 1000
 * buffers, with two planes each 2000 fds, and four more for each fence. 16 GiB are 64 buffers of an
 * 8K screen at 64 bits a pixel; they are the client's own memory, latch only keeps it from being
 * freed. A browser with a hundred windows has some thousands of objects; a surface, the largest,
 * takes latch some 3 KiB. Windows have some surfaces each, and ask once for each of their frames
 * when it is shown; a window of any shape has a rectangle for each row of its pixels, or some.
 */
#define LATCH_MAX_UPDATES 1024
#define LATCH_MAX_FENCES 1024
#define LATCH_MAX_BUFFERS 4096
#define LATCH_MAX_BYTES (UINT64_C(16) << 30)
#define LATCH_MAX_FDS 8192
#define LATCH_MAX_OBJECTS 32768
#define LATCH_MAX_SURFACES 512
#define LATCH_MAX_CALLBACKS 1024
#define LATCH_MAX_RECTANGLES 2048

struct latch_limits {
	uint64_t max[LATCH_LIMIT_COUNT];
};

/** All of the above. */
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

#endif
