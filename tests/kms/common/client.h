/* SPDX-License-Identifier: MIT */
/*
 * A Wayland client in the hands of a test: every step is the test's own, and everything that
 * the compositor answers is kept.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "color-representation-v1-client-protocol.h"
#include "commit-timing-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "dma.h"
#include "fifo-v1-client-protocol.h"
#include "fractional-scale-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "security-context-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

struct client {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_pointer *pointer;
	wl_dispatcher_func_t surface_events; // NULL: nobody hears the surfaces
	struct wl_surface *cursor; // NULL, as it would be in the pictures: none is shown
	int32_t cursor_hotspot;
	struct xdg_wm_base *wm_base;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct wp_presentation *presentation;
	struct wp_viewporter *viewporter;
	/* These are NULL where they are not offered. */
	struct wp_alpha_modifier_v1 *alpha_modifier;
	struct wp_color_representation_manager_v1 *color_representation;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj;
	struct zwp_linux_explicit_synchronization_v1 *explicit_sync;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_fractional_scale_manager_v1 *scales;
	struct wp_commit_timing_manager_v1 *timing;
	struct wp_tearing_control_manager_v1 *tearing;
	struct wp_content_type_manager_v1 *content_type;
	struct wp_security_context_manager_v1 *security_context;
	struct wp_single_pixel_buffer_manager_v1 *single_pixel;
};

/** Connects and binds all that is there. Fails the case when it can't. */
void client_connect(struct client *client);

/**
 * Handles what the compositor has sent; waits for it until end_ns at most. Returns false when
 * the time is up. A broken connection fails the case, unless client_error() was asked for.
 * Use: while (!answer && client_pump(client, end_ns)) {}
 */
bool client_pump(struct client *client, int64_t end_ns);

/** The same for so long, whatever comes. */
void client_pump_ms(struct client *client, int ms);

/** The same until something has become true, for so long at most. Returns whether it has. */
bool client_wait(struct client *client, const bool *done, int limit_ms);

void client_roundtrip(struct client *client);

/**
 * Waits up to limit_ms for a protocol error. Returns its code, and the interface's name;
 * -1 when there was none, or another error.
 */
int client_error(struct client *client, const char **interface, int limit_ms);

/** A plane of a picture: some bytes into a dma-buf. */
struct buffer_plane {
	int fd;
	uint32_t index, offset, stride;
	uint64_t modifier; // 0: linear
};

/** What the compositor answers to a buffer that it is offered. */
struct offer {
	enum { ANSWER_NONE, ANSWER_CREATED, ANSWER_FAILED } answer;
	struct wl_buffer *wl_buffer;
};

/** Params with these planes. The offer gets the answer to what becomes of them, and may be NULL. */
struct zwp_linux_buffer_params_v1 *params_create(
	struct client *client, const struct buffer_plane *planes, size_t len, struct offer *offer);

/** Waits up to two seconds for the answer. */
void offer_wait(struct client *client, struct offer *offer);

/** A wl_buffer and what became of it. */
struct buffer {
	struct wl_buffer *wl_buffer;
	struct memory memory;
	int commits;
	int releases;
	int64_t release_ns; // when the last wl_buffer.release arrived
};

/** Memory of a kind (memory_init_udmabuf and the like), and XRGB8888 or ARGB8888 of it. */
void buffer_init(struct buffer *buffer, struct client *client, memory_init_func init_memory,
	uint32_t width, uint32_t height, uint32_t fourcc);

/** By create_immed. What is known of the memory stays. */
void buffer_init_from_params(struct buffer *buffer, struct zwp_linux_buffer_params_v1 *params,
	uint32_t width, uint32_t height, uint32_t fourcc);

/** The same of params with these planes. */
void buffer_init_planes(struct buffer *buffer, struct client *client,
	const struct buffer_plane *planes, size_t len, uint32_t width, uint32_t height,
	uint32_t fourcc);

