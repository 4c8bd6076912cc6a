#ifndef LATCHCTL_ADVICE_H
#define LATCHCTL_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

/** Enough for any advice. */
#define ADVICE_MAX 512

/**
 * What would help a layer against a reason, by its stable name: what its client, or whoever runs
 * latch, can do. Returns false where nothing can or need be done, or the reason is not known; then
 * text is empty.
 */
bool advice_write(char text[ADVICE_MAX], const struct model_output *output,
	const struct model_layer *layer, const char *reason);

#endif
