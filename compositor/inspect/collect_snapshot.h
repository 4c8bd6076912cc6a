#ifndef LATCH_INSPECT_COLLECT_SNAPSHOT_H
#define LATCH_INSPECT_COLLECT_SNAPSHOT_H

#include <stdbool.h>

struct latch_snapshot;

/**
 * For struct latch_inspector_options.collect; data is the struct latch_server: every output, the
 * planes it could use, and the layers of its last latch with what was decided about them.
 */
bool latch_collect_snapshot(void *data, struct latch_snapshot *snapshot);

#endif
