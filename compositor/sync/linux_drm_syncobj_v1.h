#ifndef LATCH_SYNC_LINUX_DRM_SYNCOBJ_V1_H
#define LATCH_SYNC_LINUX_DRM_SYNCOBJ_V1_H

/*
 * wp_linux_drm_syncobj_manager_v1: the wire. What a client sets waits here for its commit;
 * the rules of the commit are in update.h, the errors they lead to are sent from here.
 */

#include <stdint.h>

#include "sync/update.h"

struct latch_timeline;
struct wl_resource;
struct wlr_surface;

/** What wp_linux_drm_syncobj_surface_v1 has set for the next commit of a surface. */
struct latch_syncobj_surface {
	struct wl_resource *resource; /* NULL while the client has no such object */
	struct latch_timeline *acquire;
	struct latch_timeline *release;
	uint64_t acquire_point;
	uint64_t release_point;
};

/** Forgets the points set since the last commit. */
void latch_syncobj_surface_clear(struct latch_syncobj_surface *state);

/** Refuses the commit that is being handled with the protocol's error for the verdict. */
void latch_syncobj_surface_reject(struct latch_syncobj_surface *state, struct wlr_surface *surface,
	enum latch_sync_verdict verdict);

#endif
