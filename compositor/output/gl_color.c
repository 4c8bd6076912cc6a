/* SPDX-License-Identifier: MIT */
#include "output/texture.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <drm_fourcc.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/types/wlr_buffer.h>

#include "limits/addon.h"
#include "output/convert.h"
#include "output/renderer.h"

/* What the buffer's texture was made to be. The texture is the buffer's, and goes with it or with
 * the renderer. */
struct gl_color {
	struct wlr_addon addon;
	struct latch_color color;
	unsigned generation; // of the renderer
};

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_gl_color",
	.destroy = latch_addon_free,
};

/* What nothing is said of is BT.601. */
static const EGLint encoding_hints[KMS_COLOR_ENCODING_COUNT] = {
	[KMS_COLOR_ENCODING_ANY] = EGL_ITU_REC601_EXT,
	[KMS_COLOR_ENCODING_BT601] = EGL_ITU_REC601_EXT,
	[KMS_COLOR_ENCODING_BT709] = EGL_ITU_REC709_EXT,
	[KMS_COLOR_ENCODING_BT2020] = EGL_ITU_REC2020_EXT,
};

static EGLImage import(
	EGLDisplay display, struct wlr_buffer *buffer, const struct latch_color *color) {
	static const EGLint names[WLR_DMABUF_MAX_PLANES][5] = {
#define PLANE(i)                                                                                   \
	{EGL_DMA_BUF_PLANE##i##_FD_EXT, EGL_DMA_BUF_PLANE##i##_OFFSET_EXT,                         \
		EGL_DMA_BUF_PLANE##i##_PITCH_EXT, EGL_DMA_BUF_PLANE##i##_MODIFIER_LO_EXT,          \
		EGL_DMA_BUF_PLANE##i##_MODIFIER_HI_EXT}
		PLANE(0), PLANE(1), PLANE(2), PLANE(3),
#undef PLANE
	};
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return EGL_NO_IMAGE;
	}
	EGLAttrib attributes[10 + 2 * 5 * WLR_DMABUF_MAX_PLANES + 1] = {
		EGL_WIDTH, dmabuf.width,
		EGL_HEIGHT, dmabuf.height,
		EGL_LINUX_DRM_FOURCC_EXT, (EGLAttrib)dmabuf.format,
		EGL_YUV_COLOR_SPACE_HINT_EXT, encoding_hints[color->encoding],
		EGL_SAMPLE_RANGE_HINT_EXT,
		color->range == KMS_COLOR_RANGE_FULL ? EGL_YUV_FULL_RANGE_EXT
						     : EGL_YUV_NARROW_RANGE_EXT,
	};
	size_t len = 10;
	for (int i = 0; i < dmabuf.n_planes; i++) {
		const EGLAttrib values[] = {dmabuf.fd[i], dmabuf.offset[i], dmabuf.stride[i],
			(EGLAttrib)(dmabuf.modifier & UINT32_MAX),
			(EGLAttrib)(dmabuf.modifier >> 32)};
		const size_t count = dmabuf.modifier == DRM_FORMAT_MOD_INVALID ? 3 : 5;
		for (size_t j = 0; j < count; j++) {
			attributes[len++] = names[i][j];
			attributes[len++] = values[j];
		}
	}
	attributes[len] = EGL_NONE;
	return eglCreateImage(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

static bool put_behind(EGLDisplay display, EGLContext context, GLuint texture, EGLImage image) {
	PFNGLEGLIMAGETARGETTEXTURE2DOESPROC set_image =
		(PFNGLEGLIMAGETARGETTEXTURE2DOESPROC)eglGetProcAddress(
			"glEGLImageTargetTexture2DOES");
	/* While a picture is being drawn it is wlroots' already. */
	const EGLContext before = eglGetCurrentContext();
	if (set_image == NULL ||
		(before != context &&
			!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))) {
		return false;
	}
	while (glGetError() != GL_NO_ERROR) {
	}
	/* Of the same name, which GL ES allows: Mesa's (26.1) takes full range for all later images
	 * of an object that has had it once. */
	glDeleteTextures(1, &texture);
	glBindTexture(GL_TEXTURE_EXTERNAL_OES, texture);
	set_image(GL_TEXTURE_EXTERNAL_OES, image);
	glBindTexture(GL_TEXTURE_EXTERNAL_OES, 0);
	const bool ok = glGetError() == GL_NO_ERROR;
	if (before != context) {
		eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
	}
	return ok;
}

bool latch_gl_color_set(const struct latch_renderer *renderer, struct wlr_texture *texture,
	struct wlr_buffer *buffer, const struct latch_color *color) {
	if (!wlr_texture_is_gles2(texture)) {
		return false;
	}
	struct wlr_gles2_texture_attribs attributes;
	wlr_gles2_texture_get_attribs(texture, &attributes);
	struct gl_color *self = latch_addon_get(&buffer->addons, &addon_impl, sizeof(*self));
	if (self == NULL || attributes.target != GL_TEXTURE_EXTERNAL_OES) {
		return false;
	}
	if (self->generation == renderer->generation && latch_color_equal(&self->color, color)) {
		return true;
	}
	struct wlr_egl *egl = wlr_gles2_renderer_get_egl(renderer->wlr_renderer);
	const EGLDisplay display = wlr_egl_get_display(egl);
	const EGLImage image = import(display, buffer, color);
	const bool ok = image != EGL_NO_IMAGE &&
			put_behind(display, wlr_egl_get_context(egl), attributes.tex, image);
	if (image != EGL_NO_IMAGE) {
		eglDestroyImage(display, image); // the texture keeps what is behind it
	}
	if (ok) {
		self->color = *color;
		self->generation = renderer->generation;
	}
	return ok;
}
