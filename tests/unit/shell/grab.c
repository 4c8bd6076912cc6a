/*
 * Windows that are moved and resized: by Alt and the pointer, and because their client asks for
 * it; by the pointer and by a finger. With a real client: see fixture.h.
 */
#include "fixture.h"

#include <wlr/types/wlr_seat.h>

static void alt(struct fixture *f, uint32_t code, bool down) {
	key(f, KEY_LEFTALT, true);
	button(f, code, down);
	key(f, KEY_LEFTALT, false);
}

static void assert_at(struct fixture *f, int32_t x, int32_t y) {
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, x, y);
}

static const struct latch_cursor_image *image(struct fixture *f) {
	double x, y;
	return latch_shell_cursor(f->shell, &x, &y);
}

static struct wlr_surface *pointer_focus(struct fixture *f) {
	return f->shell->seat->pointer_state.focused_surface;
}

static void test_alt_moves(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	assert_at(f, 300, 250);
	assert_non_null(pointer_focus(f));
	uint64_t serial = image(f)->serial;
	alt(f, BTN_LEFT, true);
	int inputs = f->inputs;
	assert_true(image(f)->serial > serial);
	serial = image(f)->serial;
	assert_null(pointer_focus(f));
	move_pointer(f, 550, 380);
	assert_at(f, 350, 230);
	/* The other button belongs to it as well. */
	click(f, BTN_RIGHT);
	move_pointer(f, 560, 370);
	assert_at(f, 360, 220);
	button(f, BTN_LEFT, false);
	assert_true(image(f)->serial > serial);
	move_pointer(f, 570, 370);
	assert_at(f, 360, 220);
	/* No client has heard of it, and nothing is said to have been told to one. */
	assert_int_equal(f->buttons, 0);
	assert_int_equal(f->inputs, inputs);
	assert_non_null(pointer_focus(f));

	button(f, BTN_LEFT, true);
	move_pointer(f, 580, 380);
	button(f, BTN_LEFT, false);
	assert_int_equal(f->buttons, 2);
	assert_at(f, 360, 220);
	window_finish(&window);
}

/* The edges that are not dragged stay, whatever size the client takes. */
static void test_alt_resizes(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	move_pointer(f, 680, 530);
	alt(f, BTN_RIGHT, true);
	assert_true(window.resizing);
	assert_int_equal(window.width, 400);
	/* The first, that it is active, and this: none that lets it choose a size. */
	assert_int_equal(window.configures, 3);
	move_pointer(f, 730, 570);
	assert_size(&window, 450, 340);
	commit_size(f, window.surface, 450, 340);
	assert_at(f, 300, 250);
	button(f, BTN_RIGHT, false);
	assert_false(window.resizing);
	assert_int_equal(window.width, 450);
	commit_size(f, window.surface, 450, 340);
	assert_int_equal(f->buttons, 0);

	move_pointer(f, 310, 260);
	alt(f, BTN_RIGHT, true);
	move_pointer(f, 290, 250);
	assert_size(&window, 470, 350);
	assert_at(f, 300, 250);
	commit_size(f, window.surface, 464, 345);
	assert_at(f, 286, 245);
	button(f, BTN_RIGHT, false);
	/* The last size comes when the button is up already. */
	commit_size(f, window.surface, 470, 350);
	assert_at(f, 280, 240);
	assert_false(window.resizing);
	/* From then on it is the client's business again, and is not undone. */
	commit_size(f, window.surface, 470, 330);
	assert_at(f, 280, 240);
	struct window other;
	window_open(f, &other, 10, 10);
	assert_false(window.activated);
	assert_int_equal(window.height, 330);
	window_finish(&other);

	/* The middle of a side, and the client's limits. */
	xdg_toplevel_set_min_size(window.toplevel, 460, 100);
	xdg_toplevel_set_max_size(window.toplevel, 480, 0);
	commit_size(f, window.surface, 470, 330);
	move_pointer(f, 740, 400);
	alt(f, BTN_RIGHT, true);
	move_pointer(f, 790, 500);
	assert_size(&window, 480, 330);
	move_pointer(f, 490, 500);
	assert_int_equal(window.width, 460);
	button(f, BTN_RIGHT, false);
	window_finish(&window);
}

