/* SPDX-License-Identifier: MIT */
/* What is remembered from frame to frame, and what it may cost to find something new. */

#include "screen.h"

static struct screen *make_fullscreen(plan_set_fn set) {
	struct screen *s = screen_make(set);
	screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
	return s;
}

/* The same with other buffers: nothing is asked. */
static void show_new_buffers(struct screen *s) {
	for (size_t i = 0; i < s->len; i++) {
		s->layers[i].serial++;
		s->layers[i].content = (struct latch_content *)(void *)&s->set;
	}
	screen_show(s);
	assert_int_equal(s->plan.rung, LATCH_RUNG_REUSED);
	assert_int_equal(s->kernel.tests, 0);
}

static void anything_else_is_new(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 2);
	for (int change = 0; change < 6; change++) {
		switch (change) {
		case 1:
			s->layers[0].dst.x++;
			break;
		case 2:
			s->layers[0].fourcc = DRM_FORMAT_XBGR8888;
			break;
		case 3:
			s->layers[0].opaque = false;
			s->layers[0].fourcc = DRM_FORMAT_ARGB8888;
			break;
		case 4:
			screen_remove_plane(s, 1);
			break;
		case 5:
			latch_plan_forget(&s->memory);
		}
		assert_places(s, "++c");
		assert_true(s->kernel.tests > 0);
	}
	/* The new buffer of a window may be one that the kernel does not take. */
	s = screen_make_desktop(plan_set_vkms, 2);
	assert_places(s, "++c");
	s->kernel.import_fails = UINT64_C(1) << 1;
	assert_places(s, "c+c");
	assert_reasons(&s->layers[0], LATCH_REASON_IMPORT_FAILED);
}

static void what_stays_keeps_its_plane(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	screen_show(s);
	struct latch_layer before[4];
	memcpy(before, s->layers, sizeof(before));
	/* One closes. */
	memmove(&s->layers[1], &s->layers[2], (s->len - 2) * sizeof(s->layers[0]));
	s->len--;
	screen_show(s);
	assert_ptr_equal(s->layers[0].plane, before[0].plane);
	assert_ptr_equal(s->layers[1].plane, before[2].plane);
	assert_ptr_equal(s->layers[2].plane, before[3].plane);
}

static void a_refusal_is_remembered(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	s->input.composing = true;
	s->kernel.refuses_layers = UINT64_C(1) << 2;
	s->layers[3].waits = LATCH_REASON_SETTLING;
	assert_places(s, "+c+cc");
	assert_true(s->kernel.tests >= 3); // all, some, and the one without the refused

	/* The fourth has settled: one question, and not about the second again. */
	s->layers[3].waits = 0;
	assert_places(s, "+c++c");
	assert_int_equal(s->kernel.tests, 1);
	assert_reasons_contain(&s->layers[1], LATCH_REASON_TEST_REFUSED);
}

/* Another arrangement: what was said of the old one does not hold for it. */
static void and_forgotten_when_things_move(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	s->kernel.refuses_layers = UINT64_C(1) << 2;
	assert_places(s, "+c++c");
	s->kernel.refuses_layers = 0;
	s->layers[0].dst.y++;
	assert_places(s, "++++c");

	/* The same for two that were refused together. */
	s->kernel.refuses_pair = UINT64_C(1) << 1 | UINT64_C(1) << 2;
	s->layers[0].dst.y++;
	screen_show(s);
	assert_int_equal(s->plan.on_planes, 3);
	s->kernel.refuses_pair = 0;
	s->layers[0].dst.y++;
	assert_places(s, "++++c");
}

static void no_tests_no_planes(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 3);
	s->input.max_tests = 0;
	assert_places(s, "cccc");
	for (int i = 0; i < 3; i++) {
		assert_reasons(&s->layers[i], LATCH_REASON_TESTS_SPENT);
	}
}

