/* SPDX-License-Identifier: MIT */
#include "kms/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static kms_log_func log_func;

void kms_log_set(kms_log_func func) {
	log_func = func;
}

void kms_log(enum kms_log_level level, const char *format, ...) {
	if (log_func == NULL) {
		return;
	}
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_func(level, text);
}
