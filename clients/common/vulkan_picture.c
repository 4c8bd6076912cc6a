/* SPDX-License-Identifier: MIT */
#include "vulkan_device.h"

static const VkImageSubresourceRange whole_image = {
	.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1};

bool vulkan_picture_init(struct vulkan *vulkan, struct vulkan_picture *picture, VkImage image,
	VkFormat format, uint32_t width, uint32_t height) {
	*picture = (struct vulkan_picture){.image = image, .width = width, .height = height};
	const VkImageViewCreateInfo view = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = whole_image,
	};
	const VkCommandBufferAllocateInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = vulkan->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
		.flags = VK_FENCE_CREATE_SIGNALED_BIT};
	return VULKAN_TRY(vkCreateImageView, vulkan->device, &view, NULL, &picture->view) &&
	       VULKAN_TRY(
		       vkAllocateCommandBuffers, vulkan->device, &commands, &picture->commands) &&
	       VULKAN_TRY(vkCreateFence, vulkan->device, &fence, NULL, &picture->drawn);
}

static bool wait_until_drawn(struct vulkan *vulkan, struct vulkan_picture *picture) {
	return picture->drawn &&
	       VULKAN_TRY(vkWaitForFences, vulkan->device, 1, &picture->drawn, VK_TRUE, UINT64_MAX);
}

void vulkan_picture_finish(struct vulkan *vulkan, struct vulkan_picture *picture) {
	wait_until_drawn(vulkan, picture);
	vkDestroyFence(vulkan->device, picture->drawn, NULL);
	if (picture->commands) {
		vkFreeCommandBuffers(vulkan->device, vulkan->pool, 1, &picture->commands);
	}
	vkDestroyImageView(vulkan->device, picture->view, NULL);
	*picture = (struct vulkan_picture){0};
}

static void add_barrier(VkCommandBuffer commands, const VkImageMemoryBarrier2 *barrier) {
	const VkDependencyInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
		.imageMemoryBarrierCount = 1,
		.pImageMemoryBarriers = barrier,
	};
	vkCmdPipelineBarrier2(commands, &info);
}

static void record_rendering(
	const struct vulkan *vulkan, const struct vulkan_picture *picture, uint32_t frame) {
	const VkRenderingAttachmentInfo attachment = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
		.imageView = picture->view,
		.imageLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
		.loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE, // the scene covers it all
		.storeOp = VK_ATTACHMENT_STORE_OP_STORE,
	};
	const VkRenderingInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
		.renderArea.extent = {picture->width, picture->height},
		.layerCount = 1,
		.colorAttachmentCount = 1,
		.pColorAttachments = &attachment,
	};
	vkCmdBeginRendering(picture->commands, &info);
	vulkan_record_scene(
		picture->commands, &vulkan->scene, picture->width, picture->height, frame);
	vkCmdEndRendering(picture->commands);
}

/*
 * The image comes back from the compositor with a picture that nobody needs. Then it is not to be
 * acquired from the other queue family, and its layout does not matter ("Queue Family Ownership
 * Transfer" in the specification). What is drawn is needed: it is released to the other family.
 */
static void record(const struct vulkan *vulkan, const struct vulkan_picture *picture,
	uint32_t frame, const struct vulkan_end *end) {
	const VkImageMemoryBarrier2 begin = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
		.srcStageMask = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
		.dstStageMask = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
		.dstAccessMask = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
		.newLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = picture->image,
		.subresourceRange = whole_image,
	};
	const VkImageMemoryBarrier2 release = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
		.srcStageMask = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
		.srcAccessMask = VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
		.newLayout = end->layout,
		.srcQueueFamilyIndex = vulkan->family,
		.dstQueueFamilyIndex = end->family,
		.image = picture->image,
		.subresourceRange = whole_image,
	};
	add_barrier(picture->commands, &begin);
	record_rendering(vulkan, picture, frame);
	add_barrier(picture->commands, &release);
}

static bool submit(
	struct vulkan *vulkan, const struct vulkan_picture *picture, const struct vulkan_end *end) {
	const VkCommandBufferSubmitInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
		.commandBuffer = picture->commands,
	};
	const VkSemaphoreSubmitInfo signal = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
		.semaphore = end->signal,
		.value = end->point,
		.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
	};
	const VkSubmitInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
		.commandBufferInfoCount = 1,
		.pCommandBufferInfos = &commands,
		.signalSemaphoreInfoCount = 1,
		.pSignalSemaphoreInfos = &signal,
	};
	return VULKAN_TRY(vkQueueSubmit2, vulkan->queue, 1, &info, picture->drawn);
}

bool vulkan_picture_draw(struct vulkan *vulkan, struct vulkan_picture *picture, uint32_t frame,
	const struct vulkan_end *end) {
	const VkCommandBufferBeginInfo begin = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	/* Whoever has shown it has waited for this before. */
	if (!wait_until_drawn(vulkan, picture) ||
		!VULKAN_TRY(vkBeginCommandBuffer, picture->commands, &begin)) {
		return false;
	}
	record(vulkan, picture, frame, end);
	bool ok = VULKAN_TRY(vkEndCommandBuffer, picture->commands) &&
		  VULKAN_TRY(vkResetFences, vulkan->device, 1, &picture->drawn);
	if (ok && !submit(vulkan, picture, end)) {
		/* Nothing signals it any more. */
		vkDestroyFence(vulkan->device, picture->drawn, NULL);
		picture->drawn = VK_NULL_HANDLE;
		ok = false;
	}
	return ok;
}