static void one_test_is_enough_for_what_works(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = make_fullscreen(plan_sets[i]);
		s->input.max_tests = 1;
		assert_places(s, "P");
	}
	struct screen *s = screen_make_desktop(plan_set_vkms, 8);
	s->input.max_tests = 1;
	assert_places(s, "++++++++c");
}

/* Commits are refused until nothing is on a plane: each time something else is tried. */
static void refuse_all(struct screen *s) {
	struct latch_layer before[80];
	screen_show(s);
	for (int commits = 0; s->plan.on_planes > 0; commits++) {
		assert_true(commits < 10);
		memcpy(before, s->layers, sizeof(before));
		latch_plan_refused(&s->memory, -EINVAL);
		screen_show(s);
		assert_int_not_equal(s->plan.rung, LATCH_RUNG_REUSED);
		assert_non_null(plan_check_same(before, s->layers, s->len));
	}
	for (size_t i = 0; i < s->len; i++) {
		if (s->layers[i].is_dmabuf) {
			assert_reasons_contain(&s->layers[i], LATCH_REASON_TEST_REFUSED);
			assert_int_equal(s->layers[i].test_errno, EINVAL);
		}
	}
}

static void a_refused_commit_goes_down_the_ladder(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		refuse_all(make_fullscreen(plan_sets[i]));
	}
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	refuse_all(s);
	assert_reasons(&s->layers[4], LATCH_REASON_NO_DMABUF);
	/* It stays so without more questions, until something moves. */
	show_new_buffers(s);
	s->layers[0].dst.y++;
	assert_places(s, "++++c");
}

/* A device that is busy, or not ours just now, says nothing about the arrangement. */
static void a_busy_kernel_is_asked_again(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 2);
	s->kernel.refuses_all = -EBUSY;
	assert_places(s, "ccc");
	s->kernel.refuses_all = 0;
	assert_places(s, "++c");
}

static void a_picture_is_taken_and_all_comes_back(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 3);
	screen_show(s);
	struct latch_layer before[80];
	memcpy(before, s->layers, sizeof(before));
	s->input.captured = true;
	assert_places(s, "cccc");
	s->input.captured = false;
	s->input.composing = true;
	screen_show(s);
	assert_null(plan_check_same(before, s->layers, s->len));
}

/* As it is before the first window, and of a window of another compositor. */
static void no_layers_and_no_planes_need_no_arrays(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_plan plan = latch_plan_make(NULL, 0, &s->input, &s->memory);
	assert_int_equal(plan.visible, 0);
	s->input.planes = NULL;
	s->input.planes_len = 0;
	s->input.primary = NULL;
	plan = latch_plan_make(NULL, 0, &s->input, &s->memory);
	assert_int_equal(plan.visible, 0);
	plan = latch_plan_make(NULL, 0, &s->input, &s->memory);
	assert_int_equal(plan.rung, LATCH_RUNG_REUSED);
}

static void rungs_have_names(void **state) {
	assert_string_equal(latch_rung_name(LATCH_RUNG_REUSED), "reused");
	assert_string_equal(latch_rung_name(LATCH_RUNG_PLANES), "planes");
	assert_string_equal(latch_rung_name(LATCH_RUNG_MIXED), "mixed");
	assert_string_equal(latch_rung_name(LATCH_RUNG_COMPOSED), "composed");
}

TEST_MAIN("memory", UNIT(anything_else_is_new), UNIT(what_stays_keeps_its_plane),
	UNIT(a_refusal_is_remembered), UNIT(and_forgotten_when_things_move),
	UNIT(no_tests_no_planes), UNIT(one_test_is_enough_for_what_works),
	UNIT(a_refused_commit_goes_down_the_ladder), UNIT(a_busy_kernel_is_asked_again),
	UNIT(a_picture_is_taken_and_all_comes_back), UNIT(no_layers_and_no_planes_need_no_arrays),
	UNIT(rungs_have_names))
