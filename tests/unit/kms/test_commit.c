/* SPDX-License-Identifier: MIT */
#include <xf86drmMode.h>

#include "kms/commit.h"
#include "kms/framebuffer.h"
#include "kms/writeback.h"
#include "open.h"

static const struct kms_crtc *crtc;
static const struct kms_plane *primary, *overlay;
static const struct kms_connector *connector;
static struct kms_commit commit;

/* The device as fake has it now. */
static void reopen(void) {
	open_device();
	crtc = &device->crtcs[0];
	primary = &device->planes[0];
	overlay = &device->planes[1];
	connector = device->connectors[0];
	kms_commit_init(&commit, device);
}

static int setup(void **state) {
	int ret = describe_device();
	reopen();
	return ret;
}

/* An overlay plane with nothing but what every plane has. */
static void make_overlay_bare(void) {
	static const char *const extras[] = {"IN_FENCE_FD", "zpos", "alpha", "pixel blend mode",
		"rotation", "COLOR_ENCODING", "COLOR_RANGE"};
	for (size_t i = 0; i < LEN(extras); i++) {
		fake_remove_property(31, extras[i]);
	}
	reopen();
}

/* The commit, when it is submitted, has these properties, in this order, and no others, and nothing
 * went wrong while it was made. A new one begins. */
