/* SPDX-License-Identifier: MIT */
#include "allocator.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "base/format.h"
#include "util.h"

/* Rows begin at multiples of this: several GPUs refuse to import less. */
#define STRIDE_ALIGN 256u

/* Maps a file that has the memory. Returns false and errno. */
static bool map_piece(struct dmabuf_piece *piece, int fd, uint64_t size, uint64_t offset) {
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	if (map == MAP_FAILED) {
		return false;
	}
	*piece = (struct dmabuf_piece){.map = map, .size = size};
	return true;
}

/*
 * Each of the following functions allocates and maps one piece of memory for so many rows of *pitch
 * bytes. It may raise *pitch to what the device wants. *fd is -1 before. The caller gives back *fd
 * and the piece, also where the function returns false and errno.
 */

/*
 * Dumb buffers: linear memory that a KMS driver makes for its own scan-out, or vgem for anybody's.
 * Any opener of the primary node may make them, master or not; render nodes refuse.
 */
static bool get_dumb(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	/* A dumb buffer is measured in pixels; which ones does not matter to the memory. */
	uint32_t handle;
	uint64_t size, offset;
	if (drmModeCreateDumbBuffer(device, *pitch / 4, rows, 32, 0, &handle, pitch, &size) != 0) {
		return false;
	}
	bool ok = drmPrimeHandleToFD(device, handle, DRM_CLOEXEC | DRM_RDWR, fd) == 0 &&
		  drmModeMapDumbBuffer(device, handle, &offset) == 0 &&
		  map_piece(piece, device, size, offset);
	/* The dma-buf keeps the memory; the handle was only needed to get there. */
	drmModeDestroyDumbBuffer(device, handle);
	return ok;
}

/* Memory that can't be taken away from who reads it. */
static int create_sealed(size_t size) {
	int memfd = memfd_create("latch-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd >= 0 && (ftruncate(memfd, (off_t)size) != 0 ||
				  fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)) {
		latch_fd_clear(&memfd);
	}
	return memfd;
}

/*
 * udmabuf makes a dma-buf of the pages of a memfd. The memfd must be sealed against shrinking,
 * for the kernel pins the pages; the mapping is the memfd's own.
 */
static bool get_udmabuf(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = ((size_t)*pitch * rows + page - 1) & ~(page - 1);
	int memfd = create_sealed(size);
	if (memfd >= 0) {
		struct udmabuf_create create = {
			.memfd = (uint32_t)memfd,
			.flags = UDMABUF_FLAGS_CLOEXEC,
			.size = size,
		};
		*fd = ioctl(device, UDMABUF_CREATE, &create);
	}
	bool ok = *fd >= 0 && map_piece(piece, memfd, size, 0);
	latch_fd_clear(&memfd);
	return ok;
}

/* dma-heap: the kernel hands out dma-bufs of one kind of memory, without a device or a driver: of
 * pages from anywhere, or (CMA) of pages in a row, for displays that have no IOMMU. */
static bool get_heap(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	struct dma_heap_allocation_data request = {
		.len = (uint64_t)*pitch * rows,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	if (ioctl(device, DMA_HEAP_IOCTL_ALLOC, &request) != 0) {
		return false;
	}
	*fd = (int)request.fd;
	return map_piece(piece, *fd, request.len, 0);
}

/* Memory that a wl_shm_pool can be made of. It is no dma-buf, but a compositor can make one of it. */
static bool get_shm(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	size_t size = (size_t)*pitch * rows;
	*fd = create_sealed(size);
	return *fd >= 0 && map_piece(piece, *fd, size, 0);
}

static bool (*const get_piece[])(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) = {
	[CANVAS_DUMB] = get_dumb,
	[CANVAS_UDMABUF] = get_udmabuf,
	[CANVAS_HEAP] = get_heap,
	[CANVAS_VGEM] = get_dumb,
	[CANVAS_SHM] = get_shm,
};

bool cpu_formats(struct kms_format_set *set) {
	size_t len;
	const struct latch_format *formats = latch_formats(&len);
	bool ok = true;
	for (size_t i = 0; i < len && ok; i++) {
		uint32_t fourcc = formats[i].fourcc;
		ok = formats[i].is_float ||
		     (kms_format_set_add(set, fourcc, DRM_FORMAT_MOD_LINEAR) == 0 &&
			     kms_format_set_add(set, fourcc, DRM_FORMAT_MOD_INVALID) == 0);
	}
	return ok;
}

static uint32_t aligned(uint64_t bytes) {
	return (uint32_t)(bytes + STRIDE_ALIGN - 1) & ~(STRIDE_ALIGN - 1);
}

/* A plane's rows are as much longer than the first plane's as they hold more: several drivers
 * take no other strides. */
static uint32_t stride_of(const struct latch_format *format, int plane, uint32_t pitch) {
	return (uint32_t)(pitch * latch_format_row_bytes(format, plane, format->x_sub) /
			  latch_format_row_bytes(format, 0, format->x_sub));
}

static bool create_together(enum canvas_kind kind, int device, const struct latch_format *format,
	struct dmabuf *buf) {
	struct dmabuf_plane *first = &buf->planes[0];
	first->stride = aligned(latch_format_row_bytes(format, 0, buf->width));
	uint64_t bytes = 0;
	for (int i = 0; i < format->planes; i++) {
		bytes += stride_of(format, i, first->stride) *
			 latch_format_rows(format, i, buf->height);
	}
	/* In rows of the first plane, it does not matter when they become longer. */
	uint32_t rows = (uint32_t)((bytes + first->stride - 1) / first->stride);
	bool ok = get_piece[kind](device, &first->stride, rows, &first->fd, &buf->pieces[0]);
	buf->num_pieces = 1;
	uint32_t offset = 0;
	for (int i = 0; i < format->planes && ok; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		if (i > 0) {
			plane->fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
			ok = plane->fd >= 0;
		}
		plane->stride = stride_of(format, i, first->stride);
		plane->offset = offset;
		plane->data = (uint8_t *)buf->pieces[0].map + offset;
		offset += plane->stride * (uint32_t)latch_format_rows(format, i, buf->height);
	}
	return ok;
}

static bool create_apart(enum canvas_kind kind, int device, const struct latch_format *format,
	struct dmabuf *buf) {
	bool ok = true;
	for (int i = 0; i < format->planes && ok; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		uint32_t rows = (uint32_t)latch_format_rows(format, i, buf->height);
		plane->stride = aligned(latch_format_row_bytes(format, i, buf->width));
		ok = get_piece[kind](device, &plane->stride, rows, &plane->fd, &buf->pieces[i]);
		plane->data = buf->pieces[i].map;
		buf->num_pieces = i + 1;
	}
	return ok;
}

bool cpu_buffer_create(
	enum canvas_kind kind, int device, const struct plan_step *step, struct dmabuf *buf) {
	const struct latch_format *format = latch_format_find(buf->fourcc);
	/* Without a modifier the importer assumes its driver's default for memory that it didn't
	 * make, which is linear. */
	buf->modifier = plan_step_allows(step, DRM_FORMAT_MOD_LINEAR) ? DRM_FORMAT_MOD_LINEAR
								      : DRM_FORMAT_MOD_INVALID;
	if (!format || !plan_step_allows(step, buf->modifier)) {
		errno = EINVAL;
		return false;
	}
	buf->num_planes = format->planes;
	for (int i = 0; i < format->planes; i++) {
		buf->planes[i].fd = -1;
	}
	return step->apart ? create_apart(kind, device, format, buf)
			   : create_together(kind, device, format, buf);
}
