#include "sync/release.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

#include "fence/fence.h"
#include "fence/timeline.h"
#include "sync/private.h"

struct latch_release {
	struct latch_release_pool *pool;
	struct latch_timeline *timeline; /* NULL when there is no point to signal (any more) */
	uint64_t point;
	struct latch_buffer_release *buffer_release;
	bool done;	/* its one word is spoken, or waits in watch */
	bool late;	/* waits in watch */
	bool abandoned; /* destroyed by its owner while late */
	struct latch_watch watch;
	struct wl_list link; /* latch_release_pool.free or .late */
};

static void pool_unref(struct latch_release_pool *pool) {
	if (--pool->refs > 0) {
		return;
	}
	struct latch_release *release, *tmp;
	wl_list_for_each_safe(release, tmp, &pool->free, link) {
		free(release);
	}
	free(pool);
}

struct latch_release_pool *latch_release_pool_create(struct wl_event_loop *loop) {
	struct latch_release_pool *pool = calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return NULL;
	}
	*pool = (struct latch_release_pool){.loop = loop, .refs = 1};
	wl_list_init(&pool->free);
	wl_list_init(&pool->late);
	return pool;
}

static void recycle(struct latch_release *release) {
	struct latch_release_pool *pool = release->pool;
	wl_list_insert(&pool->free, &release->link);
	pool_unref(pool);
}

struct latch_release *latch_release_create(struct latch_release_pool *pool,
	struct latch_timeline *timeline, uint64_t point,
	struct latch_buffer_release *buffer_release) {
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
		.buffer_release = buffer_release,
		.watch = {.fd = -1},
	};
	wl_list_init(&release->link);
	pool->refs++;
	pool->outstanding++;
	return release;
}

static void drop_timeline(struct latch_release *release) {
	latch_timeline_unref(release->timeline);
	release->timeline = NULL;
}

static void signal_point(struct latch_release *release) {
	if (release->timeline == NULL) {
		return;
	}
	int ret = latch_timeline_signal(release->timeline, release->point);
	if (ret < 0) {
		wlr_log(WLR_ERROR, "Can't signal a client's release point: %s", strerror(-ret));
	}
	drop_timeline(release);
}

static void release_now(struct latch_release *release) {
	if (release->done) {
		return;
	}
	release->done = true;
	signal_point(release);
	latch_buffer_release_send(release->buffer_release, -1);
	release->buffer_release = NULL;
}

static void end_late(struct latch_release *release) {
	latch_watch_finish(&release->watch);
	wl_list_remove(&release->link);
	wl_list_init(&release->link);
	release->late = false;
	signal_point(release);
	if (release->abandoned) {
		recycle(release);
	}
}

static void handle_late_fence(struct latch_watch *watch) {
	struct latch_release *release = watch->data;
	/* Also where it signalled with an error: whatever read the buffer has stopped. */
	end_late(release);
}

/* The kernel did not let the fence into the timeline (no memory, most likely): the point is
 * signalled by hand, when the fence has. */
static void signal_point_late(struct latch_release *release, int fd) {
	int ret = -ENODEV;
	if (release->pool->loop != NULL) {
		ret = latch_watch_sync_file(
			&release->watch, release->pool->loop, fd, handle_late_fence, release);
	} else {
		latch_fence_clear(&fd);
	}
	if (ret == 0) {
		signal_point(release);
	} else if (ret > 0) {
		release->late = true;
		wl_list_insert(&release->pool->late, &release->link);
	} else {
		/* Better a client that waits for ever than a buffer that is written to while it
		 * is on the screen. */
		wlr_log(WLR_ERROR, "Can't signal a client's release point: %s", strerror(-ret));
		drop_timeline(release);
	}
}

void latch_release_with_fence(struct latch_release *release, int sync_file_fd) {
	if (release == NULL || release->done) {
		latch_fence_clear(&sync_file_fd);
		return;
	}
	if (sync_file_fd < 0) {
		release_now(release);
		return;
	}

	release->done = true;
	latch_buffer_release_send(release->buffer_release, sync_file_fd);
	release->buffer_release = NULL;

	if (release->timeline == NULL) {
		latch_fence_clear(&sync_file_fd);
		return;
	}
	int ret = latch_timeline_import_sync_file(release->timeline, release->point, sync_file_fd);
	if (ret < 0) {
		signal_point_late(release, latch_fence_take(&sync_file_fd));
		return;
	}
	drop_timeline(release);
	latch_fence_clear(&sync_file_fd);
}

void latch_release_destroy(struct latch_release *release) {
	if (release == NULL) {
		return;
	}
	release_now(release);
	release->pool->outstanding--;
	if (release->late) {
		release->abandoned = true;
		return;
	}
	recycle(release);
}

void latch_release_pool_finish(struct latch_release_pool *pool) {
	if (pool == NULL) {
		return;
	}
	struct latch_release *release, *tmp;
	wl_list_for_each_safe(release, tmp, &pool->late, link) {
		end_late(release);
	}
	pool->loop = NULL;
	pool_unref(pool);
}
