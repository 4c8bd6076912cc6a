/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/log.h>

#include "../wire.h"

struct fixture f;

void pump(void) {
	wire_pump(f.server, f.client, 6);
	assert_int_equal(wl_display_get_error(f.client), 0);
	struct wlr_box box;
	wlr_output_layout_get_box(f.layout, f.output, &box);
	f.count = latch_shell_surfaces(f.shell, &box, f.list, MAX_SURFACES);
}

static void damage_all(void *data) {
	f.damages++;
}

static void cursor_moved(void *data) {
}

static void input(void *data, struct wlr_surface *surface, int64_t time_ns) {
	f.inputs++;
}

static void idle(void *data, bool is_idle) {
	f.dark = is_idle;
	f.idles++;
}

static void record(void *data) {
	f.recordings++;
}

static void terminate(void *data) {
	f.terminations++;
}

static void configure_toplevel(struct window *window, const union wl_argument *args) {
	window->width = args[0].i;
	window->height = args[1].i;
	window->states = 0;
	const uint32_t *state;
	wl_array_for_each(state, args[2].a) {
		window->states |= 1u << *state;
	}
}

/* Every event for the client's pointer, finger and windows; its arguments are in the XML's order.
 */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	struct window *window = wl_proxy_get_user_data(proxy);
	char event[64];
	snprintf(event, sizeof(event), "%s.%s", wl_proxy_get_class(proxy), message->name);
	if (strcmp(event, "wl_pointer.enter") == 0) {
		f.enter_serial = args[0].u;
	} else if (strcmp(event, "wl_pointer.button") == 0) {
		f.buttons++;
		f.serial = args[0].u;
	} else if (strcmp(event, "wl_touch.down") == 0) {
		f.touches++;
		f.serial = args[0].u;
		f.touch_x = wl_fixed_to_double(args[4].f);
		f.touch_y = wl_fixed_to_double(args[5].f);
	} else if (strcmp(event, "wl_touch.motion") == 0 || strcmp(event, "wl_touch.up") == 0) {
		f.touches++;
	} else if (strcmp(event, "wl_touch.cancel") == 0) {
		f.cancels++;
	} else if (strcmp(event, "xdg_surface.configure") == 0) {
		window->configures++;
		window->serial = args[0].u;
		if (!window->lazy) {
			xdg_surface_ack_configure(proxy, window->serial);
		}
	} else if (strcmp(event, "xdg_toplevel.configure") == 0) {
		configure_toplevel(window, args);
	} else if (strcmp(event, "xdg_toplevel.close") == 0) {
		window->closes++;
	} else if (strcmp(event, "xdg_popup.configure") == 0) {
		window->x = args[0].i;
		window->y = args[1].i;
		window->width = args[2].i;
		window->height = args[3].i;
	}
	return 0;
}

static void listen_to(void *proxy, struct window *window) {
	wl_proxy_add_dispatcher(proxy, handle_event, NULL, window);
}

