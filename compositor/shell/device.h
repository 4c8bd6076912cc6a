/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct wlr_input_device;

enum latch_device_key {
	LATCH_DEVICE_TAP,
	LATCH_DEVICE_NATURAL_SCROLL,
	LATCH_DEVICE_LEFT_HANDED,
	LATCH_DEVICE_PROFILE,
	LATCH_DEVICE_SPEED,
	LATCH_DEVICE_CALIBRATION,
	LATCH_DEVICE_KEYS,
};

/** What the user asks of input devices; each of them does what it can. */
struct latch_device_settings {
	uint32_t given; /* a bit for each enum latch_device_key */
	/** By the key: 0 or 1, or enum libinput_config_accel_profile. */
	unsigned choices[LATCH_DEVICE_SPEED];
	double speed;	     /* -1 to 1 */
	float calibration[6]; /* as libinput_device_config_calibration_set_matrix() has it */
};

/** Reads KEY=VALUE[,KEY=VALUE...]. Returns false, changing nothing, where one is not known. */
bool latch_device_settings_parse(const char *text, struct latch_device_settings *settings);

/** Fine for a device that is not libinput's. What it refuses is logged. */
void latch_device_apply(
	const struct latch_device_settings *settings, struct wlr_input_device *device);
