/* SPDX-License-Identifier: MIT */
/*
 * What --input asks of devices.
 */
#include "shell/device.h"

#include <libinput.h>

#include "../test.h"

static void test_good(void **state) {
	struct latch_device_settings settings = {0};
	assert_true(latch_device_settings_parse("tap=on,natural-scroll=off,accel=-0.5", &settings));
	assert_int_equal(settings.given,
		1u << LATCH_DEVICE_TAP | 1u << LATCH_DEVICE_NATURAL_SCROLL |
			1u << LATCH_DEVICE_SPEED);
	assert_int_equal(settings.choices[LATCH_DEVICE_TAP], LIBINPUT_CONFIG_TAP_ENABLED);
	assert_int_equal(settings.choices[LATCH_DEVICE_NATURAL_SCROLL], 0);
	assert_true(settings.speed == -0.5);
	/* The last one counts, and what else was said stays. */
	assert_true(latch_device_settings_parse(
		"tap=off,accel-profile=flat,calibration=0/1/0/-1/0/0.5", &settings));
	assert_int_equal(settings.choices[LATCH_DEVICE_TAP], LIBINPUT_CONFIG_TAP_DISABLED);
	assert_int_equal(
		settings.choices[LATCH_DEVICE_PROFILE], LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT);
	static const float matrix[] = {0, 1, 0, -1, 0, 0.5f};
	assert_memory_equal(settings.calibration, matrix, sizeof(matrix));
	assert_true(settings.speed == -0.5);
}

static void test_bad(void **state) {
	static const char *const bad[] = {"", "tap", "tap=", "tap=yes", "tap=on,", ",tap=on",
		"taps=on", "tap=on,accel", "accel=2", "accel=nan", "accel=on", "accel-profile=on",
		"accel-profile=", "calibration=1/0/0/0/1", "calibration=1/0/0/0/1/0/0",
		"calibration=1/0/0/0/1/x", "calibration=nan/0/0/0/1/0", "calibration="};
	for (size_t i = 0; i < LEN(bad); i++) {
		struct latch_device_settings settings = {0};
		print_message("# %s\n", bad[i]);
		assert_false(latch_device_settings_parse(bad[i], &settings));
		assert_int_equal(settings.given, 0);
	}
}

TEST_MAIN("shell-device", UNIT(test_good), UNIT(test_bad))