struct wlr_output *add_output(const char *name, int width, int height) {
	struct wlr_output *output =
		wlr_headless_add_output(f.backend, (unsigned)width, (unsigned)height);
	if (name != NULL) {
		wlr_output_set_name(output, name);
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_state_set_custom_mode(&state, width, height, 60000);
	assert_true(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
	wlr_output_layout_add_auto(f.layout, output);
	return output;
}

static struct wire_global globals[] = {
	{&wl_compositor_interface, 4, &f.compositor, 0},
	{&wl_subcompositor_interface, 1, &f.subcompositor, 0},
	{&wl_shm_interface, 1, &f.shm, 0},
	{&wl_seat_interface, 1, &f.seat, 0},
	{&xdg_wm_base_interface, 6, &f.wm_base, 0},
	{&wl_data_device_manager_interface, 3, &f.data_devices, 0},
	{&zxdg_decoration_manager_v1_interface, 1, &f.decorations, 0},
	{0},
};

int setup(void **test_state) {
	static const struct wlr_pointer_impl pointer_impl = {.name = "test"};
	static const struct wlr_keyboard_impl keyboard_impl = {.name = "test"};
	static const struct wlr_touch_impl touch_impl = {.name = "test"};
	static const uint32_t formats[] = {0x34325241, 0x34325258};
	memset(&f, 0, sizeof(f));
	wlr_log_init(WLR_SILENT, NULL);

	f.server = wl_display_create();
	f.backend = wlr_headless_backend_create(wl_display_get_event_loop(f.server));
	f.layout = wlr_output_layout_create(f.server);
	wlr_subcompositor_create(f.server);
	wlr_shm_create(f.server, 1, formats, 2);
	f.shell = latch_shell_create(&(struct latch_shell_options){
		.display = f.server,
		.backend = f.backend,
		.compositor = wlr_compositor_create(f.server, 6, NULL),
		.layout = f.layout,
		.damage_all = damage_all,
		.cursor_moved = cursor_moved,
		.input = input,
		.idle_off_ns = IDLE_OFF_MS * INT64_C(1000000),
		.idle = idle,
		.record = record,
		.terminate = terminate,
	});
	assert_non_null(f.shell);
	assert_true(wlr_backend_start(f.backend));
	f.output = add_output(NULL, 1000, 800);
	wlr_pointer_init(&f.pointer, &pointer_impl, "pointer");
	wlr_keyboard_init(&f.keyboard, &keyboard_impl, "keyboard");
	wlr_touch_init(&f.touch, &touch_impl, "touch");
	wl_signal_emit_mutable(&f.backend->events.new_input, &f.pointer.base);
	wl_signal_emit_mutable(&f.backend->events.new_input, &f.touch.base);
	wl_signal_emit_mutable(&f.backend->events.new_input, &f.keyboard.base);

	assert_non_null(wire_connect(f.server, &f.client));
	wire_bind(f.server, f.client, globals);
	pump();
	f.wl_pointer = wl_seat_get_pointer(f.seat);
	listen_to(f.wl_pointer, NULL);
	f.wl_touch = wl_seat_get_touch(f.seat);
	listen_to(f.wl_touch, NULL);
	return 0;
}

int teardown(void **test_state) {
	for (int i = MAX_WINDOWS - 1; i >= 0; i--) {
		window_finish(&f.windows[i]);
	}
	wl_pointer_destroy(f.wl_pointer);
	wl_touch_destroy(f.wl_touch);
	for (const struct wire_global *global = globals; global->interface != NULL; global++) {
		wl_proxy_destroy(*(struct wl_proxy **)global->object);
	}
	wl_display_disconnect(f.client);
	wl_display_destroy_clients(f.server);
	wlr_pointer_finish(&f.pointer);
	wlr_keyboard_finish(&f.keyboard);
	wlr_touch_finish(&f.touch);
	latch_shell_destroy(f.shell);
	wlr_backend_destroy(f.backend);
	wl_display_destroy(f.server);
	return 0;
}

void commit_size(struct wl_surface *surface, int32_t width, int32_t height) {
	struct wl_buffer *buffer = wire_shm_buffer(f.shm, width, height);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, width, height);
	wl_surface_commit(surface);
	pump();
	wl_buffer_destroy(buffer);
}

static struct window *add_window(void) {
	struct window *window = f.windows;
	while (window->surface != NULL) {
		assert_true(++window < &f.windows[MAX_WINDOWS]);
	}
	window->surface = wl_compositor_create_surface(f.compositor);
	window->xdg = xdg_wm_base_get_xdg_surface(f.wm_base, window->surface);
	listen_to(window->xdg, window);
	return window;
}

struct window *window_create(void) {
	struct window *window = add_window();
	window->toplevel = xdg_surface_get_toplevel(window->xdg);
	listen_to(window->toplevel, window);
	return window;
}

void window_finish(struct window *window) {
	if (window->surface == NULL) {
		return;
	}
	if (window->popup != NULL) {
		xdg_popup_destroy(window->popup);
	}
	if (window->toplevel != NULL) {
		xdg_toplevel_destroy(window->toplevel);
	}
	xdg_surface_destroy(window->xdg);
	wl_surface_destroy(window->surface);
	*window = (struct window){0};
	pump();
}

void commit(struct window *window) {
	wl_surface_commit(window->surface);
	pump();
}

void unmap(struct window *window) {
	wl_surface_attach(window->surface, NULL, 0, 0);
	commit(window);
}

void assert_size(const struct window *window, int32_t width, int32_t height) {
	assert_int_equal(window->width, width);
	assert_int_equal(window->height, height);
}

struct window *window_open(int32_t width, int32_t height) {
	struct window *window = window_create();
	commit(window);
	assert_int_equal(window->configures, 1);
	commit_size(window->surface, width, height);
	return window;
}

struct window *window_open_fullscreen(void) {
	struct window *window = window_create();
	xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	commit(window);
	commit_size(window->surface, window->width, window->height);
	return window;
}

struct window *popup_create(struct window *parent, int32_t x, int32_t y, uint32_t adjustment) {
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f.wm_base);
	xdg_positioner_set_size(positioner, 100, 80);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(positioner, adjustment);
	struct window *popup = add_window();
	popup->popup = xdg_surface_get_popup(popup->xdg, parent->xdg, positioner);
	listen_to(popup->popup, popup);
	xdg_positioner_destroy(positioner);
	return popup;
}

