/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "kms/framebuffer.h"
#include "open.h"

static int setup(void **state) {
	int ret = describe_device();
	fake.driver = "i915"; // vkms has a way of its own, see test_vkms_takes_one_object()
	open_device();
	fake.fallible_calls = 0;
	return ret;
}

/* Which GEM objects the planes of nv12 are of. */
static void set_objects(uint32_t first, uint32_t second) {
	fake.object_of_fd[10] = first;
	fake.object_of_fd[11] = second;
}

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

/* Returns its number. */
static uint32_t import(const struct kms_framebuffer_desc *desc) {
	uint32_t fb_id = 0;
	assert_int_equal(kms_framebuffer_import(device, desc, &fb_id), 0);
	return fb_id;
}

/* With this error, and nothing is left of it. */
static void assert_no_import(const struct kms_framebuffer_desc *desc, int error) {
	const size_t fbs_len = fake.fbs_len;
	uint32_t fb_id = 77;
	assert_int_equal(kms_framebuffer_import(device, desc, &fb_id), error);
	assert_int_equal(fb_id, 77);
	assert_int_equal(fake_open_handles(), 0);
	assert_int_equal(fake.fbs_len, fbs_len);
}

static void test_two_objects(void **state) {
	set_objects(1, 2);
	const uint32_t fb_id = import(&nv12);
	assert_int_equal(fake.handles_closed, 2);
	assert_int_equal(fake_open_handles(), 0);
	assert_int_equal(fake.fbs_len, 1);
	const struct fake_fb *fb = &fake.fbs[0];
	const struct fake_fb expected = {
		.id = fb_id,
		.width = 640,
		.height = 480,
		.fourcc = DRM_FORMAT_NV12,
		.flags = DRM_MODE_FB_MODIFIERS,
		.handles = {fb->handles[0], fb->handles[1]},
		.strides = {640, 704},
		.offsets = {0, 4096},
	};
	assert_memory_equal(fb, &expected, sizeof(expected));
	assert_int_not_equal(fb->handles[0], fb->handles[1]);
}

/* It would look for the second plane in the first object. */
static void test_vkms_takes_one_object(void **state) {
	strcpy(device->driver, "vkms");
	set_objects(1, 2);
	assert_no_import(&nv12, -EINVAL);
	assert_int_equal(fake.handles_closed, 2);
	set_objects(1, 1);
	import(&nv12);
}

/* It would add the offset twice. */
static void test_vkms_takes_no_offset(void **state) {
	strcpy(device->driver, "vkms");
	set_objects(1, 1);
	struct kms_framebuffer_desc desc = nv12;
	desc.offset[0] = 4;
	assert_no_import(&desc, -EINVAL);
	strcpy(device->driver, "i915");
	import(&desc);
}

/* The usual case: both planes in one object, one handle, which is to be closed once. The second
 * import of a buffer closes nothing that the first needs. */
static void test_one_object(void **state) {
	set_objects(1, 1);
	const uint32_t first = import(&nv12);
	assert_int_equal(fake.fbs[0].handles[0], fake.fbs[0].handles[1]);
	assert_int_equal(fake.handles_closed, 1);
	const uint32_t second = import(&nv12);
	assert_int_not_equal(first, second);
	assert_int_equal(fake.handles_closed, 2);
	kms_framebuffer_destroy(device, first);
	assert_int_equal(fake.fbs_len, 1);
	assert_int_equal(fake.fbs[0].id, second);
}

static void test_every_failure(void **state) {
	fake.fail_errno = EINVAL;
	for (uint32_t second = 1; second <= 2; second++) {
		set_objects(1, second);
		/* Two imports and AddFB2. */
		for (int step = 1; step <= 3; step++) {
			fake.fallible_calls = 0;
			fake.fail_at = step;
			assert_no_import(&nv12, -EINVAL);
		}
	}
	/* Not a dma-buf. */
	set_objects(1, 0);
	assert_no_import(&nv12, -EBADF);
}

static void test_modifiers(void **state) {
	struct kms_framebuffer_desc desc = nv12;
	set_objects(1, 1);
	desc.modifier = DRM_FORMAT_MOD_INVALID;
	import(&desc);
	assert_int_equal(fake.fbs[0].flags, 0);
	desc.modifier = I915_FORMAT_MOD_X_TILED;
	import(&desc);
	assert_int_equal(fake.fbs[1].modifiers[1], I915_FORMAT_MOD_X_TILED);

	/* A driver that knows no modifiers takes linear buffers without one. */
	device->features.addfb2_modifiers = false;
	assert_no_import(&desc, -ENOTSUP);
	import(&nv12);
	assert_int_equal(fake.fbs[2].flags, 0);
}

static void test_nonsense(void **state) {
	struct kms_framebuffer_desc desc = nv12;
	desc.n_planes = 0;
	assert_no_import(&desc, -EINVAL);
	desc.n_planes = 5;
	assert_no_import(&desc, -EINVAL);
	device->features.prime_import = false;
	assert_no_import(&nv12, -ENOTSUP);
	assert_int_equal(fake.fallible_calls, 0);
}

static void test_destroy(void **state) {
	set_objects(1, 1);
	kms_framebuffer_destroy(device, 0);
	const uint32_t fb_id = import(&nv12);
	kms_framebuffer_destroy(device, fb_id);
	assert_int_equal(fake.fbs_len, 0);
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
	const struct kms_framebuffer_desc desc = {
		.width = 64,
		.height = 64,
		.fourcc = DRM_FORMAT_ARGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.fd = {kms_dumb_buffer_export(buffer)},
		.stride = {buffer->stride},
	};
	const uint32_t fb_id = import(&desc);
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
	TEST(test_vkms_takes_no_offset),
	TEST(test_one_object), TEST(test_every_failure), TEST(test_modifiers), TEST(test_nonsense),
	TEST(test_destroy), TEST(test_dumb_buffer), TEST(test_import_of_dumb_buffer),
	TEST(test_dumb_buffer_errors))
