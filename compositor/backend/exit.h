/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * Exit statuses of latch itself. With a COMMAND, the session ends with the command's status; these
 * are chosen away from what commands use, 126 and 127 are what shells say.
 */
enum latch_exit {
	LATCH_EXIT_OK = 0,
	LATCH_EXIT_FAILURE = 100,	 /* anything without a status of its own */
	LATCH_EXIT_USAGE = 101,		 /* unknown option or bad value */
	LATCH_EXIT_NO_RUNTIME_DIR = 102, /* XDG_RUNTIME_DIR missing or unusable */
	LATCH_EXIT_NO_SEAT = 103,	 /* no seat: seatd or logind not reachable */
	LATCH_EXIT_NO_DEVICE = 104,	 /* no DRM device */
	LATCH_EXIT_NOT_KMS = 105,	 /* a DRM device, but it drives no display */
	LATCH_EXIT_NOT_ATOMIC = 106,	 /* KMS, but no atomic commits */
	LATCH_EXIT_BUSY = 107,		 /* another compositor is DRM master */
	LATCH_EXIT_OLD_KERNEL = 108,	 /* older than Linux 6.8 */
	LATCH_EXIT_NO_CONNECTOR = 109,	 /* unknown or unconnected connector */
	LATCH_EXIT_NO_MODE = 110,	 /* the connector has no such mode */
	LATCH_EXIT_NOT_EXECUTABLE = 126, /* COMMAND can't be executed */
	LATCH_EXIT_NOT_FOUND = 127,	 /* COMMAND not found */
};

/** Says on stderr, in one sentence, why latch ends; returns the status. */
__attribute__((format(printf, 2, 3))) int latch_exit_with(
	enum latch_exit status, const char *format, ...);
