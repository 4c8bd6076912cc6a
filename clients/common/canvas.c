#include "canvas.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "allocator.h"
#include "device.h"
#include "util.h"

static bool start_gpu(struct canvas *canvas, const char **why) {
	canvas->gbm = gbm_create_device(canvas->fd);
	if (!canvas->gbm) {
		*why = "GBM does not know it";
		return false;
	}
	if (!egl_init(&canvas->egl, canvas->gbm, &canvas->drawable, why)) {
		return false;
	}
	/* Without a GPU Mesa draws by CPU into dumb buffers, and a render node makes none. It
	 * would refuse each format one by one, aloud. */
	if (egl_is_software() && drmGetNodeTypeFromFd(canvas->fd) == DRM_NODE_RENDER) {
		*why = "it has no GPU";
		return false;
	}
	canvas->scene = scene_gl_create(&canvas->options);
	if (!canvas->scene) {
		*why = "its GL can't draw the scene";
	}
	return canvas->scene != NULL;
}

/* What is asked for memory: a DRM node, or one that is the same on every machine. */
static bool open_device(struct canvas *canvas) {
	uint64_t has_dumb = 0;
	if (canvas->kind == CANVAS_SHM) {
		return true;
	}
	canvas->fd = canvas->path ? device_open(canvas->path)
				  : open(canvas_label(canvas->kind), O_RDWR | O_CLOEXEC);
	if (canvas->fd >= 0 && canvas->kind == CANVAS_DUMB &&
		(drmGetNodeTypeFromFd(canvas->fd) != DRM_NODE_PRIMARY ||
			drmGetCap(canvas->fd, DRM_CAP_DUMB_BUFFER, &has_dumb) != 0 || !has_dumb)) {
		errno = ENOTSUP;
		return false;
	}
	return canvas->fd >= 0;
}

struct canvas *canvas_create(enum canvas_kind kind, const char *path,
	const struct scene_options *options, const char **why) {
	*why = "out of memory";
	struct canvas *canvas = calloc(1, sizeof(*canvas));
	if (!canvas) {
		return NULL;
	}
	*canvas = (struct canvas){.kind = kind, .fd = -1, .options = *options};
	canvas->path = path ? strdup(path) : NULL;
	bool ok = !path || canvas->path;
	if (ok && !open_device(canvas)) {
		*why = strerror(errno);
		ok = false;
	}
	ok = ok && (kind == CANVAS_GPU ? start_gpu(canvas, why) : cpu_formats(&canvas->drawable));
	if (!ok) {
		canvas_destroy(canvas);
		return NULL;
	}
	return canvas;
}

void canvas_destroy(struct canvas *canvas) {
	if (!canvas) {
		return;
	}
	scene_gl_destroy(canvas->scene);
	format_set_finish(&canvas->drawable);
	if (canvas->gbm) {
		egl_finish(&canvas->egl);
		gbm_device_destroy(canvas->gbm);
	}
	fd_clear(&canvas->fd);
	free(canvas->sketch);
	free(canvas->path);
	free(canvas);
}

const char *canvas_renderer(const struct canvas *canvas) {
	return canvas->kind == CANVAS_GPU ? egl_renderer() : "CPU";
}

bool canvas_target_init(
	struct canvas *canvas, struct egl_target *target, const struct dmabuf *buf) {
	*target = (struct egl_target){0};
	return canvas->kind != CANVAS_GPU || egl_target_init(&canvas->egl, target, buf);
}

void canvas_target_finish(struct canvas *canvas, struct egl_target *target) {
	if (canvas->kind == CANVAS_GPU) {
		egl_target_finish(&canvas->egl, target);
	}
}

static void draw_by_cpu(struct canvas *canvas, const struct dmabuf *buf, uint32_t frame) {
	struct scene_pixels pixels = {.width = buf->width, .height = buf->height};
	if (buf->fourcc == DRM_FORMAT_XRGB8888 || buf->fourcc == DRM_FORMAT_ARGB8888) {
		pixels.pixels = (uint32_t *)(void *)buf->planes[0].data;
		pixels.stride = buf->planes[0].stride / sizeof(*pixels.pixels);
		scene_cpu_draw(&canvas->options, &pixels, frame);
		return;
	}
	size_t size = (size_t)buf->width * buf->height * sizeof(*canvas->sketch);
	if (canvas->sketch_size < size) {
		uint32_t *larger = realloc(canvas->sketch, size);
		if (!larger) {
			return;
		}
		canvas->sketch = larger;
		canvas->sketch_size = size;
	}
	pixels.pixels = canvas->sketch;
	pixels.stride = buf->width;
	scene_cpu_draw(&canvas->options, &pixels, frame);
	struct pixel_picture picture = {.width = buf->width, .height = buf->height};
	for (int i = 0; i < buf->num_planes; i++) {
		picture.data[i] = buf->planes[i].data;
		picture.stride[i] = buf->planes[i].stride;
	}
	pixel_convert(latch_format_find(buf->fourcc), canvas->encoding, canvas->range,
		canvas->sketch, &picture);
}

int canvas_draw(struct canvas *canvas, const struct egl_target *target, const struct dmabuf *buf,
	uint32_t frame) {
	if (canvas->kind == CANVAS_GPU) {
		scene_gl_draw(canvas->scene, target->framebuffer, buf->width, buf->height, frame);
		return egl_end_frame(&canvas->egl);
	}
	dmabuf_sync_cpu(buf, false);
	draw_by_cpu(canvas, buf, frame);
	dmabuf_sync_cpu(buf, true);
	return -1;
}
