/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/connection.h"
#include "common/dmabuf.h"
#include "common/timeline.h"
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
};

/** Which globals a case needs. */
enum bad_need {
	NEED_DMABUF,
	NEED_SYNC_FILE,
	NEED_SYNCOBJ,
};

/** What a case has at hand. */
struct bad {
	struct connection conn; /* its dmabuf is of the wanted version */
	struct dmabuf memory;	 /* borrowed from the runner */
	int node_fd;		 /* makes timelines; -1: none here */
	enum answer answer;	 /* of a params object, so far */
	enum bad_need need;	 /* the case's */

	/* What the steps have made; NULL: nothing yet, or it was destroyed. */
	struct zwp_linux_buffer_params_v1 *params;
	struct wl_buffer *buffer;
	struct wl_surface *surface;
	struct zwp_linux_surface_synchronization_v1 *file_sync;
	struct wp_linux_drm_syncobj_surface_v1 *point_sync;
	struct wp_linux_drm_syncobj_timeline_v1 *acquire, *release;
	const char *missing;	 /* the case can't be made: why */
};

/** One step of a case, with what it takes in struct bad_step. "The" object is the one made last. */
enum bad_op {
	STEPS_END,
	ROUNDTRIP,

	/* linux-dmabuf */
	PARAMS,	       /* a params object; it tells bad->answer what it hears */
	ADD,	       /* fd `what` to the params as plane `index`; linear */
	CREATE,	       /* a good size and format */
	CREATE_IMMED,  /* the same; the buffer is that */
	UNPARAMS,      /* the params are destroyed */
	FORGET_ANSWER, /* what was heard so far is as it has to be */
	UNMANAGE,      /* the global is destroyed, of the protocol that the case needs */

	/* Surfaces without a role: the rules are the same for them. There is one to begin with. */
	SURFACE, /* another one */
	SHM,	 /* a good buffer in shared memory is made */
	ATTACH,	 /* the buffer */
	NOTHING, /* no buffer is attached */
	DAMAGE,	 /* all of it */
	COMMIT,
	UNBUFFER, /* the buffer is destroyed */
	UNSURFACE,

	/* Explicit synchronisation, by the protocol that the case needs */
	OBJECT,	  /* of the surface */
	UNOBJECT, /* it is destroyed */
	FENCE,	  /* fd `what` becomes the acquire fence */
	GET_RELEASE,
	TIMELINE, /* fd `what` is imported; both points are of it until another one is */
	OTHER,	  /* another timeline for release points */
	ACQUIRE,  /* point `what` of the timeline, which is imported where there is none */
	RELEASE,
	UNTIMELINE,
};

struct bad_step {
	enum bad_op op;
	uint64_t what;
	uint32_t index;
};

/** The steps of a case, for its data. */
#define STEPS(...) ((const struct bad_step[]){__VA_ARGS__, {STEPS_END}})

/* Params with a dma-buf as plane 0. */
#define FILLED {PARAMS}, {ADD, FD_DMABUF}
/* A good dma-buf is made and attached. */
#define BUFFER FILLED, {CREATE_IMMED}, {UNPARAMS}, {ATTACH}
/* The buffer is shown on a new surface. */
#define SHOW {SURFACE}, {ATTACH}, {DAMAGE}, {COMMIT}

/** Takes steps, up to the end of them, or to one that can't be taken: see bad->missing. */
void bad_take_steps(struct bad *bad, const void *steps);

/** A case: steps, or a function of its own. */
struct bad_case {
	const char *name;
	enum bad_need need;
	void (*run)(struct bad *bad, const void *data);
	const void *data;
	uint32_t version; /* of linux-dmabuf, this one; 0: the newest up to 5 */
	struct expectation expected;
};

/* Answers for the tables. An error of this interface, with one of these codes. */
#define BAD_ERRORS(INTERFACE, ...) \
	.interface = INTERFACE, .codes = {__VA_ARGS__}, \
	.num_codes = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define FINE {.nothing = true}

/* What is neither a dma-buf nor a fence nor a timeline: X(kind, name) for each. */
#define BAD_NO_GRAPHICS_FDS(X) \
	X(FD_PIPE, "a pipe"), X(FD_FILE, "a regular file"), X(FD_DIRECTORY, "a directory"), \
	X(FD_MEMFD, "a memfd"), X(FD_NULL, "/dev/null"), X(FD_EVENTFD, "an eventfd"), \
	X(FD_SOCKET, "a socket"), X(FD_EPOLL, "an epoll"), X(FD_PATH, "an O_PATH")

/** An fd of this kind that the caller owns; -1 where the machine lacks it, which bad->missing
 * then says. */
int bad_open(struct bad *bad, enum bad_fd kind);

/** Params that tell bad->answer what they hear. */
struct zwp_linux_buffer_params_v1 *bad_params(struct bad *bad);

/** The tables; terminated by a case without a name. */
extern const struct bad_case bad_fd_cases[];
extern const struct bad_case bad_layout_cases[];
extern const struct bad_case bad_order_cases[];
extern const struct bad_case bad_sync_file_cases[];
extern const struct bad_case bad_syncobj_cases[];
