/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/commit.h"
#include "plan/plan.h"
#include "planes.h"

/** A kernel that answers test commits by the limits of a profile, and counts them. It shares no
 * code with latch_profile_check(), which has to agree with it. */
struct plan_kernel {
	const struct latch_profile *set;
	int32_t width, height;
	/** Bit layer->id % 64: AddFB2 fails for this one. */
	uint64_t import_fails;
	/** Every commit with a client's buffer on a plane gets this, negative; 0: none. */
	int refuses_all;
	/** Bit layer->id % 64: refused wherever it is. */
	uint64_t refuses_layers;
	/** Every commit without the primary plane, for a background of a client's. */
	bool refuses_background;
	/** Two layers that never go together, bits as above. */
	uint64_t refuses_pair;

	unsigned tests, imports;
	/** The planner asked for something that makes no sense; NULL: never. */
	const char *nonsense;
};

/** One plane of a commit, as the driver's checks see it. */
struct plan_shown {
	const struct kms_plane *plane;
	struct kms_plane_state state;
	bool yuv, tiled;
};

/** What the driver says to these planes: 0 or negative errno. Plain function. */
int plan_kernel_check_shown(
	const struct plan_kernel *kernel, const struct plan_shown *shown, size_t len);

/** A screen of this size with these planes. */
struct plan_kernel plan_kernel_make(
	const struct latch_profile *set, int32_t width, int32_t height);

/** What a planner has to know of it: everything allowed, LATCH_PLAN_MAX_TESTS. */
struct latch_plan_input plan_kernel_input(struct plan_kernel *kernel);

/**
 * What the driver says to this arrangement: 0 or negative errno. Plain function, counts nothing.
 */
int plan_kernel_check(const struct plan_kernel *kernel, const struct latch_layer *layers,
	size_t len, const struct latch_plan *plan);
