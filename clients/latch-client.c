/* SPDX-License-Identifier: MIT */
/*
 * latch-client: an animation in dma-bufs of its own.
 *
 * One frame goes this way: the compositor's frame callback says that it is time; a buffer that
 * it has released is drawn into; the GPU's fence, which has not signalled yet, goes along with
 * the commit; the client is back in poll() while the GPU still works. Nothing here ever waits
 * for a fence, a buffer or the socket anywhere else than in that one poll().
 */
#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "client.h"
#include "common/gpu_job.h"
#include "common/util.h"
#include "measure_report.h"
#include "measure_run.h"

/* The connection, the signals, a timer, and each buffer of the present ring and of a few given up.
 */
#define MAX_FDS (3 + 6 * RING_MAX_BUFFERS)

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

static void get_buffer_size(const struct client *client, uint32_t *width, uint32_t *height) {
	const struct client_options *options = &client->options;
	look_buffer_size(&options->look, options->width, options->height, client->window.width,
		client->window.height, width, height);
}

bool client_resized(const struct client *client) {
	uint32_t width, height;
	get_buffer_size(client, &width, &height);
	if (client->options.wsi) {
		return client->wsi.width != width || client->wsi.height != height;
	}
	return !client_buffers_fit(&client->buffers, width, height);
}

bool client_prepare_buffers(struct client *client) {
	uint32_t width, height;
	get_buffer_size(client, &width, &height);
	return client_buffers_prepare(&client->buffers, width, height);
}

struct ring_buffer *client_take_buffer(struct client *client) {
	struct ring_buffer *buffer = ring_free_buffer(client->buffers.ring);
	client->stalls += !buffer && !client->stalled;
	client->stalled = !buffer;
	return buffer;
}

int client_finish_picture(struct client *client, const struct ring_buffer *buffer) {
	const struct dmabuf *buf = &buffer->picture.dmabuf;
	const struct latch_format *format = latch_format_find(buf->fourcc);
	struct gpu_job job = {
		.length_ns = draw_time_next(&client->options.gpu_time),
		.dmabuf = buf->planes[0].fd,
		.offset = buf->planes[0].offset,
		.stride = buf->planes[0].stride,
		.width = buf->width,
		.height = buf->height,
		.bytes_per_pixel = format ? format->components[0].step : 0,
	};
	int fence = gpu_submit(client->gpu, &job);
	if (fence < 0) {
		say("the simulated GPU does not take the job: %s", strerror(errno));
	}
	return fence;
}

int64_t client_commit(
	struct client *client, struct ring_buffer *buffer, int fence, clockid_t clock, bool watch) {
	struct window *window = &client->window;
	window_ack(window);
	look_set_size(&client->look, window->width, window->height);
	window_attach(window, &client->conn, buffer->wl_buffer);
	window_request_frame(window);
	if (!sync_slot_commit(&buffer->slot, fence)) {
		return 0;
	}
	int64_t commit_ns = latch_clock_ns(clock);
	if (watch) {
		presentation_watch(&client->presentation, window->surface, commit_ns);
	}
	wl_surface_commit(window->surface);
	if (!client->first_commit_ns) {
		client->first_commit_ns = commit_ns;
	}
	client->drawn++;
	return commit_ns;
}

static bool frame_is_due(const struct client *client) {
	if (!client->window.configured) {
		return false;
	}
	/* The compositor waits for a picture of the new size, even while the last is held. */
	if (client_resized(client)) {
		return true;
	}
	if (client->window.frame) {
		return false;
	}
	uint64_t shown, pending;
	count_frames(client, &shown, &pending);
	return !client->options.frames || shown + pending < client->options.frames;
}

