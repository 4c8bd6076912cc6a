/* SPDX-License-Identifier: MIT */
#pragma once

#include <wlr/types/wlr_damage_ring.h>

#include "output/job.h"
#include "plan/layer.h"

/** What was drawn last, to find out what is different now. */
struct latch_drawn_layer {
	bool left_out;	 // its pixels are those of an older picture
	bool missing;	 // it could not be drawn
	struct latch_layer shape;
};

/**
 * Draws layers into one buffer for one output, and only what has changed since that buffer was
 * drawn last.
 */
struct latch_composer {
	struct latch_renderer *renderer;
	struct wlr_output *output;
	/** What the output shows; set before each picture. */
	const struct color_description *color;
	/** The colour where no layer is, as latch_layer.solid; set before each picture. And that of
	 * the last picture. */
	uint64_t background, drawn_background;
	struct wlr_swapchain *swapchain;
	struct wlr_damage_ring damage;
	/** Where the newest picture differs from what the primary plane shows, see
	 * latch_composer_note_shown(). */
	pixman_region32_t unseen;
	/** The newest composed picture, locked; NULL before the first and after a reset. */
	struct wlr_buffer *front;
	struct latch_drawn_layer *drawn;
	size_t drawn_len, drawn_cap;
	/** The job that draws front, which may not be shown before the job has ended. */
	struct latch_job job;
	/** The last call has drawn something, and left out whose buffers were being written to. Or
	 * it has not drawn, as a buffer to draw into is yet to be made. */
	bool has_drawn, left_out, lacks_buffer;
};

/** done: job has ended, see latch_job_init(). */
void latch_composer_init(struct latch_composer *composer, struct latch_renderer *renderer,
	struct wlr_output *output, struct wl_event_loop *loop, void (*done)(void *data),
	void *data);
void latch_composer_finish(struct latch_composer *composer);

/** A frame with this picture was submitted: front, an older one that was there before, or none of
 * ours (NULL). */
void latch_composer_note_shown(struct latch_composer *composer, const struct wlr_buffer *composed);

/** Whether job is pending, or a buffer to draw into is being made. */
bool latch_composer_is_busy(const struct latch_composer *composer);

/** Forgets all pictures: the next one is drawn whole. After a mode change. */
void latch_composer_reset(struct latch_composer *composer);

/**
 * Composes the layers that are to be composed, over the background, with holes for underlays. Not to be
 * called while job is pending.
 *
 * A client may put new work on a buffer that it has committed, and our job would have to wait for
 * that work. Such a layer keeps the pixels of the last picture (left_out), and is drawn by the
 * first call after the work is done.
 *
 * Returns the buffer, locked once for the caller; the same one as last time when nothing looks
 * different. NULL when there is no renderer or no buffer to draw into, which has been logged; or
 * when one is being made (lacks_buffer).
 */
struct wlr_buffer *latch_composer_compose(
	struct latch_composer *composer, const struct latch_layer *layers, size_t len);
