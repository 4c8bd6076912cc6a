/* SPDX-License-Identifier: MIT */
#pragma once

/* What the gate reads from the clocks of the outputs that a surface is on.
 * outputs: latch_gate_output.link. */

#include "sync/types.h"

/** Whether any of the surface is on it. */
bool latch_gate_output_shows(
	const struct latch_gate_output *output, const struct wlr_surface *surface);

/** What the output expects that surface is on: the first of several, or of all where it is on none.
 * NULL: there is no output. */
const struct color_description *latch_outputs_color(
	const struct wl_list *outputs, const struct wlr_surface *surface);

/** The vblank that the surface's next content should make; 0 where nobody knows. On several
 * outputs: the first of theirs. */
int64_t latch_outputs_next_vblank(const struct wl_list *outputs, const struct wlr_surface *surface);

/**
 * When an update may become ready, so that the vblank it then makes is the first that is not before
 * target_ns; at or before now_ns: now. To be asked again at that time. On several outputs: not
 * before its time on any of them; where none latches the surface: target_ns.
 */
int64_t latch_outputs_ready(const struct wl_list *outputs, const struct wlr_surface *surface,
	int64_t target_ns, int64_t now_ns);

/**
 * How long each fifo barrier of a surface stays that is nowhere to be seen: as if it were on the
 * first output, or at 60 Hz. 0 where an output is going to latch it, see latch_gate_latched().
 */
int64_t latch_outputs_unseen_interval(
	const struct wl_list *outputs, const struct wlr_surface *surface);
