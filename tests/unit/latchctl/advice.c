/* SPDX-License-Identifier: MIT */
/* What helps against which reason. */
#include "advice.h"
#include "../text.h"
#include "example.h"
#include "plan/reason.h"

/* The names are an interface of latch. Whoever adds a reason thinks of what helps. */
static void every_reason_has_advice_or_needs_none(void **state) {
	static const char needs_none[] = "covered idle";
	yyjson_mut_val *output = example_at("/outputs/0");
	yyjson_mut_val *layer = example_at("/outputs/0/layers/0");
	char text[ADVICE_MAX];
	for (size_t bit = 0; bit < LATCH_REASON_COUNT; bit++) {
		const char *name = latch_reason_name(UINT64_C(1) << bit);
		if (advice_write(text, output, layer, name) == (strstr(needs_none, name) != NULL)) {
			fail_msg("%s has no advice, or needs none", name);
		}
	}
	assert_false(advice_write(text, output, layer, "one-of-tomorrow"));
}

static void add_format(yyjson_mut_val *plane, const char *name) {
	yyjson_mut_val *formats = yyjson_mut_obj_get(plane, "formats");
	yyjson_mut_arr_add_strcpy(example,
		yyjson_mut_obj_add_arr(example, yyjson_mut_arr_add_obj(example, formats), "fourccs"),
		name);
}

/* What the example's layer of that output is told against this reason. The next call writes over
 * it. */
static const char *advice(int output, int layer, const char *reason) {
	static char text[ADVICE_MAX];
	char path[64];
	snprintf(path, sizeof(path), "/outputs/%d/layers/%d", output, layer);
	yyjson_mut_val *outputs = example_at("/outputs");
	assert_true(advice_write(
		text, yyjson_mut_arr_get(outputs, (size_t)output), example_at(path), reason));
	return text;
}

static void it_names_what_the_planes_take(void **state) {
	/* The cursor's and another output's are no help. */
	add_format(example_at("/outputs/0/planes/3"), "NV12");
	add_format(example_at("/outputs/0/planes/4"), "NV12");
	/* One word of each, however many planes. */
	assert_string_equal(
		advice(0, 0, "format"), "draw in a format that a plane here has: XR24 AR24");
	assert_string_equal(advice(0, 0, "modifier"),
		"allocate with a modifier of the feedback's scanout tranche; planes here take XR24 "
		"as: LINEAR X_TILED");
	ASSERT_HAS(advice(0, 0, "no-free-plane"), "2 of 3 planes");
	ASSERT_HAS(advice(0, 0, "scaling"), "500x500");
	assert_null(strstr(advice(0, 0, "test-refused"), "here"));
	ASSERT_HAS(advice(0, 3, "test-refused"), "Invalid argument");
}

/* A film is not told of RGB first. */
static void formats_of_its_kind_come_first(void **state) {
	add_format(example_at("/outputs/0/planes/1"), "NV12");
	add_format(example_at("/outputs/0/planes/2"), "R8");
	assert_string_equal(
		advice(0, 0, "format"), "draw in a format that a plane here has: XR24 AR24 R8 NV12");
	yyjson_mut_set_str(example_at("/outputs/0/layers/0/buffer/format"), "P010");
	assert_string_equal(
		advice(0, 0, "format"), "draw in a format that a plane here has: NV12 XR24 AR24 R8");
}

/* Of a run that is over less is known: no planes, or planes without a use. */
static void it_says_what_it_knows(void **state) {
	char text[ADVICE_MAX];
	for (size_t bit = 0; bit < LATCH_REASON_COUNT; bit++) {
		const char *help = latch_reason_help(UINT64_C(1) << bit);
		if (help != NULL) {
			assert_true(advice_write(
				text, NULL, NULL, latch_reason_name(UINT64_C(1) << bit)));
			assert_string_equal(text, help);
		}
	}
	yyjson_mut_obj_remove_key(example_at("/outputs/0/planes/0"), "use");
	assert_string_equal(advice(0, 0, "no-free-plane"),
		"show fewer surfaces at once, or make one fullscreen");
}

/* Where there is a plane at all. */
static void long_lists_are_cut(void **state) {
	char text[ADVICE_MAX], name[] = "AAAA";
	yyjson_mut_val *output = example_at("/outputs/1"),
		       *layer = example_at("/outputs/1/layers/0");
	assert_true(advice_write(text, output, layer, "format"));
	assert_string_equal(text, "draw in a format that a plane here has");
	yyjson_mut_val *plane = yyjson_mut_arr_add_obj(example, example_at("/outputs/1/planes"));
	yyjson_mut_obj_add_arr(example, plane, "formats");
	for (int i = 0; i < 26; i++) {
		memset(name, 'A' + i, 4);
		add_format(plane, name);
	}
	assert_string_equal(advice(1, 0, "format"),
		"draw in a format that a plane here has: AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH "
		"...");
}

static void reasons_get_their_help(void **state) {
	advice_add(example);
	assert_true(yyjson_mut_is_str(example_at("/outputs/0/layers/1/reasons/0/help")));
	assert_true(yyjson_mut_is_null(example_at("/outputs/0/layers/2/reasons/0/help")));
	assert_true(yyjson_mut_is_str(example_at("/outputs/0/layers/3/reasons/1/help")));
	assert_true(yyjson_mut_equals_str(example_at("/outputs/1/layers/0/reasons/0/help"),
		"run latch on a TTY, not in a window"));
}

TEST_MAIN("advice", EXAMPLE_TEST(every_reason_has_advice_or_needs_none),
	EXAMPLE_TEST(it_names_what_the_planes_take), EXAMPLE_TEST(formats_of_its_kind_come_first),
	EXAMPLE_TEST(it_says_what_it_knows), EXAMPLE_TEST(long_lists_are_cut),
	EXAMPLE_TEST(reasons_get_their_help))
