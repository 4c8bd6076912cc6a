/* SPDX-License-Identifier: MIT */
/* Layouts on the planes of known drivers: which layer goes where. */
#include "screen.h"

/* Layers on the planes of some drivers. */
struct scene {
	const char *name;
	/* Empty: of all of them. */
	plan_set_fn sets[5];
	/* Front to back, as many as there are places. */
	struct latch_layer layers[7];
	/* See screen_places(). */
	const char *places;
	/* Of the dma-bufs that are composed; 0: not looked at. */
	uint64_t reasons;
	/* No test commit is wasted: as many as there have to be, 1 or 0. */
	bool frugal;
	void (*change)(struct screen *screen);
};

static void show_scene(const struct scene *scene, plan_set_fn set) {
	struct screen *s = screen_make(set);
	for (size_t i = 0; i < strlen(scene->places); i++) {
		screen_add(s, scene->layers[i]);
	}
	if (scene->change != NULL) {
		scene->change(s);
	}
	screen_show(s);
	if (strcmp(screen_places(s), scene->places) != 0) {
		fail_msg("%s on %s: %s instead of %s", scene->name, s->set.name, screen_places(s),
			scene->places);
	}
	assert_true(!scene->frugal || s->kernel.tests == (s->plan.on_planes > 0));
	for (size_t i = 0; i < s->len; i++) {
		const struct latch_layer *layer = &s->layers[i];
		if (layer->place == LATCH_LAYER_COVERED) {
			assert_reasons(layer, LATCH_REASON_COVERED);
		} else if (layer->place == LATCH_LAYER_COMPOSED) {
			assert_reasons_contain(
				layer, layer->is_dmabuf ? scene->reasons : LATCH_REASON_NO_DMABUF);
		}
	}
}

static struct latch_layer window(uint32_t id, int x, int y) {
	return layer_window(id, x, y, 60, 40);
}

static struct latch_layer fullscreen(uint32_t id) {
	return layer_window(id, 0, 0, WIDTH, HEIGHT);
}

static struct latch_layer desktop(void) {
	return layer_shm(9, 0, 0, WIDTH, HEIGHT);
}

/* 2560 pixels at scale 1.5: the client was asked for 2559. */
static struct latch_layer nearly_fullscreen(void) {
	struct latch_layer layer = layer_window(1, 0, 0, WIDTH - 1, HEIGHT);
	layer.fills_output = true;
	return layer;
}

/* All but four corners is opaque. */
static struct latch_layer round_corners(void) {
	struct latch_layer layer = layer_glass(1, 20, 20, 100, 60);
	layer.opaque_boxes[0] = (struct wlr_box){20, 24, 100, 52};
	layer.opaque_boxes[1] = (struct wlr_box){24, 20, 92, 60};
	layer.opaque_boxes_len = 2;
	return layer;
}

static struct latch_layer opaque(struct latch_layer layer) {
	layer.opaque = true;
	return layer;
}

static void make_primary_cover(struct screen *s) {
	s->set.plane_limits[s->set.primary->index].covers = true;
}

static void take_alpha(struct screen *s) {
	s->input.primary_alpha = false;
}

static void keep_two_planes(struct screen *s) {
	screen_remove_plane(s, 3);
	screen_remove_plane(s, 1);
}

static struct latch_layer scaled(uint32_t id, int x) {
	return layer_scaled(layer_window(id, x, 10, 50, 50), 80, 80);
}

