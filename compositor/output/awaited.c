/*
 * What is shown while a picture of ours is being drawn. A frame that has something composed in it is
 * prepared, and waits for the fence of our own job: the kernel gets no picture that it would have to
 * wait for, since a client whose buffer is read there could make that last as long as it likes. Until
 * then the last picture stays, and what is on planes goes on.
 */
#include <errno.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>

#include "backend/output.h"
#include "base/clock.h"
#include "kms/commit.h"
#include "output/assign.h"
#include "output/content.h"
#include "output/output.h"
#include "output/scanout.h"
#include "output/window.h"
#include "server.h"

/* When the awaited picture takes longer than so many refreshes, every plane goes on without it. */
#define LONG_REFRESHES 3

void latch_output_await_picture(struct latch_output *output) {
	struct latch_frame *frame = output->next;
	output->next = output->awaited;
	output->awaited = frame;
	output->awaits_picture = true;
}

bool latch_output_awaits(const struct latch_output *output, uint32_t surface_id,
	const struct latch_content *content) {
	if (!output->awaits_picture) {
		return false;
	}
	const struct latch_frame_item *item = latch_frame_item_of(output->awaited, surface_id);
	return item != NULL && item->layer.place == LATCH_LAYER_COMPOSED &&
	       item->content != content;
}

/* Whose fifo barriers fall with a frame that is submitted before the awaited one: not those of
 * surfaces whose newest content is in the awaited picture. */
static bool shows_newest(void *data, struct wlr_surface *wlr_surface) {
	struct latch_output *output = data;
	const struct latch_surface *surface =
		latch_surface_get(output->server->contents, wlr_surface);
	if (surface == NULL || !latch_output_shows(output, wlr_surface)) {
		return false;
	}
	const struct latch_frame_item *item =
		latch_frame_item_of(output->pending, surface->id);
	return item != NULL && !latch_output_awaits(output, surface->id, item->content);
}

/* Whether the plane that shows the item would show this layer as well, without being asked. */
static bool is_alike(const struct latch_frame_item *item, const struct latch_layer *layer) {
	return layer->buffer_width == item->layer.buffer_width &&
	       layer->buffer_height == item->layer.buffer_height &&
	       layer->modifier == item->layer.modifier &&
	       latch_layer_same_shape(layer, &item->layer);
}

/* Whether the awaited frame has it on the same plane. */
static bool is_awaited_there(const struct latch_output *output,
	const struct latch_frame_item *item, const struct latch_layer *layer) {
	const struct latch_frame_item *there =
		latch_frame_item_of(output->awaited, item->surface_id);
	return there != NULL && there->layer.plane == item->layer.plane && is_alike(there, layer);
}

/* Brings what the frame has on planes to the newest state. What is somewhere else in the awaited frame
 * would go back in time with that, so that it waits, too; but not for long. Returns whether something
 * is newer. */
static bool renew_planes(
	struct latch_output *output, struct latch_frame *frame, bool is_long) {
	bool renewed = false;
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		const struct latch_layer *layer = &output->collection.layers.layers[i];
		struct latch_surface *surface = latch_collection_surface(&output->collection, i);
		struct latch_frame_item *item =
			surface != NULL ? latch_frame_item_of(frame, surface->id) : NULL;
		if (item == NULL || item->layer.place != LATCH_LAYER_ON_PLANE ||
			item->content == layer->content || !is_alike(item, layer)) {
			continue;
		}
		const bool there = is_awaited_there(output, item, layer);
		if ((!there && !is_long) ||
			!latch_scanout_replace(output, &frame->scanout, item, layer)) {
			continue;
		}
		output->awaited->outdated = output->awaited->outdated || !there;
		latch_frame_replace(frame, item, layer);
		latch_content_take_feedback(item->content, surface);
		renewed = true;
	}
	return renewed;
}

