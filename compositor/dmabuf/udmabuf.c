/* SPDX-License-Identifier: MIT */
#include "dmabuf/udmabuf.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "base/fd.h"
#include "kms/device.h"
#include "limits/account.h"
#include "plan/reason.h"

/* Pages of the client's file, and one of ours. */
#define MAX_ITEMS 2

/* What is known of one wl_shm buffer. */
struct udmabuf {
	struct wlr_addon addon; // wlr_buffer.addons
	uint64_t reasons;
	bool tried;
	int fd; // -1: there is none
	/* Where the client's file ends within a page, which the kernel does not take: a page of ours
	 * with a copy of what the buffer has there. NULL: there is none. */
	void *tail;
	size_t tail_begin;	   // in the page, in bytes
	size_t tail_at, tail_size; // in the buffer
	struct latch_account *account;
};

static uint64_t page_mask(void) {
	return (uint64_t)sysconf(_SC_PAGESIZE) - 1;
}

/* A file in memory, of one page, that may go into a dma-buf. */
static int create_page(void) {
	int fd = memfd_create("latch-udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && (ftruncate(fd, (off_t)page_mask() + 1) != 0 ||
			       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)) {
		latch_fd_clear(&fd);
	}
	return fd;
}

static int create_list(
	int udmabuf_fd, const struct udmabuf_create_item *items, uint32_t items_len) {
	union {
		struct udmabuf_create_list list;
		char room[sizeof(struct udmabuf_create_list) +
			  MAX_ITEMS * sizeof(struct udmabuf_create_item)];
	} request = {.list = {.flags = UDMABUF_FLAGS_CLOEXEC, .count = items_len}};
	memcpy(request.list.list, items, items_len * sizeof(items[0]));
	return ioctl(udmabuf_fd, UDMABUF_CREATE_LIST, &request);
}

/* One page of our own tells whether the device imports such memory at all. */
static int try_import(const struct kms_device *device, int udmabuf_fd) {
	int memfd = create_page(), fd = -1, ret = 0;
	uint32_t handle = 0;
	const struct udmabuf_create_item item = {
		.memfd = (uint32_t)memfd, .size = page_mask() + 1};
	if (memfd < 0 || (fd = create_list(udmabuf_fd, &item, 1)) < 0 ||
		drmPrimeFDToHandle(device->fd, fd, &handle) != 0) {
		ret = -errno;
	}
	if (handle != 0) {
		drmCloseBufferHandle(device->fd, handle);
	}
	latch_fd_clear(&fd);
	latch_fd_clear(&memfd);
	return ret;
}

int latch_udmabuf_open(const struct kms_device *device) {
	int fd = -1, ret = -ENOTSUP;
	/* Intel's display engines do not look into the CPU's caches, their drivers flush what the
	 * CPU has written to buffers of their own alone, and on x86 DMA_BUF_IOCTL_SYNC flushes
	 * nothing. */
	if (device->features.prime_import && strcmp(device->driver, "i915") != 0 &&
		strcmp(device->driver, "xe") != 0) {
		fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
		ret = fd >= 0 ? try_import(device, fd) : -errno;
	}
	if (ret != 0) {
		latch_fd_clear(&fd);
		wlr_log(WLR_INFO, "shared memory does not go to planes: %s: %s",
			ret == -ENOTSUP ? device->driver : "/dev/udmabuf", strerror(-ret));
	}
	return fd;
}

static void handle_destroy(struct wlr_addon *addon) {
	struct udmabuf *udmabuf = wl_container_of(addon, udmabuf, addon);
	wlr_addon_finish(&udmabuf->addon);
	if (udmabuf->fd >= 0) {
		latch_account_discharge_memory(udmabuf->account, udmabuf->fd);
		latch_account_discharge(udmabuf->account, LATCH_LIMIT_FDS, 1);
	}
	latch_fd_clear(&udmabuf->fd);
	if (udmabuf->tail != NULL) {
		munmap(udmabuf->tail, page_mask() + 1);
	}
	latch_account_unref(udmabuf->account);
	free(udmabuf);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_udmabuf",
	.destroy = handle_destroy,
};

static struct udmabuf *find(struct wlr_buffer *buffer) {
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, &addon_impl, &addon_impl);
	struct udmabuf *udmabuf = NULL;
	return addon != NULL ? wl_container_of(addon, udmabuf, addon) : NULL;
}

/* Nobody may take pages away that a display reads; and the kernel makes none of memory that nobody
 * may write to. */
static uint64_t check_seals(int memfd) {
	const int seals = fcntl(memfd, F_GET_SEALS);
	const bool good = seals >= 0 && (seals & F_SEAL_SHRINK) != 0 &&
			  (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) == 0;
	return good ? 0 : LATCH_REASON_SHM_UNSEALED;
}

uint64_t latch_udmabuf_check(int udmabuf_fd, struct wlr_buffer *buffer) {
	struct wlr_shm_attributes shm;
	if (udmabuf_fd < 0 || !wlr_buffer_get_shm(buffer, &shm)) {
		return LATCH_REASON_NO_DMABUF;
	}
	struct udmabuf *udmabuf = find(buffer);
	if (udmabuf != NULL) {
		return udmabuf->reasons;
	}
	udmabuf = calloc(1, sizeof(*udmabuf));
	if (udmabuf == NULL) {
		return LATCH_REASON_NO_DMABUF;
	}
	udmabuf->fd = -1;
	udmabuf->reasons = check_seals(shm.fd);
	wlr_addon_init(&udmabuf->addon, &buffer->addons, &addon_impl, &addon_impl);
	return udmabuf->reasons;
}

