/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/device.h"

/*
 * GEM handles and who closes them. A GEM handle is a number of one open file: importing the same
 * dma-buf twice gives the same handle twice, and one close ends it for both. So handles here live
 * only during the import. That is safe because a framebuffer keeps a reference of its own
 * to its objects (drm_gem_fb_init_with_funcs() in the kernel): once AddFB2 has returned, no
 * handle is needed. The handles that do live longer are those of dumb buffers; an import that
 * meets one of those leaves it open.
 */

/** A dma-buf of up to four planes, as linux-dmabuf and wlroots describe it. fds are borrowed. */
struct kms_framebuffer_desc {
	uint32_t width, height;
	uint32_t fourcc;
	/** DRM_FORMAT_MOD_INVALID: the driver knows the layout by itself. */
	uint64_t modifier;
	int n_planes;
	int fd[4];
	uint32_t offset[4];
	uint32_t stride[4];
};

/**
 * Makes a framebuffer of a dma-buf. Returns 0 and sets *fb_id, or negative errno, then nothing is
 * left behind: -ENOTSUP when the device can't import or takes no modifiers; what the kernel
 * says in other cases (-EINVAL most often).
 */
int kms_framebuffer_import(
	const struct kms_device *device, const struct kms_framebuffer_desc *desc, uint32_t *fb_id);

/**
 * Drops a framebuffer (DRM_IOCTL_MODE_CLOSEFB): a plane that still shows it goes on
 * showing it. 0 is fine.
 */
void kms_framebuffer_destroy(const struct kms_device *device, uint32_t fb_id);

/** Whether there is a framebuffer of this number, whoever made it. For a DRM master. */
bool kms_framebuffer_exists(const struct kms_device *device, uint32_t fb_id);

/**
 * Memory of the KMS device that the CPU can write to: for the cursor, for what is composed in
 * software, for writeback. Linear, one plane.
 */
struct kms_dumb_buffer {
	struct kms_device *device;
	uint32_t width, height, fourcc;
	/** Bytes. */
	uint32_t stride;
	uint64_t size;
	uint32_t handle;
	/** The framebuffer, 0 before kms_dumb_buffer_get_fb(). */
	uint32_t fb_id;
	/** NULL before kms_dumb_buffer_map(). */
	void *map;
	struct kms_dumb_buffer *next;
};

/**
 * Allocates one. fourcc must be of 32 bits a pixel, else EINVAL. Returns NULL with errno set on
 * failure; ENOTSUP without DRM_CAP_DUMB_BUFFER.
 */
struct kms_dumb_buffer *kms_dumb_buffer_create(
	struct kms_device *device, uint32_t width, uint32_t height, uint32_t fourcc);

/** Destroys it, its mapping and its framebuffer; exported dma-bufs live on. NULL is fine. */
void kms_dumb_buffer_destroy(struct kms_dumb_buffer *buffer);

/** Maps it for reading and writing, once; it stays mapped. Returns 0 or negative errno. */
int kms_dumb_buffer_map(struct kms_dumb_buffer *buffer);

/** Its framebuffer, made at the first call, owned by the buffer. 0 with errno set on failure. */
uint32_t kms_dumb_buffer_get_fb(struct kms_dumb_buffer *buffer);

/** Exports it. Returns a new dma-buf fd, close-on-exec, the caller's; or negative errno. */
int kms_dumb_buffer_export(const struct kms_dumb_buffer *buffer);
