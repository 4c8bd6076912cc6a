/* SPDX-License-Identifier: MIT */
#include "output/content.h"

#include <drm_fourcc.h>
#include <poll.h>
#include <stdlib.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "base/id_map.h"
#include "base/source.h"
#include "fence/fence.h"
#include "limits/account.h"
#include "output/core.h"
#include "sync/gate.h"
#include "trace/mark.h"
#include "trace/trace.h"

/* How many frame callbacks, and how many feedbacks, of a surface wait until it is shown. Clients
 * have one or two; all that wait are answered at the flip, when others are in a hurry. */
#define MAX_WAITING 4

/* What is committed later than this after an input is not its answer. */
#define ANSWER_NS INT64_C(1000000000)

/* Clients may name as many rectangles as they like. With more than so many, what encloses them. */
#define MAX_RECTS 16

struct latch_content_tracker {
	struct latch_core *core;
	struct latch_id_map surfaces; // struct latch_surface, by id
	struct wl_list live;	      // latch_content.link
	/* Contents between two lives: a client that commits 60 times a second costs no
	 * allocation for them. */
	struct wl_list unused; // latch_content.link
	uint32_t next_surface_id;
	struct wl_listener new_surface;
};

/* wlroots keeps the pixel with eight bits for each colour. */
static uint64_t pixel_of(struct wlr_buffer *buffer) {
	void *data;
	uint32_t format;
	size_t stride;
	uint64_t color = 0;
	if (buffer->width != 1 || buffer->height != 1 ||
		!wlr_buffer_begin_data_ptr_access(
			buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride)) {
		return 0;
	}
	const uint8_t *pixel = data; // blue first
	const bool opaque = format == DRM_FORMAT_ARGB8888 && pixel[3] == 0xff;
	for (int i = 3; opaque && i >= 0; i--) {
		color = color << 16 | pixel[i] * 0x101u;
	}
	wlr_buffer_end_data_ptr_access(buffer);
	return color;
}

static void describe_buffer(struct latch_content *content) {
	struct wlr_dmabuf_attributes dmabuf;
	struct wlr_shm_attributes shm;
	content->width = content->buffer->width;
	content->height = content->buffer->height;
	content->modifier = DRM_FORMAT_MOD_INVALID;
	if (wlr_buffer_get_dmabuf(content->buffer, &dmabuf)) {
		content->is_dmabuf = true;
		content->fourcc = dmabuf.format;
		content->modifier = dmabuf.modifier;
	} else if (wlr_buffer_get_shm(content->buffer, &shm)) {
		content->is_shm = true;
		content->fourcc = shm.format;
		content->modifier = DRM_FORMAT_MOD_LINEAR;
	} else {
		content->solid = pixel_of(content->buffer);
	}
}

struct latch_content *latch_content_from_buffer(
	struct latch_content_tracker *tracker, struct wlr_buffer *buffer, uint64_t serial) {
	struct latch_content *content;
	if (wl_list_empty(&tracker->unused)) {
		content = calloc(1, sizeof(*content));
		if (content == NULL) {
			return NULL;
		}
	} else {
		content = wl_container_of(tracker->unused.next, content, link);
		wl_list_remove(&content->link);
	}
	*content = (struct latch_content){
		.refs = 1,
		.tracker = tracker,
		.buffer = wlr_buffer_lock(buffer),
		.serial = serial,
	};
	describe_buffer(content);
	pixman_region32_init(&content->texture_stale);
	pixman_region32_init(&content->damage);
	wl_list_insert(&tracker->live, &content->link);
	return content;
}

/* The record of an update that is given back unseen. */
static void note_unseen(void *data, const struct latch_update *update, enum latch_record_end end) {
	const struct latch_content_tracker *tracker = data;
	struct latch_frame_record record = update->record;
	record.release_ns = latch_now_ns();
	record.superseded = end == LATCH_END_SUPERSEDED;
	record.end = end;
	latch_trace_frame(tracker->core->trace, &record);
}

