#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ring.h"
#include "common/util.h"

#ifndef LATCH_VERSION
#define LATCH_VERSION "unknown"
#endif

#define MAX_SIZE 16384
#define MAX_LOAD 100000
#define MAX_MEASURED_FRAMES 1000000
#define DEFAULT_MEASURED_FRAMES 300

static const char help_text[] =
	"Usage: latch-client [OPTION]...\n"
	"Shows an animation in dma-bufs of its own and says how they reached the screen.\n"
	"\n"
	"Window:\n"
	"  --size WxH           size where the compositor leaves it to us (1024x768)\n"
	"  --fullscreen         ask for the whole output\n"
	"  --title TEXT         title of the window (latch-client)\n"
	"\n"
	"Picture:\n"
	"  --pattern            a test card whose every pixel is known\n"
	"  --solid RRGGBB       one colour\n"
	"  --translucent        from transparent at the left to opaque (with --software)\n"
	"  --load N             N extra rounds in the fragment shader (0)\n"
	"\n"
	"Surface:\n"
	"  --crop X,Y,W,H       show this part of the picture, which is of --size\n"
	"  --scale-to WxH       show it in this size\n"
	"  --buffer-transform T say that the buffer is turned: 90, 180, 270, flipped,\n"
	"                       flipped-90, flipped-180, flipped-270\n"
	"  --alpha A            fade it all, from 0 to 1\n"
	"  --straight-alpha     the colours are not multiplied with alpha\n"
	"\n"
	"Buffers:\n"
	"  --device PATH        the DRM node to draw with (what the compositor names)\n"
	"  --software[=KIND]    draw by CPU, into buffers of KIND: dumb, udmabuf, heap\n"
	"                       (the first that works)\n"
	"  --buffers N          buffers that take turns, 2 to 16 (3)\n"
	"  --format FOURCC      only this format: XR24, XRGB8888, NV12, P010, YUV420, ...\n"
	"                       (YCbCr needs --software)\n"
	"  --encoding NAME      of YCbCr: bt601, bt709, bt2020 (bt601, unsaid)\n"
	"  --range NAME         of YCbCr: limited, full (limited, unsaid)\n"
	"  --planes-apart       each plane of a format in memory of its own\n"
	"  --modifier MOD       only this modifier: linear, implicit, 0x...\n"
	"  --gpu-time MS[,SPREAD[,GROWTH]]\n"
	"                       with --software: the simulated GPU (lab-gpu) takes so long\n"
	"                       for a frame, give or take SPREAD, and GROWTH more each 100\n"
	"  --sync MODE          auto, syncobj, sync-file, implicit (auto)\n"
	"\n"
	"Run:\n"
	"  --frames N           end when N frames were on the screen\n"
	"  --hold               after --frames keep the last one up until closed or SIGTERM\n"
	"  --fps                print a summary of the frames at the end\n"
	"  --json FILE          write the same as JSON, - for standard output\n"
	"  --version, --help\n"
	"\n"
	"Measuring, with pictures that are drawn once:\n"
	"  --measure[=PACE]     how soon frames reach the screen: committed at random phases\n"
	"                       of the refresh (random), or one for each callback (paced)\n"
	"  --fence WHEN         ready, or late: signalled at the random phase (ready)\n"
	"  --shm                in shared memory\n"
	"  --seed N             of the phases, and of --gpu-time (1)\n"
	"  --warm-up N          frames before those that are measured, 30 at least (30)\n"
	"\n"
	"Exit status: 0 done; 1 out of memory or a file can't be written; 2 wrong usage;\n"
	"3 no compositor; 4 the compositor lacks a protocol; 5 no device can draw, or no\n"
	"buffer is accepted; 6 the connection broke or a protocol error came; 7 closed\n"
	"before --frames were shown.\n";

