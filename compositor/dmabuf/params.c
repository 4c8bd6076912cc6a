/* SPDX-License-Identifier: MIT */
#include "dmabuf/params.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/dmabuf.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "limits/account.h"
#include "limits/resource.h"
#include "linux-dmabuf-v1-protocol.h"

/* The rules that came with these versions of zwp_linux_buffer_params_v1.add. */
#define ADVERTISED_PAIRS_ONLY_SINCE 4
#define ONE_MODIFIER_SINCE 5

/* What a client has sent of its memory. A buffer's is charged for, too. */
struct dmabuf {
	/* Owns the fds; those of planes that were not added are -1. */
	struct wlr_dmabuf_attributes attributes;
	/* Charged for each fd. Outlives the client, as buffers may. */
	struct latch_account *account;
};

/*
 * A client's dma-buf as a wl_buffer and a wlr_buffer: wlr_buffer_get_dmabuf() works on it.
 * wl_buffer.release follows the last wlr_buffer_unlock(). It lives until the client has destroyed
 * it and nobody locks it.
 */
struct buffer {
	struct wlr_buffer base;
	struct wl_resource *resource; // NULL after the client destroyed it
	struct dmabuf dmabuf;
	struct wl_listener release;
};

struct params {
	struct wl_resource *resource;
	const struct latch_dmabuf *dmabufs;
	/* A create request was made: only destroy is legal. */
	bool used;
	/* Planes came with different modifiers, which older versions do not forbid. */
	bool mixed_modifiers;
	/* The device that is to compose it; 0: the client leaves that to us. */
	dev_t sampling_device;
	struct dmabuf dmabuf;
};

static const struct wlr_dmabuf_attributes no_planes = {.fd = {-1, -1, -1, -1}};

static void discharge_memory(const struct dmabuf *dmabuf, int planes) {
	for (int i = 0; i < planes; i++) {
		latch_account_discharge_memory(dmabuf->account, dmabuf->attributes.fd[i]);
	}
}

static bool charge_memory(struct dmabuf *dmabuf, const struct latch_dmabuf_probe *probe) {
	for (int i = 0; i < dmabuf->attributes.n_planes; i++) {
		int fd = dmabuf->attributes.fd[i];
		int64_t size = probe->size(fd);
		if (!latch_account_charge_memory(
			    dmabuf->account, fd, size > 0 ? (uint64_t)size : 0)) {
			discharge_memory(dmabuf, i);
			return false;
		}
	}
	return true;
}

/* Not wlr_dmabuf_attributes_finish(): there may be gaps. */
static void close_all(struct dmabuf *dmabuf) {
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		if (dmabuf->attributes.fd[i] >= 0) {
			latch_fd_clear(&dmabuf->attributes.fd[i]);
			latch_account_discharge(dmabuf->account, LATCH_LIMIT_FDS, 1);
		}
	}
	dmabuf->attributes.n_planes = 0;
}

static const struct wl_buffer_interface buffer_resource_impl = {
	.destroy = latch_resource_handle_destroy,
};

static void buffer_destroy(struct wlr_buffer *base) {
	struct buffer *buffer = wl_container_of(base, buffer, base);
	wl_list_remove(&buffer->release.link);
	wlr_buffer_finish(base);
	discharge_memory(&buffer->dmabuf, buffer->dmabuf.attributes.n_planes);
	close_all(&buffer->dmabuf);
	latch_account_unref(buffer->dmabuf.account);
	free(buffer);
}

static bool buffer_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attributes) {
	struct buffer *buffer = wl_container_of(base, buffer, base);
	*attributes = buffer->dmabuf.attributes;
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
static void handle_buffer_resource_destroy(struct wl_resource *resource) {
	struct buffer *buffer = wl_resource_get_user_data(resource);
	buffer->resource = NULL;
	wlr_buffer_drop(&buffer->base);
}

static bool is_instance(struct wl_resource *resource) {
	return wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_resource_impl);
}

static struct wlr_buffer *from_resource(struct wl_resource *resource) {
	assert(is_instance(resource));
	struct buffer *buffer = wl_resource_get_user_data(resource);
	return &buffer->base;
}

static const struct wlr_buffer_resource_interface resource_interface = {
	.name = "latch_dmabuf_buffer",
	.is_instance = is_instance,
	.from_resource = from_resource,
};

