/* SPDX-License-Identifier: MIT */
#include "util.h"

#include <ctype.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/format.h"

enum client_exit failed(enum client_exit status, const char *format, ...) {
	char line[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
	return status;
}

const char *rules_broken(const struct rule *rules, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (rules[i].broken) {
			return rules[i].words;
		}
	}
	return NULL;
}

bool rules_kept(const struct rule *rules, size_t len) {
	const char *words = rules_broken(rules, len);
	return !words || failed(false, "%s", words);
}

bool fd_readable(int fd) {
	struct pollfd one = {.fd = fd, .events = POLLIN};
	return poll(&one, 1, 0) > 0;
}

int signal_fd_open(void) {
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

const char *fourcc_name(uint32_t fourcc, char text[FORMAT_NAME_MAX]) {
	for (int i = 0; i < 4; i++) {
		int c = (int)(fourcc >> (8 * i) & 0xff);
		text[i] = isprint(c) ? (char)c : '?';
	}
	text[4] = '\0';
	return text;
}

uint32_t fourcc_parse(const char *text) {
	size_t len;
	const struct latch_format *formats = latch_formats(&len);
	for (size_t i = 0; i < len; i++) {
		if (strcasecmp(text, formats[i].name) == 0) {
			return formats[i].fourcc;
		}
	}
	if (strlen(text) != 4) {
		return 0;
	}
	return fourcc_code((uint32_t)(unsigned char)text[0], (uint32_t)(unsigned char)text[1],
		(uint32_t)(unsigned char)text[2], (uint32_t)(unsigned char)text[3]);
}

const char *modifier_name(uint64_t modifier, char text[FORMAT_NAME_MAX]) {
	/* drm_fourcc.h has no word for "none named": the driver's own, unspoken layout. */
	if (modifier == DRM_FORMAT_MOD_INVALID) {
		snprintf(text, FORMAT_NAME_MAX, "implicit");
		return text;
	}
	char *name = drmGetFormatModifierName(modifier);
	snprintf(text, FORMAT_NAME_MAX, "0x%016llx", (unsigned long long)modifier);
	if (name) {
		snprintf(text, FORMAT_NAME_MAX, "%s", name);
	}
	free(name);
	return text;
}

bool modifier_parse(const char *text, uint64_t *modifier) {
	if (strcasecmp(text, "linear") == 0) {
		*modifier = DRM_FORMAT_MOD_LINEAR;
		return true;
	}
	if (strcasecmp(text, "implicit") == 0) {
		*modifier = DRM_FORMAT_MOD_INVALID;
		return true;
	}
	char *end;
	errno = 0;
	*modifier = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && isdigit((unsigned char)text[0]);
}
