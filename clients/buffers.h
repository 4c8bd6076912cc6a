/* SPDX-License-Identifier: MIT */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "common/canvas.h"
#include "common/device.h"
#include "common/feedback.h"
#include "common/ring.h"
#include "common/sync.h"
#include "options.h"

/** The client's buffers: which device draws them, in which format, and the ring they are in. All
 * of it can change while the client runs, by the compositor's feedback or the window's size. */
struct client_buffers {
	struct connection *conn;
	struct feedback feedback;
	struct sync sync;
	const struct client_options *options;
	bool in_shm; /* set by the user of this: no dma-bufs */

	struct ring *ring;	/* NULL before client_buffers_prepare() */
	struct canvas canvas;	/* empty before that */
	struct wl_list rings;	/* that one, and those whose buffers the compositor still holds */
	uint32_t width, height; /* of the buffers that are wanted */
	uint64_t allocations;	/* how often a ring was made */
	const char *why;	/* the last try has failed, for people */
};

/** Nothing is made yet. The pointers are borrowed, and have to be good from client_buffers_open()
 * on. */
void client_buffers_init(struct client_buffers *buffers, struct connection *conn,
	const struct client_options *options);

/** While the surface is still there. */
void client_buffers_finish(struct client_buffers *buffers);

/** Asks what the compositor wants for the surface, and settles on fences. Says what is wrong. */
enum client_exit client_buffers_open(struct client_buffers *buffers, struct wl_surface *surface);

/** Makes buffers that fit the size and the latest feedback, where there are none. Returns false,
 * having said why, when nobody can draw or the compositor accepts none. */
bool client_buffers_prepare(struct client_buffers *buffers, uint32_t width, uint32_t height);

#define CLIENT_BUFFERS_TEXT_MAX 512

/** What the buffers are, for people: "64x64 XR24 LINEAR, gbm on /dev/dri/card0, drawn by ...". */
const char *client_buffers_text(
	const struct client_buffers *buffers, char text[CLIENT_BUFFERS_TEXT_MAX]);

/** Whether there are buffers, and of this size. */
bool client_buffers_fit(const struct client_buffers *buffers, uint32_t width, uint32_t height);

/** Adds the fds that announce releases. Returns how many of max were used. */
nfds_t client_buffers_add_fds(const struct client_buffers *buffers, struct pollfd *fds, nfds_t max);

/** Takes the releases that a poll has found. */
void client_buffers_handle_fds(
	struct client_buffers *buffers, const struct pollfd *fds, nfds_t num);
