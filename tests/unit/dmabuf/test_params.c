/* zwp_linux_buffer_params_v1 over the wire: every error, every failure, every fd. */

#include "world.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>

#define SIZE 64
#define STRIDE (SIZE * 4)
#define BYTES (SIZE * STRIDE)

#define CREATED -1
#define FAILED -2
#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name

enum file { DMABUF, MEMFD, PIPE, DIRECTORY };

struct plane {
	enum file file;
	uint32_t index, offset, stride;
	uint64_t modifier;
};

struct row {
	const char *name;
	int result;
	uint32_t fourcc;
	struct plane planes[5];
	int planes_len;
	/* 0 for what is usual: the client's version 5, 64 x 64. */
	uint32_t version;
	int32_t width, height;
	uint32_t flags;
	bool unusable;
};

#define XR24 DRM_FORMAT_XRGB8888
#define TILED I915_FORMAT_MOD_X_TILED

static const struct row rows[] = {
	{"one plane", CREATED, XR24, {{.stride = STRIDE}}, 1},
	{"two planes, backwards", CREATED, DRM_FORMAT_NV12,
		{{.index = 1, .offset = 4096, .stride = 64}, {.stride = 64}}, 2},
	{"tiled", CREATED, XR24, {{.stride = STRIDE, .modifier = TILED}}, 1},
	{"nothing takes it", FAILED, XR24, {{.stride = STRIDE}}, 1, .unusable = true},
	{"memfd", FAILED, XR24, {{.file = MEMFD, .stride = STRIDE}}, 1},
	{"pipe", FAILED, XR24, {{.file = PIPE, .stride = STRIDE}}, 1},
	{"directory", FAILED, XR24, {{.file = DIRECTORY, .stride = STRIDE}}, 1},
	{"upside down", FAILED, XR24, {{.stride = STRIDE}}, 1, .flags = 1},
	{"unknown flag", FAILED, XR24, {{.stride = STRIDE}}, 1, .flags = 1u << 31},
	{"two modifiers in version 4", FAILED, DRM_FORMAT_NV12,
		{{.modifier = TILED, .stride = 64}, {.index = 1, .offset = 4096, .stride = 64}}, 2,
		.version = 4},
	{"unknown format in version 3", FAILED, 0x3f3f3f3f, {{.stride = STRIDE}}, 1, .version = 3,
		.unusable = true},
	{"not advertised in version 3", CREATED, DRM_FORMAT_RGB565, {{.stride = STRIDE}}, 1,
		.version = 3},

	{"plane index 4", ERROR(PLANE_IDX), XR24, {{.index = 4, .stride = STRIDE}}, 1},
	{"plane index -1", ERROR(PLANE_IDX), XR24, {{.index = UINT32_MAX, .stride = STRIDE}}, 1},
	{"plane twice", ERROR(PLANE_SET), XR24, {{.stride = STRIDE}, {.stride = STRIDE}}, 2},
	{"plane 3 twice", ERROR(PLANE_SET), XR24, {{.index = 3}, {.index = 3}}, 2},
	{"no plane", ERROR(INCOMPLETE), XR24, {{0}}, 0},
	{"no plane 0", ERROR(INCOMPLETE), XR24, {{.index = 1, .stride = STRIDE}}, 1},
	{"gap", ERROR(INCOMPLETE), DRM_FORMAT_YUV420, {{.stride = 64}, {.index = 2, .stride = 64}},
		2},
	{"plane missing", ERROR(INCOMPLETE), DRM_FORMAT_NV12, {{.stride = 64}}, 1},
	{"plane too many", ERROR(INCOMPLETE), XR24,
		{{.stride = STRIDE}, {.index = 1, .stride = STRIDE}}, 2},
	{"unknown format", ERROR(INVALID_FORMAT), 0x3f3f3f3f, {{.stride = STRIDE}}, 1},
	{"format of no tranche", ERROR(INVALID_FORMAT), DRM_FORMAT_RGB565, {{.stride = STRIDE}}, 1},
	{"modifier of no tranche", ERROR(INVALID_FORMAT), XR24,
		{{.stride = STRIDE, .modifier = I915_FORMAT_MOD_Y_TILED}}, 1, .version = 4},
	{"two modifiers", ERROR(INVALID_FORMAT), DRM_FORMAT_NV12,
		{{.modifier = TILED, .stride = 64}, {.index = 1, .offset = 4096, .stride = 64}}, 2},
	{"no width", ERROR(INVALID_DIMENSIONS), XR24, {{.stride = STRIDE}}, 1, .width = -1},
	{"no height", ERROR(INVALID_DIMENSIONS), XR24, {{.stride = STRIDE}}, 1,
		.height = INT32_MIN},
	{"narrow rows", ERROR(OUT_OF_BOUNDS), XR24, {{.stride = STRIDE - 1}}, 1},
	{"no stride", ERROR(OUT_OF_BOUNDS), XR24, {{.stride = 0}}, 1},
	{"over the end", ERROR(OUT_OF_BOUNDS), XR24, {{.offset = 1, .stride = STRIDE}}, 1},
	{"too high", ERROR(OUT_OF_BOUNDS), XR24, {{.stride = STRIDE}}, 1, .height = SIZE + 1},
	{"overflow", ERROR(OUT_OF_BOUNDS), XR24, {{.offset = UINT32_MAX, .stride = UINT32_MAX}}, 1,
		.height = INT32_MAX},
	{"tiled behind the end", ERROR(OUT_OF_BOUNDS), XR24,
		{{.offset = BYTES, .stride = STRIDE, .modifier = TILED}}, 1},
};

