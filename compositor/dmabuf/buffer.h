#ifndef LATCH_DMABUF_BUFFER_H
#define LATCH_DMABUF_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

struct wl_client;
struct wl_resource;
struct wlr_buffer;
struct wlr_dmabuf_attributes;

/**
 * A client's dma-buf as a wl_buffer and a wlr_buffer: wlr_buffer_get_dmabuf() works on it.
 * wl_buffer.release follows the last wlr_buffer_unlock(). It lives until the client has destroyed
 * it and nobody locks it.
 *
 * id: of the wl_buffer, 0 for a new one of the server's. Takes over the fds, with what the client's
 * account was charged for them and their memory; when there is no memory, returns NULL and leaves
 * them.
 */
struct wl_resource *latch_dmabuf_buffer_create(struct wl_client *client, uint32_t id,
	const struct wlr_dmabuf_attributes *attributes);

/**
 * A wl_buffer that exists by name only, for a create_immed that failed: the client may have used it
 * before it heard of that. It is a dma-buf, so that the rules for fences stay those for dma-bufs,
 * but has no planes and no format: no plane and no renderer takes it, nothing of it is shown.
 */
struct wl_resource *latch_dmabuf_buffer_create_dead(
	struct wl_client *client, uint32_t id, int32_t width, int32_t height);

/** Makes wlr_buffer_try_from_resource() know these buffers. Once per process is enough. */
void latch_dmabuf_buffer_register(void);

#endif
