#include "output/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "clock.h"
#include "output/content.h"
#include "output/scanout.h"
#include "output/window.h"
#include "server.h"
#include "shell/shell.h"
#include "sync/fence.h"
#include "trace/trace.h"

/* A cursor's image may be seen on an output that its position is not on, so far from its edge. */
#define CURSOR_REACH 256

/* How soon a commit that the kernel was too busy for is tried again. */
#define RETRY_NS INT64_C(1000000)

static int64_t refresh_ns(const struct wlr_output *wlr_output) {
	return wlr_output->refresh > 0 ? INT64_C(1000000000000) / wlr_output->refresh : 0;
}

static void arm_timer(struct latch_output *output, int64_t wake_ns) {
	output->wake_ns = wake_ns;
	struct timespec at = latch_ns_timespec(wake_ns);
	struct itimerspec spec = {.it_value = at};
	/* An absolute time that has passed fires at once; all zeros would disarm it. */
	timerfd_settime(output->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static int handle_timer(int fd, uint32_t mask, void *data) {
	struct latch_output *output = data;
	uint64_t expirations;
	if (read(fd, &expirations, sizeof(expirations)) < 0) {
		return 0;
	}
	int64_t planned_ns = output->planned_ns;
	output->wake_ns = 0;
	output->planned_ns = 0;
	latch_output_latch(output, planned_ns);
	return 0;
}

static void schedule(struct latch_output *output,
	int64_t (*wake)(const struct latch_deadline *deadline, int64_t now_ns)) {
	output->dirty = true;
	if (!output->active || output->flip_pending || latch_window_is_busy(output)) {
		return; // the flip, the switch back or the window's frame event will have a look
	}
	int64_t now_ns = latch_now_ns();
	int64_t wake_ns = wake(&output->deadline, now_ns);
	if (output->wake_ns != 0 && output->wake_ns <= wake_ns) {
		return; // the timer will
	}
	arm_timer(output, wake_ns);
	bool known = latch_deadline_next_vblank(&output->deadline, now_ns) != 0;
	output->planned_ns = known && wake_ns > now_ns ? wake_ns : 0;
}

void latch_output_schedule(struct latch_output *output) {
	schedule(output, latch_deadline_wake);
}

void latch_output_wait_until(struct latch_output *output, int64_t time_ns) {
	output->dirty = true;
	arm_timer(output, time_ns);
}

void latch_output_retry(struct latch_output *output) {
	output->force = true; // what the failed frame would have changed is not seen again
	latch_output_wait_until(output, latch_now_ns() + RETRY_NS);
}

void latch_output_cursor_moved(struct latch_output *output) {
	double x, y;
	latch_shell_cursor(output->server->shell, &x, &y);
	struct wlr_box box;
	wlr_output_layout_get_box(output->server->layout, output->wlr_output, &box);
	bool near = x > box.x - CURSOR_REACH && x < box.x + box.width + CURSOR_REACH &&
		    y > box.y - CURSOR_REACH && y < box.y + box.height + CURSOR_REACH;
	/* An output that the cursor has just left has to take it away. */
	if (near || output->cursor.visible || output->cursor_content != NULL) {
		schedule(output, latch_deadline_wake_in_step);
	}
}

bool latch_output_shows(const struct latch_output *output, struct wlr_surface *surface) {
	struct wlr_surface_output *entered;
	wl_list_for_each(entered, &surface->current_outputs, link) {
		if (entered->output == output->wlr_output) {
			return true;
		}
	}
	return false;
}

void latch_output_set_active(struct latch_output *output, bool active) {
	output->active = active;
	if (!active) {
		return;
	}
	output->active_since_ns = latch_now_ns();
	/* Whoever had the device meanwhile left its own state there: begin anew. A flip that was
	 * under way when we were switched off may never be reported. */
	if (output->flip_pending) {
		output->flip_pending = false;
		latch_frame_clear(output->pending);
	}
	latch_plan_forget(&output->plan_memory);
	if (output->kms != NULL) {
		output->kms->needs_modeset = true;
	}
	output->force = true;
	latch_output_schedule(output);
}

void latch_output_describe(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	char mode[64];
	snprintf(mode, sizeof(mode), "%dx%d at %.3f Hz", wlr_output->width, wlr_output->height,
		wlr_output->refresh / 1000.0);
	latch_trace_add_output(output->server->trace,
		&(struct latch_trace_output){
			.id = output->id,
			.name = wlr_output->name,
			.device = output->kms != NULL ? latch_kms_output_device(output->kms)
						      : "a window",
			.mode = mode,
			.renderer = latch_renderer_name(&output->server->renderer),
			.clock = output->kms != NULL ? latch_kms_output_clock(output->kms)
						     : "relayed",
		});
}

static void handle_request_state(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, request_state);
	const struct wlr_output_event_request_state *event = data;
	const struct wlr_output before = *output->wlr_output;
	if (!wlr_output_commit_state(output->wlr_output, event->state)) {
		return;
	}
	const struct wlr_output *now = output->wlr_output;
	if (before.width == now->width && before.height == now->height &&
		before.scale == now->scale && before.transform == now->transform &&
		before.refresh == now->refresh) {
		return;
	}
	latch_composer_reset(&output->composer);
	latch_deadline_init(&output->deadline, refresh_ns(output->wlr_output));
	latch_output_describe(output);
	latch_output_schedule(output);
}

static void handle_needs_frame(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, needs_frame);
	output->wlr_output->needs_frame = false; // or it would be told only once
	output->force = true;
	latch_output_schedule(output);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_output *output = wl_container_of(listener, output, destroy);
	struct latch_server *server = output->server;
	latch_output_destroy(output);
	if (server->backend.kms == NULL && wl_list_empty(&server->outputs)) {
		latch_server_end(server, LATCH_EXIT_OK); // its window was closed
	}
}

