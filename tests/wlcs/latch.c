/* SPDX-License-Identifier: MIT */
/*
 * latch as WLCS's tests want a compositor: a shared object that makes one, runs it, and moves its
 * windows, pointer and fingers. Each test has a compositor of its own, in a thread of its own; all
 * functions but the first two and the last run in that thread.
 *
 * Source: wlcs/display_server.h, pointer.h and touch.h of WLCS 1.8.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-core.h>
#include <wlcs/display_server.h>
#include <wlcs/pointer.h>
#include <wlcs/touch.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/types/wlr_compositor.h>

#include "base/array.h"
#include "base/clock.h"
#include "options.h"
#include "output/output.h"
#include "server.h"
#include "shell/private.h"

/* What the tests may need of what latch has: tests of other globals are skipped. */
static const WlcsExtensionDescriptor extensions[] = {
	{"wl_compositor", 6},
	{"wl_subcompositor", 1},
	{"wl_shm", 2},
	{"wl_seat", 9},
	{"wl_output", 4},
	{"wl_data_device_manager", 3},
	{"xdg_wm_base", 7},
	{"zxdg_decoration_manager_v1", 1},
	{"zxdg_output_manager_v1", 3},
	{"zwp_primary_selection_device_manager_v1", 1},
	{"wp_viewporter", 1},
	{"zwlr_layer_shell_v1", 5},
	{"zwlr_foreign_toplevel_manager_v1", 3},
	{"zwlr_virtual_pointer_manager_v1", 2},
	{"zwp_pointer_constraints_v1", 1},
	{"zwp_relative_pointer_manager_v1", 1},
	{"wp_fractional_scale_manager_v1", 1},
	{"zwp_text_input_manager_v3", 1},
	{"zwp_input_method_manager_v2", 1},
};

#define WIDTH 1600
#define HEIGHT 1200

/* The suite knows a client by its end of the socket, and latch by the other one. */
struct connection {
	int fd;
	struct wl_client *client;
};

struct server {
	WlcsDisplayServer base;
	struct latch_options options;
	struct latch_server latch;
	/* There from the beginning: a client that has to bind an object for a device first would miss
	 * what the suite does with it at once. */
	struct wlr_keyboard keyboard;
	struct wlr_pointer pointer;
	struct wlr_touch touch;
	WlcsPointer pointer_calls;
	WlcsTouch touch_calls;
	struct connection *connections;
	size_t connections_len, connections_cap;
};

static struct server *server_of(WlcsDisplayServer *base) {
	struct server *server = wl_container_of(base, server, base);
	return server;
}

static struct latch_shell *shell_of(struct server *server) {
	return server->latch.core.shell;
}

/* the pointer */

static void move_by(struct server *server, double dx, double dy) {
	struct wlr_pointer_motion_event event = {
		.pointer = &server->pointer,
		.time_msec = latch_now_msec(),
		.delta_x = dx,
		.delta_y = dy,
		.unaccel_dx = dx,
		.unaccel_dy = dy,
	};
	wl_signal_emit_mutable(&server->pointer.events.motion, &event);
	wl_signal_emit_mutable(&server->pointer.events.frame, &server->pointer);
}

static void handle_move_relative(WlcsPointer *pointer, wl_fixed_t dx, wl_fixed_t dy) {
	struct server *server = wl_container_of(pointer, server, pointer_calls);
	move_by(server, wl_fixed_to_double(dx), wl_fixed_to_double(dy));
}

static void handle_move_absolute(WlcsPointer *pointer, wl_fixed_t x, wl_fixed_t y) {
	struct server *server = wl_container_of(pointer, server, pointer_calls);
	const struct latch_cursor *cursor = &shell_of(server)->cursor;
	move_by(server, wl_fixed_to_double(x) - cursor->x, wl_fixed_to_double(y) - cursor->y);
}

