#ifndef CLIENT_CANVAS_H
#define CLIENT_CANVAS_H

#include <stdbool.h>

#include "allocator.h"
#include "dmabuf.h"
#include "egl.h"
#include "formats.h"
#include "pixels.h"
#include "scene.h"

/** Where buffers come from and what draws into them: one device, or none. */
struct canvas {
	enum canvas_kind kind;
	char *path; /* of the device; NULL where none is used */
	int fd;
	struct gbm_device *gbm;
	struct egl egl;
	struct scene_options options;
	struct scene_gl *scene;
	struct allocator allocator;
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
 * @param path of a DRM node; NULL for CANVAS_UDMABUF and CANVAS_HEAP
 * @param why  a text of the reason, which needs no freeing, when it returns NULL
 */
struct canvas *canvas_create(enum canvas_kind kind, const char *path,
	const struct scene_options *options, const char **why);

/** NULL is fine. All targets and buffers must be gone. */
void canvas_destroy(struct canvas *canvas);

/** What draws, for people: the GL renderer's name, or "CPU". */
const char *canvas_renderer(const struct canvas *canvas);

/** Makes a buffer of the canvas drawable; target stays empty where the CPU draws. */
bool canvas_target_init(struct canvas *canvas, struct egl_target *target, const struct dmabuf *buf);
void canvas_target_finish(struct canvas *canvas, struct egl_target *target);

/** Draws a frame. Returns a sync_file, owned by the caller, that signals when it is done, or -1
 * when it is done already. Without memory for the sketch the buffer stays as it was. */
int canvas_draw(struct canvas *canvas, const struct egl_target *target, const struct dmabuf *buf,
	uint32_t frame);

#endif
