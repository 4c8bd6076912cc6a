/* SPDX-License-Identifier: MIT */
/* One wl_surface in the gate: from the client's commit to the state that is current. */

#include "sync/surface.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "sync/buffer_id.h"
#include "sync/extension.h"
#include "sync/held.h"
#include "sync/pacing.h"
#include "sync/private.h"

static void stop_waiting(struct latch_held_update *update) {
	update->waiting = false;
	wl_list_remove(&update->link);
	update->sync->gate->stats.held--;
	latch_hold_end(update);
}

static bool charge_watch(struct latch_surface_sync *sync) {
	if (!latch_account_charge(sync->account, LATCH_LIMIT_FENCES, 1)) {
		return false;
	}
	if (!latch_account_charge(sync->account, LATCH_LIMIT_FDS, LATCH_WATCH_FDS)) {
		latch_account_discharge(sync->account, LATCH_LIMIT_FENCES, 1);
		return false;
	}
	sync->gate->stats.watches++;
	return true;
}

static void discharge_watch(struct latch_surface_sync *sync) {
	latch_account_discharge(sync->account, LATCH_LIMIT_FENCES, 1);
	latch_account_discharge(sync->account, LATCH_LIMIT_FDS, LATCH_WATCH_FDS);
	sync->gate->stats.watches--;
}

static void discharge_update(struct latch_held_update *update) {
	if (update->charged) {
		update->charged = false;
		latch_account_discharge(update->sync->account, LATCH_LIMIT_UPDATES, 1);
	}
}

/* For an update that was taken, superseded, refused, or whose surface goes away. Gives back
 * no lock: in the first two cases it has none, in the others there is no state to apply. */
static void update_destroy(struct latch_held_update *update) {
	struct latch_gate *gate = update->sync->gate;
	for (size_t i = 0; i < update->num_watches; i++) {
		if (update->watches[i].source != NULL) {
			latch_watch_finish(&update->watches[i]);
			discharge_watch(update->sync);
		}
	}
	latch_pacing_end(update);
	latch_wait_finish(&update->wait);
	discharge_update(update);
	if (update->waiting) {
		stop_waiting(update);
	}
	if (update->barrier != NULL) {
		wl_list_remove(&update->barrier_link);
	}
	latch_release_finish(&update->base.release);
	wl_list_insert(&gate->free, &update->link);
}

/* The same for one that nobody has taken; NULL is fine. */
static void update_give_back(struct latch_held_update *update, enum latch_record_end why) {
	if (update == NULL) {
		return;
	}
	const struct latch_gate_events *events = &update->sync->gate->events;
	if (update->base.id != 0) {
		events->untaken(events->data, &update->base, why);
	}
	update_destroy(update);
}

static void state_finish(void *data) {
	struct latch_sync_state *state = data;
	update_give_back(state->update, LATCH_END_SURFACE_GONE);
	state->update = NULL;
}

static void state_move(void *dst_data, void *src_data) {
	struct latch_sync_state *dst = dst_data, *src = src_data;
	update_give_back(dst->update, LATCH_END_SUPERSEDED);
	*dst = *src;
	*src = (struct latch_sync_state){.async = src->async, .color = src->color};
}

/* Runs when the state has become current, before any listener of the commit event. */
static void handle_applied(struct wlr_surface_synced *synced) {
	struct latch_surface_sync *sync = wl_container_of(synced, sync, synced);
	if (sync->current.update != NULL) {
		discharge_update(sync->current.update);
	}
	latch_tree_handle_applied(sync);
	latch_pacing_handle_applied(sync);
}

static const struct wlr_surface_synced_impl synced_impl = {
	.state_size = sizeof(struct latch_sync_state),
	.finish_state = state_finish,
	.move_state = state_move,
	.commit = handle_applied,
};

/* Nothing holds the update back any more. wlroots applies it here and now, unless an earlier
 * one or the parent of a synchronised subsurface is still to come. */
static void handle_ready(struct latch_wait *wait) {
	struct latch_held_update *update = wl_container_of(wait, update, wait);
	update->base.record.ready_ns = latch_now_ns();
	stop_waiting(update);
	wlr_surface_unlock_cached(update->sync->surface, update->seq);
}

