#pragma once

/* What the files of vulkan.h share. */

#define VK_USE_PLATFORM_WAYLAND_KHR
#include <vulkan/vulkan.h>

#include "vulkan.h"

struct vulkan {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkQueue queue;
	uint32_t family;
	VkCommandPool pool;
	char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
	struct scene_options scene;

	/* What the driver has. */
	bool has_modifiers;	 /* VK_EXT_image_drm_format_modifier */
	bool exports_sync_files; /* of binary semaphores */
	bool exports_timelines;	 /* of timeline semaphores, as opaque fds */

	enum canvas_kind memory; /* CANVAS_VULKAN: the driver's own */
	int memory_fd;		 /* what is asked for memory to import; -1 */

	PFN_vkGetMemoryFdKHR get_memory_fd;
	PFN_vkGetMemoryFdPropertiesKHR get_memory_fd_properties;
	PFN_vkGetImageDrmFormatModifierPropertiesEXT get_modifier;
	PFN_vkGetSemaphoreFdKHR get_semaphore_fd;
};

/** Whether it has succeeded; says what has not. */
bool vulkan_ok(VkResult result, const char *call);

/** The index of a memory type of these, best with the wished properties; UINT32_MAX: there is none. */
uint32_t vulkan_memory_type(
	const struct vulkan *vulkan, uint32_t types, VkMemoryPropertyFlags wished);

/** The Vulkan format of a fourcc; VK_FORMAT_UNDEFINED: there is none here. */
VkFormat vulkan_format_of(uint32_t fourcc);

/** Adds what can be drawn into, in images whose memory is of vulkan->memory. Returns false without
 * memory. */
bool vulkan_query_formats(const struct vulkan *vulkan, struct kms_format_set *drawable);

/** How the images are used that show this picture. */
VkImageUsageFlags vulkan_image_usage(const struct vulkan *vulkan);

/** What is drawn into. Borrowed, but for what is made by vulkan_picture_init(). */
struct vulkan_picture {
	VkImage image;
	uint32_t width, height;
	VkImageView view;
	VkCommandBuffer commands;
	VkFence drawn; /* signalled while nothing is drawn */
	VkBuffer upload; /* what is copied into the image; none: the scene is drawn */
};

/** Makes the view, the command buffer and the fence. Returns false, having said why;
 * vulkan_picture_finish() is needed anyway. */
bool vulkan_picture_init(struct vulkan *vulkan, struct vulkan_picture *picture, VkImage image,
	VkFormat format, uint32_t width, uint32_t height);

/** Waits until it is drawn. */
void vulkan_picture_finish(struct vulkan *vulkan, struct vulkan_picture *picture);

/** What becomes of an image when it is drawn, and of the semaphores; VK_NULL_HANDLE: none. */
struct vulkan_submit {
	VkImageLayout layout;
	uint32_t family; /* whose it is then */
	VkSemaphore wait, signal;
	uint64_t point; /* of a timeline semaphore */
};

/** Draws a frame into it. Returns false, having said why. */
bool vulkan_picture_draw(struct vulkan *vulkan, struct vulkan_picture *picture, uint32_t frame,
	const struct vulkan_submit *submit);

/** Records the scene, or one colour, inside of a rendering that covers the picture. */
void vulkan_record_scene(VkCommandBuffer commands, const struct scene_options *options,
	uint32_t width, uint32_t height, uint32_t frame);

