#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/log.h>

#include "../wire.h"

void pump(struct fixture *f) {
	wire_pump(f->server, f->client, 6);
	assert_int_equal(wl_display_get_error(f->client), 0);
	struct wlr_box box;
	wlr_output_layout_get_box(f->layout, f->output, &box);
	f->count = latch_shell_surfaces(f->shell, &box, f->list, MAX_SURFACES);
}

static void damage_all(void *data) {
	((struct fixture *)data)->damages++;
}

static void cursor_moved(void *data) {
	((struct fixture *)data)->cursor_moves++;
}

static void input(void *data) {
	((struct fixture *)data)->inputs++;
}

static void terminate(void *data) {
	((struct fixture *)data)->terminations++;
}

static void handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
	((struct fixture *)data)->enter_serial = serial;
}

static void handle_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {
}

static void handle_motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static void handle_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
	uint32_t code, uint32_t state) {
	struct fixture *f = data;
	f->buttons++;
	f->serial = serial;
}

static void handle_axis(
	void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
};

static void handle_touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
	struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y) {
	struct fixture *f = data;
	f->touches++;
	f->serial = serial;
	f->touch_x = wl_fixed_to_double(x);
	f->touch_y = wl_fixed_to_double(y);
}

static void handle_touch_up(
	void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id) {
	((struct fixture *)data)->touches++;
}

static void handle_touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
	wl_fixed_t x, wl_fixed_t y) {
	((struct fixture *)data)->touches++;
}

static void handle_touch_frame(void *data, struct wl_touch *touch) {
}

static void handle_touch_cancel(void *data, struct wl_touch *touch) {
	((struct fixture *)data)->cancels++;
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_touch_down,
	.up = handle_touch_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_frame,
	.cancel = handle_touch_cancel,
};

struct wlr_output *add_output(struct fixture *f, int width, int height) {
	return add_named_output(f, NULL, width, height);
}

