/* SPDX-License-Identifier: MIT */
#pragma once

#include <sys/types.h>
#include <wayland-server-core.h>

#include "output/renderer_trial.h"

struct wlr_dmabuf_attributes;
struct wlr_output;
struct wlr_render_pass;

enum latch_renderer_kind {
	/** gles2 where the device has a GPU, else pixman. */
	LATCH_RENDERER_AUTO,
	LATCH_RENDERER_GLES2,
	LATCH_RENDERER_VULKAN,
	LATCH_RENDERER_PIXMAN,
};

/** "auto", "gles2", "vulkan", "pixman"; NULL ends them. */
extern const char *const latch_renderer_kind_names[];

/** lost: its context was lost while it was asked to draw; it has to be renewed, but not by this
 * call. made: it was made by this call, which has taken its time. buffers_made: what
 * latch_dumb_ready() has begun is done. None may be NULL. */
struct latch_renderer_events {
	void (*lost)(void *data);
	void (*made)(void *data);
	void (*buffers_made)(void *data);
	void *data;
};

/**
 * What composes layers when they can't be scanned out. It is made when something first has to be
 * composed: a GL context costs some 60 MiB and a tenth of a second, and a session of one
 * fullscreen client never needs it.
 */
struct latch_renderer {
	enum latch_renderer_kind wanted;
	bool gpu_possible;
	/** A DRM device that has syncobj timelines, -1: none has. Borrowed. */
	int timeline_fd;
	/** What was made in the end; LATCH_RENDERER_AUTO before. */
	enum latch_renderer_kind kind;
	struct wlr_backend *backend;
	/** Makes the CPU's buffers ahead; NULL where the outputs are windows. */
	struct wl_event_loop *loop;
	struct wlr_renderer *wlr_renderer;
	struct wlr_allocator *allocator;
	/** Of nothing, see latch_renderer_forget_textures(); NULL: not made yet. */
	struct wlr_texture *nothing;
	/** Counts those that were made, from 1. */
	unsigned generation;
	/** Making it failed: not tried again, composing is not possible. */
	bool failed;
	/** Its context was lost (a GPU reset): nothing is drawn until latch_renderer_renew(). */
	bool lost;
	struct wl_listener lost_listener;
	/** Of gles2; what it needs is a part of that process. */
	struct latch_trial trial;
	struct latch_renderer_events events;
	/** Pictures that were drawn since it was made; and how many renderers in a row were lost
	 * before they had drawn LATCH_RENDERER_PROVEN. */
	unsigned drawn, lost_early;
	/** The process that was asked what the GPU reads, 0: none, or it has answered; and what it
	 * writes to. See renderer_reads.h. */
	pid_t asked;
	int answer_fd;
	/** It was said once that colours are not what the client asked for. */
	bool logged_colors;
	/** gl_convert.c's, and of which generation they are. */
	unsigned gl_programs[2], gl_generation;
};

/** A renderer counts as working after it has drawn this many pictures. */
#define LATCH_RENDERER_PROVEN 10
/** After this many renderers in a row that were lost before that, the CPU composes. */
#define LATCH_RENDERER_LOST_MAX 3

/** gpu_possible: false keeps "auto" from looking for a GPU where there is none for certain. loop:
 * of outputs of KMS, NULL for windows. */
void latch_renderer_init(struct latch_renderer *renderer, struct wlr_backend *backend,
	struct wl_event_loop *loop, enum latch_renderer_kind wanted, bool gpu_possible,
	const struct latch_renderer_events *events);
void latch_renderer_finish(struct latch_renderer *renderer);

/** Ends the process that was asked what the GPU reads, if it was not waited for. */
void latch_renderer_forget_question(struct latch_renderer *renderer);

/**
 * Makes another one in the place of one that was lost; by the CPU where that happens again and
 * again. All that was made with it (textures, swapchains) has to be gone.
 */
void latch_renderer_renew(struct latch_renderer *renderer);

/** Makes the renderer and its allocator if need be. Returns false when that is not possible. */
bool latch_renderer_ensure(struct latch_renderer *renderer);

/** Has wlroots' object of the output draw with it, which is made if need be. Returns false when
 * that is not possible. */
bool latch_renderer_give(struct latch_renderer *renderer, struct wlr_output *output);

/**
 * The last thing to be drawn in a pass with a buffer of YCbCr. GL keeps such a buffer until it draws with
 * other textures, which it may never do: that of a client that has gone would stay in memory.
 */
void latch_renderer_forget_textures(
	struct latch_renderer *renderer, struct wlr_render_pass *pass);

/** "none" before it was made, else the kind's name. */
const char *latch_renderer_name(const struct latch_renderer *renderer);

/**
 * Whether a client's dma-buf could be composed. Makes the renderer if need be; nothing is kept of
 * the buffer.
 */
bool latch_renderer_can_compose(
	struct latch_renderer *renderer, const struct wlr_dmabuf_attributes *dmabuf);

/**
 * Whether pixman composes, or will. The answer does not change when the renderer is made, but for a
 * GPU that "auto" finds to be none. Buffers with straight alpha can be composed by pixman only,
 * whatever their layout is, as the CPU reads all of them; GPUs would need a shader that wlroots
 * does not have.
 */
bool latch_renderer_expects_pixman(const struct latch_renderer *renderer);

/**
 * Whether the renderer, which has to be there, makes textures of the fourcc. caps: enum
 * wlr_buffer_cap, of the buffers that they are made of.
 */
bool latch_renderer_has_format(
	const struct latch_renderer *renderer, uint32_t caps, uint32_t fourcc);
