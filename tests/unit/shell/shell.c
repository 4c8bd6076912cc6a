/* SPDX-License-Identifier: MIT */
/*
 * Windows, popups, focus, keys and the cursor, with a real client: see fixture.h.
 */
#include "fixture.h"

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>

static void test_window_is_centred_and_active(void **test_state) {
	play("a=200x100 shown:400,350 is:activated size:0x0");
	assert_true(f.damages > 0);
	/* Content alone changes nothing for the shell. */
	int damages = f.damages;
	play("draw:200x100");
	assert_int_equal(f.damages, damages);
	play("draw:210x100");
	assert_int_equal(f.damages, damages + 1);
	play("finish shown:");
	assert_int_equal(f.damages, damages + 2);
}

static void test_fullscreen_fills_and_hides(void **test_state) {
	play("a=200x100 b=full is:fullscreen not:suspended size:1000x800 shown:0,0");
	play("a is:suspended not:activated");
	/* A smaller picture is centred, and still alone. */
	play("b draw:500x400 shown:250,200");
	/* Only when the client has left fullscreen does the other one appear. */
	play("ask:unfullscreen not:fullscreen shown:250,200");
	play("draw:300x300 shown:350,250/400,350 a not:suspended");
	/* And back to where it was. */
	play("b ask:maximized is:maximized size:1000x800 draw:1000x800 shown:0,0/400,350");
	play("ask:unmaximized size:300x300 draw:300x300 shown:350,250/400,350");
	play("finish a is:activated");
}

static void test_dialog_is_over_its_parent(void **test_state) {
	struct window *parent = window_open(400, 300);
	window_open(400, 300);

	struct window *dialog = window_create();
	xdg_toplevel_set_parent(dialog->toplevel, parent->toplevel);
	commit(dialog);
	commit_size(dialog->surface, 100, 100);
	/* The parent came along. */
	assert_listed("toplevel 450,350 toplevel 300,250 toplevel 332,282");
	window_finish(parent);
	assert_listed("toplevel 450,350 toplevel 332,282");
}

static void test_subsurfaces_in_order(void **test_state) {
	struct window *window = window_open(200, 100);
	struct wl_surface *surfaces[2];
	struct wl_subsurface *subs[2];
	for (int i = 0; i < 2; i++) {
		surfaces[i] = wl_compositor_create_surface(f.compositor);
		subs[i] = wl_subcompositor_get_subsurface(
			f.subcompositor, surfaces[i], window->surface);
		wl_subsurface_set_position(subs[i], 10 * (i + 1), 5);
		commit_size(surfaces[i], 20, 20);
	}
	wl_subsurface_place_below(subs[1], window->surface);
	assert_listed("toplevel 400,350");
	commit(window);
	assert_listed("subsurface 410,355 toplevel 400,350 subsurface 420,355");

	/* Room for two: the count tells that there are more. */
	struct wlr_box box = {.width = 1000, .height = 800};
	assert_int_equal(latch_shell_surfaces(f.shell, &box, f.list, 2), 3);
	assert_int_equal(latch_shell_surfaces(f.shell, &box, NULL, 0), 3);
	/* And what is elsewhere is not in the list. */
	box.x = 5000;
	assert_int_equal(latch_shell_surfaces(f.shell, &box, f.list, 2), 0);

	int damages = f.damages;
	wl_subsurface_set_position(subs[0], 30, 5);
	commit(window);
	assert_listed("subsurface 430,355 toplevel 400,350 subsurface 420,355");
	assert_int_equal(f.damages, damages + 1);

	for (int i = 0; i < 2; i++) {
		wl_subsurface_destroy(subs[i]);
		wl_surface_destroy(surfaces[i]);
	}
}

static void test_popup_stays_on_the_output(void **test_state) {
	struct window *window = window_open(1000, 780);
	assert_listed("toplevel 0,10");

	struct window *popup =
		popup_open(window, 50, 60, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	assert_int_equal(popup->x, 50);
	assert_listed("popup 50,70 toplevel 0,10");
	struct window *nested = popup_open(popup, 90, 70, 0);
	assert_listed("popup 140,140 popup 50,70 toplevel 0,10");
	window_finish(nested);
	window_finish(popup);

	popup = popup_open(window, 980, 770,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y);
	/* The output ends 790 below the window's upper edge. */
	assert_int_equal(popup->x, 900);
	assert_int_equal(popup->y + 80, 790);
}

/* xdg_popup.reposition is legal at any time; before the first commit nothing is sent. */
static void test_popup_repositioned_early(void **test_state) {
	struct window *window = window_open(400, 300);
	struct window *popup = popup_create(window, 10, 10, 0);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f.wm_base);
	xdg_positioner_set_size(positioner, 60, 50);
	xdg_positioner_set_anchor_rect(positioner, 20, 30, 1, 1);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	for (int i = 0; i < 2; i++) {
		popup->configures = 0;
		xdg_popup_reposition(popup->popup, positioner, 1);
		pump();
		assert_int_equal(popup->configures, 0);
		commit(popup);
		assert_int_equal(popup->configures, 1);
		assert_int_equal(popup->width, 60);
		commit_size(popup->surface, 60, 50);
		/* Unmapped, it is as it was at first. */
		unmap(popup);
	}
	xdg_positioner_destroy(positioner);
}

