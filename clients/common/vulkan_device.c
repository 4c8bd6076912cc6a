/* SPDX-License-Identifier: MIT */
#include "vulkan_device.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "canvas.h"
#include "util.h"

#define MAX_DEVICES 16

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const for_dmabufs[] = {
	VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
	VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
	VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
	VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
	VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
};
static const char *const for_swapchains[] = {VK_KHR_SWAPCHAIN_EXTENSION_NAME};
static const char *const for_surfaces[] = {
	VK_KHR_SURFACE_EXTENSION_NAME, VK_KHR_WAYLAND_SURFACE_EXTENSION_NAME};

bool vulkan_ok(VkResult result, const char *call) {
	return result >= 0 || failed(false, "Vulkan: %s fails (VkResult %d)", call, (int)result);
}

/* The first of the extensions that the device lacks, or NULL. */
static const char *missing(VkPhysicalDevice physical, const char *const *names, size_t len) {
	uint32_t num = 0;
	vkEnumerateDeviceExtensionProperties(physical, NULL, &num, NULL);
	VkExtensionProperties *has = calloc(num, sizeof(*has));
	num = has ? num : 0;
	vkEnumerateDeviceExtensionProperties(physical, NULL, &num, has);
	const char *lacks = NULL;
	for (size_t i = 0; i < len && !lacks; i++) {
		lacks = names[i];
		for (uint32_t j = 0; j < num && lacks; j++) {
			lacks = strcmp(has[j].extensionName, names[i]) == 0 ? NULL : lacks;
		}
	}
	free(has);
	return lacks;
}

/* Whether the device has this node. */
static bool is_at(VkPhysicalDevice physical, const char *path) {
	static const char *const extension[] = {VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME};
	VkPhysicalDeviceDrmPropertiesEXT nodes = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &nodes};
	struct stat st;
	if (missing(physical, extension, 1) || stat(path, &st) != 0) {
		return false;
	}
	vkGetPhysicalDeviceProperties2(physical, &properties);
	const int64_t number[] = {major(st.st_rdev), minor(st.st_rdev)};
	return (nodes.hasPrimary && nodes.primaryMajor == number[0] &&
		       nodes.primaryMinor == number[1]) ||
	       (nodes.hasRender && nodes.renderMajor == number[0] &&
		       nodes.renderMinor == number[1]);
}

/* Takes it, if it has all that is needed; says what it lacks. */
static bool take(struct vulkan *vulkan, VkPhysicalDevice physical, bool for_swapchain) {
	vkGetPhysicalDeviceProperties(physical, &vulkan->properties);
	const char *lacks = vulkan->properties.apiVersion < VK_API_VERSION_1_3 ? "Vulkan 1.3"
			    : for_swapchain ? missing(physical, for_swapchains, 1)
					    : missing(physical, for_dmabufs, LENGTH(for_dmabufs));
	vulkan->physical = physical;
	return !lacks || failed(false, "Vulkan: %s lacks %s", vulkan->properties.deviceName, lacks);
}

static bool choose(struct vulkan *vulkan, const struct vulkan_wish *wish, bool for_swapchain,
	char path[DEVICE_PATH_MAX]) {
	VkPhysicalDevice devices[MAX_DEVICES];
	uint32_t num = MAX_DEVICES;
	if (!VULKAN_TRY(vkEnumeratePhysicalDevices, vulkan->instance, &num, devices)) {
		return false;
	}
	for (size_t i = 0; i < wish->devices->len + wish->any; i++) {
		const char *node = i < wish->devices->len ? wish->devices->paths[i] : "";
		for (uint32_t j = 0; j < num; j++) {
			if ((!node[0] || is_at(devices[j], node)) &&
				take(vulkan, devices[j], for_swapchain)) {
				snprintf(path, DEVICE_PATH_MAX, "%s", node);
				return true;
			}
		}
	}
	return false;
}

static bool make_instance(struct vulkan *vulkan, bool for_swapchain) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "latch-client",
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
		.enabledExtensionCount = for_swapchain ? LENGTH(for_surfaces) : 0,
		.ppEnabledExtensionNames = for_surfaces,
	};
	return VULKAN_TRY(vkCreateInstance, &info, NULL, &vulkan->instance);
}

/* One queue of the first family that draws. */
static bool make_device(struct vulkan *vulkan, bool for_swapchain) {
	VkQueueFamilyProperties families[MAX_DEVICES];
	uint32_t num = MAX_DEVICES;
	vkGetPhysicalDeviceQueueFamilyProperties(vulkan->physical, &num, families);
	while (vulkan->family + 1 < num &&
		!(families[vulkan->family].queueFlags & VK_QUEUE_GRAPHICS_BIT)) {
		vulkan->family++;
	}
	VkPhysicalDeviceVulkan12Features timelines = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.timelineSemaphore = VK_TRUE,
	};
	const VkPhysicalDeviceVulkan13Features features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
		.pNext = &timelines,
		.synchronization2 = VK_TRUE,
		.dynamicRendering = VK_TRUE,
	};
	const float priority = 1.0f;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = vulkan->family,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &features,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = for_swapchain ? 1 : LENGTH(for_dmabufs),
		.ppEnabledExtensionNames = for_swapchain ? for_swapchains : for_dmabufs,
	};
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
		.queueFamilyIndex = vulkan->family,
	};
	if (!VULKAN_TRY(vkCreateDevice, vulkan->physical, &info, NULL, &vulkan->device)) {
		return false;
	}
	vkGetDeviceQueue(vulkan->device, vulkan->family, 0, &vulkan->queue);
	return VULKAN_TRY(vkCreateCommandPool, vulkan->device, &pool, NULL, &vulkan->pool);
}

