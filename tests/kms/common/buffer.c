/* SPDX-License-Identifier: MIT */
/* Buffers: how they are offered, and when they come back. */
#include "case.h"
#include "client.h"

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	struct offer *offer = data;
	*offer = (struct offer){ANSWER_CREATED, wl_buffer};
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct offer *offer = data;
	offer->answer = ANSWER_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

struct zwp_linux_buffer_params_v1 *params_create(
	struct client *client, const struct buffer_plane *planes, size_t len, struct offer *offer) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	if (offer != NULL) {
		*offer = (struct offer){0};
		zwp_linux_buffer_params_v1_add_listener(params, &params_listener, offer);
	}
	for (size_t i = 0; i < len; i++) {
		zwp_linux_buffer_params_v1_add(params, planes[i].fd, planes[i].index,
			planes[i].offset, planes[i].stride, (uint32_t)(planes[i].modifier >> 32),
			(uint32_t)planes[i].modifier);
	}
	return params;
}

void offer_wait(struct client *client, struct offer *offer) {
	int64_t end_ns = latch_now_ns() + 2000 * MS;
	while (offer->answer == ANSWER_NONE && client_pump(client, end_ns)) {
	}
}

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	buffer->releases++;
	buffer->release_ns = latch_now_ns();
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void set_wl_buffer(struct buffer *buffer, struct wl_buffer *wl_buffer) {
	*buffer = (struct buffer){.wl_buffer = wl_buffer, .memory = buffer->memory};
	wl_buffer_add_listener(wl_buffer, &buffer_listener, buffer);
}

void buffer_init_from_params(struct buffer *buffer, struct zwp_linux_buffer_params_v1 *params,
	uint32_t width, uint32_t height, uint32_t fourcc) {
	set_wl_buffer(buffer, zwp_linux_buffer_params_v1_create_immed(
				      params, (int32_t)width, (int32_t)height, fourcc, 0));
}

void buffer_init_planes(struct buffer *buffer, struct client *client,
	const struct buffer_plane *planes, size_t len, uint32_t width, uint32_t height,
	uint32_t fourcc) {
	struct zwp_linux_buffer_params_v1 *params = params_create(client, planes, len, NULL);
	buffer_init_from_params(buffer, params, width, height, fourcc);
	zwp_linux_buffer_params_v1_destroy(params);
}

void buffer_init(struct buffer *buffer, struct client *client, memory_init_func init_memory,
	uint32_t width, uint32_t height, uint32_t fourcc) {
	init_memory(&buffer->memory, width, height);
	struct buffer_plane plane = {buffer->memory.fd, .stride = buffer->memory.stride};
	buffer_init_planes(buffer, client, &plane, 1, width, height, fourcc);
}

static void init_in_pool(struct buffer *buffer, struct client *client, int32_t offset,
	uint32_t width, uint32_t height, bool alpha) {
	const struct memory *memory = &buffer->memory;
	struct wl_shm_pool *pool =
		wl_shm_create_pool(client->shm, memory->fd, (int32_t)memory->size);
	set_wl_buffer(buffer, wl_shm_pool_create_buffer(pool, offset, (int32_t)width,
				      (int32_t)height, (int32_t)memory->stride,
				      alpha ? WL_SHM_FORMAT_ARGB8888 : WL_SHM_FORMAT_XRGB8888));
	wl_shm_pool_destroy(pool);
}

void buffer_init_shm(
	struct buffer *buffer, struct client *client, uint32_t width, uint32_t height, bool alpha) {
	memory_init_memfd(&buffer->memory, width, height);
	init_in_pool(buffer, client, 0, width, height, alpha);
}

uint32_t *buffer_init_sealed(
	struct buffer *buffer, struct client *client, uint32_t width, uint32_t height, bool alpha) {
	const uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	struct memory *memory = &buffer->memory;
	memory_init_sealed(memory, width, height, page);
	init_in_pool(buffer, client, (int32_t)page, width, height, alpha);
	return memory->map + page / sizeof(*memory->map);
}

void buffer_init_pixel(struct buffer *buffer, struct client *client, uint32_t pixel) {
	const uint32_t one = UINT32_MAX / 0xff;
	set_wl_buffer(buffer, wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
				      client->single_pixel, (pixel >> 16 & 0xff) * one,
				      (pixel >> 8 & 0xff) * one, (pixel & 0xff) * one,
				      (pixel >> 24) * one));
}

void buffer_finish(struct buffer *buffer) {
	wl_buffer_destroy(buffer->wl_buffer);
	memory_finish(&buffer->memory);
	*buffer = (struct buffer){0};
}
