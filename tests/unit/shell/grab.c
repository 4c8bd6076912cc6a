/* SPDX-License-Identifier: MIT */
/*
 * Windows that are moved and resized: by Alt and the pointer, and because their client asks for
 * it; by the pointer and by a finger. With a real client: see fixture.h.
 */
#include "fixture.h"

static void test_alt_moves(void **test_state) {
	play("a=400x300 at:300,250 focus image +alt +left -alt image:new nofocus to:550,380 "
	     "at:350,230");
	/* The other button belongs to it as well. */
	play("right to:560,370 at:360,220 -left image:new to:570,370 at:360,220");
	/* No client has heard of it, and nothing but the key is said to have been told to one. */
	play("buttons:0 inputs:2 focus");
	play("+left to:580,380 -left buttons:2 at:360,220");
}

/* The edges that are not dragged stay, whatever size the client takes. */
static void test_alt_resizes(void **test_state) {
	/* The first, that it is active, and this: none that lets it choose a size. */
	play("a=400x300 to:680,530 +alt +right -alt is:resizing size:400x300 configures:3");
	play("to:730,570 size:450x340 draw:450x340 at:300,250");
	play("-right not:resizing size:450x340 draw:450x340 buttons:0");

	play("to:310,260 +alt +right -alt to:290,250 size:470x350 at:300,250");
	play("draw:464x345 at:286,245");
	/* The last size comes when the button is up already. */
	play("-right draw:470x350 at:280,240 not:resizing");
	/* From then on it is the client's business again, and is not undone. */
	play("draw:470x330 at:280,240 b=10x10 a not:activated size:470x330 b finish");

	/* The middle of a side; something is left of it; and the client's limits. */
	play("a to:500,250 +alt +right -alt to:500,790 size:470x1 to:500,250 size:470x330 -right");
	play("a min:460x100 max:480x0 draw:470x330 to:740,400 +alt +right -alt");
	play("to:790,500 size:480x330 to:490,500 size:460x330 -right");
}

static void test_slow_client_gets_one_size_at_a_time(void **test_state) {
	struct window *window = window_open(400, 300);
	window->lazy = true;
	window_open(10, 10);
	uint32_t stale = window->serial;
	move_pointer(310, 260);
	play("+alt +right -alt");
	window->configures = 0;
	for (int i = 1; i <= 20; i++) {
		move_pointer(310 - i, 260);
	}
	xdg_surface_ack_configure(window->xdg, stale);
	pump();
	assert_int_equal(window->configures, 0);
	assert_int_equal(window->width, 400);
	commit_size(window->surface, 400, 300);
	/* The newest one, and none of those between. */
	xdg_surface_ack_configure(window->xdg, window->serial);
	pump();
	assert_int_equal(window->configures, 1);
	assert_int_equal(window->width, 420);
	move_pointer(280, 260);
	move_pointer(290, 260);
	xdg_surface_ack_configure(window->xdg, window->serial);
	commit_size(window->surface, 420, 300);
	assert_at(280, 250);
	/* It has that size. */
	assert_int_equal(window->configures, 1);
	move_pointer(281, 260);
	move_pointer(280, 260);
	assert_int_equal(window->width, 429);
	/* The last one comes whatever is acknowledged. */
	press(BTN_RIGHT, false);
	assert_int_equal(window->width, 430);
	assert_false(is(window, "resizing"));
}

static void test_double_click_maximises(void **test_state) {
	play("a=400x300 double:500 not:maximized");
	play("double:200 is:maximized size:1000x800 draw:1000x800 at:0,0");
	play("double:200 not:maximized size:400x300 draw:400x300 at:300,250");
	/* Faster than the client draws. */
	play("double:200 double:200 not:maximized size:400x300 buttons:0");
}