static bool exports(const struct vulkan *vulkan, VkSemaphoreType kind,
	VkExternalSemaphoreHandleTypeFlagBits handle) {
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = kind};
	const VkPhysicalDeviceExternalSemaphoreInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
		.pNext = &type,
		.handleType = handle,
	};
	VkExternalSemaphoreProperties can = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
	vkGetPhysicalDeviceExternalSemaphoreProperties(vulkan->physical, &info, &can);
	return can.externalSemaphoreFeatures & VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT;
}

/* Looks where dma-bufs can come from: the first way by which there are any. */
static bool find_memory(
	struct vulkan *vulkan, enum canvas_kind wanted, struct kms_format_set *drawable) {
	static const enum canvas_kind kinds[] = {CANVAS_VULKAN, CANVAS_UDMABUF, CANVAS_HEAP};
	for (size_t i = 0; i < LENGTH(kinds) && drawable->len == 0; i++) {
		if (wanted != CANVAS_VULKAN && wanted != kinds[i]) {
			continue;
		}
		vulkan->memory = kinds[i];
		if (kinds[i] != CANVAS_VULKAN) {
			latch_fd_clear(&vulkan->memory_fd);
			vulkan->memory_fd = open(canvas_kinds[kinds[i]].label, O_RDWR | O_CLOEXEC);
		}
		if ((kinds[i] == CANVAS_VULKAN || vulkan->memory_fd >= 0) &&
			!vulkan_query_formats(vulkan, drawable)) {
			return false;
		}
	}
	return drawable->len > 0;
}

static bool start_dmabufs(struct vulkan *vulkan, const struct vulkan_wish *wish,
	struct kms_format_set *drawable, const char **why) {
#define LOAD(name) (PFN_##name) vkGetDeviceProcAddr(vulkan->device, #name)
	vulkan->get_memory_fd = LOAD(vkGetMemoryFdKHR);
	vulkan->get_memory_fd_properties = LOAD(vkGetMemoryFdPropertiesKHR);
	vulkan->get_modifier = LOAD(vkGetImageDrmFormatModifierPropertiesEXT);
	vulkan->get_semaphore_fd = LOAD(vkGetSemaphoreFdKHR);
#undef LOAD
	*why = "its semaphores can't be exported as sync_files";
	if (!exports(vulkan, VK_SEMAPHORE_TYPE_BINARY,
		    VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT)) {
		return false;
	}
	vulkan->exports_timelines = exports(vulkan, VK_SEMAPHORE_TYPE_TIMELINE,
		VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT);
	*why = "it neither exports nor imports dma-bufs that it can draw into";
	if (!find_memory(vulkan, wish->memory, drawable)) {
		return false;
	}
	say("Vulkan on %s: dma-bufs %s, timeline semaphores %s", vulkan->properties.deviceName,
		vulkan->memory == CANVAS_VULKAN ? "exported" : "imported",
		vulkan->exports_timelines ? "exported" : "not exported");
	return true;
}

static void destroy(struct vulkan *vulkan) {
	if (!vulkan) {
		return;
	}
	if (vulkan->device) {
		vkDestroyCommandPool(vulkan->device, vulkan->pool, NULL);
		vkDestroyDevice(vulkan->device, NULL);
	}
	if (vulkan->instance) {
		vkDestroyInstance(vulkan->instance, NULL);
	}
	latch_fd_clear(&vulkan->memory_fd);
	free(vulkan);
}

static struct vulkan *create(const struct vulkan_wish *wish, struct kms_format_set *drawable,
	struct vulkan_facts *facts, const char **why) {
	*why = "out of memory";
	struct vulkan *vulkan = calloc(1, sizeof(*vulkan));
	if (!vulkan) {
		return NULL;
	}
	*vulkan = (struct vulkan){.memory_fd = -1, .scene = wish->scene};
	*facts = (struct vulkan_facts){.renderer = vulkan->properties.deviceName};
	*why = "no device is there that will do";
	bool ok = make_instance(vulkan, !drawable) &&
		  choose(vulkan, wish, !drawable, facts->path) && make_device(vulkan, !drawable);
	if (!ok || (drawable && !start_dmabufs(vulkan, wish, drawable, why))) {
		destroy(vulkan);
		return NULL;
	}
	facts->memory = vulkan->memory;
	return vulkan;
}

static const struct vulkan_api api = {
	.create = create,
	.destroy = destroy,
	.create_target = vulkan_target_create,
	.destroy_target = vulkan_target_destroy,
	.export_timeline = vulkan_target_export_timeline,
	.draw = vulkan_target_draw,
	.create_swapchain = vulkan_swapchain_create,
	.destroy_swapchain = vulkan_swapchain_destroy,
	.resize = vulkan_swapchain_resize,
	.acquire = vulkan_swapchain_acquire,
	.draw_image = vulkan_swapchain_draw,
	.present = vulkan_swapchain_present,
};

const struct vulkan_api *const vulkan_api = &api;
