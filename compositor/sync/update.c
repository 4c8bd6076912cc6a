/* SPDX-License-Identifier: MIT */
#include "sync/update.h"

static const char *const names[LATCH_HELD_BY_COUNT] = {
	[LATCH_HELD_BY_FENCE] = "fence",
	[LATCH_HELD_BY_POINT] = "point",
	[LATCH_HELD_BY_TIME] = "timestamp",
	[LATCH_HELD_BY_BARRIER] = "fifo-barrier",
	[LATCH_HELD_BY_UPDATE] = "update",
};

const char *latch_held_by_name(enum latch_held_by by) {
	return names[by];
}

void latch_update_note_paced(struct latch_update *update, enum latch_held_by by, int64_t now_ns) {
	update->record.visible_ns = update->record.paced_ns = now_ns;
	update->record.held_by = latch_held_by_name(by);
}

void latch_update_note_signal(struct latch_update *update, int64_t fence_ns, int error) {
	if (fence_ns > update->fence_ns) {
		update->fence_ns = fence_ns;
	}
	if (update->fence_ns > update->record.signalled_ns) {
		update->record.signalled_ns = update->fence_ns;
	}
	if (update->record.fence_error == 0) {
		update->record.fence_error = error;
	}
}
