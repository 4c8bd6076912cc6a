#include "pattern.h"

uint32_t pattern_pixel(uint32_t x, uint32_t y, uint32_t frame) {
	if (y < PATTERN_BIT_SIZE && x < PATTERN_BITS * PATTERN_BIT_SIZE) {
		return frame >> (x / PATTERN_BIT_SIZE) & 1 ? 0xffffffff : 0xff000000;
	}
	uint32_t red = x & 255;
	uint32_t green = y & 255;
	uint32_t blue = ((x >> 8 & 15) | (y >> 8 & 15) << 4) ^ (frame * 29 & 255);
	return 0xff000000 | red << 16 | green << 8 | blue;
}

bool pattern_read_frame(
	const uint32_t *pixels, size_t stride, uint32_t width, uint32_t height, uint32_t *frame) {
	if (width < PATTERN_BITS * PATTERN_BIT_SIZE || height < PATTERN_BIT_SIZE) {
		return false;
	}
	const uint32_t *row = (const uint32_t *)(const void *)((const uint8_t *)pixels +
							       PATTERN_BIT_SIZE / 2 * stride);
	*frame = 0;
	for (uint32_t bit = 0; bit < PATTERN_BITS; bit++) {
		uint32_t rgb = row[bit * PATTERN_BIT_SIZE + PATTERN_BIT_SIZE / 2] & 0xffffff;
		if (rgb != 0 && rgb != 0xffffff) {
			return false;
		}
		*frame |= (uint32_t)(rgb != 0) << bit;
	}
	return true;
}
