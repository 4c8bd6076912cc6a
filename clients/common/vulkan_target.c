/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>

#include "canvas.h"
#include "util.h"
#include "vulkan_device.h"

struct vulkan_target {
	struct vulkan_picture picture;
	VkImage image;
	VkMemoryRequirements needs;
	VkDeviceMemory memory;
	VkSemaphore drawn; /* binary, or the timeline */
	bool is_timeline;
};

/* The layout says what modifiers it may have. */
static bool make_image(struct vulkan *vulkan, struct vulkan_target *target,
	const struct dmabuf *buf, const void *layout) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.pNext = layout,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = vulkan_format_of(buf->fourcc),
		.extent = {buf->width, buf->height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
	};
	if (!VULKAN_TRY(vkCreateImage, vulkan->device, &info, NULL, &target->image)) {
		return false;
	}
	vkGetImageMemoryRequirements(vulkan->device, target->image, &target->needs);
	return true;
}

/* Gives the image memory of its own; next says how it is shared. Of the types that it may be of,
 * the first one is as good as any other, or better ("Memory Properties" in the specification). */
static bool give_memory(struct vulkan *vulkan, struct vulkan_target *target, uint64_t size,
	uint32_t types, const void *next) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.pNext = next,
		.image = target->image,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &dedicated,
		.allocationSize = size,
		.memoryTypeIndex = (uint32_t)(ffs((int)types) - 1),
	};
	return types != 0 &&
	       VULKAN_TRY(vkAllocateMemory, vulkan->device, &info, NULL, &target->memory);
}

/* Writes down what the driver has chosen. */
static bool describe(
	const struct vulkan *vulkan, const struct vulkan_target *target, struct dmabuf *buf) {
	VkImageDrmFormatModifierPropertiesEXT chosen = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT};
	const VkMemoryGetFdInfoKHR get = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = target->memory,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
	};
	int fd = -1;
	bool ok = vulkan_ok(vulkan->get_modifier(vulkan->device, target->image, &chosen),
			  "vkGetImageDrmFormatModifierPropertiesEXT") &&
		  vulkan_ok(vulkan->get_memory_fd(vulkan->device, &get, &fd), "vkGetMemoryFdKHR");
	buf->modifier = chosen.drmFormatModifier;
	const int num =
		ok ? vulkan_count_planes(vulkan, vulkan_format_of(buf->fourcc), buf->modifier) : 0;
	buf->num_pieces = num > 0;
	/* Planes of memory, which are more than the format's where the layout has data of its own.
	 */
	static const VkImageAspectFlags aspects[DMABUF_MAX_PLANES] = {
		VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT, VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT,
		VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT, VK_IMAGE_ASPECT_MEMORY_PLANE_3_BIT_EXT};
	for (int i = 0; i < num && ok; i++) {
		const VkImageSubresource resource = {.aspectMask = aspects[i]};
		VkSubresourceLayout layout;
		vkGetImageSubresourceLayout(vulkan->device, target->image, &resource, &layout);
		buf->planes[i] = (struct dmabuf_plane){
			.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
			.offset = (uint32_t)layout.offset,
			.stride = (uint32_t)layout.rowPitch,
		};
		ok = buf->planes[i].fd >= 0;
		buf->num_planes = i + 1;
	}
	latch_fd_clear(&fd);
	return ok && num > 0;
}

static bool export_memory(struct vulkan *vulkan, struct vulkan_target *target,
	const struct plan_step *step, struct dmabuf *buf) {
	const VkImageDrmFormatModifierListCreateInfoEXT list = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
		.drmFormatModifierCount = (uint32_t)step->num_modifiers,
		.pDrmFormatModifiers = step->modifiers,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
	};
	return make_image(vulkan, target, buf, &list) &&
	       give_memory(
		       vulkan, target, target->needs.size, target->needs.memoryTypeBits, &export) &&
	       describe(vulkan, target, buf);
}

