#ifndef LATCH_INSPECT_COLLECT_SNAPSHOT_H
#define LATCH_INSPECT_COLLECT_SNAPSHOT_H

#include <stdbool.h>

struct latch_layer;
struct latch_snapshot;
struct latch_snapshot_layer;

/**
 * For struct latch_inspector_options.collect; data is the struct latch_server: every output, the
 * planes it could use, and the layers of its last latch with what was decided about them.
 */
bool latch_collect_snapshot(void *data, struct latch_snapshot *snapshot);

/** Tells where a layer went, and why. */
void latch_collect_place(struct latch_snapshot_layer *to, const struct latch_layer *layer);

#endif
