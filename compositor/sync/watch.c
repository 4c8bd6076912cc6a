#include "sync/watch.h"

#include <errno.h>
#include <wayland-server-core.h>

#include "sync/fence.h"
#include "sync/timeline.h"

void latch_watch_finish(struct latch_watch *watch) {
	if (watch->source != NULL) {
		wl_event_source_remove(watch->source);
		watch->source = NULL;
	}
	latch_fence_clear(&watch->fd);
	latch_timeline_unref(watch->timeline);
	watch->timeline = NULL;
}

/* Time and error of a point that has signalled, from the fence it carries. Where there is
 * none to be had (the client has reset its syncobj meanwhile), the time stays unknown. */
static void read_point(struct latch_watch *watch) {
	int fd = latch_timeline_export_sync_file(watch->timeline, watch->point);
	struct latch_fence_info info;
	if (fd >= 0 && latch_fence_get_info(fd, &info) == 0) {
		watch->fence_ns = info.signal_time_ns;
		watch->error = info.status < 0;
	}
	latch_fence_clear(&fd);
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct latch_watch *watch = data;

	if (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) {
		/* No fence does this. What can't be known to be done is not shown. */
		watch->error = true;
	} else if (watch->timeline != NULL) {
		read_point(watch);
	} else {
		struct latch_fence_info info;
		int ret = latch_fence_get_info(watch->fd, &info);
		if (ret == 0 && info.status == 0) {
			return 0;
		}
		watch->error = ret < 0 || info.status < 0;
		watch->fence_ns = ret < 0 ? 0 : info.signal_time_ns;
	}

	latch_watch_finish(watch);
	watch->func(watch);
	return 0;
}

static int start(struct latch_watch *watch, struct wl_event_loop *loop) {
	watch->source =
		wl_event_loop_add_fd(loop, watch->fd, WL_EVENT_READABLE, handle_readable, watch);
	if (watch->source == NULL) {
		/* It says no more; out of fds or memory are what it can be. */
		int ret = errno != 0 ? -errno : -ENOMEM;
		latch_watch_finish(watch);
		return ret;
	}
	return 1;
}

int latch_watch_sync_file(struct latch_watch *watch, struct wl_event_loop *loop, int fd,
	latch_watch_func func, void *data) {
	*watch = (struct latch_watch){.fd = fd, .func = func, .data = data};

	struct latch_fence_info info;
	int ret = latch_fence_get_info(fd, &info);
	if (ret == 0 && info.status == 0) {
		return start(watch, loop);
	}
	if (ret == 0) {
		watch->fence_ns = info.signal_time_ns;
		watch->error = info.status < 0;
	}
	latch_watch_finish(watch);
	return ret;
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

	int ret = latch_timeline_is_signalled(timeline, point);
	if (ret == 0) {
		ret = latch_timeline_eventfd(timeline, point);
		if (ret >= 0) {
			watch->fd = ret;
			return start(watch, loop);
		}
	} else if (ret > 0) {
		read_point(watch);
		ret = 0;
	}
	latch_watch_finish(watch);
	return ret;
}