struct window *popup_open(struct window *parent, int32_t x, int32_t y, uint32_t adjustment) {
	struct window *popup = popup_create(parent, x, y, adjustment);
	commit(popup);
	assert_int_equal(popup->configures, 1);
	commit_size(popup->surface, 100, 80);
	return popup;
}

void assert_listed(const char *expected) {
	static const char *const kinds[] = {
		[LATCH_SHELL_TOPLEVEL] = "toplevel",
		[LATCH_SHELL_POPUP] = "popup",
		[LATCH_SHELL_SUBSURFACE] = "subsurface",
	};
	char text[256] = "";
	for (size_t i = 0; i < f.count; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %d,%d",
			i > 0 ? " " : "", kinds[f.list[i].kind], f.list[i].x, f.list[i].y);
	}
	assert_string_equal(text, expected);
}

void assert_at(int32_t x, int32_t y) {
	assert_true(f.count > 0);
	assert_int_equal(f.list[0].kind, LATCH_SHELL_TOPLEVEL);
	assert_int_equal(f.list[0].x, x);
	assert_int_equal(f.list[0].y, y);
}

void move_pointer(double x, double y) {
	double old_x, old_y;
	latch_shell_cursor(f.shell, &old_x, &old_y);
	struct wlr_pointer_motion_event event = {
		.pointer = &f.pointer, .delta_x = x - old_x, .delta_y = y - old_y};
	wl_signal_emit_mutable(&f.pointer.events.motion, &event);
	wl_signal_emit_mutable(&f.pointer.events.frame, &f.pointer);
	pump();
}

void press(uint32_t code, bool down) {
	if (code >= BTN_MISC) {
		struct wlr_pointer_button_event event = {
			.pointer = &f.pointer,
			.time_msec = f.time_msec,
			.button = code,
			.state = down ? WL_POINTER_BUTTON_STATE_PRESSED
				      : WL_POINTER_BUTTON_STATE_RELEASED,
		};
		wlr_pointer_notify_button(&f.pointer, &event);
		wl_signal_emit_mutable(&f.pointer.events.frame, &f.pointer);
	} else {
		struct wlr_keyboard_key_event event = {
			.keycode = code,
			.update_state = true,
			.state = down ? WL_KEYBOARD_KEY_STATE_PRESSED
				      : WL_KEYBOARD_KEY_STATE_RELEASED,
		};
		wlr_keyboard_notify_key(&f.keyboard, &event);
	}
	pump();
}

