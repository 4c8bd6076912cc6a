/*
 * What virtual devices have not: flips that do not wait for the vblank, variable refresh, the
 * content type. On a made-up device with the properties of a real display controller, whose kernel
 * keeps the rules of drm_atomic_set_property() for asynchronous flips.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fake_drm.h"
#include "kms/commit.h"
#include "kms/device.h"

#define CRTC 50
#define PRIMARY 30
#define CONNECTOR 70

static const struct fake_enum content_types[] = {
	{"No Data", 0},
	{"Graphics", 7},
	{"Photo", 8},
	{"Cinema", 9},
	{"Game", 10},
};

static struct kms_device *device;
static struct kms_commit commit;
static int device_fd;

/* Whatever is in the request beside the primary plane's framebuffer must not change; we know of no
 * old values, so it must not be there. */
static int keep_rules(const struct fake_commit *request, void *data) {
	if ((request->flags & DRM_MODE_PAGE_FLIP_ASYNC) == 0) {
		return 0;
	}
	if (request->flags & DRM_MODE_ATOMIC_ALLOW_MODESET) {
		return EINVAL;
	}
	for (size_t i = 0; i < request->len; i++) {
		if (request->triples[i].object != PRIMARY ||
			request->triples[i].property != fake_property_id(PRIMARY, "FB_ID")) {
			return EINVAL;
		}
	}
	return 0;
}

static int setup(void **state) {
	fake_reset();
	fake_add_vkms();
	fake.on_commit = keep_rules;
	fake_add_property(fake_find_object(CRTC), "VRR_ENABLED", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(fake_find_object(CONNECTOR), "vrr_capable",
		DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE, 1);
	struct fake_property *type = fake_add_property(
		fake_find_object(CONNECTOR), "content type", DRM_MODE_PROP_ENUM, 0);
	type->enums = content_types;
	type->enums_len = 5;
	device_fd = memfd_create("device", MFD_CLOEXEC);
	device = kms_device_create(device_fd, NULL);
	assert_non_null(device);
	kms_commit_init(&commit, device);
	return 0;
}

static int teardown(void **state) {
	kms_device_destroy(device);
	close(device_fd);
	fake_finish();
	return fake.outstanding;
}

static void test_async_flip(void **state) {
	assert_true(device->features.atomic_async_page_flip);
	assert_int_equal(kms_commit_set_plane_fb(&commit, &device->planes[0], 123), 0);
	uint32_t flags = KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT | KMS_COMMIT_ASYNC;
	assert_int_equal(kms_commit_submit(&commit, flags, 9), 0);
	assert_int_equal(fake.commit.len, 1);
	uint64_t fb;
	assert_true(fake_commit_has(PRIMARY, "FB_ID", &fb));
	assert_int_equal(fb, 123);
	assert_int_equal(fake.commit.flags, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT |
						    DRM_MODE_PAGE_FLIP_ASYNC);
}

/* What a usual frame has is refused: the signalled fence, the out-fence, the whole state. */
static void test_usual_commit_can_not_be_async(void **state) {
	struct kms_plane_state plane = kms_plane_state_whole(123, 1024, 768);
	kms_commit_set_plane(&commit, &device->planes[0], &device->crtcs[0], &plane);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ASYNC, 0), -EINVAL);
	kms_commit_init(&commit, device);
	int32_t fence;
	kms_commit_set_plane_fb(&commit, &device->planes[0], 123);
	kms_commit_want_out_fence(&commit, &device->crtcs[0], &fence);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ASYNC, 0), -EINVAL);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
}

static void test_vrr(void **state) {
	assert_true(device->connectors[0]->vrr_capable);
	uint64_t value;
	for (uint64_t on = 0; on < 2; on++) {
		kms_commit_init(&commit, device);
		assert_int_equal(kms_commit_set_vrr(&commit, &device->crtcs[0], on != 0), 0);
		assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_NONBLOCK, 0), 0);
		assert_true(fake_commit_has(CRTC, "VRR_ENABLED", &value));
		assert_int_equal(value, on);
	}
}

static void test_content_type(void **state) {
	struct kms_connector *connector = device->connectors[0];
	for (int type = 0; type < KMS_CONTENT_TYPES; type++) {
		kms_commit_init(&commit, device);
		assert_int_equal(kms_commit_set_content_type(
					 &commit, connector, (enum kms_content_type)type),
			0);
		assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
		uint64_t value;
		assert_true(fake_commit_has(CONNECTOR, "content type", &value));
		assert_int_equal(value, content_types[type].value);
	}
	/* One that the driver does not know, and a connector without: nothing is set. */
	kms_commit_init(&commit, device);
	connector->content_types.mask &= ~(1u << KMS_CONTENT_GAME);
	assert_int_equal(kms_commit_set_content_type(&commit, connector, KMS_CONTENT_GAME), 0);
	connector->content_types.mask = 0;
	assert_int_equal(kms_commit_set_content_type(&commit, connector, KMS_CONTENT_PHOTO), 0);
	assert_int_equal(commit.props_len, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_async_flip, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_usual_commit_can_not_be_async, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vrr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_content_type, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
