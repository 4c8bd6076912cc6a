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
#define MAX_EXTENSIONS 16

/* One of the machine's, and what its driver has. */
struct candidate {
	VkPhysicalDevice physical;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceDrmPropertiesEXT nodes; /* none: all zero */
	VkExtensionProperties *extensions;
	uint32_t num_extensions;
};

static const char *const needed_for_dmabufs[] = {
	VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
	VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
	VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
	NULL,
};
static const char *const needed_to_present[] = {VK_KHR_SWAPCHAIN_EXTENSION_NAME, NULL};
static const char *const optional[] = {
	VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
	VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME,
	NULL,
};

bool vulkan_ok(VkResult result, const char *call) {
	return result >= 0 || failed(false, "Vulkan: %s fails (VkResult %d)", call, (int)result);
}

uint32_t vulkan_memory_type(
	const struct vulkan *vulkan, uint32_t types, VkMemoryPropertyFlags wished) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(vulkan->physical, &memory);
	uint32_t found = UINT32_MAX;
	for (uint32_t i = memory.memoryTypeCount; i-- > 0;) {
		const bool fits = (memory.memoryTypes[i].propertyFlags & wished) == wished;
		const bool better = found == UINT32_MAX || fits;
		found = (types >> i & 1) && better ? i : found;
	}
	return found;
}

static bool has_extension(const struct candidate *candidate, const char *name) {
	for (uint32_t i = 0; i < candidate->num_extensions; i++) {
		if (strcmp(candidate->extensions[i].extensionName, name) == 0) {
			return true;
		}
	}
	return false;
}

static void ask(struct candidate *candidate) {
	vkGetPhysicalDeviceProperties(candidate->physical, &candidate->properties);
	uint32_t num = 0;
	vkEnumerateDeviceExtensionProperties(candidate->physical, NULL, &num, NULL);
	candidate->extensions = calloc(num, sizeof(*candidate->extensions));
	candidate->num_extensions = candidate->extensions ? num : 0;
	vkEnumerateDeviceExtensionProperties(candidate->physical, NULL, &candidate->num_extensions,
		candidate->extensions);
	candidate->nodes.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT;
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &candidate->nodes,
	};
	if (has_extension(candidate, VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME)) {
		vkGetPhysicalDeviceProperties2(candidate->physical, &properties);
	}
}

/* Whether the device has this node. */
static bool is_at(const struct candidate *candidate, const char *path) {
	const VkPhysicalDeviceDrmPropertiesEXT *nodes = &candidate->nodes;
	struct stat st;
	if (stat(path, &st) != 0) {
		return false;
	}
	const int64_t number[] = {major(st.st_rdev), minor(st.st_rdev)};
	return (nodes->hasPrimary && nodes->primaryMajor == number[0] &&
		       nodes->primaryMinor == number[1]) ||
	       (nodes->hasRender && nodes->renderMajor == number[0] &&
		       nodes->renderMinor == number[1]);
}

/* Says what it lacks. */
static bool is_usable(const struct candidate *candidate, const struct vulkan_wish *wish) {
	const char *const *needed = wish->presents ? needed_to_present : needed_for_dmabufs;
	while (*needed && has_extension(candidate, *needed)) {
		needed++;
	}
	const bool old = candidate->properties.apiVersion < VK_API_VERSION_1_3;
	const char *lacks = old ? "Vulkan 1.3" : *needed;
	return !lacks || failed(false, "Vulkan: %s lacks %s", candidate->properties.deviceName,
				 lacks);
}

static const struct candidate *choose(const struct candidate *candidates, uint32_t num,
	const struct vulkan_wish *wish, char path[DEVICE_PATH_MAX]) {
	for (size_t i = 0; i < wish->devices->len; i++) {
		for (uint32_t j = 0; j < num; j++) {
			if (is_at(&candidates[j], wish->devices->paths[i]) &&
				is_usable(&candidates[j], wish)) {
				snprintf(path, DEVICE_PATH_MAX, "%s", wish->devices->paths[i]);
				return &candidates[j];
			}
		}
	}
	for (uint32_t j = 0; wish->any && j < num; j++) {
		if (is_usable(&candidates[j], wish)) {
			return &candidates[j];
		}
	}
	return NULL;
}

