/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

#include "backend/exit.h"
#include "output/output.h"
#include "profile/profile.h"

/*
 * --planes-like: latch shows its layers as it would on another display engine, that of a profile.
 * With KMS each plane of the device stands for one of the profile and does only what both can do,
 * and the profile is asked before the kernel. In a window latch plans with the profile's planes, so
 * that it can tell where layers would be, and composes all of them.
 */

/** So many planes of a device can stand for one of a profile; latch does not use the others. */
#define LATCH_PLANES_LIKE_MAX 64

struct latch_planes_like {
	struct latch_profile *profile;
	/** By kms_plane.index: the profile's plane that one of the device stands for; NULL: the
	 * profile has none for it, and latch does not use it. */
	const struct kms_plane *as[LATCH_PLANES_LIKE_MAX];
};

/**
 * Reads the profile, and takes away from the device (NULL: a window) what the profile has not. To be
 * called before there are outputs. Returns LATCH_EXIT_OK, or another status after it has said why;
 * *like is to be destroyed in any case.
 */
int latch_planes_like_create(
	struct latch_planes_like **like, const char *profile, struct kms_device *device);

/** To be called when the outputs are gone. NULL is fine. */
void latch_planes_like_destroy(struct latch_planes_like *like);

/** What the profile says to a frame of an output with KMS, 0 or negative errno. */
int latch_planes_like_check(const struct latch_output *output, const struct latch_frame *frame);

/**
 * For a window: makes the input of the planner one of the profile's planes. planes: memory for the
 * array of them. Returns how many layers, from the first, the planner is not to place: 1 where the
 * first is the cursor and is on the profile's plane for it.
 */
size_t latch_planes_like_add(struct latch_output *output, struct latch_plan_input *input,
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]);

/**
 * For a window, after planning, when the places have been told: has all layers composed, those too
 * that would be on planes. Their member `plane` stays, as the inspector and the trace tell of it.
 */
void latch_planes_like_compose(struct latch_output *output);
