#include "scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

bool scan_init(struct scan *scan, int fd) {
	*scan = (struct scan){.fd = fd, .line = 1, .capacity = CHUNK, .event_capacity = 4096};
	scan->buffer = malloc(scan->capacity);
	scan->event = malloc(scan->event_capacity);
	if (scan->buffer == NULL || scan->event == NULL) {
		scan_finish(scan);
		return false;
	}
	return true;
}

void scan_finish(struct scan *scan) {
	free(scan->buffer);
	free(scan->event);
	*scan = (struct scan){.fd = -1};
}

__attribute__((format(printf, 2, 3))) static enum scan_result fail(
	struct scan *scan, const char *format, ...) {
	const int length = snprintf(scan->error, sizeof(scan->error),
		"line %" PRIu64 ", byte %" PRIu64 ": ", scan->line, scan->offset + scan->begin);
	va_list args;
	va_start(args, format);
	vsnprintf(scan->error + length, sizeof(scan->error) - (size_t)length, format, args);
	va_end(args);
	return SCAN_ERROR;
}

/* Reads more behind what is there. Returns false at the end of the file, and on an error, which is
 * in scan->error then. */
static bool read_more(struct scan *scan) {
	if (scan->eof) {
		return false;
	}
	if (scan->begin > 0) {
		memmove(scan->buffer, scan->buffer + scan->begin, scan->end - scan->begin);
		scan->offset += scan->begin;
		scan->end -= scan->begin;
		scan->begin = 0;
	}
	if (scan->end == scan->capacity) {
		char *grown = realloc(scan->buffer, 2 * scan->capacity);
		if (grown == NULL) {
			fail(scan, "no memory");
			return false;
		}
		scan->buffer = grown;
		scan->capacity *= 2;
	}
	ssize_t n;
	do {
		n = read(scan->fd, scan->buffer + scan->end, scan->capacity - scan->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		fail(scan, "%s", strerror(errno));
	}
	scan->eof = n <= 0;
	scan->end += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next character that is no white space, which stays there; -1 at the end. */
static int look(struct scan *scan) {
	for (;;) {
		for (; scan->begin < scan->end; scan->begin++) {
			const char c = scan->buffer[scan->begin];
			if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
				return (unsigned char)c;
			}
			scan->line += c == '\n';
		}
		if (!read_more(scan)) {
			return -1;
		}
	}
}

static enum scan_result at_end(const struct scan *scan) {
	return scan->error[0] != '\0' ? SCAN_ERROR : SCAN_CUT;
}

/* Finds the end of the object that begins here, *length_out bytes on. */
static enum scan_result measure(struct scan *scan, size_t *length_out) {
	size_t depth = 0, at = 0;
	bool in_text = false, escaped = false;
	for (;; at++) {
		if (scan->begin + at == scan->end) {
			if (at > SCAN_EVENT_MAX) {
				return fail(scan, "an event longer than 1 MiB");
			}
			if (!read_more(scan)) {
				return at_end(scan);
			}
		}
		const char c = scan->buffer[scan->begin + at];
		if (escaped) {
			escaped = false;
		} else if (c == '"') {
			in_text = !in_text;
		} else if (in_text) {
			escaped = c == '\\';
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			*length_out = at + 1;
			return SCAN_EVENT;
		}
	}
}

static enum scan_result take_event(struct scan *scan) {
	size_t length;
	const enum scan_result result = measure(scan, &length);
	if (result != SCAN_EVENT) {
		return result;
	}
	if (length > SCAN_EVENT_MAX) {
		return fail(scan, "an event longer than 1 MiB");
	}
	if (length + SCAN_PADDING > scan->event_capacity) {
		char *grown = realloc(scan->event, length + SCAN_PADDING);
		if (grown == NULL) {
			return fail(scan, "no memory");
		}
		scan->event = grown;
		scan->event_capacity = length + SCAN_PADDING;
	}
	memcpy(scan->event, scan->buffer + scan->begin, length);
	scan->event_length = length;
	scan->event_offset = scan->offset + scan->begin;
	scan->event_line = scan->line;
	for (size_t i = 0; i < length; i++) {
		scan->line += scan->event[i] == '\n';
	}
	scan->begin += length;
	return SCAN_EVENT;
}

static enum scan_result expect_nothing(struct scan *scan) {
	scan->begin++;
	if (look(scan) >= 0) {
		return fail(scan, "something follows the end of the trace");
	}
	return scan->error[0] != '\0' ? SCAN_ERROR : SCAN_END;
}

enum scan_result scan_next(struct scan *scan) {
	int c = look(scan);
	if (!scan->opened) {
		if (c < 0) {
			return scan->error[0] != '\0' ? SCAN_ERROR
						      : fail(scan, "the file is empty");
		}
		if (c != '[') {
			return fail(scan, "no trace: it does not begin with [");
		}
		scan->opened = true;
		scan->begin++;
		c = look(scan);
	} else if (c == ',') {
		scan->begin++;
		c = look(scan);
	} else if (c >= 0 && c != ']') {
		return fail(scan, "a comma or ] has to follow an event");
	}
	if (c < 0) {
		return at_end(scan);
	}
	if (c == ']') {
		return expect_nothing(scan);
	}
	if (c != '{') {
		return fail(scan, "an event has to begin with {");
	}
	return take_event(scan);
}
