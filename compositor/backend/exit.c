/* SPDX-License-Identifier: MIT */
#include "backend/exit.h"

#include <stdarg.h>
#include <stdio.h>

int latch_exit_with(enum latch_exit status, const char *format, ...) {
	va_list args;
	va_start(args, format);
	fputs("latch: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return (int)status;
}
