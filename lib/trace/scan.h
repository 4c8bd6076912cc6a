/* SPDX-License-Identifier: MIT */
/* The events of a trace file, one after the other, however large the file is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct yyjson_doc;

enum latch_scan_result {
	LATCH_SCAN_EVENT,
	LATCH_SCAN_END,	  /* the array has ended, and so has the file */
	LATCH_SCAN_CUT,	  /* the file ends before the array does: latch was killed, or still runs */
	LATCH_SCAN_ERROR, /* what is wrong is in scan.error */
};

/*
 * A trace is a JSON array that may lack its end. It is taken apart here without being parsed, so
 * that an event at a time can be: a document of the whole of it would need some three times the
 * file's size. Zeroed but for the file and the line, which is 1.
 */
struct latch_scan {
	FILE *file;
	uint64_t offset, line; /* of what is read next */
	bool opened;

	char *event; /* the text of the last one */
	size_t event_length, event_capacity;
	uint64_t event_offset, event_line;

	char error[256]; /* one line, with the position but without the file's name */
};

/** Frees what it owns; the file stays the caller's. */
void latch_scan_finish(struct latch_scan *scan);

/** Goes on to the next event. */
enum latch_scan_result latch_scan_next(struct latch_scan *scan);

/**
 * Parses the event, once. Returns NULL when it is no JSON, with scan->error set; the document is
 * to be freed by the caller, and before the next event.
 */
struct yyjson_doc *latch_scan_parse(struct latch_scan *scan);
