/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A compositor of surfaces and dma-bufs, and a client of it in the same process and thread. The
 * dma-bufs are memfds with a seal that other memfds do not have.
 */

#include <sys/types.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#include "../test.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "kms/plane.h"
#include "limits/client.h"
#include "limits/fds.h"
#include "linux-dmabuf-v1-client-protocol.h"

/* The client's device; the KMS device is /dev/null. */
#define MAIN_DEVICE ((dev_t)0xe280)

struct wlr_buffer;
struct wlr_surface;

/* The one world that there is at a time. */
extern struct world {
	struct wl_display *server;
	struct wl_client *server_client;
	struct latch_dmabuf *dmabuf;
	struct kms_plane planes[2];
	int kms_fd;
	size_t fds_before;
	struct latch_clients *clients;
	struct latch_account *account; // the client's; outlives it

	/* What the import says, and how often it was asked. */
	bool can_scanout, can_compose;
	int asked;

	struct wl_display *client;
	struct wl_compositor *compositor;
	struct zwp_linux_dmabuf_v1 *manager;
	uint32_t manager_version;
	/* Of zwp_linux_dmabuf_v1. */
	int formats, modifiers;
	uint64_t last_modifier;
} world;

/*
 * The planes: a primary one with XR24 (linear, implicit), an overlay that has NV12 (linear) and
 * XR24 X-tiled too. version: that the client binds, of 6.
 */
void world_init(uint32_t version);
/* In version 5, with one limit that is another than the default. */
void world_init_limited(enum latch_limit limit, uint64_t max);
/* Binds what is NULL of compositor and manager; world_init() does so. */
void world_bind(void);
/* Client, then server; checks that no fd is left. */
void world_finish(void);

/* Everything said so far has been heard by the other side, and its answers too. */
void world_sync(void);
/* The code of the protocol error of this interface that ended the client, -1: it lives. */
int world_error(const char *interface);
/* Ended with wl_display.no_memory. */
bool world_is_refused(void);

/* The server's side of a surface. */
struct wlr_surface *world_surface(struct wl_surface *surface);

/*
 * Attaches and commits a buffer, and returns the lock that the compositor has of it from then on:
 * wlroots itself lets go of it after the commit. To be given back with wlr_buffer_unlock().
 */
struct wlr_buffer *world_show(struct wl_surface *surface, struct wl_buffer *buffer);

/* A new fd; the caller's. */
int dmabuf_fd(size_t size);

/* Of all buffers here, in bytes. */
#define SIZE 64
#define STRIDE (SIZE * 4)
#define BYTES (SIZE * STRIDE)

/* Parameters with so many planes of a dma-buf, each some of its bytes; fd -1: of a new one. */
struct zwp_linux_buffer_params_v1 *params_create(int fd, int planes);
/* Takes the parameters: of one plane to XR24, of two to NV12. */
struct wl_buffer *params_to_buffer(struct zwp_linux_buffer_params_v1 *params, int planes);
/* A new one of one plane. */
struct wl_buffer *buffer_create(void);