/* The layers as they are now, not placed anywhere. */
static bool collect(struct latch_output *output, struct wlr_box *box) {
	struct latch_server *server = output->server;
	wlr_output_layout_get_box(server->layout, output->wlr_output, box);
	if (!latch_collect(&output->collection, server->shell, server->contents,
		    output->wlr_output, box)) {
		return false;
	}
	latch_output_look_for_fences(output);
	return true;
}

/* The frame was drawn at its latch; its planes and cursor need not be as old. */
static void renew_awaited(struct latch_output *output) {
	struct wlr_box box;
	if (output->kms == NULL || output->picture_wanted || !collect(output, &box)) {
		return;
	}
	renew_planes(output, output->awaited, false);
	latch_cursor_plane_update(&output->cursor, output->server->shell, output->wlr_output, &box);
	latch_scanout_set_cursor(output, &output->awaited->scanout);
}

bool latch_output_submit_awaited(struct latch_output *output) {
	if (!output->awaits_picture || output->composer.job.pending || !output->active ||
		output->flip_pending || latch_window_is_busy(output)) {
		return false;
	}
	const int64_t now_ns = latch_now_ns();
	const int64_t hold_until_ns = latch_capture_hold_until(output, now_ns);
	if (hold_until_ns > now_ns) {
		latch_output_wait_until(output, hold_until_ns);
		return true;
	}
	struct latch_frame *frame = output->awaited;
	if (frame->outdated && !output->dropped_picture) {
		/* Another picture of what is there now; that one is shown in any case. */
		output->dropped_picture = true;
		output->awaits_picture = false;
		latch_frame_clear(frame);
		latch_output_wait_until(output, now_ns);
		return true;
	}
	output->dropped_picture = false;
	frame->record.compose_end_ns = output->composer.job.end_ns;
	renew_awaited(output);
	int ret = latch_output_submit(output, &output->awaited, NULL);
	if (ret == -EBUSY) {
		latch_output_failed(output, ret);
		return true; // the same frame again, in a moment
	}
	output->awaits_picture = false;
	if (ret == 0) {
		latch_output_cancel(output);
		return true;
	}
	/* The whole frame is planned anew, without what may have been refused. */
	if (output->plan.on_planes > 0 && kms_commit_is_refused(ret)) {
		latch_plan_refused(&output->plan_memory, ret);
	}
	latch_frame_clear(frame);
	latch_output_failed(output, ret);
	return true;
}

void latch_output_picture_done(void *data) {
	latch_output_submit_awaited(data);
}

void latch_output_latch_planes(
	struct latch_output *output, const struct latch_deadline_plan *plan) {
	const int64_t latch_ns = latch_now_ns();
	output->dirty = true; // for what is composed
	struct wlr_box box;
	if (output->kms == NULL || output->kms->needs_modeset || output->picture_wanted ||
		!collect(output, &box)) {
		return;
	}
	struct latch_frame *frame = output->next;
	latch_frame_clear(frame);
	if (!latch_frame_copy(frame, output->on_screen)) {
		return;
	}
	const struct latch_flip_record *before = &output->on_screen->record;
	frame->record = latch_output_frame_record(output, plan, latch_ns);
	frame->record.layers = before->layers;
	frame->record.on_planes = before->on_planes;
	frame->record.composed = before->composed;
	latch_cursor_plane_update(&output->cursor, output->server->shell, output->wlr_output, &box);
	latch_scanout_set_cursor(output, &frame->scanout);
	const bool is_long = latch_ns - output->awaited->record.latch_ns >
			     LONG_REFRESHES * output->deadline.vblank.mode_ns;
	bool changed = renew_planes(output, frame, is_long) ||
		       frame->scanout.cursor_shown != output->scanout.cursor_shown ||
		       (frame->scanout.cursor_shown &&
			       !kms_plane_state_equal(
				       &frame->scanout.cursor, &output->scanout.cursor));
	/* What has to be written anew is written with the picture. */
	const bool force = output->force;
	if (!changed || latch_output_submit(output, &output->next, shows_newest) != 0) {
		latch_frame_clear(frame);
		return;
	}
	output->force = force;
	output->awaited->overtaken = true;
}
