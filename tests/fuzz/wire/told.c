/* SPDX-License-Identifier: MIT */
#include "told.h"

#include <stddef.h>
#include <string.h>
#include <wayland-server-core.h>

#define FIRST_SERIAL (1u << 20)
/* No session that is recorded, and no input, gives out more of them. */
#define MAX_AGE (1u << 16)

void told_begin(struct wl_display *display) {
	while (wl_display_get_serial(display) < FIRST_SERIAL) {
		wl_display_next_serial(display);
	}
}

static bool is_serial(struct wl_display *display, uint32_t number) {
	uint32_t now = wl_display_get_serial(display);
	return number >= FIRST_SERIAL && number <= now && now - number < MAX_AGE;
}

static void note_number(struct told *told, uint32_t object, uint32_t number) {
	told->recent[told->next++ % FUZZ_TOLD_RECENT_COUNT] = number;
	told->by_object[object % TOLD_OBJECTS].object = object;
	told->by_object[object % TOLD_OBJECTS].serial = number;
}

void told_note(struct told *told, struct wl_display *display,
	const struct wl_protocol_logger_message *message) {
	const char *signature = message->message->signature;
	int arg = 0;
	for (; *signature != '\0'; signature++) {
		if (strchr("iufsonah", *signature) == NULL) {
			continue; // a version, or '?'
		}
		if (*signature == 'u' && is_serial(display, message->arguments[arg].u)) {
			note_number(told, wl_resource_get_id(message->resource),
				message->arguments[arg].u);
			return;
		}
		arg++;
	}
}

uint32_t told_encode(const struct told *told, uint32_t object, uint32_t number) {
	if (number < FIRST_SERIAL) {
		return number;
	}
	if (told->by_object[object % TOLD_OBJECTS].object == object &&
		told->by_object[object % TOLD_OBJECTS].serial == number) {
		return FUZZ_TOLD_BY_OBJECT;
	}
	for (uint32_t i = 0; i < FUZZ_TOLD_RECENT_COUNT; i++) {
		if (told->recent[(told->next - 1 - i) % FUZZ_TOLD_RECENT_COUNT] == number) {
			return FUZZ_TOLD_RECENTLY + i;
		}
	}
	return number;
}

uint32_t told_decode(const struct told *told, uint32_t object, uint32_t number) {
	if (number == FUZZ_TOLD_BY_OBJECT) {
		return told->by_object[object % TOLD_OBJECTS].serial;
	}
	uint32_t age = number - FUZZ_TOLD_RECENTLY;
	if (age < FUZZ_TOLD_RECENT_COUNT) {
		return told->recent[(told->next - 1 - age) % FUZZ_TOLD_RECENT_COUNT];
	}
	return number;
}
