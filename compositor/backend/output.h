/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/types.h"
#include "kms/commit.h"

/** The output of a connector; NULL when there is none. */
struct latch_kms_output *latch_kms_output_find(
	const struct latch_kms_backend *backend, const struct kms_connector *connector);

/** Whether there should be an output for this connector, as things are now and the user wants
 * them. */
bool latch_kms_output_is_wanted(
	const struct latch_kms_backend *backend, const struct kms_connector *connector);

/** The mode chosen by the user, else the preferred one; NULL when there are none. */
struct wlr_output_mode *latch_kms_output_wanted_mode(struct latch_kms_output *output);

/** The mode with this number on its connector; NULL beyond the last. */
struct wlr_output_mode *latch_kms_output_mode(struct latch_kms_output *output, size_t index);

/** One of its modes as KMS knows it. */
const drmModeModeInfo *latch_kms_output_mode_info(
	const struct latch_kms_output *output, const struct wlr_output_mode *mode);

/** Has its next modesets ask for less: no HDR, then eight bits per colour. Returns whether that is
 * less than before. */
bool latch_kms_output_ask_less(struct latch_kms_output *output);

/** Tells an HDR monitor of the content that fills the screen, by a modeset if that is another one;
 * a description without any mastering: no content does. At most once a second, as a client that
 * changes what it says with each frame would stop all outputs for as many modesets: to be asked
 * again with the next frame. */
void latch_kms_output_tell_content(
	struct latch_kms_output *output, const struct color_description *content);

/** The planes that other outputs have, or that may still be read for them; by kms_plane_bit(). */
uint64_t latch_kms_output_planes_of_others(const struct latch_kms_output *output);

/**
 * The planes that this output may use for buffers now: its primary plane, and every overlay plane
 * of its CRTC that no other output holds. Returns how many were written, at most max.
 */
size_t latch_kms_output_planes(
	const struct latch_kms_output *output, const struct kms_plane **planes, size_t max);

/** What the flip event of a submit of this number brings back. */
uint64_t latch_kms_output_user_data(const struct latch_kms_output *output, uint32_t serial);

/** Called by the backend with the flip event of this output's last submit. */
void latch_kms_output_handle_flip(struct latch_kms_output *output, const struct kms_flip *flip);

/**
 * Puts into the commit what a modeset needs: mode, connector, and every plane that could be on this
 * CRTC off. To be called first: planes that are set after it win.
 */
void latch_kms_output_add_modeset(struct latch_kms_output *output, struct kms_commit *commit);

/**
 * Submits a commit of this CRTC, see kms_commit_submit(). planes_on: the planes that are on after
 * it, by bit kms_plane.index. Flip events of earlier ones that are
 * still to come (the session was switched away meanwhile) are ignored from here on.
 */
int latch_kms_output_submit(struct latch_kms_output *output, const struct kms_commit *commit,
	uint32_t flags, uint64_t planes_on);

/** Gives the CRTC and the planes up, which must be off then. */
void latch_kms_output_drop_crtc(struct latch_kms_output *output);

/** Whether a state has only what the output can do: no custom modes, VRR where there is any. */
bool latch_kms_output_supports(
	const struct wlr_output *output, const struct wlr_output_state *state);

/** Puts into the commit what switches the CRTC and everything on it off; nothing without a CRTC. */
void latch_kms_output_add_disable(const struct latch_kms_output *output, struct kms_commit *commit);

/**
 * Darkens the monitor (DPMS), blocking, so that nothing reads its buffers any more; CRTC and mode
 * stay, the next commit with a mode lights it. Returns false when the kernel refuses.
 */
bool latch_kms_output_go_standby(struct latch_kms_output *output);

/** Switches the CRTC off, blocking, so that nothing reads its buffers any more, and gives it up. */
void latch_kms_output_disable(struct latch_kms_output *output);

/**
 * Switches off every plane but the primary one, and HDR, blocking: another session that knows only
 * that plane would have the others above its own picture, and its colours would be read as PQ.
 */
void latch_kms_output_bare(struct latch_kms_output *output);

/** The framebuffer of a black picture of the mode's size; 0 when it could not be made. */
uint32_t latch_kms_output_black_fb(struct latch_kms_output *output);

/** "vkms (/dev/dri/card0)"; static. */
const char *latch_kms_output_device(const struct latch_kms_output *output);

/** How long before a flip's time the display takes no new picture any more; 0 where flips come from
 * a timer, which has no such thing, and where no mode is set. */
int64_t latch_kms_output_blank_ns(const struct latch_kms_output *output);
