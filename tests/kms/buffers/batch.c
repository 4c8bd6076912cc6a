/* SPDX-License-Identifier: MIT */
/*
 * Windows of several cells at once: on the tiles of a grid over a fullscreen window, or, where only
 * a whole screen can be on a plane, one in its place. Each frame's fence signals when the whole of
 * it was committed, so that whoever shows a buffer without a wait shows it too early; the trace
 * tells.
 */
#include <sys/stat.h>

#include "buffers.h"
#include "case.h"
#include "clients/common/vgem.h"
#include "clients/common/window.h"

#define COLUMNS 8
#define MAX_TILES 32
/* A window goes to a plane beside what is composed when it has kept its shape for some frames; at
 * once when nothing is. */
#define MIN_FRAMES 3
#define MAX_FRAMES 9
#define ANSWER_MS 5000

/* A surface with one colour. */
struct plain {
	struct canvas canvas;
	struct sync sync;
	struct ring *ring;
};

static struct {
	struct connection conn;
	const struct allocator *allocator;
	struct canvas canvas;
	/* One for each window of a batch: a node captures in one format at a time. */
	struct device_list cameras;
	int vgem;
	int overlays;
	uint32_t width, height; /* of the screen */

	struct window window;
	struct tile tiles[MAX_TILES];
	unsigned len;
	/* Behind the tiles, and above some of them. */
	struct plain base, cover;
	struct wl_surface *cover_surface;
	struct wl_subsurface *cover_subsurface;
} show;

static void plain_init(struct plain *plain, enum canvas_kind kind, uint32_t colour, uint32_t width,
	uint32_t height) {
	const struct scene_options options = {.picture = PICTURE_SOLID, .solid = colour};
	const struct plan_step step = {.fourcc = fourcc_parse("XRGB8888"), .num_modifiers = 1};
	const char *why;
	*plain = (struct plain){.sync = {.mode = SYNC_IMPLICIT, .node_fd = -1}};
	CHECK(canvas_init(&plain->canvas, kind, "", &options, &why), "%s", why);
	plain->ring = ring_create(
		&show.conn, &plain->canvas, &plain->sync, &step, width, height, 1, &why);
	CHECK(plain->ring != NULL, "the base: %s", why);
	canvas_draw(&plain->canvas, &plain->ring->buffers[0].picture, 0);
}

static void plain_finish(struct plain *plain) {
	ring_destroy(plain->ring);
	if (plain->ring != NULL) {
		canvas_finish(&plain->canvas);
	}
	*plain = (struct plain){0};
}

/* The job names them in LATCH_CAMERAS, parted by spaces. */
static const char *find_cameras(void) {
	static char names[1024];
	const char *told = getenv("LATCH_CAMERAS");
	snprintf(names, sizeof(names), "%s", told != NULL ? told : "");
	for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " ")) {
		device_list_add(&show.cameras, name);
	}
	return show.cameras.len > 0 ? NULL : "no device";
}

static const char *start_vulkan(void) {
	const struct device_list none = {0};
	const struct vulkan_wish wish = {.devices = &none, .any = true, .memory = CANVAS_VULKAN};
	const char *why = "there is no Vulkan";
	return vulkan_api != NULL && canvas_init_vulkan(&show.canvas, &wish, &why) ? NULL : why;
}

/* Dumb buffers and GBM's are the display's own. */
static const char *start_canvas(enum canvas_kind kind, const char *path) {
	static const struct scene_options card = {.picture = PICTURE_PATTERN};
	static struct device_list devices;
	struct stat node;
	const char *why = "no device";
	if (kind == CANVAS_HEAP && access(path, F_OK) != 0) {
		return "the kernel has no such heap";
	}
	if (kind == CANVAS_VULKAN) {
		return start_vulkan();
	}
	if (path != NULL) {
		device_list_add(&devices, path);
	} else if (stat(getenv("LATCH_DEVICE"), &node) == 0) {
		device_list_add_devid(&devices, node.st_rdev, kind == CANVAS_DUMB);
	}
	for (size_t i = 0; i < devices.len; i++) {
		if (canvas_init(&show.canvas, kind, devices.paths[i], &card, &why)) {
			return NULL;
		}
		canvas_finish(&show.canvas);
	}
	return why;
}

const char *batch_start(const struct allocator *allocator) {
	CHECK(connection_open(&show.conn, CONNECTION_DMABUF), "no compositor");
	show.vgem = vgem_open();
	CHECK(show.vgem >= 0, "no vgem device");
	struct places places = places_ask();
	show.overlays = places.overlays;
	places_finish(&places);
	show.allocator = allocator;
	return allocator->camera ? find_cameras() : start_canvas(allocator->kind, allocator->path);
}

void batch_stop(void) {
	canvas_finish(&show.canvas);
	connection_finish(&show.conn);
	latch_fd_clear(&show.vgem);
}