/* Draws a frame into a buffer of ours, and commits it. */
static enum client_exit draw_into_ring(struct client *client, uint32_t frame, bool watch) {
	if ((client->buffers.feedback.changed || client_resized(client)) &&
		!client_prepare_buffers(client)) {
		return CLIENT_EXIT_NO_SOURCE;
	}
	struct ring_buffer *buffer = client_take_buffer(client);
	if (!buffer) {
		return CLIENT_EXIT_OK;
	}
	if (client->buffers.sync.renderer_timelines) {
		buffer->picture.point = sync_slot_acquire_point(&buffer->slot);
	}
	int fence = canvas_draw(&client->buffers.canvas, &buffer->picture, frame);
	if (client->gpu >= 0) {
		fence = client_finish_picture(client, buffer);
		if (fence < 0) {
			return CLIENT_EXIT_FAILURE;
		}
	}
	if (fence == CANVAS_FAILED) {
		return CLIENT_EXIT_FAILURE;
	}
	fence = fence == CANVAS_SIGNALS_POINT ? SYNC_FENCE_LATER : fence;
	return client_commit(client, buffer, fence, CLOCK_MONOTONIC, watch) != 0
		       ? CLIENT_EXIT_OK
		       : CLIENT_EXIT_FAILURE;
}

/* Draws and commits the next frame, or the last one again where all have been shown. */
static enum client_exit draw_frame(struct client *client) {
	const bool again = client->next_frame > 0 && all_shown(client);
	const uint32_t frame = again ? client->next_frame - 1 : client->next_frame;
	const bool watch = client->conn.presentation && !again;
	enum client_exit status = CLIENT_EXIT_OK;
	if (client->options.wsi) {
		uint32_t width, height;
		get_buffer_size(client, &width, &height);
		status = wsi_draw(client, width, height, frame, watch) ? status
									: CLIENT_EXIT_NO_SOURCE;
	} else {
		status = draw_into_ring(client, frame, watch);
	}
	client->next_frame = status == CLIENT_EXIT_OK && !client->stalled ? frame + 1
									  : client->next_frame;
	return status;
}

bool client_wait(struct client *client, int timer_fd) {
	struct pollfd fds[MAX_FDS];
	fds[1] = (struct pollfd){.fd = client->signal_fd, .events = POLLIN};
	fds[2] = (struct pollfd){.fd = timer_fd, .events = POLLIN}; // poll() ignores -1
	nfds_t num = 3;
	num += client_buffers_add_fds(&client->buffers, &fds[num], MAX_FDS - num);
	/* No fd tells of the driver's images. */
	const int64_t until_ns = client->options.wsi && client->stalled ? 0 : INT64_MAX;
	bool connected = connection_poll(&client->conn, fds, num, until_ns);

	client->ended |= (fds[1].revents & POLLIN) != 0;
	client_buffers_handle_fds(&client->buffers, &fds[3], num - 3);
	return connected;
}

static enum client_exit run(struct client *client) {
	for (;;) {
		enum client_exit status =
			frame_is_due(client) ? draw_frame(client) : CLIENT_EXIT_OK;
		if (status != CLIENT_EXIT_OK) {
			return status;
		}
		if (!client_wait(client, -1)) {
			return connection_say_error(&client->conn);
		}
		bool done = all_shown(client);
		if (done && !client->options.hold) {
			return CLIENT_EXIT_OK;
		}
		if (client->ended || client->window.closed) {
			return client->options.frames && !done ? CLIENT_EXIT_EARLY : CLIENT_EXIT_OK;
		}
		/* A configure of the same size, with no frame to come, still wants its answer. */
		if (done && client->window.needs_ack && !client_resized(client)) {
			window_ack(&client->window);
			wl_surface_commit(client->window.surface);
		}
	}
}

