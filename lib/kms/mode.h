/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

struct kms_mode {
	drmModeModeInfo info;
	/** Refresh rate in millihertz, rounded; 0 when the timings make no sense. */
	int32_t refresh_mhz;
	bool preferred;
	bool interlaced;
};

/** A mode that a user or a tool asked for. */
struct kms_mode_request {
	int32_t width, height;
	/** Millihertz, 0: any. */
	int32_t refresh_mhz;
};

/** Computes what the kernel leaves to us. Rates as in drm_mode_vrefresh(): doublescan,
 * interlace and vscan count. */
void kms_mode_init(struct kms_mode *mode, const drmModeModeInfo *info);

/**
 * How long the vertical blank is, in ns; 0 when the timings make no sense. Display controllers take
 * what is new when it begins, and the time of a vblank's event is when it ends: the first line is
 * scanned out (drm_crtc_vblank_helper_get_vblank_timestamp()).
 */
int64_t kms_mode_blank_ns(const drmModeModeInfo *info);

/** Reads "WxH" or "WxH@Hz" ("1920x1080@59.94"). Returns false, leaving *request, for others. */
bool kms_mode_request_parse(struct kms_mode_request *request, const char *text);

/**
 * Chooses a mode. request NULL: the one marked preferred, else the first. With a request: the size
 * must be the same, and the rate, when given, within half a hertz, the nearest one wins; when
 * not given, the preferred one, else the highest rate. Progressive goes before interlaced.
 * Returns an index, -1 when none will do.
 */
int kms_mode_choose(
	const struct kms_mode *modes, size_t len, const struct kms_mode_request *request);

/**
 * The order in which modes are tried while the kernel refuses them: first those of chosen, then by
 * size, progressive ones before interlaced ones, and by rate. chosen: indices, in their order; -1
 * and one that was there before are left out. order: room for len indices.
 */
void kms_mode_order(const struct kms_mode *modes, size_t len, const int *chosen, size_t chosen_len,
	size_t *order);

/** "1920x1080 at 60.000 Hz". */
void kms_mode_name(char *text, size_t size, int32_t width, int32_t height, int32_t refresh_mhz);
