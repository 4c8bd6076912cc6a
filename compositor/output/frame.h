/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/id_map.h"
#include "kms/commit.h"
#include "plan/layer.h"
#include "trace/record.h"

/** What a frame shows on an output's planes beside its layers; zeroed: nothing. */
struct latch_scanout {
	/** The primary plane, where it is not a layer's: the composed picture, or black. And the
	 * cursor's. fb_id is 0 where they are not shown. */
	struct kms_plane_state own, cursor;
	/** The colour where no plane is, as struct latch_layer has it. */
	uint64_t background;
	/** Variable refresh. */
	bool vrr;
	/** The content type that the monitor is sent. */
	enum kms_content_type content_type;
};

/**
 * What one atomic commit puts on an output: everything in it is held until the flip of the next
 * one. There are a few of these per output, used in turn.
 */
struct latch_frame {
	/** What is seen, front to back: how and where, and on which plane. Their contents are
	 * referenced. */
	struct latch_layer *layers;
	size_t len, cap;
	/** For latch_frame_layer_of(): places in layers, counted from 1. */
	struct latch_id_map by_surface;
	/** For latch_frame_list_shown(). */
	struct latch_shown_record *shown;
	size_t shown_cap;
	/** The composed picture, locked; NULL when nothing is composed. */
	struct wlr_buffer *composed;
	/** The colour where no layer is, drawn or the CRTC's. */
	uint64_t background;
	/** What the planes show beside the layers; not in a window. */
	struct latch_scanout scanout;
	/** It was flipped to at once, within a picture. */
	bool async;
	/** Its commit set the mode. */
	bool modeset;
	/** While it waited for its picture others went ahead of it, and have shown something newer
	 * than that picture has. */
	bool overtaken, outdated;
	struct latch_flip_record record;
	/** Of frames whose flip was lost: the one before, see struct latch_watchdog. */
	struct latch_frame *older;
};

/** Adds a layer, with a reference of its own to the content. Returns false without memory. */
bool latch_frame_add(struct latch_frame *frame, const struct latch_layer *layer);

/** Makes an empty frame show what another one does. Returns false without memory. */
bool latch_frame_copy(struct latch_frame *frame, const struct latch_frame *from);

/** The layer of this surface, or NULL; of the cursor with 0. A surface is in a frame once. */
struct latch_layer *latch_frame_layer_of(const struct latch_frame *frame, uint32_t surface_id);

/** Whether the content is in it, on a plane or composed. */
bool latch_frame_has(const struct latch_frame *frame, const struct latch_content *content);

/** Whether both look the same: the same buffers, in the same places. */
bool latch_frame_equal(const struct latch_frame *a, const struct latch_frame *b);

/** Lets everything go; the frame is empty then, its memory is kept. */
void latch_frame_clear(struct latch_frame *frame);

void latch_frame_finish(struct latch_frame *frame);

/** Whether there is anybody to be told by latch_frame_release_on_fence(). */
bool latch_frame_wants_fence(const struct latch_frame *frame, const struct latch_frame *next);

/**
 * Tells the clients of what next takes off the screen when their buffers are free: out_fence_fd is
 * next's out-fence, and stays the caller's. -1: nothing is told, the flip will do it.
 */
void latch_frame_release_on_fence(
	struct latch_frame *frame, const struct latch_frame *next, int out_fence_fd);

/** The updates of clients in it, for the trace; valid until the next call. */
const struct latch_shown_record *latch_frame_list_shown(struct latch_frame *frame, size_t *length);

/**
 * Notes in the records of what is on screen with frame, and not with next (NULL: nothing is), that
 * it went off at this time; and that this is what gives it back, if nobody else holds it.
 */
void latch_frame_note_off(struct latch_frame *frame, const struct latch_frame *next,
	int64_t time_ns, enum latch_record_release how);
