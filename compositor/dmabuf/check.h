/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct wlr_dmabuf_attributes;

/** How the kernel is asked about a file; tests have their own answers. */
struct latch_dmabuf_probe {
	bool (*is_dmabuf)(int fd);
	/** In bytes, negative when it can't be found out. */
	int64_t (*size)(int fd);
};

extern const struct latch_dmabuf_probe latch_dmabuf_kernel_probe;

/** No rule was broken, but the buffer is not usable: the `failed` event. */
#define LATCH_DMABUF_FAILED -1

/** Why a buffer is not made; text NULL: it is fine so far. */
struct latch_dmabuf_fault {
	/** enum zwp_linux_buffer_params_v1_error, or LATCH_DMABUF_FAILED. */
	int error;
	/** Static. */
	const char *text;
};

/**
 * Looks at what a client says of its dma-buf before anything is imported: are the planes complete,
 * does their number fit the format, are the strides long enough, is every fd a dma-buf, does every
 * plane lie inside its dma-buf. fd[] of planes that were not added is -1, n_planes is the number
 * of those that were.
 *
 * A protocol error only where zwp_linux_buffer_params_v1 has a rule for it; a file that is no
 * dma-buf, for example, breaks none.
 */
struct latch_dmabuf_fault latch_dmabuf_check(
	const struct wlr_dmabuf_attributes *attributes, const struct latch_dmabuf_probe *probe);
