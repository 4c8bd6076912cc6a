/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "kms/log.h"

static enum wlr_log_importance shown_level;
static int64_t start_ns;

static void print(enum wlr_log_importance level, const char *text) {
	int64_t ms = (latch_now_ns() - start_ns) / 1000000;
	fprintf(stderr, "latch %" PRId64 ".%03" PRId64 ": %s%s\n", ms / 1000, ms % 1000,
		level == WLR_ERROR ? "error: " : "", text);
}

/* wlr_log() puts "[file:line] " in front: good for debugging, noise otherwise. Files of
 * the project are under compositor/, those of wlroots and libseat are not. */
static const char *skip_location(const char *text, bool *ours) {
	const char *end = text[0] == '[' ? strstr(text, "] ") : NULL;
	const char *folder = strstr(text, "compositor/");
	*ours = end != NULL && folder != NULL && folder < end;
	return end != NULL ? end + 2 : text;
}

static void handle_wlr_log(enum wlr_log_importance level, const char *format, va_list args) {
	char text[1024];
	vsnprintf(text, sizeof(text), format, args);
	bool ours;
	const char *bare = skip_location(text, &ours);
	if (shown_level == WLR_DEBUG) {
		print(level, text);
	} else if (level == WLR_ERROR || ours) {
		print(level, bare);
	}
}

static void handle_kms_log(enum kms_log_level level, const char *text) {
	const enum wlr_log_importance importance = level == KMS_LOG_ERROR ? WLR_ERROR : WLR_INFO;
	if (importance <= shown_level) {
		print(importance, text);
	}
}

void latch_log_init(enum wlr_log_importance level) {
	start_ns = latch_now_ns();
	shown_level = level;
	wlr_log_init(level, handle_wlr_log);
	kms_log_set(handle_kms_log);
}
