/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** A commit is on screen. */
struct kms_flip {
	/** 0 where the driver does not say (see kms_features.crtc_in_vblank_event). */
	uint32_t crtc_id;
	/** The kernel's vblank counter; wraps. See kms_sequence_widen(). */
	uint32_t sequence;
	/** CLOCK_MONOTONIC, a whole number of microseconds. */
	int64_t flip_ns;
	/** What was given to kms_commit_submit(). */
	uint64_t user_data;
};

typedef void (*kms_flip_func)(const struct kms_flip *flip, void *data);

/**
 * Reads what events there are from a DRM fd that poll says is readable, and calls func for each
 * flip. Allocates nothing. Returns the number of flips, or negative errno (-EAGAIN: there was
 * nothing on a nonblocking fd; it is no error then).
 */
int kms_event_dispatch(int fd, kms_flip_func func, void *data);

/** The same for bytes that were read already. -EPROTO when they are cut off. */
int kms_event_parse(const void *bytes, size_t len, kms_flip_func func, void *data);

/**
 * Widens a 32 bit vblank counter: the number nearest to the last one that ends in these 32 bits.
 * Right as long as it moves by less than 2^31 between calls, in either direction (it may jump
 * back at a modeset). Start with last = 0: then it is the sequence itself.
 */
uint64_t kms_sequence_widen(uint64_t last, uint32_t sequence);
