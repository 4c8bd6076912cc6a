/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/sync.h"
#include "common/util.h"
#include "fence.h"

/*
 * Where the fences come from, and the promises of when they end. Two drivers make fences for user
 * space: vgem, and sw_sync, which alone can make one fail, and one that is never ended; few
 * kernels have sw_sync.
 */

/** A fence, or a point without one, that is to be ended. */
struct promise {
	enum fence_kind kind;
	int64_t due_ns;	  /* INT64_MAX: something has to happen */
	const struct sync_slot *until_free; /* FENCE_PROXY: borrowed; NULL: never */
	const void *owner; /* the surface; only compared */
	uint32_t fence;	  /* of vgem; 0: none */
	int timeline_fd;  /* of sw_sync, whose fences fail when it is closed; -1: none */
	const struct timeline *timeline; /* borrowed: whose point is to be signalled; or NULL */
	uint64_t point;
};

struct source {
	int vgem_fd; /* -1: not needed */
	int never_fd; /* a timeline of sw_sync that does not move; -1: vgem has to do */
	uint32_t never_value; /* the last one used on it */
	struct promise *promises;
	size_t len, capacity;
	uint64_t made, ended;
};

/** Opens what is needed for the kind. Says what is wrong; source_finish() is needed anyway. */
enum client_exit source_init(struct source *source, enum fence_kind kind);
void source_finish(struct source *source);

/** A commit that wants a fence. Nothing is owned. */
struct source_request {
	const struct fence_spec *spec; /* not FENCE_RANDOM */
	const void *owner;
	const struct sync_slot *slot;	  /* of the buffer */
	const struct sync_slot *previous; /* of the buffer of the last commit; NULL: none */
};

/**
 * Makes what sync_slot_commit() wants for the commit.
 *
 * @param fence filled: a sync_file that the caller owns, -1, or SYNC_FENCE_LATER
 * @return false and errno
 */
bool source_make(struct source *source, const struct source_request *request, int64_t now_ns,
	int *fence);

/** The slot's commit has failed: the next one uses the same point, which was promised for it. */
void source_drop(struct source *source, const struct sync_slot *slot);

/** Ends the owner's fences that were to end by its next commit (FENCE_FUTURE), or when it has been
 * answered (FENCE_USER). */
void source_end_owned(struct source *source, const void *owner, enum fence_kind kind);

/** Ends the fences that are due, and those of buffers that were to be released first. */
void source_end_due(struct source *source, int64_t now_ns);

/** When the next one is due; INT64_MAX: none is. */
int64_t source_next_ns(const struct source *source);
