/* What helps against which reason. */
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "advice.h"
#include "example.h"
#include "plan/reason.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(const char *name, const char *const *names, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if (strcmp(names[i], name) == 0) {
			return true;
		}
	}
	return false;
}

/* The names are an interface of latch. */
static void every_reason_has_advice_or_needs_none(void **state) {
	static const char *const helps[] = {"no-dmabuf", "format", "modifier", "import-failed",
		"no-free-plane", "scaling", "rotation", "partly-transparent", "test-refused",
		"disabled", "no-kms", "z-order", "position", "alpha", "blend", "color-encoding",
		"not-ready", "captured", "settling", "tests-spent", "size", "crop"};
	static const char *const needs_none[] = {"covered", "idle", "one-of-tomorrow"};
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_val *output = example_at(doc, "/outputs/0");
	yyjson_mut_val *layer = example_at(doc, "/outputs/0/layers/0");
	char text[ADVICE_MAX];
	for (size_t i = 0; i < LENGTH(helps); i++) {
		assert_true(advice_write(text, output, layer, helps[i]));
	}
	for (size_t i = 0; i < LENGTH(needs_none); i++) {
		assert_false(advice_write(text, output, layer, needs_none[i]));
	}
	/* Whoever adds a reason thinks of what helps. */
	for (size_t bit = 0; bit < LATCH_REASON_COUNT; bit++) {
		const char *name = latch_reason_name(UINT64_C(1) << bit);
		if (!is_one_of(name, helps, LENGTH(helps)) &&
			!is_one_of(name, needs_none, LENGTH(needs_none))) {
			fail_msg("%s is in no list", name);
		}
	}
	yyjson_mut_doc_free(doc);
}

static void add_format(yyjson_mut_doc *doc, yyjson_mut_val *plane, const char *name) {
	yyjson_mut_val *formats = yyjson_mut_obj_get(plane, "formats");
	yyjson_mut_obj_add_strcpy(doc, yyjson_mut_arr_add_obj(doc, formats), "format", name);
}

static void it_names_what_the_planes_take(void **state) {
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_val *output = example_at(doc, "/outputs/0");
	yyjson_mut_val *layer = example_at(doc, "/outputs/0/layers/0");
	char text[ADVICE_MAX];
	advice_write(text, output, layer, "format");
	assert_string_equal(text, "draw in a format that a plane here has: XR24 AR24");
	/* One word of each, however many planes. */
	advice_write(text, output, layer, "modifier");
	assert_string_equal(text, "allocate with a modifier of the feedback's scanout tranche; "
				  "planes here take XR24 as: LINEAR X_TILED");

	/* The cursor's and another output's are no help. */
	add_format(doc, example_at(doc, "/outputs/0/planes/3"), "NV12");
	add_format(doc, example_at(doc, "/outputs/0/planes/4"), "NV12");
	advice_write(text, output, layer, "format");
	assert_string_equal(text, "draw in a format that a plane here has: XR24 AR24");

	advice_write(text, output, layer, "no-free-plane");
	assert_non_null(strstr(text, "2 of 3 planes"));
	advice_write(text, output, layer, "scaling");
	assert_non_null(strstr(text, "500x500"));
	advice_write(text, output, example_at(doc, "/outputs/0/layers/3"), "test-refused");
	assert_non_null(strstr(text, "Invalid argument"));
	yyjson_mut_doc_free(doc);
}

static void long_lists_are_cut(void **state) {
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_val *output = example_at(doc, "/outputs/1");
	yyjson_mut_val *plane = yyjson_mut_arr_add_obj(doc, example_at(doc, "/outputs/1/planes"));
	yyjson_mut_obj_add_arr(doc, plane, "formats");
	char text[ADVICE_MAX], name[] = "AAAA";
	for (int i = 0; i < 26; i++) {
		memset(name, 'A' + i, 4);
		add_format(doc, plane, name);
	}
	advice_write(text, output, example_at(doc, "/outputs/1/layers/0"), "format");
	assert_non_null(strstr(text, ": AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH ..."));
	assert_null(strstr(text, "IIII"));
	yyjson_mut_doc_free(doc);
}

static void without_planes_no_format_helps(void **state) {
	yyjson_mut_doc *doc = example_planes();
	char text[ADVICE_MAX];
	assert_false(advice_write(text, example_at(doc, "/outputs/1"),
		example_at(doc, "/outputs/1/layers/0"), "format"));
	yyjson_mut_doc_free(doc);
}

static void reasons_get_their_help(void **state) {
	yyjson_mut_doc *doc = example_planes();
	advice_add(doc);
	assert_true(yyjson_mut_is_str(example_at(doc, "/outputs/0/layers/1/reasons/0/help")));
	assert_true(yyjson_mut_is_null(example_at(doc, "/outputs/0/layers/2/reasons/0/help")));
	assert_true(yyjson_mut_is_str(example_at(doc, "/outputs/0/layers/3/reasons/1/help")));
	assert_true(yyjson_mut_equals_str(example_at(doc, "/outputs/1/layers/0/reasons/0/help"),
		"run latch on a TTY, not in a window"));
	yyjson_mut_doc_free(doc);
}

TEST_MAIN("advice", UNIT(every_reason_has_advice_or_needs_none),
	UNIT(it_names_what_the_planes_take), UNIT(long_lists_are_cut),
	UNIT(without_planes_no_format_helps), UNIT(reasons_get_their_help))
