#pragma once

#include <stddef.h>

#include "backend/exit.h"
#include "output/output.h"
#include "profile/profile.h"

/*
 * --planes-like: another display engine than the one that is there. With KMS each plane becomes the
 * intersection of what it is and of a plane of the profile, and the profile is asked before the
 * kernel; in a window the profile's planes are planned with, and all is composed as before.
 */

/** Planes of a device that can be like others. */
#define LATCH_PLANES_LIKE_MAX 64

struct latch_planes_like {
	struct latch_profile *profile;
	/** By kms_plane.index: which one a plane of the device stands for; NULL: none. */
	const struct kms_plane *as[LATCH_PLANES_LIKE_MAX];
};

/**
 * Reads the profile and takes away from the device (NULL: a window) what it has not. To be called
 * before there are outputs. Returns LATCH_EXIT_OK, or another status after it has said why.
 */
int latch_planes_like_create(
	struct latch_planes_like **like, const char *profile, struct kms_device *device);

/** After the outputs. NULL is fine. */
void latch_planes_like_destroy(struct latch_planes_like *like);

/** What the profile says to a frame of an output with KMS, 0 or negative errno. */
int latch_planes_like_check(const struct latch_output *output, const struct latch_frame *frame);

/**
 * For a window: has the profile's planes planned with. planes: for the array that the input points
 * to. Returns how many layers, from the first, are not to be planned: 1 where the cursor goes to a
 * plane of its own.
 */
size_t latch_planes_like_add(struct latch_output *output, struct latch_plan_input *input,
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]);

/** Has a window's layers composed, wherever they would go; that plane they keep, to be told of. */
void latch_planes_like_compose(struct latch_output *output);
