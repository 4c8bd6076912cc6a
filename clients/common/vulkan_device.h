/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of vulkan.h share. */

#define VK_USE_PLATFORM_WAYLAND_KHR
#include <vulkan/vulkan.h>

#include "vulkan.h"

struct vulkan {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkPhysicalDeviceProperties properties;
	VkDevice device;
	VkQueue queue;
	uint32_t family;
	VkCommandPool pool;
	struct scene_options scene;
	bool exports_timelines;	 /* semaphores, as opaque fds */
	enum canvas_kind memory; /* CANVAS_VULKAN: the driver's own */
	int memory_fd;		 /* what is asked for memory to import; -1 */

	PFN_vkGetMemoryFdKHR get_memory_fd;
	PFN_vkGetMemoryFdPropertiesKHR get_memory_fd_properties;
	PFN_vkGetImageDrmFormatModifierPropertiesEXT get_modifier;
	PFN_vkGetSemaphoreFdKHR get_semaphore_fd;
};

/** Whether it has succeeded; says what has not. */
bool vulkan_ok(VkResult result, const char *call);
#define VULKAN_TRY(function, ...) vulkan_ok(function(__VA_ARGS__), #function)

/** The Vulkan format of a fourcc that vulkan_query_formats() has added. */
VkFormat vulkan_format_of(uint32_t fourcc);

/** Adds what can be drawn into, in images whose memory is of vulkan->memory. Returns false without
 * memory. */
bool vulkan_query_formats(const struct vulkan *vulkan, struct kms_format_set *drawable);

/** Of how many planes of memory a format of this modifier is made; 0: there is none such. */
int vulkan_count_planes(const struct vulkan *vulkan, VkFormat format, uint64_t modifier);

/** What is drawn into, with what it takes. */
struct vulkan_picture {
	VkImage image; /* borrowed */
	uint32_t width, height;
	VkImageView view;
	VkCommandBuffer commands;
	VkFence drawn; /* signalled while nothing is drawn */
};

/** Makes the view, the command buffer and the fence. Returns false, having said why;
 * vulkan_picture_finish() is needed anyway. */
bool vulkan_picture_init(struct vulkan *vulkan, struct vulkan_picture *picture, VkImage image,
	VkFormat format, uint32_t width, uint32_t height);

/** Waits until it is drawn. */
void vulkan_picture_finish(struct vulkan *vulkan, struct vulkan_picture *picture);

/** What becomes of an image when it is drawn. */
struct vulkan_end {
	VkImageLayout layout;
	uint32_t family;    /* whose it is then */
	VkSemaphore signal; /* then */
	uint64_t point;	    /* of a timeline semaphore */
};

/** Draws a frame into it. Returns false, having said why. */
bool vulkan_picture_draw(struct vulkan *vulkan, struct vulkan_picture *picture, uint32_t frame,
	const struct vulkan_end *end);

/** Records the scene, or one colour, inside of a rendering that covers the picture. */
void vulkan_record_scene(VkCommandBuffer commands, const struct scene_options *options,
	uint32_t width, uint32_t height, uint32_t frame);

struct vulkan_target *vulkan_target_create(
	struct vulkan *vulkan, const struct plan_step *step, struct dmabuf *buf, const char **why);
void vulkan_target_destroy(struct vulkan *vulkan, struct vulkan_target *target);
int vulkan_target_export_timeline(
	struct vulkan *vulkan, struct vulkan_target *target, uint64_t start, const char **why);
int vulkan_target_draw(
	struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame, uint64_t point);

struct vulkan_swapchain *vulkan_swapchain_create(struct vulkan *vulkan, struct wl_display *display,
	struct wl_surface *surface, enum vulkan_pace pace);
void vulkan_swapchain_destroy(struct vulkan_swapchain *chain);
uint32_t vulkan_swapchain_resize(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images);
int vulkan_swapchain_acquire(struct vulkan_swapchain *chain, uint64_t timeout_ns);
bool vulkan_swapchain_draw(struct vulkan_swapchain *chain, uint32_t frame);
bool vulkan_swapchain_present(struct vulkan_swapchain *chain);