#define ASSERT_COMMIT(...) assert_commit((const struct sent_property[]){__VA_ARGS__, {0}})
static void assert_commit(const struct sent_property *expected) {
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	kms_commit_init(&commit, device);
	assert_int_equal(fake.commit.objects_twice, 0);
	size_t len = 0;
	for (; expected[len].property != NULL; len++) {
		const struct fake_triple *triple = &fake.commit.triples[len];
		assert_int_equal(triple->object, expected[len].object);
		assert_int_equal(triple->property,
			fake_property_id(expected[len].object, expected[len].property));
		assert_int_equal(triple->value, expected[len].value);
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
	kms_commit_set_plane(&commit, primary, crtc, &plane_state);
	ASSERT_COMMIT({30, "FB_ID", 9}, {30, "CRTC_ID", 50}, {30, "SRC_X", 1 << 16},
		{30, "SRC_Y", 2 << 16}, {30, "SRC_W", 640 << 16}, {30, "SRC_H", 480 << 16},
		{30, "CRTC_X", (uint64_t)-5}, {30, "CRTC_Y", 6}, {30, "CRTC_W", 320},
		{30, "CRTC_H", 240},
		/* Defaults are written: others may have left something there. */
		{30, "alpha", 0xffff}, {30, "pixel blend mode", 5}, {30, "rotation", 1},
		{30, "IN_FENCE_FD", UINT64_MAX});

	plane_state.in_fence_fd = 17;
	plane_state.alpha = 0x8000;
	plane_state.blend_mode = KMS_BLEND_COVERAGE;
	plane_state.rotation = DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X;
	plane_state.color_encoding = KMS_COLOR_ENCODING_BT709;
	plane_state.color_range = KMS_COLOR_RANGE_FULL;
	plane_state.zpos = 5;
	kms_commit_set_plane(&commit, primary, crtc, &plane_state);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	ASSERT_SENT({30, "IN_FENCE_FD", 17}, {30, "alpha", 0x8000}, {30, "pixel blend mode", 6},
		{30, "rotation", DRM_MODE_ROTATE_180 | DRM_MODE_REFLECT_X},
		{30, "COLOR_ENCODING", 11}, {30, "COLOR_RANGE", 21}, {30, "zpos", 5});
}

/* Of a plane that is ours already: its buffer, and what is another one. */
static void test_plane_changes(void **state) {
	make_overlay_bare();
	const struct kms_plane_state before = make_state();
	struct kms_plane_state now = before;
	now.fb_id = 10;
	kms_commit_change_plane(&commit, primary, crtc, &before, &now);
	ASSERT_COMMIT({30, "FB_ID", 10});

	now.in_fence_fd = 17;
	now.dst_x = -6;
	now.dst_h = 241;
	now.alpha = 0x8000;
	now.zpos = 5;
	kms_commit_change_plane(&commit, primary, crtc, &before, &now);
	ASSERT_COMMIT({30, "FB_ID", 10}, {30, "CRTC_X", (uint64_t)-6}, {30, "CRTC_H", 241},
		{30, "alpha", 0x8000}, {30, "IN_FENCE_FD", 17}, {30, "zpos", 5});

	/* A fence is a commit's: it is given again. */
	kms_commit_change_plane(&commit, primary, crtc, &now, &now);
	ASSERT_COMMIT({30, "FB_ID", 10}, {30, "IN_FENCE_FD", 17});

	now.rotation = DRM_MODE_ROTATE_90;
	kms_commit_change_plane(&commit, overlay, crtc, &before, &now);
	assert_int_equal(commit.error, -EINVAL);
}

/* Damage is a commit's, too. A plane that does not want to know is not told. */
static void test_damage(void **state) {
	fake_add_property(fake_find_object(30), "FB_DAMAGE_CLIPS",
		DRM_MODE_PROP_BLOB | DRM_MODE_PROP_ATOMIC, 0);
	reopen();
	const struct drm_mode_rect rects[] = {{0, 0, 10, 20}, {100, 100, 110, 120}};
	const int blobs = fake_own_blobs();
	const struct kms_plane_state before = make_state();
	struct kms_plane_state now = before;
	now.fb_id = 10;
	assert_int_equal(kms_blob_create(device, rects, sizeof(rects), &now.damage_blob), 0);
	assert_int_equal(fake_own_blobs(), blobs + 1);
	kms_commit_change_plane(&commit, primary, crtc, &before, &now);
	ASSERT_COMMIT({30, "FB_ID", 10}, {30, "FB_DAMAGE_CLIPS", now.damage_blob});
	kms_blob_destroy(device, now.damage_blob);
	assert_int_equal(fake_own_blobs(), blobs);
	kms_commit_change_plane(&commit, overlay, crtc, &before, &now);
	ASSERT_COMMIT({31, "FB_ID", 10});
}

/* The property that the state needs is missing, or has not the value; the error sticks, and the
 * kernel is not asked. */
static void assert_lacks(const struct kms_plane *plane, const struct kms_plane_state *plane_state,
	const struct kms_property *property) {
	const struct kms_plane_state fine = make_state();
	assert_ptr_equal(kms_plane_find_lacking(plane, plane_state), property);
	kms_commit_init(&commit, device);
	fake.commits = 0;
	kms_commit_set_plane(&commit, plane, crtc, plane_state);
	kms_commit_set_plane(&commit, primary, crtc, &fine);
	assert_int_equal(commit.error, -EINVAL);
	assert_int_equal(kms_commit_test(&commit, 0), -EINVAL);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), -EINVAL);
	assert_int_equal(fake.commits, 0);
}

static void test_what_a_plane_has_not(void **state) {
	make_overlay_bare();
	const struct kms_plane_state plane_state = make_state();
	/* Defaults need no property. */
	assert_null(kms_plane_find_lacking(overlay, &plane_state));
	kms_commit_set_plane(&commit, overlay, crtc, &plane_state);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.len, 10);

	struct kms_plane_state states[11];
	const struct kms_plane_properties *no = &overlay->props, *other = &primary->props;
	const struct kms_property *const lacking[LEN(states)] = {&no->in_fence_fd, &no->alpha,
		&no->blend_mode, &no->rotation, &no->color_encoding, &no->color_range, &no->zpos,
		&other->color_encoding, &other->rotation, &other->zpos, &other->zpos};
	for (size_t i = 0; i < LEN(states); i++) {
		states[i] = plane_state;
	}
	states[0].in_fence_fd = 0;
	states[1].alpha = 0xfffe;
	states[2].blend_mode = KMS_BLEND_NONE;
	states[3].rotation = DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X;
	states[4].color_encoding = KMS_COLOR_ENCODING_BT601;
	states[5].color_range = KMS_COLOR_RANGE_LIMITED;
	states[6].zpos = 0;
	/* What the primary plane has, with a value that it has not. */
	states[7].color_encoding = KMS_COLOR_ENCODING_BT2020;
	states[8].rotation = DRM_MODE_ROTATE_90;
	states[9].zpos = 1;
	states[10].zpos = 6;
	for (size_t i = 0; i < LEN(states); i++) {
		assert_lacks(i < 7 ? overlay : primary, &states[i], lacking[i]);
	}
	states[10].zpos = 2;
	assert_null(kms_plane_find_lacking(primary, &states[10]));
}

