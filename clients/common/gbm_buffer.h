#ifndef CLIENT_GBM_BUFFER_H
#define CLIENT_GBM_BUFFER_H

#include <stdbool.h>

#include "dmabuf.h"
#include "plan.h"

struct gbm_device;

/** Makes a buffer that the device's GPU can draw into, as allocator_create_buffer() does. Its
 * allocation is the gbm_bo. */
bool gbm_buffer_create(
	struct gbm_device *gbm, const struct plan_step *step, struct dmabuf *buf);

#endif
