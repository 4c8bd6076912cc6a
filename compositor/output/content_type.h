#ifndef LATCH_OUTPUT_CONTENT_TYPE_H
#define LATCH_OUTPUT_CONTENT_TYPE_H

#include <stdbool.h>

#include "kms/connector.h"

struct latch_output;

/**
 * The surface that fills the output alone, as its layers have been planned; NULL for none. A cursor
 * in front of it does not count.
 */
struct wlr_surface *latch_output_fullscreen_surface(const struct latch_output *output);

/**
 * The content type of the frame for the monitor (the connector's "content type", which HDMI's
 * infoframes carry): what the surface that fills the screen says by content-type-v1, else nothing.
 */
enum kms_content_type latch_content_type_for_frame(const struct latch_output *output);

#endif
