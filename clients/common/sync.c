/* SPDX-License-Identifier: MIT */
#include "sync.h"

#include <errno.h>
#include <string.h>

#include "fence/fence.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "util.h"

const char *const sync_mode_names[] = {
	[SYNC_AUTO] = "auto",
	[SYNC_SYNCOBJ] = "syncobj",
	[SYNC_FILE] = "sync-file",
	[SYNC_IMPLICIT] = "implicit",
	NULL,
};

/* Both return NULL, or the reason why this way is not to be had. */

static const char *try_syncobj(
	struct sync *sync, struct wl_surface *surface, const char *preferred_node) {
	if (!sync->conn->syncobj_manager) {
		return "the compositor lacks linux-drm-syncobj-v1";
	}
	sync->node_fd = timeline_node_open(preferred_node);
	if (sync->node_fd < 0) {
		return "no DRM node that can be opened makes timelines";
	}
	sync->syncobj_surface =
		wp_linux_drm_syncobj_manager_v1_get_surface(sync->conn->syncobj_manager, surface);
	sync->mode = SYNC_SYNCOBJ;
	return NULL;
}

static const char *try_file(struct sync *sync, struct wl_surface *surface) {
	if (!sync->conn->explicit_sync) {
		return "the compositor lacks zwp_linux_explicit_synchronization_v1";
	}
	sync->file_surface = zwp_linux_explicit_synchronization_v1_get_synchronization(
		sync->conn->explicit_sync, surface);
	sync->mode = SYNC_FILE;
	return NULL;
}

static const char *try_auto(
	struct sync *sync, struct wl_surface *surface, const char *preferred_node) {
	const char *not_syncobj = try_syncobj(sync, surface, preferred_node);
	if (!not_syncobj) {
		return "both sides have timelines";
	}
	if (!try_file(sync, surface)) {
		return not_syncobj;
	}
	sync->mode = SYNC_IMPLICIT;
	return sync->conn->syncobj_manager ? not_syncobj
					   : "the compositor has no protocol for explicit fences";
}

bool sync_init(struct sync *sync, struct connection *conn, struct wl_surface *surface,
	enum sync_mode wanted, const char *preferred_node) {
	*sync = (struct sync){.mode = wanted, .conn = conn, .node_fd = -1};
	if (wanted == SYNC_AUTO) {
		sync->why = try_auto(sync, surface, preferred_node);
		return true;
	}
	const char *refused = wanted == SYNC_SYNCOBJ ? try_syncobj(sync, surface, preferred_node)
			      : wanted == SYNC_FILE  ? try_file(sync, surface)
						     : NULL;
	sync->why = refused ? refused : "as asked for";
	return !refused;
}

void sync_finish(struct sync *sync) {
	if (sync->syncobj_surface) {
		wp_linux_drm_syncobj_surface_v1_destroy(sync->syncobj_surface);
	}
	if (sync->file_surface) {
		zwp_linux_surface_synchronization_v1_destroy(sync->file_surface);
	}
	latch_fd_clear(&sync->node_fd);
	*sync = (struct sync){.node_fd = -1};
}

static void handle_buffer_release(void *data, struct wl_buffer *wl_buffer) {
	struct sync_slot *slot = data;
	/* The explicit ways have a release of their own and leave the meaning of this event
	 * open. */
	if (slot->sync->mode != SYNC_IMPLICIT || !slot->busy || slot->release_fd >= 0) {
		return;
	}
	/* The compositor is done with it, but its GPU or its display may be reading still. Shared
	 * memory has no fences. */
	slot->release_fd = dmabuf_export_fence(slot->dmabuf, true);
	slot->busy = slot->release_fd >= 0;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_buffer_release};

static bool init_timeline(struct sync_slot *slot, int timeline_fd) {
	struct wp_linux_drm_syncobj_manager_v1 *manager = slot->sync->conn->syncobj_manager;
	int node_fd = slot->sync->node_fd, own_fd = -1;
	if (timeline_fd >= 0) {
		if (!timeline_import(&slot->timeline, node_fd, timeline_fd)) {
			return false;
		}
	} else {
		own_fd = timeline_init(&slot->timeline, node_fd) ? timeline_export(&slot->timeline)
								 : -1;
		if (own_fd < 0) {
			return false;
		}
	}
	slot->timeline_proxy = wp_linux_drm_syncobj_manager_v1_import_timeline(
		manager, own_fd >= 0 ? own_fd : timeline_fd);
	latch_fd_clear(&own_fd);
	return true;
}

