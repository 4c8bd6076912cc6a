/* SPDX-License-Identifier: MIT */
/*
 * Clients that take pictures of an output: wlr-screencopy-unstable-v1, and
 * ext-image-copy-capture-v1 of an ext-image-capture-source-v1. The protocol objects are wlroots';
 * they expect that every frame goes through wlr_output_commit_state() with a buffer, which latch's
 * own KMS outputs never do. So a frame that is wanted is composed whole, and then handed to them.
 *
 * (output/capture.c is another thing: a picture by the writeback connector, for --capture.)
 */
#include "output/output.h"

#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_ext_image_capture_source_v1.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "limits/client.h"

static bool prepare(struct latch_core *core) {
	bool ok = latch_renderer_ensure(&core->renderer);
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		ok = ok && latch_renderer_give(&core->renderer, output->wlr_output);
	}
	return ok;
}

static bool is_capture_global(const char *interface) {
	return strcmp(interface, "zwlr_screencopy_manager_v1") == 0 ||
	       strcmp(interface, "ext_output_image_capture_source_manager_v1") == 0;
}

/*
 * wlroots' objects assert that an output has a renderer, from the first request on. It is not made
 * for nothing (renderer.h), so it is made when a client binds one of the globals. No event of
 * theirs tells that; libwayland does, for every object of every client, so after the first such one
 * nobody listens any more.
 */
static void handle_resource_created(void *data, struct wl_resource *resource) {
	struct latch_core *core = data;
	if (!is_capture_global(wl_resource_get_class(resource))) {
		return;
	}
	if (!prepare(core)) {
		wl_client_post_implementation_error(wl_resource_get_client(resource),
			"no picture can be taken: there is no renderer");
		return;
	}
	core->pictures_wanted = true;
	latch_clients_watch_resources(core->clients, NULL, NULL);
}

bool latch_image_capture_create_globals(struct latch_core *core) {
	latch_clients_watch_resources(core->clients, handle_resource_created, core);
	return wlr_screencopy_manager_v1_create(core->display) != NULL &&
	       wlr_ext_output_image_capture_source_manager_v1_create(core->display, 1) != NULL &&
	       wlr_ext_image_copy_capture_manager_v1_create(core->display, 1) != NULL;
}

void latch_image_capture_add(struct latch_output *output) {
	struct latch_core *core = output->core;
	if (core->pictures_wanted && !latch_renderer_give(&core->renderer, output->wlr_output)) {
		/* Its siblings could, so this is not to be expected; wlroots would not survive a
		 * request for a picture of this one. */
		wlr_log(WLR_ERROR, "%s can't be composed, the session ends",
			output->wlr_output->name);
		core->end(core, LATCH_EXIT_FAILURE);
	}
}

void latch_output_forget_picture(struct latch_output *output) {
	wlr_buffer_unlock(output->last_picture);
	output->last_picture = NULL;
}

bool latch_output_wants_picture(struct latch_output *output) {
	struct wlr_output *wlr_output = output->wlr_output;
	const bool wanted = output->kms != NULL && wlr_output->attach_render_locks > 0;
	if (!wanted && output->last_picture != NULL) {
		latch_output_forget_picture(output);
		/* wlroots' own, to find out formats by; it has a screenful in it. */
		wlr_swapchain_destroy(wlr_output->swapchain);
		wlr_output->swapchain = NULL;
	}
	return wanted;
}

void latch_output_give_picture(
	struct latch_output *output, struct wlr_buffer *buffer, int64_t when_ns) {
	struct wlr_output *wlr_output = output->wlr_output;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_buffer(&state, buffer);
	if (buffer == output->last_picture) {
		/* It was locked since, so nobody has drawn into it: nothing is new, and those who
		 * wait for something new wait on. */
		pixman_region32_t none;
		pixman_region32_init(&none);
		wlr_output_state_set_damage(&state, &none);
		pixman_region32_fini(&none);
	}
	struct timespec when = latch_ns_timespec(when_ns);
	struct wlr_output_event_precommit precommit = {
		.output = wlr_output, .when = when, .state = &state};
	wl_signal_emit_mutable(&wlr_output->events.precommit, &precommit);
	struct wlr_output_event_commit commit = {
		.output = wlr_output, .when = when, .state = &state};
	wl_signal_emit_mutable(&wlr_output->events.commit, &commit);

	if (buffer != output->last_picture) {
		latch_output_forget_picture(output);
		output->last_picture = wlr_buffer_lock(buffer);
	}
	wlr_output_state_finish(&state);
}
