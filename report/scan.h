/* The events of a trace file, one after the other, however large the file is. */
#ifndef REPORT_SCAN_H
#define REPORT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer events are taken for damage: latch's are below 4 KiB. */
#define SCAN_EVENT_MAX (1024 * 1024)

/* What the parser of an event may write behind it. */
#define SCAN_PADDING 16

enum scan_result {
	SCAN_EVENT,
	SCAN_END,   /* the array has ended, and so has the file */
	SCAN_CUT,   /* the file ends before the array does: latch was killed, or still runs */
	SCAN_ERROR, /* what is wrong is in scan.error */
};

/*
 * A trace is a JSON array that may lack its end. It is taken apart here without being parsed, so
 * that an event at a time can be: a document of the whole of it would need some three times the
 * file's size.
 */
struct scan {
	int fd;
	char *buffer;
	size_t begin, end, capacity;
	uint64_t offset; /* in the file, of buffer[0] */
	uint64_t line;	 /* of buffer[begin], from 1 */
	bool opened, eof;

	/* The last event: an object's text, with room for SCAN_PADDING behind it. Changing it is
	 * fine. Valid until the next call. */
	char *event;
	size_t event_length, event_capacity;
	uint64_t event_offset, event_line;

	char error[256]; /* one line, with the position but without the file's name */
};

/** Reads from fd, which stays the caller's. Returns false when memory is out. */
bool scan_init(struct scan *scan, int fd);

void scan_finish(struct scan *scan);

/** Goes on to the next event. */
enum scan_result scan_next(struct scan *scan);

#endif
