/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "color/color.h"
#include "common/connection.h"
#include "common/ring.h"
#include "common/util.h"

#define MAX_SIZE 16384
#define MAX_LOAD 100000
#define MAX_MEASURED_FRAMES 1000000
#define DEFAULT_MEASURED_FRAMES 300

static bool take_crop(const char *text, void *data) {
	struct look_options *look = &((struct client_options *)data)->look;
	char rest;
	return sscanf(text, "%5u,%5u,%5u,%5u%c", &look->crop_x, &look->crop_y, &look->crop_width,
		       &look->crop_height, &rest) == 4 &&
	       look->crop_width > 0 && look->crop_height > 0;
}

static bool take_alpha(const char *text, void *data) {
	struct client_options *options = data;
	return option_parse_real(text, 0, 1, &options->look.alpha);
}

static bool take_solid(const char *text, void *data) {
	struct client_options *options = data;
	uint64_t color;
	if (strlen(text) != 6 || !option_parse_number(text, 16, 0, 0xffffff, &color)) {
		return false;
	}
	options->scene.picture = PICTURE_SOLID;
	options->scene.solid = (uint32_t)color;
	return true;
}

static bool take_format(const char *text, void *data) {
	struct client_options *options = data;
	options->wish.fourcc = fourcc_parse(text);
	return options->wish.fourcc != 0;
}

static bool take_modifier(const char *text, void *data) {
	struct client_options *options = data;
	return modifier_parse(text, &options->wish.modifier);
}

static bool take_gpu_time(const char *text, void *data) {
	struct client_options *options = data;
	return draw_time_parse(&options->gpu_time, text, 0);
}

static bool take_cpu_time(const char *text, void *data) {
	struct client_options *options = data;
	return draw_time_parse(&options->cpu_time, text, 0);
}

static const char *const apis[] = {"gles", "vulkan", NULL};

/* "vk-timeline" is syncobj with timelines of another maker. */
static bool take_sync(const char *text, void *data) {
	struct client_options *options = data;
	options->vulkan_timelines = strcmp(text, "vk-timeline") == 0;
	options->sync = options->vulkan_timelines ? SYNC_SYNCOBJ : SYNC_AUTO;
	while (!options->vulkan_timelines && sync_mode_names[options->sync] &&
		strcmp(text, sync_mode_names[options->sync]) != 0) {
		options->sync++;
	}
	return sync_mode_names[options->sync] != NULL;
}

static const char *const import_kinds[] = {
	[CANVAS_UDMABUF] = "udmabuf", [CANVAS_HEAP] = "heap", NULL};

const char *const client_wsi_names[] = {
	[VULKAN_PACE_FIFO] = "fifo", [VULKAN_PACE_MAILBOX] = "mailbox", NULL};

static const char *const software_kinds[] = {[CANVAS_DUMB] = "dumb",
	[CANVAS_UDMABUF] = "udmabuf",
	[CANVAS_HEAP] = "heap",
	[CANVAS_VGEM] = "vgem",
	NULL};

static const char *const fences[] = {"ready", "late", NULL};

static const char *const transforms[] = {
	[WL_OUTPUT_TRANSFORM_NORMAL] = "normal",
	[WL_OUTPUT_TRANSFORM_90] = "90",
	[WL_OUTPUT_TRANSFORM_180] = "180",
	[WL_OUTPUT_TRANSFORM_270] = "270",
	[WL_OUTPUT_TRANSFORM_FLIPPED] = "flipped",
	[WL_OUTPUT_TRANSFORM_FLIPPED_90] = "flipped-90",
	[WL_OUTPUT_TRANSFORM_FLIPPED_180] = "flipped-180",
	[WL_OUTPUT_TRANSFORM_FLIPPED_270] = "flipped-270",
	NULL,
};

#define MEMBER(name) OPTION_MEMBER(struct client_options, name)
#define GIVEN(name) .given = offsetof(struct client_options, name)
#define FLAG(name) OPTION_SET, MEMBER(name), .min = 1
#define TEXT(name) OPTION_TEXT, MEMBER(name)

