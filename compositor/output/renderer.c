#include "output/renderer.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pixman.h>
#include <wlr/render/vulkan.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/util/log.h>

#include "output/content.h"
#include "output/mapped_buffer.h"

static const char *const kind_names[] = {
	[LATCH_RENDERER_AUTO] = "auto",
	[LATCH_RENDERER_GLES2] = "gles2",
	[LATCH_RENDERER_VULKAN] = "vulkan",
	[LATCH_RENDERER_PIXMAN] = "pixman",
};

#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

const char *latch_renderer_kind_name(enum latch_renderer_kind kind) {
	return kind_names[kind];
}

bool latch_renderer_kind_parse(const char *name, enum latch_renderer_kind *kind) {
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (strcmp(name, kind_names[i]) == 0) {
			*kind = (enum latch_renderer_kind)i;
			return true;
		}
	}
	return false;
}

void latch_renderer_init(struct latch_renderer *renderer, struct wlr_backend *backend,
	enum latch_renderer_kind wanted, bool gpu_possible) {
	*renderer = (struct latch_renderer){
		.backend = backend,
		.wanted = wanted,
		.gpu_possible = gpu_possible,
	};
}

void latch_renderer_finish(struct latch_renderer *renderer) {
	wlr_allocator_destroy(renderer->allocator);
	if (renderer->wlr_renderer != NULL) {
		wlr_renderer_destroy(renderer->wlr_renderer);
	}
	*renderer = (struct latch_renderer){0};
}

static struct wlr_renderer *create_kind(enum latch_renderer_kind kind, int drm_fd) {
	switch (kind) {
	case LATCH_RENDERER_GLES2:
		return drm_fd < 0 ? NULL : wlr_gles2_renderer_create_with_drm_fd(drm_fd);
	case LATCH_RENDERER_VULKAN:
		return drm_fd < 0 ? NULL : wlr_vk_renderer_create_with_drm_fd(drm_fd);
	case LATCH_RENDERER_PIXMAN:
		return wlr_pixman_renderer_create();
	case LATCH_RENDERER_AUTO:
		break;
	}
	return NULL;
}

/* wlroots refuses a GL that is software, but does not see through every disguise of it. */
static bool is_software_gl(struct wlr_renderer *wlr_renderer) {
	PFNEGLGETDISPLAYDRIVERNAMEPROC get_name =
		(PFNEGLGETDISPLAYDRIVERNAMEPROC)eglGetProcAddress("eglGetDisplayDriverName");
	struct wlr_egl *egl = wlr_gles2_renderer_get_egl(wlr_renderer);
	const char *name = get_name != NULL ? get_name(wlr_egl_get_display(egl)) : NULL;
	return name != NULL && strstr(name, "swrast") != NULL;
}

static bool try_kind(struct latch_renderer *renderer, enum latch_renderer_kind kind) {
	struct wlr_renderer *wlr_renderer =
		create_kind(kind, wlr_backend_get_drm_fd(renderer->backend));
	if (wlr_renderer == NULL) {
		return false;
	}
	if (kind == LATCH_RENDERER_GLES2 && renderer->wanted == LATCH_RENDERER_AUTO &&
		is_software_gl(wlr_renderer)) {
		/* The CPU composes faster without going through GL. */
		wlr_renderer_destroy(wlr_renderer);
		return false;
	}
	renderer->allocator = wlr_allocator_autocreate(renderer->backend, wlr_renderer);
	if (renderer->allocator == NULL) {
		wlr_renderer_destroy(wlr_renderer);
		return false;
	}
	renderer->wlr_renderer = wlr_renderer;
	renderer->kind = kind;
	wlr_log(WLR_INFO, "composing with %s from now on", latch_renderer_kind_name(kind));
	return true;
}

