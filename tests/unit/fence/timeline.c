/* SPDX-License-Identifier: MIT */
/* sync_files and timelines as the stand-in kernel knows them. */

#include <poll.h>

#include "../test.h"
#include "fence/fence.h"
#include "fence/timeline.h"
#include "kernel.h"

static bool is_readable(int fd) {
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	return poll(&pfd, 1, 0) == 1;
}

static void test_ownership(void **state) {
	int fd = kernel_fence_create(), number = fd;
	assert_int_equal(latch_fd_take(&fd), number);
	assert_int_equal(fd, -1);
	latch_fd_clear(&fd);
	latch_fd_clear(&number);
	assert_int_equal(number, -1);
}

static void assert_info(int fence, int status, int64_t time_ns) {
	struct latch_fence_info info;
	assert_int_equal(latch_fence_get_info(fence, &info), 0);
	assert_int_equal(info.status, status);
	assert_int_equal(info.signal_time_ns, time_ns);
	assert_string_equal(info.driver_name, "test");
	assert_string_equal(info.timeline_name, "timeline");
}

static void test_info(void **state) {
	struct latch_fence_info info;
	int good = kernel_fence_create(), bad = kernel_fence_create();
	assert_info(good, 0, 0);
	kernel_fence_signal(good, 4711);
	assert_info(good, 1, 4711);
	kernel_fence_fail(bad, 4712);
	assert_info(bad, -EIO, 4712);
	close(good);
	close(bad);

	int dmabuf = kernel_dmabuf_create(-1);
	assert_false(latch_fence_is_valid(dmabuf));
	assert_int_equal(latch_fence_get_info(dmabuf, &info), -ENOTTY);
	assert_int_equal(latch_fence_get_info(-1, &info), -EBADF);
	close(dmabuf);
}

static void test_create_signalled(void **state) {
	int pending = kernel_fence_create();
	int drm = kernel_drm_open(true), other = kernel_drm_open(false);
	int idle = kernel_dmabuf_create(-1), busy = kernel_dmabuf_create(pending);
	const int fences[] = {
		latch_fence_create_signalled(drm, -1), latch_fence_create_signalled(other, idle)};
	for (size_t i = 0; i < LEN(fences); i++) {
		assert_info(fences[i], 1, 1);
		close(fences[i]);
	}
	assert_int_equal(kernel_count_handles(), 0);
	assert_int_equal(latch_fence_create_signalled(other, busy), -ENOTSUP);
	assert_int_equal(latch_fence_create_signalled(-1, -1), -ENOTSUP);
	const int fds[] = {pending, drm, other, idle, busy};
	for (size_t i = 0; i < LEN(fds); i++) {
		close(fds[i]);
	}
}

static void test_device_needs_timelines(void **state) {
	int other = kernel_drm_open(false);
	errno = 0;
	assert_null(latch_timeline_device_create(other));
	assert_int_equal(errno, ENOTSUP);
	close(other);

	int drm = kernel_drm_open(true);
	struct latch_timeline_device *device = latch_timeline_find_device(drm);
	assert_non_null(device);
	assert_true(latch_timeline_device_get_fd(device) != drm);
	close(drm);
	latch_timeline_device_destroy(device);
}

static struct latch_timeline_device *create_device(void) {
	int drm = kernel_drm_open(true);
	struct latch_timeline_device *device = latch_timeline_device_create(drm);
	close(drm);
	return device;
}

static void test_points(void **state) {
	struct latch_timeline_device *device = create_device();
	int fd = kernel_syncobj_create();
	struct latch_timeline *timeline = latch_timeline_import(device, fd);
	assert_non_null(timeline);
	assert_int_equal(latch_timeline_export_sync_file(timeline, 3), -EINVAL);

	int early = latch_timeline_eventfd(timeline, 3, false);
	int late = latch_timeline_eventfd(timeline, 4, false);
	assert_int_equal(latch_timeline_signal(timeline, 3), 0);
	assert_true(is_readable(early));
	assert_false(is_readable(late));

	int fence = latch_timeline_export_sync_file(timeline, 3);
	assert_info(fence, 1, 3);
	close(fence);

	/* The watch lives on without the timeline. */
	latch_timeline_unref(timeline);
	latch_timeline_device_destroy(device);
	kernel_syncobj_signal(fd, 4);
	assert_true(is_readable(late));
	close(early);
	close(late);
	close(fd);
	assert_int_equal(kernel_count_handles(), 0);
}

static void test_import_sync_file(void **state) {
	struct latch_timeline_device *device = create_device();
	int fd = kernel_syncobj_create();
	struct latch_timeline *timeline = latch_timeline_import(device, fd);
	int fence = kernel_fence_create();
	assert_null(latch_timeline_import(device, fence)); // no syncobj
	assert_int_equal(latch_timeline_import_sync_file(timeline, 9, fence), 0);
	assert_true(kernel_syncobj_has_import(fd, 9, fence));
	kernel_syncobj_fail_imports(ENOMEM);
	assert_int_equal(latch_timeline_import_sync_file(timeline, 10, fence), -ENOMEM);
	latch_timeline_unref(timeline);
	latch_timeline_device_destroy(device);
	assert_int_equal(kernel_count_handles(), 0);
	close(fence);
	close(fd);
}

static int fds_before;

static int setup(void **state) {
	fds_before = count_fds();
	return 0;
}

static int setup_old(void **state) {
	kernel_is_old(true);
	return setup(state);
}

static int teardown(void **state) {
	kernel_reset();
	return count_fds() != fds_before;
}

TEST_MAIN("timeline", TEST(test_ownership), TEST(test_info), TEST(test_create_signalled),
	TEST(test_device_needs_timelines), TEST(test_points), TEST(test_import_sync_file),
	cmocka_unit_test_setup_teardown(test_points, setup_old, teardown),
	cmocka_unit_test_setup_teardown(test_import_sync_file, setup_old, teardown))
