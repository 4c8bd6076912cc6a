/* SPDX-License-Identifier: MIT */
/* The last seconds, written as a trace when somebody asks, or when frames are late. */
#pragma once

#include <stdint.h>

struct latch_frame_record;
struct latch_recorder;
struct latch_ring;
struct latch_statistics;
struct wl_event_loop;

/* All pointers are borrowed. The last three are struct latch_trace_options' record_*. */
struct latch_recorder_options {
	const struct latch_ring *ring;
	const struct latch_statistics *statistics;
	struct wl_event_loop *event_loop;
	const char *folder;
	uint64_t files;
	int64_t limit_ns;
};

/** Returns NULL with errno set. */
struct latch_recorder *latch_recorder_create(const struct latch_recorder_options *options);

/** Waits for a file that is being written, but at most two seconds. NULL is fine. */
void latch_recorder_destroy(struct latch_recorder *recorder);

/** See latch_trace_record() and latch_trace_record_file(). */
int latch_recorder_write(struct latch_recorder *recorder, int fd, int64_t span_ns,
	void (*done)(void *data, int error), void *data);
void latch_recorder_write_file(struct latch_recorder *recorder, const char *why);

/** Looks at an update that is over: late ones are a reason to write a file. Allocates nothing. */
void latch_recorder_judge(
	struct latch_recorder *recorder, const struct latch_frame_record *record);
