/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Archives that tar(1) reads, in POSIX' ustar format: a header of 512 bytes, the file, zeros up to
 * the next 512. */

/** Appends a file. Returns false and errno. */
bool archive_add(FILE *archive, const char *name, const void *data, size_t size);

/** Appends the end. Returns false and errno. */
bool archive_end(FILE *archive);

/** The file of this name as a text that the caller frees; NULL without a whole one, or memory. */
char *archive_read(const char *path, const char *name, size_t *size_out);
