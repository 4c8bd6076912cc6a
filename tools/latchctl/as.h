/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

#include "plan/layer.h"

/* Where layers would be on other display engines, see profile/profile.h. */

/** The layer that a document of planes tells of. What it does not tell has its default. */
struct latch_layer as_read_layer(yyjson_mut_val *layer);

/**
 * Plans every output's layers with the planes of each profile, and adds the answers to the
 * document: an object "as" in each layer, with an object of "place", "plane", "plane_type", "zpos",
 * "underlay" and "reasons" for each. profiles: names with commas between them. Returns false after
 * it has told what is wrong.
 */
bool as_add(yyjson_mut_doc *doc, const char *profiles);

/** Bytes for a place in words, with the final 0. */
#define AS_PLACE_MAX 160

/** Puts a place into words, "overlay 3" or "composed: scaling, format": that of a layer of a
 * document, or of one of the answers in its "as". */
void as_write_place(yyjson_mut_val *answer, char cell[AS_PLACE_MAX]);

/** Prints a table for each output: its layers, and for each profile where they would be, or why not
 * on a plane. */
void as_print(FILE *file, yyjson_mut_val *root);
