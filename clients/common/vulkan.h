/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "allocator.h"
#include "device.h"
#include "scene.h"

/*
 * Drawing by Vulkan: into dma-bufs for canvas.h, and into a swapchain of the driver's own.
 *
 * Nothing here has a shader, a pipeline or a descriptor: the scene is made of rectangles that are
 * cleared. There is no test card, whose every pixel is another.
 */

struct wl_display;
struct wl_surface;

struct vulkan_wish {
	const struct device_list *devices; /* DRM nodes to draw on, the best one first */
	bool any; /* another device will do where none of these has Vulkan, or none is named */
	/* CANVAS_UDMABUF or CANVAS_HEAP: memory of this kind is imported. CANVAS_VULKAN: the
	 * driver's own is exported; imported where it can't be. */
	enum canvas_kind memory;
	struct scene_options scene;
};

/** What it became. */
struct vulkan_facts {
	char path[DEVICE_PATH_MAX]; /* one of the wished nodes, or "" */
	const char *renderer;	    /* the device's name, for people; lives as long as the device */
	enum canvas_kind memory;    /* CANVAS_VULKAN, or the kind of what is imported */
};

/** How a swapchain's images take turns. */
enum vulkan_pace {
	VULKAN_PACE_NONE,
	VULKAN_PACE_FIFO,
	VULKAN_PACE_MAILBOX,
};

struct vulkan;		 /* a device, with one queue */
struct vulkan_target;	 /* an image that is a dma-buf */
struct vulkan_swapchain; /* the driver's own images on a surface (VK_KHR_swapchain) */

/** All calls. Where they fail they have said why, or give the reason in *why: a text that needs no
 * freeing. */
struct vulkan_api {
	/**
	 * Starts Vulkan on the first device of the wish that can be used, and says what its driver
	 * has.
	 *
	 * @param drawable to which the formats are added that can be drawn into as dma-bufs; NULL:
	 * it is for a swapchain, and none are wanted
	 */
	struct vulkan *(*create)(const struct vulkan_wish *wish, struct kms_format_set *drawable,
		struct vulkan_facts *facts, const char **why);
	/** All targets and swapchains must be gone. NULL is fine. */
	void (*destroy)(struct vulkan *vulkan);

	/** Makes an image of buf->fourcc with one of step->modifiers, and its dma-buf. The latter
	 * is empty but for its size and format, and to be finished also after a failure. */
	struct vulkan_target *(*create_target)(struct vulkan *vulkan, const struct plan_step *step,
		struct dmabuf *buf, const char **why);
	/** Waits until it is drawn. NULL is fine. */
	void (*destroy_target)(struct vulkan *vulkan, struct vulkan_target *target);
	/** See canvas_export_timeline(). */
	int (*export_timeline)(struct vulkan *vulkan, struct vulkan_target *target, uint64_t start,
		const char **why);
	/**
	 * Draws a frame. The compositor has to be done with the target.
	 *
	 * @param point of the target's timeline, if it has one: greater than all before
	 * @return as canvas_draw()
	 */
	int (*draw)(struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame,
		uint64_t point);

	/** Both pointers are borrowed. It has no images yet. */
	struct vulkan_swapchain *(*create_swapchain)(struct vulkan *vulkan,
		struct wl_display *display, struct wl_surface *surface, enum vulkan_pace pace);
	/** While the surface is still there. NULL is fine. */
	void (*destroy_swapchain)(struct vulkan_swapchain *chain);
	/** Makes images, so many if the driver lets us choose. Returns how many, or 0. */
	uint32_t (*resize)(struct vulkan_swapchain *chain, uint32_t width, uint32_t height,
		uint32_t num_images);
	/** Waits for an image to draw into. Returns 1; 0: there is none after timeout_ns; or -1. */
	int (*acquire)(struct vulkan_swapchain *chain, uint64_t timeout_ns);
	/** Draws into the image that was acquired. */
	bool (*draw_image)(struct vulkan_swapchain *chain, uint32_t frame);
	/** Commits it with all that is pending on the surface. */
	bool (*present)(struct vulkan_swapchain *chain);
};

/** NULL in a build without libvulkan. */
extern const struct vulkan_api *const vulkan_api;
