/* SPDX-License-Identifier: MIT */
#include "dmabuf.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "util.h"

void dmabuf_finish(struct dmabuf *buf) {
	for (int i = 0; i < buf->num_pieces; i++) {
		if (buf->pieces[i].map) {
			munmap(buf->pieces[i].map, buf->pieces[i].size);
		}
	}
	for (int i = 0; i < buf->num_planes; i++) {
		latch_fd_clear(&buf->planes[i].fd);
	}
	*buf = (struct dmabuf){0};
}

static int export_one(int fd, bool for_write) {
	struct dma_buf_export_sync_file request = {
		.flags = for_write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ,
		.fd = -1,
	};
	return ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &request) == 0 ? request.fd : -1;
}

/* Takes both fds. */
static int merge(int a, int b) {
	struct sync_merge_data request = {.name = "planes", .fd2 = b, .fence = -1};
	int ret = a < 0 || b < 0 ? -1 : ioctl(a, SYNC_IOC_MERGE, &request);
	latch_fd_clear(&a);
	latch_fd_clear(&b);
	return ret == 0 ? request.fence : -1;
}

int dmabuf_export_fence(const struct dmabuf *buf, bool for_write) {
	int fence = export_one(buf->planes[0].fd, for_write);
	for (int i = 1; i < buf->num_pieces && fence >= 0; i++) {
		fence = merge(fence, export_one(buf->planes[i].fd, for_write));
	}
	return fence;
}

bool dmabuf_import_fence(const struct dmabuf *buf, int sync_file) {
	for (int i = 0; i < buf->num_planes; i++) {
		struct dma_buf_import_sync_file request = {
			.flags = DMA_BUF_SYNC_WRITE,
			.fd = sync_file,
		};
		if (ioctl(buf->planes[i].fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &request) != 0) {
			return false;
		}
	}
	return true;
}

bool dmabuf_sync_cpu(const struct dmabuf *buf, bool end) {
	struct dma_buf_sync request = {
		.flags = DMA_BUF_SYNC_WRITE | (end ? DMA_BUF_SYNC_END : DMA_BUF_SYNC_START)};
	int ret = 0;
	for (int i = 0; i < buf->num_pieces && ret == 0; i++) {
		do {
			ret = ioctl(buf->planes[i].fd, DMA_BUF_IOCTL_SYNC, &request);
		} while (ret != 0 && (errno == EINTR || errno == EAGAIN));
	}
	return ret == 0;
}
