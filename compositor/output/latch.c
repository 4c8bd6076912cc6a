/* SPDX-License-Identifier: MIT */
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "base/clock.h"
#include "limits/turns.h"
#include "output/content.h"
#include "output/output.h"
#include "sync/pacing.h"
#include "trace/mark.h"

/* How soon a commit that the kernel refused is tried again. */
#define FAILURE_RETRY_NS INT64_C(100000000)

/* Frames with more layers than these are charged to the clients that have them. */
#define MANY_LAYERS 32

/* Takes what clients want to know of the frame, before it is submitted. Returns whether one of
 * them waits for a flip though its content may not be new. */
static bool take_feedback(struct latch_output *output) {
	bool wanted = false;
	for (size_t i = 0; i < output->layers.len; i++) {
		const struct latch_layer *layer = &output->layers.layers[i];
		if (layer->surface != NULL && layer->place != LATCH_LAYER_COVERED) {
			wanted = latch_content_take_feedback(layer->content, layer->surface) ||
				 wanted;
		}
	}
	return wanted;
}

static bool shows(void *data, struct wlr_surface *surface) {
	return latch_output_shows(data, surface);
}

static bool fill_frame(struct latch_output *output) {
	struct latch_frame *frame = output->next;
	const struct latch_layer_list *list = &output->layers;
	output->composer.lacks_buffer = false;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_layer *layer = &list->layers[i];
		if (layer->place == LATCH_LAYER_COVERED) {
			continue;
		}
		if (!latch_frame_add(frame, layer)) {
			return false;
		}
		if (!layer->content->submitted) {
			struct latch_frame_record *record = &layer->content->record;
			record->reasons = layer->reasons;
			record->layer = (struct latch_record_layer){layer->fourcc, layer->dst.width,
				layer->dst.height, layer->test_errno};
		}
		layer->content->scanned_out |= layer->place == LATCH_LAYER_ON_PLANE;
	}
	frame->background = output->background;
	if (output->plan.composed || output->kms == NULL || output->picture_wanted) {
		bool first = output->composer.renderer->wlr_renderer == NULL;
		output->composer.color = latch_output_color(output);
		output->composer.background = output->background;
		frame->composed =
			latch_composer_compose(&output->composer, list->layers, list->len);
		if (output->composer.has_drawn) {
			frame->record.compose_start_ns = output->composer.job.begin_ns;
			frame->record.compose_end_ns = output->composer.job.end_ns;
		}
		if (first) {
			latch_output_describe(output);
		}
	}
	return true;
}

/* What it shows is planned anew, and of its record stays how it was latched. */
static void empty(struct latch_frame *frame) {
	const struct latch_flip_record record = frame->record;
	latch_frame_clear(frame);
	frame->record = record;
}

/* What submit() returns of a frame whose picture is still being drawn, or will be, in a buffer that is
 * being made. */
#define AWAITED 1

static int submit(struct latch_output *output) {
	if (output->composer.lacks_buffer) {
		empty(output->next); // nothing is to be held for it: it will be planned anew
		latch_output_await_picture(output);
		return AWAITED;
	}
	int ret = output->kms != NULL ? latch_scanout_prepare(output, output->next) : 0;
	if (ret != 0) {
		return ret;
	}
	if (output->next->composed != NULL && output->composer.job.pending) {
		latch_output_await_picture(output);
		return AWAITED;
	}
	return latch_output_submit(output, &output->next, NULL);
}

/* A commit may be refused although its test was not: drivers' tests are sometimes wrong. The same
 * frame then goes down the ladder until something is taken. */
static int submit_down_the_ladder(struct latch_output *output) {
	int ret = submit(output);
	while (kms_commit_is_refused(ret) && output->plan.on_planes > 0) {
		wlr_log(WLR_INFO, "%s: refused after a good test (%s), planning anew",
			output->wlr_output->name, strerror(-ret));
		latch_plan_refused(&output->plan_memory, ret);
		latch_output_assign(output);
		empty(output->next);
		if (!fill_frame(output)) {
			return -ENOMEM;
		}
		ret = submit(output);
	}
	return ret;
}

