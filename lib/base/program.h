/* SPDX-License-Identifier: MIT */
/* The project's other programs, as they are installed or built. */
#pragma once

#include <limits.h>
#include <stdbool.h>

/**
 * Finds a program by its name: beside the one that runs (/proc/self/exe), or in the same build,
 * which has a folder for each tool and one for latch. Returns false where there is none.
 */
bool latch_program_find(const char *name, char path[static PATH_MAX]);