static void test_windows_that_fill_the_output(void **test_state) {
	play("a=400x300 ask:maximized draw:1000x800 to:750,80");
	/* It is not resized, and the button is latch's all the same. */
	play("+alt +right -alt to:900,90 -right is:maximized not:resizing");
	/* A hand trembles. */
	play("+alt +left -alt to:905,90 is:maximized");
	play("to:900,120 not:maximized size:400x300 at:0,0");
	/* With its new size it comes to where the same part of it is under the pointer: nine tenths
	 * across, and as much down as in the larger one. */
	play("to:750,80 at:0,0 draw:400x300 at:390,46 to:760,90 at:400,56 -left");

	play("ask:fullscreen draw:1000x800 +alt +left -alt to:500,400 -left double:200");
	play("at:0,0 is:fullscreen not:maximized buttons:0");
	play("ask:unfullscreen draw:400x300 at:400,56");

	/* Its client makes it fill the output while it is resized: that is the end of that. */
	play("to:780,340 +alt +right -alt ask:maximized draw:1000x800 not:resizing");
	play("to:800,300 size:1000x800 -right size:1000x800 buttons:0");
}

static void test_grab_ends(void **test_state) {
	play("a=600x500 b=400x300");
	/* The window goes: the one below hears of no release that it saw no press of. */
	play("+alt +left -alt finish nofocus to:510,400 at:200,150 -left buttons:0 focus");
	/* Unmapped while it is resized, and mapped again: as if nothing had been. */
	play("a to:780,630 +alt +right -alt unmap -right commit not:resizing");
	play("draw:600x500 at:200,150");
	/* The session goes. */
	play("+alt +left -alt away to:700,600 at:200,150 -left back");
}

static void test_client_asks(void **test_state) {
	play("a=400x300 ask:move to:510,410 at:300,250");
	play("+left ask:move to:530,400 at:320,240 -left buttons:1");
	/* Too late. */
	play("ask:move to:500,400 at:320,240");
	play("+left ask:resize-top-left to:480,390 size:420x310 -left");
}

static void test_finger_drags(void **test_state) {
	play("a=400x300 +finger:310,260 finger:312,260 touches:2");
	play("ask:move cancels:1 finger:340,250 at:328,240");
	/* The pointer has nothing to do with it. */
	play("image to:600,450 left buttons:2 image:same");
	play("finger:342,250 at:330,240 -finger touches:2");
	/* Of a finger that is up nothing comes. */
	play("+finger:340,250 -finger ask:move touches:4 cancels:1");
	/* The device gives up. */
	play("+finger:720,530 ask:resize-bottom-right finger:740,560 is:resizing size:420x330");
	play("cancel not:resizing touches:5");
	/* The window goes: the next finger is its client's. */
	play("+finger:720,530 ask:move finish finger:700,500 -finger touches:6");
	play("a=400x300 +finger:500,400 -finger touches:8");
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
		zxdg_decoration_manager_v1_get_toplevel_decoration(f.decorations, window->toplevel);
	zxdg_toplevel_decoration_v1_add_listener(decoration, &listener, mode);
	return decoration;
}

static void test_decoration(void **test_state) {
	static const uint32_t client = ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE;
	static const uint32_t server = ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE;
	const uint32_t modes[] = {client, server, client};
	/* What is asked for before the first commit, as by most clients; or nothing. */
	for (int asks = 0; asks < 2; asks++) {
		uint32_t mode = 0;
		struct window *window = window_create();
		struct zxdg_toplevel_decoration_v1 *decoration = decorate(window, &mode);
		if (asks) {
			zxdg_toplevel_decoration_v1_set_mode(decoration, client);
		}
		commit(window);
		assert_int_equal(mode, asks ? client : server);
		for (size_t i = 0; i < 3; i++) {
			zxdg_toplevel_decoration_v1_set_mode(decoration, modes[i]);
			pump();
			assert_int_equal(mode, modes[i]);
		}
		zxdg_toplevel_decoration_v1_unset_mode(decoration);
		pump();
		assert_int_equal(mode, server);
		zxdg_toplevel_decoration_v1_destroy(decoration);
	}
}

TEST_MAIN("shell-grab", TEST(test_alt_moves), TEST(test_alt_resizes),
	TEST(test_slow_client_gets_one_size_at_a_time), TEST(test_double_click_maximises),
	TEST(test_windows_that_fill_the_output), TEST(test_grab_ends), TEST(test_client_asks),
	TEST(test_finger_drags), TEST(test_decoration))
