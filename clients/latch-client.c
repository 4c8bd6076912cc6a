/*
 * latch-client: an animation in dma-bufs of its own.
 *
 * One frame goes this way: the compositor's frame callback says that it is time; a buffer that
 * it has released is drawn into; the GPU's fence, which has not signalled yet, goes along with
 * the commit; the client is back in poll() while the GPU still works. Nothing here ever waits
 * for a fence, a buffer or the socket anywhere else than in that one poll().
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "buffers.h"
#include "common/connection.h"
#include "common/feedback.h"
#include "common/look.h"
#include "common/presentation.h"
#include "common/sync.h"
#include "common/util.h"
#include "common/window.h"
#include "options.h"
#include "report.h"

/* The connection, the signals, and each buffer of the present ring and of a few given up. */
#define MAX_FDS (2 + 6 * RING_MAX_BUFFERS)

struct client {
	struct client_options options;
	struct connection conn;
	struct window window;
	struct feedback feedback;
	struct sync sync;
	struct presentation presentation;
	struct look look;
	struct client_buffers buffers;
	int signal_fd;

	uint32_t next_frame;
	bool stalled; /* the frame that is due waits for a release */
	bool ended;   /* a signal came */
	uint64_t drawn, stalls;
	int64_t first_commit_ns;
};

/* How many frames were on the screen, and how many may still get there. */
static void count_frames(const struct client *client, uint64_t *shown, uint64_t *pending) {
	if (client->conn.presentation) {
		*shown = client->presentation.stats.presented;
		*pending = client->presentation.num_pending;
	} else {
		/* The frame callback is the nearest thing to an answer. */
		*pending = client->window.frame ? 1 : 0;
		*shown = client->drawn - *pending;
	}
}

static bool all_shown(const struct client *client) {
	uint64_t shown, pending;
	count_frames(client, &shown, &pending);
	return client->options.frames && shown >= client->options.frames;
}

/* The size that the buffers have to have now. */
static void buffer_size(const struct client *client, uint32_t *width, uint32_t *height) {
	const struct client_options *options = &client->options;
	look_buffer_size(&options->look, options->width, options->height, client->window.width,
		client->window.height, width, height);
}

static bool resized(const struct client *client) {
	uint32_t width, height;
	buffer_size(client, &width, &height);
	return !client_buffers_fit(&client->buffers, width, height);
}

static bool frame_is_due(const struct client *client) {
	if (!client->window.configured) {
		return false;
	}
	/* The compositor waits for a picture of the new size, even while the last is held. */
	if (resized(client)) {
		return true;
	}
	if (client->window.frame) {
		return false;
	}
	uint64_t shown, pending;
	count_frames(client, &shown, &pending);
	return !client->options.frames || shown + pending < client->options.frames;
}

/* Draws and commits the next frame, or the last one again where all have been shown. Returns
 * false when it can't go on. */
static bool draw_frame(struct client *client, enum client_exit *status) {
	if (client->feedback.changed || resized(client)) {
		uint32_t width, height;
		buffer_size(client, &width, &height);
		if (!client_buffers_prepare(&client->buffers, width, height)) {
			*status = CLIENT_EXIT_NO_BUFFER;
			return false;
		}
	}
	struct ring_buffer *buffer = ring_free_buffer(client->buffers.ring);
	if (!buffer) {
		client->stalls += !client->stalled;
		client->stalled = true;
		return true;
	}
	client->stalled = false;

	bool again = client->next_frame > 0 && all_shown(client);
	uint32_t frame = again ? client->next_frame - 1 : client->next_frame;
	int fence = canvas_draw(client->buffers.canvas, &buffer->target, &buffer->dmabuf, frame);

	struct window *window = &client->window;
	window_ack(window);
	look_set_size(&client->look, window->width, window->height);
	window_attach(window, &client->conn, buffer->wl_buffer);
	window_request_frame(window);
	if (!sync_slot_commit(&buffer->slot, fence)) {
		say("the fence can't be passed by %s: %s", sync_mode_name(client->sync.mode),
			strerror(errno));
		*status = CLIENT_EXIT_FAILURE;
		return false;
	}
	int64_t commit_ns = now_ns();
	if (client->conn.presentation && !again) {
		presentation_watch(&client->presentation, window->surface, commit_ns);
	}
	wl_surface_commit(window->surface);
	if (!client->first_commit_ns) {
		client->first_commit_ns = commit_ns;
	}
	client->next_frame = frame + 1;
	client->drawn++;
	return true;
}

static void wait_for_events(struct client *client, struct pollfd *fds, bool *connected) {
	fds[1] = (struct pollfd){.fd = client->signal_fd, .events = POLLIN};
	nfds_t num = 2;
	num += client_buffers_add_fds(&client->buffers, &fds[num], MAX_FDS - num);
	*connected = connection_poll(&client->conn, fds, num);

	struct signalfd_siginfo info;
	if (fds[1].revents & POLLIN && read(client->signal_fd, &info, sizeof(info)) > 0) {
		client->ended = true;
	}
	client_buffers_handle_fds(&client->buffers, &fds[2], num - 2);
}

static enum client_exit run(struct client *client) {
	enum client_exit status = CLIENT_EXIT_OK;
	struct pollfd fds[MAX_FDS];
	for (;;) {
		if (frame_is_due(client) && !draw_frame(client, &status)) {
			return status;
		}
		bool connected;
		wait_for_events(client, fds, &connected);
		if (!connected) {
			connection_say_error(&client->conn);
			return CLIENT_EXIT_CONNECTION;
		}
		bool done = all_shown(client);
		if (done && !client->options.hold) {
			return CLIENT_EXIT_OK;
		}
		if (client->ended || client->window.closed) {
			return client->options.frames && !done ? CLIENT_EXIT_EARLY : CLIENT_EXIT_OK;
		}
		/* A configure of the same size, with no frame to come, still wants its answer. */
		if (done && client->window.needs_ack && !resized(client)) {
			window_ack(&client->window);
			wl_surface_commit(client->window.surface);
		}
	}
}

