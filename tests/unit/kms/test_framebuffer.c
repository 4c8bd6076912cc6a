#include <drm_fourcc.h>
#include <errno.h>
#include <sys/mman.h>
#include <string.h>
#include <unistd.h>

#include "kms_test.h"
#include "kms/device.h"
#include "kms/framebuffer.h"

static struct kms_device *device;
static int device_fd;

static int setup(void **state) {
	fake_reset();
	fake_add_vkms();
	/* A device whose fd can be mapped, for dumb buffers. */
	device_fd = memfd_create("device", MFD_CLOEXEC);
	if (ftruncate(device_fd, 1 << 20) != 0) {
		return -1;
	}
	fake.driver = "i915"; // vkms has a way of its own, see test_vkms_takes_one_object()
	device = kms_device_create(device_fd, NULL);
	fake.fallible_calls = 0;
	return device == NULL;
}

static int teardown(void **state) {
	kms_device_destroy(device);
	close(device_fd);
	fake_finish();
	return fake.outstanding != 0 || fake.wrong_closes != 0;
}

/* NV12: fds 10 and 11. Which GEM objects they are of is up to the test. */
static const struct kms_framebuffer_desc nv12 = {
	.width = 640,
	.height = 480,
	.fourcc = DRM_FORMAT_NV12,
	.modifier = DRM_FORMAT_MOD_LINEAR,
	.n_planes = 2,
	.fd = {10, 11},
	.offset = {0, 4096},
	.stride = {640, 704},
};

static void test_two_objects(void **state) {
	uint32_t fb_id = 0;
	fake.object_of_fd[10] = 1;
	fake.object_of_fd[11] = 2;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), 0);
	assert_int_equal(fake.handles_closed, 2);
	assert_int_equal(fake_open_handles(), 0);
	assert_int_equal(fake.fbs_len, 1);
	const struct fake_fb *fb = &fake.fbs[0];
	assert_int_equal(fb->id, fb_id);
	assert_int_equal(fb->width, 640);
	assert_int_equal(fb->height, 480);
	assert_int_equal(fb->fourcc, DRM_FORMAT_NV12);
	assert_int_equal(fb->flags, DRM_MODE_FB_MODIFIERS);
	assert_int_not_equal(fb->handles[0], fb->handles[1]);
	assert_int_equal(fb->handles[2], 0);
	assert_int_equal(fb->strides[1], 704);
	assert_int_equal(fb->offsets[1], 4096);
	assert_int_equal(fb->modifiers[2], 0);
}

/* It would look for the second plane in the first object. */
static void test_vkms_takes_one_object(void **state) {
	uint32_t fb_id = 0;
	strcpy(device->driver, "vkms");
	fake.object_of_fd[10] = 1;
	fake.object_of_fd[11] = 2;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), -EINVAL);
	assert_int_equal(fake.fbs_len, 0);
	assert_int_equal(fake.handles_closed, 2);
	assert_int_equal(fake_open_handles(), 0);
	fake.object_of_fd[11] = 1;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), 0);
}

/* The usual case: both planes in one object, one handle, which is to be closed once. */
static void test_one_object(void **state) {
	uint32_t fb_id = 0;
	fake.object_of_fd[10] = 1;
	fake.object_of_fd[11] = 1;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), 0);
	assert_int_equal(fake.fbs[0].handles[0], fake.fbs[0].handles[1]);
	assert_int_equal(fake.handles_closed, 1);
	assert_int_equal(fake.wrong_closes, 0);
}

/* The second import of a buffer closes nothing that the first needs. */
static void test_same_buffer_twice(void **state) {
	uint32_t first = 0, second = 0;
	fake.object_of_fd[10] = 1;
	fake.object_of_fd[11] = 1;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &first), 0);
	assert_int_equal(kms_framebuffer_import(device, &nv12, &second), 0);
	assert_int_not_equal(first, second);
	assert_int_equal(fake.handles_closed, 2);
	kms_framebuffer_destroy(device, first);
	assert_int_equal(fake.fbs_len, 1);
	assert_int_equal(fake.fbs[0].id, second);
}

static void test_every_failure(void **state) {
	const uint32_t layouts[][2] = {{1, 1}, {1, 2}};
	for (size_t i = 0; i < 2; i++) {
		fake.object_of_fd[10] = layouts[i][0];
		fake.object_of_fd[11] = layouts[i][1];
		/* Two imports and AddFB2. */
		for (int step = 1; step <= 3; step++) {
			uint32_t fb_id = 77;
			fake.fallible_calls = 0;
			fake.fail_at = step;
			fake.fail_errno = EINVAL;
			assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), -EINVAL);
			assert_int_equal(fb_id, 77);
			assert_int_equal(fake_open_handles(), 0);
			assert_int_equal(fake.wrong_closes, 0);
			assert_int_equal(fake.fbs_len, 0);
		}
	}
	/* Not a dma-buf. */
	uint32_t fb_id = 77;
	fake.object_of_fd[11] = 0;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), -EBADF);
	assert_int_equal(fake_open_handles(), 0);
}

