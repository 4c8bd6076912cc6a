#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kms_test.h"
#include "kms/device.h"
#include "kms/saved_state.h"

static struct kms_device *device;
static struct kms_saved_state *saved;
static uint32_t mode_blob, gamma_blob;

/* A console: Virtual-1 on CRTC 50, framebuffer 900 on the primary plane, a colour table. */
static void add_console(void) {
	fake_add_hdr_settings(70);
	drmModeModeInfo mode = fake_mode(1024, 768, 65000, 1344, 806, 0, 0);
	mode_blob = fake_add_blob(&mode, sizeof(mode));
	gamma_blob = fake_add_blob("gamma", 6);
	fake.fbs[fake.fbs_len++] = (struct fake_fb){.id = 900};
	fake_find_property(50, "MODE_ID")->value = mode_blob;
	fake_find_property(50, "ACTIVE")->value = 1;
	fake_find_property(50, "GAMMA_LUT")->value = gamma_blob;
	fake_find_property(70, "CRTC_ID")->value = 50;
	fake_find_property(30, "CRTC_ID")->value = 50;
	fake_find_property(30, "FB_ID")->value = 900;
	fake_find_property(30, "CRTC_X")->value = (uint64_t)-3;
	fake_find_property(30, "zpos")->value = 4;
	fake_find_property(31, "alpha")->value = 0x1234;
}

static int setup(void **state) {
	fake_reset();
	fake_add_vkms();
	add_console();
	device = kms_device_create(3, NULL);
	saved = device != NULL ? kms_saved_state_create(device) : NULL;
	return saved == NULL;
}

static int teardown(void **state) {
	kms_saved_state_destroy(saved);
	kms_device_destroy(device);
	int blobs = fake_own_blobs(), handles = fake_open_handles();
	fake_finish();
	return fake.outstanding != 0 || blobs != 0 || handles != 0 || fake.wrong_closes != 0;
}

/* What the kernel was sent as a mode, at the time it was sent: later the blob has gone. */
struct sent {
	drmModeModeInfo mode;
	char gamma[6];
	char hdr[4];
	int refuse; // so many commits
};

static int look(const struct fake_commit *commit, void *data) {
	struct sent *sent = data;
	if (sent->refuse > 0) {
		sent->refuse--;
		return EINVAL;
	}
	uint64_t mode_id = 0, gamma_id = 0, hdr_id = 0;
	fake_commit_has(50, "MODE_ID", &mode_id);
	fake_commit_has(50, "GAMMA_LUT", &gamma_id);
	fake_commit_has(70, "HDR_OUTPUT_METADATA", &hdr_id);
	for (size_t i = 0; i < fake.blobs_len; i++) {
		if (fake.blobs[i].id == mode_id) {
			memcpy(&sent->mode, fake.blobs[i].data, sizeof(sent->mode));
		}
		if (fake.blobs[i].id == gamma_id) {
			memcpy(sent->gamma, fake.blobs[i].data, sizeof(sent->gamma));
		}
		if (fake.blobs[i].id == hdr_id) {
			memcpy(sent->hdr, fake.blobs[i].data, sizeof(sent->hdr));
		}
	}
	return 0;
}

static void restore(struct sent *sent) {
	*sent = (struct sent){.refuse = sent->refuse};
	fake.on_commit = look;
	fake.on_commit_data = sent;
	fake.commits = 0;
	assert_int_equal(kms_saved_state_restore(saved, device), 0);
	assert_int_equal(fake.commit.flags, DRM_MODE_ATOMIC_ALLOW_MODESET);
	assert_int_equal(fake.commit.objects_twice, 0);
}