static void wait_until_configured(void) {
	int64_t end_ns = latch_now_ns() + ANSWER_MS * MS;
	struct pollfd fd;
	while (!show.window.configured && latch_now_ns() < end_ns) {
		CHECK(connection_poll(&show.conn, &fd, 1, end_ns), "the connection broke");
	}
	CHECK(show.window.configured, "the window is not configured");
	window_ack(&show.window);
}

static struct tile *add_tile(struct cell *cell, unsigned column, unsigned row) {
	struct tile *tile = &show.tiles[show.len++];
	*tile = (struct tile){.cell = cell, .width = TILE_WIDTH, .height = TILE_HEIGHT};
	tile->x = 8 + (int)column * (TILE_WIDTH + 12);
	tile->y = 8 + (int)row * (TILE_HEIGHT + 8);
	tile->surface = wl_compositor_create_surface(show.conn.compositor);
	tile->subsurface = wl_subcompositor_get_subsurface(
		show.conn.subcompositor, tile->surface, show.window.surface);
	wl_subsurface_set_position(tile->subsurface, tile->x, tile->y);
	wl_subsurface_set_desync(tile->subsurface);
	return tile;
}

/* Something in shared memory over the first rows of the first row of tiles. */
static void add_cover(void) {
	plain_init(&show.cover, CANVAS_SHM, 0x808080, show.width - 16, COVER_HEIGHT);
	show.cover_surface = wl_compositor_create_surface(show.conn.compositor);
	show.cover_subsurface = wl_subcompositor_get_subsurface(
		show.conn.subcompositor, show.cover_surface, show.window.surface);
	wl_subsurface_set_position(show.cover_subsurface, 8, 8);
	wl_subsurface_set_desync(show.cover_subsurface);
	wl_surface_attach(show.cover_surface, show.cover.ring->buffers[0].wl_buffer, 0, 0);
	wl_surface_commit(show.cover_surface);
}

static void make_tiles(struct cell *cells, unsigned len) {
	enum placement placement = cells[0].placement;
	if (placement == PLACE_PLANE && show.overlays == 0) {
		struct tile *tile = &show.tiles[show.len++];
		*tile = (struct tile){.cell = cells, .surface = show.window.surface};
		tile->width = show.width;
		tile->height = show.height;
		return;
	}
	for (unsigned i = 0; i < len; i++) {
		unsigned row = i / COLUMNS;
		struct tile *first = add_tile(&cells[i], i % COLUMNS, row);
		if (placement == PLACE_MIXED) {
			first->covered = true;
			add_tile(&cells[i], i % COLUMNS, row + 1);
		}
	}
}

/* The base comes last: it brings the others' places. */
static void show_base(enum placement placement) {
	if (show.tiles[0].subsurface == NULL) {
		return;
	}
	if (placement == PLACE_MIXED) {
		add_cover();
	}
	plain_init(&show.base, placement == PLACE_PLANE ? CANVAS_UDMABUF : CANVAS_SHM, 0x203040,
		show.width, show.height);
	window_attach(&show.window, &show.conn, show.base.ring->buffers[0].wl_buffer);
	wl_surface_commit(show.window.surface);
}

static bool is_answered(void) {
	for (unsigned i = 0; i < show.len; i++) {
		if (show.tiles[i].presentation.num_pending > 0) {
			return false;
		}
	}
	return true;
}

static bool has_settled(enum placement placement) {
	bool settled = true;
	for (unsigned i = 0; i < show.len; i++) {
		const struct tile *tile = &show.tiles[i];
		bool wanted = placement != PLACE_COMPOSED && !tile->covered;
		settled = settled && (tile->ring == NULL || tile->zero_copy == wanted);
	}
	return settled;
}

static uint32_t frame_of(unsigned tile, uint32_t round) {
	return round + MAX_FRAMES * tile;
}

/* One frame of each, whose fences signal when all are committed. */
static void show_frame(uint32_t round, enum placement placement) {
	uint32_t late;
	int fence = vgem_create_fence(show.vgem, &late);
	CHECK(fence >= 0, "vgem makes no fence");
	for (unsigned i = 0; i < show.len; i++) {
		struct tile *tile = &show.tiles[i];
		if (tile->ring != NULL && tile->cell->fault[0] == '\0') {
			tile_commit(tile, frame_of(i, round), fence);
		}
	}
	if (round == 0) {
		show_base(placement);
	}
	CHECK(wl_display_roundtrip(show.conn.display) >= 0, "the connection broke");
	vgem_signal_fence(show.vgem, late);
	latch_fd_clear(&fence);
	int64_t end_ns = latch_now_ns() + ANSWER_MS * MS;
	struct pollfd fd;
	while (!is_answered() && latch_now_ns() < end_ns) {
		CHECK(connection_poll(&show.conn, &fd, 1, end_ns), "the connection broke");
	}
}