enum option_code {
	OPTION_SIZE = 256,
	OPTION_FULLSCREEN,
	OPTION_TITLE,
	OPTION_PATTERN,
	OPTION_SOLID,
	OPTION_TRANSLUCENT,
	OPTION_LOAD,
	OPTION_CROP,
	OPTION_SCALE_TO,
	OPTION_BUFFER_TRANSFORM,
	OPTION_ALPHA,
	OPTION_STRAIGHT_ALPHA,
	OPTION_DEVICE,
	OPTION_SOFTWARE,
	OPTION_BUFFERS,
	OPTION_FORMAT,
	OPTION_MODIFIER,
	OPTION_ENCODING,
	OPTION_RANGE,
	OPTION_PLANES_APART,
	OPTION_GPU_TIME,
	OPTION_SYNC,
	OPTION_FRAMES,
	OPTION_HOLD,
	OPTION_FPS,
	OPTION_JSON,
	OPTION_MEASURE,
	OPTION_FENCE,
	OPTION_SHM,
	OPTION_SEED,
	OPTION_WARM_UP,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"size", required_argument, NULL, OPTION_SIZE},
	{"fullscreen", no_argument, NULL, OPTION_FULLSCREEN},
	{"title", required_argument, NULL, OPTION_TITLE},
	{"pattern", no_argument, NULL, OPTION_PATTERN},
	{"solid", required_argument, NULL, OPTION_SOLID},
	{"translucent", no_argument, NULL, OPTION_TRANSLUCENT},
	{"crop", required_argument, NULL, OPTION_CROP},
	{"scale-to", required_argument, NULL, OPTION_SCALE_TO},
	{"buffer-transform", required_argument, NULL, OPTION_BUFFER_TRANSFORM},
	{"alpha", required_argument, NULL, OPTION_ALPHA},
	{"straight-alpha", no_argument, NULL, OPTION_STRAIGHT_ALPHA},
	{"load", required_argument, NULL, OPTION_LOAD},
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"software", optional_argument, NULL, OPTION_SOFTWARE},
	{"buffers", required_argument, NULL, OPTION_BUFFERS},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"modifier", required_argument, NULL, OPTION_MODIFIER},
	{"encoding", required_argument, NULL, OPTION_ENCODING},
	{"range", required_argument, NULL, OPTION_RANGE},
	{"planes-apart", no_argument, NULL, OPTION_PLANES_APART},
	{"gpu-time", required_argument, NULL, OPTION_GPU_TIME},
	{"sync", required_argument, NULL, OPTION_SYNC},
	{"frames", required_argument, NULL, OPTION_FRAMES},
	{"hold", no_argument, NULL, OPTION_HOLD},
	{"fps", no_argument, NULL, OPTION_FPS},
	{"json", required_argument, NULL, OPTION_JSON},
	{"measure", optional_argument, NULL, OPTION_MEASURE},
	{"fence", required_argument, NULL, OPTION_FENCE},
	{"shm", no_argument, NULL, OPTION_SHM},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"warm-up", required_argument, NULL, OPTION_WARM_UP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static bool parse_number(const char *text, int base, uint64_t min, uint64_t max, uint64_t *value) {
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || number < min ||
		number > max) {
		return false;
	}
	*value = number;
	return true;
}

static bool parse_size(const char *text, uint32_t *width, uint32_t *height) {
	char rest;
	return sscanf(text, "%5ux%5u%c", width, height, &rest) == 2 && *width > 0 && *height > 0 &&
	       *width <= MAX_SIZE && *height <= MAX_SIZE;
}

static bool parse_crop(const char *text, struct look_options *look) {
	char rest;
	return sscanf(text, "%5u,%5u,%5u,%5u%c", &look->crop_x, &look->crop_y, &look->crop_width,
		       &look->crop_height, &rest) == 4 &&
	       look->crop_width > 0 && look->crop_height > 0;
}

/* Finds a name in a table; its index, or -1. */
static int parse_name(const char *text, const char *const *names, int len) {
	for (int i = 0; i < len; i++) {
		if (names[i] && strcmp(text, names[i]) == 0) {
			return i;
		}
	}
	return -1;
}

static bool parse_transform(const char *text, struct look_options *look) {
	static const char *const names[] = {
		[WL_OUTPUT_TRANSFORM_NORMAL] = "normal",
		[WL_OUTPUT_TRANSFORM_90] = "90",
		[WL_OUTPUT_TRANSFORM_180] = "180",
		[WL_OUTPUT_TRANSFORM_270] = "270",
		[WL_OUTPUT_TRANSFORM_FLIPPED] = "flipped",
		[WL_OUTPUT_TRANSFORM_FLIPPED_90] = "flipped-90",
		[WL_OUTPUT_TRANSFORM_FLIPPED_180] = "flipped-180",
		[WL_OUTPUT_TRANSFORM_FLIPPED_270] = "flipped-270",
	};
	int found = parse_name(text, names, sizeof(names) / sizeof(names[0]));
	look->transform = (enum wl_output_transform)(found < 0 ? 0 : found);
	return found >= 0;
}

static bool parse_alpha(const char *text, struct look_options *look) {
	char *end;
	look->alpha = strtod(text, &end);
	look->has_alpha = true;
	return end != text && *end == '\0' && look->alpha >= 0.0 && look->alpha <= 1.0;
}

static bool parse_encoding(const char *text, struct look_options *look) {
	static const char *const names[] = {
		[PIXEL_BT601] = "bt601", [PIXEL_BT709] = "bt709", [PIXEL_BT2020] = "bt2020"};
	int found = parse_name(text, names, 3);
	look->encoding = (enum pixel_encoding)(found < 0 ? 0 : found);
	look->has_color = true;
	return found >= 0;
}

