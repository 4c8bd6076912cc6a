#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

#include "plan/layer.h"

/* Where layers would be on other display engines, see profile/profile.h. */

/** The layer that a document of planes tells of. What it does not tell is as usual. */
struct latch_layer as_read_layer(yyjson_mut_val *layer);

/**
 * Plans every output's layers with the planes of each profile, and adds the answers to the
 * document: an object "as" in each layer, with an object of "place", "plane", "plane_type", "zpos",
 * "underlay" and "reasons" for each. profiles: names with commas between them. Returns false after
 * it has told what is wrong.
 */
bool as_add(yyjson_mut_doc *doc, const char *profiles);

/** Room for a place in words. */
#define AS_PLACE_MAX 160

/** "overlay 3", "composed: scaling, format": of a layer of a document, or of an answer. */
void as_write_place(yyjson_mut_val *answer, char cell[AS_PLACE_MAX]);

/** Prints a table for each output: its layers, and for each profile the plane or the reasons. */
void as_print(FILE *file, yyjson_mut_val *root);
