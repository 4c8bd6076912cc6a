/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DEVICE_LIST_MAX 32
#define DEVICE_PATH_MAX 256

/** Paths of DRM nodes to try, best first, each once. All zero is an empty list. */
struct device_list {
	char paths[DEVICE_LIST_MAX][DEVICE_PATH_MAX];
	size_t len;
};

/** Adds a path unless it is there or NULL. Without room it is left out, here and below. */
void device_list_add(struct device_list *list, const char *path);

/**
 * Adds the nodes of the device with this number: the render node first, then the primary node.
 *
 * @param devid        0: none
 * @param primary_only leave the render node out; only a primary node makes dumb buffers
 */
void device_list_add_devid(struct device_list *list, dev_t devid, bool primary_only);

/** Adds every DRM device of the machine: all render nodes, then all primary nodes. */
void device_list_add_all(struct device_list *list, bool primary_only);

/**
 * Opens a DRM node for rendering or allocating. Returns an fd that the caller owns, or -1
 * and errno.
 *
 * The first opener of a primary node becomes DRM master, for instance while the compositor
 * is away on another VT. A client must not hold that, so it is given back at once.
 */
int device_open(const char *path);
