#include <stdlib.h>

#include "util.h"
#include "vulkan_device.h"

/* The buffers that the driver makes itself (its "WSI"), to compare with those of ring.h. */

#define MAX_IMAGES 16

const char *const vulkan_pace_names[] = {
	[VULKAN_PACE_FIFO] = "fifo", [VULKAN_PACE_MAILBOX] = "mailbox", NULL};

struct vulkan_swapchain {
	struct vulkan *vulkan;
	VkSurfaceKHR surface;
	VkPresentModeKHR mode;
	VkSwapchainKHR chain;
	uint32_t num_images;
	struct image {
		struct vulkan_picture picture;
		VkSemaphore drawn;
		VkSemaphore taken; /* when it was taken last */
	} images[MAX_IMAGES];
	VkSemaphore next_taken; /* of the image that is taken next */
	uint32_t image;		/* taken */
};

static bool make_semaphore(struct vulkan *vulkan, VkSemaphore *semaphore) {
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
	return vulkan_ok(
		vkCreateSemaphore(vulkan->device, &info, NULL, semaphore), "vkCreateSemaphore");
}

static bool has_mode(const struct vulkan_swapchain *chain) {
	VkPresentModeKHR modes[16];
	uint32_t num = 16;
	vkGetPhysicalDeviceSurfacePresentModesKHR(
		chain->vulkan->physical, chain->surface, &num, modes);
	while (num > 0 && modes[num - 1] != chain->mode) {
		num--;
	}
	return num > 0;
}

struct vulkan_swapchain *vulkan_swapchain_create(struct vulkan *vulkan, struct wl_display *display,
	struct wl_surface *surface, enum vulkan_pace pace) {
	const VkWaylandSurfaceCreateInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_WAYLAND_SURFACE_CREATE_INFO_KHR,
		.display = display,
		.surface = surface,
	};
	struct vulkan_swapchain *chain = calloc(1, sizeof(*chain));
	if (!chain) {
		say("out of memory");
		return NULL;
	}
	*chain = (struct vulkan_swapchain){
		.vulkan = vulkan,
		.mode = pace == VULKAN_PACE_MAILBOX ? VK_PRESENT_MODE_MAILBOX_KHR
						    : VK_PRESENT_MODE_FIFO_KHR,
	};
	VkBool32 can = VK_FALSE;
	if (!vulkan_ok(vkCreateWaylandSurfaceKHR(vulkan->instance, &info, NULL, &chain->surface),
		    "vkCreateWaylandSurfaceKHR") ||
		!vulkan_ok(vkGetPhysicalDeviceSurfaceSupportKHR(vulkan->physical, vulkan->family,
				   chain->surface, &can),
			"vkGetPhysicalDeviceSurfaceSupportKHR") ||
		!can || !has_mode(chain)) {
		say("Vulkan: %s can't present so", vulkan->name);
		vulkan_swapchain_destroy(chain);
		return NULL;
	}
	return chain;
}

static void destroy_images(struct vulkan_swapchain *chain) {
	VkDevice device = chain->vulkan->device;
	/* Whether the semaphores are done with, no call tells. */
	vkDeviceWaitIdle(device);
	for (uint32_t i = 0; i < chain->num_images; i++) {
		vulkan_picture_finish(chain->vulkan, &chain->images[i].picture);
		vkDestroySemaphore(device, chain->images[i].drawn, NULL);
		vkDestroySemaphore(device, chain->images[i].taken, NULL);
		chain->images[i] = (struct image){0};
	}
	vkDestroySemaphore(device, chain->next_taken, NULL);
	chain->next_taken = VK_NULL_HANDLE;
	chain->num_images = 0;
}

void vulkan_swapchain_destroy(struct vulkan_swapchain *chain) {
	if (!chain) {
		return;
	}
	destroy_images(chain);
	vkDestroySwapchainKHR(chain->vulkan->device, chain->chain, NULL);
	vkDestroySurfaceKHR(chain->vulkan->instance, chain->surface, NULL);
	free(chain);
}

/* The plainest that there is: eight bits, as they are. */
static VkSurfaceFormatKHR choose_format(const struct vulkan_swapchain *chain) {
	VkSurfaceFormatKHR formats[64] = {{0}};
	uint32_t num = 64;
	vkGetPhysicalDeviceSurfaceFormatsKHR(
		chain->vulkan->physical, chain->surface, &num, formats);
	for (uint32_t i = 0; i < num; i++) {
		if (formats[i].format == VK_FORMAT_B8G8R8A8_UNORM) {
			return formats[i];
		}
	}
	return formats[0];
}

