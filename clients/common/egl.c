/* SPDX-License-Identifier: MIT */
#include "egl.h"

#include <drm_fourcc.h>
#include <string.h>

/* So many formats, and modifiers of each, are asked for: more than any driver has. */
#define MAX_QUERIED 256

static bool has_extension(const char *list, const char *name) {
	size_t len = strlen(name);
	for (const char *at = list; at && (at = strstr(at, name)); at += len) {
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

static bool add_format(struct kms_format_set *drawable, EGLint format, uint64_t modifier) {
	return kms_format_set_add(drawable, (uint32_t)format, modifier) == 0;
}

/* The modifiers of one format that GL can draw into, not only sample from. */
static bool query_format(const struct egl *egl, PFNEGLQUERYDMABUFMODIFIERSEXTPROC query,
	EGLint format, struct kms_format_set *drawable) {
	EGLuint64KHR modifiers[MAX_QUERIED];
	EGLBoolean external_only[MAX_QUERIED];
	EGLint num = 0;
	if (!query(egl->display, format, MAX_QUERIED, modifiers, external_only, &num)) {
		return true;
	}
	bool ok = true, can_draw = num == 0;
	for (EGLint i = 0; ok && i < num && i < MAX_QUERIED; i++) {
		if (!external_only[i]) {
			can_draw = true;
			ok = add_format(drawable, format, modifiers[i]);
		}
	}
	/* A driver that lists no modifier for a format it knows still takes its own implicit
	 * layout, and its own linear one. Whether that works shows when the target is made. */
	if (ok && can_draw) {
		ok = add_format(drawable, format, DRM_FORMAT_MOD_INVALID) &&
		     (num > 0 || add_format(drawable, format, DRM_FORMAT_MOD_LINEAR));
	}
	return ok;
}

static void *load(const char *name) {
	return (void *)eglGetProcAddress(name);
}

static bool query_drawable(struct egl *egl, struct kms_format_set *drawable) {
	PFNEGLQUERYDMABUFFORMATSEXTPROC query_formats = load("eglQueryDmaBufFormatsEXT");
	PFNEGLQUERYDMABUFMODIFIERSEXTPROC query_modifiers = load("eglQueryDmaBufModifiersEXT");
	EGLint formats[MAX_QUERIED], num = 0;
	if (!egl->has_modifiers || !query_formats || !query_modifiers ||
		!query_formats(egl->display, MAX_QUERIED, formats, &num) || num <= 0) {
		/* Nothing can be asked: take what every GLES 3 driver draws into. */
		egl->has_modifiers = false;
		return add_format(drawable, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID) &&
		       add_format(drawable, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_INVALID);
	}
	bool ok = true;
	for (EGLint i = 0; ok && i < num && i < MAX_QUERIED; i++) {
		ok = query_format(egl, query_modifiers, formats[i], drawable);
	}
	return ok;
}

static bool load_functions(struct egl *egl, bool native_fence) {
	egl->create_image = load("eglCreateImageKHR");
	egl->destroy_image = load("eglDestroyImageKHR");
	egl->create_sync = load("eglCreateSyncKHR");
	egl->destroy_sync = load("eglDestroySyncKHR");
	if (native_fence && egl->create_sync && egl->destroy_sync) {
		egl->dup_native_fence = load("eglDupNativeFenceFDANDROID");
	}
	egl->image_to_texture = load("glEGLImageTargetTexture2DOES");
	return egl->create_image && egl->destroy_image && egl->image_to_texture;
}

bool egl_init(struct egl *egl, struct gbm_device *gbm, struct kms_format_set *drawable,
	const char **why) {
	*egl = (struct egl){.display = EGL_NO_DISPLAY, .context = EGL_NO_CONTEXT};

	egl->display = eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, gbm, NULL);
	if (egl->display == EGL_NO_DISPLAY || !eglInitialize(egl->display, NULL, NULL)) {
		egl->display = EGL_NO_DISPLAY;
		*why = "EGL does not start on it";
		return false;
	}
	const char *extensions = eglQueryString(egl->display, EGL_EXTENSIONS);
	static const char *const needed[] = {
		"EGL_EXT_image_dma_buf_import",
		"EGL_KHR_surfaceless_context",
		"EGL_KHR_no_config_context",
	};
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!has_extension(extensions, needed[i])) {
			*why = needed[i];
			return false;
		}
	}
	egl->has_modifiers = has_extension(extensions, "EGL_EXT_image_dma_buf_import_modifiers");
	bool native_fence = has_extension(extensions, "EGL_ANDROID_native_fence_sync");

	static const EGLint attribs[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
	if (eglBindAPI(EGL_OPENGL_ES_API)) {
		egl->context =
			eglCreateContext(egl->display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attribs);
	}
	if (egl->context == EGL_NO_CONTEXT ||
		!eglMakeCurrent(egl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, egl->context)) {
		*why = "it has no GLES 3";
		return false;
	}
	if (!load_functions(egl, native_fence) || !query_drawable(egl, drawable)) {
		*why = "its EGL lacks dma-buf functions";
		return false;
	}
	return true;
}

