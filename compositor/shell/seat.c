/* SPDX-License-Identifier: MIT */
/*
 * The one seat: its devices, its selections, and what is dragged over it.
 */
#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_data_control_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_ext_data_control_v1.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/util/log.h>

#include "shell/private.h"

struct input {
	struct wl_list link; /* latch_shell.inputs */
	struct latch_shell *shell;
	struct wlr_input_device *device;
	struct wl_listener destroy;
};

/* 0: it is not used. */
static uint32_t get_capability(const struct wlr_input_device *device) {
	static const uint32_t capabilities[WLR_INPUT_DEVICE_SWITCH + 1] = {
		[WLR_INPUT_DEVICE_KEYBOARD] = WL_SEAT_CAPABILITY_KEYBOARD,
		[WLR_INPUT_DEVICE_POINTER] = WL_SEAT_CAPABILITY_POINTER,
		[WLR_INPUT_DEVICE_TOUCH] = WL_SEAT_CAPABILITY_TOUCH,
	};
	return capabilities[device->type];
}

static void update_capabilities(struct latch_shell *shell) {
	uint32_t capabilities = 0;
	struct input *input;
	wl_list_for_each(input, &shell->inputs, link) {
		capabilities |= get_capability(input->device);
	}
	if (capabilities == shell->seat->capabilities) {
		return;
	}
	wlr_seat_set_capabilities(shell->seat, capabilities);
	/* The cursor appears with the first pointer. */
	shell->options.cursor_moved(shell->options.data);
	latch_shell_changed(shell);
}

static void handle_input_destroy(struct wl_listener *listener, void *data) {
	struct input *input = wl_container_of(listener, input, destroy);
	struct latch_shell *shell = input->shell;
	/* wlr_cursor and wlr_keyboard_group listen on their own. */
	latch_unlisten(&input->destroy);
	wl_list_remove(&input->link);
	free(input);
	update_capabilities(shell);
}

void latch_seat_add_input(struct latch_shell *shell, struct wlr_input_device *device) {
	if (get_capability(device) == 0) {
		wlr_log(WLR_INFO, "input '%s': tablets and switches are not used", device->name);
		return;
	}
	struct input *input = calloc(1, sizeof(*input));
	if (input == NULL) {
		wlr_log(WLR_ERROR, "out of memory: input '%s' is not used", device->name);
		return;
	}
	input->shell = shell;
	input->device = device;
	wl_list_insert(&shell->inputs, &input->link);
	latch_listen(&device->events.destroy, &input->destroy, handle_input_destroy);

	latch_device_apply(&shell->options.devices, device);
	if (device->type == WLR_INPUT_DEVICE_KEYBOARD) {
		latch_keyboard_add(shell, wlr_keyboard_from_input_device(device));
	} else {
		wlr_cursor_attach_input_device(shell->cursor.devices, device);
	}
	update_capabilities(shell);
}

static void handle_new_input(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_input);
	latch_seat_add_input(shell, data);
}

static void handle_set_cursor(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.set_cursor);
	struct wlr_seat_pointer_request_set_cursor_event *event = data;
	/* Only the client under the pointer sets its image. */
	if (event->seat_client == shell->seat->pointer_state.focused_client) {
		latch_cursor_set_surface(shell, event->surface, event->hotspot_x, event->hotspot_y);
	}
}

static void handle_set_shape(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.set_shape);
	struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;
	if (event->device_type == WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER &&
		event->seat_client == shell->seat->pointer_state.focused_client) {
		latch_cursor_set_name(shell, wlr_cursor_shape_v1_name(event->shape));
	}
}

static const struct wl_client *get_client(const struct wlr_surface *surface) {
	return surface != NULL ? wl_resource_get_client(surface->resource) : NULL;
}

static void handle_pointer_focus(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.pointer_focus);
	struct wlr_seat_pointer_focus_change_event *event = data;
	/* Another client has not said yet what it wants to see, and may never do. */
	const struct wl_client *before = get_client(event->old_surface);
	const struct wl_client *after = get_client(event->new_surface);
	if (after == NULL || after != before) {
		latch_cursor_set_name(shell, "default");
	}
	latch_constraints_update(shell);
}

static void handle_grab_begin(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.grab_begin);
	latch_popups_grabbed(shell);
}

/* A popup's grab has ended, or a drag, during which the pointer was over no surface. */
static void handle_grab_end(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.grab_end);
	latch_keyboard_focus(shell);
	latch_shell_changed(shell);
}

static void handle_set_selection(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.set_selection);
	struct wlr_seat_request_set_selection_event *event = data;
	wlr_seat_set_selection(shell->seat, event->source, event->serial);
}

static void handle_set_primary(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.set_primary);
	struct wlr_seat_request_set_primary_selection_event *event = data;
	wlr_seat_set_primary_selection(shell->seat, event->source, event->serial);
}

static void handle_icon_commit(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.icon_commit);
	shell->drag_dx += shell->drag_icon->surface->current.dx;
	shell->drag_dy += shell->drag_icon->surface->current.dy;
	latch_shell_changed(shell);
}

