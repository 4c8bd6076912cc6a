#ifndef LATCHCTL_JSON_H
#define LATCHCTL_JSON_H

#include <stdbool.h>

#include "model.h"

/**
 * The model as JSON text with a newline at its end. The keys are documented in latchctl(1) and are
 * not changed; new ones may come. only: one output, NULL for all. The caller frees it; NULL without
 * memory.
 */
char *json_write(const struct model *model, const struct model_output *only);

#endif
