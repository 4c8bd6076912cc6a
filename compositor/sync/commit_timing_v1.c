/* SPDX-License-Identifier: MIT */
/* wp_commit_timer_v1: the wire. What becomes of the time that a client sets is in pacing.c. */

#include "base/clock.h"
#include "commit-timing-v1-protocol.h"
#include "sync/extension.h"

static int64_t join_ns(uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	uint64_t sec = (uint64_t)sec_hi << 32 | sec_lo;
	if (sec >= (uint64_t)(INT64_MAX / LATCH_NS_PER_SEC)) {
		return INT64_MAX;
	}
	return (int64_t)sec * LATCH_NS_PER_SEC + nsec;
}

static void handle_set_timestamp(struct wl_client *client, struct wl_resource *resource,
	uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED);
	if (sync == NULL) {
		return;
	}
	if (nsec >= LATCH_NS_PER_SEC) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP,
			"a second has no %u nanoseconds", nsec);
	} else if (sync->timing.has_target) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS,
			"a timestamp was already set for this commit");
	} else {
		sync->timing.has_target = true;
		sync->timing.target_ns = join_ns(sec_hi, sec_lo, nsec);
	}
}

/* What was set stays set for the next commit. */
const struct latch_extension latch_timing_extension = {
	.manager = &wp_commit_timing_manager_v1_interface,
	.object = &wp_commit_timer_v1_interface,
	.version = 1,
	.manager_impl = &latch_extension_manager,
	.object_impl =
		&(const struct wp_commit_timer_v1_interface){
			.set_timestamp = handle_set_timestamp,
			.destroy = latch_resource_handle_destroy,
		},
	.kind = LATCH_EXTENSION_TIMING,
	.exists = WP_COMMIT_TIMING_MANAGER_V1_ERROR_COMMIT_TIMER_EXISTS,
	.destroyed = latch_extension_forget,
};
