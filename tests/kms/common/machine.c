/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <png.h>
#include <signal.h>

#include "case.h"
#include "dma.h"

static const char *need_env(const char *name) {
	const char *value = getenv(name);
	CHECK(value != NULL, "%s is not set: run this from the job", name);
	return value;
}

bool screen_read(struct screen *picture, const char *path) {
	png_image png = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_file(&png, path)) {
		return false;
	}
	png.format = PNG_FORMAT_BGRA; // in memory; as a little-endian number that is 0xAARRGGBB
	*picture = (struct screen){.width = png.width, .height = png.height};
	picture->pixels = malloc(PNG_IMAGE_SIZE(png));
	CHECK(picture->pixels != NULL, "out of memory");
	bool ok = png_image_finish_read(&png, NULL, picture->pixels, 0, NULL);
	if (!ok) {
		free(picture->pixels);
	}
	return ok;
}

struct screen screen_take(void) {
	struct screen picture;
	const char *path = need_env("LATCH_CAPTURE");
	unlink(path);
	const char *machine = getenv("LATCH_LAB_DEVICE");
	if (machine != NULL && strcmp(machine, "vkms") != 0) {
		/* No writeback: what the host was told is on its screen, and it writes that. With OpenGL
		 * it draws that in its own time. */
		sleep_ms(strcmp(machine, "virgl") == 0 ? 300 : 0);
		char screen[256], command[300];
		snprintf(screen, sizeof(screen), "%s/screen.png", need_env("LAB_OUT"));
		snprintf(command, sizeof(command), "lab-screenshot '%s'", screen);
		CHECK(system(command) == 0, "no screenshot");
		CHECK(screen_read(&picture, screen), "%s can't be read", screen);
		return picture;
	}
	/* What was there from an earlier request would be an old picture. */
	CHECK(kill((pid_t)atoi(need_env("LATCH_PID")), SIGUSR1) == 0, "latch is gone");
	int64_t end_ns = latch_now_ns() + 5000 * MS;
	while (access(path, F_OK) != 0) { // it is there when it is complete
		CHECK(latch_now_ns() < end_ns, "no picture after 5 s");
		sleep_ms(10);
	}
	CHECK(screen_read(&picture, path), "%s can't be read", path);
	/* latch detaches the writeback connector with one more frame. */
	sleep_ms(50);
	return picture;
}

int screen_count(const struct screen *picture, uint32_t colour) {
	int count = 0;
	for (uint32_t i = 0; i < picture->width * picture->height; i++) {
		count += ((picture->pixels[i] ^ colour) & 0xffffff) == 0;
	}
	return count;
}

void screen_check(const struct screen *picture, int x, int y, uint32_t width, uint32_t height,
	uint32_t drawn_x, uint32_t drawn_y, uint32_t number) {
	for (uint32_t row = 0; row < height; row++) {
		for (uint32_t column = 0; column < width; column++) {
			uint32_t is = screen_get(picture, x + (int)column, y + (int)row);
			uint32_t drawn =
				picture_pixel(drawn_x + column, drawn_y + row, number) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1,
				"%06x at %d,%d: picture %u has %06x at %u,%u", is, x + (int)column,
				y + (int)row, number, drawn, drawn_x + column, drawn_y + row);
		}
	}
}

struct plane_state plane_state_read(void) {
	char path[64], line[256];
	struct plane_state state = {0};
	const char *device = need_env("LATCH_DEVICE");
	const char *number = strstr(device, "card");
	CHECK(number != NULL, "%s is no card", device);
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%s/state", number + strlen("card"));
	FILE *file = fopen(path, "re");
	CHECK(file != NULL, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "plane[", 6) == 0 && state.fb != 0) {
			break;
		}
		sscanf(line, "\tfb=%u", &state.fb);
		if (state.fb != 0 && strstr(line, "imported=yes") != NULL) {
			state.imported = true;
		}
	}
	fclose(file);
	CHECK(state.fb != 0, "no framebuffer is on a plane");
	return state;
}