static void test_immutable_zpos(void **state) {
	fake_find_property(30, "zpos")->flags |= DRM_MODE_PROP_IMMUTABLE;
	reopen();
	struct kms_plane_state plane_state = make_state();
	plane_state.zpos = 4;
	assert_ptr_equal(kms_plane_find_lacking(primary, &plane_state), &primary->props.zpos);
	plane_state.zpos = 3;
	kms_commit_set_plane(&commit, primary, crtc, &plane_state);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	ASSERT_SENT({30, "zpos", NOT_SENT});
}

static void test_modeset(void **state) {
	int32_t fence = 5;
	kms_commit_set_mode(&commit, crtc, connector, 123);
	kms_commit_disable_plane(&commit, overlay);
	kms_commit_set_neutral(&commit, crtc, connector, 10);
	kms_commit_want_out_fence(&commit, crtc, &fence);
	assert_int_equal(fence, -1);
	ASSERT_COMMIT({50, "MODE_ID", 123}, {50, "ACTIVE", 1}, {50, "GAMMA_LUT", 0},
		{50, "OUT_FENCE_PTR", (uint64_t)(uintptr_t)&fence}, {70, "CRTC_ID", 50},
		{31, "FB_ID", 0}, {31, "CRTC_ID", 0});
}

/* A compositor with HDR had the device before. */
static void test_neutral(void **state) {
	fake_add_hdr_settings(70);
	reopen();
	/* As deep as it can be, and no deeper. */
	static const uint64_t wanted[] = {10, 16}, given[] = {10, 12};
	for (size_t i = 0; i < LEN(wanted); i++) {
		kms_commit_set_neutral(&commit, crtc, connector, wanted[i]);
		ASSERT_COMMIT({50, "GAMMA_LUT", 0}, {70, "HDR_OUTPUT_METADATA", 0},
			{70, "Colorspace", 0}, {70, "Broadcast RGB", 30}, {70, "scaling mode", 40},
			{70, "underscan", 60}, {70, "max bpc", given[i]});
	}
	/* eDP on i915, which offers panels no "None". */
	fake_find_object(70)->connector_type = DRM_MODE_CONNECTOR_eDP;
	fake_find_property(70, "max bpc")->range[0] = 10;
	fake_find_property(70, "Colorspace")->flags |= DRM_MODE_PROP_IMMUTABLE;
	reopen();
	kms_commit_set_neutral(&commit, crtc, connector, 8);
	ASSERT_COMMIT({50, "GAMMA_LUT", 0}, {70, "HDR_OUTPUT_METADATA", 0},
		{70, "Broadcast RGB", 30}, {70, "scaling mode", 43}, {70, "underscan", 60},
		{70, "max bpc", 10});
}

/* Properties stay grouped by object, the last value wins, whatever the order of calls; a copy is
 * another commit. */