void finger(enum finger_event event, double x, double y) {
	struct wlr_touch *touch = &f.touch;
	x /= f.output->width;
	y /= f.output->height;
	if (event == FINGER_DOWN) {
		wl_signal_emit_mutable(
			&touch->events.down, &(struct wlr_touch_down_event){touch, 0, 3, x, y});
	} else if (event == FINGER_MOVES) {
		wl_signal_emit_mutable(
			&touch->events.motion, &(struct wlr_touch_motion_event){touch, 0, 3, x, y});
	} else if (event == FINGER_UP) {
		wl_signal_emit_mutable(
			&touch->events.up, &(struct wlr_touch_up_event){touch, 0, 3});
	} else {
		wl_signal_emit_mutable(
			&touch->events.cancel, &(struct wlr_touch_cancel_event){touch, 0, 3});
	}
	pump();
}

bool is(const struct window *window, const char *state) {
	static const char *const names[] = {
		[XDG_TOPLEVEL_STATE_MAXIMIZED] = "maximized",
		[XDG_TOPLEVEL_STATE_FULLSCREEN] = "fullscreen",
		[XDG_TOPLEVEL_STATE_RESIZING] = "resizing",
		[XDG_TOPLEVEL_STATE_ACTIVATED] = "activated",
		[XDG_TOPLEVEL_STATE_SUSPENDED] = "suspended",
	};
	size_t i = test_find_name(names, LEN(names), state);
	return (window->states & 1u << i) != 0;
}

/* --- Scripts --- */

static void press_named(const char *name, bool down) {
	static const char *const names[] = {
		"left", "right", "alt", "ctrl", "tab", "f4", "esc", "r", "backspace"};
	static const uint32_t codes[] = {BTN_LEFT, BTN_RIGHT, KEY_LEFTALT, KEY_LEFTCTRL, KEY_TAB,
		KEY_F4, KEY_ESC, KEY_R, KEY_BACKSPACE};
	press(codes[test_find_name(names, LEN(names), name)], down);
}