static void handle_committed(
	void *data, struct latch_surface_sync *sync, struct latch_update *update) {
	const struct latch_content_tracker *tracker = data;
	struct latch_surface *surface = wl_container_of(sync, surface, sync);
	const int64_t callback_ns = latch_pace_commit(&surface->pace);
	const int64_t input_ns = surface->input_ns;
	surface->input_ns = 0;
	if (update != NULL) {
		update->record.callback_ns = callback_ns;
		if (update->record.commit_ns - input_ns < ANSWER_NS) {
			update->record.input_ns = input_ns;
		}
		latch_trace_commit(tracker->core->trace, &update->record);
		latch_mark('I', "commit", "surface", surface->id, update->record.update_id);
	}
	if (surface->pace.ahead) {
		latch_outputs_surface_ahead(tracker->core, surface);
	}
}

void latch_content_drop_texture(struct latch_content *content) {
	wlr_texture_destroy(content->texture);
	content->texture = NULL;
	content->texture_is_copy = false;
	pixman_region32_clear(&content->texture_stale);
}

void latch_content_refresh_texture(struct latch_content *content) {
	if (pixman_region32_not_empty(&content->texture_stale) &&
		!wlr_texture_update_from_buffer(
			content->texture, content->buffer, &content->texture_stale)) {
		latch_content_drop_texture(content);
	}
	pixman_region32_clear(&content->texture_stale);
}

static void add_region(pixman_region32_t *region, const pixman_region32_t *more) {
	pixman_region32_union(region, region, more);
	if (pixman_region32_n_rects(region) > MAX_RECTS) {
		const pixman_box32_t extents = *pixman_region32_extents(region);
		pixman_region32_reset(region, &extents);
	}
}

/* On a plane nothing is drawn, and what was drawn before that is of no use any more. */
static void note_damage(const struct latch_content *before, struct latch_content *content,
	const pixman_region32_t *damage) {
	if (before->drawn) {
		content->damage_since = before->serial;
		add_region(&content->damage, damage);
	} else if (!before->submitted && before->damage_since != 0) {
		content->damage_since = before->damage_since;
		add_region(&content->damage, &before->damage);
		add_region(&content->damage, damage);
	}
}

static void take_over(const struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage) {
	content->texture = before->texture;
	content->texture_color = before->texture_color;
	content->texture_is_copy = true;
	add_region(&content->texture_stale, &before->texture_stale);
	add_region(&content->texture_stale, damage);
	before->texture = NULL;
	latch_content_drop_texture(before);
	if (before->drawn && !renderer->lost) {
		latch_content_refresh_texture(content);
	}
}

void latch_content_follow(struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage) {
	if (before->fourcc != content->fourcc || before->width != content->width ||
		before->height != content->height) {
		return;
	}
	note_damage(before, content, damage);
	if (before->texture != NULL && before->texture_is_copy && content->is_shm) {
		take_over(renderer, before, content, damage);
	}
}

static void content_destroy(struct latch_content *content) {
	struct latch_content_tracker *tracker = content->tracker;

	if (content->record.presented) {
		content->record.superseded = false;
		content->record.end = LATCH_END_SHOWN;
	}
	content->record.release_ns = latch_now_ns();

	latch_content_drop_texture(content);
	pixman_region32_fini(&content->texture_stale);
	pixman_region32_fini(&content->damage);
	wlr_presentation_feedback_destroy(content->feedback);
	latch_release_finish(&content->release);
	wlr_buffer_unlock(content->buffer);

	if (content->record.surface_id != 0) {
		latch_trace_frame(tracker->core->trace, &content->record);
	}

	wl_list_remove(&content->link);
	wl_list_insert(&tracker->unused, &content->link);
}

struct latch_content *latch_content_ref(struct latch_content *content) {
	content->refs++;
	return content;
}

