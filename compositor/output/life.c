/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "backend/wlr_output.h"
#include "base/clock.h"
#include "base/source.h"
#include "output/content.h"
#include "output/management.h"
#include "output/output.h"
#include "shell/shell.h"
#include "sync/gate.h"
#include "sync/outputs.h"
#include "trace/trace.h"

/* A cursor's image may be seen on an output that its position is not on, so far from its edge. */
#define CURSOR_REACH 256

/* How soon a commit that the kernel was too busy for is tried again. */
#define RETRY_NS INT64_C(1000000)

/* A flip that comes at all comes sooner. */
#define LONG_FLIP_NS INT64_C(100000000)

void latch_outputs_each(struct latch_core *core, void (*func)(struct latch_output *output)) {
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		func(output);
	}
}

static void plan_latch(struct latch_output *output, const struct latch_deadline_plan *plan) {
	output->planned = *plan;
	output->due = plan->wake_ns <= latch_now_ns();
	latch_timer_set(&output->timer, output->due ? 0 : plan->wake_ns);
}

void latch_output_cancel(struct latch_output *output) {
	output->planned = (struct latch_deadline_plan){0};
	output->due = false;
	latch_timer_set(&output->timer, 0);
}

static void latch_as_planned(void *data) {
	struct latch_output *output = data;
	const struct latch_deadline_plan plan = output->planned;
	latch_output_cancel(output);
	latch_output_latch(output, &plan);
}

bool latch_output_latch_due(struct latch_output *output) {
	bool due = output->due;
	if (due) {
		latch_as_planned(output);
	}
	return due;
}

bool latch_output_is_busy(const struct latch_output *output) {
	return !output->active || output->flip_pending ||
	       (output->kms == NULL && output->wlr_output->frame_pending);
}

/* ask: in_step, waits and behind, the rest is found here. */
static void schedule(struct latch_output *output, struct latch_deadline_ask ask) {
	output->dirty = true;
	if (latch_output_is_busy(output) || output->due) {
		return; // the flip, the switch back or the window's frame event will have a look
	}
	const int64_t now_ns = latch_now_ns();
	ask.now_ns = now_ns;
	ask.composed = (output->plan.composed || output->kms == NULL) && !output->awaits_picture;
	ask.alone = latch_activity_is_alone(&output->activity, now_ns);
	ask.waits = ask.waits && latch_activity_is_quiet(&output->activity, now_ns);
	/* A frame that may tear makes no vblank. */
	const struct latch_deadline_plan torn = {.wake_ns = now_ns, .why = LATCH_WAKE_FREE};
	struct latch_deadline_plan plan =
		output->tearing.active ? torn : latch_deadline_decide(&output->deadline, &ask);
	if (output->planned.wake_ns != 0 && output->planned.wake_ns <= plan.wake_ns) {
		return; // the timer will
	}
	plan_latch(output, &plan);
}

void latch_output_schedule(struct latch_output *output) {
	latch_activity_note(&output->activity, LATCH_SOURCE_OTHER, latch_now_ns());
	schedule(output, (struct latch_deadline_ask){0});
}

void latch_output_surface_committed(struct latch_output *output, uint32_t surface_id, bool waits) {
	latch_activity_note(&output->activity, surface_id, latch_now_ns());
	schedule(output, (struct latch_deadline_ask){.waits = waits});
}

void latch_output_look_again(struct latch_output *output, bool late) {
	if (!latch_output_submit_awaited(output) && (output->dirty || output->force)) {
		schedule(output, (struct latch_deadline_ask){.behind = late});
	}
}

void latch_output_wait_until(struct latch_output *output, int64_t time_ns) {
	const struct latch_deadline_plan plan = {.wake_ns = time_ns, .why = LATCH_WAKE_UNKNOWN};
	output->dirty = true;
	plan_latch(output, &plan);
}

void latch_output_retry(struct latch_output *output) {
	output->force = true; // what the failed frame would have changed is not seen again
	latch_output_wait_until(output, latch_now_ns() + RETRY_NS);
}

void latch_output_cursor_moved(struct latch_output *output) {
	double x, y;
	latch_shell_cursor(output->core->shell, &x, &y);
	struct wlr_box box;
	wlr_output_layout_get_box(output->core->layout, output->wlr_output, &box);
	bool near = x > box.x - CURSOR_REACH && x < box.x + box.width + CURSOR_REACH &&
		    y > box.y - CURSOR_REACH && y < box.y + box.height + CURSOR_REACH;
	/* An output that the cursor has just left has to take it away. */
	if (near || output->cursor.visible || output->cursor_content != NULL) {
		latch_activity_note(&output->activity, LATCH_SOURCE_CURSOR, latch_now_ns());
		schedule(output, (struct latch_deadline_ask){.in_step = true});
	}
}