/** XRGB8888, or ARGB8888 with alpha, by wl_shm. */
void buffer_init_shm(
	struct buffer *buffer, struct client *client, uint32_t width, uint32_t height, bool alpha);
/** The same in a pool that is sealed against shrinking, behind a page of it. Returns the picture's
 * first pixel. */
uint32_t *buffer_init_sealed(
	struct buffer *buffer, struct client *client, uint32_t width, uint32_t height, bool alpha);
/** One pixel, 0xAARRGGBB and premultiplied, by single-pixel-buffer. */
void buffer_init_pixel(struct buffer *buffer, struct client *client, uint32_t pixel);
void buffer_finish(struct buffer *buffer);

enum frame_state {
	FRAME_NONE,
	FRAME_PENDING,
	FRAME_PRESENTED,
	FRAME_DISCARDED,
};

/** One commit and what became of it. */
struct frame {
	struct client *client;
	enum frame_state state;
	int64_t commit_ns;
	int64_t presented_ns;
	int64_t refresh_ns;
	uint64_t seq;
	uint32_t flags;
	/* zwp_linux_buffer_release_v1 */
	int releases;
	int64_t release_ns; // when the event arrived
	int release_fd;	    // fenced; -1: immediate
};

/** How a frame's fence is told. */
enum fence_kind {
	KIND_NONE,	// wl_buffer.release, nothing explicit
	KIND_SYNC_FILE, // zwp_linux_explicit_synchronization_v1
	KIND_SYNCOBJ,	// linux-drm-syncobj-v1
};

struct surface {
	struct client *client;
	struct wl_surface *wl_surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wl_subsurface *subsurface;
	struct wl_callback *callback;
	bool configured, closed;
	bool frame_done; // the callback of the last commit has come
	int32_t x, y;	 // of a popup
	int32_t width, height;

	enum fence_kind kind;
	/* Ask for a zwp release with each frame: the frames must then live as long as the
	 * connection, as releases come long after the frame was shown. */
	bool watch_releases;
	struct zwp_linux_surface_synchronization_v1 *explicit_sync;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj;
	struct wp_linux_drm_syncobj_timeline_v1 *wl_acquire, *wl_release;
	struct timeline acquire, release;
	uint64_t point; // of the last commit, in both timelines
};

/** A toplevel, configured, without a buffer yet. width and height are the output's then. */
void surface_init_fullscreen(struct surface *surface, struct client *client);
void surface_init_window(struct surface *surface, struct client *client, const char *title);
void surface_init_subsurface(
	struct surface *surface, struct client *client, struct surface *parent, int x, int y);
/** A popup where the positioner has it, which ends here. Configured, without a buffer yet. */
void surface_init_popup(
	struct surface *surface, struct surface *parent, struct xdg_positioner *positioner);
/** Ends the window; the surface lives on. */
void surface_end_window(struct surface *surface);

/** From now on all commits carry fences of this kind. Skips the case where it is not offered. */
void surface_use(struct surface *surface, enum fence_kind kind);

/**
 * Attaches, damages all, asks for feedback, a release and a frame callback, and commits.
 *
 * @param frame may be NULL
 * @param acquire_fd a sync_file (borrowed), -1 for one that has signalled; nobody is told of it
 *        with KIND_NONE. Where it is FENCE_NOT_YET, the syncobj point stays unmaterialised.
 */
#define FENCE_NOT_YET (-2)
void surface_commit(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int acquire_fd);

/** The same without damage. buffer may be NULL: none is attached. */
void surface_commit_same(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int acquire_fd);

/** Waits until the frame was presented; fails the case when it was discarded or takes limit_ms. */
void frame_wait(struct frame *frame, int limit_ms);

/** Commits the buffer, ready, and waits until it was presented. The frame may be NULL, but not with
 * watch_releases. */
void surface_show(
	struct surface *surface, struct buffer *buffer, struct frame *frame, int limit_ms);

/** Waits for the frame callback of the last commit; fails the case after limit_ms. */
void surface_wait_callback(struct surface *surface, int limit_ms);