/* The record of a content that is submitted for the first time. */
static void note_content(const struct latch_output *output, const struct latch_flip_record *flip,
	const struct latch_layer *layer) {
	struct latch_frame_record *record = &layer->content->record;
	const struct latch_layer *replaced = latch_frame_layer_of(output->on_screen, layer->id);
	record->blocked = output->blocked;
	/* Where its surface was hidden, or is new, nobody could have shown it before. It may have
	 * waited longer, for the update before it or for the time it was meant for. */
	int64_t since_ns = flip->latch_ns;
	if (replaced != NULL) {
		record->replaced_flip_ns = replaced->content->record.flip_ns;
		since_ns = output->active_since_ns;
	}
	record->visible_ns = latch_max(record->visible_ns, since_ns);
	record->wake = flip->wake;
	/* It may have come while the frame waited for its picture. */
	record->latch_ns = latch_max(flip->latch_ns, record->ready_ns);
	record->compose_start_ns = flip->compose_start_ns;
	record->compose_end_ns = flip->compose_end_ns;
	record->submit_start_ns = flip->submit_start_ns;
	record->submit_end_ns = flip->submit_end_ns;
	record->placement = LATCH_COMPOSED;
	if (layer->place == LATCH_LAYER_BACKGROUND) {
		record->placement = LATCH_ON_PLANE;
		record->plane_type = "background";
	} else if (layer->plane != NULL) {
		record->placement = LATCH_ON_PLANE;
		record->plane_id = layer->plane->id;
		record->plane_type = kms_plane_type_name(layer->plane->type);
	}
}

static void note_submitted(struct latch_output *output, struct latch_frame **slot) {
	struct latch_frame *frame = *slot;
	for (size_t i = 0; i < frame->len; i++) {
		if (!frame->layers[i].content->submitted) {
			const struct latch_frame_record *record =
				&frame->layers[i].content->record;
			latch_mark('I', "submit", "surface", record->surface_id, record->update_id);
			frame->layers[i].content->submitted = true;
			note_content(output, &frame->record, &frame->layers[i]);
		}
	}
	*slot = output->pending;
	output->pending = frame;
	output->flip_pending = true;
	output->force = false;
	output->busy_ns = 0;
	output->logged_error = 0;
}

/* A fifo barrier falls with the latch. That of a surface that is covered too: it goes on at this
 * output's pace. Updates that waited become ready, so surfaces may change or go in here. */
int latch_output_submit(struct latch_output *output, struct latch_frame **slot,
	bool (*lifts)(void *data, struct wlr_surface *surface)) {
	struct latch_frame *frame = *slot;
	latch_mark('B', "submit", "output", output->id, 0);
	frame->record.submit_start_ns = latch_now_ns();
	int ret = output->kms != NULL ? latch_scanout_submit(output, frame)
				      : latch_window_submit(output, frame);
	frame->record.submit_end_ns = latch_now_ns();
	latch_mark('E', "submit", "output", output->id, 0);
	if (ret != 0) {
		return ret;
	}
	note_submitted(output, slot);
	latch_output_send_callbacks_ahead(output);
	if (output->kms != NULL) {
		latch_watchdog_submitted(output);
	}
	if (output->picture_wanted && frame->composed != NULL) {
		latch_output_give_picture(output, frame->composed, frame->record.latch_ns);
	}
	latch_gate_latched(output->core->gate, lifts != NULL ? lifts : shows, output);
	return 0;
}

void latch_output_failed(struct latch_output *output, int error) {
	output->force = true;
	if (error == -EBUSY) {
		if (output->busy_ns == 0) {
			output->busy_ns = latch_now_ns();
		}
		/* After a flip that was lost it is so until the kernel gives that one up: 10 s. */
		if (output->watchdog.lost == NULL) {
			latch_output_retry(output);
			return;
		}
	} else if (output->kms != NULL && output->kms->needs_modeset &&
		   kms_commit_is_refused(error) && error != -ENOMEM &&
		   !latch_output_modeset_refused(output, error)) {
		return;
	} else if (output->logged_error != error) {
		wlr_log(WLR_ERROR, "%s: the frame could not be submitted: %s",
			output->wlr_output->name, strerror(-error));
		output->logged_error = error;
	}
	latch_output_wait_until(output, latch_now_ns() + FAILURE_RETRY_NS);
}

struct latch_flip_record latch_output_frame_record(const struct latch_output *output,
	const struct latch_deadline_plan *plan, int64_t latch_ns) {
	const struct latch_margin *margin = &output->deadline.margin;
	bool deadline = plan->why == LATCH_WAKE_DEADLINE && plan->vblank_ns != 0;
	return (struct latch_flip_record){
		.output_id = output->id,
		.latch_ns = latch_ns,
		.refresh_ns = output->deadline.vblank.mode_ns,
		.wake =
			{
				.why = latch_wake_name(plan->why),
				.planned_ns = deadline ? plan->wake_ns : 0,
				.vblank_ns = plan->vblank_ns,
				.margin_ns = deadline ? plan->vblank_ns - plan->wake_ns
						: latch_margin_ns(margin, output->plan.composed),
				.kernel_ns = latch_margin_kernel_ns(margin),
				.busy_ns = output->busy_ns,
			},
	};
}

