/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <stdlib.h>

#include "linux-dmabuf-v1-client-protocol.h"

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct ring_buffer *buffer = data;
	zwp_linux_buffer_params_v1_destroy(params);
	buffer->params = NULL;
}

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	struct ring_buffer *buffer = data;
	wl_proxy_set_queue((struct wl_proxy *)wl_buffer, NULL);
	buffer->wl_buffer = wl_buffer;
	handle_failed(data, params);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static bool offer(struct ring_buffer *buffer, struct zwp_linux_dmabuf_v1 *dmabuf) {
	buffer->params = zwp_linux_dmabuf_v1_create_params(dmabuf);
	if (!buffer->params) {
		return false;
	}
	zwp_linux_buffer_params_v1_add_listener(buffer->params, &params_listener, buffer);
	const struct dmabuf *buf = &buffer->picture.dmabuf;
	for (int i = 0; i < buf->num_planes; i++) {
		zwp_linux_buffer_params_v1_add(buffer->params, buf->planes[i].fd, (uint32_t)i,
			buf->planes[i].offset, buf->planes[i].stride,
			(uint32_t)(buf->modifier >> 32), (uint32_t)(buf->modifier & UINT32_MAX));
	}
	/* `create` and not `create_immed`: a refusal is then an answer and not the client's end. */
	zwp_linux_buffer_params_v1_create(
		buffer->params, (int32_t)buf->width, (int32_t)buf->height, buf->fourcc, 0);
	return true;
}

static bool offer_all(struct ring *ring, struct connection *conn) {
	struct wl_event_queue *queue = wl_display_create_queue(conn->display);
	if (!queue) {
		return false;
	}
	struct zwp_linux_dmabuf_v1 *dmabuf = wl_proxy_create_wrapper(conn->dmabuf);
	if (!dmabuf) {
		wl_event_queue_destroy(queue);
		return false;
	}
	wl_proxy_set_queue((struct wl_proxy *)dmabuf, queue);

	bool ok = true;
	for (int i = 0; ok && i < ring->num_buffers; i++) {
		ok = offer(&ring->buffers[i], dmabuf);
	}
	for (int i = 0; i < ring->num_buffers; i++) {
		struct ring_buffer *buffer = &ring->buffers[i];
		while (ok && buffer->params) {
			ok = wl_display_dispatch_queue(conn->display, queue) >= 0;
		}
		ok = ok && buffer->wl_buffer;
		if (buffer->params) {
			zwp_linux_buffer_params_v1_destroy(buffer->params);
		}
	}
	wl_proxy_wrapper_destroy(dmabuf);
	wl_event_queue_destroy(queue);
	return ok;
}

/* As offer_all(), but a wl_shm_pool can't be refused. */
static bool share_all(struct ring *ring, struct connection *conn) {
	for (int i = 0; i < ring->num_buffers; i++) {
		const struct dmabuf *buf = &ring->buffers[i].picture.dmabuf;
		struct wl_shm_pool *pool = wl_shm_create_pool(
			conn->shm, buf->planes[0].fd, (int32_t)buf->pieces[0].size);
		ring->buffers[i].wl_buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)buf->width,
			(int32_t)buf->height, (int32_t)buf->planes[0].stride,
			WL_SHM_FORMAT_XRGB8888);
		wl_shm_pool_destroy(pool);
	}
	return true;
}

/* Says how it is told that the buffer is drawn, and released. */
static bool init_slot(struct ring_buffer *buffer, struct canvas *canvas, struct sync *sync,
	const char **why) {
	int timeline = -1;
	*why = "no timeline can be made for it";
	if (sync->renderer_timelines) {
		timeline = canvas_export_timeline(canvas, &buffer->picture, SYNC_FIRST_POINT, why);
		if (timeline < 0) {
			return false;
		}
		*why = "the renderer's timelines are no DRM syncobjs";
	}
	bool ok = sync_slot_init(
		&buffer->slot, sync, buffer->wl_buffer, &buffer->picture.dmabuf, timeline);
	latch_fd_clear(&timeline);
	return ok;
}

static struct ring *ring_alloc(int num_buffers) {
	struct ring *ring =
		calloc(1, sizeof(*ring) + (size_t)num_buffers * sizeof(ring->buffers[0]));
	if (ring) {
		ring->num_buffers = num_buffers;
		wl_list_init(&ring->link);
	}
	return ring;
}

