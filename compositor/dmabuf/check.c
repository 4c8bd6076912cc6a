#include "dmabuf/check.h"

#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wlr/render/dmabuf.h>

#include "linux-dmabuf-v1-protocol.h"

/* How a format's planes lie in memory, for those whose planes are not just one of whole pixels.
 * From the comments of drm_fourcc.h. */
struct plane_layout {
	uint32_t fourcc;
	int planes;
	struct {
		uint32_t bytes;	       // per block of one sample of each component in the plane
		uint32_t x_sub, y_sub; // subsampling
	} plane[3];
};

static const struct plane_layout layouts[] = {
	{DRM_FORMAT_NV12, 2, {{1, 1, 1}, {2, 2, 2}}},
	{DRM_FORMAT_NV21, 2, {{1, 1, 1}, {2, 2, 2}}},
	{DRM_FORMAT_NV16, 2, {{1, 1, 1}, {2, 2, 1}}},
	{DRM_FORMAT_NV61, 2, {{1, 1, 1}, {2, 2, 1}}},
	{DRM_FORMAT_NV24, 2, {{1, 1, 1}, {2, 1, 1}}},
	{DRM_FORMAT_NV42, 2, {{1, 1, 1}, {2, 1, 1}}},
	{DRM_FORMAT_P010, 2, {{2, 1, 1}, {4, 2, 2}}},
	{DRM_FORMAT_P012, 2, {{2, 1, 1}, {4, 2, 2}}},
	{DRM_FORMAT_P016, 2, {{2, 1, 1}, {4, 2, 2}}},
	{DRM_FORMAT_YUV420, 3, {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}}},
	{DRM_FORMAT_YVU420, 3, {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}}},
	{DRM_FORMAT_YUV422, 3, {{1, 1, 1}, {1, 2, 1}, {1, 2, 1}}},
	{DRM_FORMAT_YVU422, 3, {{1, 1, 1}, {1, 2, 1}, {1, 2, 1}}},
	{DRM_FORMAT_YUV444, 3, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
	{DRM_FORMAT_YVU444, 3, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
	{DRM_FORMAT_R8, 1, {{1, 1, 1}}},
	{DRM_FORMAT_RGB565, 1, {{2, 1, 1}}},
	{DRM_FORMAT_BGR565, 1, {{2, 1, 1}}},
	{DRM_FORMAT_YUYV, 1, {{4, 2, 1}}},
	{DRM_FORMAT_YVYU, 1, {{4, 2, 1}}},
	{DRM_FORMAT_UYVY, 1, {{4, 2, 1}}},
	{DRM_FORMAT_VYUY, 1, {{4, 2, 1}}},
	{DRM_FORMAT_RGB888, 1, {{3, 1, 1}}},
	{DRM_FORMAT_BGR888, 1, {{3, 1, 1}}},
	{DRM_FORMAT_XRGB8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_ARGB8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_XBGR8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_ABGR8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_RGBX8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_RGBA8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_BGRX8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_BGRA8888, 1, {{4, 1, 1}}},
	{DRM_FORMAT_XRGB2101010, 1, {{4, 1, 1}}},
	{DRM_FORMAT_ARGB2101010, 1, {{4, 1, 1}}},
	{DRM_FORMAT_XBGR2101010, 1, {{4, 1, 1}}},
	{DRM_FORMAT_ABGR2101010, 1, {{4, 1, 1}}},
	{DRM_FORMAT_XRGB16161616F, 1, {{8, 1, 1}}},
	{DRM_FORMAT_ARGB16161616F, 1, {{8, 1, 1}}},
	{DRM_FORMAT_XBGR16161616F, 1, {{8, 1, 1}}},
	{DRM_FORMAT_ABGR16161616F, 1, {{8, 1, 1}}},
	{DRM_FORMAT_XRGB16161616, 1, {{8, 1, 1}}},
	{DRM_FORMAT_ARGB16161616, 1, {{8, 1, 1}}},
	{DRM_FORMAT_XBGR16161616, 1, {{8, 1, 1}}},
	{DRM_FORMAT_ABGR16161616, 1, {{8, 1, 1}}},
};

static const struct plane_layout *find_layout(uint32_t fourcc) {
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].fourcc == fourcc) {
			return &layouts[i];
		}
	}
	return NULL;
}

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

static uint32_t divide_up(int32_t size, uint32_t by) {
	return ((uint32_t)size + by - 1) / by;
}

static uint64_t row_bytes(const struct wlr_dmabuf_attributes *attributes,
	const struct plane_layout *layout, int plane) {
	return (uint64_t)divide_up(attributes->width, layout->plane[plane].x_sub) *
	       layout->plane[plane].bytes;
}

static bool check_strides(const struct wlr_dmabuf_attributes *attributes,
	const struct plane_layout *layout, struct latch_dmabuf_fault *fault) {
	if (attributes->n_planes != layout->planes) {
		return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE,
			"the format has another number of planes");
	}
	for (int i = 0; i < layout->planes; i++) {
		if (attributes->stride[i] < row_bytes(attributes, layout, i)) {
			return broken(fault, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS,
				"a stride is smaller than a row of pixels");
		}
	}
	return true;
}

static bool check_bounds(const struct wlr_dmabuf_attributes *attributes,
	const struct plane_layout *layout, const struct latch_dmabuf_probe *probe,
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
			const uint32_t rows =
				divide_up(attributes->height, layout->plane[i].y_sub);
			end += (uint64_t)attributes->stride[i] * (rows - 1) +
			       row_bytes(attributes, layout, i);
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
	const struct plane_layout *layout = linear ? find_layout(attributes->format) : NULL;
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