static void test_slow_client_gets_one_size_at_a_time(void **test_state) {
	struct fixture *f = *test_state;
	struct window window, other;
	window_open(f, &window, 400, 300);
	window.lazy = true;
	window_open(f, &other, 10, 10);
	uint32_t stale = window.serial;
	move_pointer(f, 310, 260);
	alt(f, BTN_RIGHT, true);
	window.configures = 0;
	for (int i = 1; i <= 20; i++) {
		move_pointer(f, 310 - i, 260);
	}
	xdg_surface_ack_configure(window.xdg, stale);
	pump(f);
	assert_int_equal(window.configures, 0);
	assert_int_equal(window.width, 400);
	commit_size(f, window.surface, 400, 300);
	/* The newest one, and none of those between. */
	xdg_surface_ack_configure(window.xdg, window.serial);
	pump(f);
	assert_int_equal(window.configures, 1);
	assert_int_equal(window.width, 420);
	move_pointer(f, 280, 260);
	move_pointer(f, 290, 260);
	xdg_surface_ack_configure(window.xdg, window.serial);
	commit_size(f, window.surface, 420, 300);
	assert_at(f, 280, 250);
	/* It has that size. */
	assert_int_equal(window.configures, 1);
	move_pointer(f, 281, 260);
	move_pointer(f, 280, 260);
	assert_int_equal(window.width, 429);
	/* The last one comes whatever is acknowledged. */
	button(f, BTN_RIGHT, false);
	assert_int_equal(window.width, 430);
	assert_false(window.resizing);
	window_finish(&window);
	window_finish(&other);
}

static void double_click(struct fixture *f, uint32_t between) {
	for (int i = 0; i < 2; i++) {
		alt(f, BTN_LEFT, true);
		button(f, BTN_LEFT, false);
		f->time_msec += between;
	}
	f->time_msec += 1000;
}

static void test_double_click_maximises(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	double_click(f, 500);
	assert_false(window.maximized);
	double_click(f, 200);
	assert_true(window.maximized);
	assert_int_equal(window.width, 1000);
	commit_size(f, window.surface, 1000, 800);
	assert_at(f, 0, 0);
	double_click(f, 200);
	assert_false(window.maximized);
	assert_int_equal(window.width, 400);
	commit_size(f, window.surface, 400, 300);
	assert_at(f, 300, 250);
	/* Faster than the client draws. */
	double_click(f, 200);
	double_click(f, 200);
	assert_false(window.maximized);
	assert_int_equal(window.width, 400);
	assert_int_equal(f->buttons, 0);
	window_finish(&window);
}

static void test_windows_that_fill_the_output(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	xdg_toplevel_set_maximized(window.toplevel);
	pump(f);
	commit_size(f, window.surface, 1000, 800);
	move_pointer(f, 750, 80);
	/* It is not resized, and the button is latch's all the same. */
	alt(f, BTN_RIGHT, true);
	move_pointer(f, 900, 90);
	button(f, BTN_RIGHT, false);
	assert_true(window.maximized);
	assert_false(window.resizing);
	/* A hand trembles. */
	alt(f, BTN_LEFT, true);
	move_pointer(f, 905, 90);
	assert_true(window.maximized);
	move_pointer(f, 900, 120);
	assert_false(window.maximized);
	assert_int_equal(window.width, 400);
	assert_at(f, 0, 0);
	/* With its new size it comes to where the same part of it is under the pointer. */
	move_pointer(f, 750, 80);
	assert_at(f, 0, 0);
	commit_size(f, window.surface, 400, 300);
	assert_at(f, 750 - 360, 80 - 34);
	move_pointer(f, 760, 90);
	assert_at(f, 400, 56);
	button(f, BTN_LEFT, false);

	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	pump(f);
	commit_size(f, window.surface, 1000, 800);
	alt(f, BTN_LEFT, true);
	move_pointer(f, 500, 400);
	button(f, BTN_LEFT, false);
	double_click(f, 200);
	assert_at(f, 0, 0);
	assert_true(window.fullscreen);
	assert_false(window.maximized);
	assert_int_equal(f->buttons, 0);
	xdg_toplevel_unset_fullscreen(window.toplevel);
	pump(f);
	commit_size(f, window.surface, 400, 300);
	assert_at(f, 400, 56);

	/* Its client makes it fill the output while it is resized: that is the end of that. */
	move_pointer(f, 780, 340);
	alt(f, BTN_RIGHT, true);
	xdg_toplevel_set_maximized(window.toplevel);
	pump(f);
	commit_size(f, window.surface, 1000, 800);
	assert_false(window.resizing);
	move_pointer(f, 800, 300);
	assert_int_equal(window.width, 1000);
	button(f, BTN_RIGHT, false);
	assert_int_equal(window.width, 1000);
	assert_int_equal(f->buttons, 0);
	window_finish(&window);
}

