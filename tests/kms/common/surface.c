/* Surfaces: their roles, their commits, and the answers to these. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "client.h"

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct surface *surface = data;
	surface->configured = true;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_surface_configure,
};

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	struct surface *surface = data;
	surface->width = width;
	surface->height = height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	struct surface *surface = data;
	surface->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

static void init(struct surface *surface, struct client *client) {
	*surface = (struct surface){
		.client = client,
		.wl_surface = wl_compositor_create_surface(client->compositor),
	};
	if (client->surface_listener != NULL) {
		wl_surface_add_listener(surface->wl_surface, client->surface_listener, surface);
	}
}

static void init_xdg_surface(struct surface *surface) {
	surface->xdg_surface =
		xdg_wm_base_get_xdg_surface(surface->client->wm_base, surface->wl_surface);
	xdg_surface_add_listener(surface->xdg_surface, &xdg_surface_listener, surface);
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
	xdg_toplevel_add_listener(surface->toplevel, &toplevel_listener, surface);
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

static void handle_popup_configure(
	void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
	struct surface *surface = data;
	surface->x = x;
	surface->y = y;
	surface->width = width;
	surface->height = height;
}

static void handle_popup_done(void *data, struct xdg_popup *popup) {
	fail("the popup was dismissed");
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
};

void surface_init_popup(
	struct surface *surface, struct surface *parent, struct xdg_positioner *positioner) {
	init(surface, parent->client);
	init_xdg_surface(surface);
	struct xdg_popup *popup =
		xdg_surface_get_popup(surface->xdg_surface, parent->xdg_surface, positioner);
	xdg_popup_add_listener(popup, &popup_listener, surface);
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

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
	uint32_t tv_sec_hi, uint32_t tv_sec_lo, uint32_t tv_nsec, uint32_t refresh, uint32_t seq_hi,
	uint32_t seq_lo, uint32_t flags) {
	struct frame *frame = data;
	CHECK(frame->state == FRAME_PENDING, "feedback twice");
	frame->state = FRAME_PRESENTED;
	frame->presented_ns =
		(int64_t)((uint64_t)tv_sec_hi << 32 | tv_sec_lo) * 1000000000 + tv_nsec;
	frame->refresh_ns = refresh;
	frame->seq = (uint64_t)seq_hi << 32 | seq_lo;
	frame->flags = flags;
	wp_presentation_feedback_destroy(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	struct frame *frame = data;
	CHECK(frame->state == FRAME_PENDING, "feedback twice");
	frame->state = FRAME_DISCARDED;
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

static void handle_fenced_release(
	void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fence) {
	struct frame *frame = data;
	frame->releases++;
	frame->release_ns = latch_now_ns();
	frame->release_fd = fence;
	zwp_linux_buffer_release_v1_destroy(release);
}

static void handle_immediate_release(void *data, struct zwp_linux_buffer_release_v1 *release) {
	handle_fenced_release(data, release, -1);
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	.fenced_release = handle_fenced_release,
	.immediate_release = handle_immediate_release,
};

static void handle_callback(void *data, struct wl_callback *callback, uint32_t time) {
	struct surface *surface = data;
	wl_callback_destroy(callback);
	surface->callback = NULL;
	surface->frame_done = true;
}

static const struct wl_callback_listener callback_listener = {.done = handle_callback};

static void set_fences(struct surface *surface, struct frame *frame, int acquire_fd) {
	if (surface->kind == KIND_SYNC_FILE) {
		int fd = acquire_fd >= 0 ? acquire_fd : drm_fence_signalled();
		zwp_linux_surface_synchronization_v1_set_acquire_fence(surface->explicit_sync, fd);
		if (acquire_fd < 0) {
			close(fd);
		}
		if (frame != NULL && surface->watch_releases) {
			struct zwp_linux_buffer_release_v1 *release =
				zwp_linux_surface_synchronization_v1_get_release(
					surface->explicit_sync);
			zwp_linux_buffer_release_v1_add_listener(release, &release_listener, frame);
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
	wl_callback_add_listener(surface->callback, &callback_listener, surface);
	surface->frame_done = false;
	if (frame != NULL) {
		*frame = (struct frame){.client = client, .state = FRAME_PENDING, .release_fd = -1};
		struct wp_presentation_feedback *feedback =
			wp_presentation_feedback(client->presentation, surface->wl_surface);
		wp_presentation_feedback_add_listener(feedback, &feedback_listener, frame);
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
