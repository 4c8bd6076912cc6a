/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct wl_display;
struct wl_keyboard;
struct wl_registry;
struct wl_seat;

/** A keyboard of our own, made by uinput (https://docs.kernel.org/input/uinput.html), and how long the
 * compositor takes to tell of its key. */
struct key {
	int device; /* -1: none */
	struct wl_registry *registry;
	struct wl_seat *seat;
	struct wl_keyboard *keyboard;
	int64_t pressed_ns; /* CLOCK_MONOTONIC: the press that is not answered yet; 0: none */
	bool heard;	    /* the compositor has told of it */
};

/** Makes the keyboard. Returns false, having said why; key_finish() is fine then. */
bool key_init(struct key *key, struct wl_display *display);
void key_finish(struct key *key);

/** Presses the key and lets it go. Returns false, having said why. */
bool key_press(struct key *key);
