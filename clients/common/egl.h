/* SPDX-License-Identifier: MIT */
#pragma once

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <gbm.h>
#include <stdbool.h>

#include "dmabuf.h"
#include "kms/format.h"

/** A GLES 3 context without any window, that draws into dma-bufs. */
struct egl {
	EGLDisplay display;
	EGLContext context;
	bool has_modifiers; /* EGL_EXT_image_dma_buf_import_modifiers */

	PFNEGLCREATEIMAGEKHRPROC create_image;
	PFNEGLDESTROYIMAGEKHRPROC destroy_image;
	PFNEGLCREATESYNCKHRPROC create_sync;
	PFNEGLDESTROYSYNCKHRPROC destroy_sync;
	PFNEGLDUPNATIVEFENCEFDANDROIDPROC dup_native_fence; /* NULL: there are no such fences */
	void (*image_to_texture)(GLenum target, void *image);
};

/** A dma-buf as a GLES framebuffer. */
struct egl_target {
	EGLImageKHR image;
	GLuint texture, framebuffer;
};

/** Makes a context on the GBM device, which is borrowed, and makes it current; adds the formats
 * that it can draw into. Returns false with the reason in *why, a text that needs no freeing;
 * egl_finish() is needed anyway. */
bool egl_init(struct egl *egl, struct gbm_device *gbm, struct kms_format_set *drawable,
	const char **why);
void egl_finish(struct egl *egl);

/** What GL_RENDERER says. */
const char *egl_renderer(void);

/** Whether the renderer is one of Mesa's that run on the CPU. */
bool egl_is_software(void);

/** Returns false where this driver can't draw into such a buffer; finish it in either case. */
bool egl_target_init(struct egl *egl, struct egl_target *target, const struct dmabuf *buf);
/** An empty one, all zero, is fine. */
void egl_target_finish(struct egl *egl, struct egl_target *target);

/**
 * Ends a frame: sends all GL commands on their way.
 *
 * @return a sync_file that signals when the GPU has done them, the caller's to close; or -1:
 *         the driver has no such fence, and they are done by the time this returns
 */
int egl_end_frame(struct egl *egl);
