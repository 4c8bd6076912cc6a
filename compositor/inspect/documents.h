/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The inspector's documents, see docs/inspector.md. Texts of clients, devices and drivers are
 * cleaned (base/text.h) on their way into them; what is not there or not known is null.
 */

#include <yyjson.h>

#include "base/id_map.h"
#include "plan/layer.h"
#include "sync/held.h"
#include "trace/statistics.h"

/** For struct latch_inspector_options.fill; data is the struct latch_core. */
bool latch_inspect_planes(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root);
bool latch_inspect_held(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root);
bool latch_inspect_statistics(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root);

/* Their parts. They do nothing without memory, as yyjson's own functions. */

/** Adds a copy of a text that may be anything; NULL is null. Long ones are cut off. */
void latch_inspect_add_text(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *text);

/** Adds a number; null where it is 0 or less. The key is borrowed. */
void latch_inspect_add_id(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, int64_t id);

/** Adds place, plane and plane_type of a layer. */
void latch_inspect_add_place(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_layer *layer);

/** Appends what a plane can do, and returns its object. */
yyjson_mut_val *latch_inspect_add_plane(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_plane *plane);

/**
 * Appends what was decided about a layer, by the layer itself: its content may have gone since the
 * latch. Returns its object, which lacks whose it is, and what it is held by.
 */
yyjson_mut_val *latch_inspect_add_layer(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_layer *layer);

/** Appends an update that is held. surface: latch's number; object: the client's wl_surface. */
void latch_inspect_add_held(yyjson_mut_doc *doc, yyjson_mut_val *array, uint32_t surface,
	uint32_t object, const struct latch_held *held);

/**
 * Adds the update to its surface's summary, an object in sums: the number of updates that are held,
 * and what the oldest waits for of those that wait for something of their own.
 */
void latch_inspect_sum_held(yyjson_mut_doc *doc, struct latch_id_map *sums, uint32_t surface,
	const struct latch_held *held, int64_t now_ns);

/** Makes such sums of all updates that are held; data: struct latch_core. */
void latch_inspect_sum_all_held(void *data, yyjson_mut_doc *doc, struct latch_id_map *sums);

/** Appends what was counted of a surface. Returns the array of its places, which is empty. */
yyjson_mut_val *latch_inspect_add_counted(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_surface_row *row);

/** Adds to the root what the causes of missed vblanks mean, for people. */
void latch_inspect_add_causes(yyjson_mut_doc *doc, yyjson_mut_val *root);
