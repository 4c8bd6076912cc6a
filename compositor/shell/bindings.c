/* SPDX-License-Identifier: MIT */
#include "shell/bindings.h"

#include <linux/input-event-codes.h>
#include <math.h>
#include <wlr/types/wlr_keyboard.h>

#define ALT WLR_MODIFIER_ALT
#define SHIFT WLR_MODIFIER_SHIFT
#define CTRL WLR_MODIFIER_CTRL
/* As most toolkits have it; the distance in layout units. */
#define DOUBLE_CLICK_MSEC 400
#define DOUBLE_CLICK_DISTANCE 5

#define COUNTING (SHIFT | CTRL | ALT | WLR_MODIFIER_LOGO)

static const struct {
	uint32_t modifiers;
	xkb_keysym_t keysym;
	enum latch_action action;
} table[] = {
	{ALT, XKB_KEY_Tab, LATCH_ACTION_CYCLE_NEXT},
	/* Most keymaps have another keysym for Tab with Shift, some have not. */
	{ALT | SHIFT, XKB_KEY_ISO_Left_Tab, LATCH_ACTION_CYCLE_PREVIOUS},
	{ALT | SHIFT, XKB_KEY_Tab, LATCH_ACTION_CYCLE_PREVIOUS},
	{ALT, XKB_KEY_F4, LATCH_ACTION_CLOSE},
	{CTRL | ALT, XKB_KEY_r, LATCH_ACTION_RECORD},
	{CTRL | ALT, XKB_KEY_BackSpace, LATCH_ACTION_TERMINATE},
};

static unsigned find_vt(uint32_t modifiers, xkb_keysym_t keysym) {
	/* xkeyboard-config has keysyms of their own for Ctrl+Alt+Fn (symbols/srvr_ctrl):
	 * the modifiers are part of the keysym. Keymaps without them give plain Fn. */
	if (keysym >= XKB_KEY_XF86Switch_VT_1 && keysym <= XKB_KEY_XF86Switch_VT_12) {
		return keysym - XKB_KEY_XF86Switch_VT_1 + 1;
	}
	if (modifiers == (CTRL | ALT) && keysym >= XKB_KEY_F1 && keysym <= XKB_KEY_F12) {
		return keysym - XKB_KEY_F1 + 1;
	}
	return 0;
}

struct latch_binding latch_binding_find(uint32_t modifiers, xkb_keysym_t keysym) {
	modifiers &= COUNTING;
	unsigned vt = find_vt(modifiers, keysym);
	if (vt != 0) {
		return (struct latch_binding){LATCH_ACTION_SWITCH_VT, vt};
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].modifiers == modifiers && table[i].keysym == keysym) {
			return (struct latch_binding){table[i].action, 0};
		}
	}
	return (struct latch_binding){LATCH_ACTION_NONE, 0};
}

enum latch_grab_kind latch_binding_button(uint32_t modifiers, uint32_t button) {
	if ((modifiers & COUNTING) != ALT) {
		return LATCH_GRAB_NONE;
	}
	return button == BTN_LEFT    ? LATCH_GRAB_MOVE
	       : button == BTN_RIGHT ? LATCH_GRAB_RESIZE
				     : LATCH_GRAB_NONE;
}

bool latch_click_again(struct latch_click *last, const struct latch_click *click) {
	bool again = last->window == click->window && last->button == click->button &&
		     click->time_msec - last->time_msec <= DOUBLE_CLICK_MSEC &&
		     hypot(click->x - last->x, click->y - last->y) <= DOUBLE_CLICK_DISTANCE;
	*last = again ? (struct latch_click){0} : *click;
	return again;
}