/* Makes protocol objects and fences for the pictures. */
static bool introduce(
	struct ring *ring, struct connection *conn, struct sync *sync, const char **why) {
	bool in_shm = ring->canvas && ring->canvas->kind == CANVAS_SHM;
	if (in_shm ? !share_all(ring, conn) : !offer_all(ring, conn)) {
		*why = "refused by the compositor";
		return false;
	}
	for (int i = 0; i < ring->num_buffers; i++) {
		if (!init_slot(&ring->buffers[i], ring->canvas, sync, why)) {
			return false;
		}
	}
	return true;
}

struct ring *ring_create(struct connection *conn, struct canvas *canvas, struct sync *sync,
	const struct plan_step *step, uint32_t width, uint32_t height, int num_buffers,
	const char **why) {
	*why = "out of memory";
	struct ring *ring = ring_alloc(num_buffers);
	if (!ring) {
		return NULL;
	}
	ring->canvas = canvas;
	ring->step = *step;
	bool ok = true;
	for (int i = 0; i < num_buffers && ok; i++) {
		ok = canvas_create_buffer(
			canvas, step, width, height, &ring->buffers[i].picture, why);
	}
	if (ok && introduce(ring, conn, sync, why)) {
		return ring;
	}
	ring_destroy(ring);
	return NULL;
}

struct ring *ring_adopt(struct connection *conn, struct sync *sync, struct dmabuf *dmabufs,
	int num_buffers, const char **why) {
	*why = "out of memory";
	struct ring *ring = ring_alloc(num_buffers);
	if (!ring) {
		return NULL;
	}
	for (int i = 0; i < num_buffers; i++) {
		ring->buffers[i].picture.dmabuf = dmabufs[i];
	}
	bool ok = introduce(ring, conn, sync, why);
	for (int i = 0; i < num_buffers; i++) {
		*(ok ? &dmabufs[i] : &ring->buffers[i].picture.dmabuf) = (struct dmabuf){0};
	}
	if (!ok) {
		ring_destroy(ring);
		return NULL;
	}
	return ring;
}

void ring_destroy(struct ring *ring) {
	if (!ring) {
		return;
	}
	wl_list_remove(&ring->link);
	for (int i = 0; i < ring->num_buffers; i++) {
		struct ring_buffer *buffer = &ring->buffers[i];
		sync_slot_finish(&buffer->slot);
		if (buffer->wl_buffer) {
			wl_buffer_destroy(buffer->wl_buffer);
		}
		if (ring->canvas) {
			canvas_destroy_buffer(ring->canvas, &buffer->picture);
		} else {
			dmabuf_finish(&buffer->picture.dmabuf);
		}
	}
	free(ring);
}

struct ring_buffer *ring_free_buffer(struct ring *ring) {
	/* In turn, so that a buffer rests as long as it can before it is drawn into again. */
	for (int i = 0; i < ring->num_buffers; i++) {
		int index = (ring->next + i) % ring->num_buffers;
		if (!ring->buffers[index].slot.busy) {
			ring->next = (index + 1) % ring->num_buffers;
			return &ring->buffers[index];
		}
	}
	return NULL;
}

bool ring_idle(const struct ring *ring) {
	for (int i = 0; i < ring->num_buffers; i++) {
		if (ring->buffers[i].slot.busy) {
			return false;
		}
	}
	return true;
}

nfds_t ring_add_fds(const struct ring *ring, struct pollfd *fds, nfds_t max) {
	nfds_t num = 0;
	for (int i = 0; i < ring->num_buffers && num < max; i++) {
		if (ring->buffers[i].slot.release_fd >= 0) {
			fds[num++] = (struct pollfd){
				.fd = ring->buffers[i].slot.release_fd,
				.events = POLLIN,
			};
		}
	}
	return num;
}

void ring_handle_fds(struct ring *ring, const struct pollfd *fds, nfds_t num) {
	for (nfds_t n = 0; n < num; n++) {
		for (int i = 0; fds[n].revents && i < ring->num_buffers; i++) {
			if (ring->buffers[i].slot.release_fd == fds[n].fd) {
				sync_slot_released(&ring->buffers[i].slot);
			}
		}
	}
}