void latch_params_register_buffers(void) {
	wlr_buffer_register_resource_interface(&resource_interface);
}

/* id: of the wl_buffer, 0 for a new one of the server's. Takes over the dma-buf; when there is no
 * memory, returns NULL and leaves it. */
static struct wl_resource *create_buffer(
	struct wl_client *client, uint32_t id, struct dmabuf *dmabuf) {
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	buffer->resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	if (buffer->resource == NULL) {
		free(buffer);
		return NULL;
	}
	buffer->dmabuf = *dmabuf;
	latch_account_ref(dmabuf->account);
	dmabuf->attributes = no_planes;
	wlr_buffer_init(&buffer->base, &buffer_impl, buffer->dmabuf.attributes.width,
		buffer->dmabuf.attributes.height);
	buffer->release.notify = handle_release;
	wl_signal_add(&buffer->base.events.release, &buffer->release);
	wl_resource_set_implementation(buffer->resource, &buffer_resource_impl, buffer,
		handle_buffer_resource_destroy);
	return buffer->resource;
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct params *params = wl_resource_get_user_data(resource);
	close_all(&params->dmabuf);
	latch_account_unref(params->dmabuf.account);
	free(params);
}

/* Returns true after a protocol error. */
static bool is_used(const struct params *params) {
	if (params->used) {
		wl_resource_post_error(params->resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED,
			"a buffer was already created from these parameters");
	}
	return params->used;
}

/* Returns false after a protocol error. */
static bool check_plane(struct params *params, uint32_t index, uint64_t modifier) {
	struct wl_resource *resource = params->resource;
	const struct wlr_dmabuf_attributes *attributes = &params->dmabuf.attributes;
	if (is_used(params)) {
		return false;
	}
	if (index >= WLR_DMABUF_MAX_PLANES) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX,
			"plane index %" PRIu32 " is not below %d", index, WLR_DMABUF_MAX_PLANES);
		return false;
	}
	if (attributes->fd[index] >= 0) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET,
			"plane %" PRIu32 " was already added", index);
		return false;
	}
	if (attributes->n_planes > 0 && attributes->modifier != modifier) {
		if (wl_resource_get_version(resource) >= ONE_MODIFIER_SINCE) {
			wl_resource_post_error(resource,
				ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
				"modifier 0x%" PRIx64 " of plane %" PRIu32 " is not 0x%" PRIx64
				" like that of the others",
				modifier, index, attributes->modifier);
			return false;
		}
		params->mixed_modifiers = true;
	}
	return true;
}

static void handle_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t index, uint32_t offset, uint32_t stride, uint32_t modifier_hi,
	uint32_t modifier_lo) {
	struct params *params = wl_resource_get_user_data(resource);
	uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	if (!check_plane(params, index, modifier)) {
		close(fd);
		return;
	}
	if (!latch_account_charge(params->dmabuf.account, LATCH_LIMIT_FDS, 1)) {
		latch_account_refuse(params->dmabuf.account);
		close(fd);
		return;
	}
	struct wlr_dmabuf_attributes *attributes = &params->dmabuf.attributes;
	attributes->fd[index] = fd;
	attributes->offset[index] = offset;
	attributes->stride[index] = stride;
	attributes->modifier = modifier;
	attributes->n_planes++;
}

/* Whether a buffer can be made of this; the text says why not. */
static struct latch_dmabuf_fault judge(const struct params *params, uint32_t flags) {
	const struct wlr_dmabuf_attributes *attributes = &params->dmabuf.attributes;
	struct latch_dmabuf_fault fault =
		latch_dmabuf_check(attributes, latch_dmabuf_get_probe(params->dmabufs));
	if (fault.text != NULL) {
		return fault;
	}
	if (wl_resource_get_version(params->resource) >= ADVERTISED_PAIRS_ONLY_SINCE &&
		!latch_dmabuf_advertises(
			params->dmabufs, attributes->format, attributes->modifier)) {
		return (struct latch_dmabuf_fault){ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT,
			"the format with this modifier was not advertised"};
	}
	fault.error = LATCH_DMABUF_FAILED;
	if (params->mixed_modifiers) {
		fault.text = "the planes have different modifiers";
	} else if (flags != 0) {
		/* Upside down or interlaced; the protocol has no error for unknown bits either. */
		fault.text = "flags are not supported";
	} else if (params->sampling_device != 0 &&
		   !latch_dmabuf_samples_on(params->dmabufs, params->sampling_device)) {
		fault.text = "it is to be composed by a device that latch does not compose on";
	} else if (!latch_dmabuf_can_show(params->dmabufs, attributes)) {
		fault.text = "it can neither be scanned out nor composed";
	}
	return fault;
}