static void press(WlcsPointer *pointer, int button, enum wl_pointer_button_state state) {
	struct server *server = wl_container_of(pointer, server, pointer_calls);
	struct wlr_pointer_button_event event = {
		.pointer = &server->pointer,
		.time_msec = latch_now_msec(),
		.button = (uint32_t)button,
		.state = state,
	};
	wlr_pointer_notify_button(&server->pointer, &event);
	wl_signal_emit_mutable(&server->pointer.events.frame, &server->pointer);
}

static void handle_button_down(WlcsPointer *pointer, int button) {
	press(pointer, button, WL_POINTER_BUTTON_STATE_PRESSED);
}

static void handle_button_up(WlcsPointer *pointer, int button) {
	press(pointer, button, WL_POINTER_BUTTON_STATE_RELEASED);
}

static void handle_pointer_destroy(WlcsPointer *pointer) {
}

static WlcsPointer *handle_create_pointer(WlcsDisplayServer *base) {
	struct server *server = server_of(base);
	server->pointer_calls = (WlcsPointer){
		.version = WLCS_POINTER_VERSION,
		.move_absolute = handle_move_absolute,
		.move_relative = handle_move_relative,
		.button_up = handle_button_up,
		.button_down = handle_button_down,
		.destroy = handle_pointer_destroy,
	};
	return &server->pointer_calls;
}

/* the touch screen */

/* The suite hands over whole pixels, whatever the type's name. Devices have 0 to 1: so that no pixel
 * becomes the one before by rounding, it is a little more, which wl_fixed rounds off. */
#define LITTLE (1.0 / 1024)

static void to_device(struct server *server, wl_fixed_t x, wl_fixed_t y, double *part_x,
	double *part_y) {
	struct wlr_box box;
	wlr_output_layout_get_box(server->latch.core.layout, NULL, &box);
	*part_x = (x + LITTLE) / box.width;
	*part_y = (y + LITTLE) / box.height;
}

static void handle_touch_down(WlcsTouch *touch, wl_fixed_t x, wl_fixed_t y) {
	struct server *server = wl_container_of(touch, server, touch_calls);
	struct wlr_touch_down_event event = {
		.touch = &server->touch,
		.time_msec = latch_now_msec(),
	};
	to_device(server, x, y, &event.x, &event.y);
	wl_signal_emit_mutable(&server->touch.events.down, &event);
	wl_signal_emit_mutable(&server->touch.events.frame, NULL);
}

static void handle_touch_move(WlcsTouch *touch, wl_fixed_t x, wl_fixed_t y) {
	struct server *server = wl_container_of(touch, server, touch_calls);
	struct wlr_touch_motion_event event = {
		.touch = &server->touch,
		.time_msec = latch_now_msec(),
	};
	to_device(server, x, y, &event.x, &event.y);
	wl_signal_emit_mutable(&server->touch.events.motion, &event);
	wl_signal_emit_mutable(&server->touch.events.frame, NULL);
}

static void handle_touch_up(WlcsTouch *touch) {
	struct server *server = wl_container_of(touch, server, touch_calls);
	struct wlr_touch_up_event event = {
		.touch = &server->touch,
		.time_msec = latch_now_msec(),
	};
	wl_signal_emit_mutable(&server->touch.events.up, &event);
	wl_signal_emit_mutable(&server->touch.events.frame, NULL);
}

static void handle_touch_destroy(WlcsTouch *touch) {
}

static WlcsTouch *handle_create_touch(WlcsDisplayServer *base) {
	struct server *server = server_of(base);
	server->touch_calls = (WlcsTouch){
		.version = WLCS_TOUCH_VERSION,
		.touch_down = handle_touch_down,
		.touch_move = handle_touch_move,
		.touch_up = handle_touch_up,
		.destroy = handle_touch_destroy,
	};
	return &server->touch_calls;
}

/* clients and windows */

static int handle_create_client_socket(WlcsDisplayServer *base) {
	struct server *server = server_of(base);
	int fds[2];
	if (!latch_array_reserve(&server->connections, &server->connections_cap,
		    server->connections_len + 1, sizeof(server->connections[0])) ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		return -1;
	}
	struct wl_client *client = wl_client_create(server->latch.core.display, fds[0]);
	if (client == NULL) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	server->connections[server->connections_len++] = (struct connection){fds[1], client};
	return fds[1];
}

