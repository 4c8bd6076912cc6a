#include "sync/linux_explicit_synchronization_v1.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "limits/account.h"
#include "linux-explicit-synchronization-unstable-v1-protocol.h"
#include "sync/fence.h"

#define EXPLICIT_VERSION 2
#define BUFFER_RELEASE_VERSION 1

struct latch_buffer_release {
	struct wl_resource *resource; /* NULL when the client is gone */
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void buffer_release_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_buffer_release *release = wl_resource_get_user_data(resource);
	if (release != NULL) {
		release->resource = NULL;
	}
}

void latch_buffer_release_send(struct latch_buffer_release *release, int fence_fd) {
	if (release == NULL) {
		return;
	}
	if (release->resource != NULL) {
		/* libwayland duplicates the fd when it queues the event. */
		if (fence_fd >= 0) {
			zwp_linux_buffer_release_v1_send_fenced_release(
				release->resource, fence_fd);
		} else {
			zwp_linux_buffer_release_v1_send_immediate_release(release->resource);
		}
		wl_resource_destroy(release->resource);
	}
	free(release);
}

void latch_explicit_surface_init(
	struct latch_explicit_surface *state, struct latch_account *account) {
	*state = (struct latch_explicit_surface){.acquire_fd = -1, .account = account};
}

int latch_explicit_surface_take_acquire(struct latch_explicit_surface *state) {
	if (state->acquire_fd >= 0) {
		latch_account_discharge(state->account, LATCH_LIMIT_FDS, 1);
	}
	return latch_fence_take(&state->acquire_fd);
}

static void drop_acquire(struct latch_explicit_surface *state) {
	int fd = latch_explicit_surface_take_acquire(state);
	latch_fence_clear(&fd);
}

void latch_explicit_surface_finish(struct latch_explicit_surface *state) {
	drop_acquire(state);
	/* Never committed, so never used: its buffer is free. */
	latch_buffer_release_send(state->release, -1);
	state->release = NULL;
	if (state->resource != NULL) {
		wl_resource_set_user_data(state->resource, NULL);
		state->resource = NULL;
	}
}

static void surface_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_explicit_surface *state = wl_resource_get_user_data(resource);
	if (state != NULL) {
		/* The fence goes with its object; a release object that came from it stays,
		 * and belongs to the next commit. */
		drop_acquire(state);
		state->resource = NULL;
	}
}

static void surface_handle_set_acquire_fence(
	struct wl_client *client, struct wl_resource *resource, int fd) {
	struct latch_explicit_surface *state = wl_resource_get_user_data(resource);
	if (state == NULL) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_SURFACE,
			"the wl_surface has been destroyed");
	} else if (!latch_fence_is_valid(fd)) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_INVALID_FENCE,
			"the file descriptor is no sync_file");
	} else if (state->acquire_fd >= 0) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_FENCE,
			"an acquire fence was already set for this commit");
	} else if (!latch_account_charge(state->account, LATCH_LIMIT_FDS, 1)) {
		latch_account_refuse(state->account);
	} else {
		state->acquire_fd = fd;
		return;
	}
	close(fd);
}

static void surface_handle_get_release(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct latch_explicit_surface *state = wl_resource_get_user_data(resource);
	if (state == NULL) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_SURFACE,
			"the wl_surface has been destroyed");
		return;
	}
	if (state->release != NULL) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_RELEASE,
			"a release was already asked for this commit");
		return;
	}

	struct latch_buffer_release *release = calloc(1, sizeof(*release));
	if (release == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	release->resource = wl_resource_create(
		client, &zwp_linux_buffer_release_v1_interface, BUFFER_RELEASE_VERSION, id);
	if (release->resource == NULL) {
		free(release);
		wl_resource_post_no_memory(resource);
		return;
	}
	/* It has events only. */
	wl_resource_set_implementation(
		release->resource, NULL, release, buffer_release_handle_resource_destroy);
	state->release = release;
}

static const struct zwp_linux_surface_synchronization_v1_interface surface_impl = {
	.destroy = handle_destroy,
	.set_acquire_fence = surface_handle_set_acquire_fence,
	.get_release = surface_handle_get_release,
};

void latch_explicit_surface_reject(struct latch_explicit_surface *state,
	struct wlr_surface *surface, enum latch_sync_verdict verdict) {
	/* The object can be gone while a release of it still waits for a commit: then there
	 * is nobody left to be told. */
	if (state->resource == NULL) {
		return;
	}
	switch (verdict) {
	case LATCH_SYNC_ZWP_NO_BUFFER:
		wlr_surface_reject_pending(surface, state->resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_BUFFER,
			"acquire fence or release set, but no buffer attached");
		return;
	case LATCH_SYNC_ZWP_UNSUPPORTED_BUFFER:
		wlr_surface_reject_pending(surface, state->resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_UNSUPPORTED_BUFFER,
			"acquire fence set, but the buffer is no dma-buf");
		return;
	default:
		assert(false && "not an error of this protocol");
	}
}

static void manager_handle_get_synchronization(struct wl_client *client,
	struct wl_resource *resource, uint32_t id, struct wl_resource *surface_resource) {
	const struct latch_explicit_context *context = wl_resource_get_user_data(resource);
	struct latch_explicit_surface *state =
		context->lookup(wlr_surface_from_resource(surface_resource));
	if (state == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	if (state->resource != NULL) {
		wl_resource_post_error(resource,
			ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS,
			"wl_surface#%u already has a zwp_linux_surface_synchronization_v1",
			wl_resource_get_id(surface_resource));
		return;
	}

	struct wl_resource *surface =
		wl_resource_create(client, &zwp_linux_surface_synchronization_v1_interface,
			wl_resource_get_version(resource), id);
	if (surface == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(
		surface, &surface_impl, state, surface_handle_resource_destroy);
	state->resource = surface;
}

static const struct zwp_linux_explicit_synchronization_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_synchronization = manager_handle_get_synchronization,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_linux_explicit_synchronization_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

struct wl_global *latch_explicit_global_create(
	struct wl_display *display, struct latch_explicit_context *context) {
	return wl_global_create(display, &zwp_linux_explicit_synchronization_v1_interface,
		EXPLICIT_VERSION, context, manager_bind);
}
