/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/minmax.h"
#include "common/sw_sync.h"
#include "common/util.h"
#include "common/vgem.h"

enum client_exit source_init(struct source *source, enum fence_kind kind) {
	*source = (struct source){.vgem_fd = -1, .never_fd = -1};
	const bool fails = kind == FENCE_ERROR;
	bool ok = kind == FENCE_READY || kind == FENCE_UNMATERIALISED;
	if (kind == FENCE_NEVER || fails) {
		source->never_fd = sw_sync_open();
		ok = source->never_fd >= 0;
	}
	if (!ok && !fails) {
		source->vgem_fd = vgem_open();
		ok = source->vgem_fd >= 0;
	}
	return ok ? CLIENT_EXIT_OK
		  : failed(CLIENT_EXIT_NO_SOURCE, "--fence %s is not possible: %s",
			    fence_kind_names[kind],
			    fails ? "fences that fail come from " SW_SYNC_PATH
				    " only, which this kernel does not have (CONFIG_SW_SYNC), or "
				    "not for this user"
				  : VGEM_MISSING);
}

static void end_at(struct source *source, size_t index) {
	struct promise promise = source->promises[index];
	source->promises[index] = source->promises[--source->len];
	if (promise.fence) {
		/* It fails when the kernel was first, and then it is done too. */
		vgem_signal_fence(source->vgem_fd, promise.fence);
	}
	latch_fd_clear(&promise.timeline_fd);
	if (promise.timeline) {
		timeline_signal(promise.timeline, promise.point);
	}
	source->ended++;
}

void source_finish(struct source *source) {
	for (size_t i = 0; i < source->len; i++) {
		latch_fd_clear(&source->promises[i].timeline_fd);
	}
	free(source->promises);
	latch_fd_clear(&source->vgem_fd);
	latch_fd_clear(&source->never_fd);
}

static bool add(struct source *source, const struct promise *promise) {
	if (!latch_array_reserve(
		    &source->promises, &source->capacity, source->len + 1, sizeof(*promise))) {
		return false;
	}
	source->promises[source->len++] = *promise;
	return true;
}

/* A fence of a timeline of its own, which is closed when the fence is due. */
static int make_failing(struct promise *promise) {
	promise->timeline_fd = sw_sync_open();
	return promise->timeline_fd < 0 ? -1 : sw_sync_create_fence(promise->timeline_fd, 1);
}

static int make_never(struct source *source, struct promise *promise) {
	return source->never_fd < 0
		       ? vgem_create_fence(source->vgem_fd, &promise->fence)
		       : sw_sync_create_fence(source->never_fd, ++source->never_value);
}

bool source_make(struct source *source, const struct source_request *request, int64_t now_ns,
	int *fence) {
	const enum fence_kind kind = request->spec->kind;
	const bool points = request->slot->sync->mode == SYNC_SYNCOBJ;
	struct promise promise = {
		.kind = kind,
		.due_ns = INT64_MAX,
		.until_free = kind == FENCE_PROXY ? request->previous : NULL,
		.owner = request->owner,
		.timeline_fd = -1,
	};
	*fence = -1;
	if (kind == FENCE_READY || kind == FENCE_RANDOM) {
		return true;
	}
	if (kind == FENCE_UNMATERIALISED || (fence_kind_is_ours(kind) && points)) {
		errno = EINVAL;
		*fence = SYNC_FENCE_LATER;
		source->made += points;
		if (kind != FENCE_UNMATERIALISED) {
			promise.timeline = &request->slot->timeline;
			promise.point = sync_slot_acquire_point(request->slot);
			/* Without memory the point is one that never materialises. */
			add(source, &promise);
		}
		return points;
	}
	if (kind == FENCE_NEVER) {
		*fence = make_never(source, &promise);
		source->made += *fence >= 0;
		return *fence >= 0;
	}
	if (kind == FENCE_ERROR) {
		/* A few refreshes later, so that the update is surely waited for. */
		promise.due_ns = now_ns + INT64_C(50000000);
		*fence = make_failing(&promise);
	} else {
		promise.due_ns = kind == FENCE_LATE ? now_ns + request->spec->late_ns : INT64_MAX;
		*fence = vgem_create_fence(source->vgem_fd, &promise.fence);
	}
	if (*fence < 0 || !add(source, &promise)) {
		int saved = errno;
		latch_fd_clear(fence);
		latch_fd_clear(&promise.timeline_fd);
		errno = saved;
		return false;
	}
	source->made++;
	return true;
}

void source_drop(struct source *source, const struct sync_slot *slot) {
	const uint64_t point = sync_slot_acquire_point(slot);
	for (size_t i = source->len; i > 0; i--) {
		const struct promise *promise = &source->promises[i - 1];
		if (promise->timeline == &slot->timeline && promise->point == point) {
			source->promises[i - 1] = source->promises[--source->len];
			source->made--;
		}
	}
}

void source_end_owned(struct source *source, const void *owner, enum fence_kind kind) {
	for (size_t i = source->len; i > 0; i--) {
		const struct promise *promise = &source->promises[i - 1];
		if (promise->kind == kind && promise->owner == owner) {
			end_at(source, i - 1);
		}
	}
}

void source_end_due(struct source *source, int64_t now_ns) {
	for (size_t i = source->len; i > 0; i--) {
		const struct promise *promise = &source->promises[i - 1];
		if (promise->due_ns <= now_ns ||
			(promise->until_free && !promise->until_free->busy)) {
			end_at(source, i - 1);
		}
	}
}

int64_t source_next_ns(const struct source *source) {
	int64_t next_ns = INT64_MAX;
	for (size_t i = 0; i < source->len; i++) {
		next_ns = latch_min(next_ns, source->promises[i].due_ns);
	}
	return next_ns;
}
