/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

struct wlr_buffer;

/**
 * The number of a client's wl_buffer in traces: counts up from 1, and is never used again. The
 * first call for a buffer allocates, later ones do not. Returns 0 without memory.
 */
uint32_t latch_buffer_id(struct wlr_buffer *buffer);
