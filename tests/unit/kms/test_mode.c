/* SPDX-License-Identifier: MIT */
#include "../test.h"
#include "kms/mode.h"

static struct kms_mode make_mode(
	uint16_t width, uint16_t height, int32_t refresh_mhz, bool preferred, bool interlaced) {
	return (struct kms_mode){
		.info = {.hdisplay = width, .vdisplay = height},
		.refresh_mhz = refresh_mhz,
		.preferred = preferred,
		.interlaced = interlaced,
	};
}

static void test_refresh(void **state) {
	static const struct {
		drmModeModeInfo info;
		int32_t mhz;
	} cases[] = {
		{{.clock = 148500, .htotal = 2200, .vtotal = 1125}, 60000},
		/* 60 / 1.001, as televisions have it. */
		{{.clock = 148352, .htotal = 2200, .vtotal = 1125}, 59940},
		{{.clock = 65000, .htotal = 1344, .vtotal = 806}, 60004},
		/* 1080i: two fields in a frame. */
		{{.clock = 74250, .htotal = 2200, .vtotal = 1125, .flags = DRM_MODE_FLAG_INTERLACE},
			60000},
		{{.clock = 12588, .htotal = 400, .vtotal = 262, .flags = DRM_MODE_FLAG_DBLSCAN},
			60057},
		{{.clock = 148500, .htotal = 2200, .vtotal = 1125, .vscan = 2}, 30000},
		{{.clock = 0, .htotal = 2200, .vtotal = 1125}, 0},
		{{.clock = 148500, .htotal = 0, .vtotal = 1125}, 0},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		struct kms_mode mode;
		kms_mode_init(&mode, &cases[i].info);
		assert_int_equal(mode.refresh_mhz, cases[i].mhz);
	}
}

static void test_parse(void **state) {
	static const struct {
		const char *text;
		struct kms_mode_request request;
	} good[] = {
		{"1920x1080", {1920, 1080, 0}},
		{"1920x1080@60", {1920, 1080, 60000}},
		{"800x600@59.94", {800, 600, 59940}},
		{"1x1@0.5", {1, 1, 500}},
		{"640x480@59.9406", {640, 480, 59940}},
	};
	static const char *const bad[] = {"", "x", "1920", "1920x", "x1080", "1920x1080@",
		"1920x1080@x", "1920x1080@60Hz", " 1920x1080", "1920X1080", "-1x5", "1920x1080@-60",
		"0x0", "99999x1", "1x99999999999999999999", "1920x1080@0", "1920x1080@99999"};
	for (size_t i = 0; i < LEN(good); i++) {
		struct kms_mode_request request;
		assert_true(kms_mode_request_parse(&request, good[i].text));
		assert_memory_equal(&request, &good[i].request, sizeof(request));
	}
	for (size_t i = 0; i < LEN(bad); i++) {
		struct kms_mode_request request = {7, 7, 7};
		assert_false(kms_mode_request_parse(&request, bad[i]));
		assert_int_equal(request.width, 7);
	}
}

static void test_choose(void **state) {
	const struct kms_mode modes[] = {
		make_mode(1024, 768, 60004, false, false),
		make_mode(1920, 1080, 60000, true, true),
		make_mode(1920, 1080, 60000, false, false),
		make_mode(1920, 1080, 59940, false, false),
		make_mode(1920, 1080, 75000, false, false),
		make_mode(800, 600, 60317, false, false),
		make_mode(800, 600, 56250, true, false),
	};
	static const struct {
		struct kms_mode_request request;
		int expected;
	} cases[] = {
		{{1024, 768, 0}, 0},
		{{1920, 1080, 60000}, 2},
		{{1920, 1080, 59940}, 3},
		{{1920, 1080, 59941}, 3},
		{{1920, 1080, 74600}, 4},
		{{1920, 1080, 0}, 4},	   // highest rate, not the interlaced preferred one
		{{1920, 1080, 50000}, -1}, // nothing near
		{{1920, 1080, 60501}, -1},
		{{800, 600, 0}, 6}, // the preferred one of this size
		{{1080, 1920, 0}, -1},
	};
	size_t len = LEN(modes);
	for (size_t i = 0; i < LEN(cases); i++) {
		assert_int_equal(kms_mode_choose(modes, len, &cases[i].request), cases[i].expected);
	}
	assert_int_equal(kms_mode_choose(modes, len, NULL), 1);
	assert_int_equal(kms_mode_choose(modes, 1, NULL), 0);
	assert_int_equal(kms_mode_choose(modes, 0, NULL), -1);
}

/* The user's mode, the preferred one, and then what shows most. */
static void test_order(void **state) {
	const struct kms_mode modes[] = {
		make_mode(1024, 768, 60004, false, false),
		make_mode(3840, 2160, 30000, false, false),
		make_mode(1920, 1080, 60000, true, true),
		make_mode(1920, 1080, 50000, false, false),
		make_mode(1920, 1080, 60000, false, false),
		make_mode(2560, 1440, 60000, false, true),
		make_mode(640, 480, 60000, false, false),
		make_mode(3840, 2160, 60000, false, false),
		make_mode(1920, 1080, 60000, false, false),
	};
	const int chosen[] = {-1, 6, 5, 6};
	static const size_t expected[] = {6, 5, 7, 1, 4, 8, 3, 2, 0}, plain[] = {1, 2, 0};
	size_t order[9];
	kms_mode_order(modes, 9, chosen, 4, order);
	assert_memory_equal(order, expected, sizeof(expected));
	kms_mode_order(modes, 3, NULL, 0, order);
	assert_memory_equal(order, plain, sizeof(plain));
	char name[48];
	kms_mode_name(name, sizeof(name), 1024, 768, 60004);
	assert_string_equal(name, "1024x768 at 60.004 Hz");
}

TEST_MAIN("kms-mode", UNIT(test_refresh), UNIT(test_parse), UNIT(test_choose), UNIT(test_order))