static void test_order(void **state) {
	static const struct fake_triple calls[] = {{50, 5001, 1}, {30, 3001, 2}, {31, 3101, 3},
		{50, 5002, 4}, {30, 3001, 5}, {30, 3002, 6}},
					expected[] = {{50, 5001, 1}, {50, 5002, 4}, {30, 3001, 5},
						{30, 3002, 6}, {31, 3101, 3}};
	for (size_t i = 0; i < LEN(calls); i++) {
		kms_commit_set(&commit, calls[i].object, calls[i].property, calls[i].value);
	}
	struct kms_commit copy = commit;
	kms_commit_set(&copy, 50, 5001, 2);
	kms_commit_set(&copy, 51, 5101, 3);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.objects, 3);
	assert_int_equal(fake.commit.objects_twice, 0);
	assert_int_equal(fake.commit.len, LEN(expected));
	for (size_t i = 0; i < LEN(expected); i++) {
		assert_int_equal(fake.commit.triples[i].object, expected[i].object);
		assert_int_equal(fake.commit.triples[i].property, expected[i].property);
		assert_int_equal(fake.commit.triples[i].value, expected[i].value);
	}
	assert_int_equal(kms_commit_submit(&copy, 0, 0), 0);
	assert_int_equal(fake.commit.len, LEN(expected) + 1);
	assert_int_equal(fake.commit.triples[0].value, 2);
	kms_commit_set(&commit, 50, 0, 1);
	assert_int_equal(commit.error, -EINVAL);
}

static void test_disable_all(void **state) {
	device->connectors[1]->gone = true;
	kms_commit_disable_all(&commit, device);
	kms_commit_set_mode(&commit, crtc, connector, 123);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	/* Four planes with two, one connector, a CRTC with two: not the one that has gone. */
	assert_int_equal(fake.commit.len, 4 * 2 + 1 + 2);
	assert_int_equal(fake.commit.objects_twice, 0);
	ASSERT_SENT({50, "ACTIVE", 1}, {70, "CRTC_ID", 50}, {71, "CRTC_ID", NOT_SENT});

	/* Nor one that has gone without our knowledge, while another session had the device. */
	device->connectors[1]->gone = false;
	fake_find_object(71)->unplugged = true;
	kms_commit_init(&commit, device);
	kms_commit_disable_all(&commit, device);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0), 0);
	ASSERT_SENT({70, "CRTC_ID", 0}, {71, "CRTC_ID", NOT_SENT});
}

/* Discrete nvidia and tegra: eight heads with eight planes each, and many connectors. Where the
 * kernel does not list them, all that are known are meant. */
static void test_disable_many(void **state) {
	struct kms_crtc crtcs[8];
	struct kms_plane planes[64];
	struct kms_connector connectors[32], *pointers[32];
	for (uint32_t i = 0; i < 64; i++) {
		planes[i] = *primary;
		planes[i].id = 1000 + i;
		crtcs[i % 8] = *crtc;
		crtcs[i % 8].id = 2000 + i % 8;
		connectors[i % 32] = *connector;
		connectors[i % 32].id = 3000 + i % 32;
		pointers[i % 32] = &connectors[i % 32];
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
	kms_commit_disable_all(&commit, &big);
	assert_int_equal(commit.error, 0);
	assert_int_equal(commit.objects_len, 64 + 8 + 32);
}

/* It did not find room for something, and says so from then on. */
static void assert_full(void) {
	fake.commits = 0;
	assert_int_equal(commit.error, -E2BIG);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), -E2BIG);
	assert_int_equal(kms_commit_test(&commit, 0), -E2BIG);
	assert_int_equal(fake.commits, 0);
}

static void test_too_many(void **state) {
	for (uint32_t i = 1; i <= KMS_COMMIT_MAX_OBJECTS; i++) {
		kms_commit_set(&commit, i, 1, i);
	}
	/* One more property of the first one has room, one more object has not. */
	kms_commit_set(&commit, 1, 2, 0);
	assert_int_equal(commit.error, 0);
	kms_commit_set(&commit, KMS_COMMIT_MAX_OBJECTS + 1, 1, 0);
	assert_full();

	kms_commit_init(&commit, device);
	for (uint32_t i = 1; i <= KMS_COMMIT_MAX_PROPERTIES; i++) {
		kms_commit_set(&commit, 1 + i % 4, i, i);
	}
	kms_commit_set(&commit, 2, 1, 77);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	assert_int_equal(fake.commit.len, KMS_COMMIT_MAX_PROPERTIES);
	struct kms_commit full = commit;
	kms_commit_set(&commit, 2, 5000, 0);
	assert_full();
	commit = full;
	kms_commit_set(&commit, 5, 1, 0);
	assert_int_equal(commit.error, -E2BIG);
}

