/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A protocol that gives a wl_surface one more object: a global, whose request makes it. What the
 * object sets waits in the surface (struct latch_surface_sync) for the next commit. When the
 * surface goes, the client's object stays without effect.
 */

#include "limits/resource.h"
#include "sync/types.h"

struct latch_extension {
	/** Of the global, which has this version, and of the objects. */
	const struct wl_interface *manager, *object;
	int version;
	/** The requests of both. */
	const void *manager_impl, *object_impl;
	/** A client has a manager now; or NULL. */
	void (*bound)(struct wl_resource *manager);
	enum latch_extension_kind kind;
	/** The manager's error when there is an object already. */
	uint32_t exists;
	/** For wl_resource_set_implementation(): latch_extension_forget(), or what calls it. */
	wl_resource_destroy_func_t destroyed;
};

/** linux-drm-syncobj-v1, zwp_linux_explicit_synchronization_v1, fifo-v1, commit-timing-v1,
 * tearing-control-v1 and color-management-v1. */
extern const struct latch_extension latch_syncobj_extension, latch_explicit_extension,
	latch_fifo_extension, latch_timing_extension, latch_tearing_extension,
	latch_color_extension;

/** The requests of a manager that has no others than destroy and the one that makes an object. */
extern const struct latch_extension_manager {
	void (*destroy)(struct wl_client *client, struct wl_resource *manager);
	void (*get)(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		struct wl_resource *surface);
} latch_extension_manager;

/** For wl_global_create(). data: struct latch_extension_global, which outlives all clients. */
void latch_extension_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/** The manager's request that makes an object. */
void latch_extension_handle_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface);

/** The surface of an object. NULL when it has gone: no_surface is the error then. */
struct latch_surface_sync *latch_extension_surface(struct wl_resource *object, uint32_t no_surface);

/** The client's object goes: there may be another one. What it has set stays. */
void latch_extension_forget(struct wl_resource *object);

/** The surface goes, and its objects stay without effect. */
void latch_extension_detach(struct latch_surface_sync *sync);

/** linux_drm_syncobj_v1.c: forgets the points set since the last commit. */
void latch_syncobj_clear(struct latch_surface_sync *sync);

/**
 * Whether the commit that is being made keeps the protocol's rules. If not, it is refused with the
 * protocol's error.
 */
bool latch_syncobj_check(struct latch_surface_sync *sync, bool has_buffer, bool is_dmabuf);

/** The same of linux_explicit_synchronization_v1.c. */
bool latch_explicit_check(struct latch_surface_sync *sync, bool has_buffer, bool is_dmabuf);

/** linux_explicit_synchronization_v1.c: moves the acquire fence out of it, off the account; -1 when
 * there is none. */
int latch_explicit_take_acquire(struct latch_surface_sync *sync);

/** The same: the surface goes, what was set and never committed is given back. */
void latch_explicit_finish(struct latch_surface_sync *sync);
