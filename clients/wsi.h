/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/vulkan.h"

struct client;

/** Buffers that the Vulkan driver makes and commits, in the place of ours. Empty when zeroed. */
struct wsi {
	struct vulkan *vulkan;
	struct vulkan_swapchain *chain;
	struct vulkan_facts facts;
	uint32_t width, height, num_images;
};

/** Starts it on the client's window. Returns false, having said why; wsi_finish() is needed anyway.
 */
bool wsi_open(struct client *client);

/** While the window is still there. */
void wsi_finish(struct wsi *wsi);

/**
 * Draws a frame and has the driver commit it; when no image is free, nothing, and the client has
 * stalled.
 *
 * @param watch whether it is a frame that counts
 * @return false, having said why
 */
bool wsi_draw(struct client *client, uint32_t width, uint32_t height, uint32_t frame, bool watch);