void egl_finish(struct egl *egl) {
	if (egl->display != EGL_NO_DISPLAY) {
		eglMakeCurrent(egl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		if (egl->context != EGL_NO_CONTEXT) {
			eglDestroyContext(egl->display, egl->context);
		}
		eglTerminate(egl->display);
		eglReleaseThread();
	}
	*egl = (struct egl){.display = EGL_NO_DISPLAY, .context = EGL_NO_CONTEXT};
}

const char *egl_renderer(void) {
	const char *name = (const char *)glGetString(GL_RENDERER);
	return name ? name : "unknown";
}

bool egl_is_software(void) {
	static const char *const names[] = {"llvmpipe", "softpipe", "swrast"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* Only at the start: a GPU by proxy has its host's renderer in its name. */
		if (strncmp(egl_renderer(), names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	return false;
}

struct attributes {
	EGLint values[6 + DMABUF_MAX_PLANES * 10 + 1];
	size_t len;
};

static void add(struct attributes *attributes, EGLint name, EGLint value) {
	attributes->values[attributes->len++] = name;
	attributes->values[attributes->len++] = value;
}

static EGLImageKHR import_image(struct egl *egl, const struct dmabuf *buf, bool name_modifier) {
#define PLANE(N) \
	{EGL_DMA_BUF_PLANE##N##_FD_EXT, EGL_DMA_BUF_PLANE##N##_OFFSET_EXT, \
		EGL_DMA_BUF_PLANE##N##_PITCH_EXT, EGL_DMA_BUF_PLANE##N##_MODIFIER_LO_EXT, \
		EGL_DMA_BUF_PLANE##N##_MODIFIER_HI_EXT}
	static const EGLint names[DMABUF_MAX_PLANES][5] = {PLANE(0), PLANE(1), PLANE(2), PLANE(3)};
#undef PLANE
	struct attributes attributes = {0};
	add(&attributes, EGL_WIDTH, (EGLint)buf->width);
	add(&attributes, EGL_HEIGHT, (EGLint)buf->height);
	add(&attributes, EGL_LINUX_DRM_FOURCC_EXT, (EGLint)buf->fourcc);
	for (int i = 0; i < buf->num_planes; i++) {
		add(&attributes, names[i][0], buf->planes[i].fd);
		add(&attributes, names[i][1], (EGLint)buf->planes[i].offset);
		add(&attributes, names[i][2], (EGLint)buf->planes[i].stride);
		if (name_modifier) {
			add(&attributes, names[i][3], (EGLint)(buf->modifier & 0xffffffff));
			add(&attributes, names[i][4], (EGLint)(buf->modifier >> 32));
		}
	}
	attributes.values[attributes.len] = EGL_NONE;
	return egl->create_image(
		egl->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes.values);
}

bool egl_target_init(struct egl *egl, struct egl_target *target, const struct dmabuf *buf) {
	*target = (struct egl_target){.image = EGL_NO_IMAGE_KHR};
	bool name_modifier = egl->has_modifiers && buf->modifier != DRM_FORMAT_MOD_INVALID;
	target->image = import_image(egl, buf, name_modifier);
	/* Drivers that know no modifiers take a linear buffer of their own only unnamed. */
	if (target->image == EGL_NO_IMAGE_KHR && name_modifier &&
		buf->modifier == DRM_FORMAT_MOD_LINEAR) {
		target->image = import_image(egl, buf, false);
	}
	if (target->image == EGL_NO_IMAGE_KHR) {
		return false;
	}

	glGenTextures(1, &target->texture);
	glBindTexture(GL_TEXTURE_2D, target->texture);
	egl->image_to_texture(GL_TEXTURE_2D, target->image);
	glGenFramebuffers(1, &target->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	glFramebufferTexture2D(
		GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target->texture, 0);
	return glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
}

void egl_target_finish(struct egl *egl, struct egl_target *target) {
	if (target->framebuffer) {
		glDeleteFramebuffers(1, &target->framebuffer);
	}
	if (target->texture) {
		glDeleteTextures(1, &target->texture);
	}
	if (target->image != EGL_NO_IMAGE_KHR) {
		egl->destroy_image(egl->display, target->image);
	}
	*target = (struct egl_target){.image = EGL_NO_IMAGE_KHR};
}

int egl_end_frame(struct egl *egl) {
	static const EGLint attribs[] = {
		EGL_SYNC_NATIVE_FENCE_FD_ANDROID, EGL_NO_NATIVE_FENCE_FD_ANDROID, EGL_NONE};
	EGLSyncKHR sync = EGL_NO_SYNC_KHR;
	int fd = -1;
	if (egl->dup_native_fence) {
		sync = egl->create_sync(egl->display, EGL_SYNC_NATIVE_FENCE_ANDROID, attribs);
	}
	if (sync != EGL_NO_SYNC_KHR) {
		/* The fence gets its fd with the flush, not before. */
		glFlush();
		fd = egl->dup_native_fence(egl->display, sync);
		egl->destroy_sync(egl->display, sync);
	}
	if (fd < 0) {
		glFinish();
	}
	return fd;
}
