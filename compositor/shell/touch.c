/* SPDX-License-Identifier: MIT */
/*
 * Touch screens, simply: a finger belongs to the surface that it went down on.
 */
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_touch.h>

#include "base/clock.h"
#include "shell/private.h"

/* A panel that is part of the device, by the kernel's name for its connector. */
static bool is_built_in(const struct wlr_output *output) {
	static const char *const types[] = {"eDP-", "LVDS-", "DSI-", "DPI-"};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strncmp(output->name, types[i], strlen(types[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* The output that the device belongs to. NULL: to none, or it is not known. */
static struct wlr_output *output_of(
	struct latch_shell *shell, enum wlr_input_device_type type, const char *name) {
	struct wlr_output *built_in = NULL, *only = NULL;
	struct wlr_output_layout_output *l_output;
	size_t count = 0;
	wl_list_for_each(l_output, &shell->options.layout->outputs, link) {
		struct wlr_output *output = l_output->output;
		/* Nested, each window of ours is an output with a pointer of its own. */
		if (name != NULL && strcmp(output->name, name) == 0) {
			return output;
		}
		if (type == WLR_INPUT_DEVICE_TOUCH && built_in == NULL && is_built_in(output)) {
			built_in = output;
		}
		only = output;
		count++;
	}
	return built_in != NULL ? built_in : count == 1 ? only : NULL;
}

void latch_absolute_to_layout(struct latch_shell *shell, const struct wlr_input_device *device,
	const char *output_name, double x, double y, double *lx, double *ly) {
	struct wlr_output *output = output_of(shell, device->type, output_name);
	struct wlr_fbox at = {.x = x, .y = y};
	struct wlr_box box;
	if (latch_output_box(shell, output, &box)) {
		/* The device is turned along with the monitor. */
		wlr_fbox_transform(&at, &at, output->transform, 1, 1);
	} else {
		wlr_output_layout_get_box(shell->options.layout, NULL, &box);
	}
	*lx = box.x + box.width * at.x;
	*ly = box.y + box.height * at.y;
}

static struct latch_touch_point *find_point(struct latch_shell *shell, int32_t id) {
	for (size_t i = 0; i < LATCH_TOUCH_POINTS; i++) {
		struct latch_touch_point *point = &shell->touch[i];
		if (point->used && point->id == id) {
			return point;
		}
	}
	return NULL;
}

static struct latch_touch_point *take_point(struct latch_shell *shell, int32_t id) {
	struct latch_touch_point *point = find_point(shell, id);
	for (size_t i = 0; point == NULL && i < LATCH_TOUCH_POINTS; i++) {
		point = shell->touch[i].used ? NULL : &shell->touch[i];
	}
	return point;
}

static void forget(struct latch_touch_point *point) {
	point->used = false;
	latch_unlisten(&point->surface_destroy);
}

/* The client is told that the finger is up, or it would wait for that: nobody else can tell it. Not by
 * the seat's grab, for which that would be a drop. */
static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct latch_touch_point *point = wl_container_of(listener, point, surface_destroy);
	struct wlr_seat *seat = point->shell->seat;
	forget(point);
	if (wlr_seat_touch_get_point(seat, point->id) != NULL) {
		wlr_seat_touch_send_up(seat, latch_now_msec(), point->id);
		wlr_seat_touch_send_frame(seat);
	}
}

static void note_input(struct latch_shell *shell, struct wlr_surface *surface,
	const struct wlr_seat_client *client, uint32_t time_msec) {
	const int64_t time_ns = latch_event_ns(time_msec);
	latch_idle_note_input(shell);
	shell->options.input(shell->options.data, surface, time_ns);
	if (client != NULL) {
		latch_timestamps_send(&client->touches, time_ns);
	}
}

static void handle_down(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.touch_down);
	struct wlr_touch_down_event *event = data;
	double x, y, sx, sy;
	latch_idle_note_input(shell); // also where nobody is touched
	latch_absolute_to_layout(
		shell, &event->touch->base, event->touch->output_name, event->x, event->y, &x, &y);

	struct wlr_surface *surface = latch_surface_at(shell, x, y, &sx, &sy);
	struct latch_touch_point *point = take_point(shell, event->touch_id);
	if (surface == NULL || point == NULL) {
		return;
	}
	forget(point);
	*point = (struct latch_touch_point){
		.id = event->touch_id, .used = true, .dx = x - sx, .dy = y - sy, .shell = shell};
	/* Before the seat's own listener, which forgets the finger. */
	latch_listen(&surface->events.destroy, &point->surface_destroy, handle_surface_destroy);
	shell->cycle = 0;
	latch_focus_surface(shell, surface);
	note_input(shell, surface,
		wlr_seat_client_for_wl_client(
			shell->seat, wl_resource_get_client(surface->resource)),
		event->time_msec);
	wlr_seat_touch_notify_down(shell->seat, surface, event->time_msec, event->touch_id, sx, sy);
}

bool latch_touch_take(
	struct latch_shell *shell, const struct wlr_touch_point *seat_point, double *x, double *y) {
	struct latch_touch_point *point = find_point(shell, seat_point->touch_id);
	if (point == NULL) {
		return false;
	}
	forget(point);
	*x = seat_point->sx + point->dx;
	*y = seat_point->sy + point->dy;
	return true;
}

/* The finger drags a window, and no client hears of it. */
static bool has_grab(const struct latch_shell *shell, int32_t id) {
	return shell->grab.kind != LATCH_GRAB_NONE && shell->grab.touch &&
	       shell->grab.touch_id == id;
}

/* The finger goes. Returns whether a client knows it. */
static bool let_go(struct latch_shell *shell, int32_t id) {
	if (has_grab(shell, id)) {
		latch_grab_end(shell);
		return false;
	}
	struct latch_touch_point *point = find_point(shell, id);
	if (point != NULL) {
		forget(point);
	}
	return point != NULL;
}

static void note_input_of(struct latch_shell *shell, int32_t id, uint32_t time_msec) {
	const struct wlr_touch_point *point = wlr_seat_touch_get_point(shell->seat, id);
	if (point != NULL) {
		note_input(shell, point->surface, point->client, time_msec);
	}
}

static void handle_up(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.touch_up);
	struct wlr_touch_up_event *event = data;
	if (let_go(shell, event->touch_id)) {
		note_input_of(shell, event->touch_id, event->time_msec);
		wlr_seat_touch_notify_up(shell->seat, event->time_msec, event->touch_id);
	}
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.touch_motion);
	struct wlr_touch_motion_event *event = data;
	double x, y, sx, sy;
	latch_absolute_to_layout(
		shell, &event->touch->base, event->touch->output_name, event->x, event->y, &x, &y);
	if (has_grab(shell, event->touch_id)) {
		latch_grab_motion(shell, x, y);
		return;
	}
	struct latch_touch_point *point = find_point(shell, event->touch_id);
	if (point == NULL) {
		return;
	}
	if (wlr_seat_touch_has_grab(shell->seat)) {
		/* A drag and drop asks what it is over. */
		struct wlr_surface *surface = latch_surface_at(shell, x, y, &sx, &sy);
		if (surface != NULL) {
			wlr_seat_touch_point_focus(
				shell->seat, surface, event->time_msec, event->touch_id, sx, sy);
		} else {
			wlr_seat_touch_point_clear_focus(
				shell->seat, event->time_msec, event->touch_id);
		}
	}
	note_input_of(shell, event->touch_id, event->time_msec);
	wlr_seat_touch_notify_motion(
		shell->seat, event->time_msec, event->touch_id, x - point->dx, y - point->dy);
}

static void handle_cancel(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.touch_cancel);
	struct wlr_touch_cancel_event *event = data;
	struct wlr_touch_point *seat_point = wlr_seat_touch_get_point(shell->seat, event->touch_id);
	if (let_go(shell, event->touch_id) && seat_point != NULL && seat_point->client != NULL) {
		wlr_seat_touch_notify_cancel(shell->seat, seat_point->client);
	}
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.touch_frame);
	wlr_seat_touch_notify_frame(shell->seat);
}

void latch_touch_init(struct latch_shell *shell) {
	struct wlr_cursor *devices = shell->cursor.devices;
	latch_listen(&devices->events.touch_down, &shell->on.touch_down, handle_down);
	latch_listen(&devices->events.touch_up, &shell->on.touch_up, handle_up);
	latch_listen(&devices->events.touch_motion, &shell->on.touch_motion, handle_motion);
	latch_listen(&devices->events.touch_cancel, &shell->on.touch_cancel, handle_cancel);
	latch_listen(&devices->events.touch_frame, &shell->on.touch_frame, handle_frame);
}

void latch_touch_finish(struct latch_shell *shell) {
	for (size_t i = 0; i < LATCH_TOUCH_POINTS; i++) {
		forget(&shell->touch[i]);
	}
}
