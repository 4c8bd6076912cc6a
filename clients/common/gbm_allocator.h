#ifndef CLIENT_GBM_ALLOCATOR_H
#define CLIENT_GBM_ALLOCATOR_H

#include <gbm.h>

#include "allocator.h"

/** Buffers of a GPU's driver, for GLES to draw into. The gbm_device is borrowed for the
 * allocator's life. Returns NULL without memory. */
struct allocator *gbm_allocator_create(struct gbm_device *gbm);

#endif