static struct latch_held_update *update_create(struct latch_surface_sync *sync) {
	struct latch_gate *gate = sync->gate;
	struct latch_held_update *update;
	if (!wl_list_empty(&gate->free)) {
		update = wl_container_of(gate->free.next, update, link);
		wl_list_remove(&update->link);
	} else {
		update = malloc(sizeof(*update));
		if (update == NULL) {
			return NULL;
		}
	}
	*update = (struct latch_held_update){.sync = sync, .seq = sync->surface->pending.seq};
	latch_wait_init(&update->wait, handle_ready);
	return update;
}

static void note_signal(struct latch_held_update *update, const struct latch_watch *watch) {
	if (watch->error != 0) {
		latch_hold_note_error(update, watch);
	}
	latch_update_note_signal(&update->base, watch->info.signal_time_ns, watch->error);
}

static void handle_fence(struct latch_watch *watch) {
	struct latch_held_update *update = watch->data;
	discharge_watch(update->sync);
	update->base.record.held_by = latch_held_by_name(LATCH_HELD_BY_FENCE);
	note_signal(update, watch);
	latch_wait_done(&update->wait);
}

/* Takes in what latch_watch_*() returned for the update's next watch. */
static int note_watch(struct latch_held_update *update, int ret) {
	struct latch_watch *watch = &update->watches[update->num_watches];
	if (ret > 0) {
		if (!charge_watch(update->sync)) {
			latch_watch_finish(watch);
			return -EDQUOT;
		}
		update->num_watches++;
		latch_wait_add(&update->wait);
		latch_hold_hint(update, watch);
	} else if (ret == 0) {
		note_signal(update, watch);
	}
	return ret < 0 ? ret : 0;
}

static int watch_sync_file(struct latch_held_update *update, int fd) {
	assert(update->num_watches < LATCH_UPDATE_MAX_WATCHES);
	return note_watch(update, latch_watch_sync_file(&update->watches[update->num_watches],
					  update->sync->gate->loop, fd, handle_fence, update));
}

/* Each plane comes with an fd of its own, most often of the same buffer; a dma-buf is known by
 * its inode. To miss that costs one ioctl more and nothing else. */
static bool is_same_dmabuf(int a, int b) {
	struct stat sa, sb;
	return a == b || (fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
				 sa.st_ino == sb.st_ino);
}

static int watch_implicit(
	struct latch_held_update *update, const struct wlr_dmabuf_attributes *dmabuf) {
	for (int i = 0; i < dmabuf->n_planes; i++) {
		bool seen = false;
		for (int j = 0; j < i && !seen; j++) {
			seen = is_same_dmabuf(dmabuf->fd[i], dmabuf->fd[j]);
		}
		if (seen || latch_fence_dmabuf_is_idle(dmabuf->fd[i])) {
			continue;
		}
		int fd = latch_fence_export_from_dmabuf(dmabuf->fd[i]);
		int ret = fd < 0 ? fd : watch_sync_file(update, fd);
		if (ret < 0) {
			return ret;
		}
	}
	return 0;
}

/* A client may set both a point and a sync_file; then both count. */
static int watch_explicit(struct latch_held_update *update) {
	struct latch_surface_sync *sync = update->sync;
	if (sync->syncobj.acquire != NULL) {
		int ret = note_watch(
			update, latch_watch_point(&update->watches[update->num_watches],
					sync->gate->loop, sync->syncobj.acquire,
					sync->syncobj.acquire_point, handle_fence, update));
		if (ret < 0) {
			return ret;
		}
	}
	if (sync->explicit.acquire_fd >= 0) {
		return watch_sync_file(update, latch_explicit_take_acquire(sync));
	}
	return 0;
}

/* What a dma-buf waits for. To have the object of one of the protocols says nothing yet: where no
 * fence was set, the buffer's own count. */
static enum latch_sync_kind choose(const struct latch_surface_sync *sync) {
	if (sync->syncobj.acquire != NULL) {
		return LATCH_SYNC_SYNCOBJ;
	}
	return sync->explicit.acquire_fd >= 0 ? LATCH_SYNC_SYNC_FILE : LATCH_SYNC_IMPLICIT;
}

