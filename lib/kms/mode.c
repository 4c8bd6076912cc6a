/* SPDX-License-Identifier: MIT */
#include "kms/mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half a hertz: "60" is also 59.94, and never 50. */
#define RATE_TOLERANCE_MHZ 500
#define MAX_SIZE 65535
#define MAX_RATE_HZ 10000

void kms_mode_init(struct kms_mode *mode, const drmModeModeInfo *info) {
	*mode = (struct kms_mode){
		.info = *info,
		.preferred = (info->type & DRM_MODE_TYPE_PREFERRED) != 0,
		.interlaced = (info->flags & DRM_MODE_FLAG_INTERLACE) != 0,
	};
	/* The clock is in kHz: clock * 1000000 / dots is in mHz. */
	int64_t dots = (int64_t)info->htotal * info->vtotal;
	int64_t clock = info->clock;
	if (mode->interlaced) {
		clock *= 2;
	}
	if (info->flags & DRM_MODE_FLAG_DBLSCAN) {
		dots *= 2;
	}
	if (info->vscan > 1) {
		dots *= info->vscan;
	}
	if (dots == 0 || clock == 0) {
		return;
	}
	mode->refresh_mhz = (int32_t)((clock * 1000000 + dots / 2) / dots);
}

int64_t kms_mode_blank_ns(const drmModeModeInfo *info) {
	int64_t lines = (int64_t)info->vtotal - info->vdisplay;
	if (info->clock == 0 || lines <= 0) {
		return 0;
	}
	/* The clock is in kHz: a pixel takes 10^6 / clock ns. */
	return lines * info->htotal * INT64_C(1000000) / info->clock;
}

bool kms_mode_request_parse(struct kms_mode_request *request, const char *text) {
	/* sscanf() takes more for a number: blanks, signs, exponents, and the x of 0x10. */
	const bool plain = text[strspn(text, "0123456789x@.")] == '\0' &&
			   strchr(text, 'x') == strrchr(text, 'x');
	unsigned width = 0, height = 0;
	double hz = 0;
	int end = 0;
	const int read = sscanf(text, "%5ux%5u%n@%lf%n", &width, &height, &end, &hz, &end);
	if (!plain || read < 2 || text[end] != '\0' || width == 0 || height == 0 ||
		width > MAX_SIZE || height > MAX_SIZE || (read == 3 && hz < 0.001) ||
		hz >= MAX_RATE_HZ + 1) {
		return false;
	}
	*request = (struct kms_mode_request){
		.width = (int32_t)width,
		.height = (int32_t)height,
		.refresh_mhz = (int32_t)(hz * 1000 + 1e-6),
	};
	return true;
}

static int32_t rate_distance(const struct kms_mode *mode, const struct kms_mode_request *request) {
	return abs(mode->refresh_mhz - request->refresh_mhz);
}

static bool fits(const struct kms_mode *mode, const struct kms_mode_request *request) {
	if (request == NULL) {
		return true;
	}
	return mode->info.hdisplay == request->width && mode->info.vdisplay == request->height &&
	       (request->refresh_mhz == 0 || rate_distance(mode, request) <= RATE_TOLERANCE_MHZ);
}

/* Of two modes that fit, whether a is the better one. */
static bool is_better(const struct kms_mode *a, const struct kms_mode *b,
	const struct kms_mode_request *request) {
	if (request == NULL) {
		return a->preferred && !b->preferred;
	}
	if (a->interlaced != b->interlaced) {
		return !a->interlaced;
	}
	if (request->refresh_mhz != 0) {
		return rate_distance(a, request) < rate_distance(b, request);
	}
	if (a->preferred != b->preferred) {
		return a->preferred;
	}
	return a->refresh_mhz > b->refresh_mhz;
}

int kms_mode_choose(
	const struct kms_mode *modes, size_t len, const struct kms_mode_request *request) {
	int best = -1;
	for (size_t i = 0; i < len; i++) {
		if (fits(&modes[i], request) &&
			(best < 0 || is_better(&modes[i], &modes[best], request))) {
			best = (int)i;
		}
	}
	return best;
}

static bool is_tried_before(const struct kms_mode *a, const struct kms_mode *b) {
	int64_t a_area = (int64_t)a->info.hdisplay * a->info.vdisplay;
	int64_t b_area = (int64_t)b->info.hdisplay * b->info.vdisplay;
	if (a_area != b_area) {
		return a_area > b_area;
	}
	if (a->interlaced != b->interlaced) {
		return b->interlaced;
	}
	return a->refresh_mhz > b->refresh_mhz;
}

static bool contains(const size_t *order, size_t len, size_t index) {
	for (size_t i = 0; i < len; i++) {
		if (order[i] == index) {
			return true;
		}
	}
	return false;
}

void kms_mode_order(const struct kms_mode *modes, size_t len, const int *chosen, size_t chosen_len,
	size_t *order) {
	size_t done = 0;
	for (size_t i = 0; i < chosen_len; i++) {
		if (chosen[i] >= 0 && !contains(order, done, (size_t)chosen[i])) {
			order[done++] = (size_t)chosen[i];
		}
	}
	size_t first = done;
	for (size_t i = 0; i < len; i++) {
		if (contains(order, first, i)) {
			continue;
		}
		size_t at = done++;
		while (at > first && is_tried_before(&modes[i], &modes[order[at - 1]])) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

void kms_mode_name(char *text, size_t size, int32_t width, int32_t height, int32_t refresh_mhz) {
	snprintf(text, size, "%dx%d at %d.%03d Hz", width, height, refresh_mhz / 1000,
		refresh_mhz % 1000);
}
