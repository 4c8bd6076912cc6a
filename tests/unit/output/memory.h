/* SPDX-License-Identifier: MIT */
/* A wlr_buffer of 32 bit pixels, which the CPU can read and draw into. */
#pragma once

#include <wlr/interfaces/wlr_buffer.h>

struct memory {
	struct wlr_buffer base;
	uint32_t fourcc;
	uint32_t *pixels; // borrowed
	int accesses;
};

static bool memory_begin_access(
	struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct memory *memory = wl_container_of(buffer, memory, base);
	memory->accesses++;
	*data = memory->pixels;
	*format = memory->fourcc;
	*stride = (size_t)buffer->width * 4;
	return true;
}

static void memory_end_access(struct wlr_buffer *buffer) {
}

static void memory_destroy(struct wlr_buffer *buffer) {
	wlr_buffer_finish(buffer);
}

static const struct wlr_buffer_impl memory_impl = {
	.destroy = memory_destroy,
	.begin_data_ptr_access = memory_begin_access,
	.end_data_ptr_access = memory_end_access,
};

/** Goes with wlr_buffer_drop(). */
static void memory_init(
	struct memory *memory, uint32_t fourcc, uint32_t *pixels, int width, int height) {
	*memory = (struct memory){.fourcc = fourcc, .pixels = pixels};
	wlr_buffer_init(&memory->base, &memory_impl, width, height);
}
