/*
 * Windows, popups, focus, keys and the cursor, with a real client: see fixture.h.
 */
#include "fixture.h"

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>

static void test_window_is_centred_and_active(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 200, 100);
	assert_int_equal(f->count, 1);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 400, 350);
	assert_true(window.activated);
	assert_int_equal(window.width, 0);
	assert_true(f->damages > 0);

	/* Content alone changes nothing for the shell. */
	int damages = f->damages;
	commit_size(f, window.surface, 200, 100);
	assert_int_equal(f->damages, damages);
	commit_size(f, window.surface, 210, 100);
	assert_int_equal(f->damages, damages + 1);

	window_finish(&window);
	assert_int_equal(f->count, 0);
	assert_int_equal(f->damages, damages + 2);
}

static void test_fullscreen_fills_and_hides(void **test_state) {
	struct fixture *f = *test_state;
	struct window below, above;
	window_open(f, &below, 200, 100);

	window_open_fullscreen(f, &above);
	assert_true(above.fullscreen);
	assert_size(&above, 1000, 800);
	assert_int_equal(f->count, 1);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 0, 0);
	assert_true(below.suspended);
	assert_false(below.activated);
	assert_false(above.suspended);

	/* A smaller picture is centred, and still alone. */
	commit_size(f, above.surface, 500, 400);
	assert_int_equal(f->count, 1);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 250, 200);

	/* Only when the client has left fullscreen does the other one appear. */
	xdg_toplevel_unset_fullscreen(above.toplevel);
	pump(f);
	assert_false(above.fullscreen);
	assert_int_equal(f->count, 1);
	commit_size(f, above.surface, 300, 300);
	assert_int_equal(f->count, 2);
	assert_false(below.suspended);

	/* And back to where it was. */
	int32_t x = f->list[0].x, y = f->list[0].y;
	xdg_toplevel_set_maximized(above.toplevel);
	pump(f);
	assert_true(above.maximized);
	assert_int_equal(above.width, 1000);
	commit_size(f, above.surface, 1000, 800);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 0, 0);
	assert_int_equal(f->count, 2);
	xdg_toplevel_unset_maximized(above.toplevel);
	pump(f);
	assert_int_equal(above.width, 300);
	commit_size(f, above.surface, 300, 300);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, x, y);

	window_finish(&above);
	assert_true(below.activated);
	window_finish(&below);
}

static void test_dialog_is_over_its_parent(void **test_state) {
	struct fixture *f = *test_state;
	struct window parent, other, dialog;
	window_open(f, &parent, 400, 300);
	window_open(f, &other, 400, 300);

	window_init(f, &dialog);
	xdg_toplevel_set_parent(dialog.toplevel, parent.toplevel);
	commit(&dialog);
	commit_size(f, dialog.surface, 100, 100);
	assert_int_equal(f->count, 3);
	/* The parent at 300, 250 came along. */
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 450, 350);
	assert_listed(f, 1, LATCH_SHELL_TOPLEVEL, 300, 250);

	window_finish(&parent);
	assert_int_equal(f->count, 2);
	window_finish(&dialog);
	window_finish(&other);
}

static void test_subsurfaces_in_order(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 200, 100);
	struct wl_surface *surfaces[2];
	struct wl_subsurface *subs[2];
	for (int i = 0; i < 2; i++) {
		surfaces[i] = wl_compositor_create_surface(f->compositor);
		subs[i] = wl_subcompositor_get_subsurface(
			f->subcompositor, surfaces[i], window.surface);
		wl_subsurface_set_position(subs[i], 10 * (i + 1), 5);
		commit_size(f, surfaces[i], 20, 20);
	}
	wl_subsurface_place_below(subs[1], window.surface);
	assert_int_equal(f->count, 1);
	commit(&window);
	assert_int_equal(f->count, 3);
	assert_listed(f, 0, LATCH_SHELL_SUBSURFACE, 410, 355);
	assert_listed(f, 1, LATCH_SHELL_TOPLEVEL, 400, 350);
	assert_listed(f, 2, LATCH_SHELL_SUBSURFACE, 420, 355);

	/* Room for two: the count tells that there are more. */
	struct wlr_box box = {.width = 1000, .height = 800};
	assert_int_equal(latch_shell_surfaces(f->shell, &box, f->list, 2), 3);
	assert_int_equal(latch_shell_surfaces(f->shell, &box, NULL, 0), 3);
	/* And what is elsewhere is not in the list. */
	box.x = 5000;
	assert_int_equal(latch_shell_surfaces(f->shell, &box, f->list, 2), 0);

	int damages = f->damages;
	wl_subsurface_set_position(subs[0], 30, 5);
	commit(&window);
	assert_listed(f, 0, LATCH_SHELL_SUBSURFACE, 430, 355);
	assert_int_equal(f->damages, damages + 1);

	for (int i = 0; i < 2; i++) {
		wl_subsurface_destroy(subs[i]);
		wl_surface_destroy(surfaces[i]);
	}
	window_finish(&window);
}

