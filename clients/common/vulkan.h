#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "allocator.h"
#include "device.h"
#include "scene.h"

/*
 * Drawing by Vulkan, for canvas.h and for a swapchain of the driver's own. Where the build has no
 * libvulkan, nothing can be created, and the reason says so.
 *
 * Nothing here has a shader: the scene is made of rectangles that are cleared, and the test card is
 * drawn by the CPU and copied by the GPU.
 */

/** Whether this build has libvulkan. */
bool vulkan_is_built(void);

struct vulkan_wish {
	const struct device_list *devices; /* DRM nodes to draw on, the best one first */
	bool any; /* another device will do where none of these has Vulkan, or none is named */
	/* CANVAS_UDMABUF or CANVAS_HEAP: memory of this kind is imported. CANVAS_VULKAN: the driver's
	 * own is exported; imported where it can't be. */
	enum canvas_kind memory;
	bool presents; /* to a swapchain, and into no dma-bufs */
	struct scene_options scene;
};

/** A device, with one queue. */
struct vulkan;

/**
 * Starts Vulkan on the first device of the wish that can be used, and says which and what its driver
 * has.
 *
 * @param drawable to which the formats are added that can be drawn into as dma-bufs; NULL: none are
 *                 wanted
 * @param path     becomes the device's node, or "" where it has none of the wished ones
 * @return NULL with the reason in *why, a text that needs no freeing
 */
struct vulkan *vulkan_create(const struct vulkan_wish *wish, struct kms_format_set *drawable,
	char path[DEVICE_PATH_MAX], const char **why);

/** NULL is fine. All targets must be gone. */
void vulkan_destroy(struct vulkan *vulkan);

/** The device's name, for people. */
const char *vulkan_renderer(const struct vulkan *vulkan);

/** Where dma-bufs come from: CANVAS_VULKAN, or the kind of what is imported. */
enum canvas_kind vulkan_memory(const struct vulkan *vulkan);

/** An image that is a dma-buf. */
struct vulkan_target;

/**
 * Makes an image of buf->fourcc with one of step->modifiers, and its dma-buf.
 *
 * @param buf empty but for its size and format; to be finished also after a failure
 * @param why a text of the reason, which needs no freeing, when it returns NULL
 */
struct vulkan_target *vulkan_target_create(struct vulkan *vulkan, const struct plan_step *step,
	struct dmabuf *buf, const char **why);

/** Waits until it is drawn. NULL is fine. */
void vulkan_target_destroy(struct vulkan *vulkan, struct vulkan_target *target);

/**
 * Makes a timeline semaphore that vulkan_draw() signals from now on, in the place of a sync_file.
 *
 * @param start the value that it has
 * @return an fd of its DRM syncobj, owned by the caller; -1 where the driver has no such semaphores,
 *         with the reason in *why, a text that needs no freeing
 */
int vulkan_target_export_timeline(
	struct vulkan *vulkan, struct vulkan_target *target, uint64_t start, const char **why);

/** Pixels for the CPU to draw before vulkan_draw(), which copies them, as a dma-buf without fds; NULL
 * where the GPU draws. */
const struct dmabuf *vulkan_upload_of(const struct vulkan_target *target);

/**
 * Draws a frame. The compositor has to be done with the target.
 *
 * @param point of the target's timeline, if it has one: greater than all before
 * @return as canvas_draw()
 */
int vulkan_draw(
	struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame, uint64_t point);

struct wl_display;
struct wl_surface;

/** How a swapchain's images take turns. */
enum vulkan_pace {
	VULKAN_PACE_NONE,
	VULKAN_PACE_FIFO,
	VULKAN_PACE_MAILBOX,
};

/** "fifo" and "mailbox" by enum vulkan_pace, NULL at its begin and end. */
extern const char *const vulkan_pace_names[];

/** The driver's own buffers on a Wayland surface (VK_KHR_wayland_surface, VK_KHR_swapchain). */
struct vulkan_swapchain;

/** Both pointers are borrowed. It has no images yet. Returns NULL, having said why. */
struct vulkan_swapchain *vulkan_swapchain_create(struct vulkan *vulkan, struct wl_display *display,
	struct wl_surface *surface, enum vulkan_pace pace);

/** NULL is fine. While the surface is still there. */
void vulkan_swapchain_destroy(struct vulkan_swapchain *chain);

/** Makes the images, so many if the driver lets us choose. Returns false, having said why. */
bool vulkan_swapchain_resize(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images);

/** How many images there are. */
uint32_t vulkan_swapchain_length(const struct vulkan_swapchain *chain);

/** Takes an image for vulkan_swapchain_present(). Returns 1; 0: there is none after timeout_ns; -1,
 * having said why. */
int vulkan_swapchain_acquire(struct vulkan_swapchain *chain, uint64_t timeout_ns);

/** Draws into the image that was taken. Returns false, having said why. */
bool vulkan_swapchain_draw(struct vulkan_swapchain *chain, uint32_t frame);

/** Commits it with all that is pending on the surface. Returns false, having said why. */
bool vulkan_swapchain_present(struct vulkan_swapchain *chain);
