/* SPDX-License-Identifier: MIT */
/*
 * kms-picture pattern FILE     compares a picture with the test card of latch-client; the lower
 *                              right corner, where jobs put the cursor, does not count
 * kms-picture turned FILE N    compares it with the card of kms-outputs on an output with the
 *                              wl_output.transform N
 * kms-picture pixel FILE X Y   prints a pixel as RRGGBB
 * kms-picture is FILE LIMIT X Y RRGGBB...
 *                              prints these pixels; fails when a channel of one differs by more
 *                              than LIMIT of 255
 * kms-picture compare FILE OTHER LIMIT
 *                              says how much two pictures differ; fails when a channel of any
 *                              pixel differs by more than LIMIT of 255
 *
 * The test card (latch-client --pattern): the first 8 rows hold the frame number in 32 blocks
 * of 8x8 pixels, white for 1, bit 0 at the left. Everywhere else red is x, green is y, and blue
 * is made of their upper bits and of the frame.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define CORNER 8

static uint32_t card_pixel(uint32_t x, uint32_t y, bool numbered, uint32_t number) {
	if (numbered && y < 8 && x < 256) {
		return number >> (x / 8) & 1 ? 0xffffff : 0;
	}
	uint32_t upper = (x >> 8 & 15) | (y >> 8 & 15) << 4;
	return (x & 255) << 16 | (y & 255) << 8 | (upper ^ (number * 29 & 255));
}

/* The frame number of a card; false where there is none. */
static bool read_number(const struct screen *picture, uint32_t *number) {
	for (int bit = 0; bit < 32; bit++) {
		uint32_t colour = screen_get(picture, bit * 8 + 4, 4);
		if (colour != 0 && colour != 0xffffff) {
			printf("no frame number: %06x in block %d\n", colour, bit);
			return false;
		}
		*number |= (uint32_t)(colour != 0) << bit;
	}
	return true;
}

/* wl_output.transform N: what is sent to the monitor is the upright picture, flipped about a
 * vertical axis if N has 4, and then turned counter-clockwise by 90 degrees N & 3 times. */
static void turn(const struct screen *picture, int transform, uint32_t x, uint32_t y,
	uint32_t *card_x, uint32_t *card_y) {
	uint32_t right = picture->width - 1 - x, below = picture->height - 1 - y;
	uint32_t places[4][2] = {{x, y}, {below, x}, {right, below}, {y, right}};
	*card_x = places[transform & 3][0];
	*card_y = places[transform & 3][1];
	uint32_t card_width = transform & 1 ? picture->height : picture->width;
	if (transform & 4) {
		*card_x = card_width - 1 - *card_x;
	}
}

/* Without a number it is the card of kms-outputs. */
static int compare_with_card(const struct screen *picture, bool numbered, int transform) {
	uint32_t number = 0;
	int wrong = 0;
	if (numbered && !read_number(picture, &number)) {
		return 1;
	}
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			uint32_t card_x, card_y;
			turn(picture, transform, x, y, &card_x, &card_y);
			uint32_t is = screen_get(picture, (int)x, (int)y);
			uint32_t drawn = card_pixel(card_x, card_y, numbered, number);
			bool corner = x + CORNER >= picture->width && y + CORNER >= picture->height;
			if (!(numbered && corner) && colour_distance(is, drawn) > 1 &&
				wrong++ == 0) {
				printf("%06x at %u,%u, not %06x\n", is, x, y, drawn);
			}
		}
	}
	printf("frame %u, %ux%u, %d pixels are wrong\n", number, picture->width, picture->height,
		wrong);
	return wrong == 0 ? 0 : 1;
}

static int compare(const struct screen *a, const char *other, int limit) {
	static struct screen b;
	if (!screen_read(&b, other)) {
		printf("no picture in %s\n", other);
		return 2;
	}
	if (a->width != b.width || a->height != b.height) {
		printf("%ux%u and %ux%u\n", a->width, a->height, b.width, b.height);
		return 1;
	}
	int most = 0, beyond = 0, most_x = 0, most_y = 0;
	for (int y = 0; y < (int)a->height; y++) {
		for (int x = 0; x < (int)a->width; x++) {
			int distance = colour_distance(screen_get(a, x, y), screen_get(&b, x, y));
			beyond += distance > limit;
			if (distance > most) {
				most = distance;
				most_x = x;
				most_y = y;
			}
		}
	}
	printf("max %d", most);
	if (beyond > 0) {
		printf("; %d pixels beyond %d, the worst at %d,%d: %06x, %06x", beyond, limit,
			most_x, most_y, screen_get(a, most_x, most_y),
			screen_get(&b, most_x, most_y));
	}
	printf("\n");
	return beyond > 0;
}

static int compare_pixels(const struct screen *picture, int limit, char **wanted) {
	int status = 0;
	for (; *wanted != NULL; wanted += 3) {
		int x = atoi(wanted[0]), y = atoi(wanted[1]);
		uint32_t is = screen_get(picture, x, y);
		printf("%06x at %d,%d, wanted %s\n", is, x, y, wanted[2]);
		if (colour_distance(is, (uint32_t)strtoul(wanted[2], NULL, 16)) > limit) {
			status = 1;
		}
	}
	return status;
}

int main(int argc, char **argv) {
	static struct screen picture;
	if (argc < 3 || !screen_read(&picture, argv[2])) {
		printf("no picture\n");
	} else if (strcmp(argv[1], "pattern") == 0) {
		return compare_with_card(&picture, true, 0);
	} else if (strcmp(argv[1], "turned") == 0 && argc == 4) {
		return compare_with_card(&picture, false, atoi(argv[3]));
	} else if (strcmp(argv[1], "pixel") == 0 && argc == 5) {
		printf("%06x\n", screen_get(&picture, atoi(argv[3]), atoi(argv[4])));
		return 0;
	} else if (strcmp(argv[1], "is") == 0 && argc >= 7 && argc % 3 == 1) {
		return compare_pixels(&picture, atoi(argv[3]), argv + 4);
	} else if (strcmp(argv[1], "compare") == 0 && argc == 5) {
		return compare(&picture, argv[3], atoi(argv[4]));
	}
	return 2;
}
