/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

struct wl_display;
struct wl_protocol_logger_message;

#define TOLD_OBJECTS 64u

/**
 * The serials that one client was told by events, which it may have to say again
 * (xdg_surface.ack_configure, wl_pointer.set_cursor, xdg_toplevel.move, ...). Signatures do not
 * tell serials from other numbers, so each number counts that is near the display's own one; see
 * told_begin().
 */
struct told {
	uint32_t recent[FUZZ_TOLD_RECENT_COUNT]; /* a ring; [next - 1] is the newest */
	uint32_t next;
	struct {
		uint32_t object, serial;
	} by_object[TOLD_OBJECTS];
};

/** Raises the display's serial to where no other number is: names, sizes, versions. */
void told_begin(struct wl_display *display);

/** Takes in an event that is being sent to this client. */
void told_note(struct told *told, struct wl_display *display,
	const struct wl_protocol_logger_message *message);

/** What an input has for this number in a request to this object. */
uint32_t told_encode(const struct told *told, uint32_t object, uint32_t number);
/** And back: the number that is sent. */
uint32_t told_decode(const struct told *told, uint32_t object, uint32_t number);