bool latch_content_take_feedback(
	struct latch_content *content, const struct latch_surface *surface) {
	if (content->feedback == NULL) {
		content->feedback = wlr_presentation_surface_sampled(surface->wlr_surface);
		if (content->feedback != NULL &&
			wl_list_length(&content->feedback->resources) > MAX_WAITING) {
			wlr_presentation_feedback_destroy(content->feedback); // discards all
			content->feedback = NULL;
		}
	}
	return content->feedback != NULL;
}

bool latch_content_has_pending_fence(const struct latch_content *content) {
	struct wlr_dmabuf_attributes dmabuf;
	if (!content->is_dmabuf || !wlr_buffer_get_dmabuf(content->buffer, &dmabuf)) {
		return false;
	}
	struct pollfd fds[WLR_DMABUF_MAX_PLANES];
	for (int i = 0; i < dmabuf.n_planes; i++) {
		fds[i] = (struct pollfd){.fd = dmabuf.fd[i], .events = POLLIN};
	}
	return poll(fds, (nfds_t)dmabuf.n_planes, 0) < dmabuf.n_planes;
}

void latch_content_unref(struct latch_content *content) {
	if (content != NULL && --content->refs == 0) {
		content_destroy(content);
	}
}

void latch_content_release_on_fence(struct latch_content *content, int out_fence_fd) {
	int fd = latch_release_is_owed(&content->release) ? latch_fence_dup(out_fence_fd) : -1;
	if (fd < 0) {
		/* No fd to be had: the release comes with the flip, late and not early. */
		return;
	}
	if (latch_release_with_fence(&content->release, fd)) {
		content->record.told_ns = latch_now_ns();
		content->record.release = LATCH_RELEASED_FENCE;
	}
}

/* Gives the buffer back early. The content stays. */
static void drop_buffer(struct latch_content *content) {
	wlr_buffer_unlock(content->buffer);
	content->buffer = NULL;
	latch_release_finish(&content->release);
	content->record.told_ns = latch_now_ns();
	content->record.release = LATCH_RELEASED_COPY;
}

/* A client that has too many is ended when this returns, whatever it was that brought it so far. */
static void count_shown(struct latch_surface *surface, bool has_content) {
	struct latch_account *account = surface->account;
	if (surface->counted && !has_content) {
		latch_account_discharge(account, LATCH_LIMIT_SURFACES, 1);
		surface->counted = false;
	} else if (!surface->counted && has_content) {
		surface->counted = latch_account_charge(account, LATCH_LIMIT_SURFACES, 1);
		if (!surface->counted) {
			latch_account_end(account, WL_DISPLAY_ERROR_NO_MEMORY,
				latch_account_refusal(account));
		}
	}
}

/* end: why the one before is not the surface's newest any more. */
static void surface_set_content(
	struct latch_surface *surface, struct latch_content *content, enum latch_record_end end) {
	count_shown(surface, content != NULL);
	if (surface->current != NULL) {
		surface->current->record.superseded = true;
		surface->current->record.end = end;
		if (surface->current->is_shm && !surface->current->scanned_out) {
			/* Its pixels are in the composed picture; no plane reads them. Clients with
			 * two buffers, weston's for example, count on having it back by the next
			 * frame callback. */
			latch_content_drop_texture(surface->current);
			drop_buffer(surface->current);
		}
		latch_content_unref(surface->current);
	}
	surface->current = content;
}

/* With cached states wlroots maps damage in surface coordinates as if nothing were scaled or
 * turned. */
static bool has_exact_damage(const struct wlr_surface_state *state) {
	return !pixman_region32_not_empty(&state->surface_damage) ||
	       (state->scale == 1 && state->transform == WL_OUTPUT_TRANSFORM_NORMAL &&
		       !state->viewport.has_src && !state->viewport.has_dst);
}

