/* SPDX-License-Identifier: MIT */
#pragma once

#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

#include "kms/commit.h"
#include "kms/framebuffer.h"

struct latch_cursor_image;
struct wlr_output;

/**
 * The hardware cursor of one output: two small dumb buffers, one on the plane, the other to draw
 * the next image into.
 */
struct latch_cursor_plane {
	struct latch_kms_output *kms; // NULL in a window
	/** Why the image has to be composed instead (enum latch_reason); 0: it need not. */
	uint64_t reasons;
	/** Whether it is to be on the screen, and what and where. */
	bool visible;
	struct kms_plane_state state;

	struct kms_dumb_buffer *buffers[2]; // NULL where there is no plane
	unsigned front;
	/** What the front buffer was drawn from; the serial is 0 for nothing. */
	uint64_t serial;
	float scale;
	enum wl_output_transform transform;
	int32_t hotspot_x, hotspot_y; // in its pixels
};

/** kms may have no cursor plane: then the cursor is composed. */
void latch_cursor_plane_init(struct latch_cursor_plane *cursor, struct latch_kms_output *kms);
void latch_cursor_plane_finish(struct latch_cursor_plane *cursor);

/**
 * Shows an image, NULL for none, whose pointing point is at x and y of the layout, on this output,
 * whose place there is box. Returns whether the plane has to look different from before. The image
 * is drawn when it is another one, or the output's scale or transform is; not when it moves.
 */
bool latch_cursor_plane_show(struct latch_cursor_plane *cursor,
	const struct latch_cursor_image *image, double x, double y, const struct wlr_output *output,
	const struct wlr_box *box);

/** Has the cursor composed from now on; why: for the log, reasons: enum latch_reason. */
void latch_cursor_plane_give_up(
	struct latch_cursor_plane *cursor, const char *why, uint64_t reasons);
