/* SPDX-License-Identifier: MIT */
#include <linux/input-event-codes.h>
#include <wlr/types/wlr_keyboard.h>

#include "../test.h"
#include "shell/bindings.h"

#define ALT WLR_MODIFIER_ALT
#define SHIFT WLR_MODIFIER_SHIFT
#define CTRL WLR_MODIFIER_CTRL

/* Locks do not count; what is no binding stays with the client. */
static void test_keys(void **state) {
	static const struct {
		uint32_t modifiers;
		xkb_keysym_t keysym;
		enum latch_action action;
	} rows[] = {
		{ALT, XKB_KEY_Tab, LATCH_ACTION_CYCLE_NEXT},
		{ALT | WLR_MODIFIER_CAPS | WLR_MODIFIER_MOD2, XKB_KEY_Tab, LATCH_ACTION_CYCLE_NEXT},
		{ALT | SHIFT, XKB_KEY_ISO_Left_Tab, LATCH_ACTION_CYCLE_PREVIOUS},
		{ALT | SHIFT, XKB_KEY_Tab, LATCH_ACTION_CYCLE_PREVIOUS},
		{ALT, XKB_KEY_F4, LATCH_ACTION_CLOSE},
		{CTRL | ALT, XKB_KEY_r, LATCH_ACTION_RECORD},
		{CTRL, XKB_KEY_r, LATCH_ACTION_NONE},
		{CTRL | ALT, XKB_KEY_BackSpace, LATCH_ACTION_TERMINATE},
		{CTRL | ALT | WLR_MODIFIER_MOD2, XKB_KEY_BackSpace, LATCH_ACTION_TERMINATE},
		{0, XKB_KEY_Tab, LATCH_ACTION_NONE},
		{0, XKB_KEY_Escape, LATCH_ACTION_NONE},
		{0, XKB_KEY_F4, LATCH_ACTION_NONE},
		{CTRL, XKB_KEY_Tab, LATCH_ACTION_NONE},
		{ALT | CTRL, XKB_KEY_Tab, LATCH_ACTION_NONE},
		{ALT | WLR_MODIFIER_LOGO, XKB_KEY_Tab, LATCH_ACTION_NONE},
		{ALT, XKB_KEY_Escape, LATCH_ACTION_NONE},
		{ALT, XKB_KEY_BackSpace, LATCH_ACTION_NONE},
		{CTRL | ALT | SHIFT, XKB_KEY_BackSpace, LATCH_ACTION_NONE},
		{ALT, XKB_KEY_a, LATCH_ACTION_NONE},
		{ALT, XKB_KEY_F1, LATCH_ACTION_NONE},
		{CTRL, XKB_KEY_F1, LATCH_ACTION_NONE},
		{CTRL | ALT, XKB_KEY_F13, LATCH_ACTION_NONE},
		{CTRL | ALT | SHIFT, XKB_KEY_F1, LATCH_ACTION_NONE},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct latch_binding binding =
			latch_binding_find(rows[i].modifiers, rows[i].keysym);
		if (binding.action != rows[i].action || binding.vt != 0) {
			fail_msg("row %zu: action %d", i, binding.action);
		}
	}
}

static void test_vt(void **state) {
	static const xkb_keysym_t first[] = {XKB_KEY_XF86Switch_VT_1, XKB_KEY_F1};
	for (unsigned i = 0; i < 2 * 12; i++) {
		struct latch_binding binding =
			latch_binding_find(CTRL | ALT, first[i / 12] + i % 12);
		assert_int_equal(binding.action, LATCH_ACTION_SWITCH_VT);
		assert_int_equal(binding.vt, 1 + i % 12);
	}
}

static void test_buttons(void **state) {
	assert_int_equal(latch_binding_button(ALT, BTN_LEFT), LATCH_GRAB_MOVE);
	assert_int_equal(
		latch_binding_button(ALT | WLR_MODIFIER_CAPS, BTN_RIGHT), LATCH_GRAB_RESIZE);
	assert_int_equal(latch_binding_button(ALT, BTN_MIDDLE), LATCH_GRAB_NONE);
	assert_int_equal(latch_binding_button(0, BTN_LEFT), LATCH_GRAB_NONE);
	assert_int_equal(latch_binding_button(CTRL | ALT, BTN_LEFT), LATCH_GRAB_NONE);
}

static void test_double_click(void **state) {
	const struct latch_click first = {7, BTN_LEFT, UINT32_MAX - 100, 50, 60};
	struct latch_click next = {7, BTN_LEFT, 299, 53, 64};
	struct latch_click last = {0};
	assert_false(latch_click_again(&last, &first));
	assert_true(latch_click_again(&last, &next));
	/* The third one is a first one again. */
	assert_false(latch_click_again(&last, &next));

	const struct latch_click others[] = {
		{8, BTN_LEFT, 200, 50, 60},
		{7, BTN_RIGHT, 200, 50, 60},
		{7, BTN_LEFT, 300, 50, 60},
		{7, BTN_LEFT, 200, 56, 60},
		{7, BTN_LEFT, 200, 50, 54},
	};
	for (size_t i = 0; i < LEN(others); i++) {
		last = first;
		assert_false(latch_click_again(&last, &others[i]));
		next = others[i];
		assert_true(latch_click_again(&last, &next));
	}
}

TEST_MAIN("shell-bindings", UNIT(test_keys), UNIT(test_vt), UNIT(test_buttons),
	UNIT(test_double_click))