struct wlr_output *add_named_output(struct fixture *f, const char *name, int width, int height) {
	struct wlr_output *output =
		wlr_headless_add_output(f->backend, (unsigned)width, (unsigned)height);
	if (name != NULL) {
		wlr_output_set_name(output, name);
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_state_set_custom_mode(&state, width, height, 60000);
	assert_true(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
	wlr_output_layout_add_auto(f->layout, output);
	return output;
}

int setup(void **test_state) {
	static const struct wlr_pointer_impl pointer_impl = {.name = "test"};
	static const struct wlr_keyboard_impl keyboard_impl = {.name = "test"};
	static const struct wlr_touch_impl touch_impl = {.name = "test"};
	static const uint32_t formats[] = {0x34325241, 0x34325258};
	struct fixture *f = calloc(1, sizeof(*f));
	*test_state = f;
	wlr_log_init(WLR_SILENT, NULL);

	f->server = wl_display_create();
	f->loop = wl_display_get_event_loop(f->server);
	f->backend = wlr_headless_backend_create(f->loop);
	f->layout = wlr_output_layout_create(f->server);
	wlr_subcompositor_create(f->server);
	wlr_shm_create(f->server, 1, formats, 2);
	f->shell = latch_shell_create(&(struct latch_shell_options){
		.display = f->server,
		.backend = f->backend,
		.compositor = wlr_compositor_create(f->server, 6, NULL),
		.layout = f->layout,
		.damage_all = damage_all,
		.cursor_moved = cursor_moved,
		.input = input,
		.terminate = terminate,
		.data = f,
	});
	assert_non_null(f->shell);
	assert_true(wlr_backend_start(f->backend));
	f->output = add_output(f, 1000, 800);
	wlr_pointer_init(&f->pointer, &pointer_impl, "pointer");
	wlr_keyboard_init(&f->keyboard, &keyboard_impl, "keyboard");
	wlr_touch_init(&f->touch, &touch_impl, "touch");
	wl_signal_emit_mutable(&f->backend->events.new_input, &f->pointer.base);
	wl_signal_emit_mutable(&f->backend->events.new_input, &f->touch.base);
	wl_signal_emit_mutable(&f->backend->events.new_input, &f->keyboard.base);

	assert_non_null(wire_connect(f->server, &f->client));
	wire_bind(f->server, f->client,
		(struct wire_global[]){
			{&wl_compositor_interface, 4, &f->compositor},
			{&wl_subcompositor_interface, 1, &f->subcompositor},
			{&wl_shm_interface, 1, &f->shm},
			{&wl_seat_interface, 1, &f->seat},
			{&xdg_wm_base_interface, 6, &f->wm_base},
			{&wl_data_device_manager_interface, 3, &f->data_devices},
			{&zxdg_decoration_manager_v1_interface, 1, &f->decorations},
			{0},
		});
	pump(f);
	f->wl_pointer = wl_seat_get_pointer(f->seat);
	wl_pointer_add_listener(f->wl_pointer, &pointer_listener, f);
	f->wl_touch = wl_seat_get_touch(f->seat);
	wl_touch_add_listener(f->wl_touch, &touch_listener, f);
	return 0;
}

int teardown(void **test_state) {
	struct fixture *f = *test_state;
	wl_pointer_destroy(f->wl_pointer);
	wl_touch_destroy(f->wl_touch);
	zxdg_decoration_manager_v1_destroy(f->decorations);
	wl_seat_destroy(f->seat);
	xdg_wm_base_destroy(f->wm_base);
	wl_data_device_manager_destroy(f->data_devices);
	wl_shm_destroy(f->shm);
	wl_subcompositor_destroy(f->subcompositor);
	wl_compositor_destroy(f->compositor);
	wl_display_disconnect(f->client);
	wl_display_destroy_clients(f->server);
	wlr_pointer_finish(&f->pointer);
	wlr_keyboard_finish(&f->keyboard);
	wlr_touch_finish(&f->touch);
	latch_shell_destroy(f->shell);
	wlr_backend_destroy(f->backend);
	wl_display_destroy(f->server);
	free(f);
	return 0;
}

static struct wl_buffer *make_buffer(struct fixture *f, int32_t width, int32_t height) {
	int fd = memfd_create("buffer", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, width * height * 4), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(f->shm, fd, width * height * 4);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(
		pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

void commit_size(
	struct fixture *f, struct wl_surface *surface, int32_t width, int32_t height) {
	struct wl_buffer *buffer = make_buffer(f, width, height);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, width, height);
	wl_surface_commit(surface);
	pump(f);
	wl_buffer_destroy(buffer);
}

static void xdg_configure(void *data, struct xdg_surface *xdg, uint32_t serial) {
	struct window *window = data;
	window->configures++;
	window->serial = serial;
	if (!window->lazy) {
		xdg_surface_ack_configure(xdg, serial);
	}
}

static const struct xdg_surface_listener xdg_listener = {.configure = xdg_configure};

static void toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	struct window *window = data;
	window->width = width;
	window->height = height;
	window->activated = window->fullscreen = window->maximized = window->suspended = false;
	window->resizing = false;
	uint32_t *state;
	wl_array_for_each(state, states) {
		window->activated |= *state == XDG_TOPLEVEL_STATE_ACTIVATED;
		window->fullscreen |= *state == XDG_TOPLEVEL_STATE_FULLSCREEN;
		window->maximized |= *state == XDG_TOPLEVEL_STATE_MAXIMIZED;
		window->suspended |= *state == XDG_TOPLEVEL_STATE_SUSPENDED;
		window->resizing |= *state == XDG_TOPLEVEL_STATE_RESIZING;
	}
}

static void toplevel_close(void *data, struct xdg_toplevel *toplevel) {
	((struct window *)data)->closes++;
}

static void toplevel_bounds(
	void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
}

static void toplevel_capabilities(
	void *data, struct xdg_toplevel *toplevel, struct wl_array *capabilities) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_configure,
	.close = toplevel_close,
	.configure_bounds = toplevel_bounds,
	.wm_capabilities = toplevel_capabilities,
};

static void popup_configure(
	void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	struct window *window = data;
	window->x = x;
	window->y = y;
	window->width = width;
	window->height = height;
}

static void popup_done(void *data, struct xdg_popup *popup) {
	((struct window *)data)->dones++;
}

static void popup_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {
}

static const struct xdg_popup_listener popup_listener = {
	.configure = popup_configure,
	.popup_done = popup_done,
	.repositioned = popup_repositioned,
};

void window_init(struct fixture *f, struct window *window) {
	*window = (struct window){.fixture = f};
	window->surface = wl_compositor_create_surface(f->compositor);
	window->xdg = xdg_wm_base_get_xdg_surface(f->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg, &xdg_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
}

void window_finish(struct window *window) {
	if (window->popup != NULL) {
		xdg_popup_destroy(window->popup);
	}
	if (window->toplevel != NULL) {
		xdg_toplevel_destroy(window->toplevel);
	}
	xdg_surface_destroy(window->xdg);
	wl_surface_destroy(window->surface);
	pump(window->fixture);
}

void commit(struct window *window) {
	wl_surface_commit(window->surface);
	pump(window->fixture);
}

void unmap(struct window *window) {
	wl_surface_attach(window->surface, NULL, 0, 0);
	commit(window);
}

void assert_size(const struct window *window, int32_t width, int32_t height) {
	assert_int_equal(window->width, width);
	assert_int_equal(window->height, height);
}

void window_open(struct fixture *f, struct window *window, int32_t width, int32_t height) {
	window_init(f, window);
	commit(window);
	assert_int_equal(window->configures, 1);
	commit_size(f, window->surface, width, height);
}

void window_open_fullscreen(struct fixture *f, struct window *window) {
	window_init(f, window);
	xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	commit(window);
	commit_size(f, window->surface, window->width, window->height);
}

void popup_init(struct fixture *f, struct window *popup, struct window *parent, int32_t x,
	int32_t y, uint32_t adjustment) {
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(f->wm_base);
	xdg_positioner_set_size(positioner, 100, 80);
	xdg_positioner_set_anchor_rect(positioner, x, y, 1, 1);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_constraint_adjustment(positioner, adjustment);
	*popup = (struct window){.fixture = f};
	popup->surface = wl_compositor_create_surface(f->compositor);
	popup->xdg = xdg_wm_base_get_xdg_surface(f->wm_base, popup->surface);
	xdg_surface_add_listener(popup->xdg, &xdg_listener, popup);
	popup->popup = xdg_surface_get_popup(popup->xdg, parent->xdg, positioner);
	xdg_popup_add_listener(popup->popup, &popup_listener, popup);
	xdg_positioner_destroy(positioner);
}

void popup_open(struct fixture *f, struct window *popup, struct window *parent, int32_t x,
	int32_t y, uint32_t adjustment) {
	popup_init(f, popup, parent, x, y, adjustment);
	commit(popup);
	assert_int_equal(popup->configures, 1);
	commit_size(f, popup->surface, 100, 80);
}

void assert_listed(
	struct fixture *f, size_t index, enum latch_shell_kind kind, int32_t x, int32_t y) {
	assert_true(index < f->count);
	assert_int_equal(f->list[index].kind, kind);
	assert_int_equal(f->list[index].x, x);
	assert_int_equal(f->list[index].y, y);
}

void move_pointer(struct fixture *f, double x, double y) {
	double old_x, old_y;
	latch_shell_cursor(f->shell, &old_x, &old_y);
	struct wlr_pointer_motion_event event = {
		.pointer = &f->pointer, .delta_x = x - old_x, .delta_y = y - old_y};
	wl_signal_emit_mutable(&f->pointer.events.motion, &event);
	pump(f);
}

void button(struct fixture *f, uint32_t code, bool down) {
	struct wlr_pointer_button_event event = {
		.pointer = &f->pointer,
		.time_msec = f->time_msec,
		.button = code,
		.state = down ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED,
	};
	wlr_pointer_notify_button(&f->pointer, &event);
	pump(f);
}

void key(struct fixture *f, uint32_t keycode, bool down) {
	struct wlr_keyboard_key_event event = {
		.keycode = keycode,
		.update_state = true,
		.state = down ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
	};
	wlr_keyboard_notify_key(&f->keyboard, &event);
	pump(f);
}

void tap(struct fixture *f, uint32_t code) {
	key(f, code, true);
	key(f, code, false);
}

void click(struct fixture *f, uint32_t code) {
	button(f, code, true);
	button(f, code, false);
}