/* What the protocols have set goes into the update; nothing stays for the next commit. */
static int fill(struct latch_held_update *update, enum latch_sync_kind kind,
	struct wlr_buffer *buffer, const struct wlr_dmabuf_attributes *dmabuf) {
	struct latch_surface_sync *sync = update->sync;
	struct latch_gate *gate = sync->gate;

	int64_t now_ns = latch_now_ns();
	update->base = (struct latch_update){
		.id = ++gate->last_id,
		.record =
			{
				.surface_id = sync->id,
				.update_id = ++sync->updates,
				.buffer_id = latch_buffer_id(buffer),
				.sync = kind,
				.commit_ns = now_ns,
				.signalled_ns = now_ns,
				.ready_ns = now_ns,
			},
	};
	gate->events.committed(gate->events.data, sync, &update->base);

	latch_release_move(&update->base.release, &sync->release);
	int ret = kind == LATCH_SYNC_IMPLICIT ? watch_implicit(update, dmabuf)
					      : watch_explicit(update);
	latch_syncobj_clear(sync);
	return ret;
}

/* Law 2: what can't be watched is not shown. -EDQUOT: the client is at a limit, as was logged. */
static void refuse(struct latch_surface_sync *sync, int error) {
	struct wl_client *client = wl_resource_get_client(sync->surface->resource);
	struct wl_resource *display = wl_client_get_object(client, 1);
	if (error == -EDQUOT) {
		wlr_surface_reject_pending(sync->surface, display, WL_DISPLAY_ERROR_NO_MEMORY,
			"%s", latch_account_refusal(sync->account));
		return;
	}
	bool no_memory = error == -ENOMEM || error == -EMFILE || error == -ENFILE;
	char who[LATCH_ACCOUNT_TEXT];
	wlr_log(WLR_ERROR, "%s is ended: can't watch the fence of its buffer: %s",
		latch_account_describe(sync->account, who), strerror(-error));
	wlr_surface_reject_pending(sync->surface, display,
		no_memory ? WL_DISPLAY_ERROR_NO_MEMORY : WL_DISPLAY_ERROR_IMPLEMENTATION,
		"wl_surface#%u: can't watch the fence of its buffer: %s",
		wl_resource_get_id(sync->surface->resource), strerror(-error));
}

static void hold(struct latch_held_update *update) {
	struct latch_surface_sync *sync = update->sync;
	update->waiting = true;
	update->held_ns = latch_now_ns();
	update->base.record.ready_ns = 0;
	update->base.record.held_by = latch_held_by_name(LATCH_HELD_BY_UPDATE);
	wl_list_insert(sync->waiting.prev, &update->link);
	latch_hold_begin(update);
	sync->gate->stats.held++;
	wlr_surface_lock_pending(sync->surface);
}

static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct latch_surface_sync *sync = wl_container_of(listener, sync, client_commit);
	struct wlr_buffer *buffer = sync->surface->pending.buffer;
	struct wlr_dmabuf_attributes dmabuf;

	const bool is_dmabuf = buffer != NULL && wlr_buffer_get_dmabuf(buffer, &dmabuf);
	if (!latch_syncobj_check(sync, buffer != NULL, is_dmabuf) ||
		!latch_explicit_check(sync, buffer != NULL, is_dmabuf)) {
		return;
	}

	if (!latch_account_charge(sync->account, LATCH_LIMIT_UPDATES, 1)) {
		refuse(sync, -EDQUOT);
		return;
	}
	struct latch_held_update *update = update_create(sync);
	if (update == NULL) {
		latch_account_discharge(sync->account, LATCH_LIMIT_UPDATES, 1);
		refuse(sync, -ENOMEM);
		return;
	}
	update->charged = true;
	int ret = 0;
	if (buffer != NULL) {
		ret = fill(update, is_dmabuf ? choose(sync) : LATCH_SYNC_NONE, buffer, &dmabuf);
	} else {
		sync->gate->events.committed(sync->gate->events.data, sync, NULL);
	}
	if (ret == 0 && !latch_tree_depend(update)) {
		ret = -ENOMEM;
	}
	if (ret < 0) {
		update_give_back(update, LATCH_END_REFUSED);
		refuse(sync, ret);
		return;
	}

	latch_pacing_begin(update, latch_tree_is_synchronised(sync->surface));
	if (!latch_wait_is_ready(&update->wait)) {
		hold(update);
	} else if (update->base.record.signalled_ns > update->base.record.ready_ns) {
		/* Its fence signalled between the commit and our look at it. */
		update->base.record.ready_ns = latch_now_ns();
	}
	latch_tree_put_barrier(update);
	/* What wlroots keeps back behind others counts against the limit, empty or not. */
	if (buffer == NULL && !update->waiting && update->barrier == NULL &&
		wl_list_empty(&sync->surface->cached)) {
		update_destroy(update);
		return;
	}
	assert(sync->pending.update == NULL);
	sync->pending.update = update;
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct latch_surface_sync *sync = wl_container_of(listener, sync, commit);
	const struct latch_gate_events *events = &sync->gate->events;
	struct latch_held_update *held = sync->current.update;
	sync->current.update = NULL;
	events->applied(
		events->data, sync, held != NULL && held->base.id != 0 ? &held->base : NULL);
	if (held != NULL) {
		update_destroy(held);
	}
}

