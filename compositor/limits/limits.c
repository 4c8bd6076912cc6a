/* SPDX-License-Identifier: MIT */
#include "limits/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The defaults are far above what a program of good will needs, low enough that some dozens of
 * clients at their limits don't end the compositor. A client that draws 1000 frames a second with
 * fences half a second late has 500 updates on their way; one with 100 windows of ten buffers has
 * 1000 buffers, with two planes each 2000 fds, and four more for each fence. 16 GiB are 64 buffers
 * of an 8K screen at 64 bits a pixel; they are the client's own memory, latch only keeps it from
 * being freed. A browser with a hundred windows has some thousands of objects; a surface, the
 * largest, takes latch some 3 KiB. Windows have some surfaces each, and ask once for each of their
 * frames when it is shown; a window of any shape has a rectangle for each row of its pixels, or
 * some.
 */
static const struct {
	const char *key; // of --limits
	const char *what;
	uint64_t unit; // of the number with the key
	uint64_t max;  // the default
} kinds[LATCH_LIMIT_COUNT] = {
	[LATCH_LIMIT_UPDATES] = {"updates", "pending updates", 1, 1024},
	[LATCH_LIMIT_FENCES] = {"fences", "pending fences", 1, 1024},
	[LATCH_LIMIT_BUFFERS] = {"buffers", "buffers", 1, 4096},
	[LATCH_LIMIT_BYTES] = {"mib", "bytes in dma-bufs", 1 << 20, UINT64_C(16) << 30},
	[LATCH_LIMIT_FDS] = {"fds", "file descriptors", 1, 8192},
	[LATCH_LIMIT_OBJECTS] = {"objects", "objects", 1, 32768},
	[LATCH_LIMIT_SURFACES] = {"surfaces", "surfaces with a buffer", 1, 512},
	[LATCH_LIMIT_CALLBACKS] = {"callbacks", "frame callbacks and feedbacks", 1, 1024},
	[LATCH_LIMIT_RECTANGLES] = {"rectangles", "rectangles in a region", 1, 2048},
};

struct latch_limits latch_limits_default(void) {
	struct latch_limits limits;
	for (size_t i = 0; i < LATCH_LIMIT_COUNT; i++) {
		limits.max[i] = kinds[i].max;
	}
	return limits;
}

/* One KEY=N, which ends at a comma or with the text. Returns what follows, NULL when it is none. */
static const char *parse_limit(const char *text, struct latch_limits *limits) {
	const size_t key_len = strcspn(text, "=,");
	if (text[key_len] != '=' || text[key_len + 1] < '0' || text[key_len + 1] > '9') {
		return NULL;
	}
	char *end;
	errno = 0;
	const unsigned long long number = strtoull(text + key_len + 1, &end, 10);
	if (errno != 0 || number == 0 || number > LATCH_LIMIT_MAX || (*end != ',' && *end != '\0')) {
		return NULL;
	}
	for (size_t i = 0; i < LATCH_LIMIT_COUNT; i++) {
		if (strlen(kinds[i].key) == key_len && strncmp(kinds[i].key, text, key_len) == 0) {
			limits->max[i] = number * kinds[i].unit;
			return end;
		}
	}
	return NULL;
}

bool latch_limits_parse(const char *text, struct latch_limits *limits) {
	struct latch_limits parsed = *limits;
	while ((text = parse_limit(text, &parsed)) != NULL && *text == ',') {
		text++;
	}
	if (text != NULL) {
		*limits = parsed;
	}
	return text != NULL;
}

void latch_limit_describe(enum latch_limit limit, uint64_t max, char *text, size_t size) {
	snprintf(text, size, "at most %" PRIu64 " %s (--limits %s=N)", max, kinds[limit].what,
		kinds[limit].key);
}
