/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "util.h"
#include "vulkan_device.h"

/* The buffers that the driver makes itself (its "WSI"), to compare with those of ring.h. */

#define MAX_IMAGES 32

/* What each driver has for Wayland. */
#define FORMAT VK_FORMAT_B8G8R8A8_UNORM

struct vulkan_swapchain {
	struct vulkan *vulkan;
	VkSurfaceKHR surface;
	VkPresentModeKHR mode;
	VkFence acquired;
	VkSwapchainKHR chain;
	uint32_t num_images, image; /* the one that was acquired */
	struct vulkan_picture pictures[MAX_IMAGES];
	VkSemaphore drawn[MAX_IMAGES];
};

struct vulkan_swapchain *vulkan_swapchain_create(struct vulkan *vulkan, struct wl_display *display,
	struct wl_surface *surface, enum vulkan_pace pace) {
	const VkWaylandSurfaceCreateInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_WAYLAND_SURFACE_CREATE_INFO_KHR,
		.display = display,
		.surface = surface,
	};
	const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	struct vulkan_swapchain *chain = calloc(1, sizeof(*chain));
	if (!chain) {
		return NULL;
	}
	*chain = (struct vulkan_swapchain){
		.vulkan = vulkan,
		.mode = pace == VULKAN_PACE_MAILBOX ? VK_PRESENT_MODE_MAILBOX_KHR
						    : VK_PRESENT_MODE_FIFO_KHR,
	};
	VkBool32 can = VK_FALSE;
	if (!VULKAN_TRY(
		    vkCreateWaylandSurfaceKHR, vulkan->instance, &info, NULL, &chain->surface) ||
		!VULKAN_TRY(vkCreateFence, vulkan->device, &fence, NULL, &chain->acquired) ||
		!VULKAN_TRY(vkGetPhysicalDeviceSurfaceSupportKHR, vulkan->physical, vulkan->family,
			chain->surface, &can) ||
		!can) {
		say("Vulkan: %s can't present on Wayland", vulkan->properties.deviceName);
		vulkan_swapchain_destroy(chain);
		return NULL;
	}
	return chain;
}

static void destroy_images(struct vulkan_swapchain *chain) {
	/* When the presenting is done with the semaphores, no other call tells. */
	vkDeviceWaitIdle(chain->vulkan->device);
	for (uint32_t i = 0; i < chain->num_images; i++) {
		vulkan_picture_finish(chain->vulkan, &chain->pictures[i]);
		vkDestroySemaphore(chain->vulkan->device, chain->drawn[i], NULL);
		chain->drawn[i] = VK_NULL_HANDLE;
	}
	chain->num_images = 0;
}

void vulkan_swapchain_destroy(struct vulkan_swapchain *chain) {
	if (!chain) {
		return;
	}
	destroy_images(chain);
	vkDestroySwapchainKHR(chain->vulkan->device, chain->chain, NULL);
	vkDestroyFence(chain->vulkan->device, chain->acquired, NULL);
	vkDestroySurfaceKHR(chain->vulkan->instance, chain->surface, NULL);
	free(chain);
}

static bool make_chain(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images) {
	const struct vulkan *vulkan = chain->vulkan;
	VkSurfaceCapabilitiesKHR can;
	if (!VULKAN_TRY(vkGetPhysicalDeviceSurfaceCapabilitiesKHR, vulkan->physical, chain->surface,
		    &can)) {
		return false;
	}
	VkSwapchainKHR old = chain->chain;
	const VkSwapchainCreateInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
		.surface = chain->surface,
		.minImageCount = num_images > can.minImageCount ? num_images : can.minImageCount,
		.imageFormat = FORMAT,
		.imageColorSpace = VK_COLOR_SPACE_SRGB_NONLINEAR_KHR,
		.imageExtent = {width, height},
		.imageArrayLayers = 1,
		.imageUsage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
		.imageSharingMode = VK_SHARING_MODE_EXCLUSIVE,
		.preTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
		.compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
		.presentMode = chain->mode,
		.clipped = VK_TRUE,
		.oldSwapchain = old,
	};
	chain->chain = VK_NULL_HANDLE;
	bool ok = VULKAN_TRY(vkCreateSwapchainKHR, vulkan->device, &info, NULL, &chain->chain);
	vkDestroySwapchainKHR(vulkan->device, old, NULL);
	return ok;
}

uint32_t vulkan_swapchain_resize(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images) {
	struct vulkan *vulkan = chain->vulkan;
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
	VkImage images[MAX_IMAGES];
	uint32_t num = MAX_IMAGES;
	destroy_images(chain);
	bool ok = make_chain(chain, width, height, num_images) &&
		  VULKAN_TRY(vkGetSwapchainImagesKHR, vulkan->device, chain->chain, &num, images);
	for (uint32_t i = 0; ok && i < num; i++) {
		chain->num_images = i + 1;
		ok = vulkan_picture_init(
			     vulkan, &chain->pictures[i], images[i], FORMAT, width, height) &&
		     VULKAN_TRY(vkCreateSemaphore, vulkan->device, &info, NULL, &chain->drawn[i]);
	}
	return ok ? num : 0;
}

int vulkan_swapchain_acquire(struct vulkan_swapchain *chain, uint64_t timeout_ns) {
	const VkDevice device = chain->vulkan->device;
	const VkResult result = vkAcquireNextImageKHR(
		device, chain->chain, timeout_ns, VK_NULL_HANDLE, chain->acquired, &chain->image);
	if (result == VK_TIMEOUT || result == VK_NOT_READY) {
		return 0;
	}
	return vulkan_ok(result, "vkAcquireNextImageKHR") &&
			       VULKAN_TRY(vkWaitForFences, device, 1, &chain->acquired, VK_TRUE,
				       UINT64_MAX) &&
			       VULKAN_TRY(vkResetFences, device, 1, &chain->acquired)
		       ? 1
		       : -1;
}

bool vulkan_swapchain_draw(struct vulkan_swapchain *chain, uint32_t frame) {
	const struct vulkan_end end = {
		.layout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
		.family = chain->vulkan->family,
		.signal = chain->drawn[chain->image],
	};
	return vulkan_picture_draw(chain->vulkan, &chain->pictures[chain->image], frame, &end);
}

bool vulkan_swapchain_present(struct vulkan_swapchain *chain) {
	const VkPresentInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
		.waitSemaphoreCount = 1,
		.pWaitSemaphores = &chain->drawn[chain->image],
		.swapchainCount = 1,
		.pSwapchains = &chain->chain,
		.pImageIndices = &chain->image,
	};
	return VULKAN_TRY(vkQueuePresentKHR, chain->vulkan->queue, &info);
}