bool latch_output_shows(const struct latch_output *output, struct wlr_surface *surface) {
	return latch_gate_output_shows(&output->clock, surface);
}

void latch_output_find_color(struct latch_output *output) {
	const struct latch_core *core = output->core;
	const bool hdr = output->kms != NULL && output->kms->signal == LATCH_SIGNAL_HDR;
	const struct color_description *color =
		core->color.transfer != COLOR_PQ || hdr ? &core->color : &core->sdr_color;
	if (output->clock.color != color) {
		output->clock.color = color;
		latch_gate_colors_changed(core->gate);
	}
}

const struct color_description *latch_output_color(const struct latch_output *output) {
	return output->clock.color;
}

/* Begins to latch, on a screen that shows nothing of ours. */
static void begin(struct latch_output *output) {
	output->active = true;
	output->active_since_ns = latch_now_ns();
	latch_plan_forget(&output->plan_memory);
	if (output->kms != NULL) {
		output->kms->needs_modeset = true;
	}
	output->force = true;
	latch_output_schedule(output);
}

static bool is_wanted(const struct latch_output *output) {
	return output->core->active && output->enabled && output->powered;
}

/* Drops our pictures, and the frame that waits for one: the next picture is drawn whole. */
static void forget_pictures(struct latch_output *output) {
	output->awaits_picture = false;
	latch_frame_clear(output->awaited);
	latch_composer_reset(&output->composer);
}

void latch_output_leave(struct latch_output *output) {
	if (output->kms == NULL || !output->active) {
		return;
	}
	output->active = false;
	latch_output_cancel(output);
	/* This commit waits for the one under way, and the user with it, who may want to get away
	 * from a screen that stands still. */
	const struct latch_frame *pending = output->pending;
	bool is_long = output->flip_pending &&
		       latch_now_ns() - pending->record.submit_end_ns > LONG_FLIP_NS;
	if (output->watchdog.lost == NULL && !is_long) {
		latch_kms_output_bare(output->kms);
	}
}

void latch_output_stay(struct latch_output *output) {
	if (output->kms != NULL && is_wanted(output) && !output->active) {
		begin(output);
	}
}

void latch_output_session_changed(struct latch_output *output) {
	output->active = is_wanted(output);
	if (!output->active) {
		return;
	}
	/* Another master has left its own state there: begin anew. A flip that was
	 * under way when we were switched off may never be reported. */
	output->flip_pending = false;
	latch_frame_clear(output->pending);
	latch_watchdog_let_go(output, output->on_screen, latch_now_ns());
	if (output->awaits_picture) {
		forget_pictures(output);
	}
	begin(output);
}

/* A surface on two outputs: the other one's flip is yet to be told of. */
static bool flips_elsewhere(
	const struct latch_output *output, const struct latch_content *content) {
	const struct latch_output *other;
	wl_list_for_each(other, &output->core->outputs, link) {
		if (other != output &&
			((other->flip_pending && latch_frame_has(other->pending, content)) ||
				latch_frame_has(other->awaited, content))) {
			return true;
		}
	}
	return false;
}

static void discard_feedback(const struct latch_output *output, const struct latch_frame *frame) {
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_content *content = frame->layers[i].content;
		if (!flips_elsewhere(output, content)) {
			wlr_presentation_feedback_destroy(content->feedback);
			content->feedback = NULL;
		}
	}
}

void latch_output_flip_lost(struct latch_output *output, const struct latch_frame *frame) {
	output->flip_pending = false;
	discard_feedback(output, frame);
	begin(output);
}

/* It is dark: no plane reads a buffer any more, and no flip is to come: what frames hold goes back.
 * What was on screen is the last to go, so that it is known of each content what gave it back. */
