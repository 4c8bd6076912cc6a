#include "dmabuf/check.h"

#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wlr/render/dmabuf.h>

#include "base/format.h"
#include "linux-dmabuf-v1-protocol.h"

/* Only a dma-buf knows this ioctl: pipes, files and memfds answer ENOTTY. It asks for no fence
 * and waits for nothing. */
static bool is_dmabuf(int fd) {
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	if (ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) != 0) {
		return false;
	}
	close(export.fd);
	return true;
}

static int64_t size_of(int fd) {
	return lseek(fd, 0, SEEK_END);
}

const struct latch_dmabuf_probe latch_dmabuf_kernel_probe = {
	.is_dmabuf = is_dmabuf,
	.size = size_of,
};

static bool broken(struct latch_dmabuf_fault *fault, int error, const char *text) {
	*fault = (struct latch_dmabuf_fault){error, text};
	return false;
}

static bool failed(struct latch_dmabuf_fault *fault, const char *text) {
	return broken(fault, LATCH_DMABUF_FAILED, text);
}

static bool check_indices(
	const struct wlr_dmabuf_attributes *attributes, struct latch_dmabuf_fault *fault) {
	int planes = 0;
	while (planes < WLR_DMABUF_MAX_PLANES && attributes->fd[planes] >= 0) {
		planes++;
	}
	if (planes == 0) {
		return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"plane 0 was not added");
	}
	if (planes != attributes->n_planes) {
		return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"there is a gap in the planes");
	}
	return true;
}

static bool check_strides(const struct wlr_dmabuf_attributes *attributes,
	const struct latch_format *layout, struct latch_dmabuf_fault *fault) {
	if (attributes->n_planes != layout->planes) {
		return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"the format has another number of planes");
	}
	for (int i = 0; i < layout->planes; i++) {
		if (attributes->stride[i] <
			latch_format_row_bytes(layout, i, (uint32_t)attributes->width)) {
			return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
				"a stride is smaller than a row of pixels");
		}
	}
	return true;
}

static bool check_bounds(const struct wlr_dmabuf_attributes *attributes,
	const struct latch_format *layout, const struct latch_dmabuf_probe *probe,
	struct latch_dmabuf_fault *fault) {
	for (int i = 0; i < attributes->n_planes; i++) {
		int64_t size = probe->size(attributes->fd[i]);
		if (size < 0) {
			return failed(fault, "a dma-buf does not tell its size");
		}
		/* 32, 32 and 31 bits: none of this overflows. The last row need not be padded
		 * (drm_gem_fb_init_with_funcs()): V4L2 and heaps make such buffers. */
		uint64_t end = attributes->offset[i];
		if (layout != NULL) {
			end += latch_format_plane_bytes(layout, i, attributes->stride[i],
				(uint32_t)attributes->width, (uint32_t)attributes->height);
		}
		if (end > (uint64_t)size || attributes->offset[i] == size) {
			return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
				"a plane reaches over the end of its dma-buf");
		}
		/* The kernel and the renderers count in 32 bits (drm_framebuffer.c). */
		if (end > UINT32_MAX) {
			return failed(fault, "a plane ends beyond 4 GiB");
		}
	}
	return true;
}

bool latch_dmabuf_check(const struct wlr_dmabuf_attributes *attributes,
	const struct latch_dmabuf_probe *probe, struct latch_dmabuf_fault *fault) {
	if (!check_indices(attributes, fault)) {
		return false;
	}
	if (attributes->width < 1 || attributes->height < 1) {
		return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS,
			"width and height must be positive");
	}
	/* A format without a row in the table is for the driver to judge, in AddFB2 or at the
	 * renderer's import. So is one with a modifier: its planes and strides mean something
	 * else (tiles, compression). */
	bool linear = attributes->modifier == DRM_FORMAT_MOD_LINEAR ||
		      attributes->modifier == DRM_FORMAT_MOD_INVALID;
	const struct latch_format *layout = linear ? latch_format_find(attributes->format) : NULL;
	if (layout != NULL && !check_strides(attributes, layout, fault)) {
		return false;
	}
	/* Before the size: that of another kind of file means nothing. */
	for (int i = 0; i < attributes->n_planes; i++) {
		if (!probe->is_dmabuf(attributes->fd[i])) {
			return failed(fault, "a file descriptor is not a dma-buf");
		}
	}
	return check_bounds(attributes, layout, probe, fault);
}
