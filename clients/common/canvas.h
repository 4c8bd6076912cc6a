/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "allocator.h"
#include "device.h"
#include "egl.h"
#include "pixels.h"
#include "scene.h"
#include "vulkan.h"

/** By kind: where memory comes from, "gbm", "dumb", "udmabuf", "dma-heap", "vgem", "wl_shm", "vulkan";
 * and the same for people, or its path where that is the same on every machine. */
extern const struct canvas_kind_words { const char *name, *label; } canvas_kinds[];

/** Where buffers come from and what draws into them: one device, or none. */
struct canvas {
	enum canvas_kind kind;
	char path[DEVICE_PATH_MAX]; /* of the device; "" where none is used */
	int fd;	    /* what is asked for memory */
	struct gbm_device *gbm;
	struct egl egl;
	struct vulkan *vulkan;
	struct vulkan_facts vulkan_facts;
	struct scene_options options;
	struct scene_gl scene;
	struct kms_format_set drawable;

	/* What the CPU draws before it becomes another format, and how colours become YCbCr. */
	uint32_t *sketch;
	size_t sketch_size;
	enum pixel_encoding encoding;
	enum pixel_range range;
};

/**
 * Opens the device and starts what draws on it.
 *
 * @param path of a DRM node for CANVAS_GPU and CANVAS_DUMB; of a heap for CANVAS_HEAP, "" for the
 *             system's; else ""
 * @param why  a text of the reason, which needs no freeing, when it returns false; canvas_finish()
 * is needed anyway
 */
bool canvas_init(struct canvas *canvas, enum canvas_kind kind, const char *path,
	const struct scene_options *options, const char **why);

/** The same for CANVAS_VULKAN, on a device that is found by the wish. */
bool canvas_init_vulkan(struct canvas *canvas, const struct vulkan_wish *wish, const char **why);

/** Leaves it empty, which is all zero but for the fd, -1; an empty one is fine. All buffers must be
 * gone. */
void canvas_finish(struct canvas *canvas);

/** What draws, for people: the renderer's name, or "CPU". */
const char *canvas_renderer(const struct canvas *canvas);

/** Where its memory comes from: a name of canvas_kinds. */
const char *canvas_allocator(const struct canvas *canvas);

/** A buffer of a canvas; empty when zeroed. */
struct canvas_buffer {
	struct dmabuf dmabuf;
	struct egl_target target; /* empty but for CANVAS_GPU */
	struct vulkan_target *vulkan;
	uint64_t point; /* set by the user of this: of its timeline, what the next drawing signals */
};

/**
 * Makes one buffer of step->fourcc with one of step->modifiers, which can be drawn into.
 *
 * @param buffer what it became; give it back with canvas_destroy_buffer(), also after a failure
 * @param why    a text of the reason, which needs no freeing, when it returns false
 */
bool canvas_create_buffer(struct canvas *canvas, const struct plan_step *step, uint32_t width,
	uint32_t height, struct canvas_buffer *buffer, const char **why);

/** An empty one is fine. */
void canvas_destroy_buffer(struct canvas *canvas, struct canvas_buffer *buffer);

/** Makes a timeline that drawing into the buffer signals from now on. Returns an fd of its DRM
 * syncobj, owned by the caller, or -1 with the reason in *why, which needs no freeing.
 *
 * @param start the point that it is at */
int canvas_export_timeline(
	struct canvas *canvas, struct canvas_buffer *buffer, uint64_t start, const char **why);

#define CANVAS_DRAWN (-1)
#define CANVAS_SIGNALS_POINT (-2)
#define CANVAS_FAILED (-3)

/** Draws a frame. Returns a sync_file, owned by the caller, that signals when it is done;
 * CANVAS_DRAWN: it is done already; CANVAS_SIGNALS_POINT: the buffer's timeline tells; or
 * CANVAS_FAILED, having said why. Without memory for the sketch the buffer stays as it was. */
int canvas_draw(struct canvas *canvas, const struct canvas_buffer *buffer, uint32_t frame);
