/* SPDX-License-Identifier: MIT */
/* What makes a compositor work: very many surfaces, rectangles or callbacks. */
#include "run.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/connection.h"
#include "common/presentation.h"
#include "common/util.h"
#include "common/window.h"

/* Requests between two looks at the socket. */
#define BATCH 64

struct crowd {
	const struct stress_options *options;
	int signal_fd;
	struct connection conn;
	struct window *windows;
	int num_windows;
	struct wl_surface **subsurfaces;
	int num_subsurfaces;
	struct wl_buffer *buffer, *small; // of the windows' size, of one pixel
	struct presentation presentation;
	uint64_t commits;
	int unflushed;
};

/* Without it the requests would pile up here. Returns false when the connection broke. */
static bool made_some(struct crowd *crowd, int requests) {
	crowd->unflushed += requests;
	if (crowd->unflushed < BATCH) {
		return true;
	}
	crowd->unflushed = 0;
	while (wl_display_flush(crowd->conn.display) < 0) {
		struct pollfd fds[2] = {
			{.fd = wl_display_get_fd(crowd->conn.display), .events = POLLOUT},
			{.fd = crowd->signal_fd, .events = POLLIN},
		};
		if (wl_display_get_error(crowd->conn.display) != 0 || poll(fds, 2, -1) < 0 ||
			(fds[0].revents & POLLHUP) != 0 || fds[1].revents != 0) {
			return false;
		}
	}
	return true;
}

