/* SPDX-License-Identifier: MIT */
#include "kms/saved_state.h"
#include "open.h"

static struct kms_saved_state *saved;
static uint32_t mode_blob, gamma_blob;

/* A console: Virtual-1 on CRTC 50, framebuffer 900 on the primary plane, a colour table. */
static const struct sent_property console[] = {{50, "ACTIVE", 1}, {70, "CRTC_ID", 50},
	{30, "CRTC_ID", 50}, {30, "FB_ID", 900}, {30, "CRTC_X", (uint64_t)-3}, {30, "zpos", 4},
	{31, "alpha", 0x1234}, {0}};

static int setup(void **state) {
	int ret = describe_device();
	fake_add_hdr_settings(70);
	drmModeModeInfo mode = fake_mode(1024, 768, 65000, 1344, 806, 0, 0);
	mode_blob = fake_add_blob(&mode, sizeof(mode));
	gamma_blob = fake_add_blob("gamma", 6);
	fake.fbs[fake.fbs_len++] = (struct fake_fb){.id = 900};
	for (size_t i = 0; console[i].property != NULL; i++) {
		fake_find_property(console[i].object, console[i].property)->value =
			console[i].value;
	}
	fake_find_property(50, "MODE_ID")->value = mode_blob;
	fake_find_property(50, "GAMMA_LUT")->value = gamma_blob;
	open_device();
	saved = kms_saved_state_create(device);
	return ret != 0 || saved == NULL;
}

static int end(void **state) {
	kms_saved_state_destroy(saved);
	return teardown(state);
}

/* What the kernel was sent, at the time it was sent: later the blobs have gone. */
static struct {
	drmModeModeInfo mode;
	char gamma[6], hdr[4];
	int refuse; // so many commits
} sent;

static int look(const struct fake_commit *commit, void *data) {
	if (sent.refuse > 0) {
		sent.refuse--;
		return EINVAL;
	}
	fake_copy_blob(fake_commit_value(50, "MODE_ID"), &sent.mode, sizeof(sent.mode));
	fake_copy_blob(fake_commit_value(50, "GAMMA_LUT"), sent.gamma, sizeof(sent.gamma));
	fake_copy_blob(
		fake_commit_value(70, "HDR_OUTPUT_METADATA"), sent.hdr, sizeof(sent.hdr));
	return 0;
}

static void restore(void) {
	fake.on_commit = look;
	fake.commits = 0;
	assert_int_equal(kms_saved_state_restore(saved, device), 0);
	assert_int_equal(fake.commit.flags, DRM_MODE_ATOMIC_ALLOW_MODESET);
	assert_int_equal(fake.commit.objects_twice, 0);
}

static void test_all_there(void **state) {
	/* The blobs of the console die with it; their contents are what counts. */
	fake_find_property(50, "MODE_ID")->value = 0;
	for (size_t i = 0; i < fake.blobs_len; i++) {
		if (fake.blobs[i].id == mode_blob || fake.blobs[i].id == gamma_blob) {
			fake.blobs[i].id = 0;
		}
	}
	restore();
	assert_int_equal(fake.commits, 1);
	assert_int_equal(sent.mode.hdisplay, 1024);
	assert_int_equal(sent.mode.clock, 65000);
	assert_string_equal(sent.gamma, "gamma");
	assert_string_equal(sent.hdr, "hdr");
	assert_sent(console);
	ASSERT_SENT({70, "Colorspace", 9}, {70, "Broadcast RGB", 32}, {70, "scaling mode", 41},
		{70, "underscan", 61}, {70, "max bpc", 12}, {71, "CRTC_ID", 0}, {31, "FB_ID", 0},
		{33, "CRTC_ID", 0},
		/* Of no use to anybody later. */
		{30, "IN_FENCE_FD", NOT_SENT}, {50, "OUT_FENCE_PTR", NOT_SENT});
}

static void test_framebuffer_gone(void **state) {
	fake.fbs_len = 0;
	restore();
	ASSERT_SENT({30, "FB_ID", 0}, {30, "CRTC_ID", 0}, {50, "ACTIVE", 1}, {70, "CRTC_ID", 50});
}

/* Nothing is said of it, and its CRTC, which nobody is on now, stays off. */
static void test_connector_gone(void **state) {
	fake_find_object(70)->unplugged = true;
	restore();
	ASSERT_SENT({70, "CRTC_ID", NOT_SENT}, {50, "ACTIVE", 0}, {50, "MODE_ID", 0},
		{30, "FB_ID", 0}, {30, "CRTC_ID", 0}, {31, "alpha", 0x1234});
	/* Nor when the device has heard of it. */
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	restore();
	ASSERT_SENT({70, "CRTC_ID", NOT_SENT}, {50, "ACTIVE", 0});
}

/* A second monitor with the same picture: it goes off, unless it was there when the state was
 * saved; then it gets the picture back, even alone. */
static void test_two_connectors(void **state) {
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	fake_find_property(72, "CRTC_ID")->value = 50;
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	restore();
	ASSERT_SENT({70, "CRTC_ID", 50}, {72, "CRTC_ID", 0});

	kms_saved_state_destroy(saved);
	saved = kms_saved_state_create(device);
	assert_non_null(saved);
	restore();
	ASSERT_SENT({70, "CRTC_ID", 50}, {72, "CRTC_ID", 50});

	fake_find_object(70)->unplugged = true;
	restore();
	ASSERT_SENT({70, "CRTC_ID", NOT_SENT}, {72, "CRTC_ID", 50}, {50, "ACTIVE", 1},
		{30, "FB_ID", 900});
}

static void test_refused(void **state) {
	sent.refuse = 1;
	restore();
	assert_int_equal(fake.commits, 2);
	ASSERT_SENT({50, "ACTIVE", 0}, {50, "MODE_ID", 0}, {70, "CRTC_ID", 0}, {30, "FB_ID", 0});
	sent.refuse = 2;
	assert_int_equal(kms_saved_state_restore(saved, device), -EINVAL);
}

static void test_every_failure_of_create(void **state) {
	for (int i = 1;; i++) {
		fake.fallible_calls = 0;
		fake.fail_at = i;
		struct kms_saved_state *another = kms_saved_state_create(device);
		kms_saved_state_destroy(another);
		assert_int_equal(fake.outstanding, 0);
		if (another != NULL) {
			/* One for each object, and one for each blob. */
			assert_int_equal(i, 7 + 3 + 1);
			break;
		}
		assert_int_equal(errno, ENOMEM);
	}
	fake.fail_at = 0;
	kms_saved_state_destroy(NULL);
}

#define SAVED_TEST(function) cmocka_unit_test_setup_teardown(function, setup, end)

TEST_MAIN("kms-saved-state", SAVED_TEST(test_all_there), SAVED_TEST(test_framebuffer_gone),
	SAVED_TEST(test_connector_gone), SAVED_TEST(test_two_connectors), SAVED_TEST(test_refused),
	SAVED_TEST(test_every_failure_of_create))
