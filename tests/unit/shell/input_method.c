/* SPDX-License-Identifier: MIT */
/*
 * A text field (text-input-v3), an input method (input-method-v2) and what goes between them.
 */
#include "fixture.h"

#include <wlr/types/wlr_seat.h>

#include "../wire.h"
#include "text-input-client-protocol.h"

/* The protocol is part of wlroots' library, but no package has its XML to generate code from. */
#define MESSAGES(...)                                                                              \
	(const struct wl_message[]) {                                                              \
		__VA_ARGS__                                                                        \
	}
static const struct wl_interface *none[5];
static const struct wl_interface popup_interface = {"zwp_input_popup_surface_v2", 1, 1,
	MESSAGES({"destroy", "", none}), 1, MESSAGES({"text_input_rectangle", "iiii", none})};
static const struct wl_interface grab_interface = {"zwp_input_method_keyboard_grab_v2", 1, 1,
	MESSAGES({"release", "", none}), 4,
	MESSAGES({"keymap", "uhu", none}, {"key", "uuuu", none}, {"modifiers", "uuuuu", none},
		{"repeat_info", "ii", none})};
static const struct wl_interface *popup_types[] = {&popup_interface, &wl_surface_interface};
static const struct wl_interface *grab_types[] = {&grab_interface};
enum { COMMIT_STRING, SET_PREEDIT, DELETE, COMMIT, GET_POPUP, GRAB, DESTROY };
static const struct wl_interface method_interface = {"zwp_input_method_v2", 1, 7,
	MESSAGES({"commit_string", "s", none}, {"set_preedit_string", "sii", none},
		{"delete_surrounding_text", "uu", none}, {"commit", "u", none},
		{"get_input_popup_surface", "no", popup_types}, {"grab_keyboard", "n", grab_types},
		{"destroy", "", none}),
	7,
	MESSAGES({"activate", "", none}, {"deactivate", "", none},
		{"surrounding_text", "suu", none}, {"text_change_cause", "u", none},
		{"content_type", "uu", none}, {"done", "", none}, {"unavailable", "", none})};
static const struct wl_interface *method_types[] = {&wl_seat_interface, &method_interface};
static const struct wl_interface manager_interface = {"zwp_input_method_manager_v2", 1, 2,
	MESSAGES({"get_input_method", "on", method_types}, {"destroy", "", none}), 0, NULL};

static struct zwp_text_input_manager_v3 *texts;
static struct wl_proxy *methods;
static struct zwp_text_input_v3 *text;
static struct wl_proxy *method;
static struct wl_keyboard *keyboard;
/* What came, as in " activate content_type:0,1 done". */
static char log_text[512];

static int note(const void *unused, void *proxy, uint32_t opcode, const struct wl_message *message,
	union wl_argument *args) {
	const bool is_focus =
		strcmp(message->name, "enter") == 0 || strcmp(message->name, "leave") == 0;
	if (is_focus && proxy == keyboard) {
		return 0;
	}
	/* Serials and times are nobody's business. */
	const int first = strcmp(message->name, "key") == 0	   ? 2
			  : strcmp(message->name, "modifiers") == 0 ? 1
								    : 0;
	size_t len = strlen(log_text);
	const char *separator = ":";
	len += (size_t)snprintf(log_text + len, sizeof(log_text) - len, " %s", message->name);
	const char *signature = message->signature;
	for (int i = 0; *signature != '\0' && len < sizeof(log_text); signature++) {
		const char type = *signature;
		char *at = log_text + len;
		if (type == '?' || (type >= '0' && type <= '9')) {
			continue;
		} else if (type == 'h') {
			close(args[i].h);
		} else if (type == 's') {
			len += (size_t)snprintf(
				at, sizeof(log_text) - len, "%s%s", separator, args[i].s);
		} else if (type != 'o' && i >= first && strcmp(message->name, "keymap") != 0) {
			len += (size_t)snprintf(
				at, sizeof(log_text) - len, "%s%d", separator, args[i].i);
		}
		separator = i >= first && type != 'o' ? "," : separator;
		i++;
	}
	return 0;
}

static void *listened(void *proxy) {
	wl_proxy_add_dispatcher(proxy, note, NULL, NULL);
	return proxy;
}

static void assert_came(const char *expected) {
	pump();
	assert_string_equal(log_text, expected);
	log_text[0] = '\0';
}

static struct wl_proxy *get_method(void) {
	return listened(wl_proxy_marshal_flags(
		methods, 0, &method_interface, 1, 0, f.seat, NULL));
}

static void ask(uint32_t opcode, const char *string, int32_t first, int32_t second) {
	if (string == NULL) {
		wl_proxy_marshal_flags(method, opcode, NULL, 1, 0, first, second);
	} else {
		wl_proxy_marshal_flags(method, opcode, NULL, 1, 0, string, first, second);
	}
}

