/* SPDX-License-Identifier: MIT */
#pragma once

#include <pixman.h>
#include <sys/types.h>
#include <wlr/util/addon.h>

#include "output/convert.h"
#include "sync/surface.h"
#include "timing/pace.h"

struct latch_core;
struct latch_renderer;

/**
 * One content update that passed the gate: a buffer, what its client is owed for it, and the
 * record of its way. Counted: its surface holds it while it is the newest, every frame that
 * shows it holds it until the flip that replaces it. With the last reference the buffer goes
 * back to the client, exactly once.
 */
struct latch_content {
	size_t refs;
	struct latch_content_tracker *tracker;
	/** Another number for every content update there ever was. */
	uint64_t serial;

	/** Locked; NULL when its pixels were copied and it went back early. */
	struct wlr_buffer *buffer;
	/** Nothing for clients that only know wl_buffer.release. */
	struct latch_release release;
	/** Asked for by the client for this update; taken when it is first submitted. */
	struct wlr_presentation_feedback *feedback;
	/** Made when it first had to be composed, or taken over from the content before it:
	 * texture.h. */
	struct wlr_texture *texture;
	/** How its pixels were read for that. */
	struct latch_color texture_color;
	/** It has a copy of shared memory; where that is older than this content, in buffer
	 * pixels. */
	bool texture_is_copy;
	pixman_region32_t texture_stale;
	bool texture_failed, logged_written;

	/** Where its pixels differ from those of the surface's content with the serial
	 * damage_since, in buffer pixels. 0: that is not known, they may differ everywhere. */
	pixman_region32_t damage;
	uint64_t damage_since;
	/** It is in a composed picture. */
	bool drawn;

	int32_t width, height;
	uint32_t fourcc; // 0 where it is not known
	uint64_t modifier;
	bool is_dmabuf;
	bool is_shm;
	/** As struct latch_layer has it: of a single pixel buffer. */
	uint64_t solid;
	/** It is shared memory that was given to a plane: it goes back with the last frame that shows
	 * it. */
	bool scanned_out;

	/** It was in a frame that was submitted. */
	bool submitted;

	/** superseded: the surface has a newer one, so that it will not be shown again once it was
	 * replaced. presented: it was on screen; end is what became of it where it never was. */
	struct latch_frame_record record;

	struct wl_list link; // latch_content_tracker.live, or unused, between two lives
};

/** What latch has for every wl_surface, all in one object. */
struct latch_surface {
	/** The gate's. */
	struct latch_surface_sync sync;
	struct latch_content_tracker *tracker;
	struct wlr_surface *wlr_surface;
	/** The newest ready update; NULL while the surface has no buffer. */
	struct latch_content *current;
	/** A commit's damage is in no content: the next content's is not all there is. */
	bool damage_missed;
	/** Number of the surface in traces and statistics; counts up from 1. */
	uint32_t id;
	/** Its client's; referenced. NULL where there are none. */
	struct latch_account *account;
	/** It is one of LATCH_LIMIT_SURFACES. */
	bool counted;
	/** The last two buffers, only to be compared; and the newest one was neither of these: its
	 * client has a third. */
	const struct wlr_buffer *last_buffers[2];
	bool has_third;
	/** Told to the trace already, by name. */
	bool registered;
	/** What the log said last of why it is not on a plane. */
	uint64_t logged_reasons;
	uint32_t logged_plane;
	uint32_t logged_output;
	/** It said that more was asked of it than is answered when it is shown. */
	bool logged_waiting;
	/** What its dma-buf feedback was made from. */
	bool advised;
	uint64_t advised_reasons;
	size_t advised_planes;

	/** What its colours are of for an output, as it was found last, of what it said then. */
	struct {
		struct color_description said, from;
		const struct color_description *output;
	} color;

	/** How long its client takes to draw; and a callback that waits for its time, which is
	 * meant for a deadline. */
	struct latch_pace pace;
	int64_t callback_ns, callback_deadline_ns;
	struct wl_list callback_link; // latch_output.callbacks, or empty
	/** The first input that its client was told of since its last commit; 0: none. */
	int64_t input_ns;

	struct wlr_addon addon; // it goes with the wl_surface
};

/**
 * Has an object for every surface of the core's compositor from now on, listens to its gate, and
 * gives the record of each update to its trace when the buffer goes back. NULL without memory.
 */
struct latch_content_tracker *latch_content_tracker_create(struct latch_core *core);

/** Clients and frames must be gone. NULL is fine. */
void latch_content_tracker_destroy(struct latch_content_tracker *tracker);

/** The renderer goes: what it has made of contents, too. */
void latch_content_tracker_drop_textures(struct latch_content_tracker *tracker);

/** How many updates are held now, by surfaces and frames; for leak tests. */
size_t latch_content_tracker_count(const struct latch_content_tracker *tracker);

/** The object of a surface; NULL where there was no memory for it. */
struct latch_surface *latch_surface_get(const struct wlr_surface *wlr_surface);

/** By struct latch_surface.id; NULL for one that has gone. */
struct latch_surface *latch_surface_find(struct latch_content_tracker *tracker, uint32_t id);

/** The process of the surface's client; 0 where it is not known. */
pid_t latch_surface_pid(const struct latch_surface *surface);

/** Tells the trace who this is; label: an app id or "". Once, before its first frame. */
void latch_surface_register(struct latch_surface *surface, const char *label);

/**
 * A content that is no client's update: the cursor's image, when it has to be composed. serial
 * changes with the pixels. It is not in the trace. NULL without memory.
 */
struct latch_content *latch_content_from_buffer(
	struct latch_content_tracker *tracker, struct wlr_buffer *buffer, uint64_t serial);

struct latch_content *latch_content_ref(struct latch_content *content);

/** Destroys the content's texture, if it has one. */
void latch_content_drop_texture(struct latch_content *content);

/** Brings its copy of shared memory to what the buffer has. Without the texture then, if that is
 * not possible. */
void latch_content_refresh_texture(struct latch_content *content);

/**
 * content comes in the place of before, the newest one of the same surface until now, and differs
 * from it in damage (buffer pixels, clipped to the buffer). Notes that for the next picture.
 *
 * A GPU's copy of shared memory goes from before to content, and only what differs is copied anew:
 * now, if before is in a picture, so that the latch need not do it; else when content is drawn, so
 * that a client that commits faster than it is shown causes no more copies than pictures. Pictures
 * that are drawn already keep the old pixels, and no later one is made of before.
 */
void latch_content_follow(struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage);

/**
 * Takes the presentation feedbacks (wp_presentation) that the client asked for with this update,
 * once. Returns whether it has asked.
 */
bool latch_content_take_feedback(
	struct latch_content *content, const struct latch_surface *surface);

/**
 * Whether a write to the dma-buf is pending: the client's GPU has begun one since the buffer passed
 * the gate. A GPU job that reads the buffer now may have to wait for it. poll() tells: a dma-buf is
 * readable when no write is pending (Documentation/driver-api/dma-buf.rst).
 */
bool latch_content_has_pending_fence(const struct latch_content *content);

/** NULL is fine. */
void latch_content_unref(struct latch_content *content);

/**
 * Tells the client when the plane that showed this content lets it go, before that happens:
 * out_fence_fd is the out-fence of the commit that takes it off the screen, and stays the
 * caller's. For superseded content that no other frame holds; once is enough.
 */
void latch_content_release_on_fence(struct latch_content *content, int out_fence_fd);
