/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/util.h"
#include "xdg-shell-client-protocol.h"

/* What a client may open by default is few; the compositor's limit is what is looked for. */
static void raise_fd_limit(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

enum client_exit stress_client_init(
	struct stress_client *client, const struct stress_options *options) {
	*client = (struct stress_client){.options = options};
	raise_fd_limit();
	if (!connection_open(&client->conn, CONNECTION_DMABUF)) {
		return CLIENT_EXIT_NO_SERVER;
	}
	const char *missing = connection_missing(&client->conn, false);
	if (missing) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "the compositor lacks %s", missing);
	}
	return CLIENT_EXIT_OK;
}

static void surface_finish(struct stress_surface *surface) {
	if (surface->answer) {
		wl_callback_destroy(surface->answer);
	}
	client_buffers_finish(&surface->buffers);
	window_finish(&surface->window);
}

void stress_client_finish(struct stress_client *client) {
	for (int i = 0; i < client->num_surfaces; i++) {
		surface_finish(&client->surfaces[i]);
	}
	free(client->surfaces);
	connection_finish(&client->conn);
	*client = (struct stress_client){0};
}

static enum client_exit make_surface(struct stress_client *client, struct stress_surface *surface) {
	const struct stress_options *options = client->options;
	struct connection *conn = &client->conn;
	/* The CPU draws, so that no GPU is in the way; a colour that is easy to see. */
	surface->buffer_options = (struct client_options){
		.width = options->width,
		.height = options->height,
		.buffers = options->buffers,
		.sync = options->sync,
		.software = true,
		.wish.fourcc = DRM_FORMAT_XRGB8888,
		.scene = {.picture = PICTURE_SOLID, .solid = 0xc02060},
	};
	client_buffers_init(&surface->buffers, conn, &surface->buffer_options);
	if (!window_init(&surface->window, conn, "latch-stress", options->width, options->height,
		    false)) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	xdg_toplevel_set_app_id(surface->window.toplevel, "latch-stress");
	const struct sync *sync = &surface->buffers.sync;
	enum client_exit status = client_buffers_open(&surface->buffers, surface->window.surface);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	if (options->fence.kind == FENCE_UNMATERIALISED && sync->mode != SYNC_SYNCOBJ) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "--fence unmaterialised is not possible: %s",
			sync->why);
	}
	if (!client_buffers_prepare(&surface->buffers, options->width, options->height)) {
		return CLIENT_EXIT_NO_SOURCE;
	}
	struct ring *ring = surface->buffers.ring;
	for (int i = 0; i < ring->num_buffers; i++) {
		/* Drawn once: what this is about is not the picture. */
		canvas_draw(&surface->buffers.canvas, &ring->buffers[i].picture, 0);
	}
	while (!surface->window.configured) {
		if (wl_display_dispatch(conn->display) < 0) {
			return connection_say_error(conn);
		}
	}
	return CLIENT_EXIT_OK;
}

enum client_exit stress_client_make_surfaces(struct stress_client *client) {
	client->surfaces = calloc((size_t)client->options->surfaces, sizeof(*client->surfaces));
	if (!client->surfaces) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	enum client_exit status = CLIENT_EXIT_OK;
	for (int i = 0; i < client->options->surfaces && status == CLIENT_EXIT_OK; i++) {
		client->num_surfaces = i + 1;
		status = make_surface(client, &client->surfaces[i]);
	}
	return status;
}

static struct ring_buffer *take_buffer(
	struct stress_client *client, struct stress_surface *surface) {
	struct ring *ring = surface->buffers.ring;
	if (!client->options->flood) {
		return ring_free_buffer(ring);
	}
	struct ring_buffer *buffer = &ring->buffers[surface->next];
	surface->next = (surface->next + 1) % ring->num_buffers;
	if (buffer->slot.busy) {
		sync_slot_forget(&buffer->slot);
	}
	return buffer;
}

bool stress_surface_prepare(struct stress_client *client, struct stress_surface *surface,
	const struct fence_spec *spec, struct source *source) {
	struct ring_buffer *buffer = take_buffer(client, surface);
	if (!buffer) {
		return false;
	}
	/* What was promised for this moment, before the promise for the next one. */
	source_end_owned(source, surface, FENCE_FUTURE);
	const struct source_request request = {
		.spec = spec,
		.owner = surface,
		.slot = &buffer->slot,
		.previous = surface->previous,
	};
	int fence;
	if (!source_make(source, &request, latch_now_ns(), &fence)) {
		return failed(
			false, "no %s fence: %s", fence_kind_names[spec->kind], strerror(errno));
	}
	window_ack(&surface->window);
	window_attach(&surface->window, &client->conn, buffer->wl_buffer);
	if (!sync_slot_commit(&buffer->slot, fence)) {
		source_drop(source, &buffer->slot);
		return false;
	}
	surface->previous = &buffer->slot;
	return true;
}

static void handle_answer(void *data, struct wl_callback *callback, uint32_t serial) {
	struct stress_surface *surface = data;
	wl_callback_destroy(callback);
	surface->answer = NULL;
	source_end_owned(surface->source, surface, FENCE_USER);
}

static const struct wl_callback_listener answer_listener = {.done = handle_answer};

/* Its fence ends when the compositor has answered what was asked after the commit: one that waits
 * for the fence before it goes on waits for itself. */
static void ask(struct stress_client *client, struct stress_surface *surface,
	struct source *source) {
	if (!surface->answer) {
		surface->source = source;
		surface->answer = wl_display_sync(client->conn.display);
		wl_callback_add_listener(surface->answer, &answer_listener, surface);
	}
}

bool stress_surface_commit(struct stress_client *client, struct stress_surface *surface,
	const struct fence_spec *spec, struct source *source) {
	if (!stress_surface_prepare(client, surface, spec, source)) {
		return false;
	}
	wl_surface_commit(surface->window.surface);
	if (spec->kind == FENCE_USER) {
		ask(client, surface, source);
	}
	client->commits++;
	surface->good = true;
	return true;
}