static void handle_icon_destroy(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.icon_destroy);
	latch_unlisten(&shell->on.icon_commit);
	latch_unlisten(&shell->on.icon_destroy);
	shell->drag_icon = NULL;
	latch_shell_changed(shell);
}

static void handle_start_drag(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.start_drag);
	const struct wlr_drag *drag = data;
	struct wlr_drag_icon *icon = drag->icon;
	if (icon != NULL) {
		shell->drag_icon = icon;
		shell->drag_dx = shell->drag_dy = 0;
		latch_listen(
			&icon->surface->events.commit, &shell->on.icon_commit, handle_icon_commit);
		latch_listen(&icon->events.destroy, &shell->on.icon_destroy, handle_icon_destroy);
		latch_shell_changed(shell);
	}
}

/* wlroots 0.20 ends a drag that was not started together with its source, and has no function to
 * end one that has none: it is started, on the keyboard alone, and ended at once. Where something
 * has grabbed the keyboard it is lost, but that takes a user who helps. */
static void drop_drag(struct latch_shell *shell, struct wlr_drag *drag, uint32_t serial) {
	struct wlr_seat *seat = shell->seat;
	if (drag->source != NULL) {
		wlr_data_source_destroy(drag->source);
	} else if (seat->drag == NULL && !wlr_seat_keyboard_has_grab(seat)) {
		latch_unlisten(&shell->on.start_drag); // nobody is to see it
		wlr_seat_start_drag(seat, drag, serial);
		wlr_seat_keyboard_end_grab(seat);
		latch_listen(&seat->events.start_drag, &shell->on.start_drag, handle_start_drag);
	}
}

static void handle_ask_drag(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.ask_drag);
	struct wlr_seat_request_start_drag_event *event = data;
	struct wlr_touch_point *point;
	if (wlr_seat_validate_pointer_grab_serial(shell->seat, event->origin, event->serial)) {
		wlr_seat_start_pointer_drag(shell->seat, event->drag, event->serial);
	} else if (wlr_seat_validate_touch_grab_serial(
			   shell->seat, event->origin, event->serial, &point)) {
		wlr_seat_start_touch_drag(shell->seat, event->drag, event->serial, point);
	} else {
		/* The button is up again: nothing is dragged any more. */
		drop_drag(shell, event->drag, event->serial);
	}
}

bool latch_seat_init(struct latch_shell *shell) {
	struct wl_display *display = shell->options.display;
	shell->seat = wlr_seat_create(display, "seat0");
	struct wlr_cursor_shape_manager_v1 *shapes = wlr_cursor_shape_manager_v1_create(display, 2);
	if (shell->seat == NULL || shapes == NULL ||
		wlr_data_device_manager_create(display) == NULL ||
		wlr_primary_selection_v1_device_manager_create(display) == NULL ||
		wlr_data_control_manager_v1_create(display) == NULL ||
		wlr_ext_data_control_manager_v1_create(display, 1) == NULL ||
		!latch_timestamps_init(display) || !latch_virtual_init(shell) ||
		!latch_constraints_init(shell) || !latch_idle_init(shell) ||
		!latch_input_method_init(shell) || !latch_keyboard_init(shell)) {
		wlr_log(WLR_ERROR, "out of memory for the seat and its globals");
		return false;
	}
	latch_pointer_init(shell);
	latch_touch_init(shell);

	struct wlr_seat *seat = shell->seat;
	latch_listen(
		&shell->options.backend->events.new_input, &shell->on.new_input, handle_new_input);
	latch_listen(&seat->events.request_set_cursor, &shell->on.set_cursor, handle_set_cursor);
	latch_listen(&shapes->events.request_set_shape, &shell->on.set_shape, handle_set_shape);
	latch_listen(&seat->pointer_state.events.focus_change, &shell->on.pointer_focus,
		handle_pointer_focus);
	latch_listen(&seat->events.pointer_grab_begin, &shell->on.grab_begin, handle_grab_begin);
	latch_listen(&seat->events.keyboard_grab_end, &shell->on.grab_end, handle_grab_end);
	latch_listen(&seat->events.request_set_selection, &shell->on.set_selection,
		handle_set_selection);
	latch_listen(&seat->events.request_set_primary_selection, &shell->on.set_primary,
		handle_set_primary);
	latch_listen(&seat->events.request_start_drag, &shell->on.ask_drag, handle_ask_drag);
	latch_listen(&seat->events.start_drag, &shell->on.start_drag, handle_start_drag);
	return true;
}

void latch_seat_finish(struct latch_shell *shell) {
	latch_unlisten_all(&shell->on, sizeof(shell->on));

	struct input *input, *tmp;
	wl_list_for_each_safe(input, tmp, &shell->inputs, link) {
		latch_unlisten(&input->destroy);
		wl_list_remove(&input->link);
		free(input);
	}
	latch_keyboard_finish(shell);
	wlr_seat_destroy(shell->seat);
}

void latch_shell_backend_gone(struct latch_shell *shell) {
	latch_unlisten(&shell->on.new_input);
}
