/* SPDX-License-Identifier: MIT */
/* zwp_linux_buffer_params_v1 over the wire: every error, every failure, every fd. */

#include "world.h"

#include <drm_fourcc.h>
#include <wlr/types/wlr_buffer.h>

#define CREATED -1
#define FAILED -2
#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name

struct plane {
	bool is_memfd;
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
	/* Of set_sampling_device, 0: it is not asked for; and its bytes, where they are too few. */
	dev_t sampling;
	size_t sampling_bytes;
};

#define XR24 DRM_FORMAT_XRGB8888
#define NV12 DRM_FORMAT_NV12
#define TILED I915_FORMAT_MOD_X_TILED

/* One plane of the usual size, two of NV12. */
#define ONE(...) {{.stride = STRIDE, __VA_ARGS__}}, 1
#define TWO(...) {{.stride = 64, __VA_ARGS__}, {.index = 1, .offset = 4096, .stride = 64}}, 2

static const struct row rows[] = {
	{"one plane", CREATED, XR24, ONE()},
	{"two planes, backwards", CREATED, NV12,
		{{.index = 1, .offset = 4096, .stride = 64}, {.stride = 64}}, 2},
	{"tiled", CREATED, XR24, ONE(.modifier = TILED)},
	{"nothing takes it", FAILED, XR24, ONE(), .unusable = true},
	/* The kernel's own word for what is none is in test_check.c. */
	{"no dma-buf", FAILED, XR24, ONE(.is_memfd = true)},
	{"upside down", FAILED, XR24, ONE(), .flags = 1},
	{"unknown flag", FAILED, XR24, ONE(), .flags = 1u << 31},
	{"two modifiers in version 4", FAILED, NV12, TWO(.modifier = TILED), .version = 4},
	{"unknown format in version 3", FAILED, 0x3f3f3f3f, ONE(), .version = 3, .unusable = true},
	{"not advertised in version 3", CREATED, DRM_FORMAT_RGB565, ONE(), .version = 3},

	{"composed by our device", CREATED, XR24, ONE(), .version = 6, .sampling = MAIN_DEVICE},
	{"composed by another one", FAILED, XR24, ONE(), .version = 6, .sampling = MAIN_DEVICE + 1},
	{"half a device", ERROR(INVALID_DEV_T_SIZE), XR24, ONE(), .version = 6,
		.sampling = MAIN_DEVICE, .sampling_bytes = sizeof(dev_t) / 2},

	{"plane index 4", ERROR(PLANE_IDX), XR24, ONE(.index = 4)},
	{"plane index -1", ERROR(PLANE_IDX), XR24, ONE(.index = UINT32_MAX)},
	{"plane twice", ERROR(PLANE_SET), XR24, {{.stride = STRIDE}, {.stride = STRIDE}}, 2},
	{"plane 3 twice", ERROR(PLANE_SET), XR24, {{.index = 3}, {.index = 3}}, 2},
	{"no plane", ERROR(INCOMPLETE), XR24, {{0}}, 0},
	{"no plane 0", ERROR(INCOMPLETE), XR24, ONE(.index = 1)},
	{"plane missing", ERROR(INCOMPLETE), NV12, ONE()},
	{"plane 1 missing", ERROR(INCOMPLETE), DRM_FORMAT_YUV420,
		{{.stride = 64}, {.index = 2, .offset = 4096, .stride = 32}}, 2, .version = 3},
	{"unknown format", ERROR(INVALID_FORMAT), 0x3f3f3f3f, ONE()},
	{"format of no tranche", ERROR(INVALID_FORMAT), DRM_FORMAT_RGB565, ONE()},
	{"modifier of no tranche", ERROR(INVALID_FORMAT), XR24,
		ONE(.modifier = I915_FORMAT_MOD_Y_TILED), .version = 4},
	{"two modifiers", ERROR(INVALID_FORMAT), NV12, TWO(.modifier = TILED)},
	{"no width", ERROR(INVALID_DIMENSIONS), XR24, ONE(), .width = -1},
	/* More of what does not fit is in test_check.c. */
	{"narrow rows", ERROR(OUT_OF_BOUNDS), XR24, {{.stride = STRIDE - 1}}, 1},
	{"over the end", ERROR(OUT_OF_BOUNDS), XR24, ONE(.offset = 1)},
};

/* The parameters of a row, and what is said of them. */
static struct {
	struct zwp_linux_buffer_params_v1 *params;
	struct wl_buffer *buffer;
	int created, failed;
} answer;

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	answer.created++;
	answer.buffer = buffer;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	answer.failed++;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static void start(const struct row *row) {
	world.can_scanout = !row->unusable;
	memset(&answer, 0, sizeof(answer));
	answer.params = zwp_linux_dmabuf_v1_create_params(world.manager);
	zwp_linux_buffer_params_v1_add_listener(answer.params, &params_listener, NULL);
	for (int i = 0; i < row->planes_len; i++) {
		const struct plane *plane = &row->planes[i];
		int fd = plane->is_memfd ? memfd_create("no dma-buf", MFD_CLOEXEC)
					 : dmabuf_fd(BYTES);
		zwp_linux_buffer_params_v1_add(answer.params, fd, plane->index, plane->offset,
			plane->stride, (uint32_t)(plane->modifier >> 32),
			(uint32_t)plane->modifier);
		close(fd);
	}
	if (row->sampling != 0) {
		dev_t device = row->sampling;
		struct wl_array array = {
			.size = row->sampling_bytes != 0 ? row->sampling_bytes : sizeof(device),
			.data = &device};
		zwp_linux_buffer_params_v1_set_sampling_device(answer.params, &array);
	}
}

