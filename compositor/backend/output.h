#ifndef LATCH_BACKEND_OUTPUT_H
#define LATCH_BACKEND_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/drm_format_set.h>

#include "kms/commit.h"
#include "kms/device.h"
#include "kms/event.h"

struct latch_kms_backend;

/** A mode of a connector, as wlroots and as KMS know it. */
struct latch_kms_mode {
	struct wlr_output_mode base;
	drmModeModeInfo info;
};

/**
 * A connected connector with the CRTC and the planes it was given: wlroots sees a wlr_output.
 *
 * wlr_output_commit_state() of a mode, and of being on, is noted and done with the next frame that
 * output/ submits: one atomic commit for both. Off by it means standby: dark at once, the CRTC and
 * its mode stay. wlr_backend_commit() configures several outputs in one commit of its own, see
 * configure.h; off by that gives the CRTC up.
 */
struct latch_kms_output {
	struct wlr_output base;
	struct latch_kms_backend *backend;
	struct kms_device *device;
	struct kms_connector *connector;
	/** NULL, and so the planes, while it is off: others may have them. */
	struct kms_crtc *crtc;
	struct kms_plane *primary;
	struct kms_plane *cursor; // NULL: there is none
	/** What latch_crtc_match() has found last. */
	struct kms_crtc *matched;
	struct wlr_drm_format_set primary_formats;

	/** In the order of the connector's. */
	struct latch_kms_mode *modes;
	size_t modes_len;
	/** The mode that is set or to be set, as a blob; 0 for none. */
	uint32_t mode_blob;
	/** The kernel takes that mode with eight bits per colour only. */
	bool shallow;
	/**
	 * Planes by bit kms_plane.index: those that the last submitted commit has left on, and all
	 * that may still be read for this output because a flip is to come. No other output may use
	 * them.
	 */
	uint64_t planes_on, planes_held;
	/** It could not be switched on because all CRTCs were taken. */
	bool starved;
	/** It is off because the kernel refused each of its modes. */
	bool left_out;
	/** The kernel refused this mode when it took the present one instead. NULL: it did not. */
	struct wlr_output_mode *refused_mode;
	/** It is dark but keeps its CRTC and its mode. */
	bool standby;
	/** The next commit has to set the mode and everything else anew. */
	bool needs_modeset;
	/** Black, as large as the mode: for a screen without anything on it. */
	struct kms_dumb_buffer *black;

	/** Number of the last submit, which its flip event brings back; no other output has the
	 * same. */
	uint32_t submit_serial;
	/** 64 bit vblank counter. */
	uint64_t sequence;
	void (*flip)(void *data, const struct kms_flip *flip, uint64_t sequence);
	void (*moved)(void *data);
	void *handler_data;

	struct wl_list link; // latch_kms_backend.outputs
};

/**
 * Makes an output of a connected connector and announces it. It is off, without a CRTC, until it is
 * enabled. Returns NULL without memory.
 */
struct latch_kms_output *latch_kms_output_create(
	struct latch_kms_backend *backend, struct kms_connector *connector);

/** The KMS output behind a wlr_output; NULL for one of another backend. */
struct latch_kms_output *latch_kms_output_from_wlr_output(struct wlr_output *output);

/** The mode chosen by the user, else the preferred one; NULL when there are none. */
struct wlr_output_mode *latch_kms_output_wanted_mode(struct latch_kms_output *output);

/** The mode with this number on its connector; NULL beyond the last. */
struct wlr_output_mode *latch_kms_output_mode(struct latch_kms_output *output, size_t index);

/**
 * Has its next modesets ask for eight bits per colour. Returns whether that is less than before.
 */
bool latch_kms_output_make_shallow(struct latch_kms_output *output);

/**
 * The planes that this output may use for buffers now: its primary plane, and every overlay plane
 * of its CRTC that no other output holds. Returns how many were written, at most max.
 */
size_t latch_kms_output_planes(
	const struct latch_kms_output *output, const struct kms_plane **planes, size_t max);

/**
 * Sets the functions for two events, each may be NULL. flip is called after each flip. moved is
 * called when the output was moved to another CRTC: it shows black then, and none of its buffers is
 * read any more.
 */
void latch_kms_output_set_handlers(struct latch_kms_output *output,
	void (*flip)(void *data, const struct kms_flip *flip, uint64_t sequence),
	void (*moved)(void *data), void *data);

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

/** Gives the CRTC and the planes up, which must be off then. */
void latch_kms_output_drop_crtc(struct latch_kms_output *output);

/** Whether a state has only what the output can do: no custom modes, VRR where there is any. */
bool latch_kms_output_supports(
	const struct wlr_output *output, const struct wlr_output_state *state);

/** Puts into the commit what switches the CRTC and everything on it off; nothing without a CRTC. */
void latch_kms_output_add_disable(const struct latch_kms_output *output, struct kms_commit *commit);

/** Switches the CRTC off, blocking, so that nothing reads its buffers any more, and gives it up. */
void latch_kms_output_disable(struct latch_kms_output *output);

/**
 * Switches off every plane but the primary one, blocking: another session that knows only that one
 * would have the others above its own picture.
 */
void latch_kms_output_bare(struct latch_kms_output *output);

/** The framebuffer of a black picture of the mode's size; 0 when it could not be made. */
uint32_t latch_kms_output_black_fb(struct latch_kms_output *output);

/** "vkms (/dev/dri/card0)"; static. */
const char *latch_kms_output_device(const struct latch_kms_output *output);

/** "hardware" or "simulated": where flip times come from. */
const char *latch_kms_output_clock(const struct latch_kms_output *output);

/** How long before a flip's time the display takes no new picture any more; 0 where flips come from
 * a timer, which has no such thing, and where no mode is set. */
int64_t latch_kms_output_blank_ns(const struct latch_kms_output *output);

#endif
