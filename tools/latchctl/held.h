#ifndef LATCHCTL_HELD_H
#define LATCHCTL_HELD_H

#include <stdio.h>
#include <yyjson.h>

/** Prints a line for each update that is held, by the document's root. */
void held_print(FILE *file, yyjson_mut_val *root);

#endif
