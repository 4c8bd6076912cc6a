/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/types.h"

/**
 * Looks for a CRTC for an output that has none, and writes into .matched of every output that has
 * one, and of this one, which CRTC it would have then. moves: lit outputs may get another one.
 * Returns whether there is one.
 */
bool latch_crtc_match(struct latch_kms_output *output, bool moves);

/**
 * Gives an output without a CRTC this one, with a primary plane that is free, and a cursor plane if
 * there is one. Returns false, with nothing done, without a primary plane or memory.
 */
bool latch_crtc_give(struct latch_kms_output *output, struct kms_crtc *crtc);

/** Has wlroots draw into what this plane takes. Returns false without memory. */
bool latch_crtc_read_formats(struct latch_kms_output *output, const struct kms_plane *primary);

/** Gives it a CRTC and a primary plane that are free, if it has none. Returns false when there is
 * none. */
bool latch_kms_output_take_crtc(struct latch_kms_output *output);
