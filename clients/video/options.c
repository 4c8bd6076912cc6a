/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "base/options.h"
#include "common/ring.h"
#include "common/util.h"

#define MAX_SIZE 16384
#define MAX_RATE 1000.0

const char *const video_pace_names[] = {[VIDEO_PACE_AUTO] = "auto",
	[VIDEO_PACE_TIMING] = "commit-timing",
	[VIDEO_PACE_TIMER] = "timer",
	NULL};

static bool take_rate(const char *text, void *data) {
	struct video_options *options = data;
	return option_parse_real(text, 0.1, MAX_RATE, &options->rate);
}

static bool take_format(const char *text, void *data) {
	struct video_options *options = data;
	options->fourcc = fourcc_parse(text);
	return options->fourcc != 0;
}

#define MEMBER(name) OPTION_MEMBER(struct video_options, name)
#define GIVEN(name) .given = offsetof(struct video_options, name)

static const struct option_row rows[] = {
	{.help = "Usage: latch-video [OPTION]...\n"
		 "Shows a camera's, a file's or a made up video in dma-bufs, each frame at its "
		 "time.\n"
		 "\n"
		 "Source, a test pattern if there is none:\n"},
	{"device", "PATH", "a V4L2 device: its own buffers are shown", OPTION_TEXT, MEMBER(device)},
	{"file", "PATH", "what libavformat opens, decoded by the CPU", OPTION_TEXT, MEMBER(file)},
	{"rate", "N", "frames a second of the pattern (30), or of the device", OPTION_CALL,
		.take = take_rate},
	{"format", "FOURCC",
		"only this format: NV12, P010, YUV420, YUYV, ... (what the\n"
		"compositor likes best of what the source has)",
		OPTION_CALL, .take = take_format},
	{"encoding", "NAME",
		"bt601, bt709, bt2020: of the pattern (bt709), or instead of\n"
		"what the source says",
		OPTION_NAME, MEMBER(encoding), GIVEN(has_encoding), .names = pixel_encoding_names},
	{"range", "NAME", "limited, full: the same (limited)", OPTION_NAME, MEMBER(range),
		GIVEN(has_range), .names = pixel_range_names},
	{"buffers", "N", "buffers that take turns, 3 to 16 (6 of a device, else 4)", OPTION_NUMBER,
		MEMBER(buffers), .min = 3, .max = RING_MAX_BUFFERS},
	{.help = "\nWindow:\n"},
	{"size", "WxH",
		"its size where the compositor leaves it to us, and that of\n"
		"what is captured or made up (that of the source; 640x360)",
		OPTION_SIZE, MEMBER(width), .max = MAX_SIZE},
	{"fullscreen", NULL, "ask for the whole output; the aspect ratio is kept", OPTION_SET,
		MEMBER(fullscreen), .min = 1},
	{.help = "\nRun:\n"},
	{"frames", "N", "end when N frames were on the screen", OPTION_NUMBER, MEMBER(frames),
		.min = 1, .max = UINT32_MAX},
	{"pace", "MODE",
		"who keeps the frames' times: commit-timing (the compositor),\n"
		"timer (the client), auto (auto)",
		OPTION_NAME, MEMBER(pace), .names = video_pace_names},
	{"sync", "MODE", "auto, syncobj, sync-file, implicit (auto)", OPTION_NAME, MEMBER(sync),
		.names = sync_mode_names},
	{"measure", NULL, "print at the end how even the frames were", OPTION_SET, MEMBER(measure),
		.min = 1},
	{"json", "FILE", "write the same and each frame as JSON, - for standard output",
		OPTION_TEXT, MEMBER(json)},
	{.help = "  --version, --help\n"
		 "\n"
		 "Exit status: 0 done; 1 out of memory or a file can't be written; 2 wrong usage;\n"
		 "3 no compositor; 4 the compositor lacks a protocol; 5 the device or the file "
		 "gives\n"
		 "no video, or none in a format that the compositor takes; 6 the connection broke "
		 "or\n"
		 "a protocol error came; 7 closed, or the file ended, before --frames were "
		 "shown.\n"},
};

static const struct option_table table = {
	.program = "latch-video",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 20,
	.usage_status = CLIENT_EXIT_USAGE,
};

int video_options_parse(struct video_options *options, int argc, char **argv) {
	*options = (struct video_options){0};
	int status = options_parse(&table, options, argc, argv);
	const struct rule together[] = {
		{options->device && options->file, "--device and --file are two sources"},
		{options->file && options->rate > 0, "a --file has a rate of its own"},
	};
	return status >= 0 || rules_kept(together, sizeof(together) / sizeof(together[0]))
		       ? status
		       : CLIENT_EXIT_USAGE;
}
