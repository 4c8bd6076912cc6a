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

enum latch_sync_verdict latch_sync_judge(const struct latch_sync_request *request) {
	/* wp_linux_drm_syncobj_surface_v1: both points if and only if there is a buffer, for as
	 * long as the object exists. Points that were set are gone with the object. */
	if (request->has_syncobj) {
		if (!request->has_buffer) {
			if (request->has_acquire_point || request->has_release_point) {
				return LATCH_SYNC_SYNCOBJ_NO_BUFFER;
			}
		} else if (!request->has_acquire_point) {
			return LATCH_SYNC_SYNCOBJ_NO_ACQUIRE_POINT;
		} else if (!request->has_release_point) {
			return LATCH_SYNC_SYNCOBJ_NO_RELEASE_POINT;
		} else if (!request->is_dmabuf) {
			return LATCH_SYNC_SYNCOBJ_UNSUPPORTED_BUFFER;
		} else if (request->same_timeline &&
			   request->acquire_point >= request->release_point) {
			return LATCH_SYNC_SYNCOBJ_CONFLICTING_POINTS;
		}
	}

	/* zwp_linux_surface_synchronization_v1: get_release has no unsupported_buffer; any
	 * buffer can be released at once. */
	if (request->has_sync_file || request->has_buffer_release) {
		if (!request->has_buffer) {
			return LATCH_SYNC_ZWP_NO_BUFFER;
		}
		if (request->has_sync_file && !request->is_dmabuf) {
			return LATCH_SYNC_ZWP_UNSUPPORTED_BUFFER;
		}
	}
	return LATCH_SYNC_OK;
}

enum latch_sync_kind latch_sync_choose(const struct latch_sync_request *request) {
	if (!request->has_buffer || !request->is_dmabuf) {
		return LATCH_SYNC_NONE;
	}
	if (request->has_syncobj && request->has_acquire_point) {
		return LATCH_SYNC_SYNCOBJ;
	}
	/* Having the zwp object says nothing yet: without a fence the buffer's own count. */
	return request->has_sync_file ? LATCH_SYNC_SYNC_FILE : LATCH_SYNC_IMPLICIT;
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
