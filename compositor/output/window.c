/* SPDX-License-Identifier: MIT */
/*
 * An output that is a window of another compositor (wlroots' wayland and x11 backends), or nowhere
 * (headless): everything is composed into one buffer, and wlroots does the rest.
 */
#include "base/source.h"
#include "output/output.h"

#include <wlr/types/wlr_output.h>

#include "base/clock.h"

static void handle_present(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, on.present);
	const struct wlr_output_event_present *event = data;
	if (event->commit_seq != output->window_seq) {
		return; // of a commit without a frame of ours: a new size, a new scale
	}
	if (!event->presented) {
		latch_output_not_flipped(output);
		return;
	}
	int64_t flip_ns = latch_timespec_ns(&event->when);
	if (event->refresh > 0 && event->refresh != output->deadline.vblank.mode_ns) {
		latch_deadline_init(&output->deadline, event->refresh, 0);
	}
	/* The other compositor's zero copy is of our composed picture, not of a client's buffer. */
	latch_output_flipped(output, flip_ns, event->seq,
		event->flags & ~(uint32_t)WLR_OUTPUT_PRESENT_ZERO_COPY);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, on.frame);
	latch_output_look_again(output, false);
}

void latch_window_init(struct latch_output *output) {
	latch_listen(&output->wlr_output->events.present, &output->on.present, handle_present);
	latch_listen(&output->wlr_output->events.frame, &output->on.frame, handle_frame);
}

int latch_window_submit(struct latch_output *output, struct latch_frame *frame) {
	if (frame->composed == NULL) {
		return -ENOMEM;
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_buffer(&state, frame->composed);
	bool ok = wlr_output_commit_state(output->wlr_output, &state);
	wlr_output_state_finish(&state);
	output->window_seq = output->wlr_output->commit_seq;
	return ok ? 0 : -EIO;
}