/* update: NULL where none came with the surface's state. */
static void surface_take_update(struct latch_surface *surface, struct latch_update *update) {
	struct wlr_surface *wlr_surface = surface->wlr_surface;
	/* Damage counts from the commit before, whatever becomes of that one. */
	const bool damage_missed = surface->damage_missed;
	surface->damage_missed = true;
	if (wlr_surface->current.buffer == NULL) {
		surface_set_content(surface, NULL, LATCH_END_UNMAPPED);
		return;
	}
	if (update == NULL) {
		return;
	}
	if (update->record.fence_error != 0) {
		/* The GPU job that should have filled the buffer failed: the last good one
		 * stays up. The gate has said whose it was. */
		note_unseen(surface->tracker, update, LATCH_END_FENCE_ERROR);
		/* Who asked when this update is seen hears that it never is. */
		wlr_presentation_feedback_destroy(wlr_presentation_surface_sampled(wlr_surface));
		return;
	}
	struct latch_content *content = latch_content_from_buffer(
		surface->tracker, wlr_surface->current.buffer, update->id);
	if (content == NULL) {
		wl_resource_post_no_memory(wlr_surface->resource);
		note_unseen(surface->tracker, update, LATCH_END_REFUSED);
		return;
	}
	surface->has_third = content->buffer != surface->last_buffers[0] &&
			     content->buffer != surface->last_buffers[1];
	surface->last_buffers[1] = surface->last_buffers[0];
	surface->last_buffers[0] = content->buffer;
	latch_release_move(&content->release, &update->release);
	content->record = update->record;
	latch_mark('I', "ready", "surface", surface->id, update->record.update_id);
	surface->damage_missed = false;
	if (surface->current != NULL && !damage_missed && has_exact_damage(&wlr_surface->current)) {
		latch_content_follow(&surface->tracker->core->renderer, surface->current, content,
			&wlr_surface->buffer_damage);
	}
	surface_set_content(surface, content, LATCH_END_SUPERSEDED);
}

/* What is too much is answered now, in the time of its client. */
static void check_callbacks(struct latch_surface *surface) {
	if (wl_list_length(&surface->wlr_surface->current.frame_callback_list) <= MAX_WAITING) {
		return;
	}
	const struct timespec now = latch_ns_timespec(latch_now_ns());
	wlr_surface_send_frame_done(surface->wlr_surface, &now);
	if (!surface->logged_waiting) {
		surface->logged_waiting = true;
		wlr_log(WLR_INFO,
			"surface %u: more than %d frame callbacks wait: they are answered "
			"before it is shown",
			surface->id, MAX_WAITING);
	}
}

static void handle_applied(
	void *data, struct latch_surface_sync *sync, struct latch_update *update) {
	struct latch_content_tracker *tracker = data;
	struct latch_surface *surface = wl_container_of(sync, surface, sync);

	check_callbacks(surface);
	if (surface->wlr_surface->current.committed & WLR_SURFACE_STATE_BUFFER) {
		surface_take_update(surface, update);
	} else if (pixman_region32_not_empty(&surface->wlr_surface->buffer_damage)) {
		surface->damage_missed = true;
	}
	latch_outputs_surface_applied(
		tracker->core, surface, update != NULL ? &update->record : NULL);
}

static void surface_free(struct latch_surface *surface) {
	latch_id_map_remove(&surface->tracker->surfaces, surface->id);
	latch_account_unref(surface->account);
	free(surface);
}

static void handle_surface_destroy(struct wlr_addon *addon) {
	struct latch_surface *surface = wl_container_of(addon, surface, addon);
	wlr_addon_finish(&surface->addon);
	surface_set_content(surface, NULL, LATCH_END_SURFACE_GONE);
	latch_surface_sync_finish(&surface->sync);
	latch_trace_remove_surface(surface->tracker->core->trace, surface->id);
	wl_list_remove(&surface->callback_link);
	surface_free(surface);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_surface",
	.destroy = handle_surface_destroy,
};

