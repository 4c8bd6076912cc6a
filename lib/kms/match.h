/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum kms_match_kind {
	/** It is on, and keeps its CRTC. */
	KMS_MATCH_FIXED,
	/** It is on; it gets another CRTC where a wanted one finds none otherwise: its screen
	 * blinks. */
	KMS_MATCH_MOVABLE,
	/** It is off and is to be switched on now. */
	KMS_MATCH_WANTED,
	/** It is off; it will want a CRTC, and one is left for it where that is possible. */
	KMS_MATCH_LATER,
};

/** A connector, as far as the choice of CRTCs goes. */
struct kms_match_head {
	enum kms_match_kind kind;
	/** Bit n: the n-th CRTC can drive it. */
	uint32_t possible_crtcs;
	/**
	 * In: the CRTC that it has, or, while it is off, the one that it was on before, as staying
	 * there makes no flicker; -1 for none. Out: the one that it gets; -1: none is left. Those
	 * that are on always have one.
	 */
	int crtc;
};

/**
 * Gives CRTCs to heads: to as many of the wanted ones as possible, the first ones first, while as
 * few as possible of those that are on are moved. At most 32 CRTCs. Plain function.
 */
void kms_match(struct kms_match_head *heads, size_t heads_len, size_t crtcs_len);
