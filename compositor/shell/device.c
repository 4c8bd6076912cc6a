/* SPDX-License-Identifier: MIT */
/*
 * What libinput may be told of a device: that a tap is a click, which way a wheel scrolls, where on
 * the glass a finger is.
 */
#include "shell/device.h"

#include <libinput.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/libinput.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/util/log.h>

#include "base/options.h"

static const struct {
	const char *name;
	const char *values[3]; /* of a choice, by their numbers of libinput */
} keys[LATCH_DEVICE_KEYS] = {
	[LATCH_DEVICE_TAP] = {"tap", {"off", "on"}},
	[LATCH_DEVICE_NATURAL_SCROLL] = {"natural-scroll", {"off", "on"}},
	[LATCH_DEVICE_LEFT_HANDED] = {"left-handed", {"off", "on"}},
	[LATCH_DEVICE_PROFILE] = {"accel-profile",
		{[LIBINPUT_CONFIG_ACCEL_PROFILE_FLAT] = "flat",
			[LIBINPUT_CONFIG_ACCEL_PROFILE_ADAPTIVE] = "adaptive"}},
	[LATCH_DEVICE_SPEED] = {"accel", {0}},
	[LATCH_DEVICE_CALIBRATION] = {"calibration", {0}},
};

static bool parse_calibration(const char *text, float matrix[6]) {
	int end = 0;
	return strspn(text, "0123456789.-/") == strlen(text) &&
	       sscanf(text, "%f/%f/%f/%f/%f/%f%n", &matrix[0], &matrix[1], &matrix[2], &matrix[3],
		       &matrix[4], &matrix[5], &end) == 6 &&
	       text[end] == '\0';
}

static bool parse_value(size_t key, const char *value, struct latch_device_settings *settings) {
	settings->given |= 1u << key;
	if (key == LATCH_DEVICE_SPEED) {
		return option_parse_real(value, -1, 1, &settings->speed);
	}
	if (key == LATCH_DEVICE_CALIBRATION) {
		return parse_calibration(value, settings->calibration);
	}
	for (unsigned i = 0; i < sizeof(keys[key].values) / sizeof(keys[key].values[0]); i++) {
		if (keys[key].values[i] != NULL && strcmp(keys[key].values[i], value) == 0) {
			settings->choices[key] = i;
			return true;
		}
	}
	return false;
}

bool latch_device_settings_parse(const char *text, struct latch_device_settings *settings) {
	struct latch_device_settings parsed = *settings;
	bool more = true;
	while (more) {
		char one[128];
		const size_t len = strcspn(text, ",");
		more = text[len] == ',';
		if (len >= sizeof(one)) {
			return false;
		}
		snprintf(one, sizeof(one), "%.*s", (int)len, text);
		text += len + more;
		char *value = one + strcspn(one, "=");
		if (*value == '\0') {
			return false;
		}
		*value++ = '\0';
		size_t key = 0;
		while (key < LATCH_DEVICE_KEYS && strcmp(keys[key].name, one) != 0) {
			key++;
		}
		if (key == LATCH_DEVICE_KEYS || !parse_value(key, value, &parsed)) {
			return false;
		}
	}
	*settings = parsed;
	return true;
}

static enum libinput_config_status set(struct libinput_device *device, size_t key,
	const struct latch_device_settings *settings) {
	const unsigned choice = key < LATCH_DEVICE_SPEED ? settings->choices[key] : 0;
	switch ((enum latch_device_key)key) {
	case LATCH_DEVICE_TAP:
		return libinput_device_config_tap_set_enabled(device, choice);
	case LATCH_DEVICE_NATURAL_SCROLL:
		return libinput_device_config_scroll_set_natural_scroll_enabled(
			device, (int)choice);
	case LATCH_DEVICE_LEFT_HANDED:
		return libinput_device_config_left_handed_set(device, (int)choice);
	case LATCH_DEVICE_PROFILE:
		return libinput_device_config_accel_set_profile(device, choice);
	case LATCH_DEVICE_SPEED:
		return libinput_device_config_accel_set_speed(device, settings->speed);
	case LATCH_DEVICE_CALIBRATION:
		return libinput_device_config_calibration_set_matrix(device, settings->calibration);
	case LATCH_DEVICE_KEYS:
		break;
	}
	return LIBINPUT_CONFIG_STATUS_UNSUPPORTED;
}

void latch_device_apply(
	const struct latch_device_settings *settings, struct wlr_input_device *device) {
	if (!wlr_input_device_is_libinput(device)) {
		return;
	}
	for (size_t key = 0; key < LATCH_DEVICE_KEYS; key++) {
		if ((settings->given & 1u << key) == 0) {
			continue;
		}
		const enum libinput_config_status status =
			set(wlr_libinput_get_device_handle(device), key, settings);
		/* A keyboard has no taps. */
		if (status != LIBINPUT_CONFIG_STATUS_UNSUPPORTED) {
			wlr_log(WLR_INFO, "input '%s': %s: %s", device->name, keys[key].name,
				status == LIBINPUT_CONFIG_STATUS_SUCCESS ? "set" : "refused");
		}
	}
}
