/* A growing JSON array of events in a file that stays readable when latch is killed. */
#ifndef LATCH_TRACE_EVENT_FILE_H
#define LATCH_TRACE_EVENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#define LATCH_EVENT_FILE_BUFFER 65536

/*
 * Events are gathered here and written whole, so that a file without its end has no half
 * event. Readers of the array form take a missing "]" as a trace that was cut short.
 */
struct latch_event_file {
	int fd;
	int error; /* the first negative errno of a write; nothing is written after it */
	size_t used;
	uint64_t events;
	char buffer[LATCH_EVENT_FILE_BUFFER];
};

/** Opens (and truncates) the file. Returns 0 or a negative errno. */
int latch_event_file_init(struct latch_event_file *file, const char *path);

/** Ends the array, writes what is left and closes. Returns 0 or the first error. */
int latch_event_file_finish(struct latch_event_file *file);

/** Writes what was gathered so far. */
void latch_event_file_flush(struct latch_event_file *file);

/** Adds one event: an object's text, below 4 KiB. Allocates nothing for integers and texts. */
__attribute__((format(printf, 2, 3))) void latch_event_file_add(
	struct latch_event_file *file, const char *format, ...);

#endif
