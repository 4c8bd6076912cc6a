/* SPDX-License-Identifier: MIT */
#include <drm.h>

#include "../test.h"
#include "kms/event.h"
#include "kms/vblank.h"

static struct kms_flip flips[8];
static int flips_len;

static void remember(const struct kms_flip *flip, void *data) {
	flips[flips_len++] = *flip;
}

static int parse(const void *bytes, size_t size) {
	flips_len = 0;
	return kms_event_parse(bytes, size, remember, NULL);
}

static struct drm_event_vblank make_event(uint32_t type, uint32_t crtc_id, uint32_t sequence) {
	return (struct drm_event_vblank){
		.base = {.type = type, .length = sizeof(struct drm_event_vblank)},
		.user_data = UINT64_C(0xfedcba9876543210),
		/* Beyond 2^31 seconds, so that a narrow product is noticed. */
		.tv_sec = 3000000000,
		.tv_usec = 999999,
		.sequence = sequence,
		.crtc_id = crtc_id,
	};
}

static void test_parse(void **state) {
	const struct drm_event_vblank events[] = {
		make_event(DRM_EVENT_FLIP_COMPLETE, 50, 0xffffffff),
		make_event(DRM_EVENT_VBLANK, 50, 1),
		make_event(DRM_EVENT_FLIP_COMPLETE, 51, 7),
	};
	assert_int_equal(parse(events, sizeof(events)), 2);
	assert_int_equal(flips[0].crtc_id, 50);
	assert_int_equal(flips[0].sequence, 0xffffffff);
	assert_int_equal(flips[0].flip_ns, INT64_C(3000000000999999000));
	assert_int_equal(flips[0].user_data, UINT64_C(0xfedcba9876543210));
	assert_int_equal(flips[1].crtc_id, 51);
	assert_int_equal(flips[1].sequence, 7);
}

/* Events of other kinds may have any length, and the next one then any alignment. */
static void test_unaligned(void **state) {
	char bytes[64] = {0};
	const struct drm_event other = {.type = 0x80000000, .length = sizeof(other) + 1};
	const struct drm_event_vblank flip = make_event(DRM_EVENT_FLIP_COMPLETE, 50, 3);
	memcpy(bytes, &other, sizeof(other));
	memcpy(bytes + other.length, &flip, sizeof(flip));
	assert_int_equal(parse(bytes, other.length + sizeof(flip)), 1);
	assert_int_equal(flips[0].sequence, 3);
}

static void assert_cut_off(const struct drm_event_vblank *event, size_t size) {
	assert_int_equal(parse(event, size), -EPROTO);
	assert_int_equal(flips_len, 0);
}

static void test_cut_off(void **state) {
	struct drm_event_vblank event = make_event(DRM_EVENT_FLIP_COMPLETE, 50, 3);
	assert_cut_off(&event, 4);
	assert_cut_off(&event, sizeof(event) - 1);
	event.base.length = sizeof(event.base);
	assert_cut_off(&event, sizeof(event));
	event.base.length = 0;
	assert_cut_off(&event, sizeof(event));
	/* Not even of a kind that nobody asked for: it would go on for ever. */
	event.base.type = DRM_EVENT_VBLANK;
	assert_cut_off(&event, sizeof(event));
}

static void test_dispatch(void **state) {
	int fds[2];
	const struct drm_event_vblank event = make_event(DRM_EVENT_FLIP_COMPLETE, 50, 3);
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	flips_len = 0;
	assert_int_equal(kms_event_dispatch(fds[0], remember, NULL), -EAGAIN);
	assert_int_equal(write(fds[1], &event, sizeof(event)), sizeof(event));
	assert_int_equal(kms_event_dispatch(fds[0], remember, NULL), 1);
	assert_int_equal(flips[0].sequence, 3);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(kms_event_dispatch(fds[0], remember, NULL), -EBADF);
}

static void test_sequence(void **state) {
	static const struct {
		uint64_t last;
		uint32_t sequence;
		uint64_t expected;
	} cases[] = {
		{0, 0, 0},
		{0, 0xfffffff0, 0xfffffff0},
		{5, 6, 6},
		{5, 5, 5},
		{0xffffffff, 0, UINT64_C(0x100000000)},
		{0xfffffff0, 3, UINT64_C(0x100000003)},
		{UINT64_C(0x1ffffffff), 1, UINT64_C(0x200000001)},
		/* Back, over the wrap too. */
		{UINT64_C(0x100000003), 0xfffffff0, 0xfffffff0},
		{UINT64_C(0x100000003), 1, UINT64_C(0x100000001)},
		/* Never below nothing. */
		{5, 0xfffffff0, 0xfffffff0},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		assert_int_equal(
			kms_sequence_widen(cases[i].last, cases[i].sequence), cases[i].expected);
	}
	/* A long run in big steps only grows. */
	uint64_t last = 0, real = 0;
	for (int i = 0; i < 100; i++) {
		real += 0x7ffffff0;
		last = kms_sequence_widen(last, (uint32_t)real);
		assert_int_equal(last, real);
	}
}

static void test_clock_kind(void **state) {
	static const struct {
		const char *driver, *release;
		enum kms_clock_kind clock;
	} rows[] = {
		{"vkms", "6.8.0", KMS_CLOCK_SIMULATED},
		{"virtio_gpu", "6.8.0", KMS_CLOCK_SIMULATED},
		{"simpledrm", "6.8.0", KMS_CLOCK_SIMULATED},
		{"panel-mipi-dbi", "6.8.0", KMS_CLOCK_SIMULATED},
		{"i915", "6.8.0", KMS_CLOCK_HARDWARE},
		{"vc4", "6.8.0", KMS_CLOCK_HARDWARE},
		{"mgag200", "6.8.0-31-generic", KMS_CLOCK_SIMULATED},
		{"mgag200", "6.11.9", KMS_CLOCK_SIMULATED},
		{"mgag200", "6.12-rc1", KMS_CLOCK_HARDWARE},
		{"mgag200", "6.12.3+deb13-amd64", KMS_CLOCK_HARDWARE},
		{"mgag200", "7.0.1", KMS_CLOCK_HARDWARE},
		{"mgag200", "", KMS_CLOCK_HARDWARE},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_int_equal(
			kms_clock_kind_of_driver(rows[i].driver, rows[i].release), rows[i].clock);
	}
	assert_string_equal(kms_clock_kind_name(KMS_CLOCK_HARDWARE), "hardware");
	assert_string_equal(kms_clock_kind_name(KMS_CLOCK_SIMULATED), "simulated");
}

TEST_MAIN("kms-event", UNIT(test_parse), UNIT(test_unaligned), UNIT(test_cut_off),
	UNIT(test_dispatch), UNIT(test_sequence), UNIT(test_clock_kind))
