#ifndef STRESS_BAD_H
#define STRESS_BAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/connection.h"
#include "common/dmabuf.h"
#include "common/timeline.h"
#include "options.h"
#include "verdict.h"

/*
 * Invalid requests, and some that are valid but rare. Each case has a connection of its own, in a
 * process of its own. It ends when the compositor has answered it and everything before it: by an
 * error, or by the answer to wl_display.sync.
 */

/* A picture that any compositor takes, and the bytes it is in. */
#define BAD_WIDTH 64
#define BAD_HEIGHT 64
#define BAD_STRIDE (BAD_WIDTH * 4)
#define BAD_SIZE (BAD_STRIDE * BAD_HEIGHT)

/** What a file descriptor in a request is. */
enum bad_fd {
	FD_DMABUF, /* BAD_SIZE bytes, and no more */
	FD_PIPE,
	FD_FILE, /* regular, and long enough */
	FD_DIRECTORY,
	FD_MEMFD, /* long enough, and sealed against shrinking */
	FD_NULL,  /* /dev/null */
	FD_EVENTFD,
	FD_SOCKET,
	FD_EPOLL,
	FD_PATH, /* opened with O_PATH */
	FD_SYNC_FILE,
	FD_SYNCOBJ,
	FD_NUM_KINDS,
};

/** The name for people: "a pipe". */
const char *bad_fd_name(enum bad_fd kind);

/** What a case has at hand. */
struct bad {
	struct connection conn;
	struct zwp_linux_dmabuf_v1 *dmabuf; /* of the wanted version; NULL where there is none */
	struct wl_shm *shm;
	uint32_t dmabuf_version; /* what the compositor offers */
	struct dmabuf memory;	 /* borrowed from the runner */
	int node_fd;		 /* makes timelines; -1: none here */
	enum answer answer;	 /* of a params object, so far */
	const char *missing;	 /* the case can't be made: why */
};

/** Which globals a case needs. */
enum bad_need {
	NEED_DMABUF,
	NEED_SYNC_FILE,
	NEED_SYNCOBJ,
};

/** A case: either a buffer of params, or a function of its own. */
struct bad_case {
	const char *name;
	enum bad_need need;
	void (*run)(struct bad *bad, const void *data);
	const void *data;
	uint32_t version; /* of linux-dmabuf, this one; 0: the newest up to 5 */
	struct expectation expected;
};

/** An fd of this kind that the caller owns; -1 where the machine lacks it, which bad->missing
 * then says. */
int bad_open(struct bad *bad, enum bad_fd kind);

/** Params that tell bad->answer what they hear. */
struct zwp_linux_buffer_params_v1 *bad_params(struct bad *bad);

/** Adds bad->memory, or another fd, as a plane. Linear. */
void bad_add(struct bad *bad, struct zwp_linux_buffer_params_v1 *params, enum bad_fd kind,
	uint32_t index, uint32_t offset, uint32_t stride);

/** A valid wl_buffer of a dma-buf; of shared memory. */
struct wl_buffer *bad_make_buffer(struct bad *bad);
struct wl_buffer *bad_make_shm_buffer(struct bad *bad);

/** The tables; terminated by a case without a name. */
extern const struct bad_case bad_fd_cases[];
extern const struct bad_case bad_layout_cases[];
extern const struct bad_case bad_order_cases[];
extern const struct bad_case bad_sync_file_cases[];
extern const struct bad_case bad_syncobj_cases[];

/** What came of them. */
struct bad_report {
	uint64_t ok, not_ok, skipped;
};

/** Runs the cases and prints TAP. */
enum stress_exit bad_run(
	const struct stress_options *options, int signal_fd, struct bad_report *report);

#endif
