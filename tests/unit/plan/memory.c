/* What is remembered from frame to frame, and what it may cost to find something new. */
#include <errno.h>

#include "../test.h"
#include "screen.h"

static void add_desktop(struct screen *s, int windows) {
	for (int i = 0; i < windows; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 22 * i, 20, 20, 40));
	}
	screen_add(s, layer_shm(50, 0, 0, WIDTH, HEIGHT));
}

static void new_buffers(struct screen *s) {
	for (size_t i = 0; i < s->len; i++) {
		s->layers[i].serial++;
		s->layers[i].content = (struct latch_content *)(void *)&s->set;
	}
}

static void a_steady_frame_asks_nothing(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = screen_make(plan_sets[i]);
		add_desktop(s, 6);
		screen_show(s);
		struct latch_layer first[80];
		memcpy(first, s->layers, sizeof(first));
		s->input.composing = s->plan.composed;
		for (int frame = 0; frame < 50; frame++) {
			new_buffers(s);
			assert_shows(s, LATCH_RUNG_REUSED);
			assert_int_equal(s->kernel.tests, 0);
			assert_null(plan_check_same(first, s->layers, s->len));
		}
	}
}

static void anything_else_is_new(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 2);
	screen_show(s);

	s->layers[0].dst.x++;
	assert_shows(s, LATCH_RUNG_MIXED);
	assert_true(s->kernel.tests > 0);

	s->layers[0].fourcc = DRM_FORMAT_XBGR8888;
	screen_show(s);
	assert_true(s->kernel.tests > 0);

	s->layers[0].opaque = false;
	s->layers[0].fourcc = DRM_FORMAT_ARGB8888;
	screen_show(s);
	assert_true(s->kernel.tests > 0);

	plan_set_remove(&s->set, 1);
	s->input.planes_len = s->set.len;
	screen_show(s);
	assert_true(s->kernel.tests > 0);
	assert_int_equal(s->plan.on_planes, 2);

	latch_plan_forget(&s->memory);
	screen_show(s);
	assert_true(s->kernel.tests > 0);
}

/* The new buffer of a window may be one that the kernel does not take. */
static void a_buffer_that_does_not_import(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 2);
	assert_shows_on_planes(s, 2);
	s->kernel.import_fails = UINT64_C(1) << 1;
	assert_shows_on_planes(s, 1);
	assert_reasons(&s->layers[0], LATCH_REASON_IMPORT_FAILED);
}

static void what_stays_keeps_its_plane(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 4);
	screen_show(s);
	const struct kms_plane *before[4];
	for (int i = 0; i < 4; i++) {
		before[i] = s->layers[i].plane;
	}
	/* One closes. */
	memmove(&s->layers[1], &s->layers[2], (s->len - 2) * sizeof(s->layers[0]));
	s->len--;
	screen_show(s);
	assert_ptr_equal(s->layers[0].plane, before[0]);
	assert_ptr_equal(s->layers[1].plane, before[2]);
	assert_ptr_equal(s->layers[2].plane, before[3]);
}

static void a_refusal_is_remembered(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	s->input.composing = true;
	add_desktop(s, 4);
	s->kernel.refuses_layers = UINT64_C(1) << 2;
	s->settled[3] = LATCH_REASON_SETTLING;
	assert_shows_on_planes(s, 2);
	unsigned first = s->kernel.tests;
	assert_true(first >= 3); // all, some, and the one without the refused

	/* The fourth has settled: one question, and not about the second again. */
	s->settled[3] = 0;
	assert_shows_on_planes(s, 3);
	assert_int_equal(s->kernel.tests, 1);
	assert_reasons_contain(&s->layers[1], LATCH_REASON_TEST_REFUSED);
}

/* Another arrangement: what was said of the old one does not hold for it. */
static void and_forgotten_when_things_move(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 4);
	s->kernel.refuses_layers = UINT64_C(1) << 2;
	assert_shows_on_planes(s, 3);
	s->kernel.refuses_layers = 0;
	s->layers[0].dst.y++;
	assert_shows_on_planes(s, 4);

	/* The same for two that were refused together. */
	s->kernel.refuses_pair = UINT64_C(1) << 1 | UINT64_C(1) << 2;
	s->layers[0].dst.y++;
	assert_shows_on_planes(s, 3);
	s->kernel.refuses_pair = 0;
	s->layers[0].dst.y++;
	assert_shows_on_planes(s, 4);
}

static void never_more_tests_than_allowed(void **state) {
	for (unsigned max = 0; max <= 30; max++) {
		for (size_t i = 0; i < plan_sets_len; i++) {
			struct screen *s = screen_make(plan_sets[i]);
			add_desktop(s, 8);
			s->input.max_tests = max;
			s->kernel.refuses_layers = 0x54;
			s->kernel.refuses_pair = 0x0a;
			screen_show(s); // plan_check() counts
			assert_true(s->kernel.tests <= max);
			new_buffers(s);
			screen_show(s);
			assert_int_equal(s->kernel.tests, 0);
		}
	}
}

static void no_tests_no_planes(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 3);
	s->input.max_tests = 0;
	assert_shows(s, LATCH_RUNG_COMPOSED);
	for (int i = 0; i < 3; i++) {
		assert_reasons(&s->layers[i], LATCH_REASON_TESTS_SPENT);
	}
}

