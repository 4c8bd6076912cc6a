/*
 * --latch kernel: lets an update out of the gate with a fence that is still pending. Here is what
 * the gate knows of it; whether that will do is decided in hand_over.c.
 */

#include <errno.h>
#include <wlr/types/wlr_buffer.h>

#include "sync/fence.h"
#include "sync/hand_over.h"
#include "sync/private.h"

static struct latch_buffer_shape get_shape(struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes dmabuf;
	if (buffer == NULL || !wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return (struct latch_buffer_shape){0};
	}
	return (struct latch_buffer_shape){
		.width = dmabuf.width,
		.height = dmabuf.height,
		.format = dmabuf.format,
		.modifier = dmabuf.modifier,
	};
}

void latch_hand_over_handle_applied(struct latch_surface_sync *sync) {
	if (sync->surface->current.committed & WLR_SURFACE_STATE_BUFFER) {
		sync->shape = get_shape(sync->surface->current.buffer);
	}
}

/* What clients set again with each frame, though it stays as it is. */
static bool is_set_again(
	const struct wlr_surface_state *next, const struct wlr_surface_state *now) {
	const uint32_t set = next->committed;
	return (!(set & WLR_SURFACE_STATE_OPAQUE_REGION) ||
		       pixman_region32_equal(&next->opaque, &now->opaque)) &&
	       (!(set & WLR_SURFACE_STATE_TRANSFORM) || next->transform == now->transform) &&
	       (!(set & WLR_SURFACE_STATE_SCALE) || next->scale == now->scale) &&
	       (!(set & WLR_SURFACE_STATE_OFFSET) || (next->dx == 0 && next->dy == 0));
}

/* The state that is held has nothing new but the buffer, which looks to KMS like the current one. */
static bool has_same_shape(const struct latch_held_update *update) {
	const struct wlr_surface *surface = update->sync->surface;
	const struct wlr_surface_state *state;
	wl_list_for_each(state, &surface->cached, cached_state_link) {
		if (state->seq == update->seq) {
			const struct latch_buffer_shape *now = &update->sync->shape;
			const struct latch_buffer_shape next = get_shape(state->buffer);
			return !(state->committed & WLR_SURFACE_STATE_VIEWPORT) &&
			       is_set_again(state, &surface->current) && next.width > 0 &&
			       next.width == now->width && next.height == now->height &&
			       next.format == now->format && next.modifier == now->modifier;
		}
	}
	return false;
}

enum latch_hand_over latch_surface_sync_hand_over(struct wlr_surface *surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	if (sync == NULL || wl_list_empty(&sync->waiting)) {
		return LATCH_HAND_OVER_OTHER_WAITS;
	}
	struct latch_held_update *update =
		wl_container_of(sync->waiting.next, update, link);
	struct latch_watch *pending = NULL;
	struct latch_hand_over_ask ask = {
		.waits = update->wait.count,
		.first = update->barrier == NULL,
		.same_shape = has_same_shape(update),
	};
	for (size_t i = 0; i < update->num_watches; i++) {
		if (update->watches[i].source != NULL) {
			pending = &update->watches[i];
			ask.fences++;
		}
	}
	int fd = pending != NULL ? latch_watch_export(pending) : -EAGAIN;
	ask.has_fence = fd >= 0;
	ask.trusted = fd >= 0 && latch_fence_all_trusted(fd, latch_hand_over_trusts);
	enum latch_hand_over verdict = latch_hand_over_judge(&ask);
	if (verdict != LATCH_HAND_OVER_OK) {
		if (fd >= 0) {
			latch_fence_clear(&fd);
		}
		return verdict;
	}
	latch_watch_finish(pending);
	latch_surface_sync_discharge_watch(sync);
	update->base.handed = true;
	update->base.handed_fd = fd;
	sync->gate->stats.handed++;
	latch_wait_done(&update->wait); // applies it; update is gone then
	return verdict;
}
