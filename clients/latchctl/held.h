#ifndef LATCHCTL_HELD_H
#define LATCHCTL_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Updates that are held, as latch told of them: filled from the events of zlatch_inspector_held_v1,
 * then written as lines or as JSON.
 */

struct zlatch_inspector_held_v1;

struct held_update {
	uint32_t surface, object;
	/** 0 when unknown. */
	int32_t pid;
	/** Owned, valid UTF-8 without control characters; so are all strings here. */
	char *command, *app_id, *by, *kind;
	uint64_t age_ns;
	uint32_t fences;
	/** NULL where the fence is not known. */
	char *driver, *timeline;
	bool has_point;
	uint64_t point;
};

/** Empty when zeroed. */
struct held {
	struct held_update *updates;
	size_t len;
	/** The answer is complete. */
	bool done;
	/** No memory, or the answer makes no sense. */
	bool failed;
};

/** Fills held with what the object brings while events are dispatched. */
void held_listen(struct held *held, struct zlatch_inspector_held_v1 *object);

void held_finish(struct held *held);

/** A line for each update. */
void held_print(FILE *file, const struct held *held);

/** The caller frees it; NULL without memory. */
char *held_write_json(const struct held *held);

#endif
