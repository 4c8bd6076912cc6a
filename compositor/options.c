/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "kms/commit.h"
#include "limits/share.h"
#include "plan/plan.h"

static bool take_limits(const char *text, void *data) {
	struct latch_options *options = data;
	return latch_limits_parse(text, &options->limits);
}

static bool take_color(const char *text, void *data) {
	struct latch_options *options = data;
	return color_description_parse(text, &options->color) &&
	       options->color.transfer != COLOR_LINEAR;
}

static bool take_output(const char *text, void *data) {
	struct latch_options *options = data;
	return latch_output_request_parse(text, &options->outputs);
}

static bool take_input(const char *text, void *data) {
	struct latch_options *options = data;
	return latch_device_settings_parse(text, &options->devices);
}

static bool take_background(const char *text, void *data) {
	struct latch_options *options = data;
	const unsigned long rgb = strtoul(text, NULL, 16);
	options->background = 0xffff;
	for (int shift = 16; shift >= 0; shift -= 8) {
		options->background = options->background << 16 | (rgb >> shift & 0xff) * 0x101;
	}
	return strlen(text) == 6 && strspn(text, "0123456789abcdefABCDEF") == 6;
}

static bool take_mode(const char *text, void *data) {
	char all[64];
	return snprintf(all, sizeof(all), ":%s", text) < (int)sizeof(all) && take_output(all, data);
}

static const char *const on_off[] = {"off", "on", NULL};
static const char *const list_forms[] = {NULL, "json", NULL};

static const char *const log_levels[WLR_LOG_IMPORTANCE_LAST + 1] = {
	[WLR_ERROR] = "error",
	[WLR_INFO] = "info",
	[WLR_DEBUG] = "debug",
};

/* In nanoseconds it is far from an overflow. */
#define MAX_MS UINT64_C(1000000000)
#define MS UINT64_C(1000000)
/* In milliseconds it is an int. */
#define MAX_S UINT64_C(1000000)

#define MEMBER(name) OPTION_MEMBER(struct latch_options, name)