static bool make_chain(struct vulkan_swapchain *chain, VkSurfaceFormatKHR format, uint32_t width,
	uint32_t height, uint32_t num_images) {
	const struct vulkan *vulkan = chain->vulkan;
	VkSurfaceCapabilitiesKHR can;
	if (!vulkan_ok(vkGetPhysicalDeviceSurfaceCapabilitiesKHR(
			       vulkan->physical, chain->surface, &can),
		    "vkGetPhysicalDeviceSurfaceCapabilitiesKHR")) {
		return false;
	}
	const VkSwapchainCreateInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
		.surface = chain->surface,
		.minImageCount = num_images > can.minImageCount ? num_images : can.minImageCount,
		.imageFormat = format.format,
		.imageColorSpace = format.colorSpace,
		.imageExtent = {width, height},
		.imageArrayLayers = 1,
		.imageUsage = vulkan_image_usage(vulkan),
		.imageSharingMode = VK_SHARING_MODE_EXCLUSIVE,
		.preTransform = VK_SURFACE_TRANSFORM_IDENTITY_BIT_KHR,
		.compositeAlpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
		.presentMode = chain->mode,
		.clipped = VK_TRUE,
		.oldSwapchain = chain->chain,
	};
	VkSwapchainKHR new_chain = VK_NULL_HANDLE;
	bool ok = vulkan_ok(vkCreateSwapchainKHR(vulkan->device, &info, NULL, &new_chain),
		"vkCreateSwapchainKHR");
	vkDestroySwapchainKHR(vulkan->device, chain->chain, NULL);
	chain->chain = new_chain;
	return ok;
}

bool vulkan_swapchain_resize(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images) {
	struct vulkan *vulkan = chain->vulkan;
	const VkSurfaceFormatKHR format = choose_format(chain);
	VkImage images[MAX_IMAGES];
	uint32_t num = MAX_IMAGES;
	destroy_images(chain);
	bool ok = make_chain(chain, format, width, height, num_images) &&
		  vulkan_ok(vkGetSwapchainImagesKHR(vulkan->device, chain->chain, &num, images),
			  "vkGetSwapchainImagesKHR") &&
		  make_semaphore(vulkan, &chain->next_taken);
	chain->num_images = ok ? num : 0;
	for (uint32_t i = 0; ok && i < num; i++) {
		struct image *image = &chain->images[i];
		ok = vulkan_picture_init(vulkan, &image->picture, images[i], format.format, width,
			     height) &&
		     make_semaphore(vulkan, &image->drawn) && make_semaphore(vulkan, &image->taken);
	}
	return ok;
}

uint32_t vulkan_swapchain_length(const struct vulkan_swapchain *chain) {
	return chain->num_images;
}

int vulkan_swapchain_acquire(struct vulkan_swapchain *chain, uint64_t timeout_ns) {
	const VkResult result = vkAcquireNextImageKHR(chain->vulkan->device, chain->chain,
		timeout_ns, chain->next_taken, VK_NULL_HANDLE, &chain->image);
	if (result == VK_TIMEOUT || result == VK_NOT_READY) {
		return 0;
	}
	if (!vulkan_ok(result, "vkAcquireNextImageKHR")) {
		return -1;
	}
	/* Only now is it known whose semaphore it was to be; the one from before is done with. */
	struct image *image = &chain->images[chain->image];
	VkSemaphore taken = chain->next_taken;
	chain->next_taken = image->taken;
	image->taken = taken;
	return 1;
}

bool vulkan_swapchain_draw(struct vulkan_swapchain *chain, uint32_t frame) {
	struct image *image = &chain->images[chain->image];
	const struct vulkan_submit submit = {
		.layout = VK_IMAGE_LAYOUT_PRESENT_SRC_KHR,
		.family = chain->vulkan->family,
		.wait = image->taken,
		.signal = image->drawn,
	};
	return vulkan_picture_draw(chain->vulkan, &image->picture, frame, &submit);
}

bool vulkan_swapchain_present(struct vulkan_swapchain *chain) {
	const VkPresentInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
		.waitSemaphoreCount = 1,
		.pWaitSemaphores = &chain->images[chain->image].drawn,
		.swapchainCount = 1,
		.pSwapchains = &chain->chain,
		.pImageIndices = &chain->image,
	};
	return vulkan_ok(vkQueuePresentKHR(chain->vulkan->queue, &info), "vkQueuePresentKHR");
}
