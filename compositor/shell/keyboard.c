/* SPDX-License-Identifier: MIT */
/*
 * The keyboards, all as one: one keymap, one state, one set of lights.
 */
#include <string.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_keyboard_group.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "shell/private.h"

/* Keys per second and milliseconds, as most desktops have them. */
#define REPEAT_RATE 25
#define REPEAT_DELAY 600

static struct xkb_keymap *make_keymap(enum xkb_context_flags flags) {
	struct xkb_context *context = xkb_context_new(flags);
	struct xkb_keymap *keymap = NULL;
	if (context != NULL) {
		keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	return keymap;
}

/* From XKB_DEFAULT_RULES, _MODEL, _LAYOUT, _VARIANT and _OPTIONS. */
static struct xkb_keymap *load_keymap(void) {
	struct xkb_keymap *keymap = make_keymap(XKB_CONTEXT_NO_FLAGS);
	if (keymap != NULL) {
		return keymap;
	}
	wlr_log(WLR_ERROR, "no keymap for the XKB_DEFAULT_* variables: using the built-in default");
	keymap = make_keymap(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (keymap == NULL) {
		wlr_log(WLR_ERROR,
			"no default keymap either: keyboards don't work; install xkb-data");
	}
	return keymap;
}

/* An enum latch_key_owner. There is no key 0: it stands for all that are out of range. */
static uint8_t *owner_of(struct latch_keyboard *keyboard, uint32_t keycode) {
	return &keyboard->owners[keycode < KEY_CNT ? keycode : 0];
}

static bool act(struct latch_shell *shell, struct latch_binding binding) {
	switch (binding.action) {
	case LATCH_ACTION_NONE:
		break;
	case LATCH_ACTION_CYCLE_NEXT:
	case LATCH_ACTION_CYCLE_PREVIOUS:
		latch_focus_cycle(shell, binding.action == LATCH_ACTION_CYCLE_NEXT ? 1 : -1);
		return true;
	case LATCH_ACTION_CLOSE:
		if (shell->active != NULL) {
			wlr_xdg_toplevel_send_close(shell->active->xdg);
		}
		return true;
	case LATCH_ACTION_RECORD:
		shell->options.record(shell->options.data);
		return true;
	case LATCH_ACTION_TERMINATE:
		wlr_log(WLR_INFO, "Ctrl+Alt+Backspace: the session ends");
		shell->options.terminate(shell->options.data);
		return true;
	case LATCH_ACTION_SWITCH_VT:
		if (shell->options.session == NULL) {
			break;
		}
		shell->options.leave(shell->options.data);
		if (!wlr_session_change_vt(shell->options.session, binding.vt)) {
			wlr_log(WLR_ERROR, "switching to VT %u failed", binding.vt);
		}
		return true;
	}
	return false;
}

static struct latch_binding find_binding(struct wlr_keyboard *keyboard, xkb_keycode_t keycode) {
	const uint32_t modifiers = wlr_keyboard_get_modifiers(keyboard);
	const xkb_layout_index_t layout = xkb_state_key_get_layout(keyboard->xkb_state, keycode);
	struct latch_binding binding = {0};
	const xkb_keysym_t *syms;
	int count = xkb_state_key_get_syms(keyboard->xkb_state, keycode, &syms);
	for (int i = 0; i < count && binding.action == LATCH_ACTION_NONE; i++) {
		binding = latch_binding_find(modifiers, syms[i]);
	}
	/* What the key says without any modifier: some layouts have something else
	 * behind Alt or Ctrl+Alt. */
	count = xkb_keymap_key_get_syms_by_level(keyboard->keymap, keycode, layout, 0, &syms);
	for (int i = 0; i < count && binding.action == LATCH_ACTION_NONE; i++) {
		binding = latch_binding_find(modifiers, syms[i]);
	}
	return binding;
}

static void notify_key(struct latch_shell *shell, int64_t time_ns, uint32_t time_msec,
	uint32_t keycode, enum wl_keyboard_key_state state) {
	const struct wlr_seat_client *client = shell->seat->keyboard_state.focused_client;
	if (client != NULL) {
		latch_timestamps_send(&client->keyboards, time_ns);
	}
	wlr_seat_keyboard_notify_key(shell->seat, time_msec, keycode, state);
}

void latch_keyboard_take_seat(struct latch_shell *shell) {
	struct wlr_keyboard_group *group = shell->keyboard.group;
	wlr_seat_set_keyboard(shell->seat, group != NULL ? &group->keyboard : NULL);
}

static int64_t note_input(struct latch_shell *shell, uint32_t time_msec) {
	const int64_t time_ns = latch_event_ns(time_msec);
	latch_idle_note_input(shell);
	shell->options.input(
		shell->options.data, shell->seat->keyboard_state.focused_surface, time_ns);
	return time_ns;
}

void latch_keyboard_send(
	struct latch_shell *shell, const struct wlr_keyboard_key_event *event) {
	const int64_t time_ns = note_input(shell, event->time_msec);
	notify_key(shell, time_ns, event->time_msec, event->keycode, event->state);
}

/* False: it has not grabbed the keyboard. */
static bool send_to_input_method(
	struct latch_shell *shell, const struct wlr_keyboard_key_event *event) {
	struct wlr_input_method_keyboard_grab_v2 *grab = latch_input_method_get_grab(shell);
	if (grab != NULL) {
		note_input(shell, event->time_msec);
		wlr_input_method_keyboard_grab_v2_send_key(
			grab, event->time_msec, event->keycode, event->state);
	}
	return grab != NULL;
}

/* Returns whether it was a binding, or one that the input method takes. */
static bool take_press(struct latch_shell *shell, const struct wlr_keyboard_key_event *event) {
	uint8_t *owner = owner_of(&shell->keyboard, event->keycode);
	/* First, so that a window that gets the focus now doesn't hear of the key. Evdev keycodes
	 * start 8 lower than XKB's. */
	*owner = LATCH_KEY_BINDING;
	if (shell->options.no_keys ||
		!act(shell, find_binding(&shell->keyboard.group->keyboard, event->keycode + 8))) {
		*owner = send_to_input_method(shell, event) ? LATCH_KEY_INPUT_METHOD
							    : LATCH_KEY_CLIENT;
	}
	return *owner != LATCH_KEY_CLIENT;
}

/* Returns whether the press was taken. */
static bool take_release(struct latch_shell *shell, const struct wlr_keyboard_key_event *event) {
	uint8_t *owner = owner_of(&shell->keyboard, event->keycode), before = *owner;
	*owner = LATCH_KEY_CLIENT;
	if (before == LATCH_KEY_INPUT_METHOD) {
		send_to_input_method(shell, event);
	}
	return before != LATCH_KEY_CLIENT;
}

static void handle_key(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.key);
	const struct wlr_keyboard_key_event *event = data;
	/* An input method gives back what it doesn't want by a virtual keyboard, which keeps the
	 * seat as long as that goes on. */
	if (latch_input_method_get_grab(shell) == NULL) {
		latch_keyboard_take_seat(shell);
	}
	const bool taken = event->state == WL_KEYBOARD_KEY_STATE_PRESSED
				   ? take_press(shell, event)
				   : take_release(shell, event);
	if (!taken) {
		latch_keyboard_send(shell, event);
	}
}

static void handle_modifiers(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.modifiers);
	struct wlr_keyboard *keyboard = &shell->keyboard.group->keyboard;
	struct wlr_input_method_keyboard_grab_v2 *grab = latch_input_method_get_grab(shell);
	if (!(wlr_keyboard_get_modifiers(keyboard) & WLR_MODIFIER_ALT)) {
		/* The choice is made; the next round starts from the new order. */
		shell->cycle = 0;
	}
	if (grab != NULL) {
		wlr_input_method_keyboard_grab_v2_send_modifiers(grab, &keyboard->modifiers);
		return;
	}
	latch_keyboard_take_seat(shell);
	wlr_seat_keyboard_notify_modifiers(shell->seat, &keyboard->modifiers);
}

