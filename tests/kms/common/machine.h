/* SPDX-License-Identifier: MIT */
/*
 * What the machine says of latch, whatever latch says of itself: the screen as the writeback
 * connector has it, and planes in debugfs.
 *
 * $LATCH_PID, $LATCH_DEVICE and $LATCH_CAPTURE (latch's --capture FILE) come from the job.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen {
	uint32_t width, height;
	uint32_t *pixels; // 0x??RRGGBB, rows without gaps
};

/** Reads a PNG. False while there is none that is complete. */
bool screen_read(struct screen *picture, const char *path);

/** Has latch take a picture of the screen. Fails the case when it does not come. */
struct screen screen_take(void);

/** The pixel without its alpha; black outside. */
static inline uint32_t screen_get(const struct screen *picture, int x, int y) {
	bool inside = x >= 0 && y >= 0 && (uint32_t)x < picture->width &&
		      (uint32_t)y < picture->height;
	return inside ? picture->pixels[(size_t)y * picture->width + (size_t)x] & 0xffffff : 0;
}

/** How many pixels have this colour, whatever their alpha is. */
int screen_count(const struct screen *picture, uint32_t colour);

/** The largest difference of a channel. */
static inline int colour_distance(uint32_t a, uint32_t b) {
	int most = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		int distance = (int)(a >> shift & 255) - (int)(b >> shift & 255);
		distance = distance < 0 ? -distance : distance;
		most = distance > most ? distance : most;
	}
	return most;
}

/** Fails the case where a part of the screen is not the same part of a drawn picture. */
void screen_check(const struct screen *picture, int x, int y, uint32_t width, uint32_t height,
	uint32_t drawn_x, uint32_t drawn_y, uint32_t number);

/** What debugfs says of the first plane that a framebuffer is on. Fails the case without any. */
struct plane_state {
	uint32_t fb;
	bool imported; /* its memory came from elsewhere, by a dma-buf */
};

struct plane_state plane_state_read(void);