static bool parse_range(const char *text, struct look_options *look) {
	static const char *const names[] = {[PIXEL_LIMITED] = "limited", [PIXEL_FULL] = "full"};
	int found = parse_name(text, names, 2);
	look->range = (enum pixel_range)(found < 0 ? 0 : found);
	look->has_color = true;
	return found >= 0;
}

static bool parse_software(const char *text, struct client_options *options) {
	options->software = true;
	options->has_software_kind = text != NULL;
	if (!text) {
		return true;
	}
	if (strcmp(text, "dumb") == 0) {
		options->software_kind = CANVAS_DUMB;
	} else if (strcmp(text, "udmabuf") == 0) {
		options->software_kind = CANVAS_UDMABUF;
	} else if (strcmp(text, "heap") == 0) {
		options->software_kind = CANVAS_HEAP;
	} else {
		return false;
	}
	return true;
}

static bool parse_measure(const char *text, struct client_options *options) {
	static const char *const names[] = {
		[CLIENT_MEASURE_RANDOM] = "random", [CLIENT_MEASURE_PACED] = "paced"};
	int found = text ? parse_name(text, names, 3) : CLIENT_MEASURE_RANDOM;
	options->measure = (enum client_measure)(found < 0 ? 0 : found);
	return found >= 0;
}

static bool parse_fence(const char *text, struct client_options *options) {
	options->late_fence = strcmp(text, "late") == 0;
	return options->late_fence || strcmp(text, "ready") == 0;
}

static bool parse_solid(const char *text, struct client_options *options) {
	uint64_t color;
	if (strlen(text) != 6 || !parse_number(text, 16, 0, 0xffffff, &color)) {
		return false;
	}
	options->scene.picture = PICTURE_SOLID;
	options->scene.solid = (uint32_t)color;
	return true;
}

/* Takes an option of what the surface makes of its buffers; *ok is false when its argument is not
 * good. Returns false for any other option. */
static bool take_look_option(struct look_options *look, int code, const char *arg, bool *ok) {
	switch (code) {
	case OPTION_CROP:
		*ok = parse_crop(arg, look);
		return true;
	case OPTION_SCALE_TO:
		*ok = parse_size(arg, &look->scaled_width, &look->scaled_height);
		return true;
	case OPTION_BUFFER_TRANSFORM:
		*ok = parse_transform(arg, look);
		return true;
	case OPTION_ALPHA:
		*ok = parse_alpha(arg, look);
		return true;
	case OPTION_STRAIGHT_ALPHA:
		look->straight_alpha = true;
		*ok = true;
		return true;
	case OPTION_ENCODING:
		*ok = parse_encoding(arg, look);
		return true;
	case OPTION_RANGE:
		*ok = parse_range(arg, look);
		return true;
	default:
		return false;
	}
}

/* Returns false, having said what is wrong. */
static bool check_measure(struct client_options *options) {
	if (options->measure == CLIENT_MEASURE_NONE) {
		if (options->late_fence || options->shm) {
			say("--fence and --shm need --measure");
			return false;
		}
		return true;
	}
	if (options->hold) {
		say("--measure ends after its frames and can't --hold the last");
		return false;
	}
	if (options->late_fence && (options->shm || options->measure == CLIENT_MEASURE_PACED)) {
		say("--fence late is for dma-bufs at random phases");
		return false;
	}
	if (options->has_gpu_time && (options->late_fence || options->shm)) {
		say("--gpu-time makes fences of its own, for dma-bufs: no --fence late, no --shm");
		return false;
	}
	if (options->frames > MAX_MEASURED_FRAMES) {
		say("--measure keeps each frame's times, of %d frames at most",
			MAX_MEASURED_FRAMES);
		return false;
	}
	if (options->frames == 0) {
		options->frames = DEFAULT_MEASURED_FRAMES;
	}
	return true;
}

