/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** A DRM timeline syncobj. Its fd belongs to no device: the other side may use it on another
 * node than ours. */
struct timeline {
	int node_fd; /* borrowed */
	uint32_t handle;
};

/**
 * Opens the first node of the machine that makes timelines (DRM_CAP_SYNCOBJ_TIMELINE) and can wait
 * for their points by eventfd (Linux 6.6), with the preferred one before all others.
 *
 * @param preferred a path or NULL
 * @return an fd that the caller owns, or -1
 */
int timeline_node_open(const char *preferred);

/** Makes a timeline at point 0. Returns false and errno. */
bool timeline_init(struct timeline *timeline, int node_fd);

/** The same for one that somebody else has made. The fd stays the caller's. */
bool timeline_import(struct timeline *timeline, int node_fd, int fd);
void timeline_finish(struct timeline *timeline);

/** An fd of the timeline for the other side, owned by the caller, or -1 and errno. */
int timeline_export(const struct timeline *timeline);

/** Makes the point signal when the sync_file does. The fd stays the caller's. */
bool timeline_import_fence(const struct timeline *timeline, uint64_t point, int sync_file);

/** Signals the point now, from the CPU. */
bool timeline_signal(const struct timeline *timeline, uint64_t point);

/** An eventfd that becomes readable when the point has signalled (not when it has merely got
 * a fence), owned by the caller; or -1 and errno. */
int timeline_eventfd(const struct timeline *timeline, uint64_t point);
