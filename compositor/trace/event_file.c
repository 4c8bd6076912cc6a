/* SPDX-License-Identifier: MIT */
#include "trace/event_file.h"

#include "base/text.h"
#include "trace/fields.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENT_MAX 4096

void latch_event_file_flush(struct latch_event_file *file) {
	size_t written = 0;
	while (written < file->used && file->error == 0) {
		const ssize_t n = write(file->fd, file->buffer + written, file->used - written);
		if (n >= 0) {
			written += (size_t)n;
		} else if (errno != EINTR) {
			file->error = -errno;
		}
	}
	file->used = 0;
}

static void add_bytes(struct latch_event_file *file, const char *bytes, size_t length) {
	if (length > sizeof(file->buffer) - file->used) {
		file->cut = true;
		return;
	}
	memcpy(file->buffer + file->used, bytes, length);
	file->used += length;
}

static void add_text(struct latch_event_file *file, const char *text) {
	add_bytes(file, text, strlen(text));
}

static void add_number(struct latch_event_file *file, uint64_t number) {
	char buffer[LATCH_FIELD_MAX];
	add_text(file, latch_number_text(buffer, false, number));
}

int latch_event_file_finish(struct latch_event_file *file) {
	latch_event_file_flush(file);
	add_text(file, file->events == 0 ? "[]\n" : "\n]\n");
	latch_event_file_flush(file);
	/* A full disk or a network's can tell of it as late as here. */
	if (close(file->fd) != 0 && file->error == 0) {
		file->error = -errno;
	}
	file->fd = -1;
	return file->error;
}

/* An event up to its arguments. */
static void begin(struct latch_event_file *file, char phase, const char *name, int64_t ns,
	struct latch_event_place place) {
	if (sizeof(file->buffer) - file->used < EVENT_MAX) {
		latch_event_file_flush(file);
	}
	/* The comma goes before an event, not after it: so the end is right at each event. */
	file->start = file->used;
	file->cut = false;
	add_text(file, file->events == 0 ? "[\n{\"ph\":\"" : ",\n{\"ph\":\"");
	add_bytes(file, &phase, 1);
	add_text(file, phase == 'i' ? "\",\"s\":\"t" : "");
	if (name != NULL) {
		add_text(file, "\",\"name\":\"");
		add_text(file, name);
	}
	if (phase != 'M') {
		/* Microseconds with three decimals, as the format has them. */
		const uint64_t whole_ns = ns > 0 ? (uint64_t)ns : 0;
		const char fraction[] = {'.', (char)('0' + whole_ns / 100 % 10),
			(char)('0' + whole_ns / 10 % 10), (char)('0' + whole_ns % 10)};
		add_text(file, "\",\"ts\":");
		add_number(file, whole_ns / 1000);
		add_bytes(file, fraction, sizeof(fraction));
		add_text(file, ",\"pid\":");
	} else {
		add_text(file, "\",\"pid\":");
	}
	add_number(file, place.pid);
	if (place.tid != 0) {
		add_text(file, ",\"tid\":");
		add_number(file, place.tid);
	}
}

/* Ends an event. */
static void end(struct latch_event_file *file, const char *brackets) {
	add_text(file, brackets);
	if (file->cut) {
		file->used = file->start; /* half an event would spoil the whole file */
	} else {
		file->events++;
	}
}

void latch_event_begin(struct latch_event_file *file, char phase, const char *name, int64_t ns,
	struct latch_event_place place) {
	begin(file, phase, name, ns, place);
	add_text(file, ",\"args\":{");
}

void latch_event_print(struct latch_event_file *file, const char *format, ...) {
	const size_t room = sizeof(file->buffer) - file->used;
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(file->buffer + file->used, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room) {
		file->cut = true;
	} else {
		file->used += (size_t)length;
	}
}

void latch_event_add_fields(
	struct latch_event_file *file, const struct latch_fields *fields, const void *record) {
	for (size_t i = 0; i < fields->length; i++) {
		const struct latch_field *field = &fields->fields[i];
		char number[LATCH_FIELD_MAX];
		const char *text = latch_field_text(field, record, number);
		add_text(file, i > 0 ? ",\"" : "\"");
		add_text(file, field->key);
		if (!latch_field_is_text(field)) {
			add_text(file, "\":");
			add_text(file, text);
			continue;
		}
		char copy[LATCH_TEXT_MAX], escaped[2 * LATCH_TEXT_MAX];
		latch_text_copy(copy, sizeof(copy), text);
		latch_text_escape(escaped, sizeof(escaped), copy);
		add_text(file, "\":\"");
		add_text(file, escaped);
		add_text(file, "\"");
	}
}

void latch_event_end(struct latch_event_file *file) {
	end(file, "}}");
}

void latch_event_end_slice(
	struct latch_event_file *file, int64_t ns, struct latch_event_place place) {
	begin(file, 'E', NULL, ns, place);
	end(file, "}");
}
