#ifndef CLIENT_PATTERN_H
#define CLIENT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The test card of --pattern: every pixel says where it belongs and in which frame it was
 * drawn, so that a capture of the screen can be compared with it exactly. All drawing paths
 * make the same bytes, in formats of eight bits a channel.
 *
 *  - The first 8 rows, columns 0 to 255, hold the frame number in 32 blocks of 8x8 pixels,
 *    bit 0 at the left: white is 1, black is 0.
 *  - Everywhere else
 *        red   = x & 255
 *        green = y & 255
 *        blue  = ((x >> 8 & 15) | (y >> 8 & 15) << 4) ^ (frame * 29 & 255)
 *    so no two pixels of a frame are alike up to 4096x4096, and each one changes with each
 *    frame (29 is odd: 256 frames pass before a value comes again).
 */

#define PATTERN_BIT_SIZE 8
#define PATTERN_BITS 32

/** The colour of pixel (x, y), from the top left, in the given frame: 0xffRRGGBB. */
uint32_t pattern_pixel(uint32_t x, uint32_t y, uint32_t frame);

#endif