static void test_grab_ends(void **test_state) {
	struct fixture *f = *test_state;
	struct window below, window;
	window_open(f, &below, 600, 500);
	window_open(f, &window, 400, 300);
	/* The window goes: the one below hears of no release that it saw no press of. */
	alt(f, BTN_LEFT, true);
	window_finish(&window);
	assert_null(pointer_focus(f));
	move_pointer(f, 510, 400);
	assert_at(f, 200, 150);
	button(f, BTN_LEFT, false);
	assert_int_equal(f->buttons, 0);
	assert_non_null(pointer_focus(f));

	/* Unmapped while it is resized, and mapped again: as if nothing had been. */
	move_pointer(f, 780, 630);
	alt(f, BTN_RIGHT, true);
	unmap(&below);
	button(f, BTN_RIGHT, false);
	commit(&below);
	assert_false(below.resizing);
	commit_size(f, below.surface, 600, 500);
	assert_at(f, 200, 150);

	/* The session goes. */
	alt(f, BTN_LEFT, true);
	latch_shell_set_active(f->shell, false);
	move_pointer(f, 700, 600);
	assert_at(f, 200, 150);
	button(f, BTN_LEFT, false);
	latch_shell_set_active(f->shell, true);
	window_finish(&below);
}

static void test_client_asks(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	move_pointer(f, 510, 410);
	assert_at(f, 300, 250);
	button(f, BTN_LEFT, true);
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	pump(f);
	move_pointer(f, 530, 400);
	assert_at(f, 320, 240);
	button(f, BTN_LEFT, false);
	assert_int_equal(f->buttons, 1);
	/* Too late. */
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	pump(f);
	move_pointer(f, 500, 400);
	assert_at(f, 320, 240);

	button(f, BTN_LEFT, true);
	xdg_toplevel_resize(
		window.toplevel, f->seat, f->serial, XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT);
	pump(f);
	move_pointer(f, 480, 390);
	assert_size(&window, 420, 310);
	button(f, BTN_LEFT, false);
	window_finish(&window);
}

/* In parts of the one output. */
static void finger(struct fixture *f, struct wl_signal *signal, void *event) {
	wl_signal_emit_mutable(signal, event);
	pump(f);
}

static void finger_down(struct fixture *f, double x, double y) {
	finger(f, &f->touch.events.down,
		&(struct wlr_touch_down_event){
			.touch = &f->touch, .touch_id = 3, .x = x / 1000, .y = y / 800});
}

static void finger_moves(struct fixture *f, double x, double y) {
	finger(f, &f->touch.events.motion,
		&(struct wlr_touch_motion_event){
			.touch = &f->touch, .touch_id = 3, .x = x / 1000, .y = y / 800});
}

static void finger_up(struct fixture *f) {
	finger(f, &f->touch.events.up,
		&(struct wlr_touch_up_event){.touch = &f->touch, .touch_id = 3});
}

