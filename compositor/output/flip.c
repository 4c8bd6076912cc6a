/* SPDX-License-Identifier: MIT */
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_presentation_time.h>

#include "base/clock.h"
#include "output/content.h"
#include "output/output.h"
#include "trace/mark.h"
#include "trace/missed.h"
#include "trace/trace.h"

/* wlroots sends all versions the same. Where both ask of one surface, 0 is right for both. */
static bool is_old(const struct wlr_presentation_feedback *feedback) {
	struct wl_resource *resource;
	wl_resource_for_each(resource, &feedback->resources) {
		if (wl_resource_get_version(resource) < 2) {
			return true;
		}
	}
	return false;
}

static void send_presented(struct latch_output *output, const struct latch_layer *layer,
	const struct wlr_presentation_event *event) {
	struct latch_content *content = layer->content;
	if (content->feedback == NULL) {
		return;
	}
	struct wlr_presentation_event own = *event;
	if (layer->place == LATCH_LAYER_ON_PLANE) {
		own.flags |= WLR_OUTPUT_PRESENT_ZERO_COPY;
	}
	if (output->vrr.active && is_old(content->feedback)) {
		own.refresh = 0; // version 1 knows no shortest interval
	}
	wlr_presentation_feedback_send_presented(content->feedback, &own);
	wlr_presentation_feedback_destroy(content->feedback);
	content->feedback = NULL;
}

static void note_presented(struct latch_output *output, struct latch_content *content,
	int64_t flip_ns, uint64_t sequence) {
	if (content->record.presented) {
		return;
	}
	content->record.presented = true;
	content->record.output_id = output->id;
	content->record.flip_ns = flip_ns;
	content->record.sequence = sequence;
	/* One that made no vblank has missed none. */
	content->record.refresh_ns =
		output->on_screen->async ? 0 : output->deadline.vblank.mode_ns;
}

static void finish_frame(struct latch_output *output, struct latch_frame *frame, int64_t flip_ns,
	uint64_t sequence, uint32_t flags) {
	struct timespec when = latch_ns_timespec(flip_ns);
	struct wlr_presentation_event event = {
		.output = output->wlr_output,
		.tv_sec = (uint64_t)when.tv_sec,
		.tv_nsec = (uint32_t)when.tv_nsec,
		.refresh = latch_present_refresh(output->deadline.vblank.mode_ns, frame->async),
		.seq = sequence,
		.flags = flags,
	};
	for (size_t i = 0; i < frame->len; i++) {
		note_presented(output, frame->layers[i].content, flip_ns, sequence);
		send_presented(output, &frame->layers[i], &event);
		frame->record.composed += frame->layers[i].place == LATCH_LAYER_COMPOSED;
	}
	frame->record.layers = (uint32_t)frame->len;
	frame->record.on_planes = frame->record.layers - frame->record.composed;
	frame->record.flip_ns = flip_ns;
	frame->record.sequence = sequence;
	latch_mark('I', "flip", "output", output->id, sequence);
	latch_trace_flip(output->core->trace, &frame->record);
}

/* The pending frame takes the place of the one on screen, whose buffers nobody reads any more. */
static struct latch_frame *replace_frame(struct latch_output *output) {
	struct latch_frame *frame = output->pending, *replaced = output->on_screen;
	output->flip_pending = false;
	output->on_screen = frame;
	output->pending = replaced;
	return replaced;
}

/* What was replaced goes back, and clients may draw again: not before, as what a client draws
 * earlier can't be shown earlier. Its buffers go back with the same wake-up. */
static void end_replaced(struct latch_output *output, struct latch_frame *replaced,
	int64_t time_ns, uint64_t sequence) {
	struct latch_frame *frame = output->on_screen;
	size_t length;
	const struct latch_shown_record *shown = latch_frame_list_shown(frame, &length);
	latch_trace_shown(output->core->trace, output->id, time_ns, sequence, shown, length);
	latch_frame_note_off(replaced, frame, time_ns, LATCH_RELEASED_FLIP);
	latch_frame_clear(replaced);
	if (output->watchdog.lost != NULL) {
		latch_watchdog_let_go(output, frame, time_ns);
	}
	latch_output_send_callbacks(output);
}

static void learn(struct latch_output *output, const struct latch_frame *frame, int64_t flip_ns) {
	const struct latch_flip_record *record = &frame->record;
	latch_deadline_flipped(&output->deadline,
		&(struct latch_deadline_frame){
			.planned_ns = record->wake.planned_ns,
			.vblank_ns = record->wake.vblank_ns,
			.submit_start_ns = record->submit_start_ns,
			.submit_end_ns = record->submit_end_ns,
			.flip_ns = flip_ns,
			.composed = frame->composed != NULL,
			.begun_ns = record->compose_start_ns > 0 ? record->latch_ns : 0,
			.drawn_ns = frame->overtaken ? record->compose_end_ns : 0,
		});
}

void latch_output_flipped(
	struct latch_output *output, int64_t flip_ns, uint64_t sequence, uint32_t flags) {
	if (!output->flip_pending) {
		return; // of a frame from before the session was switched away
	}
	struct latch_frame *replaced = replace_frame(output), *frame = output->on_screen;
	/* The event of a modeset does not say where the vblanks lie, see scanout.c:flip_time_ns(). */
	if (!frame->async && !frame->modeset) {
		learn(output, frame, flip_ns);
	}
	finish_frame(output, frame, flip_ns, sequence, flags);
	end_replaced(output, replaced, flip_ns, sequence);
	output->blocked = latch_missed_blocked(&frame->record);
	/* A flip that came a vblank late has cost everybody who is ready a refresh: they are not
	 * made to wait for the deadline of the next one as well. */
	latch_output_look_again(output, output->blocked.late);
	output->core->flipped(output->core);
}

void latch_output_not_flipped(struct latch_output *output) {
	if (!output->flip_pending) {
		return;
	}
	struct latch_frame *replaced = replace_frame(output);
	for (size_t i = 0; i < output->on_screen->len; i++) {
		struct latch_content *content = output->on_screen->layers[i].content;
		wlr_presentation_feedback_destroy(content->feedback); // tells it was discarded
		content->feedback = NULL;
	}
	end_replaced(output, replaced, latch_now_ns(), 0);
	latch_output_look_again(output, false);
}
