/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <wayland-client.h>

#include "connection.h"
#include "plan.h"

/* More than any compositor has; what is too much is left out. */
#define FEEDBACK_MAX_TRANCHES 32

/** What the compositor said last, whole: it never changes halfway. */
struct feedback_content {
	dev_t main_device; /* 0: not told (version 3 of the protocol) */
	struct tranche tranches[FEEDBACK_MAX_TRANCHES];
	size_t num_tranches;
};

/** Which dma-bufs the compositor wants for a surface, kept up to date. */
struct feedback {
	struct zwp_linux_dmabuf_feedback_v1 *proxy; /* NULL with version 3 */
	struct feedback_content current;
	bool changed; /* set by each update; the reader clears it */

	struct feedback_content pending;
	bool sampling; /* the tranche that is being told of is for composing */
	const struct format_entry *table; /* mapped, read-only */
	size_t table_size;
};

/** One entry of the format table (zwp_linux_dmabuf_feedback_v1.format_table). */
struct format_entry {
	uint32_t fourcc;
	uint32_t padding;
	uint64_t modifier;
};

/**
 * Asks for the surface's feedback and waits for its first answer. With version 3 of the
 * protocol the formats of the compositor become one tranche of no device; in shared memory the one
 * that everybody has.
 *
 * @return false when the connection broke or memory ran out
 */
bool feedback_init(struct feedback *feedback, struct connection *conn, struct wl_surface *surface,
	bool in_shm);
void feedback_finish(struct feedback *feedback);