static bool import_memory(struct vulkan *vulkan, struct vulkan_target *target,
	const struct plan_step *step, struct dmabuf *buf) {
	if (!cpu_buffer_create(vulkan->memory, vulkan->memory_fd, step, buf)) {
		return false;
	}
	const VkSubresourceLayout rows = {.rowPitch = buf->planes[0].stride};
	const VkImageDrmFormatModifierExplicitCreateInfoEXT layout = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
		.drmFormatModifier = buf->modifier,
		.drmFormatModifierPlaneCount = 1,
		.pPlaneLayouts = &rows,
	};
	VkMemoryFdPropertiesKHR can = {.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR};
	VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
		.fd = fcntl(buf->planes[0].fd, F_DUPFD_CLOEXEC, 0),
	};
	const bool ok = import.fd >= 0 && make_image(vulkan, target, buf, &layout) &&
			target->needs.size <= buf->pieces[0].size &&
			vulkan_ok(vulkan->get_memory_fd_properties(
					  vulkan->device, import.handleType, import.fd, &can),
				"vkGetMemoryFdPropertiesKHR") &&
			give_memory(vulkan, target, buf->pieces[0].size,
				target->needs.memoryTypeBits & can.memoryTypeBits, &import);
	if (!ok) {
		latch_fd_clear(&import.fd); // else it is the driver's
	}
	return ok;
}

/* One that can be exported, as a sync_file or as a timeline from start on. */
static bool make_semaphore(struct vulkan *vulkan, struct vulkan_target *target, uint64_t start) {
	const VkExportSemaphoreCreateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
		.handleTypes = target->is_timeline ? VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT
						   : VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT,
	};
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &export,
		.semaphoreType =
			target->is_timeline ? VK_SEMAPHORE_TYPE_TIMELINE : VK_SEMAPHORE_TYPE_BINARY,
		.initialValue = start,
	};
	const VkSemaphoreCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	return VULKAN_TRY(vkCreateSemaphore, vulkan->device, &info, NULL, &target->drawn);
}

/* As a sync_file it takes with it what was to be signalled: the semaphore is as before then. */
static int export_semaphore(struct vulkan *vulkan, const struct vulkan_target *target) {
	const VkSemaphoreGetFdInfoKHR get = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
		.semaphore = target->drawn,
		.handleType = target->is_timeline ? VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT
						  : VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT,
	};
	int fd = CANVAS_DRAWN; // a driver may say so of a sync_file
	return vulkan_ok(vulkan->get_semaphore_fd(vulkan->device, &get, &fd), "vkGetSemaphoreFdKHR")
		       ? fd
		       : CANVAS_FAILED;
}

struct vulkan_target *vulkan_target_create(
	struct vulkan *vulkan, const struct plan_step *step, struct dmabuf *buf, const char **why) {
	struct vulkan_target *target = calloc(1, sizeof(*target));
	*why = "can't be allocated";
	if (!target) {
		return NULL;
	}
	const bool allocated = vulkan->memory == CANVAS_VULKAN
				       ? export_memory(vulkan, target, step, buf)
				       : import_memory(vulkan, target, step, buf);
	*why = allocated ? "can't be drawn into" : *why;
	if (allocated &&
		VULKAN_TRY(vkBindImageMemory, vulkan->device, target->image, target->memory, 0) &&
		vulkan_picture_init(vulkan, &target->picture, target->image,
			vulkan_format_of(buf->fourcc), buf->width, buf->height) &&
		make_semaphore(vulkan, target, 0)) {
		return target;
	}
	vulkan_target_destroy(vulkan, target);
	return NULL;
}

void vulkan_target_destroy(struct vulkan *vulkan, struct vulkan_target *target) {
	if (!target) {
		return;
	}
	vulkan_picture_finish(vulkan, &target->picture);
	vkDestroySemaphore(vulkan->device, target->drawn, NULL);
	vkDestroyImage(vulkan->device, target->image, NULL);
	vkFreeMemory(vulkan->device, target->memory, NULL);
	free(target);
}

int vulkan_target_export_timeline(
	struct vulkan *vulkan, struct vulkan_target *target, uint64_t start, const char **why) {
	*why = "the driver exports no timeline semaphores as opaque fds";
	if (!vulkan->exports_timelines) {
		return -1;
	}
	vkDestroySemaphore(vulkan->device, target->drawn, NULL);
	target->drawn = VK_NULL_HANDLE;
	target->is_timeline = true;
	const int fd =
		make_semaphore(vulkan, target, start) ? export_semaphore(vulkan, target) : -1;
	return fd >= 0 ? fd : -1;
}

int vulkan_target_draw(
	struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame, uint64_t point) {
	const struct vulkan_end end = {
		.layout = VK_IMAGE_LAYOUT_GENERAL,
		.family = VK_QUEUE_FAMILY_FOREIGN_EXT,
		.signal = target->drawn,
		.point = target->is_timeline ? point : 0,
	};
	if (!vulkan_picture_draw(vulkan, &target->picture, frame, &end)) {
		return CANVAS_FAILED;
	}
	return target->is_timeline ? CANVAS_SIGNALS_POINT : export_semaphore(vulkan, target);
}