static void one_test_is_enough_for_what_works(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = screen_make(plan_sets[i]);
		screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
		s->input.max_tests = 1;
		assert_shows(s, LATCH_RUNG_PLANES);
	}
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 8);
	s->input.max_tests = 2;
	assert_shows_on_planes(s, 8);
	assert_int_equal(s->kernel.tests, 1);
}

static void a_refused_commit_goes_down_the_ladder(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 4);
	assert_shows_on_planes(s, 4);
	int commits = 0;
	while (s->plan.on_planes > 0) {
		assert_true(++commits < 10);
		struct latch_layer before[80];
		memcpy(before, s->layers, sizeof(before));
		latch_plan_refused(&s->memory, -EINVAL);
		screen_show(s);
		assert_string_not_equal(latch_rung_name(s->plan.rung), "reused");
		assert_non_null(plan_check_same(before, s->layers, s->len));
	}
	assert_rung(s, LATCH_RUNG_COMPOSED);
	for (int i = 0; i < 4; i++) {
		assert_reasons_contain(&s->layers[i], LATCH_REASON_TEST_REFUSED);
		assert_int_equal(s->layers[i].test_errno, EINVAL);
	}
	assert_reasons(&s->layers[4], LATCH_REASON_NO_DMABUF);

	/* It stays so without more questions, until something moves. */
	new_buffers(s);
	assert_shows(s, LATCH_RUNG_REUSED);
	assert_int_equal(s->kernel.tests, 0);
	s->layers[0].dst.y++;
	assert_shows_on_planes(s, 4);
}

static void a_refused_fullscreen_window_is_composed(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = screen_make(plan_sets[i]);
		struct latch_layer *window =
			screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
		screen_show(s);
		for (int refused = 0; s->plan.on_planes > 0; refused++) {
			assert_true(refused < 10);
			latch_plan_refused(&s->memory, -EINVAL);
			screen_show(s);
		}
		assert_reasons_contain(window, LATCH_REASON_TEST_REFUSED);
		assert_true(s->plan.primary_is_ours);
	}
}

/* A device that is busy, or not ours just now, says nothing about the arrangement. */
static void a_busy_kernel_is_asked_again(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 2);
	s->kernel.refuses_all = -EBUSY;
	assert_shows(s, LATCH_RUNG_COMPOSED);
	s->kernel.refuses_all = 0;
	assert_shows_on_planes(s, 2);
}

static void a_picture_is_taken_and_all_comes_back(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_desktop(s, 3);
	screen_show(s);
	struct latch_layer before[80];
	memcpy(before, s->layers, sizeof(before));
	s->input.captured = true;
	assert_shows_on_planes(s, 0);
	s->input.captured = false;
	s->input.composing = true;
	screen_show(s);
	assert_null(plan_check_same(before, s->layers, s->len));
}

static void an_empty_screen_is_black(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = screen_make(plan_sets[i]);
		screen_show(s);
		assert_int_equal(s->plan.visible, 0);
		assert_int_equal(s->plan.on_planes, 0);
		assert_false(s->plan.composed);
		assert_true(s->plan.primary_is_ours);
		assert_int_equal(s->kernel.tests, 0);
	}
}

/* As it is before the first window, and of a window of another compositor. */
static void no_layers_and_no_planes_need_no_arrays(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_plan plan = latch_plan_make(NULL, 0, NULL, &s->input, &s->memory);
	assert_int_equal(plan.visible, 0);
	s->input.planes = NULL;
	s->input.planes_len = 0;
	s->input.primary = NULL;
	plan = latch_plan_make(NULL, 0, NULL, &s->input, &s->memory);
	assert_int_equal(plan.visible, 0);
	plan = latch_plan_make(NULL, 0, NULL, &s->input, &s->memory);
	assert_int_equal(plan.rung, LATCH_RUNG_REUSED);
}

static void rungs_have_names(void **state) {
	assert_string_equal(latch_rung_name(LATCH_RUNG_REUSED), "reused");
	assert_string_equal(latch_rung_name(LATCH_RUNG_PLANES), "planes");
	assert_string_equal(latch_rung_name(LATCH_RUNG_MIXED), "mixed");
	assert_string_equal(latch_rung_name(LATCH_RUNG_COMPOSED), "composed");
}

TEST_MAIN("memory", UNIT(a_steady_frame_asks_nothing), UNIT(anything_else_is_new),
	UNIT(a_buffer_that_does_not_import), UNIT(what_stays_keeps_its_plane),
	UNIT(a_refusal_is_remembered), UNIT(and_forgotten_when_things_move),
	UNIT(never_more_tests_than_allowed), UNIT(no_tests_no_planes),
	UNIT(one_test_is_enough_for_what_works), UNIT(a_refused_commit_goes_down_the_ladder),
	UNIT(a_refused_fullscreen_window_is_composed), UNIT(a_busy_kernel_is_asked_again),
	UNIT(a_picture_is_taken_and_all_comes_back), UNIT(an_empty_screen_is_black),
	UNIT(no_layers_and_no_planes_need_no_arrays), UNIT(rungs_have_names))
