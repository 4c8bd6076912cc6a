/* SPDX-License-Identifier: MIT */
/* zwp_linux_explicit_synchronization_v1: the wire, and the rules of a commit. */

#include "fence/fence.h"
#include "limits/account.h"
#include "linux-explicit-synchronization-unstable-v1-protocol.h"
#include "sync/extension.h"
#include "sync/release.h"

int latch_explicit_take_acquire(struct latch_surface_sync *sync) {
	if (sync->explicit.acquire_fd >= 0) {
		latch_account_discharge(sync->account, LATCH_LIMIT_FDS, 1);
	}
	return latch_fd_take(&sync->explicit.acquire_fd);
}

static void drop_acquire(struct latch_surface_sync *sync) {
	int fd = latch_explicit_take_acquire(sync);
	latch_fd_clear(&fd);
}

void latch_explicit_finish(struct latch_surface_sync *sync) {
	drop_acquire(sync);
	/* Never committed, so never used: its buffer is free. */
	latch_buffer_release_send(&sync->release.buffer_release, -1);
}

/* get_release has no unsupported_buffer: any buffer can be released at once. */
bool latch_explicit_check(struct latch_surface_sync *sync, bool has_buffer, bool is_dmabuf) {
	struct wl_resource *object = sync->objects[LATCH_EXTENSION_EXPLICIT];
	const bool has_fence = sync->explicit.acquire_fd >= 0;
	if ((!has_fence && sync->release.buffer_release == NULL) ||
		(has_buffer && (!has_fence || is_dmabuf))) {
		return true;
	}
	if (object == NULL) {
		/* The client has destroyed the object that an error would be sent on. The release
		 * that it asked for before is all that is left: it is sent now. */
		latch_buffer_release_send(&sync->release.buffer_release, -1);
		return true;
	}
	if (has_buffer) {
		wlr_surface_reject_pending(sync->surface, object,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_UNSUPPORTED_BUFFER,
			"acquire fence set, but the buffer is no dma-buf");
	} else {
		wlr_surface_reject_pending(sync->surface, object,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_BUFFER,
			"acquire fence or release set, but no buffer attached");
	}
	return false;
}

static void surface_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(resource);
	if (sync != NULL) {
		/* The fence goes with its object; a release object that came from it stays,
		 * and belongs to the next commit. */
		drop_acquire(sync);
	}
	latch_extension_forget(resource);
}

static void surface_handle_set_acquire_fence(
	struct wl_client *client, struct wl_resource *resource, int fd) {
	struct latch_surface_sync *sync = latch_extension_surface(
		resource, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_SURFACE);
	if (sync == NULL) {
		/* The client has its error. */
	} else if (!latch_fence_is_valid(fd)) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_INVALID_FENCE,
			"the file descriptor is no sync_file");
	} else if (sync->explicit.acquire_fd >= 0) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_FENCE,
			"an acquire fence was already set for this commit");
	} else if (!latch_account_charge(sync->account, LATCH_LIMIT_FDS, 1)) {
		latch_account_refuse(sync->account);
	} else {
		sync->explicit.acquire_fd = fd;
		return;
	}
	close(fd);
}

static void surface_handle_get_release(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct latch_surface_sync *sync = latch_extension_surface(
		resource, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_SURFACE);
	if (sync == NULL) {
		return;
	}
	if (sync->release.buffer_release != NULL) {
		wl_resource_post_error(resource,
			ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_RELEASE,
			"a release was already asked for this commit");
		return;
	}
	latch_buffer_release_create(&sync->release.buffer_release, client, id);
}

const struct latch_extension latch_explicit_extension = {
	.manager = &zwp_linux_explicit_synchronization_v1_interface,
	.object = &zwp_linux_surface_synchronization_v1_interface,
	.version = 2,
	.manager_impl = &latch_extension_manager,
	.object_impl =
		&(const struct zwp_linux_surface_synchronization_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.set_acquire_fence = surface_handle_set_acquire_fence,
			.get_release = surface_handle_get_release,
		},
	.kind = LATCH_EXTENSION_EXPLICIT,
	.exists = ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS,
	.destroyed = surface_handle_resource_destroy,
};
