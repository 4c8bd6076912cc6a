#ifndef LATCH_INSPECT_INSPECTOR_H
#define LATCH_INSPECT_INSPECTOR_H

#include <stdbool.h>

struct latch_held_list;
struct latch_inspector;
struct latch_snapshot;
struct latch_statistics_snapshot;
struct wl_display;

struct latch_inspector_options {
	/**
	 * Fills an empty snapshot with what is shown now; what it borrows has to be valid until the
	 * event loop runs. Returns false without memory. Called when a client asks, never else.
	 */
	bool (*collect)(void *data, struct latch_snapshot *snapshot);
	/** The same for the updates that are held; called for a snapshot as well. */
	bool (*collect_held)(void *data, struct latch_held_list *list);
	/** The same for what was counted. */
	bool (*collect_statistics)(void *data, struct latch_statistics_snapshot *snapshot);
	void *data;
};

/**
 * Offers zlatch_inspector_v1 (protocols/latch-inspector-unstable-v1.xml): tells clients which
 * buffer is on which plane, why others are not, which updates are held, and how long frames took.
 * Sandboxed clients must not see it, see
 * security.h. Returns NULL without memory.
 */
struct latch_inspector *latch_inspector_create(
	struct wl_display *display, const struct latch_inspector_options *options);

/** Clients must be gone, the display still there. NULL is fine. */
void latch_inspector_destroy(struct latch_inspector *inspector);

#endif