static void ask(struct xdg_toplevel *toplevel, const char *what) {
	if (strcmp(what, "move") == 0) {
		xdg_toplevel_move(toplevel, f.seat, f.serial);
	} else if (strcmp(what, "resize-top-left") == 0) {
		xdg_toplevel_resize(toplevel, f.seat, f.serial, XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT);
	} else if (strcmp(what, "resize-bottom-right") == 0) {
		xdg_toplevel_resize(
			toplevel, f.seat, f.serial, XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	} else if (strcmp(what, "maximized") == 0) {
		xdg_toplevel_set_maximized(toplevel);
	} else if (strcmp(what, "unmaximized") == 0) {
		xdg_toplevel_unset_maximized(toplevel);
	} else if (strcmp(what, "fullscreen") == 0) {
		xdg_toplevel_set_fullscreen(toplevel, NULL);
	} else {
		assert_string_equal(what, "unfullscreen");
		xdg_toplevel_unset_fullscreen(toplevel);
	}
	pump();
}

static void double_click(int between) {
	for (int i = 0; i < 2; i++) {
		play("+alt +left -alt -left");
		f.time_msec += (uint32_t)between;
	}
	f.time_msec += 1000;
}

static void assert_count(const char *name, int expected) {
	static const char *const names[] = {
		"configures", "closes", "buttons", "touches", "cancels", "inputs", "recordings",
		"terminations"};
	const int counts[] = {f.window->configures, f.window->closes, f.buttons, f.touches,
		f.cancels, f.inputs, f.recordings, f.terminations};
	const size_t i = test_find_name(names, LEN(names), name);
	assert_int_equal(counts[i], expected);
}

static void compare_image(const char *how) {
	double x, y;
	const uint64_t serial = latch_shell_cursor(f.shell, &x, &y)->serial;
	assert_true(strcmp(how, ":new") != 0 || serial > f.image_serial);
	assert_true(strcmp(how, ":same") != 0 || serial == f.image_serial);
	f.image_serial = serial;
}

static void assert_shown(const char *places) {
	char listed[128] = "", place[32];
	for (int len; sscanf(places, "%31[0-9,]%n", place, &len) == 1; places += len) {
		snprintf(listed + strlen(listed), sizeof(listed) - strlen(listed), "%stoplevel %s",
			listed[0] != '\0' ? " " : "", place);
		len += places[len] == '/';
	}
	assert_listed(listed);
}

/* Of the window. Returns false where the word is no such thing. */
static bool take_window_word(const char *word) {
	struct window *window = f.window;
	int x, y;
	if (sscanf(word, "draw:%dx%d", &x, &y) == 2) {
		commit_size(window->surface, x, y);
	} else if (sscanf(word, "min:%dx%d", &x, &y) == 2) {
		xdg_toplevel_set_min_size(window->toplevel, x, y);
	} else if (sscanf(word, "max:%dx%d", &x, &y) == 2) {
		xdg_toplevel_set_max_size(window->toplevel, x, y);
	} else if (sscanf(word, "size:%dx%d", &x, &y) == 2) {
		assert_size(window, x, y);
	} else if (strncmp(word, "ask:", 4) == 0) {
		ask(window->toplevel, word + 4);
	} else if (strncmp(word, "is:", 3) == 0) {
		assert_true(is(window, word + 3));
	} else if (strncmp(word, "not:", 4) == 0) {
		assert_false(is(window, word + 4));
	} else if (strcmp(word, "unmap") == 0) {
		unmap(window);
	} else if (strcmp(word, "commit") == 0) {
		commit(window);
	} else if (strcmp(word, "finish") == 0) {
		window_finish(window);
	} else {
		return false;
	}
	return true;
}

static void take_word(const char *word) {
	char name[32];
	int x, y;
	if (word[0] >= 'a' && word[0] <= 'd' && (word[1] == '\0' || word[1] == '=')) {
		f.window = &f.windows[word[0] - 'a'];
		if (strcmp(word + 1, "=full") == 0) {
			assert_ptr_equal(window_open_fullscreen(), f.window);
		} else if (sscanf(word + 1, "=%dx%d", &x, &y) == 2) {
			assert_ptr_equal(window_open(x, y), f.window);
		}
	} else if (take_window_word(word)) {
		return;
	} else if (sscanf(word, "to:%d,%d", &x, &y) == 2) {
		move_pointer(x, y);
	} else if (sscanf(word, "+finger:%d,%d", &x, &y) == 2) {
		finger(FINGER_DOWN, x, y);
	} else if (sscanf(word, "finger:%d,%d", &x, &y) == 2) {
		finger(FINGER_MOVES, x, y);
	} else if (strcmp(word, "-finger") == 0) {
		finger(FINGER_UP, 0, 0);
	} else if (strcmp(word, "cancel") == 0) {
		finger(FINGER_CANCELLED, 0, 0);
	} else if (sscanf(word, "double:%d", &x) == 1) {
		double_click(x);
	} else if (strcmp(word, "away") == 0 || strcmp(word, "back") == 0) {
		latch_shell_set_active(f.shell, word[0] == 'b');
	} else if (sscanf(word, "at:%d,%d", &x, &y) == 2) {
		assert_at(x, y);
	} else if (strncmp(word, "shown:", 6) == 0) {
		assert_shown(word + 6);
	} else if (strcmp(word, "focus") == 0 || strcmp(word, "nofocus") == 0) {
		assert_int_equal(
			f.shell->seat->pointer_state.focused_surface != NULL, word[0] == 'f');
	} else if (strncmp(word, "image", 5) == 0) {
		compare_image(word + 5);
	} else if (sscanf(word, "%31[a-z]:%d", name, &x) == 2) {
		assert_count(name, x);
	} else if (word[0] == '+' || word[0] == '-') {
		press_named(word + 1, word[0] == '+');
	} else {
		press_named(word, true);
		press_named(word, false);
	}
}

void play(const char *script) {
	test_play(script, take_word);
}
