/* SPDX-License-Identifier: MIT */
/*
 * Keys and buttons that latch keeps for itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

enum latch_action {
	LATCH_ACTION_NONE,
	/* The next window in the order of use. */
	LATCH_ACTION_CYCLE_NEXT,
	LATCH_ACTION_CYCLE_PREVIOUS,
	/* Ask the active window to close. */
	LATCH_ACTION_CLOSE,
	/* Write the last seconds of frames. */
	LATCH_ACTION_RECORD,
	/* End the session. */
	LATCH_ACTION_TERMINATE,
	LATCH_ACTION_SWITCH_VT,
};

struct latch_binding {
	enum latch_action action;
	/* 1 to 12 with LATCH_ACTION_SWITCH_VT, else 0. */
	unsigned vt;
};

/**
 * What a key means. modifiers is a mask of enum wlr_keyboard_modifier; Caps Lock,
 * Num Lock and the like don't count, Shift, Ctrl, Alt and Logo must match exactly.
 */
struct latch_binding latch_binding_find(uint32_t modifiers, xkb_keysym_t keysym);

/** What the pointer or a finger does with a window. */
enum latch_grab_kind {
	LATCH_GRAB_NONE,
	LATCH_GRAB_MOVE,
	LATCH_GRAB_RESIZE,
	/* Nothing; but the button is latch's until it is up. */
	LATCH_GRAB_KEEP,
};

/**
 * What a button (BTN_LEFT and so on) that is pressed on a window does with it:
 * LATCH_GRAB_MOVE, LATCH_GRAB_RESIZE, or LATCH_GRAB_NONE, when it is the client's.
 * modifiers as for latch_binding_find().
 */
enum latch_grab_kind latch_binding_button(uint32_t modifiers, uint32_t button);

/** A press of a button, in layout coordinates. */
struct latch_click {
	uint64_t window;
	uint32_t button, time_msec;
	double x, y;
};

/**
 * Whether the press is the second one of a double click, *last the one before. It
 * becomes *last; after a double click, counting starts anew.
 */
bool latch_click_again(struct latch_click *last, const struct latch_click *click);