static const struct option_row rows[] = {
	{.help = "Usage: latch-client [OPTION]...\n"
		 "Shows an animation in dma-bufs of its own and says how they reached the screen.\n"
		 "\n"
		 "Window:\n"},
	{"size", "WxH", "size where the compositor leaves it to us (1024x768)", OPTION_SIZE,
		MEMBER(width), .max = MAX_SIZE},
	{"fullscreen", NULL, "ask for the whole output", FLAG(fullscreen)},
	{"output", "N", "with --fullscreen: the N-th one that there is", OPTION_NUMBER,
		MEMBER(output), .min = 1, .max = CONNECTION_MAX_OUTPUTS},
	{"title", "TEXT", "title of the window (latch-client)", TEXT(title)},
	{.help = "\nPicture:\n"},
	{"pattern", NULL, "a test card whose every pixel is known", OPTION_SET,
		MEMBER(scene.picture), .min = PICTURE_PATTERN},
	{"solid", "RRGGBB", "one colour", OPTION_CALL, .take = take_solid},
	{"translucent", NULL, "from transparent at the left to opaque (with --software)",
		FLAG(scene.translucent)},
	{"load", "N", "N extra rounds in the fragment shader (0)", OPTION_NUMBER,
		MEMBER(scene.load), .max = MAX_LOAD},
	{.help = "\nSurface:\n"},
	{"crop", "X,Y,W,H", "show this part of the picture, which is of --size", OPTION_CALL,
		.take = take_crop},
	{"scale-to", "WxH", "show it in this size", OPTION_SIZE, MEMBER(look.scaled_width),
		.max = MAX_SIZE},
	{"buffer-transform", "T",
		"say that the buffer is turned: 90, 180, 270, flipped,\n"
		"flipped-90, flipped-180, flipped-270",
		OPTION_NAME, MEMBER(look.transform), .names = transforms},
	{"alpha", "A", "fade it all, from 0 to 1", OPTION_CALL, GIVEN(look.has_alpha),
		.take = take_alpha},
	{"straight-alpha", NULL, "the colours are not multiplied with alpha",
		FLAG(look.straight_alpha)},
	{"color", "NAME",
		"what its colours are said to be: srgb, gamma22, bt1886,\n"
		"display-p3, adobe-rgb, bt2020, bt2020-srgb, pq, linear (unsaid)",
		OPTION_NAME, MEMBER(look.description), GIVEN(look.has_description),
		.names = color_description_names},
	{.help = "\nBuffers:\n"},
	{"device", "PATH", "the DRM node to draw with (what the compositor names)", TEXT(device)},
	{"software", "[=KIND]",
		"draw by CPU, into buffers of KIND: dumb, udmabuf, heap,\n"
		"vgem (the first that works)",
		OPTION_NAME, MEMBER(software_kind), GIVEN(software), .names = software_kinds,
		.min = CANVAS_GPU, .max = CANVAS_VGEM},
	{"heap", "NAME", "with --software=heap: which of those in /dev/dma_heap (system)",
		TEXT(heap)},
	{"api", "NAME", "draw by gles or vulkan (gles)", OPTION_NAME, MEMBER(vulkan), .names = apis},
	{"import", "KIND",
		"with --api vulkan: into memory of KIND, udmabuf or heap\n"
		"(its own, exported)",
		OPTION_NAME, MEMBER(import_kind), .names = import_kinds, .max = CANVAS_HEAP},
	{"wsi", "[=MODE]",
		"with --api vulkan: buffers that its driver makes and\n"
		"commits, in the present mode fifo or mailbox (fifo)",
		OPTION_NAME, MEMBER(wsi), .names = client_wsi_names, .min = VULKAN_PACE_FIFO,
		.max = VULKAN_PACE_MAILBOX},
	{"buffers", "N", "buffers that take turns, 2 to 16 (3)", OPTION_NUMBER, MEMBER(buffers),
		.min = 2, .max = RING_MAX_BUFFERS},
	{"format", "FOURCC",
		"only this format: XR24, XRGB8888, NV12, P010, YUV420, ...\n"
		"(YCbCr needs --software)",
		OPTION_CALL, .take = take_format},
	{"encoding", "NAME", "of YCbCr: bt601, bt709, bt2020 (bt601, unsaid)", OPTION_NAME,
		MEMBER(look.encoding), GIVEN(look.has_color), .names = pixel_encoding_names},
	{"range", "NAME", "of YCbCr: limited, full (limited, unsaid)", OPTION_NAME,
		MEMBER(look.range), GIVEN(look.has_color), .names = pixel_range_names},
	{"planes-apart", NULL, "each plane of a format in memory of its own", FLAG(wish.apart)},
	{"modifier", "MOD", "only this modifier: linear, implicit, 0x...", OPTION_CALL,
		GIVEN(wish.has_modifier), .take = take_modifier},
	{"gpu-time", "MS[,SPREAD[,GROWTH[,OUTLIER]]]",
		"with --software: the simulated GPU (lab-gpu) takes so long\n"
		"for a frame, give or take SPREAD, GROWTH more each 100, and\n"
		"OUTLIER more for one of 100",
		OPTION_CALL, GIVEN(has_gpu_time), .take = take_gpu_time},
	{"sync", "MODE",
		"auto, syncobj, sync-file, implicit; with --api vulkan also\n"
		"vk-timeline, its own timelines (auto)",
		OPTION_CALL, .take = take_sync},
	{.help = "\nRun:\n"},
	{"frames", "N", "end when N frames were on the screen", OPTION_NUMBER, MEMBER(frames),
		.min = 1, .max = UINT32_MAX},
	{"hold", NULL, "after --frames keep the last one up until closed or SIGTERM", FLAG(hold)},
	{"fps", NULL, "print a summary of the frames at the end", FLAG(fps)},
	{"json", "FILE", "write the same as JSON, - for standard output", TEXT(json)},
	{.help = "  --version, --help\n"
		 "\nMeasuring, with pictures that are drawn once:\n"},
	{"measure", "[=PACE]",
		"how soon frames reach the screen: committed at random phases\n"
		"of the refresh (random), or one for each callback (paced);\n"
		"or how soon what answers a key does: alone (input), or one of\n"
		"those for callbacks (input-paced)",
		OPTION_NAME, MEMBER(measure), .names = client_measure_names,
		.min = CLIENT_MEASURE_RANDOM, .max = CLIENT_MEASURE_INPUT_PACED},
	{"cpu-time", "MS[,SPREAD[,GROWTH[,OUTLIER]]]",
		"compute so long for each frame, as if it were drawn", OPTION_CALL,
		GIVEN(has_cpu_time), .take = take_cpu_time},
	{"fence", "WHEN", "ready, or late: signalled at the random phase (ready)", OPTION_NAME,
		MEMBER(late_fence), .names = fences},
	{"shm", NULL, "in shared memory", FLAG(shm)},
	{"seed", "N", "of the phases, --gpu-time and --cpu-time (1)", OPTION_NUMBER, MEMBER(seed),
		.max = UINT32_MAX},
	{"warm-up", "N", "frames before those that are measured, 30 at least (30)", OPTION_NUMBER,
		MEMBER(warm_up), .min = CLIENT_MIN_WARM_UP, .max = MAX_MEASURED_FRAMES},
	{.help = "\n"
		 "Exit status: 0 done; 1 out of memory, a file can't be written, or there is no such\n"
		 "--output; 2 wrong usage;\n"
		 "3 no compositor; 4 the compositor lacks a protocol; 5 no device can draw, or no\n"
		 "buffer is accepted; 6 the connection broke or a protocol error came; 7 closed\n"
		 "before --frames were shown.\n"},
};

