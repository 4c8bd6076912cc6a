/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

#include "kms/device.h"

/** A device for --list; where device is NULL, error says why it can't be used. */
struct latch_list_entry {
	/** Of the node, "/dev/dri/card0". */
	const char *path;
	struct kms_device *device;
	enum kms_open_error error;
};

/**
 * Prints devices, connectors, modes and planes as text; or all that is known of them as JSON,
 * {"devices": [...]}. Returns 0 or negative errno.
 */
int latch_list_print(FILE *file, const struct latch_list_entry *entries, size_t len, bool json);

/**
 * Prints a KMS device (NULL: every one there is) to stdout for --list. Needs no seat and takes
 * nothing away from a running session. Returns an exit status.
 */
int latch_list(const char *device, bool json);
