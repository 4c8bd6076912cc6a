/* SPDX-License-Identifier: MIT */
#include "fence.h"

#include <string.h>

#include "base/options.h"

#define MS INT64_C(1000000)
#define DEFAULT_LATE_MS 100
#define MAX_LATE_MS 3600000

const char *const fence_kind_names[] = {
	[FENCE_READY] = "ready",
	[FENCE_NEVER] = "never",
	[FENCE_LATE] = "late",
	[FENCE_ERROR] = "error",
	[FENCE_FUTURE] = "future",
	[FENCE_PROXY] = "proxy",
	[FENCE_USER] = "user",
	[FENCE_UNMATERIALISED] = "unmaterialised",
	[FENCE_RANDOM] = "random",
	NULL,
};

bool fence_kind_is_ours(enum fence_kind kind) {
	return kind == FENCE_FUTURE || kind == FENCE_PROXY || kind == FENCE_USER;
}

bool fence_spec_parse(const char *text, struct fence_spec *spec) {
	uint64_t ms = DEFAULT_LATE_MS;
	const bool timed = strncmp(text, "late:", 5) == 0;
	if (timed && !option_parse_number(text + 5, 10, 0, MAX_LATE_MS, &ms)) {
		return false;
	}
	for (size_t i = 0; fence_kind_names[i]; i++) {
		if (strcmp(timed ? "late" : text, fence_kind_names[i]) == 0) {
			*spec = (struct fence_spec){
				(enum fence_kind)i, i == FENCE_LATE ? (int64_t)ms * MS : 0};
			return true;
		}
	}
	return false;
}

/* xorshift64*: George Marsaglia's shifts with Sebastiano Vigna's multiplier. */
static uint64_t next_random(uint64_t *seed) {
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(0x2545f4914f6cdd1d)) >> 16;
}

struct fence_spec fence_next(const struct fence_spec *spec, bool points, uint64_t *seed) {
	if (spec->kind != FENCE_RANDOM) {
		return *spec;
	}
	uint64_t which = next_random(seed) % 8, time = next_random(seed);
	if (which < 4) {
		return (struct fence_spec){FENCE_LATE, (int64_t)(time % (uint64_t)(50 * MS))};
	}
	if (which == 4) {
		return (struct fence_spec){FENCE_LATE, (int64_t)(time % (uint64_t)(200 * MS))};
	}
	return (struct fence_spec){which == 5 && points ? FENCE_FUTURE : FENCE_READY, 0};
}
