/* Sources of an event loop of libwayland. */
#pragma once

#include <wayland-server-core.h>

/** Removes *source unless it is NULL, and leaves NULL there. */
static inline void latch_source_clear(struct wl_event_source **source) {
	if (*source != NULL) {
		wl_event_source_remove(*source);
	}
	*source = NULL;
}
