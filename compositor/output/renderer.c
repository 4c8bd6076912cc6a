/* SPDX-License-Identifier: MIT */
#include "output/renderer.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <drm_fourcc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pass.h>
#include <wlr/render/pixman.h>
#include <wlr/render/vulkan.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "output/convert.h"
#include "output/dumb.h"
#include "output/mapped_buffer.h"

const char *const latch_renderer_kind_names[] = {
	[LATCH_RENDERER_AUTO] = "auto",
	[LATCH_RENDERER_GLES2] = "gles2",
	[LATCH_RENDERER_VULKAN] = "vulkan",
	[LATCH_RENDERER_PIXMAN] = "pixman",
	NULL,
};

void latch_renderer_init(struct latch_renderer *renderer, struct wlr_backend *backend,
	struct wl_event_loop *loop, enum latch_renderer_kind wanted, bool gpu_possible,
	const struct latch_renderer_events *events) {
	*renderer = (struct latch_renderer){
		.backend = backend,
		.loop = loop,
		.wanted = wanted,
		.gpu_possible = gpu_possible,
		.timeline_fd = -1,
		.events = *events,
	};
}

static void destroy(struct latch_renderer *renderer) {
	if (renderer->wlr_renderer == NULL) {
		return;
	}
	wl_list_remove(&renderer->lost_listener.link);
	wlr_texture_destroy(renderer->nothing);
	wlr_allocator_destroy(renderer->allocator);
	wlr_renderer_destroy(renderer->wlr_renderer);
	renderer->nothing = NULL;
	renderer->allocator = NULL;
	renderer->wlr_renderer = NULL;
	renderer->lost = false;
	renderer->drawn = 0;
}

void latch_renderer_forget_question(struct latch_renderer *renderer) {
	if (renderer->asked > 0) {
		close(renderer->answer_fd);
		kill(renderer->asked, SIGKILL);
		/* One that hangs in the kernel is left to init. */
		waitpid(renderer->asked, NULL, WNOHANG);
	}
	renderer->asked = 0;
}

void latch_renderer_finish(struct latch_renderer *renderer) {
	latch_renderer_forget_question(renderer);
	latch_trial_finish(&renderer->trial);
	destroy(renderer);
	*renderer = (struct latch_renderer){0};
}

static void handle_lost(struct wl_listener *listener, void *data) {
	struct latch_renderer *renderer = wl_container_of(listener, renderer, lost_listener);
	if (renderer->lost) {
		return;
	}
	renderer->lost = true;
	renderer->lost_early =
		renderer->drawn < LATCH_RENDERER_PROVEN ? renderer->lost_early + 1 : 0;
	wlr_log(WLR_ERROR, "the GPU's context was lost (a reset of the GPU): composing anew");
	renderer->events.lost(renderer->events.data);
}

void latch_renderer_renew(struct latch_renderer *renderer) {
	destroy(renderer);
	renderer->failed = false;
	bool ok = renderer->lost_early < LATCH_RENDERER_LOST_MAX && latch_renderer_ensure(renderer);
	if (!ok && renderer->wanted != LATCH_RENDERER_PIXMAN) {
		wlr_log(WLR_ERROR, "the GPU is of no use any more: the CPU composes");
		renderer->wanted = LATCH_RENDERER_PIXMAN;
		renderer->failed = false;
		latch_renderer_ensure(renderer);
	}
}

static struct wlr_renderer *create_kind(enum latch_renderer_kind kind, int drm_fd) {
	if (kind == LATCH_RENDERER_PIXMAN) {
		return wlr_pixman_renderer_create();
	}
	if (drm_fd < 0) {
		return NULL;
	}
	return kind == LATCH_RENDERER_VULKAN ? wlr_vk_renderer_create_with_drm_fd(drm_fd)
					     : wlr_gles2_renderer_create_with_drm_fd(drm_fd);
}

/* wlroots refuses a GL that is software, but does not see through every disguise of it. */
static bool is_software_gl(struct wlr_renderer *wlr_renderer) {
	PFNEGLGETDISPLAYDRIVERNAMEPROC get_name =
		(PFNEGLGETDISPLAYDRIVERNAMEPROC)eglGetProcAddress("eglGetDisplayDriverName");
	struct wlr_egl *egl = wlr_gles2_renderer_get_egl(wlr_renderer);
	const char *name = get_name != NULL ? get_name(wlr_egl_get_display(egl)) : NULL;
	return name != NULL && strstr(name, "swrast") != NULL;
}

