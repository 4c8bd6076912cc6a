#ifndef TRACE_CHECK_CHECK_H
#define TRACE_CHECK_CHECK_H

#include "trace.h"

/** What was counted while checking. */
struct summary {
	uint64_t surfaces, gone, buffers, outputs, flips;
	uint64_t commits, records;
	uint64_t shown, on_planes, composed;
	uint64_t under_way; /* without a record; findings, unless the trace is cut */
	uint64_t late;	    /* that waited for a fence after their commit */
	uint64_t by_sync[SYNCS], by_end[ENDS], by_release[RELEASES];
	int64_t first_ns, last_ns; /* of all commits and releases */
	uint64_t findings;	   /* the sum of trace.findings */
};

/** Judges each update of a trace that was read, and counts. */
void trace_check(struct trace *trace, struct summary *summary);

#endif