static void scenes(void **state) {
	const struct latch_layer controls = layer_shm(1, 20, 80, 150, 20);
	const struct latch_layer video = layer_video(2, 10, 10, 170, 95);
	struct latch_layer see_through = nearly_fullscreen(), faded_out = desktop();
	see_through.fourcc = DRM_FORMAT_ARGB8888;
	see_through.opaque = false;
	faded_out = layer_faded(faded_out, 0);
	const struct scene rows[] = {
		/* What is covered. */
		{"a fullscreen window is all there is", {0},
			{fullscreen(1), window(2, 10, 10), desktop()}, "P..", .frugal = true},
		{"a pixel short of fullscreen", {plan_set_vkms},
			{nearly_fullscreen(), window(2, WIDTH - 40, 10), desktop()}, "P..",
			.frugal = true},
		{"a pixel short on a primary plane that has to cover the screen", {plan_set_vkms},
			{nearly_fullscreen()}, "+", .change = make_primary_cover},
		{"what is seen through it is seen beside it", {plan_set_vkms},
			{see_through, window(2, WIDTH - 40, 10)}, "++"},
		{"two halves cover together", {plan_set_vkms},
			{layer_window(1, 0, 0, WIDTH / 2, HEIGHT),
				layer_window(2, WIDTH / 2, 0, WIDTH / 2, HEIGHT),
				window(3, 80, 20)},
			"++."},
		{"opaque boxes cover", {plan_set_vkms},
			{round_corners(), layer_window(2, 30, 20, 40, 50), window(3, 18, 18),
				desktop()},
			"+.+c"},
		{"a faded box covers nothing", {plan_set_intel},
			{layer_faded(fullscreen(1), 0x8000), fullscreen(2)}, "+P"},
		{"off the screen", {plan_set_vkms},
			{window(1, -60, 0), window(2, WIDTH, 0), window(3, 0, -40),
				window(4, WIDTH - 1, HEIGHT - 1)},
			"...+"},
		{"faded out", {plan_set_intel}, {faded_out, fullscreen(2)}, ".P"},

		/* Above our picture. */
		{"windows", {plan_set_vkms},
			{window(1, 0, 10), window(2, 65, 10), window(3, 130, 10), window(4, 0, 60),
				window(5, 65, 60), desktop()},
			"+++++c"},
		{"glass", {plan_set_vkms}, {layer_glass(1, 10, 10, 80, 80), desktop()}, "+c"},
		{"glass over black", {plan_set_vkms}, {layer_glass(1, 10, 10, 80, 80)}, "+"},
		{"what says it is opaque goes without alpha", {plan_set_virtio_gpu},
			{opaque(layer_glass(1, 0, 0, WIDTH, HEIGHT))}, "P"},
		{"the cursor has its plane", {plan_set_virtio_gpu, plan_set_intel, plan_set_amd},
			{layer_glass(0, 30, 30, 64, 64), fullscreen(1)}, "+P"},
		{"a driver that wants its primary plane", {plan_set_amd}, {window(1, 20, 20)}, "+"},
		/* Where the primary plane has to cover the screen and no other will do. */
		{"a small window alone", {plan_set_virtio_gpu}, {window(1, 20, 20)}, "c",
			LATCH_REASON_TEST_REFUSED},
		{"a small window alone", {plan_set_vkms}, {window(1, 20, 20)}, "+"},

		/* In their order, which is plan_check()'s to say. */
		{"ids, fixed heights, written ones",
			{plan_set_vkms, plan_set_intel, plan_set_vc4, plan_set_amd,
				plan_set_rk3588},
			{window(1, 40, 40), window(2, 20, 20), fullscreen(3)}, "++P"},
		/* Where nothing is composed the primary plane need not be the lowest. */
		{"below a window on the primary plane", {plan_set_sandwich},
			{layer_video(1, 100, 20, 50, 50), window(2, 20, 20)}, "+P",
			.change = keep_two_planes},

		/* Below our picture. */
		{"video below its controls",
			{plan_set_amd_underlay, plan_set_rk3588, plan_set_sandwich},
			{controls, video, desktop()}, "c-c"},
		{"nothing is below the lowest plane",
			{plan_set_vkms, plan_set_intel, plan_set_amd, plan_set_rk3399,
				plan_set_vc4},
			{controls, video, desktop()}, "ccc", LATCH_REASON_Z_ORDER, .frugal = true},
		{"no hole without alpha", {plan_set_sandwich}, {controls, video, desktop()}, "ccc",
			LATCH_REASON_Z_ORDER, .change = take_alpha},
		{"glass is no underlay", {plan_set_sandwich},
			{controls, layer_glass(2, 10, 10, 170, 95), desktop()}, "ccc",
			LATCH_REASON_Z_ORDER},
		{"two videos one above the other", {plan_set_sandwich},
			{controls, layer_video(3, 60, 40, 60, 50), video, desktop()}, "c--c"},
		{"below and above at once", {plan_set_sandwich},
			{window(3, 60, 68), controls, video, desktop()}, "+c-c"},

		/* As many scaled ones as there are scalers. */
		{"scalers", {plan_set_intel},
			{scaled(1, 0), scaled(2, 60), scaled(3, 120),
				layer_window(4, 100, 70, 30, 30), desktop()},
			"++c+c", LATCH_REASON_TEST_REFUSED},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		const plan_set_fn *sets = rows[i].sets[0] != NULL ? rows[i].sets : plan_sets;
		const size_t len = rows[i].sets[0] != NULL ? LEN(rows[i].sets) : plan_sets_len;
		for (size_t j = 0; j < len && sets[j] != NULL; j++) {
			show_scene(&rows[i], sets[j]);
		}
	}
}