static enum client_exit check_globals(const struct connection *conn, bool in_shm) {
	const char *missing = connection_missing(conn, in_shm);
	if (missing) {
		return failed(CLIENT_EXIT_NO_GLOBAL,
			"the compositor lacks %s, without which nothing can be shown", missing);
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
	client->gpu = options->has_gpu_time ? gpu_connect() : -1;
	if (options->has_gpu_time && client->gpu < 0) {
		return failed(CLIENT_EXIT_NO_SOURCE,
			"no simulated GPU (%s): --gpu-time needs lab-gpu, which the lab's tests start, "
			"and LATCH_GPU where its socket is not $XDG_RUNTIME_DIR/lab-gpu",
			strerror(errno));
	}
	if (!connection_open(&client->conn, CONNECTION_DMABUF)) {
		return CLIENT_EXIT_NO_SERVER;
	}
	/* Measuring goes on where there are no dma-bufs; showing them is what all else is about. */
	bool in_shm = options->shm || (options->measure && !client->conn.dmabuf);
	client->buffers.in_shm = in_shm;
	enum client_exit status = check_globals(&client->conn, in_shm || options->wsi);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	uint32_t width = options->width, height = options->height;
	look_surface_size(&options->look, &width, &height);
	if (!presentation_init(&client->presentation, &client->conn) ||
		!window_init(&client->window, &client->conn, options->title, width, height,
			options->fullscreen)) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	if (options->output > client->conn.num_outputs) {
		return failed(CLIENT_EXIT_FAILURE, "there is no such output");
	}
	if (options->fullscreen && options->output > 0) {
		window_fill_output(
			&client->window, client->conn.outputs[options->output - 1]);
	}
	client->window.translucent = options->scene.translucent || options->look.has_alpha;
	const char *why;
	if (!look_init(
		    &client->look, &client->conn, client->window.surface, &options->look, &why)) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "%s; the compositor lacks it", why);
	}
	if (options->wsi) {
		return wsi_open(client) ? CLIENT_EXIT_OK : CLIENT_EXIT_NO_SOURCE;
	}
	status = client_buffers_open(&client->buffers, client->window.surface);
	if (status == CLIENT_EXIT_OK && !in_shm) {
		say("fences by %s: %s", client_sync_name(client), client->buffers.sync.why);
	}
	return status;
}

static void stop(struct client *client) {
	presentation_finish(&client->presentation);
	client_buffers_finish(&client->buffers);
	wsi_finish(&client->wsi);
	look_finish(&client->look);
	window_finish(&client->window);
	latch_fd_clear(&client->gpu);
	connection_finish(&client->conn);
	latch_fd_clear(&client->signal_fd);
}

/* From the first commit to the last flip; without flips that can be compared, to now. */
static int64_t run_time_ns(const struct client *client) {
	const struct stats *stats = &client->presentation.stats;
	if (!client->first_commit_ns) {
		return 0;
	}
	return (stats->commit_to_flip && stats->presented ? stats->last_flip_ns : latch_now_ns()) -
	       client->first_commit_ns;
}

/* measure is NULL where nothing was measured. */
static bool report(struct client *client, const struct measure *measure) {
	struct stats *stats = &client->presentation.stats;
	bool wanted = client->options.fps || client->options.json || measure;
	if (!wanted || (!client->buffers.ring && client->wsi.width == 0)) {
		return true;
	}
	if (client->presentation.num_pending > 0 && stats->commit_to_flip) {
		stats_stop(stats, latch_now_ns());
	}
	client->run_ns = run_time_ns(client);
	struct measure_report measured;
	if (measure && !measure_report_init(&measured, measure)) {
		return failed(false, "out of memory");
	}
	const struct measure_report *told = measure ? &measured : NULL;
	if (client->options.fps || measure) {
		report_print(client, told);
	}
	return !client->options.json || report_write_json(client, told);
}

int main(int argc, char **argv) {
	struct client client = {.gpu = -1, .signal_fd = -1};
	client_buffers_init(&client.buffers, &client.conn, &client.options);
	int exit_early = client_options_parse(&client.options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}

	/* Before the GL driver starts its threads, which inherit the mask. */
	client.signal_fd = signal_fd_open();

	struct measure measure = {0};
	enum client_exit status = start(&client);
	if (status == CLIENT_EXIT_OK) {
		status = client.options.measure ? measure_run(&measure, &client) : run(&client);
		if (!report(&client, client.options.measure ? &measure : NULL) &&
			status == CLIENT_EXIT_OK) {
			status = CLIENT_EXIT_FAILURE;
		}
	}
	measure_finish(&measure);
	stop(&client);
	return (int)status;
}