/* Of those that had this fd, the newest: the others have closed it. */
static struct wl_client *find_client(const struct server *server, int fd) {
	for (size_t i = server->connections_len; i > 0; i--) {
		if (server->connections[i - 1].fd == fd) {
			return server->connections[i - 1].client;
		}
	}
	return NULL;
}

static void handle_position_window(WlcsDisplayServer *base, struct wl_display *display,
	struct wl_surface *client_surface, int x, int y) {
	struct server *server = server_of(base);
	struct wl_client *client = find_client(server, wl_display_get_fd(display));
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)client_surface);
	struct wl_resource *resource = client != NULL ? wl_client_get_object(client, id) : NULL;
	if (resource == NULL) {
		return;
	}
	struct wlr_surface *surface = wlr_surface_from_resource(resource);
	const struct latch_root root = latch_surface_root(surface);
	if (root.toplevel != NULL) {
		root.toplevel->x = x;
		root.toplevel->y = y;
		latch_popups_reposition(root.toplevel->xdg->base);
	} else if (root.layer != NULL) {
		root.layer->box.x = x;
		root.layer->box.y = y;
	}
	latch_shell_changed(shell_of(server));
}

/*
 * The suite's windows commit a buffer before their first configure event, and after they were
 * unmapped, which xdg-shell forbids (xdg_surface, unconfigured_buffer) and wlroots refuses. They
 * would be most of the suite. With LATCH_WLCS_UNCONFIGURED set they may.
 */
static void let_unconfigured(struct wlr_surface *surface) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	struct wlr_layer_surface_v1 *layer = wlr_layer_surface_v1_try_from_wlr_surface(surface);
	const bool has_buffer = surface->WLR_PRIVATE.pending_buffer_resource != NULL;
	/* wlroots asserts that the first commit is not the one before it is unmapped. */
	if (xdg != NULL) {
		xdg->initial_commit = xdg->initial_commit && !xdg->initialized;
		xdg->configured = xdg->configured || has_buffer;
	} else if (layer != NULL) {
		layer->initial_commit = layer->initial_commit && !layer->initialized;
		layer->configured = layer->configured || has_buffer;
	}
}

/* Some of its popups acknowledge a place and commit nothing after that, which would make it theirs. */
static void let_uncommitted(struct wl_resource *resource) {
	struct wlr_xdg_surface *xdg = wlr_xdg_surface_from_resource(resource);
	struct wlr_xdg_popup *popup =
		xdg != NULL ? wlr_xdg_popup_try_from_wlr_surface(xdg->surface) : NULL;
	if (popup != NULL) {
		popup->current.geometry = popup->scheduled.geometry;
	}
}

