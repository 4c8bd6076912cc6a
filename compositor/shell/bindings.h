/*
 * Keys that latch keeps for itself.
 */
#ifndef LATCH_SHELL_BINDINGS_H
#define LATCH_SHELL_BINDINGS_H

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

struct latch_binding_help {
	const char *keys, *what;
};

/** All bindings in words, for --help and the manual. Static; *count is their number. */
const struct latch_binding_help *latch_bindings_help(size_t *count);

#endif