/* Charges a frame with very many layers to the clients that the layers belong to. */
static void charge_for_layers(const struct latch_output *output, int64_t cpu_ns) {
	const struct latch_layer_list *list = &output->layers;
	struct wl_client *client = NULL;
	int64_t each_ns = cpu_ns / (int64_t)(list->len + 1), owed_ns = 0;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_surface *surface = list->layers[i].surface;
		if (surface == NULL) {
			continue;
		}
		struct wl_client *its = wl_resource_get_client(surface->wlr_surface->resource);
		if (its != client && client != NULL) {
			latch_turns_spend(output->core->turns, client, owed_ns);
			owed_ns = 0;
		}
		client = its;
		owed_ns += each_ns;
	}
	if (client != NULL) {
		latch_turns_spend(output->core->turns, client, owed_ns);
	}
}

/* Brings the cursor's plane and the list of layers up to now, and has a place found for each.
 * Returns whether the cursor's plane is to look different; *ok is false without memory. */
static bool collect_and_assign(struct latch_output *output, bool *ok) {
	bool cursor_changed = output->kms != NULL && latch_output_update_cursor(output);
	output->picture_wanted = latch_output_wants_picture(output);
	bool cursor_wanted =
		output->picture_wanted && output->wlr_output->software_cursor_locks > 0;
	if (cursor_wanted) {
		cursor_changed = cursor_changed || output->cursor.visible;
		output->cursor.visible = false;
	}
	*ok = latch_output_collect(
		output, output->kms == NULL || output->cursor.reasons != 0 || cursor_wanted);
	if (*ok) {
		latch_output_assign(output);
	}
	return cursor_changed;
}

/* No picture changed, but a client may wait for a frame callback: at the display's rate, not as
 * fast as clients can ask. */
static void show_nothing(struct latch_output *output, int64_t latch_ns) {
	latch_frame_clear(output->next);
	if (latch_ns < output->callbacks_after_ns) {
		latch_output_wait_until(output, output->callbacks_after_ns);
	} else {
		output->callbacks_after_ns = latch_ns + output->deadline.vblank.mode_ns;
		latch_output_send_callbacks(output);
		latch_gate_latched(output->core->gate, shows, output);
	}
}

void latch_output_latch(struct latch_output *output, const struct latch_deadline_plan *plan) {
	output->wakeups++;
	if (latch_output_is_busy(output)) {
		output->dirty = true; // looked at again when that is over
		return;
	}
	int64_t latch_ns = latch_now_ns();
	if (latch_capture_holds(output, latch_ns)) {
		return;
	}
	if (output->awaits_picture) {
		if (!latch_output_submit_awaited(output)) {
			latch_output_latch_planes(output, plan);
		}
		return;
	}
	latch_mark('I', "latch", "output", output->id, 0);
	/* Two system calls, which a frame of a few layers does without. */
	const bool many = output->layers.len > MANY_LAYERS;
	const int64_t begin_cpu_ns = many ? latch_cpu_ns() : 0;
	output->dirty = false;

	bool ok;
	const bool cursor_changed = collect_and_assign(output, &ok);
	if (!ok) {
		wlr_log(WLR_ERROR, "%s: no memory for its layers", output->wlr_output->name);
		return;
	}
	struct latch_frame *frame = output->next;
	latch_frame_clear(frame);
	frame->record = latch_output_frame_record(output, plan, latch_ns);
	if (!fill_frame(output)) {
		latch_output_retry(output);
		return;
	}
	if (many) {
		charge_for_layers(output, latch_cpu_ns() - begin_cpu_ns);
	}

	bool wanted = take_feedback(output) || output->force || cursor_changed ||
		      output->capture.state == LATCH_CAPTURE_WANTED;
	if (!wanted && latch_frame_equal(frame, output->on_screen)) {
		show_nothing(output, latch_ns);
		return;
	}
	int ret = submit_down_the_ladder(output);
	if (ret < 0) {
		latch_frame_clear(output->next);
		latch_output_failed(output, ret);
	} else if (output->composer.lacks_buffer) {
		/* No picture comes in time for this vblank. */
		latch_output_latch_planes(output, plan);
	} else if (output->composer.left_out) {
		latch_output_wait_until(output, latch_ns + output->deadline.vblank.mode_ns);
	}
}