static void look_at_request(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message) {
	if (direction != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	const bool lenient = getenv("LATCH_WLCS_UNCONFIGURED") != NULL;
	const char *interface = wl_resource_get_class(message->resource);
	const char *request = message->message->name;
	if (lenient && strcmp(interface, "wl_surface") == 0 && strcmp(request, "commit") == 0) {
		let_unconfigured(wlr_surface_from_resource(message->resource));
	} else if (lenient && strcmp(interface, "xdg_surface") == 0 &&
		   strcmp(request, "ack_configure") == 0) {
		let_uncommitted(message->resource);
	} else if (strcmp(interface, "wl_display") == 0 && strcmp(request, "sync") == 0) {
		/* latch finds out what is under the pointer now when it has read all that has
		 * arrived. The suite expects to be told before the answer to this. */
		wl_event_loop_dispatch_idle(data);
	}
}

/* the compositor */

static int dispatch(int fd, uint32_t mask, void *data) {
	wl_event_loop_dispatch(data, 0);
	return 0;
}

static void add_devices(struct server *server) {
	static const struct wlr_keyboard_impl keyboard_impl = {.name = "wlcs"};
	static const struct wlr_pointer_impl pointer_impl = {.name = "wlcs"};
	static const struct wlr_touch_impl touch_impl = {.name = "wlcs"};
	wlr_keyboard_init(&server->keyboard, &keyboard_impl, "keyboard");
	wlr_pointer_init(&server->pointer, &pointer_impl, "pointer");
	wlr_touch_init(&server->touch, &touch_impl, "touch");
	struct wl_signal *new_input = &server->latch.core.backend.wlr->events.new_input;
	wl_signal_emit_mutable(new_input, &server->keyboard.base);
	wl_signal_emit_mutable(new_input, &server->pointer.base);
	wl_signal_emit_mutable(new_input, &server->touch.base);
}

static void remove_devices(struct server *server) {
	wlr_touch_finish(&server->touch);
	wlr_pointer_finish(&server->pointer);
	wlr_keyboard_finish(&server->keyboard);
}

/* Some tests open popups below and beside a window that is far from the corner. It is no larger than
 * they need: each test draws all of it. */
static void make_room(struct latch_server *latch) {
	struct latch_output *output = wl_container_of(latch->core.outputs.next, output, link);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_custom_mode(&state, WIDTH, HEIGHT, 0);
	wlr_output_send_request_state(output->wlr_output, &state);
	wlr_output_state_finish(&state);
}

static void handle_start(WlcsDisplayServer *base, struct wl_event_loop *calls) {
	struct server *server = server_of(base);
	struct latch_server *latch = &server->latch;
	if (latch_server_init(latch, &server->options) != LATCH_EXIT_OK) {
		abort(); // the test would wait for ever
	}
	struct wl_event_source *source = wl_event_loop_add_fd(latch->core.event_loop,
		wl_event_loop_get_fd(calls), WL_EVENT_READABLE, dispatch, calls);
	struct wl_protocol_logger *logger = wl_display_add_protocol_logger(
		latch->core.display, look_at_request, latch->core.event_loop);
	add_devices(server);
	make_room(latch);
	while (!latch->stopped && latch_server_round(latch, -1)) {
	}
	remove_devices(server);
	wl_protocol_logger_destroy(logger);
	wl_event_source_remove(source);
	latch_server_finish(latch);
}

static void handle_stop(WlcsDisplayServer *base) {
	server_of(base)->latch.stopped = true;
}

static const WlcsIntegrationDescriptor *handle_get_descriptor(const WlcsDisplayServer *base) {
	static const WlcsIntegrationDescriptor descriptor = {
		.version = WLCS_INTEGRATION_DESCRIPTOR_VERSION,
		.num_extensions = sizeof(extensions) / sizeof(extensions[0]),
		.supported_extensions = extensions,
	};
	return &descriptor;
}

static WlcsDisplayServer *create_server(int argc, const char **argv) {
	char *arguments[] = {"latch", "--renderer", "pixman", NULL};
	struct server *server = calloc(1, sizeof(*server));
	if (server == NULL || latch_options_parse(&server->options, 3, arguments) >= 0) {
		abort();
	}
	server->base = (WlcsDisplayServer){
		.version = 3,
		.stop = handle_stop,
		.create_client_socket = handle_create_client_socket,
		.position_window_absolute = handle_position_window,
		.create_pointer = handle_create_pointer,
		.create_touch = handle_create_touch,
		.get_descriptor = handle_get_descriptor,
		.start_on_this_thread = handle_start,
	};
	return &server->base;
}

static void destroy_server(WlcsDisplayServer *base) {
	struct server *server = server_of(base);
	free(server->connections);
	free(server);
}

/** The one symbol that the suite looks up. */
__attribute__((visibility("default"))) extern const WlcsServerIntegration wlcs_server_integration;
const WlcsServerIntegration wlcs_server_integration = {
	.version = WLCS_SERVER_INTEGRATION_VERSION,
	.create_server = create_server,
	.destroy_server = destroy_server,
};