bool latch_renderer_ensure(struct latch_renderer *renderer) {
	if (renderer->wlr_renderer != NULL) {
		return true;
	}
	if (renderer->failed) {
		return false;
	}
	bool ok;
	if (renderer->wanted == LATCH_RENDERER_AUTO) {
		/* Without a GPU, GL would be the CPU's work, and finding that out takes a second.
		 */
		ok = (renderer->gpu_possible && try_kind(renderer, LATCH_RENDERER_GLES2)) ||
		     try_kind(renderer, LATCH_RENDERER_PIXMAN);
	} else {
		ok = try_kind(renderer, renderer->wanted);
	}
	if (!ok) {
		renderer->failed = true;
		wlr_log(WLR_ERROR,
			"no renderer (--renderer %s): what can't go to a plane stays invisible",
			latch_renderer_kind_name(renderer->wanted));
	}
	return ok;
}

const char *latch_renderer_name(const struct latch_renderer *renderer) {
	return renderer->wlr_renderer == NULL ? "none" : latch_renderer_kind_name(renderer->kind);
}

/* A buffer that lives as long as one question to the renderer. */
struct probe_buffer {
	struct wlr_buffer base;
	const struct wlr_dmabuf_attributes *dmabuf;
};

static void probe_destroy(struct wlr_buffer *buffer) {
	wlr_buffer_finish(buffer);
}

static bool probe_get_dmabuf(struct wlr_buffer *buffer, struct wlr_dmabuf_attributes *dmabuf) {
	struct probe_buffer *probe = wl_container_of(buffer, probe, base);
	*dmabuf = *probe->dmabuf;
	return true;
}

static const struct wlr_buffer_impl probe_impl = {
	.destroy = probe_destroy,
	.get_dmabuf = probe_get_dmabuf,
};

static bool has_format(const struct latch_renderer *renderer, uint32_t caps, uint32_t fourcc) {
	const struct wlr_drm_format_set *formats =
		wlr_renderer_get_texture_formats(renderer->wlr_renderer, caps);
	return formats != NULL && wlr_drm_format_set_get(formats, fourcc) != NULL;
}

bool latch_renderer_can_compose(
	struct latch_renderer *renderer, const struct wlr_dmabuf_attributes *dmabuf) {
	if (!latch_renderer_ensure(renderer)) {
		return false;
	}
	if (renderer->kind == LATCH_RENDERER_PIXMAN) {
		return has_format(renderer, WLR_BUFFER_CAP_DATA_PTR, dmabuf->format) &&
		       latch_mapped_buffer_can_map(dmabuf);
	}
	struct probe_buffer probe = {.dmabuf = dmabuf};
	wlr_buffer_init(&probe.base, &probe_impl, dmabuf->width, dmabuf->height);
	struct wlr_texture *texture = wlr_texture_from_buffer(renderer->wlr_renderer, &probe.base);
	wlr_texture_destroy(texture);
	wlr_buffer_drop(&probe.base);
	return texture != NULL;
}

const struct wlr_drm_format_set *latch_renderer_dmabuf_formats(
	const struct latch_renderer *renderer) {
	return renderer->wlr_renderer == NULL
		       ? NULL
		       : wlr_renderer_get_texture_formats(
				 renderer->wlr_renderer, WLR_BUFFER_CAP_DMABUF);
}

int latch_renderer_drm_fd(const struct latch_renderer *renderer) {
	return renderer->wlr_renderer == NULL ? -1
					      : wlr_renderer_get_drm_fd(renderer->wlr_renderer);
}

struct wlr_texture *latch_renderer_texture(
	struct latch_renderer *renderer, struct latch_content *content) {
	if (content->texture != NULL || content->buffer == NULL) {
		return content->texture;
	}
	bool pixman = renderer->kind == LATCH_RENDERER_PIXMAN;
	struct wlr_buffer *source = content->buffer;
	if (pixman && content->is_dmabuf) {
		source = latch_mapped_buffer_get(content->buffer);
		if (source == NULL) {
			return NULL;
		}
	}
	content->texture = wlr_texture_from_buffer(renderer->wlr_renderer, source);
	if (content->texture != NULL && content->is_shm && !pixman) {
		latch_content_drop_buffer(content);
	}
	return content->texture;
}
