#ifndef CLIENT_FORMATS_H
#define CLIENT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A pixel format with one memory layout. DRM_FORMAT_MOD_INVALID stands for the driver's
 * implicit layout. */
struct format {
	uint32_t fourcc;
	uint64_t modifier;
};

/** A set of formats that keeps the order in which they came (the preference of their source).
 * All zero is an empty set. */
struct format_set {
	struct format *items;
	size_t len, capacity;
};

/** Adds a pair unless it is there already. Returns false without memory. */
bool format_set_add(struct format_set *set, uint32_t fourcc, uint64_t modifier);

bool format_set_has(const struct format_set *set, uint32_t fourcc, uint64_t modifier);

void format_set_finish(struct format_set *set);

#endif
