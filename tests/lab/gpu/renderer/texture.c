/* SPDX-License-Identifier: MIT */
#include <wlr/render/dmabuf.h>
#include <wlr/util/log.h>

#include "private.h"

struct gpu_texture *gpu_texture_from(struct wlr_texture *texture) {
	struct gpu_texture *self = wl_container_of(texture, self, base);
	return self;
}

static void destroy(struct wlr_texture *texture) {
	struct gpu_texture *self = gpu_texture_from(texture);
	gpu_pixels_unref(self->pixels);
	free(self);
}

static bool update_from_buffer(struct wlr_texture *texture, struct wlr_buffer *buffer,
	const pixman_region32_t *damage) {
	return gpu_pixels_update(gpu_texture_from(texture)->pixels, buffer, damage);
}

static const struct wlr_texture_impl texture_impl = {
	.update_from_buffer = update_from_buffer,
	.destroy = destroy,
};

/* $LATCH_GPU_REFUSE: numbers of modifiers, with commas. */
static bool is_refused(uint64_t modifier) {
	const char *list = getenv("LATCH_GPU_REFUSE");
	while (list != NULL && *list != '\0') {
		char *end;
		if (strtoull(list, &end, 0) == modifier && end != list) {
			return true;
		}
		list = strchr(list, ',');
		list = list != NULL ? list + 1 : NULL;
	}
	return false;
}

static struct gpu_pixels *import(struct gpu_renderer *renderer, struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return gpu_pixels_copy(buffer);
	}
	if (!wlr_drm_format_set_has(&renderer->dmabuf_formats, dmabuf.format, dmabuf.modifier) ||
		is_refused(dmabuf.modifier)) {
		wlr_log(WLR_DEBUG, "simulated GPU: modifier 0x%llx is refused",
			(unsigned long long)dmabuf.modifier);
		return NULL;
	}
	return gpu_pixels_of_dmabuf(buffer);
}

struct wlr_texture *gpu_texture_create(struct wlr_renderer *renderer, struct wlr_buffer *buffer) {
	struct gpu_renderer *gpu = wl_container_of(renderer, gpu, base);
	struct gpu_texture *texture = gpu->lost ? NULL : calloc(1, sizeof(*texture));
	if (texture == NULL) {
		return NULL;
	}
	*texture = (struct gpu_texture){.pixels = import(gpu, buffer)};
	if (texture->pixels == NULL) {
		free(texture);
		return NULL;
	}
	wlr_texture_init(&texture->base, renderer, &texture_impl, texture->pixels->width,
		texture->pixels->height);
	return &texture->base;
}
