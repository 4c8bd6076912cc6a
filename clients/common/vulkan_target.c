#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "canvas.h"
#include "util.h"
#include "vulkan_device.h"

/* An image that is a dma-buf, and what says when it is drawn. */

struct vulkan_target {
	struct vulkan_picture picture;
	VkImage image;
	VkDeviceMemory memory;
	VkSemaphore drawn; /* binary, or the timeline; none: each frame is waited for */
	bool is_timeline;
	VkDeviceMemory upload_memory;
	struct dmabuf upload; /* what the CPU draws; no dma-buf */
};

static VkImageCreateInfo image_info(
	const struct vulkan *vulkan, const struct dmabuf *buf, const void *next) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = next,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = vulkan_format_of(buf->fourcc),
		.extent = {buf->width, buf->height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = vulkan->has_modifiers ? VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
						: VK_IMAGE_TILING_LINEAR,
		.usage = vulkan_image_usage(vulkan),
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
	};
}

static bool make_image(struct vulkan *vulkan, struct vulkan_target *target,
	const struct dmabuf *buf, const void *layout) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.pNext = layout,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
	};
	const VkImageCreateInfo info = image_info(vulkan, buf, &external);
	return vulkan_ok(
		vkCreateImage(vulkan->device, &info, NULL, &target->image), "vkCreateImage");
}

/* Gives the image memory of its own. next says how it comes to be a dma-buf. */
static bool allocate(struct vulkan *vulkan, struct vulkan_target *target, uint64_t size,
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
		.memoryTypeIndex = vulkan_memory_type(
			vulkan, types, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT),
	};
	return info.memoryTypeIndex != UINT32_MAX &&
	       vulkan_ok(vkAllocateMemory(vulkan->device, &info, NULL, &target->memory),
		       "vkAllocateMemory");
}

static bool bind(struct vulkan *vulkan, struct vulkan_target *target) {
	return vulkan_ok(vkBindImageMemory(vulkan->device, target->image, target->memory, 0),
		"vkBindImageMemory");
}

static int count_planes(const struct vulkan *vulkan, uint32_t fourcc, uint64_t modifier) {
	VkDrmFormatModifierPropertiesEXT modifiers[256];
	VkDrmFormatModifierPropertiesListEXT list = {
		.sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
		.drmFormatModifierCount = sizeof(modifiers) / sizeof(modifiers[0]),
		.pDrmFormatModifierProperties = modifiers,
	};
	VkFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2, .pNext = &list};
	vkGetPhysicalDeviceFormatProperties2(
		vulkan->physical, vulkan_format_of(fourcc), &properties);
	for (uint32_t i = 0; i < list.drmFormatModifierCount; i++) {
		if (modifiers[i].drmFormatModifier == modifier) {
			return (int)modifiers[i].drmFormatModifierPlaneCount;
		}
	}
	return 0;
}

/* Memory planes, which are more than the format's where the layout has data of its own. */
static VkImageAspectFlags plane_aspect(const struct vulkan *vulkan, int plane) {
	static const VkImageAspectFlags aspects[DMABUF_MAX_PLANES] = {
		VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT, VK_IMAGE_ASPECT_MEMORY_PLANE_1_BIT_EXT,
		VK_IMAGE_ASPECT_MEMORY_PLANE_2_BIT_EXT, VK_IMAGE_ASPECT_MEMORY_PLANE_3_BIT_EXT};
	return vulkan->has_modifiers ? aspects[plane] : VK_IMAGE_ASPECT_COLOR_BIT;
}