static bool make_buffers(struct crowd *crowd) {
	const int32_t width = (int32_t)crowd->options->width;
	const int32_t height = (int32_t)crowd->options->height;
	int fd = memfd_create("latch-stress", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)width * height * 4) != 0) {
		latch_fd_clear(&fd);
		return false;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(crowd->conn.shm, fd, width * height * 4);
	crowd->buffer = wl_shm_pool_create_buffer(
		pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	crowd->small = wl_shm_pool_create_buffer(pool, 0, 1, 1, 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	latch_fd_clear(&fd);
	return true;
}

static bool is_configured(const void *data) {
	return ((const struct window *)data)->configured;
}

static bool show(struct crowd *crowd, struct window *window) {
	window_ack(window);
	window_attach(window, &crowd->conn, crowd->buffer);
	wl_surface_commit(window->surface);
	crowd->commits++;
	return made_some(crowd, BATCH);
}

static bool make_windows(struct crowd *crowd, int number) {
	crowd->windows = calloc((size_t)number, sizeof(crowd->windows[0]));
	for (int i = 0; crowd->windows && i < number; i++) {
		struct window *window = &crowd->windows[i];
		if (!window_init(window, &crowd->conn, "crowd", crowd->options->width,
			    crowd->options->height, false)) {
			return false;
		}
		crowd->num_windows++;
		if (fd_readable(crowd->signal_fd) ||
			!connection_wait(&crowd->conn, is_configured, window, 20) ||
			!show(crowd, window)) {
			return false;
		}
	}
	return crowd->num_windows == number;
}

/* In rows, each with a pixel of its own; all show the same buffer. */
static bool make_subsurfaces(struct crowd *crowd, int number) {
	struct wl_surface *parent = crowd->windows[0].surface;
	crowd->subsurfaces = calloc((size_t)number, sizeof(crowd->subsurfaces[0]));
	for (int i = 0; crowd->subsurfaces && i < number; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(crowd->conn.compositor);
		struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
			crowd->conn.subcompositor, surface, parent);
		wl_subsurface_set_position(subsurface, i % (int)crowd->options->width,
			i / (int)crowd->options->width);
		wl_subsurface_set_desync(subsurface);
		wl_surface_attach(surface, crowd->small, 0, 0);
		wl_surface_damage(surface, 0, 0, 1, 1);
		wl_surface_commit(surface);
		crowd->subsurfaces[crowd->num_subsurfaces++] = surface;
		if (!made_some(crowd, 7)) {
			return false;
		}
	}
	wl_surface_commit(parent);
	return crowd->num_subsurfaces == number && made_some(crowd, BATCH);
}

/* As the squares of a chess board, so that none can be joined with another one. */
static bool set_region(struct crowd *crowd, int number) {
	struct wl_region *region = wl_compositor_create_region(crowd->conn.compositor);
	const int columns = (int)crowd->options->width / 2;
	for (int i = 0; i < number; i++) {
		const int row = i / columns;
		wl_region_add(region, i % columns * 2 + row % 2, row, 1, 1);
		if (!made_some(crowd, 1)) {
			return false;
		}
	}
	wl_surface_set_opaque_region(crowd->windows[0].surface, region);
	wl_region_destroy(region);
	wl_surface_commit(crowd->windows[0].surface);
	return made_some(crowd, BATCH);
}

static void handle_callback(void *data, struct wl_callback *callback, uint32_t time) {
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = handle_callback};

static bool ask_for_callbacks(struct crowd *crowd, int number) {
	struct wl_surface *surface = crowd->windows[0].surface;
	for (int i = 0; i < number; i++) {
		wl_callback_add_listener(wl_surface_frame(surface), &callback_listener, NULL);
		if (crowd->conn.presentation) {
			presentation_watch(&crowd->presentation, surface, 0);
		}
		if (!made_some(crowd, 2)) {
			return false;
		}
	}
	return true;
}

static bool gather(struct crowd *crowd) {
	const int number = crowd->options->surfaces;
	const enum crowd_kind kind = crowd->options->crowd;
	return make_windows(crowd, kind == CROWD_WINDOWS ? number : 1) &&
	       (kind != CROWD_SUBSURFACES || make_subsurfaces(crowd, number)) &&
	       (kind != CROWD_REGION || set_region(crowd, number));
}

/* A frame of the first window, when the last one was shown. */
static bool draw(struct crowd *crowd) {
	struct window *window = &crowd->windows[0];
	if (window->frame) {
		return true;
	}
	window_request_frame(window);
	if (crowd->options->crowd == CROWD_CALLBACKS &&
		!ask_for_callbacks(crowd, crowd->options->surfaces)) {
		return false;
	}
	return show(crowd, window);
}

static void crowd_finish(struct crowd *crowd) {
	for (int i = 0; i < crowd->num_subsurfaces; i++) {
		wl_surface_destroy(crowd->subsurfaces[i]);
	}
	for (int i = 0; i < crowd->num_windows; i++) {
		window_finish(&crowd->windows[i]);
	}
	presentation_finish(&crowd->presentation);
	free(crowd->subsurfaces);
	free(crowd->windows);
	connection_finish(&crowd->conn);
}

enum client_exit crowd_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report) {
	struct crowd crowd = {.options = options, .signal_fd = signal_fd};
	int64_t start_ns = latch_now_ns();
	if (!connection_open(&crowd.conn, CONNECTION_DMABUF)) {
		return CLIENT_EXIT_NO_SERVER;
	}
	enum client_exit status = CLIENT_EXIT_OK;
	if (!crowd.conn.compositor || !crowd.conn.shm || !crowd.conn.wm_base ||
		!crowd.conn.subcompositor) {
		status = failed(CLIENT_EXIT_NO_GLOBAL,
			"the compositor lacks wl_compositor, wl_subcompositor, wl_shm or "
			"xdg_wm_base");
		goto out;
	}
	if (!make_buffers(&crowd) || !presentation_init(&crowd.presentation, &crowd.conn)) {
		status = failed(CLIENT_EXIT_NO_SOURCE, "no memory for buffers");
		goto out;
	}
	stress_wait_for_begin(options);
	start_ns = latch_now_ns();
	bool connected = gather(&crowd);
	while (connected && !report->closed &&
		(options->run_ns == 0 || latch_now_ns() < start_ns + options->run_ns)) {
		struct pollfd fds[2] = {{0}, {.fd = signal_fd, .events = POLLIN}};
		connected = draw(&crowd) && connection_poll(&crowd.conn, fds, 2, INT64_MAX);
		report->closed = (fds[1].revents & POLLIN) != 0 || crowd.windows[0].closed;
	}
	report->closed = report->closed || fd_readable(signal_fd);
	if (!connected && !report->closed) {
		wl_display_roundtrip(crowd.conn.display); // reads the error
		status = connection_say_error(&crowd.conn);
	}
out:
	report->commits += crowd.commits;
	report->run_ns += latch_now_ns() - start_ns;
	crowd_finish(&crowd);
	return status;
}
