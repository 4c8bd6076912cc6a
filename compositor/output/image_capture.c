#include "output/image_capture.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_ext_image_capture_source_v1.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "output/output.h"
#include "output/renderer.h"
#include "server.h"

#define SOURCE_MANAGER_VERSION 1
#define COPY_MANAGER_VERSION 1

/*
 * wlroots' objects assert that an output has a renderer, from the first request on. It is not made
 * for nothing (renderer.h), so it is made when a client binds one of the globals. No event of theirs
 * tells that; libwayland does, for every object of every client, so after the first such one nobody
 * listens any more.
 */
struct latch_image_capture {
	struct latch_server *server;
	/** A client has bound a global: all outputs have a renderer, and new ones get it. */
	bool wanted;
	struct wl_list watches; // watch.link
	struct wl_listener client_created;
};

struct watch {
	struct latch_image_capture *capture;
	struct wl_list link;
	struct wl_listener resource_created, client_destroy;
};

static void watch_destroy(struct watch *watch) {
	wl_list_remove(&watch->resource_created.link);
	wl_list_remove(&watch->client_destroy.link);
	wl_list_remove(&watch->link);
	free(watch);
}

static void watch_nobody(struct latch_image_capture *capture) {
	struct watch *watch, *tmp;
	wl_list_for_each_safe(watch, tmp, &capture->watches, link) {
		watch_destroy(watch);
	}
	wl_list_remove(&capture->client_created.link);
	wl_list_init(&capture->client_created.link);
}

static bool give_renderer(struct latch_server *server, struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	if (wlr_output->renderer != NULL) {
		return true;
	}
	return latch_renderer_ensure(&server->renderer) &&
	       wlr_output_init_render(wlr_output, server->renderer.allocator,
		       server->renderer.wlr_renderer);
}

static bool prepare(struct latch_image_capture *capture) {
	struct latch_server *server = capture->server;
	if (!latch_renderer_ensure(&server->renderer)) {
		return false;
	}
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (!give_renderer(server, output)) {
			return false;
		}
	}
	return true;
}

static bool is_capture_global(const char *interface) {
	return strcmp(interface, "zwlr_screencopy_manager_v1") == 0 ||
	       strcmp(interface, "ext_output_image_capture_source_manager_v1") == 0;
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, resource_created);
	struct latch_image_capture *capture = watch->capture;
	struct wl_resource *resource = data;
	if (capture->wanted || !is_capture_global(wl_resource_get_class(resource))) {
		return;
	}
	if (!prepare(capture)) {
		wl_client_post_implementation_error(wl_resource_get_client(resource),
			"no picture can be taken: there is no renderer");
		return;
	}
	capture->wanted = true;
	watch_nobody(capture);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, client_destroy);
	watch_destroy(watch);
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct latch_image_capture *capture = wl_container_of(listener, capture, client_created);
	struct wl_client *client = data;
	struct watch *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	watch->capture = capture;
	watch->resource_created.notify = handle_resource_created;
	watch->client_destroy.notify = handle_client_destroy;
	wl_client_add_resource_created_listener(client, &watch->resource_created);
	wl_client_add_destroy_listener(client, &watch->client_destroy);
	wl_list_insert(&capture->watches, &watch->link);
}

struct latch_image_capture *latch_image_capture_create(struct latch_server *server) {
	struct latch_image_capture *capture = calloc(1, sizeof(*capture));
	if (capture == NULL) {
		return NULL;
	}
	capture->server = server;
	wl_list_init(&capture->watches);
	capture->client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(server->display, &capture->client_created);
	bool ok = wlr_screencopy_manager_v1_create(server->display) != NULL &&
		  wlr_ext_output_image_capture_source_manager_v1_create(
			  server->display, SOURCE_MANAGER_VERSION) != NULL &&
		  wlr_ext_image_copy_capture_manager_v1_create(
			  server->display, COPY_MANAGER_VERSION) != NULL;
	if (!ok) {
		latch_image_capture_destroy(capture); // the globals go with the display
		return NULL;
	}
	return capture;
}

void latch_image_capture_destroy(struct latch_image_capture *capture) {
	if (capture == NULL) {
		return;
	}
	watch_nobody(capture);
	free(capture);
}

void latch_image_capture_add(struct latch_image_capture *capture, struct latch_output *output) {
	if (capture != NULL && capture->wanted && !give_renderer(capture->server, output)) {
		/* Its siblings could, so this is not to be expected; wlroots would not survive a
		 * request for a picture of this one. */
		wlr_log(WLR_ERROR, "%s can't be composed, the session ends",
			output->wlr_output->name);
		latch_server_end(capture->server, LATCH_EXIT_FAILURE);
	}
}

void latch_picture_finish(struct latch_picture *picture) {
	wlr_buffer_unlock(picture->last);
	picture->last = NULL;
}

bool latch_output_wants_picture(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	if (output->kms == NULL) {
		return false;
	}
	if (wlr_output->attach_render_locks > 0) {
		return true;
	}
	if (output->picture.last != NULL) {
		latch_picture_finish(&output->picture);
		/* wlroots' own, to find out formats by; it has a screenful in it. */
		wlr_swapchain_destroy(wlr_output->swapchain);
		wlr_output->swapchain = NULL;
	}
	return false;
}

bool latch_output_wants_cursor_in_picture(const struct latch_output *output) {
	return output->kms != NULL && output->wlr_output->attach_render_locks > 0 &&
	       output->wlr_output->software_cursor_locks > 0;
}

void latch_output_give_picture(
	struct latch_output *output, struct wlr_buffer *buffer, int64_t when_ns) {
	struct wlr_output *wlr_output = output->wlr_output;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_buffer(&state, buffer);
	if (buffer == output->picture.last) {
		/* It was locked since, so nobody has drawn into it: nothing is new, and those who
		 * wait for something new wait on. */
		pixman_region32_t none;
		pixman_region32_init(&none);
		wlr_output_state_set_damage(&state, &none);
		pixman_region32_fini(&none);
	}
	struct timespec when = latch_ns_timespec(when_ns);
	struct wlr_output_event_precommit precommit = {
		.output = wlr_output,
		.when = when,
		.state = &state,
	};
	wl_signal_emit_mutable(&wlr_output->events.precommit, &precommit);
	struct wlr_output_event_commit commit = {
		.output = wlr_output,
		.when = when,
		.state = &state,
	};
	wl_signal_emit_mutable(&wlr_output->events.commit, &commit);

	if (buffer != output->picture.last) {
		latch_picture_finish(&output->picture);
		output->picture.last = wlr_buffer_lock(buffer);
	}
	wlr_output_state_finish(&state);
}