static void test_popup_stays_on_the_output(void **test_state) {
	struct fixture *f = *test_state;
	struct window window, popup, nested;
	window_open(f, &window, 1000, 780);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 0, 10);

	popup_open(f, &popup, &window, 50, 60, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
	assert_int_equal(popup.x, 50);
	assert_listed(f, 0, LATCH_SHELL_POPUP, 50, 70);
	assert_listed(f, 1, LATCH_SHELL_TOPLEVEL, 0, 10);
	popup_open(f, &nested, &popup, 90, 70, 0);
	assert_listed(f, 0, LATCH_SHELL_POPUP, 140, 140);
	assert_listed(f, 1, LATCH_SHELL_POPUP, 50, 70);
	window_finish(&nested);
	window_finish(&popup);

	popup_open(f, &popup, &window, 980, 770,
		XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X |
			XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y);
	/* The output ends 790 below the window's upper edge. */
	assert_int_equal(popup.x, 900);
	assert_int_equal(popup.y + 80, 790);
	window_finish(&popup);
	window_finish(&window);
}

/* xdg_popup.reposition is legal at any time; before the first commit nothing is sent. */
static void test_popup_repositioned_early(void **test_state) {
	struct fixture *f = *test_state;
	struct window window, popup;
	window_open(f, &window, 400, 300);
	popup_init(f, &popup, &window, 10, 10, 0);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f->wm_base);
	xdg_positioner_set_size(positioner, 60, 50);
	xdg_positioner_set_anchor_rect(positioner, 20, 30, 1, 1);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	for (int i = 0; i < 2; i++) {
		popup.configures = 0;
		xdg_popup_reposition(popup.popup, positioner, 1);
		pump(f);
		assert_int_equal(popup.configures, 0);
		commit(&popup);
		assert_int_equal(popup.configures, 1);
		assert_int_equal(popup.width, 60);
		commit_size(f, popup.surface, 60, 50);
		/* Unmapped, it is as it was at first. */
		unmap(&popup);
	}
	xdg_positioner_destroy(positioner);
	window_finish(&popup);
	window_finish(&window);
}

/* Each popup is in the list of its seat's grab once, how often ever it asks. */
static void test_popup_grabs_again(void **test_state) {
	struct fixture *f = *test_state;
	struct window window, popups[3];
	window_open(f, &window, 400, 300);
	for (int i = 0; i < 3; i++) {
		popup_init(f, &popups[i], &window, 10, 10, 0);
		xdg_popup_grab(popups[i].popup, f->seat, 1);
	}
	/* The first, the last, the one between. */
	static const int again[] = {0, 0, 2, 1, 2, 1};
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		xdg_popup_grab(popups[again[i]].popup, f->seat, 1);
		pump(f);
	}
	struct wlr_seat *seat = f->shell->seat;
	assert_true(wlr_seat_pointer_has_grab(seat));
	/* wlroots tells each of them, and ends the grab with the last. */
	window_finish(&popups[1]);
	assert_true(wlr_seat_pointer_has_grab(seat));
	window_finish(&popups[0]);
	assert_true(wlr_seat_pointer_has_grab(seat));
	window_finish(&popups[2]);
	assert_false(wlr_seat_pointer_has_grab(seat));
	window_finish(&window);
}

static void test_new_windows_hide_none(void **test_state) {
	struct fixture *f = *test_state;
	struct window windows[3];
	window_open(f, &windows[0], 400, 300);
	window_open(f, &windows[1], 400, 300);
	window_open(f, &windows[2], 100, 80);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 450, 360);
	/* The place of the one that has gone is free, but there the small one would be covered. */
	window_finish(&windows[1]);
	window_open(f, &windows[1], 400, 300);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 300 + 5 * 32, 250 + 5 * 32);
	window_finish(&windows[1]);
	window_finish(&windows[2]);
	window_open(f, &windows[1], 400, 300);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 332, 282);
	window_finish(&windows[1]);
	window_finish(&windows[0]);
}

