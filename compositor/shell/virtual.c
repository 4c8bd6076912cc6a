/* SPDX-License-Identifier: MIT */
/*
 * Input that clients make (virtual-pointer, virtual-keyboard): on-screen keyboards, remote desktops,
 * tests. A virtual pointer is one more pointer. A virtual keyboard brings a keymap of its own: it
 * has the seat while its keys go down and up, and none of latch's bindings.
 */
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_virtual_keyboard_v1.h>
#include <wlr/types/wlr_virtual_pointer_v1.h>

#include "shell/private.h"

struct virtual_keyboard {
	struct latch_shell *shell;
	struct wlr_keyboard *wlr;
	struct {
		struct wl_listener key, modifiers, destroy;
	} on;
};

static void handle_key(struct wl_listener *listener, void *data) {
	struct virtual_keyboard *keyboard = wl_container_of(listener, keyboard, on.key);
	const struct wlr_keyboard_key_event *event = data;
	wlr_seat_set_keyboard(keyboard->shell->seat, keyboard->wlr);
	latch_keyboard_send(keyboard->shell, event);
}

static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct virtual_keyboard *keyboard = wl_container_of(listener, keyboard, on.modifiers);
	wlr_seat_set_keyboard(keyboard->shell->seat, keyboard->wlr);
	wlr_seat_keyboard_notify_modifiers(keyboard->shell->seat, &keyboard->wlr->modifiers);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct virtual_keyboard *keyboard = wl_container_of(listener, keyboard, on.destroy);
	latch_unlisten_all(&keyboard->on, sizeof(keyboard->on));
	latch_keyboard_take_seat(keyboard->shell);
	free(keyboard);
}

static void handle_new_keyboard(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_virtual_keyboard);
	struct wlr_virtual_keyboard_v1 *wlr = data;
	struct virtual_keyboard *keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	keyboard->shell = shell;
	keyboard->wlr = &wlr->keyboard;
	latch_listen(&wlr->keyboard.events.key, &keyboard->on.key, handle_key);
	latch_listen(&wlr->keyboard.events.modifiers, &keyboard->on.modifiers, handle_modifiers);
	latch_listen(&wlr->keyboard.base.events.destroy, &keyboard->on.destroy, handle_destroy);
}

static void handle_new_pointer(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_virtual_pointer);
	struct wlr_virtual_pointer_v1_new_pointer_event *event = data;
	struct wlr_pointer *pointer = &event->new_pointer->pointer;
	if (event->suggested_output != NULL) {
		pointer->output_name = strdup(event->suggested_output->name);
	}
	latch_seat_add_input(shell, &pointer->base);
}

bool latch_virtual_init(struct latch_shell *shell) {
	struct wl_display *display = shell->options.display;
	struct wlr_virtual_pointer_manager_v1 *pointers =
		wlr_virtual_pointer_manager_v1_create(display);
	struct wlr_virtual_keyboard_manager_v1 *keyboards =
		wlr_virtual_keyboard_manager_v1_create(display);
	if (pointers == NULL || keyboards == NULL) {
		return false;
	}
	latch_listen(&pointers->events.new_virtual_pointer, &shell->on.new_virtual_pointer,
		handle_new_pointer);
	latch_listen(&keyboards->events.new_virtual_keyboard, &shell->on.new_virtual_keyboard,
		handle_new_keyboard);
	return true;
}
