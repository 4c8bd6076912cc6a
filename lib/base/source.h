/* SPDX-License-Identifier: MIT */
/* Sources of an event loop of libwayland, and its listeners: both may be removed at any time, and
 * more than once. */
#pragma once

#include <wayland-server-core.h>

/** Removes *source unless it is NULL, and leaves NULL there. */
static inline void latch_source_clear(struct wl_event_source **source) {
	if (*source != NULL) {
		wl_event_source_remove(*source);
	}
	*source = NULL;
}

/** Notify and add in one. */
static inline void latch_listen(
	struct wl_signal *signal, struct wl_listener *listener, wl_notify_func_t notify) {
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

/** Removes it, and leaves it removable. Also fine for a zeroed one. */
static inline void latch_unlisten(struct wl_listener *listener) {
	if (listener->link.next != NULL) {
		wl_list_remove(&listener->link);
		wl_list_init(&listener->link);
	}
}

/** The same with all listeners of a struct that has nothing else. */
static inline void latch_unlisten_all(void *listeners, size_t size) {
	struct wl_listener *first = listeners;
	for (size_t i = 0; i < size / sizeof(*first); i++) {
		latch_unlisten(&first[i]);
	}
}
