#include "canvas.h"

#include <errno.h>
#include <fcntl.h>
#include <gbm.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "allocator.h"
#include "util.h"

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
 * Dumb buffers: linear memory that a KMS driver makes for its own scan-out. Any opener of the
 * primary node may make them, master or not; render nodes refuse.
 */
static bool get_dumb(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	/* A dumb buffer is measured in pixels; which ones does not matter to the memory. */
	uint32_t handle;
	uint64_t size, offset;
	if (drmModeCreateDumbBuffer(device, *pitch / 4, rows, 32, 0, &handle, pitch, &size) != 0) {
		return false;
	}
	bool ok = drmPrimeHandleToFD(device, handle, DRM_CLOEXEC | DRM_RDWR, fd) == 0;
	if (ok && (drmModeMapDumbBuffer(device, handle, &offset) != 0 ||
			  !map_piece(piece, device, size, offset))) {
		fd_clear(fd);
		ok = false;
	}
	/* The dma-buf keeps the memory; the handle was only needed to get there. */
	drmModeDestroyDumbBuffer(device, handle);
	return ok;
}

/*
 * udmabuf makes a dma-buf of the pages of a memfd. The memfd must be sealed against shrinking,
 * for the kernel pins the pages; the mapping is the memfd's own.
 */
static bool get_udmabuf(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = ((size_t)*pitch * rows + page - 1) & ~(page - 1);
	int memfd = memfd_create("latch-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	*fd = -1;
	if (memfd >= 0 && ftruncate(memfd, (off_t)size) == 0 &&
		fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) == 0) {
		struct udmabuf_create create = {
			.memfd = (uint32_t)memfd,
			.flags = UDMABUF_FLAGS_CLOEXEC,
			.size = size,
		};
		*fd = ioctl(device, UDMABUF_CREATE, &create);
	}
	if (*fd >= 0 && !map_piece(piece, memfd, size, 0)) {
		fd_clear(fd);
	}
	fd_clear(&memfd);
	return *fd >= 0;
}

/* dma-heap: the kernel hands out dma-bufs of its system memory, without a device or a driver. */
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
	if (!map_piece(piece, *fd, request.len, 0)) {
		fd_clear(fd);
	}
	return *fd >= 0;
}

/* Memory that a wl_shm_pool can be made of; it is no dma-buf. */
static bool get_shm(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece) {
	size_t size = (size_t)*pitch * rows;
	*fd = memfd_create("latch-client", MFD_CLOEXEC);
	if (*fd >= 0 && (ftruncate(*fd, (off_t)size) != 0 || !map_piece(piece, *fd, size, 0))) {
		fd_clear(fd);
	}
	return *fd >= 0;
}

static const struct {
	const char *name, *label;
	cpu_piece_func get_piece;
} kinds[] = {
	[CANVAS_GPU] = {"gbm", "GPU", NULL},
	[CANVAS_DUMB] = {"dumb", "dumb buffers", get_dumb},
	[CANVAS_UDMABUF] = {"udmabuf", "/dev/udmabuf", get_udmabuf},
	[CANVAS_HEAP] = {"dma-heap", "/dev/dma_heap/system", get_heap},
	[CANVAS_SHM] = {"wl_shm", "shared memory", get_shm},
};

const char *canvas_label(enum canvas_kind kind) {
	return kinds[kind].label;
}

const char *canvas_allocator(const struct canvas *canvas) {
	return kinds[canvas->kind].name;
}

bool canvas_create_buffer(const struct canvas *canvas, const struct plan_step *step, uint32_t width,
	uint32_t height, struct dmabuf *buf) {
	dmabuf_init(buf, width, height, step->fourcc);
	return canvas->kind == CANVAS_GPU
		       ? gbm_buffer_create(canvas->gbm, step, buf)
		       : cpu_buffer_create(canvas->fd, step, kinds[canvas->kind].get_piece, buf);
}

void canvas_destroy_buffer(struct dmabuf *buf) {
	dmabuf_finish(buf);
	if (buf->allocation) {
		gbm_bo_destroy(buf->allocation);
		buf->allocation = NULL;
	}
}
