/* SPDX-License-Identifier: MIT */
#include "sync/release.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "fence/timeline.h"
#include "limits/resource.h"
#include "linux-explicit-synchronization-unstable-v1-protocol.h"

struct latch_release {
	struct latch_release_pool *pool;
	struct latch_timeline *timeline; /* NULL when there is no point to signal (any more) */
	uint64_t point;
	struct wl_resource *buffer_release;
	bool done;	     /* its one word is spoken */
	struct wl_list link; /* latch_release_pool.free */
};

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

void latch_release_pool_init(struct latch_release_pool *pool) {
	*pool = (struct latch_release_pool){0};
	wl_list_init(&pool->free);
}

struct latch_release *latch_release_create(struct latch_release_pool *pool,
	struct latch_timeline *timeline, uint64_t point, struct wl_resource **buffer_release) {
	struct latch_release *release;
	if (!wl_list_empty(&pool->free)) {
		release = wl_container_of(pool->free.next, release, link);
		wl_list_remove(&release->link);
	} else {
		release = calloc(1, sizeof(*release));
		if (release == NULL) {
			return NULL;
		}
	}
	*release = (struct latch_release){
		.pool = pool,
		.timeline = timeline != NULL ? latch_timeline_ref(timeline) : NULL,
		.point = point,
		.buffer_release = *buffer_release,
	};
	if (*buffer_release != NULL) {
		wl_resource_set_user_data(*buffer_release, &release->buffer_release);
		*buffer_release = NULL;
	}
	pool->outstanding++;
	return release;
}

static void speak(struct latch_release *release, int fd) {
	release->done = true;
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
	const bool can = release != NULL && !release->done &&
			 (sync_file_fd < 0 || release->timeline == NULL ||
				 latch_timeline_import_sync_file(
					 release->timeline, release->point, sync_file_fd) == 0);
	if (can) {
		speak(release, sync_file_fd);
	}
	latch_fd_clear(&sync_file_fd);
	return can;
}

void latch_release_destroy(struct latch_release *release) {
	if (release == NULL) {
		return;
	}
	latch_release_with_fence(release, -1);
	release->pool->outstanding--;
	wl_list_insert(&release->pool->free, &release->link);
}

void latch_release_pool_finish(struct latch_release_pool *pool) {
	struct latch_release *release, *tmp;
	wl_list_for_each_safe(release, tmp, &pool->free, link) {
		free(release);
	}
}