static enum client_exit check_globals(const struct connection *conn) {
	const struct {
		const void *object;
		const char *name;
	} needed[] = {
		{conn->compositor, "wl_compositor 4"},
		{conn->wm_base, "xdg_wm_base"},
		{conn->dmabuf, "zwp_linux_dmabuf_v1 3"},
	};
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].object) {
			say("the compositor lacks %s, without which no dma-buf can be shown",
				needed[i].name);
			return CLIENT_EXIT_NO_GLOBAL;
		}
	}
	if (!conn->presentation) {
		say("the compositor lacks wp_presentation: frames are counted by frame callbacks");
	} else if (conn->presentation_clock != CLOCK_MONOTONIC) {
		say("the compositor's clock is not CLOCK_MONOTONIC: latencies can't be measured");
	}
	return CLIENT_EXIT_OK;
}

/* Sets up all that lasts for the whole run. */
static enum client_exit start(struct client *client) {
	const struct client_options *options = &client->options;
	if (!connection_init(&client->conn)) {
		say("no compositor: %s; start one, or set WAYLAND_DISPLAY and XDG_RUNTIME_DIR",
			strerror(errno));
		return CLIENT_EXIT_NO_SERVER;
	}
	enum client_exit status = check_globals(&client->conn);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	uint32_t width = options->width, height = options->height;
	look_surface_size(&options->look, &width, &height);
	if (!presentation_init(&client->presentation, &client->conn) ||
		!window_init(&client->window, &client->conn, options->title, width, height,
			options->fullscreen)) {
		say("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	client->window.translucent = options->scene.translucent || options->look.has_alpha;
	const char *why;
	if (!look_init(
		    &client->look, &client->conn, client->window.surface, &options->look, &why)) {
		say("%s; the compositor lacks it", why);
		return CLIENT_EXIT_NO_GLOBAL;
	}
	if (!feedback_init(&client->feedback, &client->conn, client->window.surface)) {
		connection_say_error(&client->conn);
		return CLIENT_EXIT_CONNECTION;
	}

	/* Timelines are best made on the device that draws: fences need no detour then. */
	struct device_list devices = {0};
	bool any = client_buffers_device(&client->buffers, &devices);
	bool synced = sync_init(&client->sync, &client->conn, client->window.surface, options->sync,
		any ? devices.paths[0] : NULL);
	device_list_finish(&devices);
	if (!synced) {
		say("--sync %s is not possible: %s", sync_mode_name(options->sync),
			client->sync.why);
		return CLIENT_EXIT_NO_GLOBAL;
	}
	say("fences by %s: %s", sync_mode_name(client->sync.mode), client->sync.why);
	return CLIENT_EXIT_OK;
}

static void stop(struct client *client) {
	presentation_finish(&client->presentation);
	client_buffers_finish_rings(&client->buffers);
	sync_finish(&client->sync);
	feedback_finish(&client->feedback);
	look_finish(&client->look);
	window_finish(&client->window);
	client_buffers_finish(&client->buffers);
	connection_finish(&client->conn);
	fd_clear(&client->signal_fd);
}

/* From the first commit to the last flip; without flips that can be compared, to now. */
static int64_t run_time_ns(const struct client *client) {
	const struct stats *stats = &client->presentation.stats;
	if (!client->first_commit_ns) {
		return 0;
	}
	return (stats->commit_to_flip && stats->presented ? stats->last_flip_ns : now_ns()) -
	       client->first_commit_ns;
}

static bool report(struct client *client) {
	const struct client_buffers *buffers = &client->buffers;
	if (!buffers->ring || (!client->options.fps && !client->options.json)) {
		return true;
	}
	struct stats *stats = &client->presentation.stats;
	if (client->presentation.num_pending > 0 && stats->commit_to_flip) {
		stats_stop(stats, now_ns());
	}
	const struct dmabuf *buf = &buffers->ring->buffers[0].dmabuf;
	struct report summary = {
		.width = buf->width,
		.height = buf->height,
		.fourcc = buf->fourcc,
		.modifier = buf->modifier,
		.buffers = buffers->ring->num_buffers,
		.scanout = buffers->ring->step.scanout,
		.allocator = buffers->canvas->allocator->impl->name,
		.renderer = canvas_renderer(buffers->canvas),
		.device = buffers->canvas->path,
		.sync = sync_mode_name(client->sync.mode),
		.drawn = client->drawn,
		.allocations = buffers->allocations,
		.stalls = client->stalls,
		.run_ns = run_time_ns(client),
		.stats = client->conn.presentation ? stats : NULL,
	};
	if (client->options.fps) {
		report_print(&summary);
	}
	return !client->options.json || report_write_json(&summary, client->options.json);
}

int main(int argc, char **argv) {
	struct client client = {.sync.node_fd = -1, .signal_fd = -1};
	client_buffers_init(
		&client.buffers, &client.conn, &client.feedback, &client.sync, &client.options);
	int exit_early = client_options_parse(&client.options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}

	/* Before the GL driver starts its threads, which inherit the mask. */
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	client.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

	enum client_exit status = start(&client);
	if (status == CLIENT_EXIT_OK) {
		status = run(&client);
		if (!report(&client) && status == CLIENT_EXIT_OK) {
			status = CLIENT_EXIT_FAILURE;
		}
	}
	stop(&client);
	return (int)status;
}
