/*
 * kms-buffers PLACEMENT ALLOCATOR [FORMAT...]   shows each cell of the matrix that is so placed and
 *                                               so allocated, and prints what came of it, JSON, one
 *                                               object a line
 *
 * PLACEMENT is plane, composed (latch runs with --no-scanout) or mixed. As many cells as there are
 * planes are on the screen at once, on the tiles of a grid; where only a whole screen can be on a
 * plane, it is one. Each frame's fence signals when the whole of it was committed, so that whoever
 * shows a buffer without a wait shows it too early; the trace tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yyjson.h>

#include "buffers.h"
#include "case.h"
#include "clients/common/vgem.h"
#include "clients/common/window.h"

#define COLUMNS 8
#define MAX_TILES 32
#define MAX_CELLS 64
/* A window goes to a plane beside what is composed when it has kept its shape for some frames; at once
 * when nothing is. */
#define MIN_FRAMES 3
#define MAX_FRAMES 9
#define ANSWER_MS 5000

static const char *const placement_names[] = {
	[PLACE_PLANE] = "plane", [PLACE_COMPOSED] = "composed", [PLACE_MIXED] = "mixed", NULL};

static const struct {
	const char *name;
	enum canvas_kind kind;
	const char *path;
} allocators[] = {{"gbm", CANVAS_GPU, NULL}, {"dumb", CANVAS_DUMB, NULL}, {"vgem", CANVAS_VGEM, ""},
	{"udmabuf", CANVAS_UDMABUF, ""}, {"heap-system", CANVAS_HEAP, "/dev/dma_heap/system"},
	{"heap-cma", CANVAS_HEAP, "/dev/dma_heap/default_cma_region"}, {"wl_shm", CANVAS_SHM, ""}};

/* What vkms shows on no plane comes last: the first batches need fewer frames so. */
static const char *const formats[] = {"XRGB8888", "ARGB8888", "XBGR8888", "RGB565", "XBGR16161616",
	"NV12", "P010", "YUV420", "YUV444", "YUYV", "XRGB2101010"};

static const enum sync_mode syncs[] = {SYNC_IMPLICIT, SYNC_FILE, SYNC_SYNCOBJ};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A surface with one colour. */
struct plain {
	struct canvas canvas;
	struct sync sync;
	struct ring *ring;
};

static struct {
	struct connection conn;
	struct canvas canvas;
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

/* Dumb buffers and GBM's are the display's own. */
static const char *start_canvas(size_t allocator) {
	static const struct scene_options card = {.picture = PICTURE_PATTERN};
	static struct device_list devices;
	struct stat node;
	const char *why = "no device", *path = allocators[allocator].path;
	enum canvas_kind kind = allocators[allocator].kind;
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

static void run_batch(struct cell *cells, unsigned len) {
	CHECK(window_init(&show.window, &show.conn, "buffers", 640, 480, true), "out of memory");
	wait_until_configured();
	show.width = show.window.width;
	show.height = show.window.height;
	make_tiles(cells, len);
	bool any = false;
	for (unsigned i = 0; i < show.len; i++) {
		tile_init(&show.tiles[i], &show.conn, &show.canvas);
		any = any || show.tiles[i].ring != NULL;
	}
	if (any) {
		uint32_t round = animate(cells[0].placement);
		look(round);
		take_back();
	}
	finish_batch();
}

static void print_cell(const struct cell *cell, size_t allocator) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	const struct latch_format *format = latch_format_find(cell->fourcc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "allocator", allocators[allocator].name);
	yyjson_mut_obj_add_str(doc, root, "format", format->name);
	yyjson_mut_obj_add_str(doc, root, "sync", sync_mode_names[cell->sync]);
	yyjson_mut_obj_add_str(doc, root, "placement", placement_names[cell->placement]);
	if (cell->unavailable) {
		yyjson_mut_obj_add_str(doc, root, "unavailable", cell->why);
	} else {
		yyjson_mut_obj_add_bool(doc, root, "on_plane", cell->on_plane);
		yyjson_mut_obj_add_str(doc, root, "reasons", cell->reasons);
		yyjson_mut_obj_add_int(doc, root, "wrong", cell->wrong);
		yyjson_mut_obj_add_int(doc, root, "most", cell->most);
		yyjson_mut_obj_add_str(doc, root, "fault", cell->fault);
	}
	char *text = yyjson_mut_write(doc, 0, NULL);
	CHECK(text != NULL, "out of memory");
	puts(text);
	free(text);
	yyjson_mut_doc_free(doc);
}

static unsigned batch_size(enum placement placement) {
	if (placement == PLACE_COMPOSED) {
		return MAX_TILES;
	}
	if (show.overlays < 2) {
		return 1;
	}
	/* A plane is left for what is covered, so that it is not for want of one that it isn't on it. */
	unsigned planes = (unsigned)show.overlays - (placement == PLACE_MIXED);
	return planes < COLUMNS ? planes : COLUMNS;
}

static void run(size_t allocator, struct cell *cells, unsigned len) {
	enum placement placement = cells[0].placement;
	const char *why = start_canvas(allocator);
	if (why == NULL && placement == PLACE_MIXED && show.overlays == 0) {
		why = "the display has one plane";
	}
	for (unsigned i = 0; why != NULL && i < len; i++) {
		cells[i].unavailable = true;
		snprintf(cells[i].why, TEXT_MAX, "%s", why);
	}
	unsigned size = batch_size(placement);
	for (unsigned i = 0; why == NULL && i < len; i += size) {
		run_batch(&cells[i], len - i < size ? len - i : size);
	}
	for (unsigned i = 0; i < len; i++) {
		print_cell(&cells[i], allocator);
	}
	canvas_finish(&show.canvas);
}

static int find(const char *name, const char *const *names) {
	int i = 0;
	while (names[i] != NULL && strcmp(names[i], name) != 0) {
		i++;
	}
	return names[i] != NULL ? i : -1;
}

int main(int argc, char **argv) {
	int placement = argc > 2 ? find(argv[1], placement_names) : -1;
	size_t allocator = 0;
	while (argc > 2 && allocator < LENGTH(allocators) &&
		strcmp(allocators[allocator].name, argv[2]) != 0) {
		allocator++;
	}
	if (placement < 0 || allocator == LENGTH(allocators)) {
		fprintf(stderr, "usage: kms-buffers plane|composed|mixed ALLOCATOR [FORMAT...]\n");
		return 2;
	}
	static struct cell cells[MAX_CELLS];
	unsigned len = 0;
	size_t names = argc > 3 ? (size_t)argc - 3 : LENGTH(formats);
	for (size_t i = 0; i < names * LENGTH(syncs); i++) {
		const char *name =
			argc > 3 ? argv[3 + i / LENGTH(syncs)] : formats[i / LENGTH(syncs)];
		cells[len++] = (struct cell){.fourcc = fourcc_parse(name),
			.sync = syncs[i % LENGTH(syncs)],
			.placement = (enum placement)placement};
		CHECK(len < MAX_CELLS && latch_format_find(cells[len - 1].fourcc) != NULL,
			"%s: no such format", name);
	}
	CHECK(connection_open(&show.conn, CONNECTION_DMABUF), "no compositor");
	show.vgem = vgem_open();
	CHECK(show.vgem >= 0, "no vgem device");
	struct places places = places_ask();
	show.overlays = places.overlays;
	places_finish(&places);
	run(allocator, cells, len);
	connection_finish(&show.conn);
	latch_fd_clear(&show.vgem);
	return 0;
}
