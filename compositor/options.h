/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wlr/util/log.h>

#include "backend/exit.h"
#include "backend/request.h"
#include "color/color.h"
#include "limits/limits.h"
#include "output/renderer.h"
#include "output/vblank.h"
#include "shell/device.h"
#include "timing/pace.h"

/** An update that a fence holds back for longer is named in the log. */
#define LATCH_HOLD_WARNING_MS 1000

struct latch_options {
	const char *device;    /* path of the KMS device, NULL: the first that will do */
	const char *connector; /* NULL: all that are connected */
	struct latch_output_requests outputs; /* their modes, scales, transforms, positions */
	enum latch_renderer_kind renderer;
	struct color_description color; /* what the outputs expect */
	bool scanout;	     /* false: everything is composed */
	unsigned max_tests;  /* TEST_ONLY commits per new arrangement of layers */
	const char *planes_like; /* a display engine's profile, NULL: none */
	const char *socket;  /* name in XDG_RUNTIME_DIR, NULL: the first free wayland-N */
	const char *stats;   /* file for the table as JSON, NULL: none */
	const char *trace;   /* file for the trace, NULL: none */
	const char *record;  /* folder for the last seconds, NULL: none */
	uint64_t record_files;
	int64_t record_limit_ns; /* of the percentile 99 from commit to flip; 0: none */
	bool ftrace;	     /* stages are marked in the kernel's trace */
	const char *capture; /* file for a picture of the screen, NULL: none */
	uint64_t frames;     /* end after this many flips; 0: never */
	struct latch_limits limits; /* of each client */
	unsigned max_time_percent;  /* of the time, for each client's requests; 100: no limit */
	int64_t hold_warning_ns;    /* name who is held longer, 0: don't */
	int64_t fence_timeout_ns;   /* end who is held longer, 0: don't */
	bool tearing;		    /* clients may ask for it */
	enum latch_vrr_policy vrr;  /* of every output, until a tool says else */
	struct latch_device_settings devices; /* of all input devices */
	uint64_t background; /* the colour where no window is, as latch_layer.solid */
	bool no_cursor;
	bool no_keys;
	int64_t idle_off_ns; /* without input for so long, outputs go dark; 0: never */
	bool dbus;	     /* D-Bus and systemd are told of the session */
	bool list;
	bool list_json;
	bool realtime;	   /* ask for real-time scheduling */
	enum latch_pacing pacing;   /* when clients hear that they may draw again */
	enum wlr_log_importance log_level;
	char **command; /* NULL-terminated, NULL: none */
};

/**
 * Reads the command line. Returns -1 to go on, else the status to exit with: LATCH_EXIT_OK after
 * --help or --version, LATCH_EXIT_USAGE after one sentence on stderr. Strings are borrowed from
 * argv.
 */
int latch_options_parse(struct latch_options *options, int argc, char **argv);
