/* SPDX-License-Identifier: MIT */
#include "trace/record.h"

#include <string.h>

#define NAMES(...)                                                                                 \
	.names = (const char *const[]){__VA_ARGS__},                                               \
	.length = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

const struct latch_names latch_placement_names = {NAMES([LATCH_NOT_SHOWN] = "not shown",
	[LATCH_ON_PLANE] = "on plane", [LATCH_COMPOSED] = "composed")};
const struct latch_names latch_plane_type_names = {
	NAMES("primary", "overlay", "cursor", "background"), .unknown = LATCH_PLANE_TYPES};
const struct latch_names latch_sync_kind_names = {NAMES([LATCH_SYNC_NONE] = "none",
		[LATCH_SYNC_IMPLICIT] = "implicit", [LATCH_SYNC_SYNC_FILE] = "sync_file",
		[LATCH_SYNC_SYNCOBJ] = "syncobj"),
	.unknown = LATCH_SYNC_KINDS};
const struct latch_names latch_missed_cause_names = {NAMES([LATCH_MISSED_FENCE] = "fence",
	[LATCH_MISSED_CLIENT] = "client", [LATCH_MISSED_LATCH] = "latch",
	[LATCH_MISSED_COMPOSE] = "compose", [LATCH_MISSED_IOCTL] = "ioctl",
	[LATCH_MISSED_KERNEL] = "kernel", [LATCH_MISSED_BUSY] = "busy")};
const struct latch_names latch_record_end_names = {NAMES([LATCH_END_UNKNOWN] = "unknown",
	[LATCH_END_SHOWN] = "shown", [LATCH_END_SUPERSEDED] = "superseded",
	[LATCH_END_FENCE_ERROR] = "fence error", [LATCH_END_UNMAPPED] = "unmapped",
	[LATCH_END_SURFACE_GONE] = "surface gone", [LATCH_END_REFUSED] = "refused")};
const struct latch_names latch_record_release_names = {NAMES([LATCH_RELEASED_AT_ONCE] = "at once",
	[LATCH_RELEASED_FENCE] = "out-fence", [LATCH_RELEASED_FLIP] = "flip",
	[LATCH_RELEASED_DARK] = "dark", [LATCH_RELEASED_COPY] = "copy")};

const char *latch_name(const struct latch_names *names, unsigned value) {
	return value < names->length ? names->names[value] : "unknown";
}

bool latch_name_value(const struct latch_names *names, const char *name, unsigned *value_out) {
	for (unsigned i = 0; i < names->length; i++) {
		if (strcmp(names->names[i], name) == 0) {
			*value_out = i;
			return true;
		}
	}
	*value_out = names->unknown;
	return false;
}
