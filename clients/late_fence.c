/* SPDX-License-Identifier: MIT */
#include "late_fence.h"

#include "common/util.h"
#include "common/vgem.h"

bool late_fence_init(struct late_fence *late, enum sync_mode mode, const char **why) {
	*late = (struct late_fence){.vgem_fd = vgem_open()};
	*why = VGEM_MISSING;
	return late->vgem_fd >= 0 || mode == SYNC_SYNCOBJ;
}

void late_fence_finish(struct late_fence *late) {
	late_fence_signal(late);
	latch_fd_clear(&late->vgem_fd);
}

int late_fence_make(struct late_fence *late, const struct sync_slot *slot) {
	*late = (struct late_fence){.vgem_fd = late->vgem_fd};
	if (late->vgem_fd >= 0) {
		return vgem_create_fence(late->vgem_fd, &late->fence);
	}
	late->timeline = &slot->timeline;
	late->point = sync_slot_acquire_point(slot);
	return SYNC_FENCE_LATER;
}

void late_fence_signal(struct late_fence *late) {
	if (late->timeline) {
		timeline_signal(late->timeline, late->point);
	} else if (late->fence) {
		vgem_signal_fence(late->vgem_fd, late->fence);
	}
	*late = (struct late_fence){.vgem_fd = late->vgem_fd};
}
