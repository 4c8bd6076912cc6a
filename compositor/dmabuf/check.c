/* SPDX-License-Identifier: MIT */
#include "dmabuf/check.h"

#include <drm_fourcc.h>
#include <wlr/render/dmabuf.h>

#include "base/format.h"
#include "fence/fence.h"
#include "linux-dmabuf-v1-protocol.h"

#define INCOMPLETE ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE
#define OUT_OF_BOUNDS ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS

/* Only a dma-buf knows the ioctl: pipes, files and memfds answer ENOTTY. It waits for nothing. */
static bool is_dmabuf(int fd) {
	int fence_fd = latch_fence_export_from_dmabuf(fd);
	bool is = fence_fd >= 0;
	latch_fd_clear(&fence_fd);
	return is;
}

static int64_t size_of(int fd) {
	return lseek(fd, 0, SEEK_END);
}

const struct latch_dmabuf_probe latch_dmabuf_kernel_probe = {
	.is_dmabuf = is_dmabuf,
	.size = size_of,
};

static const struct latch_dmabuf_fault fine = {0};

static struct latch_dmabuf_fault fault(int error, const char *text) {
	return (struct latch_dmabuf_fault){error, text};
}

static struct latch_dmabuf_fault check_indices(const struct wlr_dmabuf_attributes *attributes) {
	int planes = 0;
	while (planes < WLR_DMABUF_MAX_PLANES && attributes->fd[planes] >= 0) {
		planes++;
	}
	if (planes == 0) {
		return fault(INCOMPLETE, "plane 0 was not added");
	}
	if (planes != attributes->n_planes) {
		return fault(INCOMPLETE, "there is a gap in the planes");
	}
	if (attributes->width < 1 || attributes->height < 1) {
		return fault(ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS,
			"width and height must be positive");
	}
	return fine;
}

static struct latch_dmabuf_fault check_strides(
	const struct wlr_dmabuf_attributes *attributes, const struct latch_format *layout) {
	if (attributes->n_planes != layout->planes) {
		return fault(INCOMPLETE, "the format has another number of planes");
	}
	for (int i = 0; i < layout->planes; i++) {
		if (attributes->stride[i] <
			latch_format_row_bytes(layout, i, (uint32_t)attributes->width)) {
			return fault(OUT_OF_BOUNDS, "a stride is smaller than a row of pixels");
		}
	}
	return fine;
}

static struct latch_dmabuf_fault check_bounds(const struct wlr_dmabuf_attributes *attributes,
	const struct latch_format *layout, const struct latch_dmabuf_probe *probe) {
	for (int i = 0; i < attributes->n_planes; i++) {
		int64_t size = probe->size(attributes->fd[i]);
		if (size < 0) {
			return fault(LATCH_DMABUF_FAILED, "a dma-buf does not tell its size");
		}
		/* 32, 32 and 31 bits: none of this overflows. The last row need not be padded
		 * (drm_gem_fb_init_with_funcs()): V4L2 and heaps make such buffers. */
		uint64_t end = attributes->offset[i];
		if (layout != NULL) {
			end += latch_format_plane_bytes(layout, i, attributes->stride[i],
				(uint32_t)attributes->width, (uint32_t)attributes->height);
		}
		if (end > (uint64_t)size || attributes->offset[i] == size) {
			return fault(OUT_OF_BOUNDS, "a plane reaches over the end of its dma-buf");
		}
		/* The kernel and the renderers count in 32 bits (drm_framebuffer.c). */
		if (end > UINT32_MAX) {
			return fault(LATCH_DMABUF_FAILED, "a plane ends beyond 4 GiB");
		}
	}
	return fine;
}

struct latch_dmabuf_fault latch_dmabuf_check(
	const struct wlr_dmabuf_attributes *attributes, const struct latch_dmabuf_probe *probe) {
	struct latch_dmabuf_fault found = check_indices(attributes);
	/* A format without a row in the table is for the driver to judge, in AddFB2 or at the
	 * renderer's import. So is one with a modifier: its planes and strides mean something
	 * else (tiles, compression). */
	bool linear = attributes->modifier == DRM_FORMAT_MOD_LINEAR ||
		      attributes->modifier == DRM_FORMAT_MOD_INVALID;
	const struct latch_format *layout = linear ? latch_format_find(attributes->format) : NULL;
	if (found.text == NULL && layout != NULL) {
		found = check_strides(attributes, layout);
	}
	/* Before the size: that of another kind of file means nothing. */
	for (int i = 0; i < attributes->n_planes && found.text == NULL; i++) {
		if (!probe->is_dmabuf(attributes->fd[i])) {
			return fault(LATCH_DMABUF_FAILED, "a file descriptor is not a dma-buf");
		}
	}
	return found.text != NULL ? found : check_bounds(attributes, layout, probe);
}
