#include "screen.h"

#include "machine.h"

struct screen screen_take(void) {
	struct picture picture = picture_take();
	return (struct screen){picture.width, picture.height, picture.pixels};
}