static void drop_frames(struct latch_output *output) {
	latch_output_cancel(output);
	latch_capture_finish(&output->capture);
	output->flip_pending = false;
	for (size_t i = 0; i < LATCH_OUTPUT_FRAMES; i++) {
		discard_feedback(output, &output->frames[i]);
	}
	forget_pictures(output);
	latch_frame_clear(output->pending);
	latch_frame_clear(output->next);
	const int64_t time_ns = latch_now_ns();
	latch_watchdog_let_go(output, NULL, time_ns);
	if (output->on_screen->len > 0) {
		latch_trace_shown(output->core->trace, output->id, time_ns, 0, NULL, 0);
	}
	latch_frame_note_off(output->on_screen, NULL, time_ns, LATCH_RELEASED_DARK);
	latch_frame_clear(output->on_screen);
	output->layers.len = 0;
	output->plan = (struct latch_plan){0};
	latch_content_unref(output->cursor_content);
	output->cursor_content = NULL;
	latch_output_forget_picture(output);
	output->cursor.visible = false;
}

void latch_output_describe(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	const bool window = output->kms == NULL;
	char mode[64];
	kms_mode_name(
		mode, sizeof(mode), wlr_output->width, wlr_output->height, wlr_output->refresh);
	latch_trace_add_output(output->core->trace,
		&(struct latch_trace_output){
			.id = output->id,
			.name = wlr_output->name,
			.device = window ? "a window" : latch_kms_output_device(output->kms),
			.mode = mode,
			.renderer = latch_renderer_name(&output->core->renderer),
			.clock = window ? "relayed"
					: kms_clock_kind_name(output->kms->device->clock),
		});
}

void latch_output_reconfigured(struct latch_output *output, uint32_t committed) {
	if (committed & (WLR_OUTPUT_STATE_ENABLED | WLR_OUTPUT_STATE_MODE)) {
		if (output->kms != NULL) {
			drop_frames(output);
			/* It may have another CRTC now, with another cursor plane. */
			latch_cursor_plane_finish(&output->cursor);
			if (output->kms->crtc != NULL) {
				latch_cursor_plane_init(&output->cursor, output->kms);
			}
		}
		const int32_t mhz = output->wlr_output->refresh;
		latch_deadline_init(&output->deadline, mhz > 0 ? INT64_C(1000000000000) / mhz : 0,
			output->kms != NULL ? latch_kms_output_blank_ns(output->kms) : 0);
		output->tearing = (struct latch_tearing){.logged = output->tearing.logged};
		output->vrr.refused = output->content_type_refused = false;
	}
	forget_pictures(output);
	output->active = is_wanted(output);
	if (output->active) {
		latch_output_describe(output);
		begin(output);
	}
}

void latch_output_join(struct latch_output *output) {
	struct wlr_output_layout *layout = output->core->layout;
	if (output->placed) {
		wlr_output_layout_add(layout, output->wlr_output, output->x, output->y);
	} else {
		wlr_output_layout_add_auto(layout, output->wlr_output);
	}
}

void latch_output_part(struct latch_output *output) {
	latch_shell_leave_output(output->core->shell, output->wlr_output);
	wlr_output_layout_remove(output->core->layout, output->wlr_output);
}

void latch_output_renderer_gone(struct latch_output *output) {
	forget_pictures(output);
	latch_output_forget_picture(output);
}

void latch_output_renderer_made(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	/* wlroots' own objects need one, too (image_capture.c). It drops what it has drawn with the
	 * one before. */
	if (wlr_output->renderer != NULL) {
		wlr_output->renderer = NULL;
		wlr_output->allocator = NULL;
		latch_renderer_give(&output->core->renderer, wlr_output);
	}
	if (output->active) {
		latch_output_describe(output);
		output->force = true;
		latch_output_schedule(output);
	}
}

static void handle_request(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, on.request);
	const struct wlr_output_event_request_state *event = data;
	const struct wlr_output *now = output->wlr_output, before = *now;
	if (wlr_output_commit_state(output->wlr_output, event->state) &&
		(before.width != now->width || before.height != now->height ||
			before.scale != now->scale || before.transform != now->transform ||
			before.refresh != now->refresh)) {
		latch_output_reconfigured(output, event->state->committed);
	}
}

static void handle_needs_frame(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, on.needs_frame);
	output->wlr_output->needs_frame = false; // or it would be told only once
	output->force = true;
	latch_output_schedule(output);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, on.destroy);
	struct latch_core *core = output->core;
	latch_output_destroy(output);
	if (core->backend.kms == NULL && wl_list_empty(&core->outputs)) {
		core->end(core, LATCH_EXIT_OK); // its window was closed
	}
}

/* Another one is lit that could use the CRTC of this one only. */
static void handle_moved(void *data) {
	latch_output_reconfigured(data, WLR_OUTPUT_STATE_MODE);
}