/* A keyboard went away with keys down: clients must not think they still are. */
static void handle_leave(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.leave);
	struct wl_array *keys = data;
	uint32_t *keycode;
	wl_array_for_each(keycode, keys) {
		const struct wlr_keyboard_key_event event = {
			.time_msec = latch_now_msec(),
			.keycode = *keycode,
			.state = WL_KEYBOARD_KEY_STATE_RELEASED,
		};
		if (!take_release(shell, &event)) {
			notify_key(shell, latch_event_ns(event.time_msec), event.time_msec,
				*keycode, event.state);
		}
	}
}

bool latch_keyboard_init(struct latch_shell *shell) {
	struct latch_keyboard *keyboard = &shell->keyboard;
	struct xkb_keymap *keymap = load_keymap();
	if (keymap == NULL) {
		return true;
	}
	keyboard->group = wlr_keyboard_group_create();
	struct wlr_keyboard *all = keyboard->group != NULL ? &keyboard->group->keyboard : NULL;
	bool ok = all != NULL && wlr_keyboard_set_keymap(all, keymap);
	xkb_keymap_unref(keymap);
	if (!ok) {
		return false;
	}
	wlr_keyboard_set_repeat_info(all, REPEAT_RATE, REPEAT_DELAY);
	latch_listen(&all->events.key, &shell->on.key, handle_key);
	latch_listen(&all->events.modifiers, &shell->on.modifiers, handle_modifiers);
	latch_listen(&keyboard->group->events.leave, &shell->on.leave, handle_leave);
	wlr_seat_set_keyboard(shell->seat, all);
	return true;
}

