/* SPDX-License-Identifier: MIT */
#include "sync/release.h"

#include <string.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "fence/timeline.h"
#include "limits/resource.h"
#include "linux-explicit-synchronization-unstable-v1-protocol.h"

static void handle_buffer_release_destroy(struct wl_resource *resource) {
	struct wl_resource **place = wl_resource_get_user_data(resource);
	*place = NULL;
}

void latch_buffer_release_create(
	struct wl_resource **place, struct wl_client *client, uint32_t id) {
	/* It has events only. */
	*place = latch_resource_create(client, &zwp_linux_buffer_release_v1_interface, 1, id, NULL,
		place, handle_buffer_release_destroy);
}

void latch_buffer_release_send(struct wl_resource **place, int fence_fd) {
	if (*place == NULL) {
		return;
	}
	/* libwayland duplicates the fd when it queues the event. */
	if (fence_fd >= 0) {
		zwp_linux_buffer_release_v1_send_fenced_release(*place, fence_fd);
	} else {
		zwp_linux_buffer_release_v1_send_immediate_release(*place);
	}
	wl_resource_destroy(*place);
}

void latch_release_move(struct latch_release *to, struct latch_release *from) {
	*to = *from;
	*from = (struct latch_release){0};
	if (to->buffer_release != NULL) {
		wl_resource_set_user_data(to->buffer_release, &to->buffer_release);
	}
}

static void speak(struct latch_release *release, int fd) {
	latch_buffer_release_send(&release->buffer_release, fd);
	const bool signals = fd < 0 && release->timeline != NULL;
	int ret = signals ? latch_timeline_signal(release->timeline, release->point) : 0;
	if (ret < 0) {
		wlr_log(WLR_ERROR, "Can't signal a client's release point: %s", strerror(-ret));
	}
	latch_timeline_unref(release->timeline);
	release->timeline = NULL;
}

bool latch_release_with_fence(struct latch_release *release, int sync_file_fd) {
	/* The kernel may not let the fence into the timeline (no memory, most likely). */
	const bool can = latch_release_is_owed(release) &&
			 (sync_file_fd < 0 || release->timeline == NULL ||
				 latch_timeline_import_sync_file(
					 release->timeline, release->point, sync_file_fd) == 0);
	if (can) {
		speak(release, sync_file_fd);
	}
	latch_fd_clear(&sync_file_fd);
	return can;
}

void latch_release_finish(struct latch_release *release) {
	latch_release_with_fence(release, -1);
}