static uint32_t animate(enum placement placement) {
	uint32_t round = 0;
	do {
		show_frame(round++, placement);
	} while (round < MIN_FRAMES || (show.tiles[0].subsurface != NULL && round < MAX_FRAMES &&
					       !has_settled(placement)));
	return round - 1;
}

static void look(uint32_t round) {
	struct screen screen = screen_take();
	struct places places = places_ask();
	for (unsigned i = 0; i < show.len; i++) {
		struct tile *tile = &show.tiles[i];
		char reasons[TEXT_MAX];
		if (tile->ring == NULL) {
			continue;
		}
		bool on_plane = places_on_plane(&places, tile, reasons);
		tile_compare(tile, &screen, frame_of(i, round));
		if (on_plane != tile->zero_copy || tile->discarded) {
			snprintf(tile->cell->fault, TEXT_MAX, "%s",
				tile->discarded ? "a frame was not shown"
						: "latchctl and the client don't agree");
		}
		if (!tile->covered) {
			tile->cell->on_plane = on_plane;
		} else if (on_plane) {
			snprintf(tile->cell->fault, TEXT_MAX, "on a plane though it is covered");
		}
		if (reasons[0] != '\0') {
			snprintf(tile->cell->reasons, TEXT_MAX, "%s", reasons);
		}
	}
	places_finish(&places);
	free(screen.pixels);
}

static bool all_idle(void) {
	bool idle = true;
	for (unsigned i = 0; i < show.len; i++) {
		idle = idle && (show.tiles[i].ring == NULL || ring_idle(show.tiles[i].ring));
	}
	return idle;
}

/* Every buffer comes back. */
static void take_back(void) {
	int64_t end_ns = latch_now_ns() + ANSWER_MS * MS;
	for (unsigned i = 0; i < show.len; i++) {
		tile_hide(&show.tiles[i]);
	}
	while (!all_idle() && latch_now_ns() < end_ns) {
		struct pollfd fds[1 + 2 * MAX_TILES];
		nfds_t len = 1;
		for (unsigned i = 0; i < show.len; i++) {
			len += show.tiles[i].ring == NULL
				       ? 0
				       : ring_add_fds(show.tiles[i].ring, &fds[len], 2);
		}
		CHECK(connection_poll(&show.conn, fds, len, end_ns), "the connection broke");
		for (unsigned i = 0; i < show.len; i++) {
			if (show.tiles[i].ring != NULL) {
				ring_handle_fds(show.tiles[i].ring, &fds[1], len - 1);
			}
		}
	}
	for (unsigned i = 0; i < show.len; i++) {
		struct tile *tile = &show.tiles[i];
		if (tile->ring != NULL && !ring_idle(tile->ring)) {
			snprintf(tile->cell->fault, TEXT_MAX, "a buffer is not given back");
		}
	}
}

static void finish_batch(void) {
	while (show.len > 0) {
		tile_finish(&show.tiles[--show.len]);
	}
	if (show.cover_subsurface != NULL) {
		wl_subsurface_destroy(show.cover_subsurface);
		wl_surface_destroy(show.cover_surface);
		show.cover_subsurface = NULL;
	}
	window_finish(&show.window);
	plain_finish(&show.cover);
	plain_finish(&show.base);
	wl_display_roundtrip(show.conn.display);
}

void batch_run(struct cell *cells, unsigned len) {
	CHECK(window_init(&show.window, &show.conn, "buffers", 640, 480, true), "out of memory");
	wait_until_configured();
	show.width = show.window.width;
	show.height = show.window.height;
	make_tiles(cells, len);
	bool any = false;
	for (unsigned i = 0; i < show.len; i++) {
		if (show.allocator->camera) {
			tile_init_camera(&show.tiles[i], &show.conn, show.cameras.paths[i],
				show.allocator->apart);
		} else {
			tile_init(&show.tiles[i], &show.conn, &show.canvas);
		}
		any = any || show.tiles[i].ring != NULL;
	}
	if (any) {
		uint32_t round = animate(cells[0].placement);
		look(round);
		take_back();
	}
	finish_batch();
}

static unsigned max_cells(enum placement placement) {
	if (placement == PLACE_MIXED && show.overlays == 0) {
		return 0;
	}
	if (placement == PLACE_COMPOSED) {
		return MAX_TILES;
	}
	if (show.overlays < 2) {
		return 1;
	}
	/* A plane is left for what is covered, so that it is not for want of one that it isn't on
	 * it. */
	unsigned planes = (unsigned)show.overlays - (placement == PLACE_MIXED);
	return planes < COLUMNS ? planes : COLUMNS;
}

unsigned batch_size(enum placement placement) {
	const unsigned most = max_cells(placement);
	const unsigned cameras =
		(unsigned)show.cameras.len / (placement == PLACE_MIXED ? 2 : 1);
	return show.allocator->camera && cameras < most ? cameras : most;
}
