#ifndef CLIENT_ALLOCATOR_H
#define CLIENT_ALLOCATOR_H

#include <stdbool.h>

#include "dmabuf.h"
#include "formats.h"
#include "plan.h"

/* How buffers are made, for canvas_create_buffer(). */

struct gbm_device;

/** Adds the formats that the CPU can draw into. Returns false without memory. */
bool cpu_formats(struct format_set *set);

/**
 * Gets one piece of memory: a dma-buf, mapped.
 *
 * @param device what is asked for it
 * @param pitch bytes of a row; the callee may raise it to what its device wants
 * @param fd    filled with the dma-buf; the caller owns it, and the mapping
 * @return false and errno; nothing is left behind then
 */
typedef bool (*cpu_piece_func)(
	int device, uint32_t *pitch, uint32_t rows, int *fd, struct dmabuf_piece *piece);

/**
 * Makes a linear buffer of buf->fourcc: all planes behind one another in one piece of memory, or
 * each in one of its own where the step wants that.
 *
 * @return false and errno, EINVAL where the step does not allow linear buffers
 */
bool cpu_buffer_create(
	int device, const struct plan_step *step, cpu_piece_func get_piece, struct dmabuf *buf);

/** Makes a buffer that the device's GPU can draw into. Its allocation is the gbm_bo. */
bool gbm_buffer_create(struct gbm_device *gbm, const struct plan_step *step, struct dmabuf *buf);

#endif