/* It has heard so many "done". */
static void commit_string(const char *string, int32_t dones) {
	ask(COMMIT_STRING, string, 0, 0);
	ask(COMMIT, NULL, dones, 0);
}

static void destroy(struct wl_proxy *proxy, uint32_t opcode) {
	wl_proxy_marshal_flags(proxy, opcode, NULL, 1, WL_MARSHAL_FLAG_DESTROY);
	pump();
}

static int begin(void **test_state) {
	setup(test_state);
	texts = NULL;
	methods = NULL;
	wire_bind(f.server, f.client,
		(struct wire_global[]){{&zwp_text_input_manager_v3_interface, 1, &texts, 0},
			{&manager_interface, 1, &methods, 0}, {0}});
	assert_non_null(texts);
	assert_non_null(methods);
	text = listened(zwp_text_input_manager_v3_get_text_input(texts, f.seat));
	method = get_method();
	keyboard = listened(wl_seat_get_keyboard(f.seat));
	pump();
	log_text[0] = '\0';
	return 0;
}

static int end(void **test_state) {
	if (method != NULL) {
		destroy(method, DESTROY);
	}
	wl_keyboard_destroy(keyboard);
	zwp_text_input_v3_destroy(text);
	zwp_text_input_manager_v3_destroy(texts);
	wl_proxy_destroy(methods);
	return teardown(test_state);
}

static void tap(uint32_t key) {
	press(key, true);
	press(key, false);
}

static void enable(struct zwp_text_input_v3 *field) {
	zwp_text_input_v3_enable(field);
	zwp_text_input_v3_commit(field);
}

/* A window whose text field is enabled. */
static struct window *open_enabled(int32_t width, int32_t height) {
	struct window *window = window_open(width, height);
	enable(text);
	pump();
	log_text[0] = '\0';
	return window;
}

static void test_text_goes_both_ways(void **test_state) {
	window_open(200, 100);
	assert_came(" modifiers:0,0,0,0 enter");
	zwp_text_input_v3_enable(text);
	zwp_text_input_v3_set_surrounding_text(text, "some", 4, 1);
	zwp_text_input_v3_set_content_type(text, 2, 5);
	zwp_text_input_v3_set_text_change_cause(text, 1);
	zwp_text_input_v3_commit(text);
	assert_came(" activate surrounding_text:some,4,1 text_change_cause:1 content_type:2,5"
		    " done");
	/* The cause is of one change. An offset behind the text's end goes nowhere. */
	zwp_text_input_v3_set_surrounding_text(text, "some", 5, 1);
	zwp_text_input_v3_commit(text);
	assert_came(" text_change_cause:0 content_type:2,5 done");

	ask(SET_PREEDIT, "nihao", 1, 5);
	assert_came("");
	ask(COMMIT, NULL, 2, 0);
	assert_came(" preedit_string:nihao,1,5 done:2");
	ask(COMMIT_STRING, "x", 0, 0);
	ask(DELETE, NULL, 3, 0);
	ask(COMMIT, NULL, 2, 0);
	assert_came(" commit_string:x delete_surrounding_text:3,0 done:2");
	zwp_text_input_v3_disable(text);
	zwp_text_input_v3_commit(text);
	assert_came(" deactivate done");
	commit_string("late", 3);
	assert_came("");

	/* Without popups nothing has moved, and no output need wake up. */
	enable(text);
	pump();
	const int damages = f.damages;
	zwp_text_input_v3_set_cursor_rectangle(text, 1, 2, 3, 4);
	zwp_text_input_v3_commit(text);
	pump();
	assert_int_equal(f.damages, damages);
	log_text[0] = '\0';
}

static void test_one_field_at_a_time(void **test_state) {
	open_enabled(200, 100);
	struct zwp_text_input_v3 *other =
		listened(zwp_text_input_manager_v3_get_text_input(texts, f.seat));
	assert_came(" enter");
	enable(other);
	assert_came("");
	commit_string("x", 1);
	assert_came(" commit_string:x done:1");
	zwp_text_input_v3_destroy(text);
	assert_came(" deactivate done");
	/* Its request was ignored, and has to come again. */
	zwp_text_input_v3_commit(other);
	assert_came("");
	enable(other);
	assert_came(" activate text_change_cause:0 done");
	/* What was said to the field before is not for this one. */
	commit_string("secret", 1);
	assert_came("");
	text = other;
}

static void test_goes_with_the_focus(void **test_state) {
	struct window *first = open_enabled(200, 100);
	struct window *second = window_open(200, 100);
	assert_came(" modifiers:0,0,0,0 deactivate done leave enter");
	/* After each "enter" it is off. */
	zwp_text_input_v3_commit(text);
	assert_came("");
	enable(text);
	assert_came(" activate text_change_cause:0 done");
	window_finish(second);
	window_finish(first);
	log_text[0] = '\0';
	enable(text);
	assert_came("");
	open_enabled(200, 100);
	commit_string("x", 5);
	assert_came(" commit_string:x done:5");
}

