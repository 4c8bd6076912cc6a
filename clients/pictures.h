#ifndef CLIENT_PICTURES_H
#define CLIENT_PICTURES_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "common/shm.h"

/*
 * Buffers that are drawn once, when they are made, and then only shown: what is measured is the
 * compositor, and drawing would take its time from it. In dma-bufs, as latch-client makes them, or
 * in shared memory.
 */

struct pictures {
	struct client *client;
	bool in_shm;
	struct shm_ring *shm; /* NULL before the first prepare, or with dma-bufs */
};

/** One that is free. Exactly one of them is not NULL. */
struct picture_ref {
	struct ring_buffer *dmabuf;
	struct shm_buffer *shm;
};

void pictures_init(struct pictures *pictures, struct client *client, bool in_shm);

/** Before the client's own buffers are finished. */
void pictures_finish(struct pictures *pictures);

/** Makes and draws buffers, where those that are there do not fit the window or the compositor's
 * latest feedback, and waits until they are drawn. Returns false, having said why. */
bool pictures_prepare(struct pictures *pictures);

/** The size of the buffers that are there; false: there are none. */
bool pictures_size(const struct pictures *pictures, uint32_t *width, uint32_t *height);

/** Returns false while all are in use. */
bool pictures_free(struct pictures *pictures, struct picture_ref *picture);

/**
 * Attaches it for the commit that is about to be made, and says its fence.
 *
 * @param fence as sync_slot_commit() takes it; -1 in shared memory
 * @return false, having said why
 */
bool pictures_attach(struct pictures *pictures, const struct picture_ref *picture, int fence);

#endif