static bool make_instance(struct vulkan *vulkan, bool presents) {
	static const char *const extensions[] = {
		VK_KHR_SURFACE_EXTENSION_NAME, VK_KHR_WAYLAND_SURFACE_EXTENSION_NAME};
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "latch-client",
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
		.enabledExtensionCount = presents ? 2 : 0,
		.ppEnabledExtensionNames = extensions,
	};
	return vulkan_ok(vkCreateInstance(&info, NULL, &vulkan->instance), "vkCreateInstance");
}

static bool find_family(struct vulkan *vulkan) {
	VkQueueFamilyProperties families[MAX_DEVICES];
	uint32_t num = MAX_DEVICES;
	vkGetPhysicalDeviceQueueFamilyProperties(vulkan->physical, &num, families);
	while (vulkan->family < num &&
		!(families[vulkan->family].queueFlags & VK_QUEUE_GRAPHICS_BIT)) {
		vulkan->family++;
	}
	return vulkan->family < num;
}

static uint32_t add_extensions(const struct candidate *candidate, const char *const *names,
	const char **enabled, uint32_t num) {
	for (; *names; names++) {
		if (has_extension(candidate, *names) && num < MAX_EXTENSIONS) {
			enabled[num++] = *names;
		}
	}
	return num;
}

static bool make_device(
	struct vulkan *vulkan, const struct candidate *candidate, bool presents) {
	const char *enabled[MAX_EXTENSIONS];
	uint32_t num = add_extensions(
		candidate, presents ? needed_to_present : needed_for_dmabufs, enabled, 0);
	num = presents ? num : add_extensions(candidate, optional, enabled, num);
	const VkPhysicalDeviceVulkan12Features features12 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.timelineSemaphore = VK_TRUE,
	};
	const VkPhysicalDeviceVulkan13Features features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
		.pNext = (void *)&features12,
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
		.enabledExtensionCount = num,
		.ppEnabledExtensionNames = enabled,
	};
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
		.queueFamilyIndex = vulkan->family,
	};
	if (!vulkan_ok(vkCreateDevice(vulkan->physical, &info, NULL, &vulkan->device),
		    "vkCreateDevice")) {
		return false;
	}
	vkGetDeviceQueue(vulkan->device, vulkan->family, 0, &vulkan->queue);
	return vulkan_ok(vkCreateCommandPool(vulkan->device, &pool, NULL, &vulkan->pool),
		"vkCreateCommandPool");
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
	VkExternalSemaphoreProperties properties = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
	vkGetPhysicalDeviceExternalSemaphoreProperties(vulkan->physical, &info, &properties);
	return vulkan->get_semaphore_fd && (properties.externalSemaphoreFeatures &
						   VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT);
}

/* Looks where dma-bufs can come from: the first way by which there are any. */
static bool find_memory(struct vulkan *vulkan, enum canvas_kind wanted,
	struct kms_format_set *drawable, const char **why) {
	static const enum canvas_kind kinds[] = {CANVAS_VULKAN, CANVAS_UDMABUF, CANVAS_HEAP};
	*why = "its driver neither exports nor imports dma-bufs that it can draw into";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && drawable->len == 0; i++) {
		if (wanted != CANVAS_VULKAN && wanted != kinds[i]) {
			continue;
		}
		vulkan->memory = kinds[i];
		if (kinds[i] != CANVAS_VULKAN) {
			vulkan->memory_fd = open(canvas_kinds[kinds[i]].label, O_RDWR | O_CLOEXEC);
			if (vulkan->memory_fd < 0) {
				*why = "no memory can be imported";
				continue;
			}
		}
		if (!vulkan_query_formats(vulkan, drawable)) {
			*why = "out of memory";
			return false;
		}
	}
	return drawable->len > 0;
}

