#pragma once

#include <stdint.h>

/** A picture of the screen: 0x??RRGGBB, rows without gaps. */
struct screen {
	uint32_t width, height;
	uint32_t *pixels; /* to be freed */
};

/** Takes one, as picture_take() does, whose header and the clients' have a name in common. */
struct screen screen_take(void);
