/* SPDX-License-Identifier: MIT */
#pragma once

#include "trace.h"

/** What was counted while checking. */
struct summary {
	uint64_t surfaces, gone, buffers, outputs, flips;
	uint64_t commits, records;
	uint64_t shown, on_planes, composed;
	uint64_t under_way; /* without a record; findings, unless the trace is cut */
	uint64_t late;	    /* that waited for a fence after their commit */
	uint64_t by_sync[LATCH_SYNC_KINDS + 1]; /* the last one: of names that are not known */
	uint64_t by_end[LATCH_RECORD_ENDS], by_release[LATCH_RECORD_RELEASES];
	int64_t first_ns, last_ns; /* of all commits and releases */
	uint64_t findings;	   /* the sum of trace.findings */
};

/** Judges each update of a trace that was read, and counts. */
void trace_check(struct trace *trace, struct summary *summary);