/* Each popup is in the list of its seat's grab once, how often ever it asks. */
static void test_popup_grabs_again(void **test_state) {
	struct window *popups[3];
	struct window *window = window_open(400, 300);
	for (int i = 0; i < 3; i++) {
		popups[i] = popup_create(window, 10, 10, 0);
		xdg_popup_grab(popups[i]->popup, f.seat, 1);
	}
	/* The first, the last, the one between. */
	static const int again[] = {0, 0, 2, 1, 2, 1};
	for (size_t i = 0; i < LEN(again); i++) {
		xdg_popup_grab(popups[again[i]]->popup, f.seat, 1);
		pump();
	}
	struct wlr_seat *seat = f.shell->seat;
	/* wlroots tells each of them, and ends the grab with the last. */
	for (int i = 0; i < 3; i++) {
		assert_true(wlr_seat_pointer_has_grab(seat));
		window_finish(popups[(i + 1) % 3]);
	}
	assert_false(wlr_seat_pointer_has_grab(seat));
}

static void test_new_windows_hide_none(void **test_state) {
	play("a=400x300 b=400x300 c=100x80 shown:450,360/332,282/300,250");
	/* The place of the one that has gone is free, but there the small one would be covered. */
	play("b finish b=400x300 shown:460,410/450,360/300,250");
	play("finish c finish b=400x300 shown:332,282/300,250");
}

static void test_click_raises(void **test_state) {
	play("a=400x300 b=400x300 shown:332,282/300,250 to:310,260 is:activated inputs:0");
	play("+left inputs:1 not:activated a is:activated shown:300,250/332,282");

	/* Until the release, the pointer belongs to the window that was pressed. */
	struct wlr_seat *seat = f.shell->seat;
	struct wlr_surface *pressed = seat->pointer_state.focused_surface;
	move_pointer(720, 570);
	assert_ptr_equal(seat->pointer_state.focused_surface, pressed);
	assert_int_equal((int)seat->pointer_state.sx, 420);
	press(BTN_LEFT, false);
	assert_ptr_not_equal(seat->pointer_state.focused_surface, pressed);

	/* The window under the pointer goes away: so does the focus, without motion. */
	assert_non_null(seat->pointer_state.focused_surface);
	play("b finish");
	assert_null(seat->pointer_state.focused_surface);
}

static void test_alt_tab(void **test_state) {
	play("a=400x300 b=400x300 c=400x300 +alt inputs:1");
	/* This one latch keeps to itself. */
	play("tab inputs:1 -alt inputs:2 b is:activated");
	/* The one before is the one that was left; and on, to the least used one. */
	play("+alt tab c is:activated tab a is:activated -alt");
	play("+alt f4 closes:1 terminations:0 esc terminations:0");
	play("+ctrl r recordings:1 backspace -ctrl -alt terminations:1");
}

static void test_keys_are_the_clients(void **state) {
	f.shell->options.no_keys = true;
	play("a=400x300 to:500,400 +alt +left to:520,400 -left -alt at:300,250 inputs:4");
	play("b=400x300 +alt tab b is:activated f4 closes:0 inputs:9");
	play("+ctrl backspace r -ctrl -alt terminations:0 recordings:0 inputs:16");
}

static void test_cursor_of_a_client(void **test_state) {
	double x, y;
	window_open(400, 300);
	const struct latch_cursor_image *image = latch_shell_cursor(f.shell, &x, &y);
	assert_non_null(image);
	assert_int_equal((int)x, 500);
	uint64_t serial = image->serial;

	/* The buffer is there before the surface is a cursor. */
	struct wl_surface *surface = wl_compositor_create_surface(f.compositor);
	commit_size(surface, 32, 16);
	wl_pointer_set_cursor(f.wl_pointer, f.enter_serial, surface, 3, 4);
	pump();
	image = latch_shell_cursor(f.shell, &x, &y);
	assert_non_null(image);
	assert_true(image->serial > serial);
	assert_int_equal(image->width, 32);
	assert_int_equal(image->height, 16);
	assert_int_equal(image->hotspot_x, 3);
	assert_true(image->src.width == 32 && image->src.height == 16);
	assert_non_null(latch_shell_cursor_surface(f.shell));

	serial = image->serial;
	commit_size(surface, 8, 8);
	image = latch_shell_cursor(f.shell, &x, &y);
	assert_int_equal(image->width, 8);
	assert_true(image->serial > serial);

	wl_pointer_set_cursor(f.wl_pointer, f.enter_serial, NULL, 0, 0);
	pump();
	assert_null(latch_shell_cursor(f.shell, &x, &y));

	/* Outside of the window the theme's image is back. */
	wl_pointer_set_cursor(f.wl_pointer, f.enter_serial, surface, 3, 4);
	move_pointer(5, 5);
	assert_non_null(latch_shell_cursor(f.shell, &x, &y));
	assert_null(latch_shell_cursor_surface(f.shell));
	wl_surface_destroy(surface);
}

