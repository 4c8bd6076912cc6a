#include "vulkan.h"

const struct vulkan_api *const vulkan_api = NULL;
