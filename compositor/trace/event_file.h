/* SPDX-License-Identifier: MIT */
/* A growing JSON array of events in a file that stays readable when latch is killed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latch_fields;

#define LATCH_EVENT_FILE_BUFFER 65536

/*
 * Events are gathered here and written whole, so that a file without its end has no half
 * event. Readers of the array form take a missing "]" as a trace that was cut short. Zeroed but for
 * the fd, which latch_event_file_finish() closes.
 */
struct latch_event_file {
	int fd;
	int error; /* the first negative errno of a write; nothing is written after it */
	size_t used;
	size_t start;	/* of the event that was begun last */
	bool cut;	/* it had no room */
	uint64_t events;
	char buffer[LATCH_EVENT_FILE_BUFFER];
};

/* Viewers group lanes ("threads", tid) by what they call a process (pid). */
struct latch_event_place {
	uint32_t pid;
	uint64_t tid; /* 0: of the whole group */
};

/** Ends the array, writes what is left and closes. Returns 0 or the first error. */
int latch_event_file_finish(struct latch_event_file *file);

/** Writes what was gathered so far. */
void latch_event_file_flush(struct latch_event_file *file);

/**
 * Begins an event with arguments: "B" (a slice begins), "i" (an instant) or "M" (of the place,
 * without a time: ns is not used). One below 4 KiB is written for certain, a longer one perhaps not
 * at all. Like all of these it allocates nothing.
 */
void latch_event_begin(struct latch_event_file *file, char phase, const char *name, int64_t ns,
	struct latch_event_place place);

/** Adds arguments as they are printed, with the commas between them but not before them. */
__attribute__((format(printf, 2, 3))) void latch_event_print(
	struct latch_event_file *file, const char *format, ...);

/** Adds all fields of a record as arguments. Texts are made harmless, and cut to LATCH_TEXT_MAX. */
void latch_event_add_fields(
	struct latch_event_file *file, const struct latch_fields *fields, const void *record);

/** Ends the event that was begun. */
void latch_event_end(struct latch_event_file *file);

/** Writes the end of a slice: the last one in this place that has none. */
void latch_event_end_slice(
	struct latch_event_file *file, int64_t ns, struct latch_event_place place);
