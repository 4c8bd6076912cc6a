#include "dmabuf.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "util.h"

void dmabuf_init(struct dmabuf *buf, uint32_t width, uint32_t height, uint32_t fourcc) {
	*buf = (struct dmabuf){.width = width, .height = height, .fourcc = fourcc};
	for (int i = 0; i < DMABUF_MAX_PLANES; i++) {
		buf->planes[i].fd = -1;
	}
}

void dmabuf_finish(struct dmabuf *buf) {
	if (buf->map) {
		munmap(buf->map, buf->map_size);
	}
	buf->map = NULL;
	for (int i = 0; i < DMABUF_MAX_PLANES; i++) {
		fd_clear(&buf->planes[i].fd);
	}
	buf->num_planes = 0;
}

int dmabuf_export_fence(const struct dmabuf *buf, bool for_write) {
	struct dma_buf_export_sync_file request = {
		.flags = for_write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ,
		.fd = -1,
	};
	/* All planes of a buffer made here lie in one allocation, so the first one's fences
	 * are everybody's. */
	if (ioctl(buf->planes[0].fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &request) != 0) {
		return -1;
	}
	return request.fd;
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

static bool sync_cpu(const struct dmabuf *buf, uint64_t flags) {
	struct dma_buf_sync request = {.flags = flags | DMA_BUF_SYNC_WRITE};
	int ret;
	do {
		ret = ioctl(buf->planes[0].fd, DMA_BUF_IOCTL_SYNC, &request);
	} while (ret != 0 && (errno == EINTR || errno == EAGAIN));
	return ret == 0;
}

bool dmabuf_begin_cpu(const struct dmabuf *buf) {
	return sync_cpu(buf, DMA_BUF_SYNC_START);
}

bool dmabuf_end_cpu(const struct dmabuf *buf) {
	return sync_cpu(buf, DMA_BUF_SYNC_END);
}
