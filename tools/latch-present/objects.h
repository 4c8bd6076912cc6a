/* SPDX-License-Identifier: MIT */
/* The objects of one connection that count, by their ids. */
#pragma once

#include "base/id_map.h"
#include "report.h"

#include <stdbool.h>
#include <stdint.h>

enum object_kind {
	KIND_REGISTRY,
	KIND_COMPOSITOR,
	KIND_SURFACE,
	KIND_SHM,
	KIND_POOL,
	KIND_BUFFER,
	KIND_DMABUF,
	KIND_PARAMS,
	KIND_DRM, /* Mesa's own protocol of before linux-dmabuf */
	KIND_SINGLE_PIXEL,
	KIND_SYNCOBJ,
	KIND_SYNCOBJ_SURFACE,
	KIND_EXPLICIT_SYNC,
	KIND_EXPLICIT_SURFACE,
	KIND_WM_BASE,
	KIND_XDG_SURFACE,
	KIND_TOPLEVEL,
	KIND_OUTPUT,
	KIND_FIXES,
	KIND_OURS,
};

/** An object of the client's, or one of latch-present's own. An object names another one by its id,
 * as the other one can be gone. */
struct object {
	enum object_kind kind;
	uint32_t surface;	 /* of what belongs to one */
	uint32_t output_id;	 /* KIND_OUTPUT: the report's number */
	struct tap_id *ours;	 /* KIND_OURS */
	struct report_look look; /* KIND_BUFFER; KIND_PARAMS: of the buffer to come */

	/* KIND_SURFACE */
	struct report_surface *told; /* NULL before its first buffer */
	char label[LATCH_TEXT_MAX];
	struct report_look attached;
	bool has_buffer;	   /* since its last commit */
	enum latch_sync_kind sync; /* said since then; LATCH_SYNC_NONE: nothing was */
	uint64_t updates;
};

/** Empty when zeroed but for the report, which is borrowed. */
struct objects {
	struct present_report *report;
	struct latch_id_map by_id;
};

/** A new object, in the place of the id's last one. NULL without memory, or for the id 0: then
 * nothing is known of it. */
struct object *objects_add(struct objects *objects, uint32_t id, enum object_kind kind);

/** The same for a buffer that looks so. */
void objects_add_buffer(struct objects *objects, uint32_t id, struct report_look look);

/** The object with this id, NULL: it is none that counts. */
struct object *objects_get(const struct objects *objects, uint32_t id);

/** The same where it is of this kind, else NULL. */
struct object *objects_find(const struct objects *objects, uint32_t id, enum object_kind kind);

/** The id stands for this object no longer; the report is told that a surface is gone. */
void objects_remove(struct objects *objects, uint32_t id);

/** Removes all. */
void objects_finish(struct objects *objects);
