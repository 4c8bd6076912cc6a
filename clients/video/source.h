/* SPDX-License-Identifier: MIT */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"
#include "common/util.h"
#include "options.h"

/** What a source has settled on. */
struct source_format {
	uint32_t fourcc;
	uint32_t width, height;
	double pixel_aspect; /* a pixel's width by its height */
	int64_t frame_ns;    /* between two frames; 0: unknown or not the same */
	bool live;	     /* frames come when they come, and can't be had earlier */
	bool has_color;	     /* of YCbCr, the compositor can be told of: */
	enum pixel_encoding encoding;
	enum pixel_range range;
};

enum source_result {
	SOURCE_FRAME,
	SOURCE_LATER, /* no frame is there, or no buffer is free */
	SOURCE_END,
	SOURCE_BROKEN, /* it was said why */
};

/** Where the frames come from. */
struct source {
	const struct source_type *type;
	const struct video_options *options;
	struct client_buffers *buffers; /* in whose ring the frames are */
	struct source_format format;
	uint64_t lost; /* frames that the source says it could not keep */
	void *own;     /* the type's */
};

struct source_type {
	const char *name;
	uint32_t buffers; /* that it needs */
	/* Settles on the format, by the feedback in source->buffers. Says what is wrong. */
	enum client_exit (*open)(struct source *source);
	/* Makes the buffers: source->buffers->ring. */
	enum client_exit (*start)(struct source *source);
	/* The next frame, whose buffer is the source's until it is committed; those committed and
	 * released since are the source's again. */
	enum source_result (*next)(
		struct source *source, struct ring_buffer **buffer, int64_t *pts_ns);
	/* The frame will not be committed; NULL: nothing is to be done. */
	void (*drop)(struct source *source, struct ring_buffer *buffer);
	int (*fd)(const struct source *source); /* readable when there is a frame; NULL: none */
	/* Before the buffers go; after a failure of open() and start() too. */
	void (*finish)(struct source *source);
};

extern const struct source_type source_pattern, source_v4l2;
/** NULL where the program was built without libavformat. */
extern const struct source_type *const video_file_source;

/** The first of the formats that the compositor takes, tranche by tranche; 0: none. Only the
 * user's --format, where there is one. */
uint32_t source_pick(const struct source *source, const uint32_t *fourccs, size_t len);

/** The modifier for linear memory that nobody here has made: LINEAR where the compositor knows it
 * for the format, else none. */
uint64_t source_modifier(const struct source *source);

/** The ring's memory is the CPU's, of the source's format and size: start() of some. */
enum client_exit source_start_cpu(struct source *source);
