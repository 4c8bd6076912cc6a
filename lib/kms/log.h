/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where the lines of kms/ go. It knows no logger of its own, so that it can be used and tested
 * without one; they are dropped until kms_log_set() is called.
 */

enum kms_log_level {
	KMS_LOG_ERROR,
	KMS_LOG_INFO,
};

/** One line without its newline; text is valid during the call only. */
typedef void (*kms_log_func)(enum kms_log_level level, const char *text);

/** Sends all lines of kms/ to func from now on; NULL: nowhere. One per process. */
void kms_log_set(kms_log_func func);

/** For kms/ itself. Lines longer than 511 bytes are cut. */
void kms_log(enum kms_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