static void say_facts(const struct vulkan *vulkan) {
	say("Vulkan on %s; dma-bufs %s%s, %s explicit modifiers; %s; timelines of its own: %s",
		vulkan->name,
		vulkan->memory == CANVAS_VULKAN ? "exported" : "imported from ",
		vulkan->memory == CANVAS_VULKAN ? "" : canvas_kinds[vulkan->memory].label,
		vulkan->has_modifiers ? "with" : "without",
		vulkan->exports_sync_files ? "fences are sync_files"
					   : "no sync_files, so that each frame is waited for",
		vulkan->exports_timelines ? "yes" : "no");
}

static bool start_device(struct vulkan *vulkan, const struct candidate *candidate,
	const struct vulkan_wish *wish, struct kms_format_set *drawable, const char **why) {
	vulkan->physical = candidate->physical;
	snprintf(vulkan->name, sizeof(vulkan->name), "%s", candidate->properties.deviceName);
	*why = "it does not start";
	if (!find_family(vulkan) || !make_device(vulkan, candidate, wish->presents)) {
		return false;
	}
	if (!drawable) {
		return true;
	}
	vulkan->has_modifiers = has_extension(candidate, optional[0]);
	vulkan->get_memory_fd =
		(PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(vulkan->device, "vkGetMemoryFdKHR");
	vulkan->get_memory_fd_properties = (PFN_vkGetMemoryFdPropertiesKHR)vkGetDeviceProcAddr(
		vulkan->device, "vkGetMemoryFdPropertiesKHR");
	vulkan->get_modifier = (PFN_vkGetImageDrmFormatModifierPropertiesEXT)vkGetDeviceProcAddr(
		vulkan->device, "vkGetImageDrmFormatModifierPropertiesEXT");
	vulkan->get_semaphore_fd =
		(PFN_vkGetSemaphoreFdKHR)vkGetDeviceProcAddr(vulkan->device, "vkGetSemaphoreFdKHR");
	vulkan->exports_sync_files = exports(
		vulkan, VK_SEMAPHORE_TYPE_BINARY, VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT);
	vulkan->exports_timelines = exports(
		vulkan, VK_SEMAPHORE_TYPE_TIMELINE, VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT);
	if (!find_memory(vulkan, wish->memory, drawable, why)) {
		return false;
	}
	say_facts(vulkan);
	return true;
}

struct vulkan *vulkan_create(const struct vulkan_wish *wish, struct kms_format_set *drawable,
	char path[DEVICE_PATH_MAX], const char **why) {
	*why = "out of memory";
	struct vulkan *vulkan = calloc(1, sizeof(*vulkan));
	if (!vulkan) {
		return NULL;
	}
	*vulkan = (struct vulkan){.memory_fd = -1, .scene = wish->scene};
	*why = "there is no Vulkan";
	struct candidate candidates[MAX_DEVICES] = {0};
	VkPhysicalDevice devices[MAX_DEVICES];
	uint32_t num = MAX_DEVICES;
	bool ok = make_instance(vulkan, wish->presents) &&
		  vulkan_ok(vkEnumeratePhysicalDevices(vulkan->instance, &num, devices),
			  "vkEnumeratePhysicalDevices");
	num = ok ? num : 0;
	for (uint32_t i = 0; i < num; i++) {
		candidates[i].physical = devices[i];
		ask(&candidates[i]);
	}
	path[0] = '\0';
	const struct candidate *chosen = choose(candidates, num, wish, path);
	*why = ok ? "no Vulkan device is there that will do" : *why;
	ok = chosen && start_device(vulkan, chosen, wish, drawable, why);
	for (uint32_t i = 0; i < num; i++) {
		free(candidates[i].extensions);
	}
	if (!ok) {
		vulkan_destroy(vulkan);
		return NULL;
	}
	return vulkan;
}

void vulkan_destroy(struct vulkan *vulkan) {
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

bool vulkan_is_built(void) {
	return true;
}

const char *vulkan_renderer(const struct vulkan *vulkan) {
	return vulkan->name;
}

enum canvas_kind vulkan_memory(const struct vulkan *vulkan) {
	return vulkan->memory;
}
