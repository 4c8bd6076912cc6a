/* SPDX-License-Identifier: MIT */
/*
 * What a session is asked for: dark outputs when nobody touches anything, no cursor, two layouts.
 */
#include "fixture.h"

#include "../wire.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "idle-inhibit-client-protocol.h"

static void wait_ms(unsigned ms) {
	usleep(ms * 1000);
	pump();
}

static void test_dark_after_a_while(void **test_state) {
	/* With input it stays lit; a computer that is busy may stop this for too long. */
	move_pointer(5, 5);
	const int before = f.idles;
	int64_t longest_ns = 0;
	for (int i = 0; i < 12; i++) {
		const int64_t since_ns = latch_now_ns();
		wait_ms(IDLE_OFF_MS / 8);
		move_pointer(i, i);
		longest_ns = latch_max(longest_ns, latch_now_ns() - since_ns);
	}
	assert_true(f.idles == before || longest_ns > IDLE_OFF_MS * INT64_C(900000));
	wait_ms(IDLE_OFF_MS * 2);
	assert_true(f.dark);
	const int dark = f.idles;
	wait_ms(IDLE_OFF_MS * 2);
	assert_int_equal(f.idles, dark);
	press(KEY_A, true);
	assert_false(f.dark);
	wait_ms(IDLE_OFF_MS * 2);
	assert_true(f.dark);
	finger(FINGER_DOWN, 5, 5);
	assert_false(f.dark);
	assert_int_equal(f.idles, dark + 3);
}

static void test_kept_awake(void **test_state) {
	struct zwp_idle_inhibit_manager_v1 *manager = NULL;
	wire_bind(f.server, f.client,
		(struct wire_global[]){
			{&zwp_idle_inhibit_manager_v1_interface, 1, &manager, 0}, {0}});
	struct window *window = window_open(200, 100);
	struct zwp_idle_inhibitor_v1 *inhibitor =
		zwp_idle_inhibit_manager_v1_create_inhibitor(manager, window->surface);
	move_pointer(5, 5);
	wait_ms(IDLE_OFF_MS * 2);
	assert_false(f.dark);
	/* It is not to be seen any more: the time begins. */
	unmap(window);
	assert_false(f.dark);
	wait_ms(IDLE_OFF_MS * 2);
	assert_true(f.dark);
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	zwp_idle_inhibit_manager_v1_destroy(manager);
}

static void test_no_cursor(void **test_state) {
	double x, y;
	assert_non_null(latch_shell_cursor(f.shell, &x, &y));
	f.shell->options.no_cursor = true;
	assert_null(latch_shell_cursor(f.shell, &x, &y));
}

static uint32_t layout;

static int note_layout(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	if (strcmp(message->name, "modifiers") == 0) {
		layout = args[4].u;
	} else if (strcmp(message->name, "keymap") == 0) {
		close(args[1].h);
	}
	return 0;
}

static int setup_layouts(void **test_state) {
	setenv("XKB_DEFAULT_LAYOUT", "us,de", true);
	setenv("XKB_DEFAULT_OPTIONS", "grp:alt_shift_toggle", true);
	return setup(test_state);
}

static int teardown_layouts(void **test_state) {
	unsetenv("XKB_DEFAULT_LAYOUT");
	unsetenv("XKB_DEFAULT_OPTIONS");
	return teardown(test_state);
}

static void toggle(void) {
	press(KEY_LEFTALT, true);
	press(KEY_LEFTSHIFT, true);
	press(KEY_LEFTSHIFT, false);
	press(KEY_LEFTALT, false);
}

static void test_layouts_by_key(void **test_state) {
	struct wl_keyboard *keyboard = wl_seat_get_keyboard(f.seat);
	wl_proxy_add_dispatcher((struct wl_proxy *)keyboard, note_layout, NULL, NULL);
	window_open(200, 100);
	toggle();
	assert_int_equal(layout, 1);
	/* Another window hears of it, too. */
	layout = 0;
	window_open(200, 100);
	assert_int_equal(layout, 1);
	toggle();
	assert_int_equal(layout, 0);
	wl_keyboard_destroy(keyboard);
}

TEST_MAIN("shell-idle", TEST(test_dark_after_a_while), TEST(test_kept_awake), TEST(test_no_cursor),
	cmocka_unit_test_setup_teardown(test_layouts_by_key, setup_layouts, teardown_layouts))
