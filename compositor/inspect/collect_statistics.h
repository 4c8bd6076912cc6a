#ifndef LATCH_INSPECT_COLLECT_STATISTICS_H
#define LATCH_INSPECT_COLLECT_STATISTICS_H

#include <stdbool.h>

struct latch_statistics_snapshot;

/**
 * Tells what was counted of each surface that is not gone, and where it is. data: struct
 * latch_server. Returns false without memory.
 */
bool latch_collect_statistics(void *data, struct latch_statistics_snapshot *snapshot);

#endif
