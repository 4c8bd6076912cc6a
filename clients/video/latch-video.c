/* SPDX-License-Identifier: MIT */
/*
 * latch-video: a video in dma-bufs, each frame at the vblank that it belongs to.
 *
 * A source fills buffers (source.h), and what was released goes back to it; pace.c says when a
 * frame is committed; the window is the picture alone, as large as fits, and the compositor paints
 * the bars.
 */
#include <hdr/hdr_histogram.h>
#include <stdlib.h>
#include <xdg-shell-client-protocol.h>

#include "base/clock.h"
#include "base/minmax.h"
#include "commit-timing-v1-client-protocol.h"
#include "common/connection.h"
#include "common/util.h"
#include "fifo-v1-client-protocol.h"
#include "video.h"

/* The connection, the signals, the source, and each buffer of the present ring and of one given up.
 */
#define MAX_FDS (3 + 2 * RING_MAX_BUFFERS)

#define GREATEST_ERROR_NS INT64_C(60000000000)

static enum client_exit check_globals(const struct video *video) {
	const struct connection *conn = &video->conn;
	const char *missing = connection_missing(conn, false);
	missing = missing ? missing : !conn->presentation ? "wp_presentation" : NULL;
	if (!missing && video->options.pace == VIDEO_PACE_TIMING) {
		missing = !conn->commit_timing ? "wp_commit_timing_manager_v1"
			  : !conn->fifo	       ? "wp_fifo_manager_v1"
					       : NULL;
	}
	return missing ? failed(CLIENT_EXIT_NO_GLOBAL, "the compositor lacks %s", missing)
		       : CLIENT_EXIT_OK;
}

static enum client_exit open_window(struct video *video) {
	struct connection *conn = &video->conn;
	/* Its size is not known before the source's is. */
	if (hdr_init(1, GREATEST_ERROR_NS, 3, &video->errors) != 0 ||
		!presentation_init(&video->presentation, conn) ||
		!window_init(
			&video->window, conn, "latch-video", 0, 0, video->options.fullscreen)) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	video->presentation.answered = video_answered;
	video->presentation.data = video;
	xdg_toplevel_set_app_id(video->window.toplevel, "latch-video");
	if (video->options.pace != VIDEO_PACE_TIMER && conn->commit_timing && conn->fifo) {
		video->timer = wp_commit_timing_manager_v1_get_timer(
			conn->commit_timing, video->window.surface);
		video->fifo = wp_fifo_manager_v1_get_fifo(conn->fifo, video->window.surface);
	}
	return client_buffers_open(&video->buffers, video->window.surface);
}

static enum client_exit open_source(struct video *video) {
	const struct video_options *options = &video->options;
	struct source *source = &video->source;
	*source = (struct source){.options = options, .buffers = &video->buffers};
	source->type = options->device ? &source_v4l2 : &source_pattern;
	if (options->file) {
		source->type = video_file_source;
	}
	if (!source->type) {
		return failed(CLIENT_EXIT_NO_SOURCE, "this program was built without libavformat");
	}
	struct client_options *buffers = &video->buffer_options;
	buffers->buffers = (int)(options->buffers ? options->buffers : source->type->buffers);
	enum client_exit status = source->type->open(source);
	if (status == CLIENT_EXIT_OK) {
		buffers->wish.fourcc = source->format.fourcc;
		status = source->type->start(source);
	}
	video->cadence.frame_ns = source->format.frame_ns;
	return status;
}

/* Tells the compositor of colours and of the size, as far as it can be told. */
static enum client_exit open_look(struct video *video) {
	struct source_format *format = &video->source.format;
	const struct video_options *options = &video->options;
	format->encoding = options->has_encoding ? options->encoding : format->encoding;
	format->range = options->has_range ? options->range : format->range;
	/* To tell it of RGB would be an error. */
	format->has_color = (format->has_color || options->has_encoding) &&
			    latch_format_find(format->fourcc)->ycbcr;
	struct look_options look = {
		.has_color = format->has_color &&
			     look_offers_color(&video->conn, format->encoding, format->range),
		.encoding = format->encoding,
		.range = format->range,
		/* Any size: look_set_size() says it. */
		.scaled_width = video->conn.viewporter ? format->width : 0,
		.scaled_height = format->height,
	};
	if (format->has_color && !look.has_color) {
		say("the compositor can't be told of %s, %s range: it has to guess",
			pixel_encoding_names[format->encoding], pixel_range_names[format->range]);
	}
	const char *why;
	return look_init(&video->look, &video->conn, video->window.surface, &look, &why)
		       ? CLIENT_EXIT_OK
		       : failed(CLIENT_EXIT_NO_GLOBAL, "%s", why);
}

