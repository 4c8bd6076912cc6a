/* SPDX-License-Identifier: MIT */
#include "fence/watch.h"

#include <string.h>

#include "base/source.h"
#include "fence/timeline.h"

static void stop_awaiting(struct latch_watch *watch) {
	if (watch->fence_source != NULL) {
		latch_source_clear(&watch->fence_source);
		latch_fd_clear(&watch->fence_fd);
	}
}

void latch_watch_finish(struct latch_watch *watch) {
	stop_awaiting(watch);
	latch_source_clear(&watch->source);
	latch_fd_clear(&watch->fd);
	latch_timeline_unref(watch->timeline);
	watch->timeline = NULL;
}

/* Time and error of a point that had no fence at the start, from the one that it carries now. Where
 * there is none to be had (the client has reset its syncobj meanwhile), the time stays unknown. */
static void read_point(struct latch_watch *watch) {
	int fd = latch_timeline_export_sync_file(watch->timeline, watch->point);
	if (fd >= 0 && latch_fence_get_info(fd, &watch->info) == 0 && watch->info.status < 0) {
		watch->error = watch->info.status;
	}
	latch_fd_clear(&fd);
}

/* ret: of latch_fence_get_info(). */
static void note_status(struct latch_watch *watch, int ret) {
	int status = ret < 0 ? ret : watch->info.status;
	watch->error = status < 0 ? status : 0;
}

/* fd: a sync_file of what is watched. Of one that was there at the start the names stay those of
 * when it was pending, while the kernel knew them. */
static int read_sync_file(const struct latch_watch *watch, int fd, struct latch_fence_info *info) {
	int ret = latch_fence_get_info(fd, info);
	if (ret == 0 && !watch->by_eventfd) {
		memcpy(info->driver_name, watch->info.driver_name, sizeof(info->driver_name));
		memcpy(info->timeline_name, watch->info.timeline_name, sizeof(info->timeline_name));
	}
	return ret;
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct latch_watch *watch = data;

	if (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) {
		/* No fence does this. What can't be known to be done is not shown. */
		watch->error = -EIO;
	} else if (watch->by_eventfd) {
		read_point(watch);
	} else {
		struct latch_fence_info info = watch->info;
		int ret = read_sync_file(watch, watch->fd, &info);
		if (ret == 0 && info.status == 0) {
			return 0;
		}
		watch->info = info;
		note_status(watch, ret);
	}

	latch_watch_finish(watch);
	watch->func(watch);
	return 0;
}

static int start(struct latch_watch *watch, struct wl_event_loop *loop) {
	watch->source =
		wl_event_loop_add_fd(loop, watch->fd, WL_EVENT_READABLE, handle_readable, watch);
	if (watch->source == NULL) {
		/* libwayland does not set errno everywhere: out of fds or of memory. */
		int ret = errno != 0 ? -errno : -ENOMEM;
		latch_watch_finish(watch);
		return ret;
	}
	return 1;
}

/* Of a fence whose sync_file is watch->fd. */
static int start_fence(struct latch_watch *watch, struct wl_event_loop *loop) {
	int ret = latch_fence_get_info(watch->fd, &watch->info);
	if (ret == 0 && watch->info.status == 0) {
		return start(watch, loop);
	}
	note_status(watch, ret);
	latch_watch_finish(watch);
	return ret;
}

int latch_watch_sync_file(struct latch_watch *watch, struct wl_event_loop *loop, int fd,
	latch_watch_func func, void *data) {
	*watch = (struct latch_watch){.fd = fd, .func = func, .data = data};
	return start_fence(watch, loop);
}

int latch_watch_point(struct latch_watch *watch, struct wl_event_loop *loop,
	struct latch_timeline *timeline, uint64_t point, latch_watch_func func, void *data) {
	*watch = (struct latch_watch){
		.fd = -1,
		.func = func,
		.data = data,
		.timeline = latch_timeline_ref(timeline),
		.point = point,
	};

	/* Most points have a fence by the time they are committed, and many have signalled. To ask
	 * for that alone would be one ioctl (SYNCOBJ_TIMELINE_WAIT that waits for nothing), but
	 * only the file tells of an error. */
	int ret = latch_timeline_export_sync_file(timeline, point);
	if (ret >= 0) {
		watch->fd = ret;
		return start_fence(watch, loop);
	}
	if (ret == -EINVAL) {
		watch->by_eventfd = true;
		ret = latch_timeline_eventfd(timeline, point, false);
	}
	if (ret >= 0) {
		watch->fd = ret;
		return start(watch, loop);
	}
	latch_watch_finish(watch);
	return ret;
}

/* The sync_file of what is watched: borrowed, or in *owned too. -EAGAIN: the point has none yet. */
static int get_sync_file(const struct latch_watch *watch, int *owned) {
	*owned = -1;
	if (!watch->by_eventfd) {
		return watch->fd;
	}
	*owned = latch_timeline_export_sync_file(watch->timeline, watch->point);
	return *owned == -EINVAL ? -EAGAIN : *owned;
}

int latch_watch_get_info(const struct latch_watch *watch, struct latch_fence_info *info) {
	int owned;
	int ret = get_sync_file(watch, &owned);
	if (ret >= 0) {
		ret = read_sync_file(watch, ret, info);
		ret = ret < 0 ? ret : 1;
	}
	latch_fd_clear(&owned);
	return ret == -EAGAIN ? 0 : ret;
}

int latch_watch_set_deadline(const struct latch_watch *watch, int64_t deadline_ns) {
	int owned;
	int ret = get_sync_file(watch, &owned);
	if (ret >= 0) {
		ret = latch_fence_set_deadline(ret, deadline_ns);
	}
	latch_fd_clear(&owned);
	return ret;
}

static int handle_fence_there(int fd, uint32_t mask, void *data) {
	struct latch_watch *watch = data;
	stop_awaiting(watch);
	watch->fence_func(watch);
	return 0;
}

void latch_watch_await_fence(
	struct latch_watch *watch, struct wl_event_loop *loop, latch_watch_func func) {
	int fd = latch_timeline_eventfd(watch->timeline, watch->point, true);
	if (fd < 0) {
		return;
	}
	watch->fence_source =
		wl_event_loop_add_fd(loop, fd, WL_EVENT_READABLE, handle_fence_there, watch);
	if (watch->fence_source == NULL) {
		latch_fd_clear(&fd);
		return;
	}
	watch->fence_func = func;
	watch->fence_fd = fd;
}