static void test_click_raises(void **test_state) {
	struct fixture *f = *test_state;
	struct window first, second;
	window_open(f, &first, 400, 300);
	window_open(f, &second, 400, 300);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 332, 282);
	move_pointer(f, 310, 260);
	assert_true(second.activated);
	assert_int_equal(f->inputs, 0);
	button(f, BTN_LEFT, true);
	assert_int_equal(f->inputs, 1);
	assert_true(first.activated);
	assert_false(second.activated);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 300, 250);

	/* Until the release, the pointer belongs to the window that was pressed. */
	struct wlr_seat *seat = f->shell->seat;
	struct wlr_surface *pressed = seat->pointer_state.focused_surface;
	move_pointer(f, 720, 570);
	assert_ptr_equal(seat->pointer_state.focused_surface, pressed);
	assert_int_equal((int)seat->pointer_state.sx, 420);
	button(f, BTN_LEFT, false);
	assert_ptr_not_equal(seat->pointer_state.focused_surface, pressed);

	/* The window under the pointer goes away: so does the focus, without motion. */
	assert_non_null(seat->pointer_state.focused_surface);
	window_finish(&second);
	assert_null(seat->pointer_state.focused_surface);
	window_finish(&first);
}

static void test_alt_tab(void **test_state) {
	struct fixture *f = *test_state;
	struct window windows[3];
	for (int i = 0; i < 3; i++) {
		window_open(f, &windows[i], 400, 300);
	}
	key(f, KEY_LEFTALT, true);
	assert_int_equal(f->inputs, 1);
	/* This one latch keeps to itself. */
	tap(f, KEY_TAB);
	assert_int_equal(f->inputs, 1);
	key(f, KEY_LEFTALT, false);
	assert_int_equal(f->inputs, 2);
	assert_true(windows[1].activated);
	/* The one before is the one that was left. */
	key(f, KEY_LEFTALT, true);
	tap(f, KEY_TAB);
	assert_true(windows[2].activated);
	/* And on, to the least used one. */
	tap(f, KEY_TAB);
	assert_true(windows[0].activated);
	key(f, KEY_LEFTALT, false);

	key(f, KEY_LEFTALT, true);
	tap(f, KEY_F4);
	assert_int_equal(windows[0].closes, 1);
	assert_int_equal(f->terminations, 0);
	tap(f, KEY_ESC);
	assert_int_equal(f->terminations, 0);
	key(f, KEY_LEFTCTRL, true);
	tap(f, KEY_BACKSPACE);
	key(f, KEY_LEFTCTRL, false);
	key(f, KEY_LEFTALT, false);
	assert_int_equal(f->terminations, 1);
	for (int i = 0; i < 3; i++) {
		window_finish(&windows[i]);
	}
}

static void test_cursor_of_a_client(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	double x, y;
	window_open(f, &window, 400, 300);
	const struct latch_cursor_image *image = latch_shell_cursor(f->shell, &x, &y);
	assert_non_null(image);
	assert_int_equal((int)x, 500);
	uint64_t serial = image->serial;

	/* The buffer is there before the surface is a cursor. */
	struct wl_surface *surface = wl_compositor_create_surface(f->compositor);
	commit_size(f, surface, 32, 16);
	wl_pointer_set_cursor(f->wl_pointer, f->enter_serial, surface, 3, 4);
	pump(f);
	image = latch_shell_cursor(f->shell, &x, &y);
	assert_non_null(image);
	assert_true(image->serial > serial);
	assert_int_equal(image->width, 32);
	assert_int_equal(image->height, 16);
	assert_int_equal(image->hotspot_x, 3);
	assert_true(image->src.width == 32 && image->src.height == 16);
	assert_non_null(latch_shell_cursor_surface(f->shell));

	serial = image->serial;
	commit_size(f, surface, 8, 8);
	image = latch_shell_cursor(f->shell, &x, &y);
	assert_int_equal(image->width, 8);
	assert_true(image->serial > serial);

	wl_pointer_set_cursor(f->wl_pointer, f->enter_serial, NULL, 0, 0);
	pump(f);
	assert_null(latch_shell_cursor(f->shell, &x, &y));

	/* Outside of the window the theme's image is back. */
	wl_pointer_set_cursor(f->wl_pointer, f->enter_serial, surface, 3, 4);
	move_pointer(f, 5, 5);
	assert_non_null(latch_shell_cursor(f->shell, &x, &y));
	assert_null(latch_shell_cursor_surface(f->shell));
	wl_surface_destroy(surface);
	window_finish(&window);
}

