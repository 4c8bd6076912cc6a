/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "buffers.h"
#include "case.h"
#include "presentation-time-client-protocol.h"

/* As few as there can be: each is given back, and drawn into again, in every third frame. */
#define BUFFERS 2
#define RELEASE_MS 2000

static void answered(void *data, int64_t commit_ns, const struct stats_frame *frame) {
	struct tile *tile = data;
	tile->discarded |= frame == NULL;
	tile->zero_copy =
		frame != NULL && (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0;
}

struct attempt {
	struct tile *tile;
	struct connection *conn;
	struct canvas *canvas;
	const char *why;
};

static bool take_step(void *data, const struct plan_step *step) {
	struct attempt *attempt = data;
	struct tile *tile = attempt->tile;
	tile->ring = ring_create(attempt->conn, attempt->canvas, &tile->sync, step, tile->width,
		tile->height, BUFFERS, &attempt->why);
	return tile->ring != NULL;
}

static bool in_shm(const struct tile *tile) {
	return tile->ring->canvas != NULL && tile->ring->canvas->kind == CANVAS_SHM;
}

/* Fences by the way that the cell wants, and what is needed to say what its colours are. */
static const char *speak(struct tile *tile, struct connection *conn, bool in_shm,
	enum pixel_encoding encoding) {
	const struct cell *cell = tile->cell;
	const char *why;
	if (in_shm && cell->sync != SYNC_IMPLICIT) {
		return "shared memory has no fences";
	}
	if (!sync_init(&tile->sync, conn, tile->surface, cell->sync, NULL)) {
		return tile->sync.why;
	}
	const struct look_options look = {
		.has_color = latch_format_is_ycbcr(cell->fourcc), .encoding = encoding};
	if (!look_init(&tile->look, conn, tile->surface, &look, &why)) {
		return why;
	}
	CHECK(presentation_init(&tile->presentation, conn), "out of memory");
	tile->presentation.answered = answered;
	tile->presentation.data = tile;
	return feedback_init(&tile->feedback, conn, tile->surface, in_shm)
		       ? NULL
		       : "the feedback does not come";
}

static bool is_offered(const struct feedback_content *content, uint32_t fourcc) {
	bool any = false;
	for (size_t i = 0; i < content->num_tranches; i++) {
		any = any || kms_format_set_get(&content->tranches[i].formats, fourcc) != NULL;
	}
	return any;
}

/* Why nothing was tried, or nothing of what was tried has worked. */
static const char *explain(const struct tile *tile, const struct attempt *attempt) {
	const struct feedback_content *content = &tile->feedback.current;
	uint32_t fourcc = tile->cell->fourcc;
	if (attempt->why != NULL) {
		return attempt->why;
	}
	if (kms_format_set_get(&attempt->canvas->drawable, fourcc) == NULL) {
		return attempt->canvas->kind == CANVAS_GPU      ? "GL does not draw this format"
		       : attempt->canvas->kind == CANVAS_VULKAN ? "Vulkan does not draw this format"
							        : "the CPU does not draw this format";
	}
	if (is_offered(content, fourcc)) {
		return "it can't be made with a modifier that is offered";
	}
	return attempt->canvas->kind == CANVAS_SHM ? "the client shares XRGB8888 only"
						   : "the compositor does not offer the format";
}

static void settle(struct cell *cell, const char *why) {
	cell->unavailable = why != NULL;
	snprintf(cell->why, sizeof(cell->why), "%s", why != NULL ? why : "");
}

void tile_init(struct tile *tile, struct connection *conn, struct canvas *canvas) {
	struct cell *cell = tile->cell;
	const char *why = speak(tile, conn, canvas->kind == CANVAS_SHM, PIXEL_BT601);
	if (why == NULL) {
		struct attempt attempt = {.tile = tile, .conn = conn, .canvas = canvas};
		const struct plan_wish wish = {.fourcc = cell->fourcc};
		plan_try(tile->feedback.current.tranches, tile->feedback.current.num_tranches,
			&canvas->drawable, &wish, take_step, &attempt);
		why = tile->ring == NULL ? explain(tile, &attempt) : NULL;
	}
	settle(cell, why);
}

/* Sets the camera to the cell's format. */
static const char *set_layout(struct tile *tile, bool apart) {
	size_t len, i = 0;
	const struct v4l2_layout *layouts = v4l2_layouts(&len);
	while (i < len && (layouts[i].fourcc != tile->cell->fourcc || layouts[i].apart != apart)) {
		i++;
	}
	if (i == len) {
		return apart ? "the client knows no V4L2 format of it in pieces"
			     : "the client knows no V4L2 format of it";
	}
	if (!camera_has(&tile->camera, layouts[i].pixelformat)) {
		return "the camera does not make this format";
	}
	const struct v4l2_pix_format *pix = &tile->camera.format.fmt.pix;
	return camera_set_layout(&tile->camera, &layouts[i], tile->width, tile->height) ==
				       CLIENT_EXIT_OK &&
			       pix->width == tile->width && pix->height == tile->height
		       ? NULL
		       : "the camera does not make this size";
}

static const char *adopt(struct tile *tile, struct connection *conn) {
	struct dmabuf dmabufs[RING_MAX_BUFFERS] = {0};
	const char *why = "the camera does not export its buffers";
	const struct feedback_content *content = &tile->feedback.current;
	uint64_t modifier = DRM_FORMAT_MOD_INVALID;
	int len;
	for (size_t i = 0; i < content->num_tranches; i++) {
		if (kms_format_set_has(&content->tranches[i].formats, tile->cell->fourcc,
			    DRM_FORMAT_MOD_LINEAR)) {
			modifier = DRM_FORMAT_MOD_LINEAR;
		}
	}
	if (camera_make_buffers(&tile->camera, modifier, BUFFERS, dmabufs, &len) ==
		CLIENT_EXIT_OK) {
		tile->ring = ring_adopt(conn, &tile->sync, dmabufs, len, &why);
	}
	for (int i = 0; i < len; i++) {
		dmabuf_finish(&dmabufs[i]);
	}
	return tile->ring != NULL && camera_start(&tile->camera) == CLIENT_EXIT_OK ? NULL : why;
}

void tile_init_camera(struct tile *tile, struct connection *conn, const char *path, bool apart) {
	enum pixel_range range;
	CHECK(camera_open(&tile->camera, path) == CLIENT_EXIT_OK, "%s can't be used", path);
	const char *why = set_layout(tile, apart);
	if (why == NULL && latch_format_is_ycbcr(tile->cell->fourcc)) {
		CHECK(v4l2_color(&tile->camera.format, &tile->encoding, &range) &&
				range == PIXEL_LIMITED,
			"the camera's colours are not known");
	}
	why = why != NULL ? why : speak(tile, conn, false, tile->encoding);
	if (why == NULL && !is_offered(&tile->feedback.current, tile->cell->fourcc)) {
		why = "the compositor does not offer the format";
	}
	settle(tile->cell, why != NULL ? why : adopt(tile, conn));
}

void tile_finish(struct tile *tile) {
	presentation_finish(&tile->presentation);
	ring_destroy(tile->ring);
	if (tile->camera.path != NULL) {
		camera_finish(&tile->camera);
	}
	look_finish(&tile->look);
	if (tile->sync.conn != NULL) {
		sync_finish(&tile->sync);
	}
	feedback_finish(&tile->feedback);
	if (tile->subsurface != NULL) {
		wl_subsurface_destroy(tile->subsurface);
		wl_surface_destroy(tile->surface);
	}
	*tile = (struct tile){0};
}

void tile_hide(struct tile *tile) {
	wl_surface_attach(tile->surface, NULL, 0, 0);
	wl_surface_commit(tile->surface);
}

/* A buffer to draw into, or one that the camera has filled. */
static struct ring_buffer *take_buffer(struct tile *tile) {
	struct camera_frame frame;
	if (tile->camera.path == NULL) {
		return ring_free_buffer(tile->ring);
	}
	camera_queue_idle(&tile->camera, tile->ring);
	int ret = camera_take(&tile->camera, &frame);
	CHECK(ret >= 0, "the camera fails: %s", strerror(-ret));
	return ret > 0 && !frame.spoilt ? &tile->ring->buffers[frame.index] : NULL;
}

/* Waits for releases, too. */
static struct ring_buffer *next_buffer(struct tile *tile) {
	int64_t end_ns = latch_now_ns() + RELEASE_MS * MS;
	struct ring_buffer *buffer;
	bool connected = true;
	while ((buffer = take_buffer(tile)) == NULL && connected && latch_now_ns() < end_ns) {
		struct pollfd fds[2 + RING_MAX_BUFFERS];
		nfds_t len = ring_add_fds(tile->ring, &fds[1], RING_MAX_BUFFERS);
		nfds_t all = 1 + len;
		if (tile->camera.path != NULL && camera_can_fill(&tile->camera)) {
			fds[all++] = (struct pollfd){.fd = tile->camera.fd, .events = POLLIN};
		}
		connected = connection_poll(tile->presentation.conn, fds, all, end_ns);
		ring_handle_fds(tile->ring, &fds[1], len);
	}
	return buffer;
}

/* Returns the fence to commit with. What a CPU draws is ready when it is said to be; Vulkan's is a
 * CPU here, too, so that the late fence can take the place of its own. */
static int draw(struct tile *tile, struct ring_buffer *buffer, uint32_t frame, int fence) {
	struct canvas *canvas = tile->ring->canvas;
	int drawn = canvas != NULL ? canvas_draw(canvas, &buffer->picture, frame) : CANVAS_DRAWN;
	if (drawn >= 0 && canvas->kind == CANVAS_VULKAN) {
		CHECK(poll(&(struct pollfd){.fd = drawn, .events = POLLIN}, 1, RELEASE_MS) == 1,
			"Vulkan does not draw");
		latch_fd_clear(&drawn);
	}
	return drawn < 0 && fence >= 0 && !in_shm(tile) ? fcntl(fence, F_DUPFD_CLOEXEC, 0) : drawn;
}

bool tile_commit(struct tile *tile, uint32_t frame, int fence) {
	struct ring_buffer *buffer = next_buffer(tile);
	if (buffer == NULL) {
		snprintf(tile->cell->fault, TEXT_MAX, "no buffer is given back");
		return false;
	}
	int drawn = draw(tile, buffer, frame, fence);
	wl_surface_attach(tile->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(tile->surface, 0, 0, INT32_MAX, INT32_MAX);
	if (!sync_slot_commit(&buffer->slot, drawn)) {
		snprintf(tile->cell->fault, TEXT_MAX, "the fence can't be passed");
		return false;
	}
	presentation_watch(&tile->presentation, tile->surface, latch_now_ns());
	wl_surface_commit(tile->surface);
	tile->shown = buffer;
	return true;
}

void tile_compare(struct tile *tile, const struct screen *screen, uint32_t frame) {
	struct cell *cell = tile->cell;
	const struct canvas *canvas = tile->ring->canvas;
	const bool by_others = canvas == NULL || canvas->kind == CANVAS_VULKAN;
	const uint32_t *drawn =
		by_others ? reference_read(&tile->shown->picture.dmabuf, tile->encoding)
			  : reference_draw(cell->fourcc, tile->width, tile->height, frame);
	int limit = reference_tolerance(cell->fourcc, canvas != NULL && canvas->kind == CANVAS_GPU);
	CHECK((uint32_t)tile->x + tile->width <= screen->width &&
			(uint32_t)tile->y + tile->height <= screen->height,
		"the picture is too small");
	for (uint32_t row = tile->covered ? COVER_HEIGHT : 0; row < tile->height; row++) {
		for (uint32_t column = 0; column < tile->width; column++) {
			uint32_t x = (uint32_t)tile->x + column, y = (uint32_t)tile->y + row;
			uint32_t is = screen_get(screen, (int)x, (int)y);
			uint32_t wanted = drawn[(size_t)row * tile->width + column];
			if (is == wanted) {
				continue;
			}
			int distance = colour_distance(is, wanted);
			cell->most = distance > cell->most ? distance : cell->most;
			if (distance > limit && cell->wrong++ == 0) {
				snprintf(cell->fault, TEXT_MAX, "%06x at %u,%u of it, not %06x", is,
					column, row, wanted);
			}
		}
	}
}
