/* SPDX-License-Identifier: MIT */
#include "canvas.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "util.h"
#include "vgem.h"

const struct canvas_kind_words canvas_kinds[] = {
	[CANVAS_GPU] = {"gbm", "GPU"},
	[CANVAS_DUMB] = {"dumb", "dumb buffers"},
	[CANVAS_UDMABUF] = {"udmabuf", "/dev/udmabuf"},
	[CANVAS_HEAP] = {"dma-heap", "/dev/dma_heap/system"},
	[CANVAS_VGEM] = {"vgem", "the vgem device"},
	[CANVAS_SHM] = {"wl_shm", "shared memory"},
	[CANVAS_VULKAN] = {"vulkan", "Vulkan"},
};

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
	*why = "its GL can't draw the scene";
	return scene_gl_init(&canvas->scene, &canvas->options);
}

/* Returns -1 and errno where it can't be opened. */
static int open_source(const struct canvas *canvas) {
	switch (canvas->kind) {
	case CANVAS_UDMABUF:
	case CANVAS_HEAP:
		return open(canvas->path[0] ? canvas->path : canvas_kinds[canvas->kind].label,
			O_RDWR | O_CLOEXEC);
	case CANVAS_VGEM:
		return vgem_open();
	default:
		return device_open(canvas->path);
	}
}

/* What is asked for memory: a DRM node, or one that is the same on every machine. */
static bool open_device(struct canvas *canvas) {
	uint64_t has_dumb = 0;
	if (canvas->kind == CANVAS_SHM) {
		return true;
	}
	canvas->fd = open_source(canvas);
	if (canvas->fd >= 0 && canvas->kind == CANVAS_DUMB &&
		(drmGetNodeTypeFromFd(canvas->fd) != DRM_NODE_PRIMARY ||
			drmGetCap(canvas->fd, DRM_CAP_DUMB_BUFFER, &has_dumb) != 0 || !has_dumb)) {
		errno = ENOTSUP;
		return false;
	}
	return canvas->fd >= 0;
}

bool canvas_init(struct canvas *canvas, enum canvas_kind kind, const char *path,
	const struct scene_options *options, const char **why) {
	*canvas = (struct canvas){.kind = kind, .fd = -1, .options = *options};
	snprintf(canvas->path, sizeof(canvas->path), "%s", path);
	if (!open_device(canvas)) {
		*why = strerror(errno);
		return false;
	}
	*why = "out of memory";
	return kind == CANVAS_GPU ? start_gpu(canvas, why) : cpu_formats(&canvas->drawable);
}

bool canvas_init_vulkan(struct canvas *canvas, const struct vulkan_wish *wish, const char **why) {
	*canvas = (struct canvas){.kind = CANVAS_VULKAN, .fd = -1, .options = wish->scene};
	canvas->vulkan =
		vulkan_api->create(wish, &canvas->drawable, &canvas->vulkan_facts, why);
	snprintf(canvas->path, sizeof(canvas->path), "%s", canvas->vulkan_facts.path);
	return canvas->vulkan != NULL;
}

void canvas_finish(struct canvas *canvas) {
	scene_gl_finish(&canvas->scene);
	kms_format_set_finish(&canvas->drawable);
	if (canvas->gbm) {
		egl_finish(&canvas->egl);
		gbm_device_destroy(canvas->gbm);
	}
	if (canvas->vulkan) {
		vulkan_api->destroy(canvas->vulkan);
	}
	latch_fd_clear(&canvas->fd);
	free(canvas->sketch);
	*canvas = (struct canvas){.fd = -1};
}

const char *canvas_renderer(const struct canvas *canvas) {
	return canvas->kind == CANVAS_GPU      ? egl_renderer()
	       : canvas->kind == CANVAS_VULKAN ? canvas->vulkan_facts.renderer
					       : "CPU";
}

const char *canvas_allocator(const struct canvas *canvas) {
	const bool vulkan = canvas->kind == CANVAS_VULKAN;
	return canvas_kinds[vulkan ? canvas->vulkan_facts.memory : canvas->kind].name;
}

bool canvas_create_buffer(struct canvas *canvas, const struct plan_step *step, uint32_t width,
	uint32_t height, struct canvas_buffer *buffer, const char **why) {
	struct dmabuf *buf = &buffer->dmabuf;
	*buf = (struct dmabuf){.width = width, .height = height, .fourcc = step->fourcc};
	*why = "can't be allocated";
	if (canvas->kind == CANVAS_VULKAN) {
		buffer->vulkan = vulkan_api->create_target(canvas->vulkan, step, buf, why);
		return buffer->vulkan != NULL;
	}
	if (canvas->kind != CANVAS_GPU) {
		return cpu_buffer_create(canvas->kind, canvas->fd, step, buf);
	}
	bool made = gbm_buffer_create(canvas->gbm, step, buf);
	*why = made ? "can't be drawn into" : *why;
	return made && egl_target_init(&canvas->egl, &buffer->target, buf);
}

void canvas_destroy_buffer(struct canvas *canvas, struct canvas_buffer *buffer) {
	egl_target_finish(&canvas->egl, &buffer->target);
	if (buffer->vulkan) {
		vulkan_api->destroy_target(canvas->vulkan, buffer->vulkan);
		buffer->vulkan = NULL;
	}
	if (buffer->dmabuf.allocation) {
		gbm_bo_destroy(buffer->dmabuf.allocation);
	}
	dmabuf_finish(&buffer->dmabuf);
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

int canvas_export_timeline(
	struct canvas *canvas, struct canvas_buffer *buffer, uint64_t start, const char **why) {
	*why = "only Vulkan has timelines of its own";
	return buffer->vulkan ? vulkan_api->export_timeline(
					canvas->vulkan, buffer->vulkan, start, why)
			      : -1;
}

int canvas_draw(struct canvas *canvas, const struct canvas_buffer *buffer, uint32_t frame) {
	const struct dmabuf *buf = &buffer->dmabuf;
	if (canvas->kind == CANVAS_GPU) {
		scene_gl_draw(&canvas->scene, buffer->target.framebuffer, buf->width, buf->height,
			frame);
		return egl_end_frame(&canvas->egl);
	}
	if (canvas->kind == CANVAS_VULKAN) {
		return vulkan_api->draw(canvas->vulkan, buffer->vulkan, frame, buffer->point);
	}
	dmabuf_sync_cpu(buf, false);
	draw_by_cpu(canvas, buf, frame);
	dmabuf_sync_cpu(buf, true);
	return CANVAS_DRAWN;
}