/*
 * create_immed may kill the client for a failed import, or go on with a wl_buffer that is invalid.
 * A client can not know beforehand what the kernel will take: it lives, and may have used the
 * wl_buffer before it heard of that. It is a dma-buf, so that the rules for fences stay those for
 * dma-bufs, but has no planes and no format: no plane and no renderer takes it, nothing of it is
 * shown.
 */
static void answer_failed(struct params *params, struct wl_client *client, uint32_t immed_id) {
	params->dmabuf.attributes.format = DRM_FORMAT_INVALID;
	params->dmabuf.attributes.modifier = DRM_FORMAT_MOD_INVALID;
	if (immed_id != 0 && create_buffer(client, immed_id, &params->dmabuf) == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	zwp_linux_buffer_params_v1_send_failed(params->resource);
}

static void create(struct wl_client *client, struct params *params, uint32_t immed_id,
	int32_t width, int32_t height, uint32_t fourcc, uint32_t flags) {
	if (is_used(params)) {
		return;
	}
	params->used = true;
	struct wlr_dmabuf_attributes *attributes = &params->dmabuf.attributes;
	attributes->width = width;
	attributes->height = height;
	attributes->format = fourcc;

	const struct latch_dmabuf_fault fault = judge(params, flags);
	if (fault.text != NULL) {
		wlr_log(WLR_DEBUG, "refused a dma-buf: %s", fault.text);
		close_all(&params->dmabuf);
		if (fault.error == LATCH_DMABUF_FAILED) {
			answer_failed(params, client, immed_id);
		} else {
			wl_resource_post_error(
				params->resource, (uint32_t)fault.error, "%s", fault.text);
		}
		return;
	}

	if (!charge_memory(&params->dmabuf, latch_dmabuf_get_probe(params->dmabufs))) {
		latch_account_refuse(params->dmabuf.account);
		close_all(&params->dmabuf);
		return;
	}
	struct wl_resource *buffer = create_buffer(client, immed_id, &params->dmabuf);
	if (buffer == NULL) {
		discharge_memory(&params->dmabuf, attributes->n_planes);
		close_all(&params->dmabuf);
		wl_client_post_no_memory(client);
		return;
	}
	if (immed_id == 0) {
		zwp_linux_buffer_params_v1_send_created(params->resource, buffer);
	}
}

static void handle_create(struct wl_client *client, struct wl_resource *resource, int32_t width,
	int32_t height, uint32_t fourcc, uint32_t flags) {
	create(client, wl_resource_get_user_data(resource), 0, width, height, fourcc, flags);
}

static void handle_create_immed(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t width, int32_t height, uint32_t fourcc, uint32_t flags) {
	create(client, wl_resource_get_user_data(resource), id, width, height, fourcc, flags);
}

static void handle_set_sampling_device(
	struct wl_client *client, struct wl_resource *resource, struct wl_array *device) {
	struct params *params = wl_resource_get_user_data(resource);
	if (is_used(params)) {
		return;
	}
	if (device->size != sizeof(params->sampling_device)) {
		wl_resource_post_error(resource,
			ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DEV_T_SIZE,
			"a device has %zu bytes, not %zu", sizeof(params->sampling_device),
			device->size);
		return;
	}
	memcpy(&params->sampling_device, device->data, device->size);
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
	.destroy = latch_resource_handle_destroy,
	.add = handle_add,
	.create = handle_create,
	.create_immed = handle_create_immed,
	.set_sampling_device = handle_set_sampling_device,
};

void latch_params_create(struct wl_client *client, uint32_t version, uint32_t id,
	const struct latch_dmabuf *dmabuf) {
	struct params *params = calloc(1, sizeof(*params));
	if (params == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	*params = (struct params){
		.dmabufs = dmabuf,
		.dmabuf = {no_planes, latch_account_ref(latch_account_find(client))},
	};
	params->resource = latch_resource_create(client, &zwp_linux_buffer_params_v1_interface,
		version, id, &params_impl, params, handle_resource_destroy);
	if (params->resource == NULL) {
		latch_account_unref(params->dmabuf.account);
		free(params);
	}
}
