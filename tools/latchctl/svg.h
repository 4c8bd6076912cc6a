#ifndef LATCHCTL_SVG_H
#define LATCHCTL_SVG_H

#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

/**
 * Draws a document of planes: each output's screen to scale, one below the other, with every
 * layer's rectangle in the colour of its plane's kind, its name, plane and reasons; and a legend.
 */
void svg_draw(FILE *file, yyjson_mut_val *root);

/** The same into a file. Returns false and errno. */
bool svg_write(const char *path, yyjson_mut_val *root);

#endif
