#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drmMode.h>

#include "fake_drm.h"
#include "kms/commit.h"
#include "kms/device.h"
#include "kms/framebuffer.h"
#include "kms/writeback.h"

static struct kms_device *device;
static const struct kms_crtc *crtc;
static const struct kms_plane *primary, *overlay;
static const struct kms_connector *connector;
static struct kms_commit commit;
static int device_fd;

static int setup_with(int (*change)(void)) {
	fake_reset();
	fake_add_vkms();
	if (change != NULL) {
		change();
	}
	device_fd = memfd_create("device", MFD_CLOEXEC);
	if (ftruncate(device_fd, 1 << 20) != 0) {
		return -1;
	}
	device = kms_device_create(device_fd, NULL);
	if (device == NULL) {
		return -1;
	}
	crtc = &device->crtcs[0];
	primary = &device->planes[0];
	overlay = &device->planes[1];
	connector = device->connectors[0];
	kms_commit_init(&commit, device);
	return 0;
}

static int setup(void **state) {
	return setup_with(NULL);
}

/* An overlay plane with nothing but what every plane has. */
static int make_overlay_bare(void) {
	static const char *const extras[] = {"IN_FENCE_FD", "zpos", "alpha", "pixel blend mode",
		"rotation", "COLOR_ENCODING", "COLOR_RANGE"};
	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		fake_remove_property(31, extras[i]);
	}
	return 0;
}

static int setup_bare(void **state) {
	return setup_with(make_overlay_bare);
}

static int teardown(void **state) {
	kms_device_destroy(device);
	close(device_fd);
	fake_finish();
	return fake.outstanding;
}

struct expected {
	uint32_t object;
	const char *property;
	uint64_t value;
};

/* The commit that arrived has these properties, in this order, and no others. */
static void assert_commit(const struct expected *expected, size_t len) {
	assert_int_equal(fake.commit.objects_twice, 0);
	for (size_t i = 0; i < len && i < fake.commit.len; i++) {
		const struct fake_triple *triple = &fake.commit.triples[i];
		assert_int_equal(triple->object, expected[i].object);
		assert_int_equal(triple->property,
			fake_property_id(expected[i].object, expected[i].property));
		assert_int_equal(triple->value, expected[i].value);
	}
	assert_int_equal(fake.commit.len, len);
}

static struct kms_plane_state make_state(void) {
	struct kms_plane_state state = kms_plane_state_default();
	state.fb_id = 9;
	state.src_x = 1 << 16;
	state.src_y = 2 << 16;
	state.src_w = 640 << 16;
	state.src_h = 480 << 16;
	state.dst_x = -5;
	state.dst_y = 6;
	state.dst_w = 320;
	state.dst_h = 240;
	return state;
}