/* What the command line asks for; the mode of a device is chosen where it is lit. */
static void apply_request(struct latch_output *output) {
	const struct latch_output_request asked = latch_output_requests_find(
		output->core->requests, output->wlr_output->name);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	if (asked.scale > 0) {
		wlr_output_state_set_scale(&state, asked.scale);
	}
	if (asked.turned) {
		wlr_output_state_set_transform(&state, asked.transform);
	}
	if (asked.mode.width > 0 && output->kms == NULL) {
		wlr_output_state_set_custom_mode(&state, asked.mode.width, asked.mode.height, 0);
	}
	if (state.committed != 0 && !wlr_output_commit_state(output->wlr_output, &state)) {
		wlr_log(WLR_ERROR, "%s can't be as --output asks", output->wlr_output->name);
	}
	wlr_output_state_finish(&state);
	output->placed = asked.placed;
	output->x = asked.x;
	output->y = asked.y;
}

struct latch_output *latch_output_create(struct latch_core *core, struct wlr_output *wlr_output) {
	static uint32_t last_id;
	struct latch_output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		return NULL;
	}
	*output = (struct latch_output){
		.vrr = {.policy = core->vrr, .logged = LATCH_VRR_NOT_ASKED},
		.core = core,
		.wlr_output = wlr_output,
		.kms = latch_kms_output_from_wlr_output(wlr_output),
		.id = ++last_id,
		.powered = true,
		.on_screen = &output->frames[0],
		.pending = &output->frames[1],
		.awaited = &output->frames[2],
		.next = &output->frames[3],
		.clock = {.wlr_output = wlr_output,
			.deadline = &output->deadline,
			.active = &output->active,
			.color = &core->color},
	};
	wlr_output->data = output;
	wl_list_insert(core->outputs.prev, &output->link);
	wl_list_insert(core->clocks.prev, &output->clock.link);
	wl_list_init(&output->callbacks);
	latch_listen(&wlr_output->events.request_state, &output->on.request, handle_request);
	latch_listen(&wlr_output->events.needs_frame, &output->on.needs_frame, handle_needs_frame);
	latch_listen(&wlr_output->events.destroy, &output->on.destroy, handle_destroy);
	latch_composer_init(&output->composer, &core->renderer, wlr_output, core->urgent_loop,
		latch_output_picture_done, output);

	bool ok = latch_timer_init(&output->timer, core->urgent_loop, latch_as_planned, output) &&
		  latch_output_callbacks_init(output) && latch_watchdog_init(output) &&
		  (latch_output_enable(output) || output->kms != NULL);
	if (!ok) {
		wlr_log(WLR_ERROR, "%s can't be enabled", wlr_output->name);
		latch_output_destroy(output);
		return NULL;
	}
	latch_output_find_color(output);
	if (output->kms != NULL) {
		output->kms->handlers = (struct latch_kms_handlers){
			latch_scanout_handle_flip, handle_moved, output};
	} else {
		latch_window_init(output);
	}
	latch_image_capture_add(output);
	apply_request(output);
	if (output->enabled) {
		latch_output_reconfigured(output, WLR_OUTPUT_STATE_ENABLED);
		latch_output_join(output);
	}
	latch_management_changed(core->management);
	return output;
}

void latch_output_destroy(struct latch_output *output) {
	output->enabled = false;
	latch_output_part(output);
	latch_management_changed(output->core->management);
	latch_outputs_changed(output->core);
	if (output->kms != NULL) {
		output->kms->handlers = (struct latch_kms_handlers){0};
		/* Off before its buffers go back: a plane reads them as long as it is on. */
		latch_kms_output_disable(output->kms);
		latch_cursor_plane_finish(&output->cursor);
	}
	drop_frames(output);
	for (size_t i = 0; i < LATCH_OUTPUT_FRAMES; i++) {
		latch_frame_finish(&output->frames[i]);
	}
	latch_composer_finish(&output->composer);
	latch_layer_list_finish(&output->layers);
	free(output->shell_surfaces);
	latch_output_callbacks_finish(output);
	latch_timer_finish(&output->watchdog.timer);
	latch_timer_finish(&output->timer);
	latch_unlisten_all(&output->on, sizeof(output->on));
	wl_list_remove(&output->link);
	wl_list_remove(&output->clock.link);
	output->wlr_output->data = NULL;
	free(output);
}