static struct latch_surface *surface_create(
	struct latch_content_tracker *tracker, struct wlr_surface *wlr_surface) {
	struct latch_surface *surface = calloc(1, sizeof(*surface));
	const uint32_t id = tracker->next_surface_id + 1;
	if (surface == NULL || !latch_id_map_put(&tracker->surfaces, id, surface)) {
		free(surface);
		return NULL;
	}
	tracker->next_surface_id = id;
	*surface = (struct latch_surface){
		.tracker = tracker,
		.wlr_surface = wlr_surface,
		.account = latch_account_ref(
			latch_account_find(wl_resource_get_client(wlr_surface->resource))),
		.id = id,
	};
	if (!latch_surface_sync_init(
		    &surface->sync, tracker->core->gate, wlr_surface, surface->account, id)) {
		surface_free(surface);
		return NULL;
	}
	wl_list_init(&surface->callback_link);
	wlr_addon_init(&surface->addon, &wlr_surface->addons, NULL, &addon_impl);
	return surface;
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct latch_content_tracker *tracker = wl_container_of(listener, tracker, new_surface);
	struct wlr_surface *wlr_surface = data;
	if (surface_create(tracker, wlr_surface) == NULL) {
		/* A surface without the gate would show what is not done. */
		wl_resource_post_no_memory(wlr_surface->resource);
	}
}

struct latch_content_tracker *latch_content_tracker_create(struct latch_core *core) {
	struct latch_content_tracker *tracker = calloc(1, sizeof(*tracker));
	if (tracker == NULL) {
		return NULL;
	}
	tracker->core = core;
	wl_list_init(&tracker->live);
	wl_list_init(&tracker->unused);
	latch_listen(&core->compositor->events.new_surface, &tracker->new_surface,
		handle_new_surface);
	latch_gate_listen(core->gate, &(struct latch_gate_events){
						 .applied = handle_applied,
						 .committed = handle_committed,
						 .untaken = note_unseen,
						 .data = tracker,
					 });
	return tracker;
}

void latch_content_tracker_destroy(struct latch_content_tracker *tracker) {
	if (tracker == NULL) {
		return;
	}
	if (!wl_list_empty(&tracker->live)) {
		wlr_log(WLR_ERROR, "%zu buffers were not given back",
			latch_content_tracker_count(tracker));
	}
	struct latch_content *content, *tmp;
	wl_list_for_each_safe(content, tmp, &tracker->unused, link) {
		wl_list_remove(&content->link);
		free(content);
	}
	wl_list_remove(&tracker->new_surface.link);
	latch_id_map_finish(&tracker->surfaces);
	free(tracker);
}

void latch_content_tracker_drop_textures(struct latch_content_tracker *tracker) {
	struct latch_content *content;
	wl_list_for_each(content, &tracker->live, link) {
		latch_content_drop_texture(content);
		content->texture_failed = false;
	}
}

size_t latch_content_tracker_count(const struct latch_content_tracker *tracker) {
	return (size_t)wl_list_length(&tracker->live);
}

struct latch_surface *latch_surface_find(struct latch_content_tracker *tracker, uint32_t id) {
	return id != 0 ? latch_id_map_get(&tracker->surfaces, id) : NULL;
}

pid_t latch_surface_pid(const struct latch_surface *surface) {
	pid_t pid = 0;
	wl_client_get_credentials(
		wl_resource_get_client(surface->wlr_surface->resource), &pid, NULL, NULL);
	return pid;
}

void latch_surface_register(struct latch_surface *surface, const char *label) {
	const struct latch_trace_surface told = {
		.id = surface->id, .pid = latch_surface_pid(surface), .label = label};
	latch_trace_add_surface(surface->tracker->core->trace, &told);
	surface->registered = true;
}

struct latch_surface *latch_surface_get(const struct wlr_surface *wlr_surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(wlr_surface);
	struct latch_surface *surface;
	return sync != NULL ? wl_container_of(sync, surface, sync) : NULL;
}
