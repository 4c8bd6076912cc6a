/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/pixels.h"
#include "common/sync.h"

/** Who keeps the frames' times. */
enum video_pace {
	VIDEO_PACE_AUTO,
	VIDEO_PACE_TIMING, /* the compositor, by commit-timing and fifo */
	VIDEO_PACE_TIMER,  /* the client, by the flips that it is told of */
};

extern const char *const video_pace_names[];

struct video_options {
	const char *device, *file; /* NULL both: the test pattern */
	uint32_t width, height;	   /* 0: what the source has */
	bool fullscreen;
	double rate;	 /* frames a second; 0: what the source has */
	uint32_t fourcc; /* 0: the best that both sides have */
	bool has_encoding, has_range;
	enum pixel_encoding encoding;
	enum pixel_range range;
	uint32_t buffers; /* 0: what the source needs */
	enum sync_mode sync;
	enum video_pace pace;
	uint64_t frames; /* 0: without end, or to the end of the file */
	bool measure;
	const char *json; /* NULL: no file */
};

/** Reads the command line. Returns -1 to go on, else the status to exit with. */
int video_options_parse(struct video_options *options, int argc, char **argv);
