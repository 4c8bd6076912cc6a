/* SPDX-License-Identifier: MIT */
/* Surfaces: their roles, their commits, and the answers to these. */
#include "case.h"
#include "client.h"

/* Of its roles and its frame callback; the arguments are in the XML's order. */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	struct surface *surface = wl_proxy_get_user_data(proxy);
	char event[64];
	snprintf(event, sizeof(event), "%s.%s", wl_proxy_get_class(proxy), message->name);
	if (strcmp(event, "xdg_surface.configure") == 0) {
		surface->configured = true;
		xdg_surface_ack_configure(proxy, args[0].u);
	} else if (strcmp(event, "xdg_toplevel.configure") == 0) {
		surface->width = args[0].i;
		surface->height = args[1].i;
	} else if (strcmp(event, "xdg_toplevel.close") == 0) {
		surface->closed = true;
	} else if (strcmp(event, "xdg_popup.configure") == 0) {
		surface->x = args[0].i;
		surface->y = args[1].i;
		surface->width = args[2].i;
		surface->height = args[3].i;
	} else if (strcmp(event, "xdg_popup.popup_done") == 0) {
		fail("the popup was dismissed");
	} else if (strcmp(event, "wl_callback.done") == 0) {
		wl_callback_destroy(proxy);
		surface->callback = NULL;
		surface->frame_done = true;
	}
	return 0;
}

static void listen_to(void *proxy, struct surface *surface) {
	wl_proxy_add_dispatcher(proxy, handle_event, NULL, surface);
}

static void init(struct surface *surface, struct client *client) {
	*surface = (struct surface){
		.client = client,
		.wl_surface = wl_compositor_create_surface(client->compositor),
	};
	if (client->surface_events != NULL) {
		wl_proxy_add_dispatcher((struct wl_proxy *)surface->wl_surface,
			client->surface_events, NULL, surface);
	}
}

static void init_xdg_surface(struct surface *surface) {
	surface->xdg_surface =
		xdg_wm_base_get_xdg_surface(surface->client->wm_base, surface->wl_surface);
	listen_to(surface->xdg_surface, surface);
}

static void wait_for_configure(struct surface *surface) {
	wl_surface_commit(surface->wl_surface);
	CHECK(client_wait(surface->client, &surface->configured, 3000), "no configure event");
}

static void init_toplevel(
	struct surface *surface, struct client *client, const char *title, bool fullscreen) {
	init(surface, client);
	init_xdg_surface(surface);
	surface->toplevel = xdg_surface_get_toplevel(surface->xdg_surface);
	listen_to(surface->toplevel, surface);
	xdg_toplevel_set_title(surface->toplevel, title);
	xdg_toplevel_set_app_id(surface->toplevel, title);
	if (fullscreen) {
		xdg_toplevel_set_fullscreen(surface->toplevel, NULL);
	}
	wait_for_configure(surface);
}

void surface_init_fullscreen(struct surface *surface, struct client *client) {
	init_toplevel(surface, client, "fullscreen", true);
	CHECK(surface->width > 0 && surface->height > 0, "configured to %dx%d", surface->width,
		surface->height);
}

void surface_init_window(struct surface *surface, struct client *client, const char *title) {
	init_toplevel(surface, client, title, false);
}

void surface_init_subsurface(
	struct surface *surface, struct client *client, struct surface *parent, int x, int y) {
	init(surface, client);
	surface->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, surface->wl_surface, parent->wl_surface);
	wl_subsurface_set_position(surface->subsurface, x, y);
	wl_subsurface_set_desync(surface->subsurface);
}

void surface_init_popup(
	struct surface *surface, struct surface *parent, struct xdg_positioner *positioner) {
	init(surface, parent->client);
	init_xdg_surface(surface);
	struct xdg_popup *popup =
		xdg_surface_get_popup(surface->xdg_surface, parent->xdg_surface, positioner);
	listen_to(popup, surface);
	xdg_positioner_destroy(positioner);
	wait_for_configure(surface);
}

void surface_end_window(struct surface *surface) {
	xdg_toplevel_destroy(surface->toplevel);
	xdg_surface_destroy(surface->xdg_surface);
	surface->toplevel = NULL;
}

static struct wp_linux_drm_syncobj_timeline_v1 *share_new_timeline(
	struct client *client, struct timeline *timeline) {
	CHECK(timeline_init(timeline, timeline_node()), "no node has timelines");
	int fd = timeline_export(timeline);
	CHECK(fd >= 0, "syncobj: %s", strerror(errno));
	struct wp_linux_drm_syncobj_timeline_v1 *shared =
		wp_linux_drm_syncobj_manager_v1_import_timeline(client->syncobj, fd);
	close(fd);
	return shared;
}