static bool send_callbacks(struct wl_list *callbacks, int64_t time_ns) {
	const bool any = !wl_list_empty(callbacks);
	struct wl_resource *callback, *next;
	wl_resource_for_each_safe(callback, next, callbacks) {
		wl_callback_send_done(callback, (uint32_t)(time_ns / 1000000));
		wl_resource_destroy(callback);
	}
	return any;
}

bool latch_surface_sync_send_held_callbacks(struct latch_surface_sync *sync, int64_t time_ns) {
	if (wl_list_empty(&sync->waiting)) {
		return false;
	}
	const struct latch_held_update *oldest =
		wl_container_of(sync->waiting.next, oldest, link);
	if (latch_hold_find_pending(oldest) == NULL) {
		return false;
	}
	struct wlr_surface_state *state;
	wl_list_for_each(state, &sync->surface->cached, cached_state_link) {
		if (state->seq == oldest->seq) {
			return send_callbacks(&state->frame_callback_list, time_ns);
		}
	}
	return false;
}

bool latch_surface_sync_has_barrier(const struct wlr_surface *surface) {
	const struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL && sync->barrier.set;
}

bool latch_surface_sync_is_async(const struct wlr_surface *surface) {
	const struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL && sync->current.async;
}

bool latch_surface_sync_init(struct latch_surface_sync *sync, struct latch_gate *gate,
	struct wlr_surface *surface, struct latch_account *account, uint32_t id) {
	*sync = (struct latch_surface_sync){
		.gate = gate,
		.surface = surface,
		.account = account,
		.id = id,
		.explicit = {.acquire_fd = -1},
		.client_commit = {.notify = handle_client_commit},
		.commit = {.notify = handle_commit},
	};
	if (!wlr_surface_synced_init(
		    &sync->synced, surface, &synced_impl, &sync->pending, &sync->current)) {
		return false;
	}
	wl_list_init(&sync->waiting);
	wl_list_init(&sync->behind);
	wl_signal_add(&surface->events.client_commit, &sync->client_commit);
	wl_signal_add(&surface->events.commit, &sync->commit);
	wl_list_insert(&gate->surfaces, &sync->link);
	gate->stats.surfaces++;
	surface->data = sync;
	return true;
}

void latch_surface_sync_finish(struct latch_surface_sync *sync) {
	/* A parent may wait for this surface: it is told at the very end, for it may be applied
	 * then, with all that follows, and must find nothing half-gone. */
	struct wl_list orphans;
	wl_list_init(&orphans);
	struct latch_held_update *update;
	wl_list_for_each(update, &sync->waiting, link) {
		latch_wait_orphan(&update->wait, &orphans);
	}

	latch_tree_detach(sync);
	latch_pacing_drop_barrier(sync);
	wl_list_remove(&sync->client_commit.link);
	wl_list_remove(&sync->commit.link);
	/* Ends all updates that this surface still has, with their watches and releases. */
	wlr_surface_synced_finish(&sync->synced);
	assert(wl_list_empty(&sync->waiting));

	latch_syncobj_clear(sync);
	latch_explicit_finish(sync);
	latch_extension_detach(sync);
	wl_list_remove(&sync->link);
	sync->gate->stats.surfaces--;
	sync->surface->data = NULL;

	latch_wait_wake(&orphans);
}
