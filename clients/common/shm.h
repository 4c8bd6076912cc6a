#ifndef CLIENT_SHM_H
#define CLIENT_SHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"
#include "scene.h"

struct shm_buffer {
	struct wl_buffer *wl_buffer;
	bool busy; /* committed and not released; whoever commits it sets this */
};

/** Buffers in shared memory, XRGB8888, for compositors that take nothing else. */
struct shm_ring {
	uint32_t width, height;
	void *map;
	size_t size;
	struct shm_buffer *buffers; /* num_buffers of them; they never move */
	int num_buffers;
	int next;
};

/** Makes the buffers, each with a picture of its own: number n shows frame n. Returns NULL and
 * errno without memory. */
struct shm_ring *shm_ring_create(struct connection *conn, const struct scene_options *scene,
	uint32_t width, uint32_t height, int num_buffers);

/** NULL is fine. */
void shm_ring_destroy(struct shm_ring *ring);

/** The next buffer that the compositor has released, or NULL. */
struct shm_buffer *shm_ring_free_buffer(struct shm_ring *ring);

#endif