static struct wlr_allocator *create_allocator(const struct latch_renderer *renderer,
	enum latch_renderer_kind kind, struct wlr_renderer *wlr_renderer) {
	if (kind == LATCH_RENDERER_PIXMAN && renderer->loop != NULL) {
		return latch_dumb_allocator_create(wlr_backend_get_drm_fd(renderer->backend),
			renderer->loop, renderer->events.buffers_made, renderer->events.data);
	}
	return wlr_allocator_autocreate(renderer->backend, wlr_renderer);
}

static bool try_kind(struct latch_renderer *renderer, enum latch_renderer_kind kind) {
	struct wlr_renderer *wlr_renderer =
		create_kind(kind, wlr_backend_get_drm_fd(renderer->backend));
	if (wlr_renderer == NULL) {
		return false;
	}
	/* The CPU composes faster without going through GL. */
	const bool is_slow = kind == LATCH_RENDERER_GLES2 &&
			     renderer->wanted == LATCH_RENDERER_AUTO &&
			     is_software_gl(wlr_renderer);
	renderer->allocator =
		is_slow ? NULL : create_allocator(renderer, kind, wlr_renderer);
	if (renderer->allocator == NULL) {
		wlr_renderer_destroy(wlr_renderer);
		return false;
	}
	renderer->wlr_renderer = wlr_renderer;
	renderer->kind = kind;
	renderer->generation++;
	renderer->lost_listener.notify = handle_lost;
	wl_signal_add(&wlr_renderer->events.lost, &renderer->lost_listener);
	wlr_log(WLR_INFO, "composing with %s from now on", latch_renderer_kind_names[kind]);
	return true;
}

/* With a texture, though it shows nothing: Mesa (26.1) keeps a buffer of YCbCr when a mere rectangle is
 * drawn after it. */
void latch_renderer_forget_textures(
	struct latch_renderer *renderer, struct wlr_render_pass *pass) {
	static const uint32_t transparent = 0;
	if (renderer->kind != LATCH_RENDERER_GLES2) {
		return;
	}
	if (renderer->nothing == NULL) {
		renderer->nothing = wlr_texture_from_pixels(renderer->wlr_renderer,
			DRM_FORMAT_ARGB8888, sizeof(transparent), 1, 1, &transparent);
	}
	if (renderer->nothing != NULL) {
		wlr_render_pass_add_texture(
			pass, &(struct wlr_render_texture_options){
				      .texture = renderer->nothing,
				      .dst_box = {.width = 1, .height = 1},
			      });
	}
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
			latch_renderer_kind_names[renderer->wanted]);
	}
	renderer->events.made(renderer->events.data);
	return ok;
}

bool latch_renderer_give(struct latch_renderer *renderer, struct wlr_output *output) {
	return latch_renderer_ensure(renderer) &&
	       (output->renderer != NULL ||
		       wlr_output_init_render(output, renderer->allocator, renderer->wlr_renderer));
}

const char *latch_renderer_name(const struct latch_renderer *renderer) {
	return renderer->wlr_renderer == NULL ? "none" : latch_renderer_kind_names[renderer->kind];
}

bool latch_renderer_has_format(
	const struct latch_renderer *renderer, uint32_t caps, uint32_t fourcc) {
	const struct wlr_drm_format_set *formats =
		wlr_renderer_get_texture_formats(renderer->wlr_renderer, caps);
	return formats != NULL && wlr_drm_format_set_get(formats, fourcc) != NULL;
}

bool latch_renderer_expects_pixman(const struct latch_renderer *renderer) {
	if (renderer->wlr_renderer != NULL) {
		return renderer->kind == LATCH_RENDERER_PIXMAN;
	}
	return renderer->wanted == LATCH_RENDERER_PIXMAN ||
	       (renderer->wanted == LATCH_RENDERER_AUTO && !renderer->gpu_possible);
}

static bool can_convert(const struct wlr_dmabuf_attributes *dmabuf) {
	return latch_convert_can(dmabuf->format) && latch_mapped_buffer_can_map(dmabuf);
}

bool latch_renderer_can_compose(
	struct latch_renderer *renderer, const struct wlr_dmabuf_attributes *dmabuf) {
	if (!latch_renderer_ensure(renderer)) {
		return false;
	}
	if (renderer->kind == LATCH_RENDERER_PIXMAN) {
		return (latch_renderer_has_format(
				renderer, WLR_BUFFER_CAP_DATA_PTR, dmabuf->format) &&
			       latch_mapped_buffer_is_direct(dmabuf) &&
			       latch_mapped_buffer_can_map(dmabuf)) ||
		       can_convert(dmabuf);
	}
	struct wlr_dmabuf_attributes borrowed = *dmabuf;
	struct wlr_texture *texture = wlr_texture_from_dmabuf(renderer->wlr_renderer, &borrowed);
	bool imported = texture != NULL;
	wlr_texture_destroy(texture);
	return imported || can_convert(dmabuf);
}
