#ifndef LATCHCTL_NAMES_H
#define LATCHCTL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/*
 * The stable words for the protocol's numbers, the same in the table, in JSON and in the picture.
 * For a number that this program does not know they are "unknown".
 */

/** "primary", "overlay", "cursor". */
const char *name_plane_type(uint32_t type);

/** "free", "layer", "composed", "black", "cursor", "other-output". */
const char *name_plane_use(uint32_t use);

/** "composed", "covered", "plane". */
const char *name_place(uint32_t place);

/** "hardware", "simulated". */
const char *name_clock(uint32_t clock);

/** "normal", "90", "flipped-90" and so on, as wl_output.transform has them. */
const char *name_transform(int32_t transform);

/** The word of one bit, for all bits that have one: bit 0, 1, ... to NAME_BITS - 1, NULL for none. */
#define NAME_BITS 8
extern const char *const name_rotations[NAME_BITS];
extern const char *const name_blend_modes[NAME_BITS];
extern const char *const name_color_encodings[NAME_BITS];
extern const char *const name_color_ranges[NAME_BITS];

/** What people know a layer by: its app id, else its title, "surface 3", "cursor". */
const char *name_layer(const struct model_layer *layer, char *text, size_t size);

#endif
