/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The layout of I915_FORMAT_MOD_X_TILED, as drm_fourcc.h has it: tiles of 512 bytes and 8 rows, row
 * by row in themselves, and row by row in the picture.
 */
#define TILE_BYTES 512u
#define TILE_ROWS 8u

/** The memory that a picture takes; 0 where the stride is not one of whole tiles. */
static inline uint64_t tiles_size(uint32_t stride, uint32_t height) {
	return stride % TILE_BYTES != 0
		       ? 0
		       : (uint64_t)stride * ((height + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS);
}

/** Where a byte of a row is. */
static inline size_t tiles_offset(uint32_t stride, uint32_t byte, uint32_t row) {
	size_t tile = (size_t)(row / TILE_ROWS) * (stride / TILE_BYTES) + byte / TILE_BYTES;
	return (tile * TILE_ROWS + row % TILE_ROWS) * TILE_BYTES + byte % TILE_BYTES;
}