struct answer {
	struct wl_buffer *buffer;
	int created, failed;
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	struct answer *answer = data;
	answer->created++;
	answer->buffer = buffer;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	((struct answer *)data)->failed++;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static int open_file(enum file file) {
	int fds[2];
	switch (file) {
	case DMABUF:
		return dmabuf_fd(BYTES);
	case MEMFD:
		fds[0] = memfd_create("no dma-buf", MFD_CLOEXEC);
		assert_int_equal(ftruncate(fds[0], BYTES), 0);
		return fds[0];
	case PIPE:
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		close(fds[1]);
		return fds[0];
	case DIRECTORY:
		return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

static struct zwp_linux_buffer_params_v1 *start(
	struct world *world, const struct row *row, struct answer *answer) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(world->manager);
	*answer = (struct answer){0};
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, answer);
	for (int i = 0; i < row->planes_len; i++) {
		const struct plane *plane = &row->planes[i];
		int fd = open_file(plane->file);
		zwp_linux_buffer_params_v1_add(params, fd, plane->index, plane->offset,
			plane->stride, (uint32_t)(plane->modifier >> 32),
			(uint32_t)plane->modifier);
		close(fd);
	}
	return params;
}

static void create(struct zwp_linux_buffer_params_v1 *params, const struct row *row, bool immed,
	struct answer *answer) {
	int32_t width = row->width != 0 ? row->width : SIZE;
	int32_t height = row->height != 0 ? row->height : SIZE;
	if (immed) {
		answer->buffer = zwp_linux_buffer_params_v1_create_immed(
			params, width, height, row->fourcc, row->flags);
	} else {
		zwp_linux_buffer_params_v1_create(params, width, height, row->fourcc, row->flags);
	}
}

static void handle_release(void *data, struct wl_buffer *buffer) {
	(*(int *)data)++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

/* Shows the buffer, alive or dead, and takes it away again: one release. */
static void show(struct world *world, struct wl_buffer *buffer, bool alive) {
	int releases = 0;
	wl_buffer_add_listener(buffer, &buffer_listener, &releases);
	struct wl_surface *surface = wl_compositor_create_surface(world->compositor);
	struct wlr_buffer *shown = world_show(world, surface, buffer);
	assert_int_equal(shown->width, SIZE);
	struct wlr_dmabuf_attributes dmabuf;
	assert_true(wlr_buffer_get_dmabuf(shown, &dmabuf));
	assert_int_equal(dmabuf.n_planes > 0, alive);
	assert_int_equal(dmabuf.format != DRM_FORMAT_INVALID, alive);
	for (int i = 0; i < dmabuf.n_planes; i++) {
		assert_true(fcntl(dmabuf.fd[i], F_GETFD) >= 0);
	}
	assert_int_equal(releases, 0);
	wlr_buffer_unlock(shown);
	world_sync(world);
	assert_int_equal(releases, 1);
	wl_surface_destroy(surface);
	assert_int_equal(world_error(world, ""), -1);
}

static void run_row(const struct row *row, bool immed) {
	struct world world;
	struct answer answer;
	world_init(&world, row->version != 0 ? row->version : 5);
	world.can_scanout = !row->unusable;
	struct zwp_linux_buffer_params_v1 *params = start(&world, row, &answer);
	create(params, row, immed, &answer);
	int error = world_error(&world, "zwp_linux_buffer_params_v1");
	assert_int_equal(error, row->result >= 0 ? row->result : -1);
	assert_int_equal(answer.failed, row->result == FAILED);
	assert_int_equal(answer.created, row->result == CREATED && !immed);
	zwp_linux_buffer_params_v1_destroy(params);
	if (row->result < 0 && answer.buffer != NULL) {
		show(&world, answer.buffer, row->result == CREATED);
	}
	if (answer.buffer != NULL) {
		wl_buffer_destroy(answer.buffer);
	}
	world_finish(&world);
}

static void every_row(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# %s\n", rows[i].name);
		run_row(&rows[i], false);
		run_row(&rows[i], true);
	}
}

/* What breaks no rule leaves nothing behind in one connection; what breaks one, in its own. */
static void a_thousand_times(void **state) {
	struct world world;
	world_init(&world, 5);
	int fds = count_fds();
	for (int i = 0; i < 1000; i++) {
		const struct row *row = &rows[i % 9];
		struct answer answer;
		assert_true(row->result < 0);
		world.can_scanout = !row->unusable;
		struct zwp_linux_buffer_params_v1 *params = start(&world, row, &answer);
		/* Every third is given up. */
		if (i % 3 != 0) {
			create(params, row, i % 2 == 0, &answer);
		}
		world_sync(&world);
		zwp_linux_buffer_params_v1_destroy(params);
		if (answer.buffer != NULL) {
			wl_buffer_destroy(answer.buffer);
		}
	}
	assert_int_equal(world_error(&world, ""), -1);
	assert_int_equal(count_fds(), fds);
	world_finish(&world);
	for (int i = 0; i < 1000; i++) {
		const struct row *row = &rows[(size_t)i % (sizeof(rows) / sizeof(rows[0]))];
		run_row(row, i % 2 == 0);
	}
}

static void used_once(struct world *world, bool again_immed, bool again_add, bool fails) {
	struct answer answer;
	world_init(world, 5);
	world->can_scanout = !fails;
	struct zwp_linux_buffer_params_v1 *params = start(world, &rows[0], &answer);
	create(params, &rows[0], false, &answer);
	world_sync(world);
	assert_int_equal(answer.failed, fails);
	struct answer second = {0};
	if (again_add) {
		int fd = dmabuf_fd(BYTES);
		zwp_linux_buffer_params_v1_add(params, fd, 1, 0, STRIDE, 0, 0);
		close(fd);
	} else {
		create(params, &rows[0], again_immed, &second);
	}
	assert_int_equal(world_error(world, "zwp_linux_buffer_params_v1"), ERROR(ALREADY_USED));
	if (answer.buffer != NULL) {
		wl_buffer_destroy(answer.buffer);
	}
	if (second.buffer != NULL) {
		wl_buffer_destroy(second.buffer);
	}
	zwp_linux_buffer_params_v1_destroy(params);
	world_finish(world);
}

static void already_used(void **state) {
	struct world world;
	for (int fails = 0; fails < 2; fails++) {
		used_once(&world, false, false, fails != 0);
		used_once(&world, true, false, fails != 0);
		used_once(&world, false, true, fails != 0);
	}
}

/* Nothing is imported for parameters that are wrong; else both ways to show it are tried. */
static void import_is_last(void **state) {
	struct world world;
	struct answer answer;
	world_init(&world, 5);
	world.can_scanout = false;
	world.can_compose = true;
	int fds = count_fds();
	struct zwp_linux_buffer_params_v1 *params = start(&world, &rows[4], &answer);
	create(params, &rows[4], false, &answer);
	world_sync(&world);
	assert_int_equal(world.asked, 0);
	/* A client may keep the object; its fds are not kept for it. */
	assert_int_equal(count_fds(), fds);
	zwp_linux_buffer_params_v1_destroy(params);
	params = start(&world, &rows[0], &answer);
	create(params, &rows[0], false, &answer);
	world_sync(&world);
	assert_int_equal(world.asked, 2);
	assert_int_equal(answer.created, 1);
	zwp_linux_buffer_params_v1_destroy(params);
	wl_buffer_destroy(answer.buffer);
	world_finish(&world);
}

TEST_MAIN("dmabuf-params", UNIT(every_row), UNIT(a_thousand_times), UNIT(already_used),
	UNIT(import_is_last))
