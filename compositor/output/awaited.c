/* SPDX-License-Identifier: MIT */
/*
 * What is shown while a picture of ours is being drawn. A frame that has something composed in it
 * is prepared, and waits for the fence of our own job: the kernel gets no picture that it would
 * have to wait for, since a client whose buffer is read there could make that last as long as it
 * likes. Until then the last picture stays, and what is on planes goes on. So it is while a buffer
 * for the picture is being made: the awaited frame has none then, and is planned anew.
 */

#include "backend/output.h"
#include "base/clock.h"
#include "output/content.h"
#include "output/output.h"

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
	if (!output->awaits_picture || output->awaited->composed == NULL) {
		return false;
	}
	const struct latch_layer *layer = latch_frame_layer_of(output->awaited, surface_id);
	return layer != NULL && layer->place == LATCH_LAYER_COMPOSED && layer->content != content;
}

/* Whose fifo barriers fall with a frame that is submitted before the awaited one: not those of
 * surfaces whose newest content is in the awaited picture. */
static bool shows_newest(void *data, struct wlr_surface *wlr_surface) {
	struct latch_output *output = data;
	const struct latch_surface *surface = latch_surface_get(wlr_surface);
	if (surface == NULL || !latch_output_shows(output, wlr_surface)) {
		return false;
	}
	const struct latch_layer *layer = latch_frame_layer_of(output->pending, surface->id);
	return layer != NULL && layer->content == surface->current &&
	       !latch_output_awaits(output, surface->id, layer->content);
}

/* Whether the awaited frame has it on the same plane. */
static bool is_awaited_there(const struct latch_output *output, const struct latch_layer *layer) {
	const struct latch_layer *there = latch_frame_layer_of(output->awaited, layer->id);
	return there != NULL && there->plane == layer->plane &&
	       latch_layer_same_shape(there, layer);
}

/* Brings what the frame has on planes to the newest state, where its plane shows that as well
 * without being asked. What is somewhere else in the awaited frame would go back in time with that,
 * so that it waits, too; but not for long. Returns whether something is newer. */
static bool renew_planes(struct latch_output *output, struct latch_frame *frame, bool is_long) {
	bool renewed = false;
	for (size_t i = 0; i < output->layers.len; i++) {
		struct latch_layer *layer = &output->layers.layers[i];
		struct latch_layer *shown = latch_frame_layer_of(frame, layer->id);
		if (layer->surface == NULL || shown == NULL ||
			shown->place != LATCH_LAYER_ON_PLANE || shown->content == layer->content ||
			!latch_layer_same_shape(shown, layer)) {
			continue;
		}
		layer->plane = shown->plane;
		layer->zpos = shown->zpos;
		const bool there = output->awaited->composed == NULL ||
				   is_awaited_there(output, layer);
		if ((!there && !is_long) ||
			latch_scanout_import(output, layer,
				latch_layer_fourcc_on(layer, layer->plane)) != 0) {
			continue;
		}
		output->awaited->outdated = output->awaited->outdated || !there;
		latch_content_unref(shown->content);
		shown->content = latch_content_ref(layer->content);
		shown->serial = layer->serial;
		latch_content_take_feedback(layer->content, layer->surface);
		renewed = true;
	}
	return renewed;
}

/* The layers as they are now, each where the frame has it and with its reasons, as the inspector
 * looks at them; a new one is nowhere yet. */
static bool collect(struct latch_output *output, const struct latch_frame *frame) {
	if (output->kms == NULL || output->picture_wanted || !latch_output_collect(output, false)) {
		return false;
	}
	for (size_t i = 0; i < output->layers.len; i++) {
		struct latch_layer *layer = &output->layers.layers[i];
		const struct latch_layer *there = latch_frame_layer_of(frame, layer->id);
		if (there != NULL) {
			latch_layer_take_place(layer, there);
		}
	}
	return true;
}

/* Returns whether the cursor looks different from before. */
static bool renew_cursor(struct latch_output *output, struct latch_frame *frame) {
	latch_output_update_cursor(output);
	return latch_scanout_set_cursor(output, &frame->scanout);
}

bool latch_output_submit_awaited(struct latch_output *output) {
	if (!output->awaits_picture || latch_composer_is_busy(&output->composer) ||
		latch_output_is_busy(output)) {
		return false;
	}
	const int64_t now_ns = latch_now_ns();
	if (latch_capture_holds(output, now_ns)) {
		return true;
	}
	struct latch_frame *frame = output->awaited;
	if (frame->composed == NULL || (frame->outdated && !output->dropped_picture)) {
		/* Another picture of what is there now; that one is shown in any case. */
		output->dropped_picture = frame->composed != NULL;
		output->awaits_picture = false;
		latch_frame_clear(frame);
		latch_output_wait_until(output, now_ns);
		return true;
	}
	output->dropped_picture = false;
	frame->record.compose_end_ns = output->composer.job.end_ns;
	if (collect(output, frame)) {
		/* It was drawn at its latch; its planes and cursor need not be as old. */
		renew_planes(output, frame, false);
		renew_cursor(output, frame);
	}
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
	if (output->kms == NULL || output->kms->needs_modeset ||
		!collect(output, output->on_screen)) {
		return;
	}
	struct latch_frame *frame = output->next;
	latch_frame_clear(frame);
	if (!latch_frame_copy(frame, output->on_screen)) {
		return;
	}
	frame->record = latch_output_frame_record(output, plan, latch_ns);
	const bool cursor_changed = renew_cursor(output, frame);
	const bool is_long = latch_ns - output->awaited->record.latch_ns >
			     LONG_REFRESHES * output->deadline.vblank.mode_ns;
	const bool changed = renew_planes(output, frame, is_long) || cursor_changed;
	/* What has to be written anew is written with the picture. */
	const bool force = output->force;
	if (!changed || latch_output_submit(output, &output->next, shows_newest) != 0) {
		latch_frame_clear(frame);
		return;
	}
	output->force = force;
	output->awaited->overtaken = true;
}