static void add_item(struct udmabuf_create_item *items, uint32_t *items_len, int memfd,
	uint64_t begin, uint64_t end) {
	if (end > begin) {
		items[(*items_len)++] = (struct udmabuf_create_item){
			.memfd = (uint32_t)memfd, .offset = begin, .size = end - begin};
	}
}

/* The pages that the buffer is in. Returns 0, or -1 and errno. */
static int make(struct udmabuf *udmabuf, int udmabuf_fd, const struct wlr_shm_attributes *shm,
	uint64_t *bytes) {
	const uint64_t mask = page_mask(), offset = (uint64_t)shm->offset, begin = offset & ~mask;
	const uint64_t end = offset + (uint64_t)shm->stride * (uint64_t)shm->height;
	struct udmabuf_create_item items[MAX_ITEMS];
	uint32_t items_len = 0;
	struct stat stat;
	int page = -1;
	if (fstat(shm->fd, &stat) != 0) {
		return -1;
	}
	const uint64_t whole_end = (uint64_t)stat.st_size & ~mask;
	add_item(items, &items_len, shm->fd, begin, end < whole_end ? (end + mask) & ~mask : whole_end);
	if (end > whole_end) {
		page = create_page();
		add_item(items, &items_len, page, 0, mask + 1);
		void *tail = page >= 0 ? mmap(NULL, mask + 1, PROT_WRITE, MAP_SHARED, page, 0)
				       : MAP_FAILED;
		if (tail == MAP_FAILED) {
			latch_fd_clear(&page);
			return -1;
		}
		udmabuf->tail = tail;
		udmabuf->tail_begin = offset > whole_end ? offset - whole_end : 0;
		udmabuf->tail_at = offset < whole_end ? whole_end - offset : 0;
		udmabuf->tail_size = end - offset - udmabuf->tail_at;
	}
	udmabuf->fd = create_list(udmabuf_fd, items, items_len);
	latch_fd_clear(&page);
	*bytes = ((end + mask) & ~mask) - begin;
	return udmabuf->fd >= 0 ? 0 : -1;
}

bool latch_udmabuf_create(
	int udmabuf_fd, struct wlr_buffer *buffer, struct latch_account *account) {
	struct udmabuf *udmabuf = find(buffer);
	struct wlr_shm_attributes shm;
	uint64_t bytes;
	if (udmabuf == NULL || udmabuf->tried || !wlr_buffer_get_shm(buffer, &shm)) {
		return udmabuf != NULL && udmabuf->fd >= 0;
	}
	udmabuf->tried = true;
	if (!latch_account_charge(account, LATCH_LIMIT_FDS, 1)) {
		return false;
	}
	if (make(udmabuf, udmabuf_fd, &shm, &bytes) != 0) {
		wlr_log(WLR_DEBUG, "the kernel made no udmabuf of shared memory: %s",
			strerror(errno));
	} else if (!latch_account_charge_memory(account, udmabuf->fd, bytes)) {
		latch_fd_clear(&udmabuf->fd);
	}
	if (udmabuf->fd < 0) {
		latch_account_discharge(account, LATCH_LIMIT_FDS, 1);
		return false;
	}
	udmabuf->account = latch_account_ref(account);
	return true;
}

bool latch_udmabuf_get(struct wlr_buffer *buffer, struct wlr_dmabuf_attributes *dmabuf) {
	const struct udmabuf *udmabuf = find(buffer);
	struct wlr_shm_attributes shm;
	if (udmabuf == NULL || udmabuf->fd < 0 || !wlr_buffer_get_shm(buffer, &shm)) {
		return false;
	}
	*dmabuf = (struct wlr_dmabuf_attributes){
		.width = shm.width,
		.height = shm.height,
		.format = shm.format,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.fd = {udmabuf->fd},
		.offset = {(uint32_t)((uint64_t)shm.offset & page_mask())},
		.stride = {(uint32_t)shm.stride},
	};
	return true;
}

static void copy_tail(const struct udmabuf *udmabuf, struct wlr_buffer *buffer) {
	void *data;
	uint32_t format;
	size_t stride;
	if (wlr_buffer_begin_data_ptr_access(
		    buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride)) {
		memcpy((char *)udmabuf->tail + udmabuf->tail_begin,
			(const char *)data + udmabuf->tail_at, udmabuf->tail_size);
		wlr_buffer_end_data_ptr_access(buffer);
	}
}

void latch_udmabuf_flush(struct wlr_buffer *buffer) {
	const struct udmabuf *udmabuf = find(buffer);
	if (udmabuf == NULL || udmabuf->fd < 0) {
		return;
	}
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE};
	ioctl(udmabuf->fd, DMA_BUF_IOCTL_SYNC, &sync);
	if (udmabuf->tail != NULL) {
		copy_tail(udmabuf, buffer);
	}
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
	ioctl(udmabuf->fd, DMA_BUF_IOCTL_SYNC, &sync);
}
