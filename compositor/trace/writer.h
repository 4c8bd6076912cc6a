/* SPDX-License-Identifier: MIT */
/* Writes records as a trace, while they happen or from the ring. */
#pragma once

#include "trace/ring.h"

#include <stdbool.h>
#include <stdint.h>

struct latch_trace_writer;

/**
 * Begins a trace in a file, which it takes over. from_ns: what was before that is not in it; 0: it
 * is whole. Returns NULL without memory, with the file closed.
 */
struct latch_trace_writer *latch_trace_writer_create(int fd, int64_t from_ns);

/** Writes what was gathered so far. Returns 0, or the first error of all writes. */
int latch_trace_writer_flush(struct latch_trace_writer *writer);

/** Ends the trace and closes the file. Returns 0 or the first error. NULL is fine. */
int latch_trace_writer_destroy(struct latch_trace_writer *writer);

/** Tells who a surface, or an output, is. Returns false without memory, when it is left out. */
bool latch_trace_writer_add_surface(struct latch_trace_writer *writer, int64_t ns,
	const struct latch_trace_surface *surface);
bool latch_trace_writer_add_output(struct latch_trace_writer *writer, int64_t ns,
	const struct latch_trace_output *output);

/**
 * Writes a record, which happened at this time. Allocates at the first one of a surface or an
 * output. Returns false without memory, when it is left out.
 */
bool latch_trace_writer_add(struct latch_trace_writer *writer, enum latch_ring_kind kind,
	int64_t ns, const void *record);
