#include "pictures.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/util.h"

void pictures_init(struct pictures *pictures, struct client *client, bool in_shm) {
	*pictures = (struct pictures){.client = client, .in_shm = in_shm};
}

void pictures_finish(struct pictures *pictures) {
	shm_ring_destroy(pictures->shm);
	*pictures = (struct pictures){0};
}

static bool prepare_shm(struct pictures *pictures, uint32_t width, uint32_t height) {
	const struct client_options *options = &pictures->client->options;
	if (pictures->shm && pictures->shm->width == width && pictures->shm->height == height) {
		return true;
	}
	shm_ring_destroy(pictures->shm);
	pictures->shm = shm_ring_create(
		&pictures->client->conn, &options->scene, width, height, options->buffers);
	if (!pictures->shm) {
		say("no shared memory for %d buffers of %ux%u: %s", options->buffers, width, height,
			strerror(errno));
		return false;
	}
	say("%d buffers of %ux%u in shared memory, drawn by the CPU", options->buffers, width,
		height);
	return true;
}

/* A driver that signals no fence would keep us here, but not for ever. */
static void wait_for_fence(int fence) {
	if (fence >= 0) {
		poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, 1000);
	}
	fd_clear(&fence);
}

bool pictures_prepare(struct pictures *pictures) {
	struct client *client = pictures->client;
	uint32_t width, height;
	client_buffer_size(client, &width, &height);
	if (pictures->in_shm) {
		return prepare_shm(pictures, width, height);
	}
	struct client_buffers *buffers = &client->buffers;
	if (!client->feedback.changed && client_buffers_fit(buffers, width, height)) {
		return true;
	}
	uint64_t before = buffers->allocations;
	if (!client_buffers_prepare(buffers, width, height)) {
		return false;
	}
	struct ring *ring = buffers->ring;
	for (int i = 0; buffers->allocations != before && i < ring->num_buffers; i++) {
		wait_for_fence(canvas_draw(buffers->canvas, &ring->buffers[i].target,
			&ring->buffers[i].dmabuf, (uint32_t)i));
	}
	return true;
}

bool pictures_size(const struct pictures *pictures, uint32_t *width, uint32_t *height) {
	const struct ring *ring = pictures->client->buffers.ring;
	if (!pictures->shm && !ring) {
		return false;
	}
	*width = pictures->shm ? pictures->shm->width : ring->buffers[0].dmabuf.width;
	*height = pictures->shm ? pictures->shm->height : ring->buffers[0].dmabuf.height;
	return true;
}

bool pictures_free(struct pictures *pictures, struct picture_ref *picture) {
	*picture = (struct picture_ref){0};
	if (pictures->in_shm) {
		picture->shm = shm_ring_free_buffer(pictures->shm);
	} else {
		picture->dmabuf = ring_free_buffer(pictures->client->buffers.ring);
	}
	return picture->shm || picture->dmabuf;
}

bool pictures_attach(struct pictures *pictures, const struct picture_ref *picture, int fence) {
	struct client *client = pictures->client;
	look_set_size(&client->look, client->window.width, client->window.height);
	if (picture->shm) {
		window_attach(&client->window, &client->conn, picture->shm->wl_buffer);
		picture->shm->busy = true;
		return true;
	}
	window_attach(&client->window, &client->conn, picture->dmabuf->wl_buffer);
	return sync_slot_commit(&picture->dmabuf->slot, fence);
}
