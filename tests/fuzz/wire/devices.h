/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

struct wlr_backend;

/** A pointer, a keyboard and a touch screen of this backend. */
void devices_start(struct wlr_backend *backend);

/** x, y: 0..65535 over all outputs, and whatever else what needs. */
void devices_point(enum fuzz_pointer what, uint32_t x, uint32_t y);

/** Presses or releases one of some keys; those that end the session are none of them. */
void devices_key(bool press, unsigned which);

/** Nothing is pressed or touched any more, and the pointer is where it began. */
void devices_reset(void);