void surface_use(struct surface *surface, enum fence_kind kind) {
	struct client *client = surface->client;
	surface->kind = kind;
	if (kind == KIND_SYNC_FILE) {
		if (client->explicit_sync == NULL) {
			skip("zwp_linux_explicit_synchronization_v1 is not offered");
		}
		surface->explicit_sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
			client->explicit_sync, surface->wl_surface);
	} else if (kind == KIND_SYNCOBJ) {
		if (client->syncobj == NULL) {
			skip("linux-drm-syncobj-v1 is not offered");
		}
		surface->syncobj = wp_linux_drm_syncobj_manager_v1_get_surface(
			client->syncobj, surface->wl_surface);
		surface->wl_acquire = share_new_timeline(client, &surface->acquire);
		surface->wl_release = share_new_timeline(client, &surface->release);
	}
}

/* Of its presentation feedback and its release, which end with what they say. */
static int handle_frame_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	struct frame *frame = wl_proxy_get_user_data(proxy);
	const bool fenced = strcmp(message->name, "fenced_release") == 0;
	if (strcmp(message->name, "sync_output") == 0) {
		return 0;
	}
	if (fenced || strcmp(message->name, "immediate_release") == 0) {
		frame->releases++;
		frame->release_ns = latch_now_ns();
		frame->release_fd = fenced ? args[0].h : -1;
	} else if (strcmp(message->name, "presented") == 0) {
		CHECK(frame->state == FRAME_PENDING, "feedback twice");
		frame->state = FRAME_PRESENTED;
		frame->presented_ns =
			(int64_t)((uint64_t)args[0].u << 32 | args[1].u) * 1000000000 + args[2].u;
		frame->refresh_ns = args[3].u;
		frame->seq = (uint64_t)args[4].u << 32 | args[5].u;
		frame->flags = args[6].u;
	} else {
		CHECK(frame->state == FRAME_PENDING, "feedback twice");
		frame->state = FRAME_DISCARDED;
	}
	wl_proxy_destroy(proxy);
	return 0;
}

static void listen_to_frame(void *proxy, struct frame *frame) {
	wl_proxy_add_dispatcher(proxy, handle_frame_event, NULL, frame);
}

static void set_fences(struct surface *surface, struct frame *frame, int acquire_fd) {
	if (surface->kind == KIND_SYNC_FILE) {
		int fd = acquire_fd >= 0 ? acquire_fd : drm_fence_signalled();
		zwp_linux_surface_synchronization_v1_set_acquire_fence(surface->explicit_sync, fd);
		if (acquire_fd < 0) {
			close(fd);
		}
		if (frame != NULL && surface->watch_releases) {
			listen_to_frame(zwp_linux_surface_synchronization_v1_get_release(
						surface->explicit_sync),
				frame);
		}
	} else if (surface->kind == KIND_SYNCOBJ) {
		uint64_t point = ++surface->point;
		if (acquire_fd >= 0) {
			timeline_must_import(&surface->acquire, point, acquire_fd);
		} else if (acquire_fd != FENCE_NOT_YET) {
			timeline_must_signal(&surface->acquire, point);
		}
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(surface->syncobj,
			surface->wl_acquire, (uint32_t)(point >> 32), (uint32_t)point);
		wp_linux_drm_syncobj_surface_v1_set_release_point(surface->syncobj,
			surface->wl_release, (uint32_t)(point >> 32), (uint32_t)point);
	}
}

void surface_commit(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int acquire_fd) {
	wl_surface_damage_buffer(surface->wl_surface, 0, 0, INT32_MAX, INT32_MAX);
	surface_commit_same(surface, buffer, frame, acquire_fd);
}

void surface_commit_same(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int acquire_fd) {
	struct client *client = surface->client;
	if (buffer != NULL) {
		wl_surface_attach(surface->wl_surface, buffer->wl_buffer, 0, 0);
		buffer->commits++;
	}
	if (surface->callback != NULL) {
		wl_callback_destroy(surface->callback);
	}
	surface->callback = wl_surface_frame(surface->wl_surface);
	listen_to(surface->callback, surface);
	surface->frame_done = false;
	if (frame != NULL) {
		*frame = (struct frame){.client = client, .state = FRAME_PENDING, .release_fd = -1};
		listen_to_frame(
			wp_presentation_feedback(client->presentation, surface->wl_surface), frame);
	}
	set_fences(surface, frame, acquire_fd);
	if (frame != NULL) {
		frame->commit_ns = latch_now_ns();
	}
	wl_surface_commit(surface->wl_surface);
	wl_display_flush(client->display);
}

void frame_wait(struct frame *frame, int limit_ms) {
	int64_t end_ns = latch_now_ns() + limit_ms * MS;
	while (frame->state == FRAME_PENDING && client_pump(frame->client, end_ns)) {
	}
	CHECK(frame->state != FRAME_DISCARDED, "a frame was discarded");
	CHECK(frame->state == FRAME_PRESENTED, "a frame was not presented after %d ms", limit_ms);
}

void surface_show(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int limit_ms) {
	struct frame unasked;
	frame = frame != NULL ? frame : &unasked;
	surface_commit(surface, buffer, frame, -1);
	frame_wait(frame, limit_ms);
}

void surface_wait_callback(struct surface *surface, int limit_ms) {
	CHECK(client_wait(surface->client, &surface->frame_done, limit_ms),
		"no frame callback after %d ms", limit_ms);
}
