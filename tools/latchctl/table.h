#ifndef LATCHCTL_TABLE_H
#define LATCHCTL_TABLE_H

#include <stdio.h>
#include <yyjson.h>

/** Narrower than this, lines may be wider than asked for. */
#define TABLE_MIN_WIDTH 50

/**
 * Prints a document of planes for people, one block for each output: its planes, then its layers
 * with their planes, or with the reasons against one and what would help (see advice_add()). width:
 * columns of the terminal; long names are cut off and texts are wrapped to fit.
 */
void table_print(FILE *file, yyjson_mut_val *root, int width);

#endif
