/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "vulkan_device.h"

/* More than any driver has for a format. */
#define MAX_MODIFIERS 256

/* Little-endian bytes, as both sides name them. */
static const struct format {
	uint32_t fourccs[2]; /* without alpha, and with it */
	VkFormat format;
} formats[] = {
	{{DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888}, VK_FORMAT_B8G8R8A8_UNORM},
	{{DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888}, VK_FORMAT_R8G8B8A8_UNORM},
	{{DRM_FORMAT_XRGB2101010, DRM_FORMAT_ARGB2101010}, VK_FORMAT_A2R10G10B10_UNORM_PACK32},
	{{DRM_FORMAT_XBGR2101010, DRM_FORMAT_ABGR2101010}, VK_FORMAT_A2B10G10R10_UNORM_PACK32},
	{{DRM_FORMAT_XBGR16161616F, DRM_FORMAT_ABGR16161616F}, VK_FORMAT_R16G16B16A16_SFLOAT},
	{{DRM_FORMAT_RGB565, DRM_FORMAT_RGB565}, VK_FORMAT_R5G6B5_UNORM_PACK16},
};
#define NUM_FORMATS (sizeof(formats) / sizeof(formats[0]))

VkFormat vulkan_format_of(uint32_t fourcc) {
	size_t i = 0;
	while (i < NUM_FORMATS - 1 && formats[i].fourccs[0] != fourcc &&
		formats[i].fourccs[1] != fourcc) {
		i++;
	}
	return formats[i].format;
}

/* Whether the driver gives away such images as dma-bufs, or takes in dma-bufs as such images. */
static bool is_shared(const struct vulkan *vulkan, VkFormat format, uint64_t modifier) {
	const VkPhysicalDeviceImageDrmFormatModifierInfoEXT layout = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
		.drmFormatModifier = modifier,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.pNext = &layout,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = format,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
	};
	VkExternalImageFormatProperties shared = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &shared};
	const VkExternalMemoryFeatureFlags wanted =
		vulkan->memory == CANVAS_VULKAN ? VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT
						: VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	return vkGetPhysicalDeviceImageFormatProperties2(vulkan->physical, &info, &properties) ==
		       VK_SUCCESS &&
	       (shared.externalMemoryProperties.externalMemoryFeatures & wanted);
}

static uint32_t list_modifiers(const struct vulkan *vulkan, VkFormat format,
	VkDrmFormatModifierPropertiesEXT modifiers[MAX_MODIFIERS]) {
	VkDrmFormatModifierPropertiesListEXT list = {
		.sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT,
		.drmFormatModifierCount = MAX_MODIFIERS,
		.pDrmFormatModifierProperties = modifiers,
	};
	VkFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2, .pNext = &list};
	vkGetPhysicalDeviceFormatProperties2(vulkan->physical, format, &properties);
	return list.drmFormatModifierCount;
}

int vulkan_count_planes(const struct vulkan *vulkan, VkFormat format, uint64_t modifier) {
	VkDrmFormatModifierPropertiesEXT modifiers[MAX_MODIFIERS];
	for (uint32_t i = list_modifiers(vulkan, format, modifiers); i-- > 0;) {
		if (modifiers[i].drmFormatModifier == modifier) {
			return (int)modifiers[i].drmFormatModifierPlaneCount;
		}
	}
	return 0;
}

/* Memory of others is linear. */
static bool is_wanted(const struct vulkan *vulkan, VkFormat format,
	const VkDrmFormatModifierPropertiesEXT *modifier) {
	return (modifier->drmFormatModifierTilingFeatures &
		       VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT) &&
	       modifier->drmFormatModifierPlaneCount <= DMABUF_MAX_PLANES &&
	       (vulkan->memory == CANVAS_VULKAN ||
		       modifier->drmFormatModifier == DRM_FORMAT_MOD_LINEAR) &&
	       is_shared(vulkan, format, modifier->drmFormatModifier);
}

bool vulkan_query_formats(const struct vulkan *vulkan, struct kms_format_set *drawable) {
	bool ok = true;
	for (size_t i = 0; i < NUM_FORMATS; i++) {
		const struct format *format = &formats[i];
		VkDrmFormatModifierPropertiesEXT modifiers[MAX_MODIFIERS];
		const uint32_t num = list_modifiers(vulkan, format->format, modifiers);
		for (uint32_t j = 0; ok && j < num; j++) {
			const uint64_t modifier = modifiers[j].drmFormatModifier;
			ok = !is_wanted(vulkan, format->format, &modifiers[j]) ||
			     (kms_format_set_add(drawable, format->fourccs[0], modifier) == 0 &&
				     kms_format_set_add(drawable, format->fourccs[1], modifier) ==
					     0);
		}
	}
	return ok;
}
