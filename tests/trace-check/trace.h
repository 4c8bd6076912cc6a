/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "trace/record.h"

/*
 * What a trace of latch says, put in order. It knows the trace's format (docs/sync.md, "How a trace
 * proves it") by latch's own table of a record's fields, and no other code of the compositor: what
 * that counts or decides wrongly is not wrong here as well. All times are in ns; 0 is unknown or
 * not happened.
 */

/** What is checked, each by itself. */
enum rule {
	RULE_TRACE,	    /* the file can be read, and is whole in itself */
	RULE_ONE_RELEASE,   /* each update that was committed was given back, once */
	RULE_READY_ORDER,   /* updates of a surface are committed, and get ready, in order */
	RULE_SHOWN_EARLY,   /* nothing was shown before its fence had signalled */
	RULE_RELEASE_EARLY, /* nothing was given back before it was off the last screen */
	RULE_RELEASE_ORDER, /* what was on a screen, and what never was, goes back in order */
	RULE_TIMES,	    /* the times of a record follow each other */
	RULE_FLIPS,	    /* time and sequence of an output's flips grow */
	RULE_END,	    /* what a record says of its end is true */
	RULE_BUFFER,	    /* no buffer is committed again before it was given back */
};
#define RULES 10

extern const struct latch_names rule_names;

/** One update: when it was committed, its record, and what was seen of it on screens. */
struct trace_update {
	/* Its commit. */
	bool committed;
	uint32_t buffer;
	int64_t commit_ns;

	uint32_t records; /* should be 1 */
	struct latch_frame_record record; /* texts are left out */

	/* On screens. */
	uint32_t screens;      /* it is on now */
	uint32_t first_output; /* 0: it never was on one */
	bool several_outputs;
	int64_t first_latch_ns, first_flip_ns;		/* of the first frame with it */
	int64_t off_ns;					/* of the last frame without it */
	int64_t off_submit_start_ns, off_submit_end_ns; /* 0: it went off without a flip */
};

struct trace_surface {
	bool known, gone;
	uint64_t before; /* updates up to this number are not looked at: the trace begins later */
	struct trace_update *updates; /* update n is at n - 1 - before */
	size_t len, cap;
};

struct trace_use {
	uint32_t surface;
	uint64_t number;
};

struct trace_use_list {
	struct trace_use *uses;
	size_t len, cap;
};

struct trace_output {
	uint64_t flips;
	bool simulated; /* its flips come from a timer */
	struct latch_flip_record flip; /* the last one; texts are left out */
	struct trace_use_list on;   /* what it shows */
	struct trace_use_list next; /* what it shows from the next flip on, as far as read */
};

struct trace {
	/* By their numbers, which count up from 1. */
	struct trace_surface *surfaces;
	struct trace_use_list *buffers; /* the updates that brought each, in their commits' order */
	struct trace_output *outputs;
	size_t surfaces_len, buffers_len, outputs_len;

	bool described; /* it says that it is latch's, in a format that we know */
	bool cut;	/* its end is missing: latch was killed, or goes on */
	bool begins_late; /* it has the last seconds of a session alone */
	uint64_t events;
	uint64_t early_flips; /* of simulated clocks, see trace_flip_fits() */
	uint64_t findings[RULES];
	uint64_t max_messages; /* of each rule */
	FILE *messages;	       /* NULL: none */
	bool no_memory;
};

/** messages: where findings are told, a line each, max_messages of each rule; may be NULL. */
void trace_init(struct trace *trace, FILE *messages, uint64_t max_messages);
void trace_finish(struct trace *trace);

/** Reads it all, one event after the other. Returns false without memory or on a read error. */
bool trace_read(struct trace *trace, FILE *file);

/** Counts a finding, and says it. */
__attribute__((format(printf, 3, 4))) void trace_found(
	struct trace *trace, enum rule rule, const char *format, ...);

/**
 * Whether a flip can be that of a submit that began then. The timer of a display without hardware
 * says the time when it should have run, not when it ran: what was submitted meanwhile is flipped
 * to as well, at a time before its submit. By less than a refresh, or it would have been the next.
 */
bool trace_flip_fits(const struct trace_output *output, int64_t submit_start_ns, int64_t flip_ns);

/** NULL where the trace knows no such update. */
struct trace_update *trace_find_update(
	const struct trace *trace, uint32_t surface, uint64_t number);
