#ifndef LATCH_INSPECT_SEND_STATISTICS_H
#define LATCH_INSPECT_SEND_STATISTICS_H

struct latch_statistics_snapshot;
struct wl_resource;

/** Sends all of it to a zlatch_inspector_statistics_v1, done at the end. */
void latch_inspector_send_statistics(
	struct wl_resource *resource, const struct latch_statistics_snapshot *snapshot);

#endif
