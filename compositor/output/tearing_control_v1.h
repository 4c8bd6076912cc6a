#ifndef LATCH_OUTPUT_TEARING_CONTROL_V1_H
#define LATCH_OUTPUT_TEARING_CONTROL_V1_H

/*
 * wp_tearing_control_v1: which surfaces may tear. What becomes of it is in tearing.c. wlroots' own
 * (0.20) writes through a null pointer when a hint is set after the surface has gone.
 */

#include <stdbool.h>

struct wl_display;
struct wlr_surface;

/** Offers the global, for as long as the display lives. False without memory. */
bool latch_tearing_control_create(struct wl_display *display);

/** Whether the surface's current state asks for asynchronous presentation. */
bool latch_tearing_control_is_async(struct wlr_surface *surface);

#endif
