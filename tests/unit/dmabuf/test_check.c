/* SPDX-License-Identifier: MIT */
/* The numbers of a dma-buf against its size, and the kernel's own word for what is one. */

#include <drm_fourcc.h>
#include <wlr/render/dmabuf.h>

#include "../test.h"
#include "dmabuf/check.h"
#include "linux-dmabuf-v1-protocol.h"

#define FINE -2
#define FAILED LATCH_DMABUF_FAILED
#define INCOMPLETE ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE
#define DIMENSIONS ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS
#define BOUNDS ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS

static int64_t size;

static bool yes(int fd) {
	return true;
}

static int64_t get_size(int fd) {
	return size;
}

static const struct latch_dmabuf_probe probe = {.is_dmabuf = yes, .size = get_size};

struct row {
	uint32_t fourcc;
	uint64_t modifier;
	int planes;
	int32_t width, height;
	uint32_t stride[4], offset[4];
	/* The smallest size that is large enough: one byte less is out of bounds. */
	int64_t size;
	int result;
};

#define LINEAR DRM_FORMAT_MOD_LINEAR
#define IMPLICIT DRM_FORMAT_MOD_INVALID
#define TILED I915_FORMAT_MOD_X_TILED

static const struct row rows[] = {
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, 10, {40}, {0}, 400, FINE},
	{DRM_FORMAT_XRGB8888, IMPLICIT, 1, 10, 10, {64}, {100}, 716, FINE},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, 10, {39}, {0}, 4096, BOUNDS},
	{DRM_FORMAT_XRGB8888, LINEAR, 2, 10, 10, {40, 40}, {0}, 4096, INCOMPLETE},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 0, 10, {40}, {0}, 4096, DIMENSIONS},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, -1, {40}, {0}, 4096, DIMENSIONS},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, INT32_MAX, 1, {UINT32_MAX}, {0}, INT64_MAX, BOUNDS},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, INT32_MAX, {UINT32_MAX}, {UINT32_MAX}, 4096, BOUNDS},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, INT32_MAX, {40}, {0}, INT64_MAX, FAILED},
	{DRM_FORMAT_XRGB8888, LINEAR, 1, 10, 10, {40}, {0}, -1, FAILED},
	{DRM_FORMAT_RGB565, LINEAR, 1, 9, 4, {18}, {2}, 74, FINE},
	{DRM_FORMAT_YUYV, LINEAR, 1, 9, 2, {20}, {0}, 40, FINE},
	{DRM_FORMAT_YUYV, LINEAR, 1, 9, 2, {18}, {0}, 4096, BOUNDS},
	{DRM_FORMAT_NV12, LINEAR, 2, 9, 5, {9, 10}, {0, 45}, 75, FINE},
	{DRM_FORMAT_NV12, LINEAR, 2, 9, 5, {9, 9}, {0, 45}, 4096, BOUNDS},
	{DRM_FORMAT_NV12, LINEAR, 1, 9, 5, {9}, {0}, 4096, INCOMPLETE},
	{DRM_FORMAT_YUV420, LINEAR, 3, 8, 8, {8, 4, 4}, {0, 64, 80}, 96, FINE},
	/* The driver's to judge, but for what starts behind the end. */
	{DRM_FORMAT_XRGB8888, TILED, 2, 10, 10, {1, 1}, {0, 99}, 100, FINE},
	{DRM_FORMAT_XRGB8888, TILED, 2, 10, 10, {1, 1}, {0, 4096}, 4096, BOUNDS},
	{0x3f3f3f3f, LINEAR, 1, 10, 10, {0}, {0}, 1, FINE},
};

static int check(const struct row *row) {
	struct wlr_dmabuf_attributes attributes = {
		.width = row->width,
		.height = row->height,
		.format = row->fourcc,
		.modifier = row->modifier,
		.n_planes = row->planes,
		.fd = {-1, -1, -1, -1},
	};
	for (int i = 0; i < row->planes; i++) {
		attributes.fd[i] = 0;
		attributes.stride[i] = row->stride[i];
		attributes.offset[i] = row->offset[i];
	}
	const struct latch_dmabuf_fault fault = latch_dmabuf_check(&attributes, &probe);
	return fault.text != NULL ? fault.error : FINE;
}

static void numbers(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		size = rows[i].size;
		int result = check(&rows[i]);
		if (result != rows[i].result) {
			fail_msg("row %zu: %d, not %d", i, result, rows[i].result);
		}
		if (rows[i].result == FINE) {
			size--;
			assert_int_equal(check(&rows[i]), BOUNDS);
		}
	}
}

/* The kernel is asked for real: none of these is a dma-buf. */
static void other_files(void **state) {
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	const int others[] = {
		memfd_create("other", MFD_CLOEXEC),
		fds[0],
		fds[1],
		open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open("/dev/null", O_RDWR | O_CLOEXEC),
		open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
	};
	for (size_t i = 0; i < LEN(others); i++) {
		assert_true(others[i] >= 0);
		assert_false(latch_dmabuf_kernel_probe.is_dmabuf(others[i]));
		close(others[i]);
	}
	assert_false(latch_dmabuf_kernel_probe.is_dmabuf(-1));
	int fd = memfd_create("sized", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 12345), 0);
	assert_int_equal(latch_dmabuf_kernel_probe.size(fd), 12345);
	close(fd);
}

TEST_MAIN("dmabuf-check", UNIT(numbers), UNIT(other_files))
