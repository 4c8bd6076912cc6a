#ifndef LATCHCTL_COUNTED_H
#define LATCHCTL_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What latch has counted, as plain data: receive_counted.c fills it from the events of
 * zlatch_inspector_statistics_v1, span.c takes the difference of two. Counters are modulo 2^32.
 */

#define COUNTED_STAGES 4

struct counted_bin {
	uint32_t up_to_us, count;
};

struct counted_bins {
	struct counted_bin *bins;
	size_t len;
};

struct counted_cause {
	char *name, *text;
	uint32_t vblanks;
};

struct counted_place {
	char *output;
	uint32_t place, plane, plane_type;
	/** Names with commas between them; "" for none. */
	char *reasons;
};

struct counted_surface {
	uint32_t id;
	int32_t pid;
	char *label;
	uint32_t frames, on_plane, superseded, dropped;
	struct counted_cause *causes;
	size_t causes_len;
	struct counted_bins stages[COUNTED_STAGES];
	struct counted_place *places;
	size_t places_len;
};

struct counted_output {
	char *name;
	uint32_t flips, late, wakeups;
};

/** Empty when zeroed. Every string is owned and can be printed anywhere, see model_clean_text(). */
struct counted {
	int64_t time_ns;
	struct counted_output *outputs;
	size_t outputs_len;
	struct counted_surface *surfaces;
	size_t surfaces_len;
};

void counted_finish(struct counted *counted);

/** Append one zeroed element. NULL without memory, or without something to append to. */
struct counted_output *counted_add_output(struct counted *counted);
struct counted_surface *counted_add_surface(struct counted *counted);
struct counted_cause *counted_add_cause(struct counted_surface *surface);
struct counted_place *counted_add_place(struct counted_surface *surface);

/** Appends bins to a stage; their lengths have to rise. False without memory. */
bool counted_add_bins(struct counted_bins *bins, const struct counted_bin *added, size_t len);

/** NULL when there is none. */
const struct counted_surface *counted_find_surface(const struct counted *counted, uint32_t id);
const struct counted_output *counted_find_output(const struct counted *counted, const char *name);

#endif
