#include "dmabuf/buffer.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/dmabuf.h>

#include "limits/account.h"

#define WL_BUFFER_VERSION 1

struct buffer {
	struct wlr_buffer base;
	struct wl_resource *resource; // NULL after the client destroyed it
	struct wlr_dmabuf_attributes attributes;
	/* Charged for the fds and their memory; it may outlive its client as this buffer may. */
	struct latch_account *account;
	struct wl_listener release;
};

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface resource_impl = {
	.destroy = handle_destroy_request,
};

static void buffer_destroy(struct wlr_buffer *base) {
	struct buffer *buffer = wl_container_of(base, buffer, base);
	wl_list_remove(&buffer->release.link);
	wlr_buffer_finish(base);
	latch_account_discharge(
		buffer->account, LATCH_LIMIT_FDS, (uint64_t)buffer->attributes.n_planes);
	for (int i = 0; i < buffer->attributes.n_planes; i++) {
		latch_account_discharge_memory(buffer->account, buffer->attributes.fd[i]);
	}
	latch_account_unref(buffer->account);
	wlr_dmabuf_attributes_finish(&buffer->attributes);
	free(buffer);
}

static bool buffer_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attributes) {
	struct buffer *buffer = wl_container_of(base, buffer, base);
	*attributes = buffer->attributes;
	return true;
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.get_dmabuf = buffer_get_dmabuf,
};

static void handle_release(struct wl_listener *listener, void *data) {
	struct buffer *buffer = wl_container_of(listener, buffer, release);
	if (buffer->resource != NULL) {
		wl_buffer_send_release(buffer->resource);
	}
}

/* The client has destroyed it; frames that show it still hold a lock. */
static void handle_resource_destroy(struct wl_resource *resource) {
	struct buffer *buffer = wl_resource_get_user_data(resource);
	buffer->resource = NULL;
	wlr_buffer_drop(&buffer->base);
}

static bool is_instance(struct wl_resource *resource) {
	return wl_resource_instance_of(resource, &wl_buffer_interface, &resource_impl);
}

static struct wlr_buffer *from_resource(struct wl_resource *resource) {
	assert(is_instance(resource));
	struct buffer *buffer = wl_resource_get_user_data(resource);
	return &buffer->base;
}

struct wl_resource *latch_dmabuf_buffer_create(struct wl_client *client, uint32_t id,
	const struct wlr_dmabuf_attributes *attributes) {
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	buffer->resource = wl_resource_create(client, &wl_buffer_interface, WL_BUFFER_VERSION, id);
	if (buffer->resource == NULL) {
		free(buffer);
		return NULL;
	}
	buffer->attributes = *attributes;
	buffer->account = latch_account_ref(latch_account_find(client));
	wlr_buffer_init(&buffer->base, &buffer_impl, attributes->width, attributes->height);
	buffer->release.notify = handle_release;
	wl_signal_add(&buffer->base.events.release, &buffer->release);
	wl_resource_set_implementation(
		buffer->resource, &resource_impl, buffer, handle_resource_destroy);
	return buffer->resource;
}

struct wl_resource *latch_dmabuf_buffer_create_dead(
	struct wl_client *client, uint32_t id, int32_t width, int32_t height) {
	return latch_dmabuf_buffer_create(client, id,
		&(struct wlr_dmabuf_attributes){
			.width = width,
			.height = height,
			.format = DRM_FORMAT_INVALID,
			.modifier = DRM_FORMAT_MOD_INVALID,
			.fd = {-1, -1, -1, -1},
		});
}

static const struct wlr_buffer_resource_interface resource_interface = {
	.name = "latch_dmabuf_buffer",
	.is_instance = is_instance,
	.from_resource = from_resource,
};

void latch_dmabuf_buffer_register(void) {
	wlr_buffer_register_resource_interface(&resource_interface);
}