static VkSubresourceLayout plane_layout(
	const struct vulkan *vulkan, const struct vulkan_target *target, int plane) {
	const VkImageSubresource resource = {.aspectMask = plane_aspect(vulkan, plane)};
	VkSubresourceLayout layout;
	vkGetImageSubresourceLayout(vulkan->device, target->image, &resource, &layout);
	return layout;
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
	if (!vulkan_ok(vulkan->get_modifier(vulkan->device, target->image, &chosen),
		    "vkGetImageDrmFormatModifierPropertiesEXT") ||
		!vulkan_ok(vulkan->get_memory_fd(vulkan->device, &get, &fd), "vkGetMemoryFdKHR")) {
		return false;
	}
	buf->modifier = chosen.drmFormatModifier;
	buf->num_planes = count_planes(vulkan, buf->fourcc, buf->modifier);
	buf->num_pieces = 1;
	bool ok = buf->num_planes >= 1 && buf->num_planes <= DMABUF_MAX_PLANES;
	buf->num_planes = ok ? buf->num_planes : 0;
	for (int i = 0; i < buf->num_planes; i++) {
		const VkSubresourceLayout layout = plane_layout(vulkan, target, i);
		buf->planes[i] = (struct dmabuf_plane){
			.fd = i == 0 ? latch_fd_take(&fd)
				     : fcntl(buf->planes[0].fd, F_DUPFD_CLOEXEC, 0),
			.offset = (uint32_t)layout.offset,
			.stride = (uint32_t)layout.rowPitch,
		};
		ok = ok && buf->planes[i].fd >= 0;
	}
	latch_fd_clear(&fd);
	return ok;
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
	if (!make_image(vulkan, target, buf, &list)) {
		return false;
	}
	VkMemoryRequirements needs;
	vkGetImageMemoryRequirements(vulkan->device, target->image, &needs);
	return allocate(vulkan, target, needs.size, needs.memoryTypeBits, &export) &&
	       bind(vulkan, target) && describe(vulkan, target, buf);
}

/* Whether the driver reads the rows where they are. It has a say only where it knows no modifiers. */
static bool has_layout_of(const struct vulkan *vulkan, const struct vulkan_target *target,
	const struct dmabuf *buf) {
	const VkSubresourceLayout layout = plane_layout(vulkan, target, 0);
	return layout.offset == 0 && layout.rowPitch == buf->planes[0].stride;
}

static bool import_memory(struct vulkan *vulkan, struct vulkan_target *target,
	const struct plan_step *step, struct dmabuf *buf, const char **why) {
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
	if (!make_image(vulkan, target, buf, vulkan->has_modifiers ? &layout : NULL)) {
		return false;
	}
	VkMemoryRequirements needs;
	vkGetImageMemoryRequirements(vulkan->device, target->image, &needs);
	VkMemoryFdPropertiesKHR can = {.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR};
	VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
		.fd = fcntl(buf->planes[0].fd, F_DUPFD_CLOEXEC, 0),
	};
	*why = "is not laid out, or not as large, as the driver wants it";
	bool ok = import.fd >= 0 && has_layout_of(vulkan, target, buf) &&
		  needs.size <= buf->pieces[0].size &&
		  vulkan_ok(vulkan->get_memory_fd_properties(
				    vulkan->device, import.handleType, import.fd, &can),
			  "vkGetMemoryFdPropertiesKHR") &&
		  allocate(vulkan, target, buf->pieces[0].size,
			  needs.memoryTypeBits & can.memoryTypeBits, &import);
	if (!ok) {
		latch_fd_clear(&import.fd); // else it is the driver's
	}
	return ok && bind(vulkan, target);
}

static bool make_semaphore(struct vulkan *vulkan, struct vulkan_target *target) {
	const VkExportSemaphoreCreateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT,
	};
	const VkSemaphoreCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &export};
	return !vulkan->exports_sync_files ||
	       vulkan_ok(vkCreateSemaphore(vulkan->device, &info, NULL, &target->drawn),
		       "vkCreateSemaphore");
}

/* Rows without gaps, in memory that the CPU and the GPU see. */
static bool make_upload(
	struct vulkan *vulkan, struct vulkan_target *target, const struct dmabuf *buf) {
	const struct latch_format *format = latch_format_find(buf->fourcc);
	const uint32_t stride = (uint32_t)latch_format_row_bytes(format, 0, buf->width);
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = (VkDeviceSize)stride * buf->height,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkBuffer *upload = &target->picture.upload;
	if (!vulkan_ok(vkCreateBuffer(vulkan->device, &info, NULL, upload), "vkCreateBuffer")) {
		return false;
	}
	VkMemoryRequirements needs;
	vkGetBufferMemoryRequirements(vulkan->device, *upload, &needs);
	const VkMemoryAllocateInfo memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = needs.size,
		/* The specification promises a type that is both. */
		.memoryTypeIndex = vulkan_memory_type(vulkan, needs.memoryTypeBits,
			VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT),
	};
	void *data;
	if (!vulkan_ok(vkAllocateMemory(vulkan->device, &memory, NULL, &target->upload_memory),
		    "vkAllocateMemory") ||
		!vulkan_ok(vkBindBufferMemory(vulkan->device, *upload, target->upload_memory, 0),
			"vkBindBufferMemory") ||
		!vulkan_ok(vkMapMemory(vulkan->device, target->upload_memory, 0, VK_WHOLE_SIZE, 0,
				   &data),
			"vkMapMemory")) {
		return false;
	}
	target->upload = (struct dmabuf){
		.width = buf->width,
		.height = buf->height,
		.fourcc = buf->fourcc,
		.num_planes = 1,
		.planes = {{.fd = -1, .stride = stride, .data = data}},
	};
	return true;
}

