/* SPDX-License-Identifier: MIT */
/* What is on the screens that the planners are compared on. */
#include "bench.h"
#include "layers.h"

static void add(struct bench_layout *layout, struct latch_layer layer) {
	layer.id = (uint32_t)layout->len + 1;
	layout->layers[layout->len++] = layer;
}

static void add_windows(struct bench_layout *layout, int count, int columns) {
	for (int i = 0; i < count; i++) {
		int x = 16 + i % columns * 250, y = 40 + i / columns * 240;
		add(layout, layer_window(0, x, y, 220, 200));
	}
}

static void add_desktop(struct bench_layout *layout) {
	add(layout, layer_shm(0, 0, 0, BENCH_WIDTH, BENCH_HEIGHT));
}

static void fullscreen(struct bench_layout *layout) {
	add(layout, layer_window(0, 0, 0, BENCH_WIDTH, BENCH_HEIGHT));
}

static void fullscreen_and_cursor(struct bench_layout *layout) {
	add(layout, layer_glass(0, 500, 300, 64, 64));
	fullscreen(layout);
}

static void one_window(struct bench_layout *layout) {
	add_windows(layout, 1, 4);
	add_desktop(layout);
}

static void four_windows(struct bench_layout *layout) {
	add_windows(layout, 4, 4);
	add_desktop(layout);
}

/* Every layer is a buffer; two windows overlap, one is translucent. */
static void eight_layers(struct bench_layout *layout) {
	add(layout, layer_glass(0, 700, 500, 200, 150));
	add_windows(layout, 5, 4);
	add(layout, layer_window(0, 100, 150, 220, 200));
	fullscreen(layout);
}

/* A panel drawn by the compositor reaches over one of three windows. */
static void under_a_panel(struct bench_layout *layout) {
	add(layout, layer_shm(0, 0, 0, BENCH_WIDTH, 50));
	add(layout, layer_window(0, 20, 20, 300, 300));
	add(layout, layer_window(0, 400, 100, 300, 300));
	add(layout, layer_window(0, 720, 100, 250, 300));
	add_desktop(layout);
	layout->wants_underlay = true;
}

static void player(struct bench_layout *layout) {
	add(layout, layer_shm(0, 150, 620, 700, 60));
	add(layout, layer_video(0, 32, 24, 960, 720));
	add_desktop(layout);
	layout->wants_underlay = true;
}

static void three_scaled(struct bench_layout *layout) {
	for (int i = 0; i < 3; i++) {
		add(layout, layer_scaled(layer_window(0, 20 + 330 * i, 60, 320, 240), 640, 480));
	}
	add(layout, layer_window(0, 100, 400, 300, 300));
	add_desktop(layout);
}

static void twelve_windows(struct bench_layout *layout) {
	add_windows(layout, 12, 4);
	add_desktop(layout);
}

static const struct {
	const char *name;
	void (*fill)(struct bench_layout *layout);
} layouts[] = {
	{"fullscreen", fullscreen},
	{"fullscreen, cursor", fullscreen_and_cursor},
	{"1 window", one_window},
	{"4 windows", four_windows},
	{"8 layers", eight_layers},
	{"3 windows, panel", under_a_panel},
	{"player, controls", player},
	{"3 scaled, 1 not", three_scaled},
	{"12 windows", twelve_windows},
};

size_t bench_layouts_len(void) {
	return sizeof(layouts) / sizeof(layouts[0]);
}

void bench_layout_make(struct bench_layout *layout, size_t i, const struct bench_device *device) {
	*layout = (struct bench_layout){.name = layouts[i].name};
	layouts[i].fill(layout);
	for (size_t j = 0; j < layout->len && !device->yuv; j++) {
		if (layout->layers[j].fourcc == DRM_FORMAT_NV12) {
			layout->layers[j].fourcc = DRM_FORMAT_XRGB8888;
		}
	}
}