static void test_finger_drags(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 400, 300);
	finger_down(f, 310, 260);
	finger_moves(f, 312, 260);
	assert_int_equal(f->touches, 2);
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	pump(f);
	assert_int_equal(f->cancels, 1);
	finger_moves(f, 340, 250);
	assert_at(f, 328, 240);
	/* The pointer has nothing to do with it. */
	uint64_t serial = image(f)->serial;
	move_pointer(f, 600, 450);
	click(f, BTN_LEFT);
	assert_int_equal(f->buttons, 2);
	assert_int_equal(image(f)->serial, serial);
	finger_moves(f, 342, 250);
	assert_at(f, 330, 240);
	finger_up(f);
	assert_int_equal(f->touches, 2);

	/* Of a finger that is up nothing comes. */
	finger_down(f, 340, 250);
	finger_up(f);
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	pump(f);
	assert_int_equal(f->touches, 4);
	assert_int_equal(f->cancels, 1);

	finger_down(f, 720, 530);
	xdg_toplevel_resize(
		window.toplevel, f->seat, f->serial, XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	pump(f);
	finger_moves(f, 740, 560);
	assert_true(window.resizing);
	assert_size(&window, 420, 330);
	/* The device gives up. */
	finger(f, &f->touch.events.cancel,
		&(struct wlr_touch_cancel_event){.touch = &f->touch, .touch_id = 3});
	assert_false(window.resizing);

	/* The window goes: the next finger is its client's. */
	finger_down(f, 720, 530);
	xdg_toplevel_move(window.toplevel, f->seat, f->serial);
	pump(f);
	window_finish(&window);
	finger_moves(f, 700, 500);
	finger_up(f);
	window_open(f, &window, 400, 300);
	f->touches = 0;
	finger_down(f, 500, 400);
	finger_up(f);
	assert_int_equal(f->touches, 2);
	window_finish(&window);
}

static void handle_decoration(
	void *data, struct zxdg_toplevel_decoration_v1 *decoration, uint32_t mode) {
	*(uint32_t *)data = mode;
}

/* Asks for decorations, which are told to *mode from then on. */
static struct zxdg_toplevel_decoration_v1 *decorate(struct window *window, uint32_t *mode) {
	static const struct zxdg_toplevel_decoration_v1_listener listener = {
		.configure = handle_decoration,
	};
	struct zxdg_toplevel_decoration_v1 *decoration =
		zxdg_decoration_manager_v1_get_toplevel_decoration(
			window->fixture->decorations, window->toplevel);
	zxdg_toplevel_decoration_v1_add_listener(decoration, &listener, mode);
	return decoration;
}

static void test_decoration(void **test_state) {
	static const uint32_t client = ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE;
	static const uint32_t server = ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE;
	struct fixture *f = *test_state;
	struct window window;
	uint32_t mode = 0;
	window_init(f, &window);
	struct zxdg_toplevel_decoration_v1 *decoration = decorate(&window, &mode);
	commit(&window);
	assert_int_equal(mode, server);
	const uint32_t modes[] = {client, server, client};
	for (size_t i = 0; i < 3; i++) {
		zxdg_toplevel_decoration_v1_set_mode(decoration, modes[i]);
		pump(f);
		assert_int_equal(mode, modes[i]);
	}
	zxdg_toplevel_decoration_v1_unset_mode(decoration);
	pump(f);
	assert_int_equal(mode, server);
	zxdg_toplevel_decoration_v1_destroy(decoration);
	window_finish(&window);

	/* Before the first commit, as most clients ask. */
	window_init(f, &window);
	decoration = decorate(&window, &mode);
	zxdg_toplevel_decoration_v1_set_mode(decoration, client);
	commit(&window);
	assert_int_equal(mode, client);
	zxdg_toplevel_decoration_v1_destroy(decoration);
	window_finish(&window);
}

TEST_MAIN("shell-grab", TEST(test_alt_moves), TEST(test_alt_resizes),
	TEST(test_slow_client_gets_one_size_at_a_time), TEST(test_double_click_maximises),
	TEST(test_windows_that_fill_the_output), TEST(test_grab_ends), TEST(test_client_asks),
	TEST(test_finger_drags), TEST(test_decoration))
