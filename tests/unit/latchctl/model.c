/* Texts of strangers, and the arrays of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <drm_fourcc.h>
#include <stdlib.h>

#include "example.h"

static void assert_clean(const char *text, const char *wanted) {
	char *clean = model_clean_text(text);
	assert_non_null(clean);
	assert_string_equal(clean, wanted);
	free(clean);
}

static void good_text_stays(void **state) {
	assert_clean(NULL, "");
	assert_clean("", "");
	assert_clean("foot", "foot");
	assert_clean("größer 日本 🦀", "größer 日本 🦀");
	assert_clean("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

static void control_characters_go(void **state) {
	assert_clean("a\033[2Jb", "a?[2Jb");
	assert_clean("a\r\n\tb\x7f", "a???b?");
	/* CSI as one character, U+009B. */
	assert_clean("a\xc2\x9b"
		     "2Jb",
		"a?2Jb");
	assert_clean("\xc2\xa0", "\xc2\xa0");
}

static void broken_text_goes(void **state) {
	assert_clean("a\xff"
		     "b",
		"a?b");
	assert_clean("\xe2\x82", "??");
	assert_clean("\xe2\x82z", "??z");
	assert_clean("\xc0\xaf", "??");		// longer than need be
	assert_clean("\xed\xa0\x80", "???");	// half of a surrogate pair
	assert_clean("\xf4\x90\x80\x80", "????"); // beyond U+10FFFF
}

static void formats_add_up(void **state) {
	struct model model = {0};
	const uint64_t modifiers[] = {1, 2, 3};
	struct model_plane *plane = model_add_plane(model_add_output(&model));
	assert_true(model_add_format(plane, DRM_FORMAT_XRGB8888, modifiers, 2));
	assert_true(model_add_format(plane, DRM_FORMAT_NV12, NULL, 0));
	assert_true(model_add_format(plane, DRM_FORMAT_XRGB8888, modifiers + 2, 1));
	assert_int_equal(plane->formats_len, 2);
	assert_int_equal(plane->formats[0].modifiers_len, 3);
	assert_int_equal(plane->formats[0].modifiers[2], 3);
	assert_int_equal(model_find_format(plane, DRM_FORMAT_NV12)->modifiers_len, 0);
	assert_null(model_find_format(plane, DRM_FORMAT_ARGB8888));
	model_finish(&model);
}

static void nothing_is_added_to_nothing(void **state) {
	assert_null(model_add_plane(NULL));
	assert_null(model_add_layer(NULL));
	assert_null(model_add_reason(NULL));
	assert_false(model_add_format(NULL, DRM_FORMAT_NV12, NULL, 0));
}

static void things_are_found(void **state) {
	struct model model = example_model();
	const struct model_output *screen = &model.outputs[EXAMPLE_SCREEN];
	assert_ptr_equal(model_find_output(&model, "WL-1"), &model.outputs[EXAMPLE_WINDOW]);
	assert_null(model_find_output(&model, "WL"));
	assert_ptr_equal(model_find_plane(screen, 35), &screen->planes[2]);
	assert_null(model_find_plane(screen, 0));
	assert_ptr_equal(model_find_layer(screen, 13), &screen->layers[2]);
	assert_null(model_find_layer(screen, 0));
	model_finish(&model);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_stays),
		cmocka_unit_test(control_characters_go),
		cmocka_unit_test(broken_text_goes),
		cmocka_unit_test(formats_add_up),
		cmocka_unit_test(nothing_is_added_to_nothing),
		cmocka_unit_test(things_are_found),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
