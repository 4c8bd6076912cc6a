#include "output/dmabuf_check.h"

#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wlr/render/dmabuf.h>

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

static const char *check_plane(const struct wlr_dmabuf_attributes *attributes,
	const struct plane_layout *layout, int plane) {
	uint32_t x_sub = layout->plane[plane].x_sub, y_sub = layout->plane[plane].y_sub;
	uint64_t width = ((uint64_t)(uint32_t)attributes->width + x_sub - 1) / x_sub;
	uint64_t height = ((uint64_t)(uint32_t)attributes->height + y_sub - 1) / y_sub;
	uint64_t row = width * layout->plane[plane].bytes;
	if (attributes->stride[plane] < row) {
		return "a stride is smaller than a row of pixels";
	}
	off_t size = lseek(attributes->fd[plane], 0, SEEK_END);
	uint64_t end = attributes->offset[plane] +
		       (uint64_t)attributes->stride[plane] * (height - 1) + row;
	if (size >= 0 && end > (uint64_t)size) {
		return "a plane reaches over the end of its dma-buf";
	}
	return NULL;
}

const char *latch_dmabuf_check(const struct wlr_dmabuf_attributes *attributes) {
	for (int i = 0; i < attributes->n_planes; i++) {
		if (!is_dmabuf(attributes->fd[i])) {
			return "a file descriptor is not a dma-buf";
		}
	}
	const struct plane_layout *layout = find_layout(attributes->format);
	/* A format without a row here is for the driver to judge, in AddFB2 or at the renderer's
	 * import. So is one with a modifier: its planes mean something else (tiles, compression).
	 */
	bool linear = attributes->modifier == DRM_FORMAT_MOD_LINEAR ||
		      attributes->modifier == DRM_FORMAT_MOD_INVALID;
	if (layout == NULL || !linear) {
		return NULL;
	}
	if (attributes->n_planes != layout->planes) {
		return "wrong number of planes for the format";
	}
	for (int i = 0; i < layout->planes; i++) {
		const char *wrong = check_plane(attributes, layout, i);
		if (wrong != NULL) {
			return wrong;
		}
	}
	return NULL;
}
