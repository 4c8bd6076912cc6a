/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/sync.h"

/** A fence that this process signals when it likes, in place of a GPU: vgem's, or, where there is
 * no vgem, a point of the buffer's timeline that has no fence before. */
struct late_fence {
	int vgem_fd;			 /* -1: without vgem */
	uint32_t fence;			 /* of vgem; 0: none */
	const struct timeline *timeline; /* borrowed: whose point is to be signalled; or NULL */
	uint64_t point;
};

/** Returns false and *why, a text for people. */
bool late_fence_init(struct late_fence *late, enum sync_mode mode, const char **why);
void late_fence_finish(struct late_fence *late);

/** What sync_slot_commit() wants for the slot's next commit: a sync_file or SYNC_FENCE_LATER; -1 and
 * errno when none can be made. */
int late_fence_make(struct late_fence *late, const struct sync_slot *slot);

/** Signals it, once, where it is ours to signal. */
void late_fence_signal(struct late_fence *late);
