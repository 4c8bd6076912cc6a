#include "trace/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENT_MAX 4096

int latch_event_file_init(struct latch_event_file *file, const char *path) {
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	file->error = 0;
	file->used = 0;
	file->events = 0;
	return file->fd >= 0 ? 0 : -errno;
}

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

static void add_text(struct latch_event_file *file, const char *text) {
	const size_t length = strlen(text);
	if (length > sizeof(file->buffer) - file->used) {
		latch_event_file_flush(file);
	}
	memcpy(file->buffer + file->used, text, length);
	file->used += length;
}

int latch_event_file_finish(struct latch_event_file *file) {
	add_text(file, file->events == 0 ? "[]\n" : "\n]\n");
	latch_event_file_flush(file);
	/* A full disk or a network's can tell of it as late as here. */
	if (close(file->fd) != 0 && file->error == 0) {
		file->error = -errno;
	}
	file->fd = -1;
	return file->error;
}

void latch_event_file_add(struct latch_event_file *file, const char *format, ...) {
	if (file->error != 0) {
		return;
	}
	if (sizeof(file->buffer) - file->used < EVENT_MAX) {
		latch_event_file_flush(file);
	}
	/* The comma goes before an event, not after it: so the end is right at each event. */
	const size_t start = file->used;
	add_text(file, file->events == 0 ? "[\n" : ",\n");
	const size_t room = sizeof(file->buffer) - file->used;
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(file->buffer + file->used, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room) {
		file->used = start; /* half an event would spoil the whole file */
		return;
	}
	file->used += (size_t)length;
	file->events++;
}
