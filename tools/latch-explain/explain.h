/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>
#include <yyjson.h>

/**
 * Says in a paragraph for each surface what happened to its buffers. root: what 'latch --stats'
 * writes; list: what 'latch --list=json' prints of the outputs' devices, NULL for nothing.
 */
void explain_print(FILE *file, yyjson_mut_val *root, yyjson_mut_val *list);

/** The node of the output's device, "/dev/dri/card0", in text; false where it is a window. */
bool explain_node(yyjson_mut_val *output, char *text, size_t size);
