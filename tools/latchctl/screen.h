/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/** Notices SIGINT, SIGTERM and SIGHUP from now on, which end the wait instead of the program. */
void screen_catch_signals(void);

/** Whether one of them came. */
bool screen_interrupted(void);

/**
 * Waits so long, or until fd can be read or was closed, the terminal has got another size, or a
 * signal came. fd -1: none.
 */
void screen_wait(double seconds, int fd);

/** A page of its own without a cursor, and back to what was there before; on standard output. */
void screen_enter(void);
void screen_leave(void);

/** Columns and lines of the terminal on standard output; *columns is COLUMNS or 100, and *lines 0
 * (no limit), where it is none. */
void screen_size(int *columns, int *lines);
