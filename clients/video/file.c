/* SPDX-License-Identifier: MIT */
/* A file: libavcodec decodes it by the CPU, and its planes are copied into dma-bufs. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>

#include "base/clock.h"
#include "file_format.h"
#include "source.h"

#define MAX_CANDIDATES 40

struct film {
	AVFormatContext *container;
	AVCodecContext *codec;
	AVStream *stream;
	AVPacket *packet;
	AVFrame *frame;
	bool decoded;	  /* there is a picture in `frame` */
	bool drained;	  /* the file is at its end */
	int pixel_format; /* of the first picture, and so of all */
	struct latch_component components[3];
	int64_t last_pts_ns;
};

static enum client_exit broken(const struct source *source, const char *what, int error) {
	char words[AV_ERROR_MAX_STRING_SIZE];
	av_strerror(error, words, sizeof(words));
	return failed(CLIENT_EXIT_NO_SOURCE, "%s %s: %s", source->options->file, what, words);
}

static enum client_exit open_codec(struct source *source, struct film *film) {
	const AVCodec *decoder = NULL;
	int error = avformat_open_input(&film->container, source->options->file, NULL, NULL);
	if (error < 0) {
		return broken(source, "can't be opened", error);
	}
	error = avformat_find_stream_info(film->container, NULL);
	int index = error < 0 ? error
			      : av_find_best_stream(
					film->container, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
	if (index < 0) {
		return broken(source, "has no video that can be decoded", index);
	}
	film->stream = film->container->streams[index];
	film->codec = avcodec_alloc_context3(decoder);
	film->packet = av_packet_alloc();
	film->frame = av_frame_alloc();
	if (!film->codec || !film->packet || !film->frame) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	avcodec_parameters_to_context(film->codec, film->stream->codecpar);
	film->codec->thread_count = 0; // as many as there are processors
	error = avcodec_open2(film->codec, decoder, NULL);
	return error < 0 ? broken(source, "can't be decoded", error) : CLIENT_EXIT_OK;
}

/* Decodes until there is a picture. Returns 0, AVERROR_EOF or another error. */
static int decode(struct film *film) {
	for (;;) {
		int error = avcodec_receive_frame(film->codec, film->frame);
		if (error != AVERROR(EAGAIN)) {
			return error;
		}
		if (film->drained) {
			return AVERROR_EOF;
		}
		film->drained = av_read_frame(film->container, film->packet) < 0;
		if (film->drained) {
			avcodec_send_packet(film->codec, NULL);
		} else if (film->packet->stream_index == film->stream->index) {
			error = avcodec_send_packet(film->codec, film->packet);
		}
		av_packet_unref(film->packet);
		if (error < 0 && error != AVERROR(EAGAIN) && error != AVERROR_INVALIDDATA) {
			return error;
		}
	}
}

/* By the first picture: what the container says may be less, or wrong. */
static enum client_exit settle(struct source *source, struct film *film) {
	const AVFrame *frame = film->frame;
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
	const bool full_format = frame->format == AV_PIX_FMT_YUVJ420P ||
				 frame->format == AV_PIX_FMT_YUVJ422P ||
				 frame->format == AV_PIX_FMT_YUVJ444P;
	uint32_t fourccs[MAX_CANDIDATES];
	const char *name = desc ? desc->name : "unknown";
	if (!file_components(desc, film->components)) {
		return failed(CLIENT_EXIT_NO_SOURCE,
			"%s is of %s pixels, which can't be copied "
			"into a video buffer",
			source->options->file, name);
	}
	struct source_format *format = &source->format;
	*format = (struct source_format){
		.fourcc = source_pick(
			source, fourccs, file_candidates(desc, fourccs, MAX_CANDIDATES)),
		.width = (uint32_t)frame->width,
		.height = (uint32_t)frame->height,
		.pixel_aspect = 1.0,
	};
	if (format->fourcc == 0) {
		return failed(CLIENT_EXIT_NO_SOURCE,
			"%s is of %s pixels, and the compositor takes no format for these%s",
			source->options->file, name,
			source->options->fourcc ? " that --format allows" : "");
	}
	film->pixel_format = frame->format;
	const AVRational rate = av_guess_frame_rate(film->container, film->stream, film->frame);
	if (rate.num > 0 && rate.den > 0) {
		format->frame_ns = av_rescale(LATCH_NS_PER_SEC, rate.den, rate.num);
	}
	const AVRational aspect =
		av_guess_sample_aspect_ratio(film->container, film->stream, film->frame);
	if (aspect.num > 0 && aspect.den > 0) {
		format->pixel_aspect = av_q2d(aspect);
	}
	format->has_color = file_color(frame->colorspace, frame->color_range, full_format,
		frame->height, &format->encoding, &format->range);
	return CLIENT_EXIT_OK;
}

static enum client_exit film_open(struct source *source) {
	struct film *film = calloc(1, sizeof(*film));
	if (!film) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	source->own = film;
	enum client_exit status = open_codec(source, film);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	int error = decode(film);
	film->decoded = error >= 0;
	return film->decoded ? settle(source, film) : broken(source, "has no picture", error);
}

static int64_t timestamp_ns(struct source *source, struct film *film) {
	const int64_t timestamp = film->frame->best_effort_timestamp;
	film->last_pts_ns = timestamp == AV_NOPTS_VALUE
				    ? film->last_pts_ns + source->format.frame_ns
				    : av_rescale_q(timestamp, film->stream->time_base,
					      (AVRational){1, (int)LATCH_NS_PER_SEC});
	return film->last_pts_ns;
}

static void copy_picture(const struct film *film, const struct dmabuf *buf) {
	struct pixel_picture from = {buf->width, buf->height, {0}, {0}}, to = from;
	for (int i = 0; i < LATCH_FORMAT_MAX_PLANES; i++) {
		from.data[i] = film->frame->data[i];
		from.stride[i] = (uint32_t)film->frame->linesize[i];
	}
	for (int i = 0; i < buf->num_planes; i++) {
		to.data[i] = buf->planes[i].data;
		to.stride[i] = buf->planes[i].stride;
	}
	dmabuf_sync_cpu(buf, false);
	pixel_copy(film->components, &from, latch_format_find(buf->fourcc), &to);
	dmabuf_sync_cpu(buf, true);
}

static enum source_result film_next(
	struct source *source, struct ring_buffer **buffer, int64_t *pts_ns) {
	struct film *film = source->own;
	const AVFrame *frame = film->frame;
	int error = film->decoded ? 0 : decode(film);
	if (error == AVERROR_EOF) {
		return SOURCE_END;
	}
	film->decoded = error >= 0;
	if (!film->decoded) {
		broken(source, "can't be decoded any further", error);
		return SOURCE_BROKEN;
	}
	/* Rows that go upwards have a negative size. */
	if (frame->width != (int)source->format.width ||
		frame->height != (int)source->format.height ||
		frame->format != film->pixel_format || frame->linesize[0] < 0) {
		say("%s changes the size or the format of its pictures in the midst",
			source->options->file);
		return SOURCE_BROKEN;
	}
	*buffer = ring_free_buffer(source->buffers->ring);
	if (!*buffer) {
		return SOURCE_LATER;
	}
	copy_picture(film, &(*buffer)->picture.dmabuf);
	*pts_ns = timestamp_ns(source, film);
	film->decoded = false;
	return SOURCE_FRAME;
}

static void film_finish(struct source *source) {
	struct film *film = source->own;
	if (film) {
		av_frame_free(&film->frame);
		av_packet_free(&film->packet);
		avcodec_free_context(&film->codec);
		avformat_close_input(&film->container);
		free(film);
	}
}

static const struct source_type file_source = {
	.name = "file",
	.buffers = 4,
	.open = film_open,
	.start = source_start_cpu,
	.next = film_next,
	.finish = film_finish,
};

const struct source_type *const video_file_source = &file_source;
