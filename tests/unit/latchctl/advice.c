/* What helps against which reason. */
#include <stdio.h>
#include <string.h>

#include "../test.h"
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
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_val *output = example_at(doc, "/outputs/0");
	yyjson_mut_val *layer = example_at(doc, "/outputs/0/layers/0");
	char text[ADVICE_MAX];
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		assert_int_equal(advice_write(text, output, layer, reasons[i].name),
			reasons[i].helps);
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
