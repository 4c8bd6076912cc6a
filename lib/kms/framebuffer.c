/* SPDX-License-Identifier: MIT */
#include "kms/framebuffer.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xf86drm.h>

#include "base/format.h"

static bool is_dumb_handle(const struct kms_device *device, uint32_t handle) {
	for (const struct kms_dumb_buffer *buffer = device->dumb_buffers; buffer != NULL;
		buffer = buffer->next) {
		if (buffer->handle == handle) {
			return true;
		}
	}
	return false;
}

/* Planes of one buffer mostly lie in one object and then have the same handle: one close each. */
static void close_handles(const struct kms_device *device, const uint32_t *handles, int len) {
	for (int i = 0; i < len; i++) {
		bool closed = handles[i] == 0 || is_dumb_handle(device, handles[i]);
		for (int j = 0; j < i && !closed; j++) {
			closed = handles[j] == handles[i];
		}
		if (!closed) {
			drmCloseBufferHandle(device->fd, handles[i]);
		}
	}
}

/* vkms looks for all planes in the first GEM object, and adds the first plane's offset twice
 * (vkms_formats.c, packed_pixels_addr()): it would show something else, or read where nothing is,
 * which stops its kernel thread for good. */
static bool is_misread(
	const struct kms_device *device, const struct kms_framebuffer_desc *desc,
	const uint32_t *handles) {
	bool is_simple = desc->offset[0] == 0;
	for (int i = 1; i < desc->n_planes; i++) {
		is_simple = is_simple && handles[i] == handles[0];
	}
	return !is_simple && strcmp(device->driver, "vkms") == 0;
}

int kms_framebuffer_import(
	const struct kms_device *device, const struct kms_framebuffer_desc *desc, uint32_t *fb_id) {
	if (desc->n_planes < 1 || desc->n_planes > 4) {
		return -EINVAL;
	}
	const bool named = desc->modifier != DRM_FORMAT_MOD_INVALID;
	const bool with_modifier = named && device->features.addfb2_modifiers;
	/* Linear is what drivers without modifiers take anyway. */
	if (!device->features.prime_import ||
		(named && !with_modifier && desc->modifier != DRM_FORMAT_MOD_LINEAR)) {
		return -ENOTSUP;
	}

	uint32_t handles[4] = {0}, strides[4] = {0}, offsets[4] = {0};
	uint64_t modifiers[4] = {0};
	int ret = 0, imported = 0;
	for (; imported < desc->n_planes; imported++) {
		if (drmPrimeFDToHandle(device->fd, desc->fd[imported], &handles[imported]) != 0) {
			ret = kms_errno();
			break;
		}
		strides[imported] = desc->stride[imported];
		offsets[imported] = desc->offset[imported];
		/* The kernel wants the same one for each plane, and 0 for those not used. */
		modifiers[imported] = desc->modifier;
	}

	if (ret == 0 && is_misread(device, desc, handles)) {
		ret = -EINVAL;
	}

	if (ret == 0 &&
		drmModeAddFB2WithModifiers(device->fd, desc->width, desc->height, desc->fourcc,
			handles, strides, offsets, with_modifier ? modifiers : NULL, fb_id,
			with_modifier ? DRM_MODE_FB_MODIFIERS : 0) != 0) {
		ret = kms_errno();
	}
	close_handles(device, handles, imported);
	return ret;
}

bool kms_framebuffer_exists(const struct kms_device *device, uint32_t fb_id) {
	drmModeFB2 *fb = fb_id != 0 ? drmModeGetFB2(device->fd, fb_id) : NULL;
	if (fb != NULL) {
		close_handles(device, fb->handles, 4); // new ones, made for us as DRM master
		drmModeFreeFB2(fb);
	}
	return fb != NULL;
}

void kms_framebuffer_destroy(const struct kms_device *device, uint32_t fb_id) {
	if (fb_id != 0) {
		drmModeCloseFB(device->fd, fb_id);
	}
}

struct kms_dumb_buffer *kms_dumb_buffer_create(
	struct kms_device *device, uint32_t width, uint32_t height, uint32_t fourcc) {
	if (!device->features.dumb_buffers) {
		errno = ENOTSUP;
		return NULL;
	}
	const struct latch_format *format = latch_format_find(fourcc);
	bool is_32_bits = format != NULL && !format->ycbcr && format->components[0].step == 4;
	if (!is_32_bits || width == 0 || height == 0) {
		errno = EINVAL;
		return NULL;
	}
	struct kms_dumb_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	*buffer = (struct kms_dumb_buffer){
		.device = device,
		.width = width,
		.height = height,
		.fourcc = fourcc,
	};
	if (drmModeCreateDumbBuffer(device->fd, width, height, 32, 0, &buffer->handle,
		    &buffer->stride, &buffer->size) != 0) {
		free(buffer);
		return NULL;
	}
	buffer->next = device->dumb_buffers;
	device->dumb_buffers = buffer;
	return buffer;
}

void kms_dumb_buffer_destroy(struct kms_dumb_buffer *buffer) {
	if (buffer == NULL) {
		return;
	}
	struct kms_dumb_buffer **link = &buffer->device->dumb_buffers;
	while (*link != buffer) {
		link = &(*link)->next;
	}
	*link = buffer->next;
	if (buffer->map != NULL) {
		munmap(buffer->map, buffer->size);
	}
	kms_framebuffer_destroy(buffer->device, buffer->fb_id);
	drmModeDestroyDumbBuffer(buffer->device->fd, buffer->handle);
	free(buffer);
}

int kms_dumb_buffer_map(struct kms_dumb_buffer *buffer) {
	if (buffer->map != NULL) {
		return 0;
	}
	uint64_t offset = 0;
	if (drmModeMapDumbBuffer(buffer->device->fd, buffer->handle, &offset) != 0) {
		return kms_errno();
	}
	void *map = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->device->fd,
		(off_t)offset);
	if (map == MAP_FAILED) {
		return kms_errno();
	}
	buffer->map = map;
	return 0;
}

uint32_t kms_dumb_buffer_get_fb(struct kms_dumb_buffer *buffer) {
	if (buffer->fb_id == 0) {
		uint32_t handles[4] = {buffer->handle}, strides[4] = {buffer->stride};
		uint32_t offsets[4] = {0};
		drmModeAddFB2(buffer->device->fd, buffer->width, buffer->height, buffer->fourcc,
			handles, strides, offsets, &buffer->fb_id, 0);
	}
	return buffer->fb_id;
}

int kms_dumb_buffer_export(const struct kms_dumb_buffer *buffer) {
	const int device_fd = buffer->device->fd;
	int fd = -1;
	return drmPrimeHandleToFD(device_fd, buffer->handle, DRM_CLOEXEC | DRM_RDWR, &fd) == 0
		       ? fd
		       : kms_errno();
}
