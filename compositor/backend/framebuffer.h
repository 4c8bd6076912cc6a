/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/types.h"

/**
 * The KMS framebuffer of a wlr_buffer: imported at the first call, dropped with the buffer. A
 * buffer that the kernel refused is not tried again.
 *
 * opaque: the alpha of its pixels is to be ignored; a format with alpha is then imported as the
 * same one without (ARGB8888 as XRGB8888).
 *
 * Returns 0 when the buffer is no dma-buf, and none was made of it (latch_udmabuf_create()), or
 * can't be imported.
 */
uint32_t latch_framebuffer_get(
	struct latch_kms_backend *backend, struct wlr_buffer *buffer, bool opaque);

/** Drops all of them; buffers live on. */
void latch_framebuffers_finish(struct latch_kms_backend *backend);

/** Whether the kernel makes a framebuffer of this dma-buf. Nothing is kept. */
bool latch_kms_backend_can_import(
	const struct latch_kms_backend *backend, const struct wlr_dmabuf_attributes *dmabuf);