static const struct option_row rows[] = {
	{.help = "usage: latch [options] [-- COMMAND [ARG ...]]\n"
		 "       latch WORD ...: another program of latch, as 'latch report' is latch-report\n"
		 "\n"
		 "A Wayland compositor that shows its clients' own buffers. With a COMMAND it "
		 "starts it,\n"
		 "and ends with its exit status when it ends.\n"
		 "\n"},
	{"device", "PATH", "KMS device, as /dev/dri/card0 (default: the first that will do)",
		OPTION_TEXT, MEMBER(device)},
	{"connector", "NAME", "use this connector only, as HDMI-A-1 (default: all connected)",
		OPTION_TEXT, MEMBER(connector)},
	{"output", "NAME:PART[,PART...]",
		"how an output is shown, each part as it is needed: its mode, WxH[@HZ],\n"
		"its scale, x1.5, its transform, 90 or flipped, its position, +1920+0;\n"
		"':PART,...' is of all outputs",
		OPTION_CALL, .take = take_output},
	{"mode", "WxH[@HZ]", "the same as --output :WxH[@HZ] (default: the preferred one)",
		OPTION_CALL, .take = take_mode},
	{"renderer", "NAME", "what composes: auto, gles2, vulkan, pixman (default: auto)",
		OPTION_NAME, MEMBER(renderer), .names = latch_renderer_kind_names},
	{"color", "NAME",
		"what the monitors expect: srgb, gamma22, bt1886, display-p3, adobe-rgb,\n"
		"bt2020, bt2020-srgb; pq: HDR, where they take it, else srgb\n"
		"(default: srgb)",
		OPTION_CALL, .take = take_color},
	{"no-scanout", NULL, "compose everything, put no client's buffer on a plane", OPTION_SET,
		MEMBER(scanout), .min = false},
	{"max-tests", "N", "test commits that a new arrangement may cost (default: 24)",
		OPTION_NUMBER, MEMBER(max_tests), .min = 1, .max = 1000},
	{"planes-like", "PROFILE",
		"plan as if the planes were another device's: i915, amdgpu, msm, rk3399,\n"
		"rk3588, vc4, virtio_gpu, vkms, or a file, see latch(1)",
		OPTION_TEXT, MEMBER(planes_like)},
	{"limits", "KEY=N[,KEY=N...]",
		"what each client may make latch hold: updates=1024, fences=1024,\n"
		"buffers=4096, mib=16384 of dma-bufs, fds=8192, objects=32768,\n"
		"surfaces=512 with a buffer, callbacks=1024, rectangles=2048 in a region",
		OPTION_CALL, .take = take_limits},
	{"max-time", "PERCENT",
		"of the time that each client may take while others need it; it has to\n"
		"wait then (default: 8; 100: no limit)",
		OPTION_NUMBER, MEMBER(max_time_percent), .min = 1, .max = 100},
	{"pacing", "WHEN",
		"clients may draw again early, right after the flip of their frame,\n"
		"or late, so that they just make the next one (default: late)",
		OPTION_NAME, MEMBER(pacing), .names = latch_pacing_names},
	{"no-realtime", NULL, "do not ask for real-time scheduling", OPTION_SET, MEMBER(realtime),
		.min = false},
	{"hold-warning", "MS", "log who waits longer for a fence (default: 1000, 0: nobody)",
		OPTION_NUMBER, MEMBER(hold_warning_ns), .max = MAX_MS, .unit = MS},
	{"fence-timeout", "MS", "end clients that wait longer for a fence (default: 0, nobody)",
		OPTION_NUMBER, MEMBER(fence_timeout_ns), .max = MAX_MS, .unit = MS},
	{"tearing", "on|off", "let clients that ask for it tear (default: on)", OPTION_NAME,
		MEMBER(tearing), .names = on_off},
	{"vrr", "off|on|fullscreen",
		"variable refresh: never, always, or while one window fills the\n"
		"screen (default: off)",
		OPTION_NAME, MEMBER(vrr), .names = latch_vrr_policy_names},
	{"input", "KEY=VALUE[,KEY=VALUE...]",
		"of input devices that have it: tap=on, natural-scroll=on, left-handed=on,\n"
		"accel=-1 to 1, accel-profile=flat or adaptive, calibration=a/b/c/d/e/f",
		OPTION_CALL, .take = take_input},
	{"background", "RRGGBB", "colour of the screen where no window is, in sRGB (default: black)",
		OPTION_CALL, .take = take_background},
	{"no-cursor", NULL, "show no cursor, whatever clients set", OPTION_SET, MEMBER(no_cursor),
		.min = true},
	{"no-keys", NULL, "reserve no keys for latch, nor Alt with a button: clients get all input",
		OPTION_SET, MEMBER(no_keys), .min = true},
	{"idle-off", "SECONDS",
		"switch outputs off after so long without input (default: 0, never)",
		OPTION_NUMBER, MEMBER(idle_off_ns), .max = MAX_S, .unit = 1000 * MS},
	{"dbus", NULL,
		"tell D-Bus and systemd of the session, so that what they start finds it",
		OPTION_SET, MEMBER(dbus), .min = true},
	{"socket", "NAME", "name of the Wayland socket (default: the first free wayland-N)",
		OPTION_TEXT, MEMBER(socket)},
	{"stats", "FILE", "write the latency table as JSON at the end", OPTION_TEXT, MEMBER(stats)},
	{"trace", "FILE", "write every frame's way, to be opened with ui.perfetto.dev", OPTION_TEXT,
		MEMBER(trace)},
	{"record", "DIR",
		"write the last 10 s of frames into DIR when latch or the kernel misses\n"
		"a vblank, and when Ctrl+Alt+R is pressed",
		OPTION_TEXT, MEMBER(record)},
	{"record-limit", "MS", "also when one frame in 100 takes longer from commit to flip",
		OPTION_NUMBER, MEMBER(record_limit_ns), .min = 1, .max = MAX_MS, .unit = MS},
	{"record-files", "N", "keep the newest N of these files (default: 8)", OPTION_NUMBER,
		MEMBER(record_files), .min = 1, .max = 1000},
	{"ftrace", NULL, "mark each frame's stages in the kernel's own trace", OPTION_SET,
		MEMBER(ftrace), .min = true},
	{"capture", "FILE",
		"write a PNG of the screen when SIGUSR1 arrives, or at the end if it\n"
		"did not (needs a writeback connector)",
		OPTION_TEXT, MEMBER(capture)},
	{"frames", "N", "end after N flips", OPTION_NUMBER, MEMBER(frames), .min = 1,
		.max = UINT64_MAX},
	{"list", "[=json]",
		"print devices, connectors, modes and planes, or as JSON all that is\n"
		"known of them; then exit",
		OPTION_NAME, MEMBER(list_json), .given = offsetof(struct latch_options, list),
		.names = list_forms, .max = 1},
	{"log", "LEVEL", "error, info or debug (default: info)", OPTION_NAME, MEMBER(log_level),
		.names = log_levels, .max = WLR_DEBUG},
	{.help = "  --version, --help\n"
		 "\n"
		 "keys: Alt+Tab next window, Alt+F4 close it, Ctrl+Alt+Backspace end the session,\n"
		 "      Ctrl+Alt+R write the last 10 s of frames (--record);\n"
		 "      Ctrl+Alt+F1 to F12 switch the virtual terminal; Alt+left button move the\n"
		 "      window (twice: maximise), Alt+right button resize it\n"
		 "\n"
		 "Exit status: COMMAND's own; 0 without one; else\n"
		 "  100 failure             101 usage               102 no XDG_RUNTIME_DIR\n"
		 "  103 no seat             104 no DRM device       105 no KMS on the device\n"
		 "  106 not atomic          107 device busy         108 kernel older than 6.8\n"
		 "  109 no such connector   110 no such mode        126 COMMAND not executable\n"
		 "  127 COMMAND not found\n"},
};

static const struct option_table table = {
	.program = "latch",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 21,
	.rest = OPTION_REST_COMMAND,
	.usage_status = LATCH_EXIT_USAGE,
	.hint = "latch: 'latch --help' lists the options",
};

int latch_options_parse(struct latch_options *options, int argc, char **argv) {
	*options = (struct latch_options){
		.renderer = LATCH_RENDERER_AUTO,
		.color = color_description_make(COLOR_PRIMARIES_SRGB, COLOR_SRGB, 0),
		.scanout = true,
		.max_tests = LATCH_PLAN_MAX_TESTS,
		.limits = latch_limits_default(),
		.max_time_percent = LATCH_SHARE_PERCENT,
		.hold_warning_ns = LATCH_HOLD_WARNING_MS * INT64_C(1000000),
		.realtime = true,
		.background = KMS_BLACK,
		.pacing = LATCH_PACING_LATE,
		.tearing = true,
		.record_files = 8,
		.log_level = WLR_INFO,
	};
	int status = options_parse(&table, options, argc, argv);
	if (status < 0 && optind < argc) {
		options->command = &argv[optind];
	}
	return status;
}
