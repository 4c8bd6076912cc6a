#include "scene_cpu.h"

#include <math.h>

#include "pattern.h"

static uint32_t *row_of(const struct dmabuf *buf, uint32_t y) {
	const struct dmabuf_plane *plane = &buf->planes[0];
	return (uint32_t *)(void *)(buf->map + plane->offset + (size_t)y * plane->stride);
}

static uint32_t channel(float value) {
	return (uint32_t)(fminf(fmaxf(value, 0.0f), 1.0f) * 255.0f + 0.5f);
}

static void draw_ball(const struct dmabuf *buf, const struct ball *ball) {
	int left = (int)fmaxf(ball->x - ball->radius, 0.0f);
	int top = (int)fmaxf(ball->y - ball->radius, 0.0f);
	int right = (int)fminf(ball->x + ball->radius + 1.0f, (float)buf->width);
	int bottom = (int)fminf(ball->y + ball->radius + 1.0f, (float)buf->height);
	float fog = 0.45f + 0.55f * ball->depth;
	for (int y = top; y < bottom; y++) {
		uint32_t *row = row_of(buf, (uint32_t)y);
		float v = ((float)y + 0.5f - ball->y) / ball->radius;
		for (int x = left; x < right; x++) {
			float u = ((float)x + 0.5f - ball->x) / ball->radius;
			float square = u * u + v * v;
			if (square >= 1.0f) {
				continue;
			}
			/* The light stands at the upper left, before the scene. */
			float light = -0.45f * u - 0.62f * v + 0.64f * sqrtf(1.0f - square);
			float shade = (0.30f + 0.75f * fmaxf(light, 0.0f)) * fog;
			row[x] = 0xff000000 | channel(ball->red * shade) << 16 |
				 channel(ball->green * shade) << 8 | channel(ball->blue * shade);
		}
	}
}

static void draw_mark(const struct dmabuf *buf, const struct mark *mark) {
	for (int y = mark->y; y < mark->y + mark->height && y < (int)buf->height; y++) {
		uint32_t *row = row_of(buf, (uint32_t)y);
		for (int x = mark->x; x < mark->x + mark->width && x < (int)buf->width; x++) {
			row[x] = 0xff000000 | mark->color;
		}
	}
}

void scene_cpu_draw(const struct scene_options *options, const struct dmabuf *buf, uint32_t frame) {
	for (uint32_t y = 0; y < buf->height; y++) {
		uint32_t *row = row_of(buf, y);
		if (options->picture == PICTURE_PATTERN) {
			for (uint32_t x = 0; x < buf->width; x++) {
				row[x] = pattern_pixel(x, y, frame);
			}
			continue;
		}
		uint32_t color = 0xff000000 | (options->picture == PICTURE_SOLID
							      ? options->solid
							      : scene_background(y, buf->height));
		for (uint32_t x = 0; x < buf->width; x++) {
			row[x] = color;
		}
	}
	if (options->picture != PICTURE_SCENE) {
		return;
	}

	struct ball balls[SCENE_BALLS];
	scene_layout(buf->width, buf->height, frame, balls);
	for (size_t i = 0; i < SCENE_BALLS; i++) {
		draw_ball(buf, &balls[i]);
	}
	struct mark marks[SCENE_MARKS];
	size_t num = scene_marks(buf->width, buf->height, frame, marks);
	for (size_t i = 0; i < num; i++) {
		draw_mark(buf, &marks[i]);
	}
}