static bool enable(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	struct wlr_output_mode *mode = output->kms != NULL
					       ? latch_kms_output_wanted_mode(output->kms)
					       : wlr_output_preferred_mode(wlr_output);
	if (mode != NULL) {
		wlr_output_state_set_mode(&state, mode);
	}
	bool ok = output->kms != NULL ? wlr_output_commit_state(wlr_output, &state)
				      : latch_window_enable(output, &state);
	wlr_output_state_finish(&state);
	return ok;
}

static bool create_timer(struct latch_output *output) {
	output->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (output->timer_fd < 0) {
		return false;
	}
	output->timer = wl_event_loop_add_fd(output->server->event_loop, output->timer_fd,
		WL_EVENT_READABLE, handle_timer, output);
	return output->timer != NULL;
}

struct latch_output *latch_output_create(
	struct latch_server *server, struct wlr_output *wlr_output) {
	static uint32_t last_id;
	struct latch_output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		return NULL;
	}
	*output = (struct latch_output){
		.server = server,
		.wlr_output = wlr_output,
		.kms = latch_kms_output_from_wlr_output(wlr_output),
		.id = ++last_id,
		.active = server->active,
		.timer_fd = -1,
		.out_fence_fd = -1,
		.on_screen = &output->frames[0],
		.pending = &output->frames[1],
		.next = &output->frames[2],
		.request_state.notify = handle_request_state,
		.needs_frame.notify = handle_needs_frame,
		.destroy.notify = handle_destroy,
	};
	wlr_output->data = output;
	wl_list_insert(server->outputs.prev, &output->link);
	wl_list_init(&output->present.link);
	wl_list_init(&output->frame.link);
	wl_signal_add(&wlr_output->events.request_state, &output->request_state);
	wl_signal_add(&wlr_output->events.needs_frame, &output->needs_frame);
	wl_signal_add(&wlr_output->events.destroy, &output->destroy);
	latch_composer_init(&output->composer, &server->renderer, wlr_output);
	latch_capture_init(&output->capture);

	if (!create_timer(output) || !enable(output)) {
		wlr_log(WLR_ERROR, "%s can't be enabled", wlr_output->name);
		latch_output_destroy(output);
		return NULL;
	}
	if (output->kms != NULL) {
		latch_kms_output_set_flip_handler(output->kms, latch_scanout_handle_flip, output);
		latch_cursor_plane_init(&output->cursor, output->kms);
	} else {
		latch_window_init(output);
	}
	latch_deadline_init(&output->deadline, refresh_ns(wlr_output));
	latch_output_describe(output);

	wlr_output_layout_add_auto(server->layout, wlr_output);
	wlr_output_create_global(wlr_output, server->display);
	output->force = true;
	latch_output_schedule(output);
	return output;
}

void latch_output_destroy(struct latch_output *output) {
	wlr_output_layout_remove(output->server->layout, output->wlr_output);
	if (output->kms != NULL) {
		latch_kms_output_set_flip_handler(output->kms, NULL, NULL);
		/* Off before its buffers go back: a plane reads them as long as it is on. */
		latch_kms_output_disable(output->kms);
		latch_cursor_plane_finish(&output->cursor);
	}
	latch_capture_finish(&output->capture);
	latch_fence_clear(&output->out_fence_fd);
	for (size_t i = 0; i < 3; i++) {
		latch_frame_finish(&output->frames[i]);
	}
	latch_content_unref(output->cursor_content);
	latch_composer_finish(&output->composer);
	latch_collection_finish(&output->collection);
	if (output->timer != NULL) {
		wl_event_source_remove(output->timer);
	}
	if (output->timer_fd >= 0) {
		close(output->timer_fd);
	}
	wl_list_remove(&output->present.link);
	wl_list_remove(&output->frame.link);
	wl_list_remove(&output->request_state.link);
	wl_list_remove(&output->needs_frame.link);
	wl_list_remove(&output->destroy.link);
	wl_list_remove(&output->link);
	output->wlr_output->data = NULL;
	free(output);
}