static void a_full_stack(void **state) {
	struct screen *s = screen_make(plan_set_vc4);
	for (int i = 0; i < 16; i++) {
		screen_add(s, layer_window(16 - (uint32_t)i, 10 + 2 * (16 - i), 10, 40, 40));
	}
	screen_add(s, desktop());
	assert_places(s, "++++++++++++++++c");
}

static void more_windows_than_planes(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < 12; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 16 * i, 10, 14, 30));
	}
	screen_add(s, desktop());
	screen_show(s);
	assert_true(s->plan.on_planes >= 8); // a cursor plane may be kept for the cursor
	for (int i = 0; i < 12; i++) {
		if (s->layers[i].place != LATCH_LAYER_ON_PLANE) {
			assert_reasons(&s->layers[i], LATCH_REASON_NO_FREE_PLANE);
		}
	}
}

static void no_order_no_overlap(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	screen_remove_plane(s, 9); // the cursor's
	s->input.stacks_by_id = false;
	screen_add(s, window(1, 40, 40));
	screen_add(s, window(2, 20, 20));
	screen_add(s, fullscreen(3));
	/* The upper window on an overlay, the others are one picture below it. */
	assert_places(s, "+cc");
	assert_true(s->layers[1].reasons & (LATCH_REASON_Z_ORDER | LATCH_REASON_NO_FREE_PLANE));
	/* Beside each other they need none. */
	s->layers[0].dst.x = 120;
	assert_places(s, "++P");
}

#define BLUE UINT64_C(0xffff00000000ffff)

/* One colour behind windows that are all on planes needs none, where the CRTC has a background. */
static void a_backdrop(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	s->input.has_background = true;
	screen_add(s, window(1, 20, 20));
	struct latch_layer *backdrop = screen_add(s, layer_shm(50, 0, 0, WIDTH, HEIGHT));
	backdrop->solid = BLUE;
	assert_places(s, "+b");
	assert_true(s->plan.background == BLUE && !s->plan.composed && s->plan.visible == 1);
	assert_places(s, "+b");
	assert_int_equal(s->plan.rung, LATCH_RUNG_REUSED);
	assert_true(s->plan.background == BLUE);

	/* Of another colour it is another arrangement. */
	backdrop->solid = KMS_BLACK;
	assert_places(s, "+b");
	assert_true(s->plan.background == KMS_BLACK);

	/* It does not reach everywhere, or is no single colour, or has no CRTC for it. */
	backdrop->dst.width--;
	assert_places(s, "+c");
	backdrop->dst.width++;
	backdrop->solid = 0;
	assert_places(s, "+c");
	backdrop->solid = BLUE;
	s->input.has_background = false;
	latch_plan_forget(&s->memory);
	assert_places(s, "+c");
	assert_true(s->plan.background == 0);

	/* A composed picture is in front of it. */
	s->input.has_background = true;
	s->layers[0] = layer_shm(1, 20, 20, 40, 40);
	assert_places(s, "cc");
	assert_true(s->plan.background == 0 && s->plan.composed);
}

/* Nothing else is there: no plane at all. A kernel that refuses it makes it a picture. */
static void a_backdrop_alone(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	s->input.has_background = true;
	struct latch_layer *backdrop = screen_add(s, layer_shm(50, 0, 0, WIDTH, HEIGHT));
	backdrop->solid = BLUE;
	assert_places(s, "b");
	assert_int_equal(s->plan.rung, LATCH_RUNG_PLANES);
	s->kernel.refuses_background = true;
	latch_plan_forget(&s->memory);
	assert_places(s, "c");
	screen_add(s, *backdrop);
	s->layers[0] = window(1, 20, 20);
	assert_places(s, "+c");
}

TEST_MAIN("places", UNIT(a_backdrop), UNIT(a_backdrop_alone), UNIT(scenes), UNIT(a_full_stack),
	UNIT(more_windows_than_planes), UNIT(no_order_no_overlap))
