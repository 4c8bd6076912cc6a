#include "shm.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scene_cpu.h"
#include "util.h"

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct shm_buffer *buffer = data;
	buffer->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static bool map_memory(struct shm_ring *ring, int *fd) {
	*fd = memfd_create("latch-client", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, (off_t)ring->size) != 0) {
		return false;
	}
	void *map = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (map == MAP_FAILED) {
		return false;
	}
	ring->map = map;
	return true;
}

static bool make_buffers(
	struct shm_ring *ring, struct wl_shm_pool *pool, const struct scene_options *scene) {
	size_t stride = (size_t)ring->width * sizeof(uint32_t);
	for (int i = 0; i < ring->num_buffers; i++) {
		size_t offset = (size_t)i * stride * ring->height;
		struct scene_pixels pixels = {
			.pixels = (uint32_t *)((uint8_t *)ring->map + offset),
			.width = ring->width,
			.height = ring->height,
			.stride = (uint32_t)(stride / sizeof(uint32_t)),
		};
		scene_cpu_draw(scene, &pixels, (uint32_t)i);
		struct shm_buffer *buffer = &ring->buffers[i];
		buffer->wl_buffer =
			wl_shm_pool_create_buffer(pool, (int32_t)offset, (int32_t)ring->width,
				(int32_t)ring->height, (int32_t)stride, WL_SHM_FORMAT_XRGB8888);
		if (!buffer->wl_buffer) {
			return false;
		}
		wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	}
	return true;
}

struct shm_ring *shm_ring_create(struct connection *conn, const struct scene_options *scene,
	uint32_t width, uint32_t height, int num_buffers) {
	struct shm_ring *ring = calloc(1, sizeof(*ring));
	if (!ring) {
		return NULL;
	}
	*ring = (struct shm_ring){
		.width = width,
		.height = height,
		.size = (size_t)num_buffers * width * height * sizeof(uint32_t),
		.buffers = calloc((size_t)num_buffers, sizeof(*ring->buffers)),
		.num_buffers = num_buffers,
	};
	int fd = -1;
	struct wl_shm_pool *pool = NULL;
	/* The protocol counts a pool's bytes in an int32_t. */
	bool ok = ring->buffers && ring->size <= INT32_MAX && map_memory(ring, &fd);
	if (ok) {
		pool = wl_shm_create_pool(conn->shm, fd, (int32_t)ring->size);
		ok = pool && make_buffers(ring, pool, scene);
	}
	if (pool) {
		wl_shm_pool_destroy(pool);
	}
	fd_clear(&fd);
	if (!ok) {
		shm_ring_destroy(ring);
		return NULL;
	}
	return ring;
}

void shm_ring_destroy(struct shm_ring *ring) {
	if (!ring) {
		return;
	}
	for (int i = 0; ring->buffers && i < ring->num_buffers; i++) {
		if (ring->buffers[i].wl_buffer) {
			wl_buffer_destroy(ring->buffers[i].wl_buffer);
		}
	}
	if (ring->map) {
		munmap(ring->map, ring->size);
	}
	free(ring->buffers);
	free(ring);
}

struct shm_buffer *shm_ring_free_buffer(struct shm_ring *ring) {
	for (int i = 0; i < ring->num_buffers; i++) {
		int index = (ring->next + i) % ring->num_buffers;
		if (!ring->buffers[index].busy) {
			ring->next = (index + 1) % ring->num_buffers;
			return &ring->buffers[index];
		}
	}
	return NULL;
}