static void test_all_there(void **state) {
	struct sent sent = {0};
	/* The blobs of the console die with it; their contents are what counts. */
	fake_find_property(50, "MODE_ID")->value = 0;
	for (size_t i = 0; i < fake.blobs_len; i++) {
		if (fake.blobs[i].id == mode_blob || fake.blobs[i].id == gamma_blob) {
			fake.blobs[i].id = 0;
		}
	}
	restore(&sent);
	assert_int_equal(fake.commits, 1);
	assert_int_equal(sent.mode.hdisplay, 1024);
	assert_int_equal(sent.mode.clock, 65000);
	assert_string_equal(sent.gamma, "gamma");
	assert_sent(50, "ACTIVE", 1);
	assert_string_equal(sent.hdr, "hdr");
	assert_sent(70, "CRTC_ID", 50);
	assert_sent(70, "Colorspace", 9);
	assert_sent(70, "Broadcast RGB", 32);
	assert_sent(70, "scaling mode", 41);
	assert_sent(70, "underscan", 61);
	assert_sent(70, "max bpc", 12);
	assert_sent(71, "CRTC_ID", 0);
	assert_sent(30, "FB_ID", 900);
	assert_sent(30, "CRTC_ID", 50);
	assert_sent(30, "CRTC_X", (uint64_t)-3);
	assert_sent(30, "zpos", 4);
	assert_sent(31, "alpha", 0x1234);
	assert_sent(31, "FB_ID", 0);
	assert_sent(33, "CRTC_ID", 0);
	/* Of no use to anybody later. */
	assert_false(fake_commit_has(30, "IN_FENCE_FD", NULL));
	assert_false(fake_commit_has(50, "OUT_FENCE_PTR", NULL));
}

static void test_framebuffer_gone(void **state) {
	struct sent sent = {0};
	fake.fbs_len = 0;
	restore(&sent);
	assert_sent(30, "FB_ID", 0);
	assert_sent(30, "CRTC_ID", 0);
	assert_sent(50, "ACTIVE", 1);
	assert_sent(70, "CRTC_ID", 50);
}

/* Nothing is said of it, and its CRTC, which nobody is on now, stays off. */
static void test_connector_gone(void **state) {
	struct sent sent = {0};
	fake_find_object(70)->unplugged = true;
	restore(&sent);
	assert_false(fake_commit_has(70, "CRTC_ID", NULL));
	assert_sent(50, "ACTIVE", 0);
	assert_sent(50, "MODE_ID", 0);
	assert_sent(30, "FB_ID", 0);
	assert_sent(30, "CRTC_ID", 0);
	assert_sent(31, "alpha", 0x1234);

	/* Nor when the device has heard of it. */
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	restore(&sent);
	assert_false(fake_commit_has(70, "CRTC_ID", NULL));
	assert_sent(50, "ACTIVE", 0);
}

/* Two monitors with one picture: the other one gets it back. */
static void test_one_of_two_gone(void **state) {
	struct sent sent = {0};
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	fake_find_property(72, "CRTC_ID")->value = 50;
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	kms_saved_state_destroy(saved);
	saved = kms_saved_state_create(device);
	assert_non_null(saved);
	restore(&sent);
	assert_sent(70, "CRTC_ID", 50);
	assert_sent(72, "CRTC_ID", 50);

	fake_find_object(70)->unplugged = true;
	restore(&sent);
	assert_false(fake_commit_has(70, "CRTC_ID", NULL));
	assert_sent(72, "CRTC_ID", 50);
	assert_sent(50, "ACTIVE", 1);
	assert_sent(30, "FB_ID", 900);
}

static void test_connector_came(void **state) {
	struct sent sent = {0};
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	fake_find_property(72, "CRTC_ID")->value = 50;
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	restore(&sent);
	assert_sent(72, "CRTC_ID", 0);
	assert_sent(70, "CRTC_ID", 50);
}

static void test_refused(void **state) {
	struct sent sent = {.refuse = 1};
	restore(&sent);
	assert_int_equal(fake.commits, 2);
	assert_sent(50, "ACTIVE", 0);
	assert_sent(50, "MODE_ID", 0);
	assert_sent(70, "CRTC_ID", 0);
	assert_sent(30, "FB_ID", 0);

	sent.refuse = 2;
	fake.on_commit_data = &sent;
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

TEST_MAIN("kms-saved-state", TEST(test_all_there), TEST(test_framebuffer_gone),
	TEST(test_connector_gone), TEST(test_one_of_two_gone), TEST(test_connector_came),
	TEST(test_refused), TEST(test_every_failure_of_create))
