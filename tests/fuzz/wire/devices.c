/* SPDX-License-Identifier: MIT */
#include "devices.h"

#include <linux/input-event-codes.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>

#include "clock.h"

#define BUTTONS 3u
#define TOUCH_POINTS 4u

static const uint32_t keys[] = {KEY_A, KEY_TAB, KEY_LEFTALT, KEY_F4, KEY_LEFTSHIFT, KEY_LEFTCTRL,
	KEY_F1, KEY_CAPSLOCK};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static struct {
	struct wlr_pointer pointer;
	struct wlr_keyboard keyboard;
	struct wlr_touch touch;
	bool buttons[BUTTONS], keys[KEYS], touched[TOUCH_POINTS];
} devices;

static uint32_t now_msec(void) {
	return (uint32_t)(clock_now_ns() / 1000000);
}

void devices_start(struct wlr_backend *backend) {
	static const struct wlr_pointer_impl pointer_impl = {.name = "fuzz"};
	static const struct wlr_keyboard_impl keyboard_impl = {.name = "fuzz"};
	static const struct wlr_touch_impl touch_impl = {.name = "fuzz"};
	wlr_pointer_init(&devices.pointer, &pointer_impl, "pointer");
	wlr_keyboard_init(&devices.keyboard, &keyboard_impl, "keyboard");
	wlr_touch_init(&devices.touch, &touch_impl, "touch");
	wl_signal_emit_mutable(&backend->events.new_input, &devices.pointer.base);
	wl_signal_emit_mutable(&backend->events.new_input, &devices.keyboard.base);
	wl_signal_emit_mutable(&backend->events.new_input, &devices.touch.base);
}

static void move(double x, double y) {
	struct wlr_pointer_motion_absolute_event event = {
		.pointer = &devices.pointer,
		.time_msec = now_msec(),
		.x = x,
		.y = y,
	};
	wl_signal_emit_mutable(&devices.pointer.events.motion_absolute, &event);
	wl_signal_emit_mutable(&devices.pointer.events.frame, &devices.pointer);
}

static void press(uint32_t button, bool pressed) {
	button %= BUTTONS;
	if (devices.buttons[button] == pressed) {
		return;
	}
	devices.buttons[button] = pressed;
	struct wlr_pointer_button_event event = {
		.pointer = &devices.pointer,
		.time_msec = now_msec(),
		.button = BTN_LEFT + button,
		.state = pressed ? WL_POINTER_BUTTON_STATE_PRESSED
				 : WL_POINTER_BUTTON_STATE_RELEASED,
	};
	wlr_pointer_notify_button(&devices.pointer, &event);
	wl_signal_emit_mutable(&devices.pointer.events.frame, &devices.pointer);
}

static void scroll(uint32_t x, uint32_t y) {
	struct wlr_pointer_axis_event event = {
		.pointer = &devices.pointer,
		.time_msec = now_msec(),
		.source = (enum wl_pointer_axis_source)(y % 4),
		.orientation = (enum wl_pointer_axis)(x % 2),
		.delta = (double)(int16_t)x / 256,
		.delta_discrete = (int16_t)x / 120,
	};
	wl_signal_emit_mutable(&devices.pointer.events.axis, &event);
	wl_signal_emit_mutable(&devices.pointer.events.frame, &devices.pointer);
}

static void touch(enum fuzz_pointer what, uint32_t point, double x, double y) {
	point %= TOUCH_POINTS;
	struct wlr_touch *touch = &devices.touch;
	const int32_t id = (int32_t)point;
	const uint32_t msec = now_msec();
	if (devices.touched[point] == (what == FUZZ_POINTER_TOUCH_DOWN)) {
		return;
	}
	devices.touched[point] = what == FUZZ_POINTER_TOUCH_DOWN || what == FUZZ_POINTER_TOUCH_MOVE;
	if (what == FUZZ_POINTER_TOUCH_DOWN) {
		wl_signal_emit_mutable(
			&touch->events.down, &(struct wlr_touch_down_event){touch, msec, id, x, y});
	} else if (what == FUZZ_POINTER_TOUCH_MOVE) {
		wl_signal_emit_mutable(&touch->events.motion,
			&(struct wlr_touch_motion_event){touch, msec, id, x, y});
	} else if (what == FUZZ_POINTER_TOUCH_UP) {
		wl_signal_emit_mutable(
			&touch->events.up, &(struct wlr_touch_up_event){touch, msec, id});
	} else {
		wl_signal_emit_mutable(
			&touch->events.cancel, &(struct wlr_touch_cancel_event){touch, msec, id});
	}
	wl_signal_emit_mutable(&touch->events.frame, NULL);
}

void devices_point(enum fuzz_pointer what, uint32_t x, uint32_t y) {
	double part_x = x / 65536.0, part_y = y / 65536.0;
	switch (what) {
	case FUZZ_POINTER_MOVE:
		move(part_x, part_y);
		break;
	case FUZZ_POINTER_PRESS:
	case FUZZ_POINTER_RELEASE:
		press(x, what == FUZZ_POINTER_PRESS);
		break;
	case FUZZ_POINTER_SCROLL:
		scroll(x, y);
		break;
	default:
		touch(what, x, part_x, part_y);
	}
}

void devices_key(bool pressed, unsigned which) {
	which %= KEYS;
	if (devices.keys[which] == pressed) {
		return;
	}
	devices.keys[which] = pressed;
	struct wlr_keyboard_key_event event = {
		.time_msec = now_msec(),
		.keycode = keys[which],
		.update_state = true,
		.state = pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
	};
	wlr_keyboard_notify_key(&devices.keyboard, &event);
}

void devices_reset(void) {
	for (uint32_t i = 0; i < BUTTONS; i++) {
		press(i, false);
	}
	for (unsigned i = 0; i < KEYS; i++) {
		devices_key(false, i);
	}
	for (uint32_t i = 0; i < TOUCH_POINTS; i++) {
		touch(FUZZ_POINTER_TOUCH_UP, i, 0, 0);
	}
	move(0, 0);
}
