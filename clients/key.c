/* SPDX-License-Identifier: MIT */
#include "key.h"

#include <errno.h>
#include <linux/uinput.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "base/clock.h"
#include "common/uinput.h"
#include "common/util.h"

/* No compositor has a shortcut with it, and it changes no light and no layer. */
#define KEY_CODE KEY_F13

static void keyboard_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
	uint32_t size) {
	close(fd);
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys) {
}

static void keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface) {
}

static void keyboard_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	struct key *key = data;
	if (code == KEY_CODE && state == WL_KEYBOARD_KEY_STATE_PRESSED) {
		key->heard = key->pressed_ns != 0;
	}
}

static void keyboard_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = keyboard_key,
	.modifiers = keyboard_modifiers,
};

/* The seat may have no keyboard before the compositor has found ours. */
static void seat_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities) {
	struct key *key = data;
	if ((capabilities & WL_SEAT_CAPABILITY_KEYBOARD) && !key->keyboard) {
		key->keyboard = wl_seat_get_keyboard(seat);
		wl_keyboard_add_listener(key->keyboard, &keyboard_listener, key);
	}
}

static const struct wl_seat_listener seat_listener = {.capabilities = seat_capabilities};

static void registry_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct key *key = data;
	if (!key->seat && strcmp(interface, wl_seat_interface.name) == 0) {
		key->seat = wl_registry_bind(registry, name, &wl_seat_interface, 1);
		wl_seat_add_listener(key->seat, &seat_listener, key);
	}
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

bool key_init(struct key *key, struct wl_display *display) {
	/* Less than a letter would make it a button. */
	static const struct uinput_bit bits[] = {{UI_SET_EVBIT, EV_KEY}, {UI_SET_KEYBIT, KEY_CODE},
		{UI_SET_KEYBIT, KEY_A}};
	*key = (struct key){.device = uinput_create("latch-client keyboard", bits, 3)};
	if (key->device < 0) {
		return failed(false, "no keyboard can be made by /dev/uinput: %s", strerror(errno));
	}
	key->registry = wl_display_get_registry(display);
	wl_registry_add_listener(key->registry, &registry_listener, key);
	return true;
}

void key_finish(struct key *key) {
	if (key->keyboard) {
		wl_keyboard_destroy(key->keyboard);
	}
	if (key->seat) {
		wl_seat_destroy(key->seat);
	}
	if (key->registry) {
		wl_registry_destroy(key->registry);
	}
	latch_fd_clear(&key->device);
}

bool key_press(struct key *key) {
	const struct input_event events[] = {
		{.type = EV_KEY, .code = KEY_CODE, .value = 1},
		{.type = EV_SYN, .code = SYN_REPORT},
		{.type = EV_KEY, .code = KEY_CODE, .value = 0},
		{.type = EV_SYN, .code = SYN_REPORT},
	};
	key->heard = false;
	key->pressed_ns = latch_now_ns();
	if (write(key->device, events, sizeof(events)) != sizeof(events)) {
		return failed(false, "the key can't be pressed: %s", strerror(errno));
	}
	return true;
}
