/* SPDX-License-Identifier: MIT */
#include "backend/framebuffer.h"

#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "base/format.h"
#include "dmabuf/udmabuf.h"
#include "kms/framebuffer.h"
#include "limits/addon.h"

/* A buffer's framebuffers on one backend: as it is, and with its alpha ignored. */
struct framebuffer {
	struct wlr_addon addon; // wlr_buffer.addons
	struct latch_kms_backend *backend;
	struct wl_list link;	// latch_kms_backend.framebuffers
	struct {
		bool tried;
		uint32_t fb_id;
	} of[2]; // [1]: opaque
};

static void handle_destroy(struct wlr_addon *addon) {
	struct framebuffer *framebuffer = wl_container_of(addon, framebuffer, addon);
	const struct kms_device *device = framebuffer->backend->device;
	kms_framebuffer_destroy(device, framebuffer->of[false].fb_id);
	kms_framebuffer_destroy(device, framebuffer->of[true].fb_id);
	wl_list_remove(&framebuffer->link);
	latch_addon_free(addon);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_framebuffer",
	.destroy = handle_destroy,
};

static struct framebuffer *framebuffer_find(
	struct latch_kms_backend *backend, struct wlr_buffer *buffer) {
	struct framebuffer *framebuffer =
		latch_addon_get(&buffer->addons, &addon_impl, sizeof(*framebuffer));
	if (framebuffer != NULL && framebuffer->backend == NULL) {
		framebuffer->backend = backend;
		wl_list_insert(&backend->framebuffers, &framebuffer->link);
	}
	return framebuffer;
}

static uint32_t import(const struct latch_kms_backend *backend,
	const struct wlr_dmabuf_attributes *dmabuf, bool opaque) {
	struct kms_framebuffer_desc desc = {
		.width = (uint32_t)dmabuf->width,
		.height = (uint32_t)dmabuf->height,
		.fourcc = opaque ? latch_format_without_alpha(dmabuf->format) : dmabuf->format,
		.modifier = dmabuf->modifier,
		.n_planes = dmabuf->n_planes,
	};
	for (int i = 0; i < dmabuf->n_planes; i++) {
		desc.fd[i] = dmabuf->fd[i];
		desc.offset[i] = dmabuf->offset[i];
		desc.stride[i] = dmabuf->stride[i];
	}
	uint32_t fb_id = 0;
	int ret = kms_framebuffer_import(backend->device, &desc, &fb_id);
	if (ret != 0) {
		wlr_log(WLR_DEBUG, "the kernel made no framebuffer of a dma-buf (%d)", ret);
	}
	return fb_id;
}

uint32_t latch_framebuffer_get(
	struct latch_kms_backend *backend, struct wlr_buffer *buffer, bool opaque) {
	struct wlr_dmabuf_attributes dmabuf;
	const bool readable =
		wlr_buffer_get_dmabuf(buffer, &dmabuf) || latch_udmabuf_get(buffer, &dmabuf);
	struct framebuffer *framebuffer = readable ? framebuffer_find(backend, buffer) : NULL;
	if (framebuffer == NULL) {
		return 0;
	}
	if (!framebuffer->of[opaque].tried) {
		framebuffer->of[opaque].tried = true;
		framebuffer->of[opaque].fb_id = import(backend, &dmabuf, opaque);
	}
	return framebuffer->of[opaque].fb_id;
}

bool latch_kms_backend_can_import(
	const struct latch_kms_backend *backend, const struct wlr_dmabuf_attributes *dmabuf) {
	uint32_t fb_id = import(backend, dmabuf, false);
	kms_framebuffer_destroy(backend->device, fb_id);
	return fb_id != 0;
}

void latch_framebuffers_finish(struct latch_kms_backend *backend) {
	struct framebuffer *framebuffer, *tmp;
	wl_list_for_each_safe(framebuffer, tmp, &backend->framebuffers, link) {
		handle_destroy(&framebuffer->addon);
	}
}