static void say_what(const struct video *video) {
	char name[FORMAT_NAME_MAX];
	const struct source_format *format = &video->source.format;
	const double rate =
		format->frame_ns ? (double)LATCH_NS_PER_SEC / (double)format->frame_ns : 0.0;
	say("%s: %ux%u %s, %s, %s range, %.3f frames a second, paced by %s, fences by %s",
		video->source.type->name, format->width, format->height,
		fourcc_name(format->fourcc, name),
		format->has_color ? pixel_encoding_names[format->encoding] : "other colours",
		pixel_range_names[format->range], rate, video_pace_name(video),
		sync_mode_names[video->buffers.sync.mode]);
}

static enum client_exit start(struct video *video) {
	if (!connection_open(&video->conn, CONNECTION_DMABUF)) {
		return CLIENT_EXIT_NO_SERVER;
	}
	enum client_exit (*const steps[])(struct video * video) = {
		open_window, open_source, open_look};
	enum client_exit status = check_globals(video);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && status == CLIENT_EXIT_OK; i++) {
		status = steps[i](video);
	}
	if (status == CLIENT_EXIT_OK) {
		say_what(video);
	}
	return status;
}

static void stop(struct video *video) {
	if (video->source.type) {
		video->source.type->finish(&video->source);
	}
	presentation_finish(&video->presentation);
	client_buffers_finish(&video->buffers);
	look_finish(&video->look);
	if (video->timer) {
		wp_commit_timer_v1_destroy(video->timer);
		wp_fifo_v1_destroy(video->fifo);
	}
	window_finish(&video->window);
	connection_finish(&video->conn);
	latch_fd_clear(&video->signal_fd);
	free(video->frames);
	if (video->errors) {
		hdr_close(video->errors);
	}
}

static bool wait_for_more(struct video *video, int64_t until_ns) {
	const struct source_type *type = video->source.type;
	struct pollfd fds[MAX_FDS];
	fds[1] = (struct pollfd){.fd = video->signal_fd, .events = POLLIN};
	/* While a frame waits for its time, no other is taken. */
	fds[2] = (struct pollfd){
		.fd = type->fd && !video->next ? type->fd(&video->source) : -1, .events = POLLIN};
	nfds_t num = client_buffers_add_fds(&video->buffers, &fds[3], MAX_FDS - 3);
	bool connected = connection_poll(&video->conn, fds, 3 + num, until_ns);
	video->ended |= (fds[1].revents & POLLIN) != 0;
	client_buffers_handle_fds(&video->buffers, &fds[3], num);
	return connected;
}

static enum client_exit run(struct video *video) {
	const uint64_t wanted = video->options.frames;
	const struct stats *stats = &video->presentation.stats;
	for (;;) {
		int64_t until_ns;
		enum client_exit status = video_advance(video, &until_ns);
		if (status != CLIENT_EXIT_OK) {
			return status;
		}
		if (!wait_for_more(video, until_ns)) {
			return connection_say_error(&video->conn);
		}
		if (wanted && stats->presented >= wanted) {
			return CLIENT_EXIT_OK;
		}
		bool over = video->source_ended && !video->next && video->num_pending == 0;
		if (over || video->ended || video->window.closed) {
			return wanted ? CLIENT_EXIT_EARLY : CLIENT_EXIT_OK;
		}
	}
}

int main(int argc, char **argv) {
	struct video video = {.signal_fd = -1};
	int exit_early = video_options_parse(&video.options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}
	/* The CPU fills the buffers, but for the camera's. */
	video.buffer_options = (struct client_options){
		.sync = video.options.sync,
		.software = true,
	};
	client_buffers_init(&video.buffers, &video.conn, &video.buffer_options);
	video.signal_fd = signal_fd_open();
	enum client_exit status = start(&video);
	if (status == CLIENT_EXIT_OK) {
		status = run(&video);
		if (!video_report(&video) && status == CLIENT_EXIT_OK) {
			status = CLIENT_EXIT_FAILURE;
		}
	}
	stop(&video);
	return (int)status;
}
