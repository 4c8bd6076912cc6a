#ifndef LATCHCTL_SVG_H
#define LATCHCTL_SVG_H

#include <cairo.h>
#include <yyjson.h>

/** Size of the picture of a document of planes, in points. */
void svg_size(yyjson_mut_val *root, double *width, double *height);

/**
 * Draws each output's screen to scale, one below the other, with every layer's rectangle in the
 * colour of its plane's kind, its name, plane and reasons; and a legend.
 */
void svg_draw(cairo_t *cairo, yyjson_mut_val *root);

/** The same into an SVG file. Returns CAIRO_STATUS_SUCCESS or what went wrong. */
cairo_status_t svg_write(const char *path, yyjson_mut_val *root);

#endif
