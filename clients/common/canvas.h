#ifndef CLIENT_CANVAS_H
#define CLIENT_CANVAS_H

#include <stdbool.h>

#include "dmabuf.h"
#include "egl.h"
#include "formats.h"
#include "pixels.h"
#include "plan.h"
#include "scene.h"

/** Where memory comes from, and with it who draws. What the CPU draws into is linear, of the
 * formats in pixels.h. */
enum canvas_kind {
	CANVAS_GPU,	/* GBM and GLES */
	CANVAS_DUMB,	/* the CPU, in dumb buffers: what a KMS device can surely scan out */
	CANVAS_UDMABUF, /* the CPU, in pages of a sealed memfd: needs no DRM device at all */
	CANVAS_HEAP,	/* the CPU, in the system's dma-heap */
	CANVAS_SHM,	/* the CPU, in shared memory: no dma-bufs */
};

/** Where buffers come from and what draws into them: one device, or none. */
struct canvas {
	enum canvas_kind kind;
	char *path; /* of the device; NULL where none is used */
	int fd;	    /* what is asked for memory */
	struct gbm_device *gbm;
	struct egl egl;
	struct scene_options options;
	struct scene_gl *scene;
	struct format_set drawable;

	/* What the CPU draws before it becomes another format, and how colours become YCbCr. */
	uint32_t *sketch;
	size_t sketch_size;
	enum pixel_encoding encoding;
	enum pixel_range range;
};

/**
 * Opens the device and starts what draws on it.
 *
 * @param path of a DRM node for CANVAS_GPU and CANVAS_DUMB, else NULL
 * @param why  a text of the reason, which needs no freeing, when it returns NULL
 */
struct canvas *canvas_create(enum canvas_kind kind, const char *path,
	const struct scene_options *options, const char **why);

/** NULL is fine. All targets and buffers must be gone. */
void canvas_destroy(struct canvas *canvas);

/** What draws, for people: the GL renderer's name, or "CPU". */
const char *canvas_renderer(const struct canvas *canvas);

/** What it is made with, for people; the path where that is the same on every machine. */
const char *canvas_label(enum canvas_kind kind);

/** Where its memory comes from: "gbm", "dumb", "udmabuf", "dma-heap", "wl_shm". */
const char *canvas_allocator(const struct canvas *canvas);

/**
 * Makes one buffer of step->fourcc with one of step->modifiers; what it became is in *buf.
 *
 * @param buf filled; give it back with canvas_destroy_buffer()
 * @return false and errno where this canvas can't do it
 */
bool canvas_create_buffer(const struct canvas *canvas, const struct plan_step *step, uint32_t width,
	uint32_t height, struct dmabuf *buf);
void canvas_destroy_buffer(struct dmabuf *buf);

/** Makes a buffer of the canvas drawable; target stays empty where the CPU draws. */
bool canvas_target_init(struct canvas *canvas, struct egl_target *target, const struct dmabuf *buf);
void canvas_target_finish(struct canvas *canvas, struct egl_target *target);

/** Draws a frame. Returns a sync_file, owned by the caller, that signals when it is done, or -1
 * when it is done already. Without memory for the sketch the buffer stays as it was. */
int canvas_draw(struct canvas *canvas, const struct egl_target *target, const struct dmabuf *buf,
	uint32_t frame);

#endif
