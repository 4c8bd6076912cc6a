/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/types.h"

/**
 * Tests or applies a configuration of several outputs: on, off, mode. All or nothing: it is one
 * atomic commit, and what the outputs' structs say changes only after the kernel said yes.
 *
 * An output that is to be off gives its CRTC up, and one that is to be on in the same configuration
 * may get it. After true with test false, outputs whose state names a mode or being on or off show
 * black, or nothing: no plane reads a client's buffer. The next frame shows something again. The
 * commit is a blocking one.
 *
 * Outputs in standby whose mode stays are not lit by this, but by their next frame.
 */
bool latch_kms_configure(struct latch_kms_backend *backend,
	const struct wlr_backend_output_state *states, size_t len, bool test);

/**
 * Looks for a mode in which the kernel would light the output, by test commits with black: first
 * (NULL: the one chosen by the user or the preferred one), then the one that the user chose, the
 * preferred one, and the others by size and rate; each with eight bits per colour when it is
 * refused with more. *at: begin with 0, or with 1 to leave out the first; what it is afterwards
 * goes on behind the mode that was returned.
 *
 * The output gets a CRTC if it has none. NULL when there is no mode; then the output has the CRTC
 * only if it had it before, and output->left_out is set and logged. While another has the device
 * the kernel can't be asked, and the first mode is as good as any.
 */
struct wlr_output_mode *latch_kms_find_mode(
	struct latch_kms_output *output, struct wlr_output_mode *first, size_t *at);

/**
 * Sets the mode that the output has and shows black, blocking. Returns 0, and the next frame needs
 * no modeset, or negative errno.
 */
int latch_kms_show_black(struct latch_kms_output *output);

/**
 * Says that the output was lit in the mode that it has now, when wanted was asked for: another one
 * is kept in output->refused_mode, and that and less depth are named in the log.
 */
void latch_kms_note_mode(struct latch_kms_output *output, struct wlr_output_mode *wanted);

/** Whether the kernel would light the output in output->refused_mode now, by a test commit. */
bool latch_kms_takes_refused_mode(struct latch_kms_output *output);
