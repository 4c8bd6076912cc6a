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
