/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kms/device.h"

/* What every benchmark shows on a card: one mode, on its first CRTC. */
#define BENCH_WIDTH 1024
#define BENCH_HEIGHT 768

struct bench_card {
	struct kms_device *kms;
	const struct kms_crtc *crtc;
	const struct kms_plane *primary;
	const struct kms_connector *connector;
	uint32_t mode_blob;
};

/** Opens it, and finds what there is to show something on. False with a message on stderr. */
bool bench_card_open(struct bench_card *card, const char *path);

/**
 * Everything else off, the mode on, a framebuffer of its size on the primary plane. False with a
 * message on stderr.
 *
 * @param hz of the mode; 0: what the connector prefers
 */
bool bench_card_switch_on(struct bench_card *card, uint32_t fb_id, int32_t hz);

/** What is left of framebuffers and buffers goes with it. */
void bench_card_close(struct bench_card *card);
