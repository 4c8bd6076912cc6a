#include "ring.h"

#include <stdlib.h>

#include "linux-dmabuf-v1-client-protocol.h"

/* What the compositor says to one buffer that it is offered. */
struct offer {
	struct ring_buffer *buffer;
	struct zwp_linux_buffer_params_v1 *params;
	bool answered;
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	struct offer *offer = data;
	offer->buffer->wl_buffer = wl_buffer;
	offer->answered = true;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct offer *offer = data;
	offer->answered = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static bool make_offer(struct offer *offer, struct zwp_linux_dmabuf_v1 *dmabuf) {
	offer->params = zwp_linux_dmabuf_v1_create_params(dmabuf);
	if (!offer->params) {
		return false;
	}
	zwp_linux_buffer_params_v1_add_listener(offer->params, &params_listener, offer);
	const struct dmabuf *buf = &offer->buffer->dmabuf;
	for (int i = 0; i < buf->num_planes; i++) {
		zwp_linux_buffer_params_v1_add(offer->params, buf->planes[i].fd, (uint32_t)i,
			buf->planes[i].offset, buf->planes[i].stride,
			(uint32_t)(buf->modifier >> 32), (uint32_t)(buf->modifier & UINT32_MAX));
	}
	/* `create` and not `create_immed`: a refusal is then an answer and not the client's end. */
	zwp_linux_buffer_params_v1_create(
		offer->params, (int32_t)buf->width, (int32_t)buf->height, buf->fourcc, 0);
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

	struct offer *offers = calloc((size_t)ring->num_buffers, sizeof(*offers));
	bool ok = offers != NULL;
	for (int i = 0; ok && i < ring->num_buffers; i++) {
		offers[i].buffer = &ring->buffers[i];
		ok = make_offer(&offers[i], dmabuf);
	}
	for (int i = 0; ok && i < ring->num_buffers; i++) {
		while (ok && !offers[i].answered) {
			ok = wl_display_dispatch_queue(conn->display, queue) >= 0;
		}
		ok = ok && ring->buffers[i].wl_buffer;
	}
	for (int i = 0; offers && i < ring->num_buffers; i++) {
		if (ring->buffers[i].wl_buffer) {
			wl_proxy_set_queue((struct wl_proxy *)ring->buffers[i].wl_buffer, NULL);
		}
		if (offers[i].params) {
			zwp_linux_buffer_params_v1_destroy(offers[i].params);
		}
	}
	free(offers);
	wl_proxy_wrapper_destroy(dmabuf);
	wl_event_queue_destroy(queue);
	return ok;
}

/* As offer_all(), but a wl_shm_pool can't be refused. */
static bool share_all(struct ring *ring, struct connection *conn) {
	for (int i = 0; i < ring->num_buffers; i++) {
		const struct dmabuf *buf = &ring->buffers[i].dmabuf;
		struct wl_shm_pool *pool = wl_shm_create_pool(
			conn->shm, buf->planes[0].fd, (int32_t)buf->pieces[0].size);
		ring->buffers[i].wl_buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)buf->width,
			(int32_t)buf->height, (int32_t)buf->planes[0].stride,
			WL_SHM_FORMAT_XRGB8888);
		wl_shm_pool_destroy(pool);
	}
	return true;
}

struct ring *ring_create(struct connection *conn, struct canvas *canvas, struct sync *sync,
	const struct plan_step *step, uint32_t width, uint32_t height, int num_buffers,
	const char **why) {
	*why = "out of memory";
	struct ring *ring = calloc(1, sizeof(*ring));
	if (!ring) {
		return NULL;
	}
	*ring = (struct ring){.canvas = canvas};
	wl_list_init(&ring->link);
	ring->buffers = calloc((size_t)num_buffers, sizeof(*ring->buffers));
	if (!ring->buffers) {
		goto error;
	}
	ring->num_buffers = num_buffers;
	if (!plan_step_copy(&ring->step, step)) {
		goto error;
	}
	for (int i = 0; i < num_buffers; i++) {
		struct ring_buffer *buffer = &ring->buffers[i];
		if (!canvas_create_buffer(canvas, step, width, height, &buffer->dmabuf)) {
			*why = "can't be allocated";
			goto error;
		}
		buffer->has_memory = true;
		if (!canvas_target_init(canvas, &buffer->target, &buffer->dmabuf)) {
			*why = "can't be drawn into";
			goto error;
		}
	}
	if (canvas->kind == CANVAS_SHM ? !share_all(ring, conn) : !offer_all(ring, conn)) {
		*why = "refused by the compositor";
		goto error;
	}
	for (int i = 0; i < num_buffers; i++) {
		struct ring_buffer *buffer = &ring->buffers[i];
		if (!sync_slot_init(&buffer->slot, sync, buffer->wl_buffer, &buffer->dmabuf)) {
			*why = "no timeline can be made for it";
			goto error;
		}
	}
	return ring;

error:
	ring_destroy(ring);
	return NULL;
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
		canvas_target_finish(ring->canvas, &buffer->target);
		if (buffer->has_memory) {
			canvas_destroy_buffer(&buffer->dmabuf);
		}
	}
	plan_step_finish(&ring->step);
	free(ring->buffers);
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
