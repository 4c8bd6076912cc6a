/* What helps against which reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "example.h"
#include "plan/reason.h"

/* The names are an interface of latch. */
static void every_reason_has_advice_or_needs_none(void **state) {
	static const struct {
		const char *name;
		bool helps;
	} reasons[] = {
		{"no-dmabuf", true},
		{"format", true},
		{"modifier", true},
		{"import-failed", true},
		{"no-free-plane", true},
		{"scaling", true},
		{"rotation", true},
		{"partly-transparent", true},
		{"covered", false},
		{"test-refused", true},
		{"disabled", true},
		{"no-kms", true},
		{"z-order", true},
		{"position", true},
		{"alpha", true},
		{"blend", true},
		{"color-encoding", true},
		{"not-ready", true},
		{"captured", true},
		{"settling", true},
		{"idle", false},
		{"tests-spent", true},
		{"size", true},
		{"crop", true},
		{"one-of-tomorrow", false},
	};
	struct model model = example_model();
	const struct model_output *output = &model.outputs[EXAMPLE_SCREEN];
	char text[ADVICE_MAX];
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		assert_int_equal(advice_write(text, output, &output->layers[0], reasons[i].name),
			reasons[i].helps);
		assert_int_equal(text[0] != '\0', reasons[i].helps);
	}
	/* Whoever adds a reason thinks of what helps. */
	for (size_t bit = 0; bit < LATCH_REASON_COUNT; bit++) {
		const char *name = latch_reason_name(UINT64_C(1) << bit);
		size_t i = 0;
		while (i < sizeof(reasons) / sizeof(reasons[0]) &&
			strcmp(reasons[i].name, name) != 0) {
			i++;
		}
		if (i == sizeof(reasons) / sizeof(reasons[0])) {
			fail_msg("%s is not in the list", name);
		}
	}
	model_finish(&model);
}

static void it_names_what_the_planes_take(void **state) {
	struct model model = example_model();
	struct model_output *output = &model.outputs[EXAMPLE_SCREEN];
	char text[ADVICE_MAX];
	advice_write(text, output, &output->layers[0], "format");
	assert_string_equal(text, "draw in a format that a plane here has: XR24 AR24");
	advice_write(text, output, &output->layers[0], "modifier");
	assert_non_null(strstr(text, "XR24 as: LINEAR "));
	assert_non_null(strstr(text, "X_TILED"));
	/* One word of each, however many planes. */
	assert_null(strstr(strstr(text, "LINEAR") + 1, "LINEAR"));

	/* The cursor's and another output's are no help. */
	model_add_format(&output->planes[3], 0x3233334e, NULL, 0);
	model_add_format(&output->planes[4], 0x3233334e, NULL, 0);
	advice_write(text, output, &output->layers[0], "format");
	assert_string_equal(text, "draw in a format that a plane here has: XR24 AR24");

	advice_write(text, output, &output->layers[0], "no-free-plane");
	assert_non_null(strstr(text, "2 of 3 planes"));
	advice_write(text, output, &output->layers[0], "scaling");
	assert_non_null(strstr(text, "500x500"));
	advice_write(text, output, &output->layers[3], "test-refused");
	assert_non_null(strstr(text, "Invalid argument"));
	model_finish(&model);
}

static void long_lists_are_cut(void **state) {
	struct model model = example_model();
	struct model_output *output = &model.outputs[EXAMPLE_WINDOW];
	struct model_plane *plane = model_add_plane(output);
	plane->user = NULL;
	char text[ADVICE_MAX];
	for (uint32_t i = 0; i < 26; i++) {
		assert_true(model_add_format(plane, 0x20202020 + 0x01010101 * (i + 33), NULL, 0));
	}
	advice_write(text, output, &output->layers[0], "format");
	assert_non_null(strstr(text, ": AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH ..."));
	assert_null(strstr(text, "IIII"));
	model_finish(&model);
}

static void without_planes_no_format_helps(void **state) {
	struct model model = example_model();
	const struct model_output *output = &model.outputs[EXAMPLE_WINDOW];
	char text[ADVICE_MAX];
	assert_false(advice_write(text, output, &output->layers[0], "format"));
	assert_string_equal(text, "");
	model_finish(&model);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_advice_or_needs_none),
		cmocka_unit_test(it_names_what_the_planes_take),
		cmocka_unit_test(long_lists_are_cut),
		cmocka_unit_test(without_planes_no_format_helps),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
