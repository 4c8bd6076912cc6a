/* SPDX-License-Identifier: MIT */
/* When clients hear that they may draw again (wl_surface.frame): see timing/pace.h. */

#include "base/clock.h"
#include "output/content.h"
#include "output/output.h"
#include "shell/shell.h"

static void send(struct latch_surface *surface, int64_t now_ns, int64_t deadline_ns) {
	const struct timespec when = latch_ns_timespec(now_ns);
	if (!wl_list_empty(&surface->wlr_surface->current.frame_callback_list)) {
		latch_pace_sent(&surface->pace, now_ns, deadline_ns);
	}
	wlr_surface_send_frame_done(surface->wlr_surface, &when);
}

static void send_at(struct latch_output *output, struct latch_surface *surface, int64_t time_ns,
	int64_t deadline_ns) {
	surface->callback_ns = time_ns;
	surface->callback_deadline_ns = deadline_ns;
	wl_list_remove(&surface->callback_link);
	wl_list_insert(&output->callbacks, &surface->callback_link);
	latch_timer_set_earlier(&output->callback_timer, time_ns);
}

static bool runs_ahead(const struct latch_output *output, const struct latch_surface *surface) {
	return output->core->pacing == LATCH_PACING_LATE && surface->pace.ahead;
}

static void run_ahead(struct latch_output *output, struct latch_surface *surface) {
	if (!runs_ahead(output, surface) || !wl_list_empty(&surface->callback_link)) {
		return;
	}
	const int64_t vblank_ns = latch_deadline_next_vblank(&output->deadline, latch_now_ns());
	if (vblank_ns != 0) {
		send_at(output, surface, vblank_ns, 0);
	}
}

void latch_outputs_surface_ahead(struct latch_core *core, struct latch_surface *surface) {
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		if (latch_output_shows(output, surface->wlr_surface)) {
			run_ahead(output, surface);
		}
	}
}

/* What the update tells of its client's pace. */
static void learn(const struct latch_output *output, struct latch_surface *surface,
	const struct latch_frame_record *record) {
	/* Who asked to wait (fifo, commit-timing) has taken no time for that. */
	if (record == NULL || record->paced_ns != 0) {
		return;
	}
	const struct latch_pace_answer answer = {
		.callback_ns = record->callback_ns,
		.input_ns = record->input_ns,
		.commit_ns = record->commit_ns,
		.ready_ns = record->ready_ns,
	};
	latch_pace_ready(&surface->pace, &answer, output->deadline.vblank.mode_ns,
		latch_deadline_left(&output->deadline, output->plan.composed));
}

void latch_outputs_surface_applied(struct latch_core *core, struct latch_surface *surface,
	const struct latch_frame_record *record) {
	/* On two outputs it hears by the first flip, and the other one could still show what is
	 * newer. */
	const bool waits = latch_pace_waits(&surface->pace) &&
			   !wl_list_empty(&surface->wlr_surface->current.frame_callback_list) &&
			   wl_list_length(&surface->wlr_surface->current_outputs) == 1;
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		if (!latch_output_shows(output, surface->wlr_surface)) {
			continue;
		}
		learn(output, surface, record);
		record = NULL; // it counts once
		latch_output_surface_committed(output, surface->id, waits);
		if (!wl_list_empty(&surface->sync.waiting)) {
			run_ahead(output, surface);
		}
	}
}

/* A client that runs ahead draws on while the job of its oldest update goes on. */
static void handle_timer(void *data) {
	struct latch_output *output = data;
	const int64_t now_ns = latch_now_ns();
	struct latch_surface *surface, *next;
	wl_list_for_each_safe(surface, next, &output->callbacks, callback_link) {
		if (surface->callback_ns > now_ns) {
			latch_timer_set_earlier(&output->callback_timer, surface->callback_ns);
			continue;
		}
		wl_list_remove(&surface->callback_link);
		wl_list_init(&surface->callback_link);
		if (surface->callback_deadline_ns != 0) {
			send(surface, now_ns, surface->callback_deadline_ns);
		} else if (latch_surface_sync_send_held_callbacks(&surface->sync, now_ns)) {
			latch_pace_sent(&surface->pace, now_ns, 0);
		}
	}
}

bool latch_output_callbacks_init(struct latch_output *output) {
	return latch_timer_init(
		&output->callback_timer, output->core->urgent_loop, handle_timer, output);
}

void latch_output_callbacks_finish(struct latch_output *output) {
	struct latch_surface *surface, *next;
	wl_list_for_each_safe(surface, next, &output->callbacks, callback_link) {
		wl_list_remove(&surface->callback_link);
		wl_list_init(&surface->callback_link);
	}
	latch_timer_finish(&output->callback_timer);
}

/* A client of two buffers of shared memory counts on one of them, and a plane still shows that. */
static bool waits_for_buffer(const struct latch_output *output, const struct latch_surface *surface) {
	const struct latch_layer *shown = latch_frame_layer_of(output->on_screen, surface->id);
	return shown != NULL && shown->content->is_shm && shown->content->scanned_out &&
	       !surface->has_third;
}

void latch_output_send_callbacks_ahead(struct latch_output *output) {
	const struct latch_frame *frame = output->pending;
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_surface *surface =
			latch_surface_find(output->core->contents, frame->layers[i].id);
		if (surface != NULL && runs_ahead(output, surface) &&
			surface->current == frame->layers[i].content &&
			!waits_for_buffer(output, surface)) {
			send(surface, latch_now_ns(), 0);
		}
	}
}

/* Whether a frame that is shown now is no reason for its callback: it waits for its time already, or
 * what is yet to be shown is in a picture that is still being drawn, or is to be heard of with its
 * own submit. */
static bool hears_later(const struct latch_output *output, const struct latch_surface *surface,
	const struct latch_content *content) {
	return (!wl_list_empty(&surface->callback_link) && surface->callback_deadline_ns != 0) ||
	       (runs_ahead(output, surface) && surface->current != content) ||
	       latch_output_awaits(output, surface->id, content);
}

void latch_output_send_callbacks(struct latch_output *output) {
	const struct latch_core *core = output->core;
	const struct latch_frame *frame = output->on_screen;
	const int64_t now_ns = latch_now_ns();
	/* What is drawn from now on can be shown at the vblank that has this deadline. */
	const int64_t deadline_ns =
		latch_deadline_next(&output->deadline, now_ns, frame->composed != NULL);
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_surface *surface =
			latch_surface_find(core->contents, frame->layers[i].id);
		if (surface == NULL || hears_later(output, surface, frame->layers[i].content)) {
			continue;
		}
		const int64_t time_ns = latch_pace_time(&surface->pace, core->pacing,
			now_ns, deadline_ns, output->deadline.vblank.mode_ns);
		if (time_ns <= now_ns) {
			send(surface, now_ns, deadline_ns);
		} else {
			send_at(output, surface, time_ns, deadline_ns);
		}
	}
	struct wlr_surface *cursor = latch_shell_cursor_surface(core->shell);
	if (cursor != NULL && latch_output_shows(output, cursor)) {
		const struct timespec when = latch_ns_timespec(now_ns);
		wlr_surface_send_frame_done(cursor, &when);
	}
}
