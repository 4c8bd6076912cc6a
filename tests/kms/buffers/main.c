/* SPDX-License-Identifier: MIT */
/*
 * kms-buffers PLACEMENT ALLOCATOR [FORMAT...]   shows each cell of the matrix that is so placed and
 *                                               so allocated, and prints what came of it, JSON, one
 *                                               object a line
 *
 * PLACEMENT is plane, composed (latch runs with --no-scanout) or mixed. As many cells as there are
 * planes for are on the screen at once.
 */
#include <yyjson.h>

#include "buffers.h"
#include "case.h"

#define MAX_CELLS 64

static const char *const placement_names[] = {
	[PLACE_PLANE] = "plane", [PLACE_COMPOSED] = "composed", [PLACE_MIXED] = "mixed", NULL};

static const struct allocator allocators[] = {
	{.name = "gbm", .kind = CANVAS_GPU},
	{.name = "vulkan", .kind = CANVAS_VULKAN, .path = ""},
	{.name = "dumb", .kind = CANVAS_DUMB},
	{.name = "vgem", .kind = CANVAS_VGEM, .path = ""},
	{.name = "udmabuf", .kind = CANVAS_UDMABUF, .path = ""},
	{.name = "heap-system", .kind = CANVAS_HEAP, .path = "/dev/dma_heap/system"},
	{.name = "heap-cma", .kind = CANVAS_HEAP, .path = "/dev/dma_heap/default_cma_region"},
	{.name = "v4l2", .camera = true},
	{.name = "v4l2-apart", .camera = true, .apart = true},
	{.name = "wl_shm", .kind = CANVAS_SHM, .path = ""},
};

/* What vkms shows on no plane comes last: the first batches need fewer frames so. */
static const char *const formats[] = {"XRGB8888", "ARGB8888", "XBGR8888", "RGB565", "XBGR16161616",
	"NV12", "P010", "YUV420", "YUV444", "YUYV", "XRGB2101010"};

static const enum sync_mode syncs[] = {SYNC_IMPLICIT, SYNC_FILE, SYNC_SYNCOBJ};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

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

static void run(size_t allocator, struct cell *cells, unsigned len) {
	enum placement placement = cells[0].placement;
	const char *why = batch_start(&allocators[allocator]);
	unsigned size = batch_size(placement);
	if (why == NULL && size == 0) {
		why = "the display has one plane";
	}
	for (unsigned i = 0; why != NULL && i < len; i++) {
		cells[i].unavailable = true;
		snprintf(cells[i].why, TEXT_MAX, "%s", why);
	}
	for (unsigned i = 0; why == NULL && i < len; i += size) {
		batch_run(&cells[i], len - i < size ? len - i : size);
	}
	for (unsigned i = 0; i < len; i++) {
		print_cell(&cells[i], allocator);
	}
	batch_stop();
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
	run(allocator, cells, len);
	return 0;
}
