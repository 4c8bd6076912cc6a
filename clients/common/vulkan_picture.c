#include "vulkan_device.h"

VkImageUsageFlags vulkan_image_usage(const struct vulkan *vulkan) {
	return vulkan->scene.picture == PICTURE_PATTERN ? VK_IMAGE_USAGE_TRANSFER_DST_BIT
							: VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
}

static VkImageSubresourceRange whole_image(void) {
	return (VkImageSubresourceRange){
		.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .levelCount = 1, .layerCount = 1};
}

static bool make_view(struct vulkan *vulkan, struct vulkan_picture *picture, VkFormat format) {
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = picture->image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = whole_image(),
	};
	return vulkan_ok(vkCreateImageView(vulkan->device, &info, NULL, &picture->view),
		"vkCreateImageView");
}

bool vulkan_picture_init(struct vulkan *vulkan, struct vulkan_picture *picture, VkImage image,
	VkFormat format, uint32_t width, uint32_t height) {
	*picture = (struct vulkan_picture){.image = image, .width = width, .height = height};
	const VkCommandBufferAllocateInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = vulkan->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
		.flags = VK_FENCE_CREATE_SIGNALED_BIT};
	const bool has_view = vulkan_image_usage(vulkan) & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	return (!has_view || make_view(vulkan, picture, format)) &&
	       vulkan_ok(vkAllocateCommandBuffers(vulkan->device, &commands, &picture->commands),
		       "vkAllocateCommandBuffers") &&
	       vulkan_ok(vkCreateFence(vulkan->device, &fence, NULL, &picture->drawn),
		       "vkCreateFence");
}

static bool wait_until_drawn(struct vulkan *vulkan, struct vulkan_picture *picture) {
	return picture->drawn &&
	       vulkan_ok(vkWaitForFences(vulkan->device, 1, &picture->drawn, VK_TRUE, UINT64_MAX),
		       "vkWaitForFences");
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

static void record_copy(const struct vulkan_picture *picture) {
	const VkBufferImageCopy region = {
		.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1},
		.imageExtent = {picture->width, picture->height, 1},
	};
	vkCmdCopyBufferToImage(picture->commands, picture->upload, picture->image,
		VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
}

/*
 * The image comes back from the compositor with a picture that nobody needs. Then it is not to be
 * acquired from the other queue family, and its layout does not matter ("Queue Family Ownership
 * Transfer" in the specification). What is drawn is needed: it is released to the other family.
 */
static void record(const struct vulkan *vulkan, const struct vulkan_picture *picture,
	uint32_t frame, const struct vulkan_submit *submit) {
	const bool copies = picture->upload != VK_NULL_HANDLE;
	const VkPipelineStageFlags2 stage = copies ? VK_PIPELINE_STAGE_2_COPY_BIT
						   : VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT;
	VkImageMemoryBarrier2 barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
		.srcStageMask = stage,
		.dstStageMask = stage,
		.dstAccessMask = copies ? VK_ACCESS_2_TRANSFER_WRITE_BIT
					: VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
		.newLayout = copies ? VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL
				    : VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = picture->image,
		.subresourceRange = whole_image(),
	};
	add_barrier(picture->commands, &barrier);
	if (copies) {
		record_copy(picture);
	} else {
		record_rendering(vulkan, picture, frame);
	}
	barrier.srcAccessMask = barrier.dstAccessMask;
	barrier.dstStageMask = VK_PIPELINE_STAGE_2_NONE;
	barrier.dstAccessMask = VK_ACCESS_2_NONE;
	barrier.oldLayout = barrier.newLayout;
	barrier.newLayout = submit->layout;
	barrier.srcQueueFamilyIndex = vulkan->family;
	barrier.dstQueueFamilyIndex = submit->family;
	add_barrier(picture->commands, &barrier);
}

static VkResult submit_commands(struct vulkan *vulkan, const struct vulkan_picture *picture,
	const struct vulkan_submit *submit) {
	const VkCommandBufferSubmitInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
		.commandBuffer = picture->commands,
	};
	const VkSemaphoreSubmitInfo wait = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
		.semaphore = submit->wait,
		.stageMask = VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
	};
	const VkSemaphoreSubmitInfo signal = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
		.semaphore = submit->signal,
		.value = submit->point,
		.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
	};
	const VkSubmitInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
		.waitSemaphoreInfoCount = submit->wait != VK_NULL_HANDLE,
		.pWaitSemaphoreInfos = &wait,
		.commandBufferInfoCount = 1,
		.pCommandBufferInfos = &commands,
		.signalSemaphoreInfoCount = submit->signal != VK_NULL_HANDLE,
		.pSignalSemaphoreInfos = &signal,
	};
	return vkQueueSubmit2(vulkan->queue, 1, &info, picture->drawn);
}

bool vulkan_picture_draw(struct vulkan *vulkan, struct vulkan_picture *picture, uint32_t frame,
	const struct vulkan_submit *submit) {
	const VkCommandBufferBeginInfo begin = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	/* Whoever shows it has waited for this before. */
	if (!wait_until_drawn(vulkan, picture) ||
		!vulkan_ok(vkBeginCommandBuffer(picture->commands, &begin),
			"vkBeginCommandBuffer")) {
		return false;
	}
	record(vulkan, picture, frame, submit);
	if (!vulkan_ok(vkEndCommandBuffer(picture->commands), "vkEndCommandBuffer") ||
		!vulkan_ok(vkResetFences(vulkan->device, 1, &picture->drawn), "vkResetFences")) {
		return false;
	}
	if (!vulkan_ok(submit_commands(vulkan, picture, submit), "vkQueueSubmit2")) {
		/* Nothing signals it any more. */
		vkDestroyFence(vulkan->device, picture->drawn, NULL);
		picture->drawn = VK_NULL_HANDLE;
		return false;
	}
	return true;
}
