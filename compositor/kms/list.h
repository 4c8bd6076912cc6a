#ifndef LATCH_KMS_LIST_H
#define LATCH_KMS_LIST_H

#include <stddef.h>
#include <stdio.h>

#include "kms/device.h"

/** A device for --list; where device is NULL, error says why it can't be used. */
struct kms_list_entry {
	/** Of the node, "/dev/dri/card0". */
	const char *path;
	const struct kms_device *device;
	enum kms_open_error error;
};

/** How text and JSON call each enum kms_setting. */
extern const char *const kms_setting_texts[KMS_SETTINGS];

/** Prints devices, connectors, modes, planes with their formats, and what is on and off. */
int kms_list_print_text(FILE *file, const struct kms_list_entry *entries, size_t len);

/** The same as JSON, {"devices": [...]}. Both return 0 or negative errno. */
int kms_list_print_json(FILE *file, const struct kms_list_entry *entries, size_t len);

#endif
