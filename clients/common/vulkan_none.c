/* SPDX-License-Identifier: MIT */
#include "vulkan.h"

const struct vulkan_api *const vulkan_api = NULL;