bool sync_slot_init(struct sync_slot *slot, struct sync *sync, struct wl_buffer *wl_buffer,
	const struct dmabuf *dmabuf, int timeline_fd) {
	*slot = (struct sync_slot){
		.sync = sync,
		.dmabuf = dmabuf,
		.release_fd = -1,
		.timeline = {.node_fd = -1},
		.point = SYNC_FIRST_POINT,
	};
	wl_buffer_add_listener(wl_buffer, &buffer_listener, slot);
	/* One timeline for each buffer: the points of one buffer are used strictly in order,
	 * while different buffers may be released in any order. */
	return sync->mode != SYNC_SYNCOBJ || init_timeline(slot, timeline_fd);
}

static void end_release(struct sync_slot *slot) {
	if (slot->release) {
		zwp_linux_buffer_release_v1_destroy(slot->release);
		slot->release = NULL;
	}
}

void sync_slot_finish(struct sync_slot *slot) {
	if (!slot->sync) {
		return;
	}
	end_release(slot);
	if (slot->timeline_proxy) {
		wp_linux_drm_syncobj_timeline_v1_destroy(slot->timeline_proxy);
	}
	timeline_finish(&slot->timeline);
	latch_fd_clear(&slot->release_fd);
	*slot = (struct sync_slot){.release_fd = -1, .timeline = {.node_fd = -1}};
}

static bool set_acquire_fence(const struct sync_slot *slot, uint64_t point, int fence) {
	if (fence == SYNC_FENCE_LATER) {
		return true;
	}
	return fence >= 0 ? timeline_import_fence(&slot->timeline, point, fence)
			  : timeline_signal(&slot->timeline, point);
}

static bool commit_syncobj(struct sync_slot *slot, int fence) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = slot->sync->syncobj_surface;
	uint64_t acquire = sync_slot_acquire_point(slot), release = acquire + 1;
	if (set_acquire_fence(slot, acquire, fence)) {
		slot->release_fd = timeline_eventfd(&slot->timeline, release);
	}
	if (slot->release_fd < 0) {
		return false;
	}
	slot->point = release;
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(surface, slot->timeline_proxy,
		(uint32_t)(acquire >> 32), (uint32_t)(acquire & UINT32_MAX));
	wp_linux_drm_syncobj_surface_v1_set_release_point(surface, slot->timeline_proxy,
		(uint32_t)(release >> 32), (uint32_t)(release & UINT32_MAX));
	return true;
}

static void handle_fenced_release(
	void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fence) {
	struct sync_slot *slot = data;
	end_release(slot);
	slot->release_fd = fence;
}

static void handle_immediate_release(void *data, struct zwp_linux_buffer_release_v1 *release) {
	sync_slot_forget(data);
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	.fenced_release = handle_fenced_release,
	.immediate_release = handle_immediate_release,
};

static bool commit_file(struct sync_slot *slot, int fence) {
	struct zwp_linux_surface_synchronization_v1 *surface = slot->sync->file_surface;
	/* No fence at all would mean implicit synchronisation. What is drawn already gets a
	 * fence that has signalled: that of its own, idle dma-buf. */
	int idle = fence < 0 ? dmabuf_export_fence(slot->dmabuf, false) : -1;
	if (fence < 0 && idle < 0) {
		return false;
	}
	zwp_linux_surface_synchronization_v1_set_acquire_fence(surface, fence < 0 ? idle : fence);
	latch_fd_clear(&idle);
	slot->release = zwp_linux_surface_synchronization_v1_get_release(surface);
	if (!slot->release) {
		return false;
	}
	zwp_linux_buffer_release_v1_add_listener(slot->release, &release_listener, slot);
	return true;
}

static bool pass_fence(struct sync_slot *slot, int fence) {
	if (slot->sync->mode == SYNC_SYNCOBJ) {
		return commit_syncobj(slot, fence);
	}
	if (fence == SYNC_FENCE_LATER) {
		errno = EINVAL;
		return false;
	}
	if (slot->sync->mode == SYNC_FILE) {
		return commit_file(slot, fence);
	}
	/* Most drivers have put their fence on the buffer when they took the commands; for those
	 * that don't, this does. */
	return fence < 0 || dmabuf_import_fence(slot->dmabuf, fence);
}

bool sync_slot_commit(struct sync_slot *slot, int fence) {
	slot->busy = pass_fence(slot, fence);
	if (!slot->busy) {
		say("the fence can't be passed by %s: %s", sync_mode_names[slot->sync->mode],
			strerror(errno));
	}
	latch_fd_clear(&fence);
	return slot->busy;
}

int64_t sync_fence_time_ns(int fence) {
	struct latch_fence_info info;
	return latch_fence_get_info(fence, &info) == 0 && info.status != 0 ? info.signal_time_ns
									   : INT64_MAX;
}

uint64_t sync_slot_acquire_point(const struct sync_slot *slot) {
	return slot->point + 1;
}

void sync_slot_forget(struct sync_slot *slot) {
	end_release(slot);
	sync_slot_released(slot);
}

void sync_slot_released(struct sync_slot *slot) {
	latch_fd_clear(&slot->release_fd);
	slot->busy = false;
}