static void test_plane(void **state) {
	struct kms_plane_state plane_state = make_state();
	assert_int_equal(kms_commit_set_plane(&commit, primary, crtc, &plane_state), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected expected[] = {
		{30, "FB_ID", 9},
		{30, "CRTC_ID", 50},
		{30, "SRC_X", 1 << 16},
		{30, "SRC_Y", 2 << 16},
		{30, "SRC_W", 640 << 16},
		{30, "SRC_H", 480 << 16},
		{30, "CRTC_X", (uint64_t)-5},
		{30, "CRTC_Y", 6},
		{30, "CRTC_W", 320},
		{30, "CRTC_H", 240},
		/* Defaults are written: others may have left something there. */
		{30, "IN_FENCE_FD", UINT64_MAX},
		{30, "alpha", 0xffff},
		{30, "pixel blend mode", 5},
		{30, "rotation", 1},
	};
	assert_commit(expected, sizeof(expected) / sizeof(expected[0]));
}

static void test_plane_with_everything(void **state) {
	struct kms_plane_state plane_state = make_state();
	plane_state.in_fence_fd = 17;
	plane_state.alpha = 0x8000;
	plane_state.blend_mode = KMS_BLEND_COVERAGE;
	plane_state.rotation = DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X;
	plane_state.color_encoding = KMS_COLOR_ENCODING_BT709;
	plane_state.color_range = KMS_COLOR_RANGE_FULL;
	plane_state.zpos = 5;
	assert_int_equal(kms_commit_set_plane(&commit, primary, crtc, &plane_state), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	uint64_t value = 0;
	const struct expected expected[] = {
		{30, "IN_FENCE_FD", 17},
		{30, "alpha", 0x8000},
		{30, "pixel blend mode", 6},
		{30, "rotation", DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X},
		{30, "COLOR_ENCODING", 11},
		{30, "COLOR_RANGE", 21},
		{30, "zpos", 5},
	};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(fake_commit_has(expected[i].object, expected[i].property, &value));
		assert_int_equal(value, expected[i].value);
	}
}

/* Of a plane that is ours already: its buffer, and what is another one. */
static void test_plane_changes(void **state) {
	const struct kms_plane_state before = make_state();
	struct kms_plane_state now = before;
	now.fb_id = 10;
	assert_int_equal(kms_commit_change_plane(&commit, primary, crtc, &before, &now), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected flip[] = {{30, "FB_ID", 10}};
	assert_commit(flip, 1);

	kms_commit_init(&commit, device);
	now.in_fence_fd = 17;
	now.dst_x = -6;
	now.dst_h = 241;
	now.alpha = 0x8000;
	now.zpos = 5;
	assert_int_equal(kms_commit_change_plane(&commit, primary, crtc, &before, &now), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected moved[] = {
		{30, "FB_ID", 10},
		{30, "CRTC_X", (uint64_t)-6},
		{30, "CRTC_H", 241},
		{30, "IN_FENCE_FD", 17},
		{30, "alpha", 0x8000},
		{30, "zpos", 5},
	};
	assert_commit(moved, sizeof(moved) / sizeof(moved[0]));

	/* A fence is a commit's: it is given again. */
	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_change_plane(&commit, primary, crtc, &now, &now), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected again[] = {{30, "FB_ID", 10}, {30, "IN_FENCE_FD", 17}};
	assert_commit(again, 2);

	kms_commit_init(&commit, device);
	now.rotation = DRM_MODE_ROTATE_90;
	assert_int_equal(kms_commit_change_plane(&commit, overlay, crtc, &before, &now), -EINVAL);
}

static int add_damage(void) {
	fake_add_property(
		fake_find_object(30), "FB_DAMAGE_CLIPS", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_ATOMIC, 0);
	return 0;
}

static int setup_damage(void **state) {
	return setup_with(add_damage);
}

/* Damage is a commit's, too. A plane that does not want to know is not told. */
static void test_damage(void **state) {
	const struct drm_mode_rect rects[] = {{0, 0, 10, 20}, {100, 100, 110, 120}};
	const int blobs = fake_own_blobs();
	const struct kms_plane_state before = make_state();
	struct kms_plane_state now = before;
	now.fb_id = 10;
	assert_int_equal(kms_damage_blob_create(device, rects, 2, &now.damage_blob), 0);
	assert_int_equal(fake_own_blobs(), blobs + 1);
	assert_int_equal(kms_commit_change_plane(&commit, primary, crtc, &before, &now), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected told[] = {{30, "FB_ID", 10}, {30, "FB_DAMAGE_CLIPS", now.damage_blob}};
	assert_commit(told, 2);
	kms_damage_blob_destroy(device, now.damage_blob);
	assert_int_equal(fake_own_blobs(), blobs);

	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_change_plane(&commit, overlay, crtc, &before, &now), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct expected untold[] = {{31, "FB_ID", 10}};
	assert_commit(untold, 1);
}

static void test_what_a_plane_has_not(void **state) {
	struct kms_plane_state plane_state = make_state();
	/* Defaults need no property. */
	assert_int_equal(kms_plane_check_state(overlay, &plane_state), KMS_COMMIT_OK);
	assert_int_equal(kms_commit_set_plane(&commit, overlay, crtc, &plane_state), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.len, 10);

	struct kms_plane_state states[10];
	const enum kms_commit_error errors[] = {
		KMS_COMMIT_NO_IN_FENCE,
		KMS_COMMIT_NO_ALPHA,
		KMS_COMMIT_NO_BLEND_MODE,
		KMS_COMMIT_NO_ROTATION,
		KMS_COMMIT_NO_COLOR_ENCODING,
		KMS_COMMIT_NO_COLOR_RANGE,
		KMS_COMMIT_NO_SCALING_FILTER,
		KMS_COMMIT_NO_ZPOS,
	};
	size_t len = sizeof(errors) / sizeof(errors[0]);
	for (size_t i = 0; i < len; i++) {
		states[i] = plane_state;
	}
	states[0].in_fence_fd = 0;
	states[1].alpha = 0xfffe;
	states[2].blend_mode = KMS_BLEND_NONE;
	states[3].rotation = DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X;
	states[4].color_encoding = KMS_COLOR_ENCODING_BT601;
	states[5].color_range = KMS_COLOR_RANGE_LIMITED;
	states[6].scaling_filter = KMS_SCALING_FILTER_NEAREST;
	states[7].zpos = 0;
	for (size_t i = 0; i < len; i++) {
		kms_commit_init(&commit, device);
		assert_int_equal(kms_plane_check_state(overlay, &states[i]), errors[i]);
		assert_int_equal(kms_commit_set_plane(&commit, overlay, crtc, &states[i]), -EINVAL);
		assert_int_equal(commit.error, errors[i]);
		/* The error sticks, and the kernel is not asked. */
		fake.commits = 0;
		assert_int_equal(
			kms_commit_set_plane(&commit, primary, crtc, &plane_state), -EINVAL);
		assert_int_equal(kms_commit_test(&commit, 0), -EINVAL);
		assert_int_equal(kms_commit_submit(&commit, 0, 0), -EINVAL);
		assert_int_equal(fake.commits, 0);
	}
}

static void test_values_a_property_has_not(void **state) {
	struct kms_plane_state plane_state = make_state();
	plane_state.color_encoding = KMS_COLOR_ENCODING_BT2020;
	assert_int_equal(
		kms_plane_check_state(primary, &plane_state), KMS_COMMIT_NO_COLOR_ENCODING);
	plane_state = make_state();
	plane_state.rotation = DRM_MODE_ROTATE_90;
	assert_int_equal(kms_plane_check_state(primary, &plane_state), KMS_COMMIT_NO_ROTATION);
	plane_state = make_state();
	plane_state.zpos = 1;
	assert_int_equal(kms_plane_check_state(primary, &plane_state), KMS_COMMIT_NO_ZPOS);
	plane_state.zpos = 6;
	assert_int_equal(kms_plane_check_state(primary, &plane_state), KMS_COMMIT_NO_ZPOS);
	plane_state.zpos = 2;
	assert_int_equal(kms_plane_check_state(primary, &plane_state), KMS_COMMIT_OK);
}

static int make_zpos_immutable(void) {
	fake_find_property(30, "zpos")->flags |= DRM_MODE_PROP_IMMUTABLE;
	return 0;
}

static int setup_immutable(void **state) {
	return setup_with(make_zpos_immutable);
}

static void test_immutable_zpos(void **state) {
	struct kms_plane_state plane_state = make_state();
	plane_state.zpos = 4;
	assert_int_equal(kms_plane_check_state(primary, &plane_state), KMS_COMMIT_NO_ZPOS);
	plane_state.zpos = 3;
	assert_int_equal(kms_commit_set_plane(&commit, primary, crtc, &plane_state), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_false(fake_commit_has(30, "zpos", NULL));
}

static void test_modeset(void **state) {
	int32_t fence = 5;
	assert_int_equal(kms_commit_set_mode(&commit, crtc, connector, 123), 0);
	assert_int_equal(kms_commit_disable_plane(&commit, overlay), 0);
	assert_int_equal(kms_commit_set_neutral(&commit, crtc, connector, 10), 0);
	assert_int_equal(kms_commit_want_out_fence(&commit, crtc, &fence), 0);
	assert_int_equal(fence, -1);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	const struct expected expected[] = {
		{50, "MODE_ID", 123},
		{50, "ACTIVE", 1},
		{50, "GAMMA_LUT", 0},
		{50, "OUT_FENCE_PTR", (uint64_t)(uintptr_t)&fence},
		{70, "CRTC_ID", 50},
		{31, "FB_ID", 0},
		{31, "CRTC_ID", 0},
	};
	assert_commit(expected, sizeof(expected) / sizeof(expected[0]));
}

static int add_hdr_settings(void) {
	fake_add_hdr_settings(70);
	return 0;
}

static int setup_hdr(void **state) {
	return setup_with(add_hdr_settings);
}

/* eDP on i915, which offers panels no "None". */
static int add_panel(void) {
	fake_add_hdr_settings(70);
	fake_find_object(70)->connector_type = DRM_MODE_CONNECTOR_eDP;
	fake_find_property(70, "max bpc")->range[0] = 10;
	fake_find_property(70, "Colorspace")->flags |= DRM_MODE_PROP_IMMUTABLE;
	return 0;
}

static int setup_panel(void **state) {
	return setup_with(add_panel);
}

/* A compositor with HDR had the device before. */
static void test_neutral(void **state) {
	assert_int_equal(kms_commit_set_neutral(&commit, crtc, connector, 10), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	const struct expected expected[] = {
		{50, "GAMMA_LUT", 0},
		{70, "HDR_OUTPUT_METADATA", 0},
		{70, "Colorspace", 0},
		{70, "Broadcast RGB", 30},
		{70, "scaling mode", 40},
		{70, "underscan", 60},
		{70, "max bpc", 10},
	};
	assert_commit(expected, sizeof(expected) / sizeof(expected[0]));

	/* As deep as it can be, and no deeper. */
	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_set_neutral(&commit, crtc, connector, 16), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	uint64_t bpc = 0;
	assert_true(fake_commit_has(70, "max bpc", &bpc));
	assert_int_equal(bpc, 12);
}

static void test_neutral_panel(void **state) {
	assert_int_equal(kms_commit_set_neutral(&commit, crtc, connector, 8), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	const struct expected expected[] = {
		{50, "GAMMA_LUT", 0},
		{70, "HDR_OUTPUT_METADATA", 0},
		{70, "Broadcast RGB", 30},
		{70, "scaling mode", 43},
		{70, "underscan", 60},
		{70, "max bpc", 10},
	};
	assert_commit(expected, sizeof(expected) / sizeof(expected[0]));
}

/* Properties stay grouped by object, the last value wins, whatever the order of calls. */
static void test_order(void **state) {
	assert_int_equal(kms_commit_set(&commit, 50, 5001, 1), 0);
	assert_int_equal(kms_commit_set(&commit, 30, 3001, 2), 0);
	assert_int_equal(kms_commit_set(&commit, 31, 3101, 3), 0);
	assert_int_equal(kms_commit_set(&commit, 50, 5002, 4), 0);
	assert_int_equal(kms_commit_set(&commit, 30, 3001, 5), 0);
	assert_int_equal(kms_commit_set(&commit, 30, 3002, 6), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	const struct fake_triple expected[] = {
		{50, 5001, 1}, {50, 5002, 4}, {30, 3001, 5}, {30, 3002, 6}, {31, 3101, 3}};
	assert_int_equal(fake.commit.objects, 3);
	assert_int_equal(fake.commit.objects_twice, 0);
	assert_int_equal(fake.commit.len, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(fake.commit.triples[i].object, expected[i].object);
		assert_int_equal(fake.commit.triples[i].property, expected[i].property);
		assert_int_equal(fake.commit.triples[i].value, expected[i].value);
	}
	assert_int_equal(kms_commit_set(&commit, 50, 0, 1), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_NO_PROPERTY);
}

static void test_copy(void **state) {
	assert_int_equal(kms_commit_set(&commit, 50, 5001, 1), 0);
	struct kms_commit copy = commit;
	assert_int_equal(kms_commit_set(&copy, 50, 5001, 2), 0);
	assert_int_equal(kms_commit_set(&copy, 51, 5101, 3), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.len, 1);
	assert_int_equal(fake.commit.triples[0].value, 1);
	assert_int_equal(kms_commit_submit(&copy, 0, 0), 0);
	assert_int_equal(fake.commit.len, 2);
}

static void test_disable_all(void **state) {
	device->connectors[1]->gone = true;
	assert_int_equal(kms_commit_disable_all(&commit, device), 0);
	assert_int_equal(kms_commit_set_mode(&commit, crtc, connector, 123), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	/* Four planes with two, one connector, a CRTC with two: not the one that has gone. */
	assert_int_equal(fake.commit.len, 4 * 2 + 1 + 2);
	assert_int_equal(fake.commit.objects_twice, 0);
	uint64_t value = 0;
	assert_true(fake_commit_has(50, "ACTIVE", &value));
	assert_int_equal(value, 1);
	assert_true(fake_commit_has(70, "CRTC_ID", &value));
	assert_int_equal(value, 50);
	assert_false(fake_commit_has(71, "CRTC_ID", NULL));

	/* Nor one that has gone without our knowledge, while another session had the device. */
	device->connectors[1]->gone = false;
	fake_find_object(71)->unplugged = true;
	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_disable_all(&commit, device), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	assert_true(fake_commit_has(70, "CRTC_ID", NULL));
	assert_false(fake_commit_has(71, "CRTC_ID", NULL));
}

/* Discrete nvidia and tegra: eight heads with eight planes each, and many connectors. Where the kernel
 * does not list them, all that are known are meant. */
static void test_disable_many(void **state) {
	struct kms_crtc crtcs[8];
	struct kms_plane planes[64];
	struct kms_connector connectors[32], *pointers[32];
	for (uint32_t i = 0; i < 64; i++) {
		planes[i] = device->planes[0];
		planes[i].id = 1000 + i;
	}
	for (uint32_t i = 0; i < 8; i++) {
		crtcs[i] = *crtc;
		crtcs[i].id = 2000 + i;
	}
	for (uint32_t i = 0; i < 32; i++) {
		connectors[i] = *connector;
		connectors[i].id = 3000 + i;
		pointers[i] = &connectors[i];
	}
	const struct kms_device big = {
		.planes = planes,
		.planes_len = 64,
		.crtcs = crtcs,
		.crtcs_len = 8,
		.connectors = pointers,
		.connectors_len = 32,
	};
	kms_commit_init(&commit, &big);
	fake.fail_at = fake.fallible_calls + 1;
	assert_int_equal(kms_commit_disable_all(&commit, &big), 0);
	assert_int_equal(commit.objects_len, 64 + 8 + 32);
}

static void test_too_many_objects(void **state) {
	for (uint32_t i = 1; i <= KMS_COMMIT_MAX_OBJECTS; i++) {
		assert_int_equal(kms_commit_set(&commit, i, 1, i), 0);
	}
	/* One more property of the last one has room, one more object has not. */
	assert_int_equal(kms_commit_set(&commit, 1, 2, 0), 0);
	assert_int_equal(kms_commit_set(&commit, KMS_COMMIT_MAX_OBJECTS + 1, 1, 0), -E2BIG);
	assert_int_equal(commit.error, KMS_COMMIT_TOO_MANY_OBJECTS);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), -E2BIG);
	assert_int_equal(kms_commit_test(&commit, 0), -E2BIG);
	assert_int_equal(fake.commits, 0);
}

static void test_too_many_properties(void **state) {
	for (uint32_t i = 1; i <= KMS_COMMIT_MAX_PROPERTIES; i++) {
		assert_int_equal(kms_commit_set(&commit, 1 + i % 4, i, i), 0);
	}
	assert_int_equal(kms_commit_set(&commit, 2, 1, 77), 0);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.len, KMS_COMMIT_MAX_PROPERTIES);
	assert_int_equal(kms_commit_set(&commit, 2, 5000, 0), -E2BIG);
	assert_int_equal(commit.error, KMS_COMMIT_TOO_MANY_PROPERTIES);
	fake.commits = 0;
	assert_int_equal(kms_commit_submit(&commit, 0, 0), -E2BIG);
	assert_int_equal(fake.commits, 0);

	kms_commit_init(&commit, device);
	for (uint32_t i = 1; i <= KMS_COMMIT_MAX_PROPERTIES; i++) {
		assert_int_equal(kms_commit_set(&commit, 1, i, i), 0);
	}
	assert_int_equal(kms_commit_set(&commit, 2, 1, 0), -E2BIG);
	assert_int_equal(commit.objects_len, 1);
}

static int refuse(const struct fake_commit *request, void *data) {
	return *(int *)data;
}

static void test_flags(void **state) {
	static const struct {
		uint32_t flags, submit, test;
	} cases[] = {
		{0, 0, DRM_MODE_ATOMIC_TEST_ONLY},
		{KMS_COMMIT_NONBLOCK, DRM_MODE_ATOMIC_NONBLOCK,
			DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_NONBLOCK},
		/* The kernel refuses events in a test. */
		{KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT,
			DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT,
			DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_NONBLOCK},
		{KMS_COMMIT_ALLOW_MODESET, DRM_MODE_ATOMIC_ALLOW_MODESET,
			DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET},
		{KMS_COMMIT_ASYNC, DRM_MODE_PAGE_FLIP_ASYNC,
			DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_PAGE_FLIP_ASYNC},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kms_commit_submit(&commit, cases[i].flags, 42), 0);
		assert_int_equal(fake.commit.flags, cases[i].submit);
		assert_int_equal(fake.commit.user_data, 42);
		assert_int_equal(kms_commit_test(&commit, cases[i].flags), 0);
		assert_int_equal(fake.commit.flags, cases[i].test);
	}
	int error = EBUSY;
	fake.on_commit = refuse;
	fake.on_commit_data = &error;
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_NONBLOCK, 0), -EBUSY);
	assert_int_equal(kms_commit_test(&commit, KMS_COMMIT_NONBLOCK), -EBUSY);
	/* The kernel's answer is not the commit's fault: it can be sent again. */
	assert_int_equal(commit.error, KMS_COMMIT_OK);
}

static void test_wrong_objects(void **state) {
	struct kms_crtc other = *crtc;
	other.index = 1;
	struct kms_plane_state plane_state = make_state();
	assert_int_equal(kms_commit_set_plane(&commit, primary, &other, &plane_state), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_WRONG_CRTC);
	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_set_mode(&commit, &other, connector, 1), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_WRONG_CRTC);

	kms_commit_init(&commit, device);
	device->connectors[0]->gone = true;
	assert_int_equal(kms_commit_set_mode(&commit, crtc, connector, 1), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_GONE);

	kms_commit_init(&commit, device);
	int32_t fence = 0;
	assert_int_equal(kms_commit_set_writeback(&commit, connector, crtc, 1, &fence), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_NO_WRITEBACK);
	assert_int_equal(fence, -1);

	kms_commit_init(&commit, device);
	assert_int_equal(kms_commit_set_vrr(&commit, crtc, false), 0);
	assert_int_equal(kms_commit_set_vrr(&commit, crtc, true), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_NO_VRR);

	kms_commit_init(&commit, device);
	other = *crtc;
	other.props.out_fence_ptr.id = 0;
	assert_int_equal(kms_commit_want_out_fence(&commit, &other, &fence), -EINVAL);
	assert_int_equal(commit.error, KMS_COMMIT_NO_OUT_FENCE);
}

static void test_names(void **state) {
	for (int i = 0; i < KMS_COMMIT_ERROR_COUNT; i++) {
		const char *name = kms_commit_error_name((enum kms_commit_error)i);
		assert_non_null(name);
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(
				name, kms_commit_error_name((enum kms_commit_error)j));
		}
	}
	assert_string_equal(kms_commit_error_name(KMS_COMMIT_NO_ALPHA), "no-alpha");
}

static void test_writeback(void **state) {
	struct kms_writeback *job = kms_writeback_create(device, crtc, 64, 32, NULL);
	assert_non_null(job);
	/* RGB565 comes first in the list, but nobody reads that. */
	assert_int_equal(job->buffer->fourcc, 0x34325258);
	assert_int_equal(kms_writeback_done(job), -EINVAL);
	assert_int_equal(kms_writeback_add(job, &commit), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	const struct expected expected[] = {
		{71, "CRTC_ID", 50},
		{71, "WRITEBACK_FB_ID", job->buffer->fb_id},
		{71, "WRITEBACK_OUT_FENCE_PTR", (uint64_t)(uintptr_t)&job->fence_fd},
	};
	assert_commit(expected, sizeof(expected) / sizeof(expected[0]));
	assert_true(job->attached);

	kms_commit_init(&commit, device);
	assert_int_equal(kms_writeback_remove(job, &commit), 0);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	const struct expected removed[] = {{71, "CRTC_ID", 0}};
	assert_commit(removed, 1);
	kms_writeback_destroy(job);
	assert_int_equal(fake_open_handles(), 0);
	assert_int_equal(fake.fbs_len, 0);

	int error = 0;
	struct kms_crtc other = *crtc;
	other.index = 1;
	assert_null(kms_writeback_create(device, &other, 64, 32, &error));
	assert_int_equal(error, -ENOTSUP);
	/* Create, map, framebuffer. */
	for (int i = 1; i <= 3; i++) {
		fake.fallible_calls = 0;
		fake.fail_at = i;
		assert_null(kms_writeback_create(device, crtc, 64, 32, &error));
		assert_int_equal(error, -ENOMEM);
		assert_int_equal(fake_open_handles(), 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plane, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plane_with_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plane_changes, setup_bare, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup_damage, teardown),
		cmocka_unit_test_setup_teardown(test_what_a_plane_has_not, setup_bare, teardown),
		cmocka_unit_test_setup_teardown(test_values_a_property_has_not, setup, teardown),
		cmocka_unit_test_setup_teardown(test_immutable_zpos, setup_immutable, teardown),
		cmocka_unit_test_setup_teardown(test_modeset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neutral, setup_hdr, teardown),
		cmocka_unit_test_setup_teardown(test_neutral_panel, setup_panel, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disable_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disable_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_properties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writeback, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kms-commit", tests, NULL, NULL);
}
