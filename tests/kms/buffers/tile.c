#include "buffers.h"
#include "case.h"
#include "presentation-time-client-protocol.h"

/* In the lower right of the screen, where the job puts the pointer. */
#define CORNER 8
/* As few as there can be: each is given back, and drawn into again, in every third frame. */
#define BUFFERS 2
#define RELEASE_MS 2000

static bool is_corner(const struct screen *screen, uint32_t x, uint32_t y) {
	return x + CORNER >= screen->width && y + CORNER >= screen->height;
}

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

/* Fences by the way that the cell wants, and what is needed to say what its colours are. */
static const char *speak(struct tile *tile, struct connection *conn, bool in_shm) {
	const struct cell *cell = tile->cell;
	const char *why;
	if (in_shm && cell->sync != SYNC_IMPLICIT) {
		return "shared memory has no fences";
	}
	if (!sync_init(&tile->sync, conn, tile->surface, cell->sync, NULL)) {
		return tile->sync.why;
	}
	const struct look_options look = {.has_color = latch_format_is_ycbcr(cell->fourcc)};
	return look_init(&tile->look, conn, tile->surface, &look, &why) ? NULL : why;
}

/* Why nothing was tried, or nothing of what was tried has worked. */
static const char *explain(const struct tile *tile, const struct attempt *attempt) {
	const struct feedback_content *content = &tile->feedback.current;
	uint32_t fourcc = tile->cell->fourcc;
	if (attempt->why != NULL) {
		return attempt->why;
	}
	if (kms_format_set_get(&attempt->canvas->drawable, fourcc) == NULL) {
		return attempt->canvas->kind == CANVAS_GPU ? "GL does not draw this format"
							   : "the CPU does not draw this format";
	}
	for (size_t i = 0; i < content->num_tranches; i++) {
		if (kms_format_set_get(&content->tranches[i].formats, fourcc) != NULL) {
			return "it can't be made with a modifier that is offered";
		}
	}
	return attempt->canvas->kind == CANVAS_SHM ? "the client shares XRGB8888 only"
						   : "the compositor does not offer the format";
}

void tile_init(struct tile *tile, struct connection *conn, struct canvas *canvas) {
	struct cell *cell = tile->cell;
	bool in_shm = canvas->kind == CANVAS_SHM;
	const char *why = speak(tile, conn, in_shm);
	CHECK(presentation_init(&tile->presentation, conn), "out of memory");
	tile->presentation.answered = answered;
	tile->presentation.data = tile;
	if (why == NULL && !feedback_init(&tile->feedback, conn, tile->surface, in_shm)) {
		why = "the feedback does not come";
	}
	if (why == NULL) {
		struct attempt attempt = {.tile = tile, .conn = conn, .canvas = canvas};
		const struct plan_wish wish = {.fourcc = cell->fourcc};
		plan_try(tile->feedback.current.tranches, tile->feedback.current.num_tranches,
			&canvas->drawable, &wish, take_step, &attempt);
		why = tile->ring == NULL ? explain(tile, &attempt) : NULL;
	}
	cell->unavailable = why != NULL;
	snprintf(cell->why, sizeof(cell->why), "%s", why != NULL ? why : "");
}

void tile_finish(struct tile *tile) {
	presentation_finish(&tile->presentation);
	ring_destroy(tile->ring);
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

/* Waits for releases, too. */
static struct ring_buffer *next_buffer(struct tile *tile) {
	int64_t end_ns = latch_now_ns() + RELEASE_MS * MS;
	struct ring_buffer *buffer;
	bool connected = true;
	while ((buffer = ring_free_buffer(tile->ring)) == NULL && connected &&
		latch_now_ns() < end_ns) {
		struct pollfd fds[1 + BUFFERS];
		nfds_t len = ring_add_fds(tile->ring, &fds[1], BUFFERS);
		connected = connection_poll(tile->presentation.conn, fds, 1 + len, end_ns);
		ring_handle_fds(tile->ring, &fds[1], len);
	}
	return buffer;
}

bool tile_commit(struct tile *tile, uint32_t frame, int fence) {
	struct ring_buffer *buffer = next_buffer(tile);
	if (buffer == NULL) {
		snprintf(tile->cell->fault, TEXT_MAX, "no buffer is given back");
		return false;
	}
	int drawn = canvas_draw(tile->ring->canvas, &buffer->picture, frame);
	if (drawn < 0 && fence >= 0 && tile->ring->canvas->kind != CANVAS_SHM) {
		drawn = fcntl(fence, F_DUPFD_CLOEXEC, 0);
	}
	wl_surface_attach(tile->surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(tile->surface, 0, 0, INT32_MAX, INT32_MAX);
	if (!sync_slot_commit(&buffer->slot, drawn)) {
		snprintf(tile->cell->fault, TEXT_MAX, "the fence can't be passed");
		return false;
	}
	presentation_watch(&tile->presentation, tile->surface, latch_now_ns());
	wl_surface_commit(tile->surface);
	return true;
}

void tile_compare(struct tile *tile, const struct screen *screen, uint32_t frame) {
	struct cell *cell = tile->cell;
	const uint32_t *drawn = reference_draw(cell->fourcc, tile->width, tile->height, frame);
	int limit = reference_tolerance(cell->fourcc, tile->ring->canvas->kind == CANVAS_GPU);
	CHECK((uint32_t)tile->x + tile->width <= screen->width &&
			(uint32_t)tile->y + tile->height <= screen->height,
		"the picture is too small");
	for (uint32_t row = tile->covered ? COVER_HEIGHT : 0; row < tile->height; row++) {
		for (uint32_t column = 0; column < tile->width; column++) {
			uint32_t x = (uint32_t)tile->x + column, y = (uint32_t)tile->y + row;
			uint32_t is = screen_get(screen, (int)x, (int)y);
			uint32_t wanted = drawn[(size_t)row * tile->width + column];
			if (is == wanted || is_corner(screen, x, y)) {
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