static int refuse(const struct fake_commit *request, void *data) {
	return *(int *)data;
}

static void test_flags(void **state) {
	static const uint32_t flags[] = {0, KMS_COMMIT_NONBLOCK,
		KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT, KMS_COMMIT_ALLOW_MODESET,
		KMS_COMMIT_ASYNC};
	for (size_t i = 0; i < LEN(flags); i++) {
		assert_int_equal(kms_commit_submit(&commit, flags[i], 42), 0);
		assert_int_equal(fake.commit.flags, flags[i]);
		assert_int_equal(fake.commit.user_data, 42);
		assert_int_equal(kms_commit_test(&commit, flags[i]), 0);
		/* The kernel refuses events in a test. */
		assert_int_equal(fake.commit.flags,
			DRM_MODE_ATOMIC_TEST_ONLY | (flags[i] & ~(uint32_t)KMS_COMMIT_FLIP_EVENT));
	}
	int error = EBUSY;
	fake.on_commit = refuse;
	fake.on_commit_data = &error;
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_NONBLOCK, 0), -EBUSY);
	assert_int_equal(kms_commit_test(&commit, KMS_COMMIT_NONBLOCK), -EBUSY);
	/* The kernel's answer is not the commit's fault: it can be sent again. */
	assert_int_equal(commit.error, 0);
}

static void assert_refused(void) {
	assert_int_equal(commit.error, -EINVAL);
	kms_commit_init(&commit, device);
}

static void test_wrong_objects(void **state) {
	int32_t fence = 0;
	struct kms_crtc other = *crtc;
	other.index = 1;
	struct kms_plane_state plane_state = make_state();
	kms_commit_set_plane(&commit, primary, &other, &plane_state);
	assert_refused();
	kms_commit_set_mode(&commit, &other, connector, 1);
	assert_refused();
	device->connectors[0]->gone = true;
	kms_commit_set_mode(&commit, crtc, connector, 1);
	assert_refused();
	device->connectors[0]->gone = false;
	kms_commit_set_writeback(&commit, connector, crtc, 1, &fence);
	assert_refused();
	assert_int_equal(fence, -1);
	kms_commit_set_vrr(&commit, crtc, true);
	assert_int_equal(commit.props_len, 0);
	other = *crtc;
	other.props.out_fence_ptr.id = 0;
	kms_commit_want_out_fence(&commit, &other, &fence);
	assert_refused();
}

/* Whatever is in the request beside the primary plane's framebuffer must not change; we know of no
 * old values, so it must not be there. */
static int keep_rules(const struct fake_commit *request, void *data) {
	if ((request->flags & DRM_MODE_PAGE_FLIP_ASYNC) == 0) {
		return 0;
	}
	for (size_t i = 0; i < request->len; i++) {
		if (request->triples[i].object != 30 ||
			request->triples[i].property != fake_property_id(30, "FB_ID")) {
			return EINVAL;
		}
	}
	return 0;
}

/* What virtual devices have not: flips that do not wait for the vblank, variable refresh, the
 * content type. The kernel keeps the rules of drm_atomic_set_property() for asynchronous flips. */