static void test_outputs_come_and_go(void **test_state) {
	struct fixture *f = *test_state;
	struct window window, full;
	window_open(f, &window, 200, 100);
	window_open_fullscreen(f, &full);

	wlr_output_destroy(f->output);
	wl_event_loop_dispatch(f->loop, 0);
	f->output = add_output(f, 640, 480);
	pump(f);
	assert_size(&full, 640, 480);
	commit_size(f, full.surface, 640, 480);
	assert_int_equal(f->count, 1);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 0, 0);
	window_finish(&full);
	/* At 400, 350 before: as near to that as there is room. */
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 400, 350);
	window_finish(&window);
}

static void test_surfaces_leave_outputs(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 200, 100);
	struct wlr_output *first = f->output;
	struct wlr_surface *surface = f->list[0].surface;
	assert_false(wl_list_empty(&surface->current_outputs));

	/* Taken out of the layout, the output itself lives on. */
	latch_shell_leave_output(f->shell, first);
	assert_true(wl_list_empty(&surface->current_outputs));
	wlr_output_layout_remove(f->layout, first);
	pump(f);
	assert_true(wl_list_empty(&surface->current_outputs));

	f->output = add_output(f, 640, 480);
	pump(f);
	assert_listed(f, 0, LATCH_SHELL_TOPLEVEL, 400, 350);
	struct wlr_surface_output *entered =
		wl_container_of(surface->current_outputs.next, entered, link);
	assert_ptr_equal(entered->output, f->output);
	assert_int_equal(wl_list_length(&surface->current_outputs), 1);
	window_finish(&window);
}

static void test_unmap_and_map_again(void **test_state) {
	struct fixture *f = *test_state;
	struct window window;
	window_open(f, &window, 200, 100);
	unmap(&window);
	assert_int_equal(f->count, 0);
	assert_null(f->shell->seat->keyboard_state.focused_surface);
	window.configures = 0;
	commit(&window);
	assert_int_equal(window.configures, 1);
	commit_size(f, window.surface, 200, 100);
	assert_int_equal(f->count, 1);
	assert_true(window.activated);
	window_finish(&window);
}

struct drags {
	int started, ended;
	struct wl_listener start, destroy;
};

static void handle_drag_destroy(struct wl_listener *listener, void *data) {
	struct drags *drags = wl_container_of(listener, drags, destroy);
	drags->ended++;
	wl_list_remove(&drags->destroy.link);
}

static void handle_start_drag(struct wl_listener *listener, void *data) {
	struct drags *drags = wl_container_of(listener, drags, start);
	struct wlr_drag *drag = data;
	drags->started++;
	wl_signal_add(&drag->events.destroy, &drags->destroy);
}

/* No button is down, so nothing is dragged; and nothing is left of what was asked for. */
static void test_drag_without_source_is_refused(void **test_state) {
	struct fixture *f = *test_state;
	struct wlr_seat *seat = f->shell->seat;
	struct drags drags = {
		.start.notify = handle_start_drag,
		.destroy.notify = handle_drag_destroy,
	};
	wl_signal_add(&seat->events.start_drag, &drags.start);
	struct wl_data_device *device =
		wl_data_device_manager_get_data_device(f->data_devices, f->seat);
	struct wl_surface *icon = wl_compositor_create_surface(f->compositor);
	struct window window;
	window_open(f, &window, 400, 300);
	wl_data_device_start_drag(device, NULL, window.surface, icon, 1);
	pump(f);
	/* With a source it goes with that, and is not seen to start at all. */
	struct wl_data_source *source =
		wl_data_device_manager_create_data_source(f->data_devices);
	wl_data_device_start_drag(device, source, window.surface, NULL, 1);
	wl_data_device_start_drag(device, NULL, window.surface, NULL, 1);
	pump(f);
	assert_int_equal(drags.started, 2);
	assert_int_equal(drags.ended, 2);
	assert_null(seat->drag);
	assert_false(wlr_seat_keyboard_has_grab(seat));
	assert_true(window.activated);

	wl_list_remove(&drags.start.link);
	wl_data_source_destroy(source);
	wl_data_device_destroy(device);
	wl_surface_destroy(icon);
	window_finish(&window);
}

TEST_MAIN("shell-shell", TEST(test_window_is_centred_and_active),
	TEST(test_fullscreen_fills_and_hides), TEST(test_dialog_is_over_its_parent),
	TEST(test_subsurfaces_in_order), TEST(test_popup_stays_on_the_output),
	TEST(test_popup_repositioned_early), TEST(test_popup_grabs_again),
	TEST(test_new_windows_hide_none), TEST(test_click_raises), TEST(test_alt_tab),
	TEST(test_cursor_of_a_client), TEST(test_outputs_come_and_go),
	TEST(test_surfaces_leave_outputs), TEST(test_unmap_and_map_again),
	TEST(test_drag_without_source_is_refused))