static const struct option_table table = {
	.program = "latch-client",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 23,
	.usage_status = CLIENT_EXIT_USAGE,
};

/* What no single option can know. Returns false, having said what is wrong. */
static bool check_together(struct client_options *options) {
	const struct look_options *look = &options->look;
	const struct latch_format *format = latch_format_find(options->wish.fourcc);
	const bool ycbcr = format && format->ycbcr, cpu = options->software;
	const bool measure = options->measure != CLIENT_MEASURE_NONE;
	const bool random = options->measure == CLIENT_MEASURE_RANDOM;
	const bool input = options->measure >= CLIENT_MEASURE_INPUT;
	const bool over_edge = look->crop_x + look->crop_width > options->width ||
			       look->crop_y + look->crop_height > options->height;
	const bool fixed = options->wish.fourcc || options->wish.has_modifier;
	char edge[80];
	snprintf(edge, sizeof(edge), "--crop reaches over the edge of a picture of %ux%u",
		options->width, options->height);
	const struct rule rules[] = {
		{options->vulkan && !vulkan_api,
			"this latch-client was built without libvulkan: no --api vulkan"},
		{!options->vulkan && (options->import_kind || options->wsi || options->vulkan_timelines),
			"--import, --wsi and --sync vk-timeline need --api vulkan"},
		{options->vulkan && (cpu || options->scene.load ||
					    options->scene.picture == PICTURE_PATTERN),
			"--api vulkan has no shaders: no --pattern, no --load, no --software"},
		{options->wsi && (options->sync || options->import_kind || measure || fixed),
			"--wsi leaves buffers and fences to the driver: no --import, --sync, "
			"--format, --modifier, --measure"},
		{options->vulkan_timelines && measure,
			"--sync vk-timeline needs each frame drawn: no --measure"},
		{options->hold && !options->frames,
			"--hold needs --frames: without it no frame is the last"},
		{look->crop_width > 0 && over_edge, edge},
		{ycbcr && !cpu, "a YCbCr --format needs --software"},
		{options->wish.apart && !cpu, "--planes-apart needs --software"},
		{options->heap && options->software_kind != CANVAS_HEAP,
			"--heap needs --software=heap"},
		{options->scene.translucent && !cpu, "--translucent needs --software"},
		{look->has_color && !ycbcr, "--encoding and --range need a YCbCr --format"},
		{options->scene.translucent && (!format || format->opaque == 0),
			"--translucent needs a --format with alpha, as ARGB8888"},
		{options->has_gpu_time && !cpu,
			"--gpu-time needs --software: a GPU has its own time"},
		{!measure && (options->late_fence || options->shm || options->has_cpu_time),
			"--fence, --shm and --cpu-time need --measure"},
		{measure && options->hold,
			"--measure ends after its frames and can't --hold the last"},
		{options->late_fence && (options->shm || !random),
			"--fence late is for dma-bufs at random phases"},
		{input && options->has_gpu_time,
			"--measure=input counts from keys, not from fences"},
		{options->has_gpu_time && (options->late_fence || options->shm),
			"--gpu-time makes fences of its own, for dma-bufs: no --fence late, no "
			"--shm"},
	};
	if (!rules_kept(rules, sizeof(rules) / sizeof(rules[0]))) {
		return false;
	}
	if (measure && options->frames > MAX_MEASURED_FRAMES) {
		return failed(false, "--measure keeps each frame's times, of %d frames at most",
			MAX_MEASURED_FRAMES);
	}
	if (measure && options->frames == 0) {
		options->frames = DEFAULT_MEASURED_FRAMES;
	}
	options->gpu_time.random = options->cpu_time.random = options->seed;
	options->scene.straight_alpha = look->straight_alpha;
	return true;
}

int client_options_parse(struct client_options *options, int argc, char **argv) {
	*options = (struct client_options){
		.width = 1024,
		.height = 768,
		.buffers = 3,
		.sync = SYNC_AUTO,
		.title = "latch-client",
		.seed = 1,
		.warm_up = CLIENT_MIN_WARM_UP,
	};
	int status = options_parse(&table, options, argc, argv);
	return status >= 0 || check_together(options) ? status : CLIENT_EXIT_USAGE;
}
