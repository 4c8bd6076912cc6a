#include "sync/gate.h"

#include <stdlib.h>
#include <wlr/util/log.h>

#include "sync/private.h"
#include "sync/timeline.h"

static struct latch_syncobj_surface *lookup_syncobj(struct wlr_surface *surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL ? &sync->syncobj : NULL;
}

static struct latch_explicit_surface *lookup_explicit(struct wlr_surface *surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL ? &sync->explicit : NULL;
}

static struct latch_fifo_surface *lookup_fifo(struct wlr_surface *surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL ? &sync->fifo : NULL;
}

static struct latch_timing_surface *lookup_timing(struct wlr_surface *surface) {
	struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	return sync != NULL ? &sync->timing : NULL;
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct latch_gate *gate = wl_container_of(listener, gate, new_surface);
	struct wlr_surface *surface = data;
	if (!latch_surface_sync_create(gate, surface)) {
		/* A surface without the gate would show what is not done. */
		wl_resource_post_no_memory(surface->resource);
	}
}

static void stop_listening(struct latch_gate *gate) {
	wl_list_remove(&gate->new_surface.link);
	wl_list_init(&gate->new_surface.link);
	wl_list_remove(&gate->compositor_destroy.link);
	wl_list_init(&gate->compositor_destroy.link);
}

static void handle_compositor_destroy(struct wl_listener *listener, void *data) {
	struct latch_gate *gate = wl_container_of(listener, gate, compositor_destroy);
	stop_listening(gate);
}

struct latch_gate *latch_gate_create(struct wl_display *display, struct wlr_compositor *compositor,
	const struct latch_gate_options *options) {
	struct latch_gate *gate = calloc(1, sizeof(*gate));
	if (gate == NULL) {
		goto error;
	}
	*gate = (struct latch_gate){
		.loop = wl_display_get_event_loop(display),
		.options = *options,
		.syncobj = {.device = options->timeline_device, .lookup = lookup_syncobj},
		.explicit = {.lookup = lookup_explicit},
		.fifo = {.lookup = lookup_fifo},
		.timing = {.lookup = lookup_timing},
		.new_surface = {.notify = handle_new_surface},
		.compositor_destroy = {.notify = handle_compositor_destroy},
	};
	wl_list_init(&gate->surfaces);
	wl_list_init(&gate->free);

	if (!latch_hold_init(gate)) {
		goto error_gate;
	}
	if (!latch_pacing_init(gate)) {
		goto error_hold;
	}
	gate->releases = latch_release_pool_create(gate->loop);
	if (gate->releases == NULL) {
		goto error_pacing;
	}
	gate->explicit_global = latch_explicit_global_create(display, &gate->explicit);
	if (gate->explicit_global == NULL) {
		goto error_releases;
	}
	gate->fifo_global = latch_fifo_global_create(display, &gate->fifo);
	if (gate->fifo_global == NULL) {
		goto error_explicit;
	}
	gate->timing_global = latch_timing_global_create(display, &gate->timing);
	if (gate->timing_global == NULL) {
		goto error_fifo;
	}
	if (options->timeline_device != NULL) {
		gate->syncobj_global = latch_syncobj_global_create(display, &gate->syncobj);
		if (gate->syncobj_global == NULL) {
			goto error_timing;
		}
		gate->timeline_device = latch_timeline_device_ref(options->timeline_device);
	} else {
		wlr_log(WLR_INFO, "No DRM node has timelines: linux-drm-syncobj-v1 is off");
	}

	wl_signal_add(&compositor->events.new_surface, &gate->new_surface);
	wl_signal_add(&compositor->events.destroy, &gate->compositor_destroy);
	return gate;

error_timing:
	wl_global_destroy(gate->timing_global);
error_fifo:
	wl_global_destroy(gate->fifo_global);
error_explicit:
	wl_global_destroy(gate->explicit_global);
error_releases:
	latch_release_pool_finish(gate->releases);
error_pacing:
	latch_pacing_finish(gate);
error_hold:
	latch_hold_finish(gate);
error_gate:
	free(gate);
error:
	wlr_log(WLR_ERROR, "Can't create the gate: out of memory");
	return NULL;
}

void latch_gate_destroy(struct latch_gate *gate) {
	if (gate == NULL) {
		return;
	}
	stop_listening(gate);

	struct latch_surface_sync *sync, *sync_tmp;
	wl_list_for_each_safe(sync, sync_tmp, &gate->surfaces, link) {
		latch_surface_sync_destroy(sync);
	}
	struct latch_held_update *update, *update_tmp;
	wl_list_for_each_safe(update, update_tmp, &gate->free, link) {
		free(update);
	}

	if (gate->syncobj_global != NULL) {
		wl_global_destroy(gate->syncobj_global);
	}
	wl_global_destroy(gate->timing_global);
	wl_global_destroy(gate->fifo_global);
	wl_global_destroy(gate->explicit_global);
	latch_release_pool_finish(gate->releases);
	latch_pacing_finish(gate);
	latch_hold_finish(gate);
	latch_timeline_device_unref(gate->timeline_device);
	free(gate);
}

void latch_gate_get_stats(const struct latch_gate *gate, struct latch_gate_stats *stats) {
	*stats = gate->stats;
	stats->releases = gate->releases->outstanding;
}
