/* SPDX-License-Identifier: MIT */
/* The test pattern: the animation of latch-client, whose moving bar shows uneven steps to the eye.
 */
#include <drm_fourcc.h>
#include <stdlib.h>

#include "base/clock.h"
#include "source.h"

#define DEFAULT_RATE 30.0
#define DEFAULT_WIDTH 640
#define DEFAULT_HEIGHT 360

static enum client_exit pattern_open(struct source *source) {
	const struct video_options *options = source->options;
	const double rate = options->rate > 0 ? options->rate : DEFAULT_RATE;
	const uint32_t wanted = options->fourcc ? options->fourcc : DRM_FORMAT_NV12;
	const uint32_t fourcc = source_pick(source, &wanted, 1);
	const struct latch_format *format = latch_format_find(fourcc);
	if (!format || format->is_float) {
		return failed(CLIENT_EXIT_NO_SOURCE, "the compositor does not take the pattern's "
						     "--format (NV12), or it can't be drawn");
	}
	source->own = calloc(1, sizeof(uint32_t));
	if (!source->own) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	source->format = (struct source_format){
		.fourcc = fourcc,
		.width = options->width ? options->width : DEFAULT_WIDTH,
		.height = options->height ? options->height : DEFAULT_HEIGHT,
		.pixel_aspect = 1.0,
		.frame_ns = (int64_t)((double)LATCH_NS_PER_SEC / rate + 0.5),
		.has_color = true,
		.encoding = options->has_encoding ? options->encoding : PIXEL_BT709,
		.range = options->range,
	};
	return CLIENT_EXIT_OK;
}

static enum source_result pattern_next(
	struct source *source, struct ring_buffer **buffer, int64_t *pts_ns) {
	uint32_t *number = source->own;
	struct canvas *canvas = &source->buffers->canvas;
	*buffer = ring_free_buffer(source->buffers->ring);
	if (!*buffer) {
		return SOURCE_LATER;
	}
	canvas->encoding = source->format.encoding;
	canvas->range = source->format.range;
	canvas_draw(canvas, &(*buffer)->picture, *number);
	*pts_ns = (*number)++ * source->format.frame_ns;
	return SOURCE_FRAME;
}

static void pattern_finish(struct source *source) {
	free(source->own);
}

const struct source_type source_pattern = {
	.name = "pattern",
	.buffers = 4,
	.open = pattern_open,
	.start = source_start_cpu,
	.next = pattern_next,
	.finish = pattern_finish,
};