static void test_one_method_at_a_time(void **test_state) {
	open_enabled(200, 100);
	struct wl_proxy *other = get_method();
	assert_came(" unavailable");
	destroy(other, DESTROY);
	/* In the middle of a word. */
	ask(SET_PREEDIT, "ni", 0, 2);
	ask(COMMIT, NULL, 1, 0);
	assert_came(" preedit_string:ni,0,2 done:1");
	destroy(method, DESTROY);
	assert_came(" done:1");
	method = get_method();
	assert_came(" activate text_change_cause:0 done");
}

static void test_popup_beside_the_cursor(void **test_state) {
	struct window *window = window_open_fullscreen();
	struct wl_surface *surface = wl_compositor_create_surface(f.compositor);
	struct wl_proxy *popup = listened(wl_proxy_marshal_flags(
		method, GET_POPUP, &popup_interface, 1, 0, NULL, surface));
	commit_size(surface, 60, 50);
	assert_listed("toplevel 0,0");
	log_text[0] = '\0';
	zwp_text_input_v3_enable(text);
	zwp_text_input_v3_set_cursor_rectangle(text, 100, 200, 2, 20);
	zwp_text_input_v3_commit(text);
	assert_came(" activate text_change_cause:0 done text_input_rectangle:0,-20,2,20");
	assert_listed("popup 100,220 toplevel 0,0");
	/* The lower right corner; and out of the window. */
	zwp_text_input_v3_set_cursor_rectangle(text, 990, 760, 2, 20);
	zwp_text_input_v3_commit(text);
	assert_came(" text_change_cause:0 done text_input_rectangle:50,50,2,20");
	assert_listed("popup 940,710 toplevel 0,0");
	zwp_text_input_v3_set_cursor_rectangle(text, INT32_MAX, INT32_MIN, INT32_MAX, 20);
	zwp_text_input_v3_commit(text);
	assert_came(" text_change_cause:0 done text_input_rectangle:60,0,0,0");

	/* It has the pointer, and the window keeps the keyboard. */
	move_pointer(970, 30);
	play("left");
	assert_ptr_equal(f.shell->active, latch_surface_toplevel(
		f.shell->seat->pointer_state.focused_surface));
	assert_int_equal((int)f.shell->seat->pointer_state.sx, 30);
	assert_int_equal((int)f.shell->seat->pointer_state.sy, 30);
	assert_non_null(f.shell->seat->keyboard_state.focused_surface);
	zwp_text_input_v3_disable(text);
	zwp_text_input_v3_commit(text);
	pump();
	assert_listed("toplevel 0,0");
	enable(text);
	window_finish(window);
	assert_listed("");
	destroy(popup, 0);
	wl_surface_destroy(surface);
}

static void test_keyboard_is_grabbed(void **test_state) {
	window_open(200, 100);
	press(KEY_A, true);
	log_text[0] = '\0';
	struct wl_proxy *grab =
		listened(wl_proxy_marshal_flags(method, GRAB, &grab_interface, 1, 0, NULL));
	assert_came(" keymap repeat_info:25,600 modifiers:0,0,0,0");
	/* A release goes where the press went. */
	press(KEY_A, false);
	assert_came(" key:30,0");
	const int inputs = f.inputs;
	press(KEY_B, true);
	press(KEY_LEFTALT, true);
	assert_came(" key:48,1 key:56,1 modifiers:8,0,0,0");
	assert_int_equal(f.inputs, inputs + 2);
	assert_int_equal(f.shell->seat->keyboard_state.keyboard->num_keycodes, 2);
	tap(KEY_F4);
	assert_int_equal(f.windows[0].closes, 1);
	assert_came("");
	/* What the client has missed of modifiers it hears now; and not of releases. */
	destroy(grab, 0);
	assert_came(" modifiers:8,0,0,0");
	press(KEY_B, false);
	assert_came("");
	press(KEY_LEFTALT, false);
	assert_came(" modifiers:0,0,0,0");
	tap(KEY_C);
	assert_came(" key:46,1 key:46,0");
	/* With its owner. */
	grab = listened(wl_proxy_marshal_flags(method, GRAB, &grab_interface, 1, 0, NULL));
	destroy(method, DESTROY);
	method = NULL;
	log_text[0] = '\0';
	tap(KEY_C);
	assert_came(" key:46,1 key:46,0");
	destroy(grab, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)

TEST_MAIN("shell-input-method", CASE(test_text_goes_both_ways), CASE(test_one_field_at_a_time),
	CASE(test_goes_with_the_focus), CASE(test_one_method_at_a_time),
	CASE(test_popup_beside_the_cursor), CASE(test_keyboard_is_grabbed))
