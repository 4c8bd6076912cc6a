/* SPDX-License-Identifier: MIT */
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "clock.h"
#include "common/timeline.h"
#include "common/vgem.h"
#include "kernel.h"

/* Fewer than the stand-in for the kernel has room for. */
#define MAX_ITEMS 96
#define PAGE FUZZ_PAGE

struct item {
	enum fuzz_fd kind;
	int fd;	    // ours: the object itself, or what is on its other end
	int fence;  // stand-in: of a dma-buf; else -1
	bool ended; // its fence has signalled, it was hung up
	uint32_t vgem_fence;
	struct timeline timeline; // real
	uint64_t point;
};

static struct {
	bool real;
	int udmabuf, vgem, drm;
	struct item items[MAX_ITEMS];
	size_t len;
	int newest; // borrowed from the items; -1
	bool listening;
	struct sockaddr_un address;
	socklen_t address_len;
} state = {.udmabuf = -1, .vgem = -1, .drm = -1, .newest = -1};

static void must(bool ok, const char *what) {
	if (!ok) {
		fprintf(stderr, "fuzz: %s: %s\n", what, strerror(errno));
		abort();
	}
}

bool fds_start(bool real) {
	if (real) {
		state.udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
		state.vgem = vgem_open();
		state.drm = timeline_node_open(NULL);
		if (state.udmabuf < 0 || state.vgem < 0 || state.drm < 0) {
			fputs("fuzz: --real needs /dev/udmabuf, vgem, and a DRM node with "
			      "timelines\n",
				stderr);
			return false;
		}
	}
	state.real = real;
	return true;
}

bool fds_are_real(void) {
	return state.real;
}

static int create_memfd(off_t size, bool sealed) {
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	must(fd >= 0 && ftruncate(fd, size) == 0, "memfd");
	if (sealed) {
		must(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "seal");
	}
	return fd;
}

static int create_udmabuf(off_t size) {
	int memfd = create_memfd(size, true);
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = (uint64_t)size,
	};
	int fd = ioctl(state.udmabuf, UDMABUF_CREATE, &create);
	must(fd >= 0, "udmabuf");
	close(memfd);
	return fd;
}

static int create_vgem_dmabuf(off_t size, uint32_t *fence) {
	uint32_t handle, stride;
	uint64_t got;
	int fd = -1;
	must(drmModeCreateDumbBuffer(state.vgem, 1024, (uint32_t)(size / PAGE), 32, 0, &handle,
		     &stride, &got) == 0 &&
			drmPrimeHandleToFD(state.vgem, handle, DRM_CLOEXEC | DRM_RDWR, &fd) == 0 &&
			vgem_attach_fence(state.vgem, handle, fence),
		"vgem buffer");
	drmModeDestroyDumbBuffer(state.vgem, handle);
	return fd;
}

static int export_signalled(void) {
	int dmabuf = create_udmabuf(PAGE);
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	must(ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) == 0, "sync_file");
	close(dmabuf);
	return export.fd;
}

static void create_real(struct item *item, off_t size) {
	switch (item->kind) {
	case FUZZ_FD_DMABUF:
		item->fd = create_udmabuf(size);
		break;
	case FUZZ_FD_PENDING_DMABUF:
		item->fd = create_vgem_dmabuf(size, &item->vgem_fence);
		break;
	case FUZZ_FD_PENDING_SYNC_FILE:
		item->fd = vgem_create_fence(state.vgem, &item->vgem_fence);
		break;
	case FUZZ_FD_SYNC_FILE:
		item->fd = export_signalled();
		break;
	default:
		must(timeline_init(&item->timeline, state.drm), "timeline");
		item->fd = timeline_export(&item->timeline);
	}
}

static void create_stand_in(struct item *item, off_t size) {
	switch (item->kind) {
	case FUZZ_FD_DMABUF:
		item->fd = kernel_dmabuf_create(-1);
		must(ftruncate(item->fd, size) == 0, "dma-buf");
		break;
	case FUZZ_FD_PENDING_DMABUF:
		item->fence = kernel_fence_create();
		item->fd = kernel_dmabuf_create(item->fence);
		must(ftruncate(item->fd, size) == 0, "dma-buf");
		break;
	case FUZZ_FD_PENDING_SYNC_FILE:
		item->fd = kernel_fence_create();
		break;
	case FUZZ_FD_SYNC_FILE:
		item->fd = kernel_fence_create();
		kernel_fence_signal(item->fd, clock_now_ns());
		break;
	default:
		item->fd = kernel_syncobj_create();
	}
}

static int create_listening_socket(void) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* No path at all: the kernel finds a name, and it goes with the socket. */
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	state.address_len = sizeof(state.address);
	must(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(sa_family_t)) == 0 &&
			listen(fd, 8) == 0 &&
			getsockname(fd, (struct sockaddr *)&state.address, &state.address_len) == 0,
		"listening socket");
	state.listening = true;
	return fd;
}

/* Returns what is sent; the other end stays here. */
static int create_pair(struct item *item) {
	int ends[2];
	if (item->kind == FUZZ_FD_SOCKET) {
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
			"socket pair");
	} else {
		must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "pipe");
	}
	int sent = item->kind == FUZZ_FD_PIPE_WRITE ? 1 : 0;
	item->fd = ends[1 - sent];
	return ends[sent];
}

