#include "limits/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key; // of --limits
	const char *what;
	uint64_t unit; // of the number with the key
	uint64_t max;  // the default
} kinds[LATCH_LIMIT_COUNT] = {
	[LATCH_LIMIT_UPDATES] = {"updates", "pending updates", 1, LATCH_MAX_UPDATES},
	[LATCH_LIMIT_FENCES] = {"fences", "pending fences", 1, LATCH_MAX_FENCES},
	[LATCH_LIMIT_BUFFERS] = {"buffers", "buffers", 1, LATCH_MAX_BUFFERS},
	[LATCH_LIMIT_BYTES] = {"mib", "bytes in dma-bufs", 1 << 20, LATCH_MAX_BYTES},
	[LATCH_LIMIT_FDS] = {"fds", "file descriptors", 1, LATCH_MAX_FDS},
	[LATCH_LIMIT_OBJECTS] = {"objects", "objects", 1, LATCH_MAX_OBJECTS},
	[LATCH_LIMIT_SURFACES] = {"surfaces", "surfaces with a buffer", 1, LATCH_MAX_SURFACES},
	[LATCH_LIMIT_CALLBACKS] = {"callbacks", "frame callbacks and feedbacks", 1,
		LATCH_MAX_CALLBACKS},
	[LATCH_LIMIT_RECTANGLES] = {"rectangles", "rectangles in a region", 1,
		LATCH_MAX_RECTANGLES},
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
