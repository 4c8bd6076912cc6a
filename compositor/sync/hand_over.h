#ifndef LATCH_SYNC_HAND_OVER_H
#define LATCH_SYNC_HAND_OVER_H

/*
 * --latch kernel, an experiment: which updates may be handed to KMS before their fence has
 * signalled. Plain functions. What it costs and why it is off is told in docs/sync.md.
 *
 * A fence that is handed over holds the CRTC until it signals. So it must be one that signals in
 * finite time whatever user space does: a job that is already queued in a driver that resets its
 * GPU when a job does not end. Nothing in the kernel says which fences are such, so there is a list
 * of drivers, and what is not on it is waited for.
 */

#include <stdbool.h>
#include <stddef.h>

enum latch_hand_over {
	LATCH_HAND_OVER_OK,
	/** More than one fence, another update, a subsurface, a barrier or a time is waited for. */
	LATCH_HAND_OVER_OTHER_WAITS,
	/** A timeline's point without a fence: somebody may submit one some day (a proxy fence). */
	LATCH_HAND_OVER_NO_FENCE,
	/** A fence of a driver that is not on the list, such as sw_sync, vgem, or a stub. */
	LATCH_HAND_OVER_DRIVER,
	/** The commit changes more than the buffer, or the buffer has another shape: whether a plane
	 * takes it is not known, and what is not on a plane must not be read. */
	LATCH_HAND_OVER_SHAPE,
};

struct latch_hand_over_ask {
	/** Fences and updates that it waits for, and how many of them are fences of its own. */
	size_t waits, fences;
	/** It is the surface's oldest that is held, and not behind a parent's. */
	bool first;
	/** The fence exists. */
	bool has_fence;
	/** All fences in it that are pending are of drivers on the list. */
	bool trusted;
	/** Nothing changes but the buffer and what is damaged, and it has the old one's shape. */
	bool same_shape;
};

/** The first reason against it, or LATCH_HAND_OVER_OK. */
enum latch_hand_over latch_hand_over_judge(const struct latch_hand_over_ask *ask);

/** A stable name: "ok", "other-waits", "no-fence", "driver", "shape". */
const char *latch_hand_over_name(enum latch_hand_over verdict);

/** Whether fences of this driver (sync_fence_info.driver_name) are on the list. */
bool latch_hand_over_trusts(const char *driver_name);

#endif