int fds_create(enum fuzz_fd kind, unsigned size) {
	off_t bytes = (off_t)PAGE << (size < FUZZ_MAX_SIZE_SHIFT ? size : FUZZ_MAX_SIZE_SHIFT);
	if (kind == FUZZ_FD_AGAIN && state.newest >= 0) {
		return fcntl(state.newest, F_DUPFD_CLOEXEC, 0);
	}
	if (kind == FUZZ_FD_NULL || kind == FUZZ_FD_AGAIN || state.len == MAX_ITEMS) {
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	struct item *item = &state.items[state.len++];
	*item = (struct item){.kind = kind, .fd = -1, .fence = -1};
	int sent = -1;
	switch (kind) {
	case FUZZ_FD_PIPE_READ:
	case FUZZ_FD_PIPE_WRITE:
	case FUZZ_FD_SOCKET:
		return create_pair(item);
	case FUZZ_FD_LISTENING_SOCKET:
		sent = create_listening_socket();
		state.len--; // only the address is kept: a socket without a listener refuses
		return sent;
	case FUZZ_FD_MEMFD:
	case FUZZ_FD_SEALED_MEMFD:
		item->fd = create_memfd(bytes, kind == FUZZ_FD_SEALED_MEMFD);
		break;
	case FUZZ_FD_DIRECTORY:
		item->fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		break;
	case FUZZ_FD_PATH:
		item->fd = open("/", O_PATH | O_CLOEXEC);
		break;
	case FUZZ_FD_EVENTFD:
		item->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		break;
	default:
		if (state.real) {
			create_real(item, bytes);
		} else {
			create_stand_in(item, bytes);
		}
	}
	must(item->fd >= 0, "fd");
	state.newest = item->fd;
	sent = fcntl(item->fd, F_DUPFD_CLOEXEC, 0);
	must(sent >= 0, "dup");
	return sent;
}

static bool has_fence(const struct item *item) {
	return item->kind == FUZZ_FD_PENDING_DMABUF || item->kind == FUZZ_FD_PENDING_SYNC_FILE;
}

static void end_fence(struct item *item, bool failed) {
	if (!has_fence(item) || item->ended) {
		return;
	}
	item->ended = true;
	int fence = item->fence >= 0 ? item->fence : item->fd;
	if (state.real) {
		vgem_signal_fence(state.vgem, item->vgem_fence);
	} else if (failed) {
		kernel_fence_fail(fence, clock_now_ns());
	} else {
		kernel_fence_signal(fence, clock_now_ns());
	}
}

static void signal_point(struct item *item) {
	if (item->kind != FUZZ_FD_SYNCOBJ) {
		return;
	}
	item->point++;
	if (state.real) {
		timeline_signal(&item->timeline, item->point);
	} else {
		kernel_syncobj_signal(item->fd, item->point);
	}
}

/* The next point gets a fence that never signals, once. */
static void materialise(struct item *item) {
	if (item->kind != FUZZ_FD_SYNCOBJ || item->ended) {
		return;
	}
	item->ended = true;
	int fence;
	if (state.real) {
		fence = vgem_create_fence(state.vgem, &item->vgem_fence);
		timeline_import_fence(&item->timeline, item->point + 1, fence);
	} else {
		fence = kernel_fence_create();
		kernel_syncobj_materialise(item->fd, item->point + 1, fence);
	}
	close(fence);
}

static void hang_up(struct item *item) {
	if (item->kind == FUZZ_FD_PIPE_READ || item->kind == FUZZ_FD_PIPE_WRITE ||
		item->kind == FUZZ_FD_SOCKET) {
		close(item->fd);
		item->fd = -1;
		item->ended = true;
	}
}

void fds_act(enum fuzz_fence what, unsigned which) {
	if (state.len == 0) {
		return;
	}
	struct item *item = &state.items[which % state.len];
	if (item->fd < 0) {
		return;
	}
	switch (what) {
	case FUZZ_FENCE_SIGNAL:
	case FUZZ_FENCE_FAIL:
		end_fence(item, what == FUZZ_FENCE_FAIL);
		break;
	case FUZZ_FENCE_POINT:
		signal_point(item);
		break;
	case FUZZ_FENCE_MATERIALISE:
		materialise(item);
		break;
	case FUZZ_FENCE_TRUNCATE:
		if (item->kind == FUZZ_FD_MEMFD) {
			must(ftruncate(item->fd, which & 1 ? PAGE : 0) == 0, "truncate");
		}
		break;
	default:
		hang_up(item);
	}
}

bool fds_listening(struct sockaddr_un *address, socklen_t *len) {
	*address = state.address;
	*len = state.address_len;
	return state.listening;
}

void fds_end(void) {
	for (size_t i = 0; i < state.len; i++) {
		struct item *item = &state.items[i];
		if (state.real) {
			end_fence(item, false);
			if (item->kind == FUZZ_FD_SYNCOBJ) {
				timeline_finish(&item->timeline);
			}
		}
		if (item->fd >= 0) {
			close(item->fd);
		}
		if (item->fence >= 0) {
			close(item->fence);
		}
	}
	state.len = 0;
	state.newest = -1;
	state.listening = false;
}