void latch_keyboard_finish(struct latch_shell *shell) {
	struct latch_keyboard *keyboard = &shell->keyboard;
	if (keyboard->group != NULL) {
		wlr_keyboard_group_destroy(keyboard->group);
		keyboard->group = NULL;
	}
}

void latch_keyboard_add(struct latch_shell *shell, struct wlr_keyboard *device) {
	struct wlr_keyboard_group *group = shell->keyboard.group;
	if (group == NULL) {
		return;
	}
	if (!wlr_keyboard_set_keymap(device, group->keyboard.keymap) ||
		!wlr_keyboard_group_add_keyboard(group, device)) {
		wlr_log(WLR_ERROR, "keyboard '%s' is not used", device->base.name);
	}
}

void latch_keyboard_focus(struct latch_shell *shell) {
	struct wlr_seat *seat = shell->seat;
	struct wlr_surface *popup = latch_popups_get_focus(shell);
	struct wlr_surface *focus = latch_layers_get_focus(shell);
	if (focus == NULL && shell->active != NULL) {
		focus = shell->active->xdg->base->surface;
	}
	if (popup == NULL && focus == NULL) {
		wlr_seat_keyboard_notify_clear_focus(seat);
		return;
	}
	const struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat);
	uint32_t keys[WLR_KEYBOARD_KEYS_CAP];
	size_t count = 0;
	for (size_t i = 0; keyboard != NULL && i < keyboard->num_keycodes; i++) {
		if (*owner_of(&shell->keyboard, keyboard->keycodes[i]) == LATCH_KEY_CLIENT) {
			keys[count++] = keyboard->keycodes[i];
		}
	}
	const struct wlr_keyboard_modifiers *modifiers =
		keyboard != NULL ? &keyboard->modifiers : NULL;
	if (popup != NULL) {
		/* Not by notify_enter: the popup's grab ignores that. */
		wlr_seat_keyboard_enter(seat, popup, keys, count, modifiers);
	} else {
		wlr_seat_keyboard_notify_enter(seat, focus, keys, count, modifiers);
	}
}
