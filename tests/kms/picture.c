/*
 * kms-picture pattern FILE     compares a picture with the test card of latch-client; the lower
 *                              right corner, where jobs put the cursor, does not count
 * kms-picture pixel FILE X Y   prints a pixel as RRGGBB
 *
 * The test card (latch-client --pattern): the first 8 rows hold the frame number in 32 blocks
 * of 8x8 pixels, white for 1, bit 0 at the left. Everywhere else red is x, green is y, and blue
 * is made of their upper bits and of the frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "machine.h"

#define CORNER 8

static uint32_t card_pixel(uint32_t x, uint32_t y, uint32_t number) {
	if (y < 8 && x < 256) {
		return number >> (x / 8) & 1 ? 0xffffff : 0;
	}
	uint32_t upper = (x >> 8 & 15) | (y >> 8 & 15) << 4;
	return (x & 255) << 16 | (y & 255) << 8 | (upper ^ (number * 29 & 255));
}

static int compare(const struct picture *picture) {
	uint32_t number = 0;
	int wrong = 0;
	for (int bit = 0; bit < 32; bit++) {
		uint32_t colour = picture_get(picture, bit * 8 + 4, 4);
		if (colour != 0 && colour != 0xffffff) {
			printf("no frame number: %06x in block %d\n", colour, bit);
			return 1;
		}
		number |= (uint32_t)(colour != 0) << bit;
	}
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			uint32_t is = picture_get(picture, (int)x, (int)y);
			uint32_t drawn = card_pixel(x, y, number);
			bool corner = x + CORNER >= picture->width && y + CORNER >= picture->height;
			if (!corner && colour_distance(is, drawn) > 1) {
				if (wrong++ == 0) {
					printf("%06x at %u,%u, not %06x\n", is, x, y, drawn);
				}
			}
		}
	}
	printf("frame %u, %ux%u, %d pixels are wrong\n", number, picture->width, picture->height,
		wrong);
	return wrong == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
	struct picture picture;
	if (argc < 3 || !picture_read(&picture, argv[2])) {
		printf("no picture\n");
		return 2;
	}
	int status = 2;
	if (strcmp(argv[1], "pattern") == 0) {
		status = compare(&picture);
	} else if (strcmp(argv[1], "pixel") == 0 && argc == 5) {
		printf("%06x\n", picture_get(&picture, atoi(argv[3]), atoi(argv[4])));
		status = 0;
	}
	picture_finish(&picture);
	return status;
}