static void make_real(void) {
	fake.on_commit = keep_rules;
	fake_add_property(fake_find_object(50), "VRR_ENABLED", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(fake_find_object(70), "vrr_capable",
		DRM_MODE_PROP_RANGE | DRM_MODE_PROP_IMMUTABLE, 1);
	fake_add_property(fake_find_object(70), "content type", DRM_MODE_PROP_ENUM, 0)->enums =
		"No Data=0|Graphics=7|Photo=8|Cinema=9|Game=10";
	reopen();
}

static void test_real_device(void **state) {
	make_real();
	assert_true(device->connectors[0]->props.vrr_capable.value != 0);
	for (uint64_t on = 0; on < 2; on++) {
		kms_commit_set_vrr(&commit, crtc, on != 0);
		ASSERT_COMMIT({50, "VRR_ENABLED", on});
	}

	assert_true(device->features.atomic_async_page_flip);
	kms_commit_set_plane_fb(&commit, primary, 123);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ASYNC, 9), 0);
	assert_int_equal(fake.commit.len, 1);
	ASSERT_SENT({30, "FB_ID", 123});

	/* What a usual frame has is refused: the out-fence, the whole state. */
	int32_t fence;
	kms_commit_want_out_fence(&commit, crtc, &fence);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ASYNC, 0), -EINVAL);
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	kms_commit_init(&commit, device);
	struct kms_plane_state plane = kms_plane_state_whole(123, 1024, 768);
	kms_commit_set_plane(&commit, primary, crtc, &plane);
	assert_int_equal(kms_commit_submit(&commit, KMS_COMMIT_ASYNC, 0), -EINVAL);
}

static void test_content_type(void **state) {
	make_real();
	struct kms_connector *hdmi = device->connectors[0];
	static const uint64_t values[KMS_CONTENT_TYPES] = {0, 7, 8, 9, 10};
	for (int type = 0; type < KMS_CONTENT_TYPES; type++) {
		kms_commit_set_content_type(&commit, connector, (enum kms_content_type)type);
		ASSERT_COMMIT({70, "content type", values[type]});
	}
	/* One that the driver does not know, and a connector without: nothing is set. */
	hdmi->props.content_type.mask &= ~(1u << KMS_CONTENT_GAME);
	kms_commit_set_content_type(&commit, connector, KMS_CONTENT_GAME);
	hdmi->props.content_type.mask = 0;
	kms_commit_set_content_type(&commit, connector, KMS_CONTENT_PHOTO);
	assert_int_equal(commit.error, 0);
	assert_int_equal(commit.props_len, 0);
}

static void test_writeback(void **state) {
	struct kms_writeback *job = kms_writeback_create(device, crtc, 64, 32);
	assert_non_null(job);
	/* RGB565 comes first in the list, but nobody reads that. */
	assert_int_equal(job->buffer->fourcc, 0x34325258);
	assert_int_equal(job->fence_fd, -1);
	kms_writeback_add(job, &commit);
	ASSERT_COMMIT({71, "CRTC_ID", 50}, {71, "WRITEBACK_FB_ID", job->buffer->fb_id},
		{71, "WRITEBACK_OUT_FENCE_PTR", (uint64_t)(uintptr_t)&job->fence_fd});

	kms_commit_disable_connector(&commit, job->connector);
	ASSERT_COMMIT({71, "CRTC_ID", 0});
	kms_writeback_destroy(job);
	assert_int_equal(fake.fbs_len, 0);

	struct kms_crtc other = *crtc;
	other.index = 1;
	assert_null(kms_writeback_create(device, &other, 64, 32));
	assert_int_equal(errno, ENOTSUP);
	/* Create, map, framebuffer. */
	for (int i = 1; i <= 3; i++) {
		fake.fallible_calls = 0;
		fake.fail_at = i;
		assert_null(kms_writeback_create(device, crtc, 64, 32));
		assert_int_equal(errno, ENOMEM);
	}
}

TEST_MAIN("kms-commit", TEST(test_plane), TEST(test_plane_changes), TEST(test_damage),
	TEST(test_what_a_plane_has_not), TEST(test_immutable_zpos), TEST(test_modeset),
	TEST(test_neutral), TEST(test_order), TEST(test_disable_all), TEST(test_disable_many),
	TEST(test_too_many), TEST(test_flags), TEST(test_wrong_objects), TEST(test_real_device),
	TEST(test_content_type), TEST(test_writeback))
