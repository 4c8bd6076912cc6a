/* SPDX-License-Identifier: MIT */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <wayland-client.h>

#include "kms/format.h"
#include "util.h"

#define CONNECTION_MAX_OUTPUTS 16
#define CONNECTION_MAX_COEFFICIENTS 32

/** The compositor, and the globals that a client of dma-bufs uses. Those it lacks are NULL. */
struct connection {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	uint32_t dmabuf_max; /* the newest version of it that is wanted */
	struct wp_presentation *presentation;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj_manager;
	struct zwp_linux_explicit_synchronization_v1 *explicit_sync;
	struct wp_viewporter *viewporter;
	struct wp_alpha_modifier_v1 *alpha_modifier;
	struct wp_color_representation_manager_v1 *color_manager;
	struct wp_commit_timing_manager_v1 *commit_timing;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_color_manager_v1 *image_manager;

	/* What color_manager offers: bit m of alpha_modes is the mode m; bit r of color_ranges[c]
	 * the range r with the coefficients c. */
	uint32_t alpha_modes;
	/* And wp_color_manager_v1: bit n is the name n. */
	uint32_t primaries, transfer_functions;
	uint32_t color_ranges[CONNECTION_MAX_COEFFICIENTS];

	/* Bound for nothing but to be named by presentation feedback. */
	struct wl_output *outputs[CONNECTION_MAX_OUTPUTS];
	size_t num_outputs;

	clockid_t presentation_clock; /* -1 before the compositor named it */
	struct kms_format_set legacy_formats; /* version 3 of linux-dmabuf has no feedback */
};

/** The newest version of linux-dmabuf that is known in full here. */
#define CONNECTION_DMABUF 6

/** Connects to the compositor that the environment names and binds the globals; linux-dmabuf in a
 * version from 3 to dmabuf_max. Returns false and errno when there is none. */
bool connection_init(struct connection *conn, uint32_t dmabuf_max);
/** The same, and says what is wrong. */
bool connection_open(struct connection *conn, uint32_t dmabuf_max);
void connection_finish(struct connection *conn);

/** What the compositor lacks of what it takes to show a window, of dma-bufs or in shared memory;
 * NULL: nothing. */
const char *connection_missing(const struct connection *conn, bool in_shm);

/** Says why the connection broke: the protocol error with its interface, code and words, or
 * the system's error. Returns CLIENT_EXIT_CONNECTION. */
enum client_exit connection_say_error(struct connection *conn);

/**
 * Waits for the compositor and for other fds, without ever blocking on a full socket, and
 * dispatches what came.
 *
 * @param fds      fds[0] is filled here; the others are the caller's to fill and to look at
 * @param until_ns CLOCK_MONOTONIC: when it returns at the latest; INT64_MAX: never
 * @return false when the connection broke
 */
bool connection_poll(
	struct connection *conn, struct pollfd *fds, nfds_t num_fds, int64_t until_ns);

/**
 * The same until done() says so, but no longer than some seconds.
 *
 * @return false when the connection broke; whether it is done is what done() says
 */
bool connection_wait(
	struct connection *conn, bool (*done)(const void *data), const void *data, int seconds);
