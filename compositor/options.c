#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits/share.h"
#include "plan/plan.h"

enum option_id {
	OPT_DEVICE = 256,
	OPT_CONNECTOR,
	OPT_MODE,
	OPT_RENDERER,
	OPT_NO_SCANOUT,
	OPT_MAX_TESTS,
	OPT_LIMITS,
	OPT_MAX_TIME,
	OPT_PACING,
	OPT_NO_REALTIME,
	OPT_HOLD_WARNING,
	OPT_FENCE_TIMEOUT,
	OPT_TEARING,
	OPT_VRR,
	OPT_SOCKET,
	OPT_STATS,
	OPT_TRACE,
	OPT_CAPTURE,
	OPT_FRAMES,
	OPT_LIST,
	OPT_LOG,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPT_DEVICE},
	{"connector", required_argument, NULL, OPT_CONNECTOR},
	{"mode", required_argument, NULL, OPT_MODE},
	{"renderer", required_argument, NULL, OPT_RENDERER},
	{"no-scanout", no_argument, NULL, OPT_NO_SCANOUT},
	{"max-tests", required_argument, NULL, OPT_MAX_TESTS},
	{"limits", required_argument, NULL, OPT_LIMITS},
	{"max-time", required_argument, NULL, OPT_MAX_TIME},
	{"pacing", required_argument, NULL, OPT_PACING},
	{"no-realtime", no_argument, NULL, OPT_NO_REALTIME},
	{"hold-warning", required_argument, NULL, OPT_HOLD_WARNING},
	{"fence-timeout", required_argument, NULL, OPT_FENCE_TIMEOUT},
	{"tearing", required_argument, NULL, OPT_TEARING},
	{"vrr", required_argument, NULL, OPT_VRR},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"stats", required_argument, NULL, OPT_STATS},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"capture", required_argument, NULL, OPT_CAPTURE},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"list", optional_argument, NULL, OPT_LIST},
	{"log", required_argument, NULL, OPT_LOG},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char help[] =
	"usage: latch [options] [-- COMMAND [ARG ...]]\n"
	"\n"
	"A Wayland compositor that shows its clients' own buffers. With a COMMAND it starts it,\n"
	"and ends with its exit status when it ends.\n"
	"\n"
	"  --device PATH      KMS device, as /dev/dri/card0 (default: the first that will do)\n"
	"  --connector NAME   use this connector only, as HDMI-A-1 (default: all connected)\n"
	"  --mode WxH[@HZ]    mode to set (default: the connector's preferred one)\n"
	"  --renderer NAME    what composes: auto, gles2, vulkan, pixman (default: auto)\n"
	"  --no-scanout       compose everything, put no client's buffer on a plane\n"
	"  --max-tests N      test commits that a new arrangement may cost (default: 24)\n"
	"  --limits KEY=N[,KEY=N...]\n"
	"                     what each client may make latch hold: updates=1024, fences=1024,\n"
	"                     buffers=4096, mib=16384 of dma-bufs, fds=8192, objects=32768,\n"
	"                     surfaces=512 with a buffer, callbacks=1024, rectangles=2048 in a region\n"
	"  --max-time PERCENT of the time that each client may take while others need it; it has to\n"
	"                     wait then (default: 8; 100: no limit)\n"
	"  --pacing WHEN      clients may draw again early, right after the flip of their frame,\n"
	"                     or late, so that they just make the next one (default: early)\n"
	"  --no-realtime      do not ask for real-time scheduling\n"
	"  --hold-warning MS  log who waits longer for a fence (default: 1000, 0: nobody)\n"
	"  --fence-timeout MS end clients that wait longer for a fence (default: 0, nobody)\n"
	"  --tearing on|off   let clients that ask for it tear (default: on)\n"
	"  --vrr off|on|fullscreen\n"
	"                     variable refresh: never, always, or while one window fills the\n"
	"                     screen (default: off)\n"
	"  --socket NAME      name of the Wayland socket (default: the first free wayland-N)\n"
	"  --stats FILE       write the latency table as JSON at the end\n"
	"  --trace FILE       write every frame's way, to be opened with ui.perfetto.dev\n"
	"  --capture FILE     write a PNG of the screen when SIGUSR1 arrives, or at the end if it\n"
	"                     did not (needs a writeback connector)\n"
	"  --frames N         end after N flips\n"
	"  --list[=json]      print the device, connectors, modes and planes, and what is on and\n"
	"                     off and why; then exit\n"
	"  --log LEVEL        error, info or debug (default: info)\n"
	"  --version, --help\n"
	"\n"
	"keys: Alt+Tab next window, Alt+F4 close it, Ctrl+Alt+Backspace end the session,\n"
	"      Ctrl+Alt+F1 to F12 switch the virtual terminal; Alt+left button move the\n"
	"      window (twice: maximise), Alt+right button resize it\n"
	"\n"
	"Exit status: COMMAND's own; 0 without one; else\n"
	"  100 failure             101 usage               102 no XDG_RUNTIME_DIR\n"
	"  103 no seat             104 no DRM device       105 no KMS on the device\n"
	"  106 not atomic          107 device busy         108 kernel older than 6.8\n"
	"  109 no such connector   110 no such mode        126 COMMAND not executable\n"
	"  127 COMMAND not found\n";

static int usage_error(const char *what, const char *value) {
	fprintf(stderr, "latch: %s: '%s'; 'latch --help' lists what there is\n", what, value);
	return LATCH_EXIT_USAGE;
}