static void create(const struct row *row, bool immed) {
	int32_t width = row->width != 0 ? row->width : SIZE;
	int32_t height = row->height != 0 ? row->height : SIZE;
	if (immed) {
		answer.buffer = zwp_linux_buffer_params_v1_create_immed(
			answer.params, width, height, row->fourcc, row->flags);
	} else {
		zwp_linux_buffer_params_v1_create(
			answer.params, width, height, row->fourcc, row->flags);
	}
	world_sync();
}

static void finish(void) {
	zwp_linux_buffer_params_v1_destroy(answer.params);
	if (answer.buffer != NULL) {
		wl_buffer_destroy(answer.buffer);
	}
}

static void handle_release(void *data, struct wl_buffer *buffer) {
	(*(int *)data)++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

/* Shows the buffer, alive or dead, and takes it away again: one release. */
static void show(struct wl_buffer *buffer, bool alive) {
	int releases = 0;
	wl_buffer_add_listener(buffer, &buffer_listener, &releases);
	struct wl_surface *surface = wl_compositor_create_surface(world.compositor);
	struct wlr_buffer *shown = world_show(surface, buffer);
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
	world_sync();
	assert_int_equal(releases, 1);
	wl_surface_destroy(surface);
	assert_int_equal(world_error(""), -1);
}

static void run_row(const struct row *row, bool immed) {
	world_init(row->version != 0 ? row->version : 5);
	start(row);
	create(row, immed);
	int error = world_error("zwp_linux_buffer_params_v1");
	assert_int_equal(error, row->result >= 0 ? row->result : -1);
	assert_int_equal(answer.failed, row->result == FAILED);
	assert_int_equal(answer.created, row->result == CREATED && !immed);
	if (row->result < 0 && answer.buffer != NULL) {
		show(answer.buffer, row->result == CREATED);
	}
	finish();
	world_finish();
}

static void every_row(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %s\n", rows[i].name);
		run_row(&rows[i], false);
		run_row(&rows[i], true);
	}
}

/* What breaks no rule leaves nothing behind in one connection; world_finish() sees what breaks one.
 */
static void a_thousand_times(void **state) {
	world_init(5);
	size_t fds = latch_fds_look().in_use;
	for (int i = 0; i < 1000; i++) {
		const struct row *row = &rows[i % 7];
		assert_true(row->result < 0);
		start(row);
		/* Every third is given up. */
		if (i % 3 != 0) {
			create(row, i % 2 == 0);
		}
		finish();
	}
	assert_int_equal(world_error(""), -1);
	assert_int_equal(latch_fds_look().in_use, fds);
	world_finish();
}

/* Whether a buffer came of them or not; to create one, at once or not, or to add a plane. */
static void already_used(void **state) {
	enum { CREATE, IMMED, ADD, WAYS };
	for (int i = 0; i < 2 * WAYS; i++) {
		const bool fails = i < WAYS;
		struct wl_buffer *first;
		world_init(5);
		start(&rows[fails ? 3 : 0]);
		create(&rows[0], false);
		assert_int_equal(answer.failed, fails);
		first = answer.buffer;
		answer.buffer = NULL;
		if (i % WAYS == ADD) {
			int fd = dmabuf_fd(BYTES);
			zwp_linux_buffer_params_v1_add(answer.params, fd, 1, 0, STRIDE, 0, 0);
			close(fd);
		} else {
			create(&rows[0], i % WAYS == IMMED);
		}
		assert_int_equal(world_error("zwp_linux_buffer_params_v1"), ERROR(ALREADY_USED));
		if (first != NULL) {
			wl_buffer_destroy(first);
		}
		finish();
		world_finish();
	}
}

/* Nothing is imported for parameters that are wrong; else both ways to show it are tried. */
static void import_is_last(void **state) {
	world_init(5);
	world.can_compose = true;
	size_t fds = latch_fds_look().in_use;
	start(&rows[4]);
	create(&rows[4], false);
	assert_int_equal(world.asked, 0);
	/* A client may keep the object; its fds are not kept for it. */
	assert_int_equal(latch_fds_look().in_use, fds);
	finish();
	start(&rows[3]);
	create(&rows[3], false);
	assert_int_equal(world.asked, 2);
	assert_int_equal(answer.created, 1);
	finish();
	world_finish();
}

TEST_MAIN("dmabuf-params", UNIT(every_row), UNIT(a_thousand_times), UNIT(already_used),
	UNIT(import_is_last))
