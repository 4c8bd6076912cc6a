/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "vulkan_device.h"

/*
 * The scene in rectangles alone: the dusk in bands, each ball in a few slices. What is cleared
 * needs no shader, no pipeline and no descriptor, so there is nothing here but what is to be seen.
 */
#define BANDS 64u
#define SLICES 9

static VkClearValue color_of(uint32_t color) {
	return (VkClearValue){
		.color.float32 = {(float)(color >> 16 & 255) / 255.0f,
			(float)(color >> 8 & 255) / 255.0f, (float)(color & 255) / 255.0f, 1.0f}};
}

struct area {
	int width, height;
};

/* The part of a rectangle that is inside. Returns whether there is any. */
static bool clip(
	const struct area *area, int left, int top, int right, int bottom, VkClearRect *rect) {
	left = left > 0 ? left : 0;
	top = top > 0 ? top : 0;
	right = right < area->width ? right : area->width;
	bottom = bottom < area->height ? bottom : area->height;
	*rect = (VkClearRect){.layerCount = 1, .rect.offset = {left, top}};
	if (left >= right || top >= bottom) {
		return false;
	}
	rect->rect.extent = (VkExtent2D){(uint32_t)(right - left), (uint32_t)(bottom - top)};
	return true;
}

static void fill(
	VkCommandBuffer commands, VkClearValue color, const VkClearRect *rects, uint32_t num) {
	const VkClearAttachment attachment = {
		.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .clearValue = color};
	if (num > 0) {
		vkCmdClearAttachments(commands, 1, &attachment, num, rects);
	}
}

static void draw_ball(VkCommandBuffer commands, const struct area *area, const struct ball *ball) {
	VkClearRect slices[SLICES];
	uint32_t num = 0;
	const float top = ball->y - ball->radius, height = 2.0f * ball->radius / SLICES;
	for (int i = 0; i < SLICES; i++) {
		const float from_middle = (2.0f * (float)i + 1.0f) / SLICES - 1.0f;
		const float half = ball->radius * sqrtf(1.0f - from_middle * from_middle);
		num += clip(area, (int)(ball->x - half), (int)(top + (float)i * height),
			(int)(ball->x + half), (int)(top + (float)(i + 1) * height), &slices[num]);
	}
	const float fog = 0.45f + 0.55f * ball->depth;
	const VkClearValue color = {
		.color.float32 = {ball->red * fog, ball->green * fog, ball->blue * fog, 1.0f}};
	fill(commands, color, slices, num);
}

void vulkan_record_scene(VkCommandBuffer commands, const struct scene_options *options,
	uint32_t width, uint32_t height, uint32_t frame) {
	const struct area area = {(int)width, (int)height};
	VkClearRect rect;
	const uint32_t bands = options->picture == PICTURE_SOLID ? 1 : BANDS;
	for (uint32_t i = 0; i < bands; i++) {
		const uint32_t top = height * i / bands, bottom = height * (i + 1) / bands;
		const uint32_t color =
			bands == 1 ? options->solid : scene_background((top + bottom) / 2, height);
		if (clip(&area, 0, (int)top, area.width, (int)bottom, &rect)) {
			fill(commands, color_of(color), &rect, 1);
		}
	}
	if (options->picture != PICTURE_SCENE) {
		return;
	}
	struct ball balls[SCENE_BALLS];
	scene_layout(width, height, frame, balls);
	for (size_t i = 0; i < SCENE_BALLS; i++) {
		draw_ball(commands, &area, &balls[i]);
	}
	struct mark marks[SCENE_MARKS];
	const size_t num = scene_marks(width, height, frame, marks);
	for (size_t i = 0; i < num; i++) {
		if (clip(&area, marks[i].x, marks[i].y, marks[i].x + marks[i].width,
			    marks[i].y + marks[i].height, &rect)) {
			fill(commands, color_of(marks[i].color), &rect, 1);
		}
	}
}