/* What no single option can know. Returns false, having said what is wrong. */
static bool check_together(struct client_options *options) {
	const struct look_options *look = &options->look;
	const struct latch_format *format = latch_format_find(options->wish.fourcc);
	bool ycbcr = format && format->ycbcr;
	if (options->hold && !options->frames) {
		say("--hold needs --frames: without it no frame is the last");
		return false;
	}
	if (look->crop_width > 0 && (look->crop_x + look->crop_width > options->width ||
					    look->crop_y + look->crop_height > options->height)) {
		say("--crop reaches over the edge of a picture of %ux%u", options->width,
			options->height);
		return false;
	}
	if ((ycbcr || options->scene.translucent || options->wish.apart) && !options->software) {
		say("%s needs --software", ycbcr		 ? "a YCbCr --format"
					   : options->wish.apart ? "--planes-apart"
								 : "--translucent");
		return false;
	}
	if (look->has_color && !ycbcr) {
		say("--encoding and --range need a YCbCr --format");
		return false;
	}
	if (options->scene.translucent && (!format || format->opaque == 0)) {
		say("--translucent needs a --format with alpha, as ARGB8888");
		return false;
	}
	if (options->has_gpu_time && !options->software) {
		say("--gpu-time needs --software: a GPU has its own time");
		return false;
	}
	options->gpu_time.random = options->seed;
	options->scene.straight_alpha = look->straight_alpha;
	return check_measure(options);
}

/* Takes one option. Returns false when its argument is not good. */
static bool take_option(struct client_options *options, int code, const char *arg) {
	uint64_t number = 0;
	bool ok = true;
	if (take_look_option(&options->look, code, arg, &ok)) {
		return ok;
	}
	switch (code) {
	case OPTION_SIZE:
		return parse_size(arg, &options->width, &options->height);
	case OPTION_FULLSCREEN:
		options->fullscreen = true;
		break;
	case OPTION_TITLE:
		options->title = arg;
		break;
	case OPTION_PATTERN:
		options->scene.picture = PICTURE_PATTERN;
		break;
	case OPTION_SOLID:
		return parse_solid(arg, options);
	case OPTION_TRANSLUCENT:
		options->scene.translucent = true;
		break;
	case OPTION_LOAD:
		ok = parse_number(arg, 10, 0, MAX_LOAD, &number);
		options->scene.load = (unsigned)number;
		break;
	case OPTION_DEVICE:
		options->device = arg;
		break;
	case OPTION_SOFTWARE:
		return parse_software(arg, options);
	case OPTION_BUFFERS:
		ok = parse_number(arg, 10, 2, RING_MAX_BUFFERS, &number);
		options->buffers = (int)number;
		break;
	case OPTION_FORMAT:
		options->wish.fourcc = fourcc_parse(arg);
		return options->wish.fourcc != 0;
	case OPTION_MODIFIER:
		options->wish.has_modifier = true;
		return modifier_parse(arg, &options->wish.modifier);
	case OPTION_PLANES_APART:
		options->wish.apart = true;
		break;
	case OPTION_GPU_TIME:
		options->has_gpu_time = true;
		return gpu_time_parse(&options->gpu_time, arg, 0);
	case OPTION_SYNC:
		return sync_mode_parse(arg, &options->sync);
	case OPTION_FRAMES:
		return parse_number(arg, 10, 1, UINT32_MAX, &options->frames);
	case OPTION_HOLD:
		options->hold = true;
		break;
	case OPTION_FPS:
		options->fps = true;
		break;
	case OPTION_JSON:
		options->json = arg;
		break;
	case OPTION_MEASURE:
		return parse_measure(arg, options);
	case OPTION_FENCE:
		return parse_fence(arg, options);
	case OPTION_SHM:
		options->shm = true;
		break;
	case OPTION_SEED:
		ok = parse_number(arg, 10, 0, UINT32_MAX, &number);
		options->seed = (uint32_t)number;
		break;
	case OPTION_WARM_UP:
		ok = parse_number(arg, 10, CLIENT_MIN_WARM_UP, MAX_MEASURED_FRAMES, &number);
		options->warm_up = (uint32_t)number;
		break;
	default:
		return false;
	}
	return ok;
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
	opterr = 0;
	int code, index = 0;
	while ((code = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
		switch (code) {
		case OPTION_HELP:
			fputs(help_text, stdout);
			return CLIENT_EXIT_OK;
		case OPTION_VERSION:
			puts("latch-client " LATCH_VERSION);
			return CLIENT_EXIT_OK;
		case ':':
			say("%s needs an argument; --help lists the options", argv[optind - 1]);
			return CLIENT_EXIT_USAGE;
		case '?':
			if (optopt >= 256) {
				say("%s takes no argument", argv[optind - 1]);
			} else {
				say("unknown option %s; --help lists the options",
					argv[optind - 1]);
			}
			return CLIENT_EXIT_USAGE;
		default:
			if (!take_option(options, code, optarg)) {
				say("--%s does not take '%s'; see --help", long_options[index].name,
					optarg);
				return CLIENT_EXIT_USAGE;
			}
		}
	}
	if (optind < argc) {
		say("unknown argument '%s'; --help lists the options", argv[optind]);
		return CLIENT_EXIT_USAGE;
	}
	return check_together(options) ? -1 : CLIENT_EXIT_USAGE;
}