static bool parse_level(const char *name, enum wlr_log_importance *level) {
	static const struct {
		const char *name;
		enum wlr_log_importance level;
	} levels[] = {
		{"error", WLR_ERROR},
		{"info", WLR_INFO},
		{"debug", WLR_DEBUG},
	};
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*level = levels[i].level;
			return true;
		}
	}
	return false;
}

static bool parse_count(const char *text, uint64_t *count) {
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || value == 0) {
		return false;
	}
	*count = value;
	return true;
}

static bool parse_max_tests(const char *text, unsigned *max_tests) {
	uint64_t count;
	if (!parse_count(text, &count) || count > 1000) {
		return false;
	}
	*max_tests = (unsigned)count;
	return true;
}

static int set_max_time(struct latch_options *options) {
	uint64_t percent;
	if (!parse_count(optarg, &percent) || percent > 100) {
		return usage_error("--max-time takes a percentage from 1 to 100", optarg);
	}
	options->max_time_percent = (unsigned)percent;
	return -1;
}

/* In nanoseconds it is far from an overflow. */
#define MAX_MS UINT64_C(1000000000)

static int set_ms(int64_t *ns) {
	uint64_t ms = 0;
	if (strcmp(optarg, "0") != 0 && (!parse_count(optarg, &ms) || ms > MAX_MS)) {
		return usage_error("a time is a number of milliseconds from 0", optarg);
	}
	*ns = (int64_t)ms * 1000000;
	return -1;
}

static int apply_option(struct latch_options *options, int id) {
	switch ((enum option_id)id) {
	case OPT_DEVICE:
		options->device = optarg;
		return -1;
	case OPT_CONNECTOR:
		options->connector = optarg;
		return -1;
	case OPT_MODE:
		options->mode = optarg;
		return -1;
	case OPT_RENDERER:
		return latch_renderer_kind_parse(optarg, &options->renderer)
			       ? -1
			       : usage_error("unknown renderer", optarg);
	case OPT_NO_SCANOUT:
		options->scanout = false;
		return -1;
	case OPT_MAX_TESTS:
		return parse_max_tests(optarg, &options->max_tests)
			       ? -1
			       : usage_error("--max-tests takes a number from 1 to 1000", optarg);
	case OPT_LIMITS:
		return latch_limits_parse(optarg, &options->limits)
			       ? -1
			       : usage_error("--limits takes KEY=N[,KEY=N...], see --help", optarg);
	case OPT_MAX_TIME:
		return set_max_time(options);
	case OPT_PACING:
		return latch_pacing_parse(optarg, &options->pacing)
			       ? -1
			       : usage_error("--pacing takes early or late", optarg);
	case OPT_NO_REALTIME:
		options->realtime = false;
		return -1;
	case OPT_HOLD_WARNING:
		return set_ms(&options->hold_warning_ns);
	case OPT_FENCE_TIMEOUT:
		return set_ms(&options->fence_timeout_ns);
	case OPT_TEARING:
		options->tearing = strcmp(optarg, "on") == 0;
		return options->tearing || strcmp(optarg, "off") == 0
			       ? -1
			       : usage_error("--tearing is on or off", optarg);
	case OPT_VRR:
		return latch_vrr_policy_parse(optarg, &options->vrr)
			       ? -1
			       : usage_error("--vrr is off, on or fullscreen", optarg);
	case OPT_SOCKET:
		options->socket = optarg;
		return -1;
	case OPT_STATS:
		options->stats = optarg;
		return -1;
	case OPT_TRACE:
		options->trace = optarg;
		return -1;
	case OPT_CAPTURE:
		options->capture = optarg;
		return -1;
	case OPT_FRAMES:
		return parse_count(optarg, &options->frames)
			       ? -1
			       : usage_error("--frames takes a number from 1", optarg);
	case OPT_LIST:
		options->list = true;
		options->list_json = optarg != NULL && strcmp(optarg, "json") == 0;
		return optarg == NULL || options->list_json
			       ? -1
			       : usage_error("--list knows json only", optarg);
	case OPT_LOG:
		return parse_level(optarg, &options->log_level)
			       ? -1
			       : usage_error("unknown log level", optarg);
	case OPT_VERSION:
		puts("latch " LATCH_VERSION);
		return LATCH_EXIT_OK;
	case OPT_HELP:
		fputs(help, stdout);
		return LATCH_EXIT_OK;
	}
	/* getopt_long has said what is wrong. */
	fputs("latch: 'latch --help' lists the options\n", stderr);
	return LATCH_EXIT_USAGE;
}

int latch_options_parse(struct latch_options *options, int argc, char **argv) {
	*options = (struct latch_options){
		.renderer = LATCH_RENDERER_AUTO,
		.scanout = true,
		.max_tests = LATCH_PLAN_MAX_TESTS,
		.limits = latch_limits_default(),
		.max_time_percent = LATCH_SHARE_PERCENT,
		.hold_warning_ns = LATCH_HOLD_WARNING_MS * INT64_C(1000000),
		.realtime = true,
		.pacing = LATCH_PACING_EARLY,
		.tearing = true,
		.log_level = WLR_INFO,
	};
	int id;
	/* "+": what follows the first word that is no option belongs to the command. */
	while ((id = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
		int status = apply_option(options, id);
		if (status >= 0) {
			return status;
		}
	}
	if (optind < argc) {
		options->command = &argv[optind];
	}
	return -1;
}
