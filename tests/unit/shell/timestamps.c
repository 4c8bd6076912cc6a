/* SPDX-License-Identifier: MIT */
/*
 * zwp_input_timestamps_v1: each event with a time comes right after its time in nanoseconds.
 */
#include "fixture.h"

#include <wlr/interfaces/wlr_keyboard.h>

#include "../wire.h"
#include "base/clock.h"
#include "input-timestamps-client-protocol.h"

static struct zwp_input_timestamps_manager_v1 *manager;
static struct wl_seat *seat;
static struct wl_keyboard *keyboard;

/* What came, in order: each event's name, "+" before those whose time is that of a timestamp right
 * before them. */
static char log_text[512];
static int64_t stamp_ns, last_stamp_ns;
static int stamps;

/* Which argument the time is; -1: the event has none. */
static int time_argument(const char *event) {
	static const struct {
		const char *event;
		int argument;
	} times[] = {{"wl_keyboard.key", 1}, {"wl_pointer.motion", 0}, {"wl_pointer.button", 1},
		{"wl_pointer.axis", 0}, {"wl_touch.down", 1}, {"wl_touch.up", 1},
		{"wl_touch.motion", 0}};
	for (size_t i = 0; i < LEN(times); i++) {
		if (strcmp(event, times[i].event) == 0) {
			return times[i].argument;
		}
	}
	return -1;
}

static int note(const void *unused, void *proxy, uint32_t opcode, const struct wl_message *message,
	union wl_argument *args) {
	char event[64];
	snprintf(event, sizeof(event), "%s.%s", wl_proxy_get_class(proxy), message->name);
	const int time = time_argument(event);
	if (strcmp(message->name, "timestamp") == 0) {
		assert_true(args[2].u < 1000000000);
		stamp_ns = (int64_t)((uint64_t)args[0].u << 32 | args[1].u) * 1000000000 + args[2].u;
		last_stamp_ns = stamp_ns;
		stamps++;
	} else if (time >= 0) {
		const bool stamped =
			stamp_ns != 0 && args[time].u == (uint32_t)(stamp_ns / 1000000);
		const size_t len = strlen(log_text);
		snprintf(log_text + len, sizeof(log_text) - len, " %s%s", stamped ? "+" : "",
			message->name);
		stamp_ns = 0;
	}
	return 0;
}

static void *listened(void *proxy) {
	wl_proxy_add_dispatcher(proxy, note, NULL, NULL);
	return proxy;
}

static void assert_came(const char *expected) {
	assert_string_equal(log_text, expected);
	log_text[0] = '\0';
}

static int begin(void **test_state) {
	setup(test_state);
	manager = NULL;
	seat = NULL;
	wire_bind(f.server, f.client,
		(struct wire_global[]){{&zwp_input_timestamps_manager_v1_interface, 1, &manager, 0},
			{&wl_seat_interface, 5, &seat, 0}, {0}});
	assert_non_null(manager);
	stamp_ns = stamps = 0;
	keyboard = listened(wl_seat_get_keyboard(seat));
	return 0;
}

static int end(void **test_state) {
	wl_keyboard_release(keyboard);
	wl_seat_release(seat);
	zwp_input_timestamps_manager_v1_destroy(manager);
	return teardown(test_state);
}

static void wheel(void) {
	wl_signal_emit_mutable(&f.pointer.events.axis, &(struct wlr_pointer_axis_event){
		.pointer = &f.pointer, .time_msec = 5, .delta = 15, .delta_discrete = 120});
	pump();
}

static void everything(void) {
	press(KEY_A, true);
	press(KEY_A, false);
	move_pointer(410, 400);
	press(BTN_LEFT, true);
	press(BTN_LEFT, false);
	wheel();
	finger(FINGER_DOWN, 400, 400);
	finger(FINGER_MOVES, 402, 400);
	finger(FINGER_UP, 402, 400);
}

static void test_all(void **test_state) {
	struct wl_pointer *pointer = listened(wl_seat_get_pointer(seat));
	struct wl_touch *touch = listened(wl_seat_get_touch(seat));
	window_open_fullscreen();
	move_pointer(400, 400);
	log_text[0] = '\0';
	everything();
	assert_came(" key key motion button button axis down motion up");
	assert_int_equal(stamps, 0);

	struct zwp_input_timestamps_v1 *subscriptions[] = {
		listened(zwp_input_timestamps_manager_v1_get_keyboard_timestamps(manager, keyboard)),
		listened(zwp_input_timestamps_manager_v1_get_pointer_timestamps(manager, pointer)),
		listened(zwp_input_timestamps_manager_v1_get_touch_timestamps(manager, touch)),
		/* A second one of the same object. */
		listened(zwp_input_timestamps_manager_v1_get_touch_timestamps(manager, touch)),
	};
	pump();
	move_pointer(400, 400);
	log_text[0] = '\0';
	stamps = 0;
	everything();
	assert_came(" +key +key +motion +button +button +axis +down +motion +up");
	assert_int_equal(stamps, 6 + 2 * 3);
	/* The pointer has not moved: no event, and no timestamp either. */
	move_pointer(410, 400);
	assert_int_equal(stamps, 6 + 2 * 3);

	zwp_input_timestamps_v1_destroy(subscriptions[0]);
	/* The others outlive what they are of. */
	wl_pointer_release(pointer);
	wl_touch_release(touch);
	pump();
	everything();
	assert_came(" key key");
	for (size_t i = 1; i < 4; i++) {
		zwp_input_timestamps_v1_destroy(subscriptions[i]);
	}
}

/* Of an event that is read at once the time is known better than to a ms. */
static void test_time(void **test_state) {
	window_open_fullscreen();
	struct zwp_input_timestamps_v1 *subscription =
		listened(zwp_input_timestamps_manager_v1_get_keyboard_timestamps(manager, keyboard));
	pump();
	const uint32_t msec = latch_now_msec();
	wlr_keyboard_notify_key(&f.keyboard,
		&(struct wlr_keyboard_key_event){.time_msec = msec,
			.keycode = KEY_A,
			.state = WL_KEYBOARD_KEY_STATE_PRESSED});
	const int64_t sent_ns = latch_now_ns();
	pump();
	assert_int_equal((uint32_t)(last_stamp_ns / 1000000), msec);
	assert_true(last_stamp_ns <= sent_ns);
	/* A second ago, which every computer that runs this has been on: nothing but the ms is known
	 * of it. */
	wlr_keyboard_notify_key(&f.keyboard,
		&(struct wlr_keyboard_key_event){.time_msec = msec - 1000,
			.keycode = KEY_A,
			.state = WL_KEYBOARD_KEY_STATE_RELEASED});
	pump();
	assert_int_equal((uint32_t)(last_stamp_ns / 1000000), msec - 1000);
	zwp_input_timestamps_v1_destroy(subscription);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)
TEST_MAIN("shell-timestamps", CASE(test_all), CASE(test_time))
