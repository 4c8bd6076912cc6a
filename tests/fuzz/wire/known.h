/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct wl_protocol_logger_message;

/*
 * Faults of wlroots and libwayland that clients can cause, that are known and not latch's to mend.
 * Each is kept from happening here, as narrowly as can be, so that it does not hide what is not
 * known. known.c says of each what it is; one that a newer library does not have is to be removed.
 */

/** A request was read and is about to be handled, or an event is being sent. */
void known_look(const struct wl_protocol_logger_message *message, bool event);

/** All that was read has been handled. */
void known_handled(void);