struct vulkan_target *vulkan_target_create(struct vulkan *vulkan, const struct plan_step *step,
	struct dmabuf *buf, const char **why) {
	struct vulkan_target *target = calloc(1, sizeof(*target));
	*why = "can't be allocated";
	if (!target) {
		return NULL;
	}
	bool ok = vulkan->memory == CANVAS_VULKAN
			  ? export_memory(vulkan, target, step, buf)
			  : import_memory(vulkan, target, step, buf, why);
	if (ok) {
		*why = "can't be drawn into";
		ok = vulkan_picture_init(vulkan, &target->picture, target->image,
			     vulkan_format_of(buf->fourcc), buf->width, buf->height) &&
		     make_semaphore(vulkan, target) &&
		     (vulkan->scene.picture != PICTURE_PATTERN ||
			     make_upload(vulkan, target, buf));
	}
	if (!ok) {
		vulkan_target_destroy(vulkan, target);
		return NULL;
	}
	return target;
}

void vulkan_target_destroy(struct vulkan *vulkan, struct vulkan_target *target) {
	if (!target) {
		return;
	}
	VkBuffer upload = target->picture.upload;
	vulkan_picture_finish(vulkan, &target->picture);
	vkDestroyBuffer(vulkan->device, upload, NULL);
	vkFreeMemory(vulkan->device, target->upload_memory, NULL);
	vkDestroySemaphore(vulkan->device, target->drawn, NULL);
	vkDestroyImage(vulkan->device, target->image, NULL);
	vkFreeMemory(vulkan->device, target->memory, NULL);
	free(target);
}

const struct dmabuf *vulkan_upload_of(const struct vulkan_target *target) {
	return target->picture.upload ? &target->upload : NULL;
}

/* Takes what the semaphore waits for: it is as before the submit then. */
static int export_semaphore(struct vulkan *vulkan, const struct vulkan_target *target) {
	const VkSemaphoreGetFdInfoKHR get = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
		.semaphore = target->drawn,
		.handleType = target->is_timeline ? VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT
						  : VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT,
	};
	int fd = -1; // also of a fence that has signalled
	return vulkan_ok(vulkan->get_semaphore_fd(vulkan->device, &get, &fd), "vkGetSemaphoreFdKHR")
		       ? fd
		       : CANVAS_FAILED;
}

int vulkan_target_export_timeline(
	struct vulkan *vulkan, struct vulkan_target *target, uint64_t start, const char **why) {
	*why = "the driver exports no timeline semaphores as opaque fds";
	if (!vulkan->exports_timelines) {
		return -1;
	}
	const VkExportSemaphoreCreateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &export,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
		.initialValue = start,
	};
	const VkSemaphoreCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	vkDestroySemaphore(vulkan->device, target->drawn, NULL);
	target->drawn = VK_NULL_HANDLE;
	target->is_timeline = vulkan_ok(
		vkCreateSemaphore(vulkan->device, &info, NULL, &target->drawn), "vkCreateSemaphore");
	*why = "the driver makes no timeline semaphore";
	const int fd = target->is_timeline ? export_semaphore(vulkan, target) : -1;
	return fd >= 0 ? fd : -1;
}

int vulkan_draw(
	struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame, uint64_t point) {
	const struct vulkan_submit submit = {
		.layout = VK_IMAGE_LAYOUT_GENERAL,
		.family = VK_QUEUE_FAMILY_FOREIGN_EXT,
		.signal = target->drawn,
		.point = target->is_timeline ? point : 0,
	};
	if (!vulkan_picture_draw(vulkan, &target->picture, frame, &submit)) {
		return CANVAS_FAILED;
	}
	if (target->is_timeline) {
		return CANVAS_SIGNALS_POINT;
	}
	if (target->drawn) {
		return export_semaphore(vulkan, target);
	}
	return vulkan_ok(vkQueueWaitIdle(vulkan->queue), "vkQueueWaitIdle") ? CANVAS_DRAWN
									     : CANVAS_FAILED;
}