static void test_outputs_come_and_go(void **test_state) {
	window_open(200, 100);
	struct window *full = window_open_fullscreen();

	wlr_output_destroy(f.output);
	f.output = add_output(NULL, 640, 480);
	pump();
	assert_size(full, 640, 480);
	commit_size(full->surface, 640, 480);
	assert_listed("toplevel 0,0");
	window_finish(full);
	/* At 400, 350 before: as near to that as there is room. */
	assert_listed("toplevel 400,350");
}

static void test_surfaces_leave_outputs(void **test_state) {
	window_open(200, 100);
	struct wlr_output *first = f.output;
	struct wlr_surface *surface = f.list[0].surface;
	assert_false(wl_list_empty(&surface->current_outputs));

	/* Taken out of the layout, the output itself lives on. */
	latch_shell_leave_output(f.shell, first);
	assert_true(wl_list_empty(&surface->current_outputs));
	wlr_output_layout_remove(f.layout, first);
	pump();
	assert_true(wl_list_empty(&surface->current_outputs));

	f.output = add_output(NULL, 640, 480);
	pump();
	assert_listed("toplevel 400,350");
	struct wlr_surface_output *entered =
		wl_container_of(surface->current_outputs.next, entered, link);
	assert_ptr_equal(entered->output, f.output);
	assert_int_equal(wl_list_length(&surface->current_outputs), 1);
}

static void test_unmap_and_map_again(void **test_state) {
	play("a=200x100 unmap shown:");
	assert_null(f.shell->seat->keyboard_state.focused_surface);
	f.window->configures = 0;
	play("commit configures:1 draw:200x100 shown:400,350 is:activated");
}

static int drags_started, drags_ended;

static void handle_drag_destroy(struct wl_listener *listener, void *data) {
	drags_ended++;
	wl_list_remove(&listener->link);
}

static void handle_start_drag(struct wl_listener *listener, void *data) {
	static struct wl_listener destroy = {.notify = handle_drag_destroy};
	struct wlr_drag *drag = data;
	drags_started++;
	wl_signal_add(&drag->events.destroy, &destroy);
}

/* No button is down, so nothing is dragged; and nothing is left of what was asked for. */
static void test_drag_without_source_is_refused(void **test_state) {
	struct wlr_seat *seat = f.shell->seat;
	struct wl_listener start = {.notify = handle_start_drag};
	wl_signal_add(&seat->events.start_drag, &start);
	struct wl_data_device *device =
		wl_data_device_manager_get_data_device(f.data_devices, f.seat);
	struct wl_surface *icon = wl_compositor_create_surface(f.compositor);
	struct window *window = window_open(400, 300);
	wl_data_device_start_drag(device, NULL, window->surface, icon, 1);
	pump();
	/* With a source it goes with that, and is not seen to start at all. */
	struct wl_data_source *source = wl_data_device_manager_create_data_source(f.data_devices);
	wl_data_device_start_drag(device, source, window->surface, NULL, 1);
	wl_data_device_start_drag(device, NULL, window->surface, NULL, 1);
	pump();
	assert_int_equal(drags_started, 2);
	assert_int_equal(drags_ended, 2);
	assert_null(seat->drag);
	assert_false(wlr_seat_keyboard_has_grab(seat));
	assert_true(is(window, "activated"));

	wl_list_remove(&start.link);
	wl_data_source_destroy(source);
	wl_data_device_destroy(device);
	wl_surface_destroy(icon);
}

TEST_MAIN("shell-shell", TEST(test_window_is_centred_and_active),
	TEST(test_fullscreen_fills_and_hides), TEST(test_dialog_is_over_its_parent),
	TEST(test_subsurfaces_in_order), TEST(test_popup_stays_on_the_output),
	TEST(test_popup_repositioned_early), TEST(test_popup_grabs_again),
	TEST(test_new_windows_hide_none), TEST(test_click_raises), TEST(test_alt_tab),
	TEST(test_keys_are_the_clients),
	TEST(test_cursor_of_a_client), TEST(test_outputs_come_and_go),
	TEST(test_surfaces_leave_outputs), TEST(test_unmap_and_map_again),
	TEST(test_drag_without_source_is_refused))
