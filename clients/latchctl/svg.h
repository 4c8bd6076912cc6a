#ifndef LATCHCTL_SVG_H
#define LATCHCTL_SVG_H

#include <cairo.h>

#include "model.h"

/** Size of the picture, in points. only: one output, NULL for all. */
void svg_size(const struct model *model, const struct model_output *only, double *width,
	double *height);

/**
 * Draws each output's screen to scale, one below the other, with every layer's rectangle in the
 * colour of its plane's kind, its name, plane and reasons; and a legend.
 */
void svg_draw(cairo_t *cairo, const struct model *model, const struct model_output *only);

/** The same into an SVG file. Returns CAIRO_STATUS_SUCCESS or what went wrong. */
cairo_status_t svg_write(
	const char *path, const struct model *model, const struct model_output *only);

#endif
