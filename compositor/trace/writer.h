/* The trace file: frame records as events that ui.perfetto.dev opens. */
#ifndef LATCH_TRACE_WRITER_H
#define LATCH_TRACE_WRITER_H

#include "trace/record.h"

#include <stdbool.h>
#include <stddef.h>

struct latch_trace_writer;

/**
 * Opens (and truncates) the file. Returns NULL with errno set. reason_name is as in
 * latch_trace_options, or NULL.
 */
struct latch_trace_writer *latch_trace_writer_create(
	const char *path, const char *(*reason_name)(uint64_t bit));

/** Writes what is left, closes and frees. Returns 0 or the first error of all writes. */
int latch_trace_writer_destroy(struct latch_trace_writer *writer);

bool latch_trace_writer_add_surface(
	struct latch_trace_writer *writer, const struct latch_trace_surface *surface);
/** Writes an instant, and forgets the surface's tracks when many others are gone too. */
void latch_trace_writer_remove_surface(struct latch_trace_writer *writer, uint32_t surface_id);
bool latch_trace_writer_add_output(
	struct latch_trace_writer *writer, const struct latch_trace_output *output);

/**
 * Writes one update: its slices, and an instant for each cause it missed vblanks through. Like all
 * below it takes NULL, and then does nothing.
 */
void latch_trace_writer_frame(
	struct latch_trace_writer *writer, const struct latch_frame_record *record);

/** Writes an instant for an update that was taken in. */
void latch_trace_writer_commit(
	struct latch_trace_writer *writer, const struct latch_frame_record *record);

/** Writes what an output shows from now on: instants with a part of the list each. */
void latch_trace_writer_shown(struct latch_trace_writer *writer, uint32_t output_id,
	int64_t time_ns, uint64_t sequence, const struct latch_shown_record *shown, size_t length);

/** Writes one flip: its slices, and an instant at its time. */
void latch_trace_writer_flip(
	struct latch_trace_writer *writer, const struct latch_flip_record *record);

#endif
