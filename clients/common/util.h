/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fd.h"

/** How the clients end; --help and the man pages list the same. */
enum client_exit {
	CLIENT_EXIT_OK = 0,
	CLIENT_EXIT_FAILURE = 1, /* out of memory, a file that can't be written, a case not ok */
	CLIENT_EXIT_USAGE = 2,
	CLIENT_EXIT_NO_SERVER = 3,  /* no compositor */
	CLIENT_EXIT_NO_GLOBAL = 4,  /* the compositor lacks a protocol */
	CLIENT_EXIT_NO_SOURCE = 5,  /* no buffers, or no fences of this kind, on this machine */
	CLIENT_EXIT_CONNECTION = 6, /* the connection broke, or a protocol error */
	CLIENT_EXIT_EARLY = 7,	    /* closed before --frames were shown */
};

/** One line on stderr, led by the program's name; returns the status: how it ends, or false. */
enum client_exit failed(enum client_exit status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The same where nothing has failed, or it goes on. */
#define say(...) ((void)failed(CLIENT_EXIT_OK, __VA_ARGS__))

/** What makes options wrong together, or a compositor useless; what is said first comes first. */
struct rule {
	bool broken;
	const char *words;
};

/** The words of the first rule that is broken; NULL: of none. */
const char *rules_broken(const struct rule *rules, size_t len);

/** Whether all rules are kept; says which is not. */
bool rules_kept(const struct rule *rules, size_t len);

/** Whether there is something to read, or the other end is gone. */
bool fd_readable(int fd);

/** Blocks SIGINT and SIGTERM, and returns an fd to read them from instead, owned by the caller. */
int signal_fd_open(void);

/** Enough for any text that fourcc_name() or modifier_name() writes. */
#define FORMAT_NAME_MAX 80

/** Writes "XR24" and the like; bytes that can't be printed become '?'. */
const char *fourcc_name(uint32_t fourcc, char text[FORMAT_NAME_MAX]);

/** Reads four characters ("XR24") or a name of drm_fourcc.h ("XRGB8888"). Returns 0 for what
 * is neither. */
uint32_t fourcc_parse(const char *text);

/** Writes the modifier's name where libdrm knows one, else its number. */
const char *modifier_name(uint64_t modifier, char text[FORMAT_NAME_MAX]);

/** Reads "linear", "implicit" or a number (0x...). */
bool modifier_parse(const char *text, uint64_t *modifier);