static void test_modifiers(void **state) {
	struct kms_framebuffer_desc desc = nv12;
	uint32_t fb_id = 0;
	fake.object_of_fd[10] = 1;
	fake.object_of_fd[11] = 1;
	desc.modifier = DRM_FORMAT_MOD_INVALID;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), 0);
	assert_int_equal(fake.fbs[0].flags, 0);

	desc.modifier = I915_FORMAT_MOD_X_TILED;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), 0);
	assert_int_equal(fake.fbs[1].modifiers[1], I915_FORMAT_MOD_X_TILED);

	/* A driver that knows no modifiers takes linear buffers without one. */
	device->features.addfb2_modifiers = false;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), -ENOTSUP);
	desc.modifier = DRM_FORMAT_MOD_LINEAR;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), 0);
	assert_int_equal(fake.fbs[2].flags, 0);
}

static void test_nonsense(void **state) {
	struct kms_framebuffer_desc desc = nv12;
	uint32_t fb_id = 0;
	desc.n_planes = 0;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), -EINVAL);
	desc.n_planes = 5;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), -EINVAL);
	device->features.prime_import = false;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), -ENOTSUP);
	assert_int_equal(fake.fallible_calls, 0);
}

static void test_destroy(void **state) {
	uint32_t fb_id = 0;
	fake.object_of_fd[10] = fake.object_of_fd[11] = 1;
	kms_framebuffer_destroy(device, 0);
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), 0);
	kms_framebuffer_destroy(device, fb_id);
	assert_int_equal(fake.fbs_len, 0);
	/* It has gone: RMFB has nothing to do. */
	kms_framebuffer_destroy(device, fb_id);
	assert_int_equal(fake.rmfb_calls, 0);

	fake.has_closefb = false;
	assert_int_equal(kms_framebuffer_import(device, &nv12, &fb_id), 0);
	kms_framebuffer_destroy(device, fb_id);
	assert_int_equal(fake.fbs_len, 0);
	assert_int_equal(fake.rmfb_calls, 1);
}

static void test_dumb_buffer(void **state) {
	struct kms_dumb_buffer *buffer =
		kms_dumb_buffer_create(device, 65, 16, DRM_FORMAT_XRGB8888);
	assert_non_null(buffer);
	assert_int_equal(buffer->stride, 320);
	assert_int_equal(kms_dumb_buffer_map(buffer), 0);
	void *map = buffer->map;
	((uint32_t *)map)[65 * 16 - 1] = 1;
	assert_int_equal(kms_dumb_buffer_map(buffer), 0);
	assert_ptr_equal(buffer->map, map);
	const uint32_t fb_id = kms_dumb_buffer_get_fb(buffer);
	assert_int_not_equal(fb_id, 0);
	assert_int_equal(kms_dumb_buffer_get_fb(buffer), fb_id);
	assert_int_equal(fake.fbs_len, 1);
	kms_dumb_buffer_destroy(buffer);
	assert_int_equal(fake.fbs_len, 0);
	assert_int_equal(fake_open_handles(), 0);
	assert_null(device->dumb_buffers);
	kms_dumb_buffer_destroy(NULL);
}

/* An import of the device's own dumb buffer gets the dumb buffer's handle, and leaves it open. */
static void test_import_of_dumb_buffer(void **state) {
	struct kms_dumb_buffer *other = kms_dumb_buffer_create(device, 64, 64, DRM_FORMAT_ARGB8888);
	struct kms_dumb_buffer *buffer =
		kms_dumb_buffer_create(device, 64, 64, DRM_FORMAT_ARGB8888);
	int fd = kms_dumb_buffer_export(buffer);
	assert_true(fd >= 0);
	const struct kms_framebuffer_desc desc = {
		.width = 64,
		.height = 64,
		.fourcc = DRM_FORMAT_ARGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.fd = {fd},
		.stride = {buffer->stride},
	};
	uint32_t fb_id = 0;
	assert_int_equal(kms_framebuffer_import(device, &desc, &fb_id), 0);
	assert_int_equal(fake.handles_closed, 0);
	assert_int_equal(fake_open_handles(), 2);
	kms_dumb_buffer_destroy(other);
	kms_dumb_buffer_destroy(buffer);
	assert_int_equal(fake_open_handles(), 0);
	kms_framebuffer_destroy(device, fb_id);
}

static void assert_no_dumb_buffer(uint32_t width, uint32_t fourcc, int error) {
	assert_null(kms_dumb_buffer_create(device, width, 64, fourcc));
	assert_int_equal(errno, error);
	assert_null(device->dumb_buffers);
}

static void test_dumb_buffer_errors(void **state) {
	assert_no_dumb_buffer(64, DRM_FORMAT_NV12, EINVAL);
	assert_no_dumb_buffer(0, DRM_FORMAT_XRGB8888, EINVAL);
	fake.fail_at = 1;
	assert_no_dumb_buffer(64, DRM_FORMAT_XRGB8888, ENOMEM);
	device->features.dumb_buffers = false;
	assert_no_dumb_buffer(64, DRM_FORMAT_XRGB8888, ENOTSUP);
}

TEST_MAIN("kms-framebuffer", TEST(test_two_objects), TEST(test_vkms_takes_one_object),
	TEST(test_one_object), TEST(test_same_buffer_twice), TEST(test_every_failure),
	TEST(test_modifiers), TEST(test_nonsense), TEST(test_destroy), TEST(test_dumb_buffer),
	TEST(test_import_of_dumb_buffer), TEST(test_dumb_buffer_errors))
