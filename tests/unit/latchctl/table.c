/* SPDX-License-Identifier: MIT */
/* The table says all that matters, and fits. */
#include "../text.h"
#include "advice.h"
#include "base/text.h"
#include "document.h"
#include "example.h"
#include "show.h"

static char *print(int width) {
	table_print(text_begin(), yyjson_mut_doc_get_root(example), width);
	return text_end();
}

static const char *const screen =
	"Virtual-1: 1000x500 at 60.004 Hz, scale 1.5; /dev/dri/card0 (vkms), simulated vblank clock\n"
	"  1 of 3 visible layers on planes, the others composed (mixed)\n"
	"\n"
	"  PLANE  TYPE     ZPOS    SHOWS                        CAN\n"
	"  31     primary  -       the composed picture         2 formats\n"
	"  33     overlay  1 to 9  layer 1: org.example.Player  2 formats, rotate, alpha, yuv\n"
	"  35     overlay  -       free                         2 formats\n"
	"  37     overlay  -       output Virtual-2             2 formats\n"
	"  39     cursor   -       cursor                       2 formats\n"
	"\n";

static void a_wide_terminal_has_all(void **state) {
	advice_add(example);
	char *text = print(200);
	if (strncmp(text, screen, strlen(screen)) != 0) {
		fail_msg("is:\n%s", text);
	}
	ASSERT_HAS(text, "org.example.Player (pid 1011)", "33 overlay", "foot (pid 1012)",
		"500x500 XR24 in shared memory",
		"      no-dmabuf: the buffer lives in shared memory\n        help: allocate",
		"      2 updates not shown yet: held for 1500 ms by fence (driver vgem,",
		"only a title (pid 1013)", "covered", "surface 14 ",
		"      test-refused: the kernel refused it\n        help: the driver says no",
		"WL-1: 800x600; not on a KMS device, so without planes\n  0 of 1");
	/* A covered layer needs no help, and no line ends with a space. */
	assert_null(strstr(text, "to be seen\n        help"));
	assert_null(strstr(text, " \n"));
}

static void it_fits(void **state) {
	advice_add(example);
	for (int width = TABLE_MIN_WIDTH; width < 160; width++) {
		char *text = print(width);
		if (text_width(text) > width) {
			fail_msg("%d columns instead of %d:\n%s", text_width(text), width, text);
		}
		/* Planes' numbers and reasons are never cut. */
		ASSERT_HAS(text, "\n  39     cursor", "no-dmabuf: ");
	}
}

static void long_names_are_cut_between_characters(void **state) {
	yyjson_mut_set_str(example_at("/outputs/1/layers/0/app_id"),
		"ääääääääääääääääääääääääääääääääääääääääääääääää");
	yyjson_mut_arr_remove_first(example_at("/outputs"));
	char *text = print(60), clean[4096];
	assert_true(text_width(text) <= 60);
	assert_non_null(strstr(text, "ää…"));
	latch_text_copy(clean, sizeof(clean), text);
	for (size_t i = 0; text[i] != '\0'; i++) {
		assert_true(clean[i] == text[i] || text[i] == '\n');
	}
}

static void one_output_only(void **state) {
	keep_text(example_at("/outputs"), "/name", "WL-1");
	char *text = print(100);
	assert_non_null(strstr(text, "WL-1"));
	assert_null(strstr(text, "Virtual-1"));
}

static void an_empty_screen(void **state) {
	yyjson_mut_set_int(example_at("/outputs/0/plan/visible"), 0);
	ASSERT_HAS(print(100), "\n  nothing to be seen\n");
}

/* What another version leaves out is no reason to end. */
static void an_empty_document(void **state) {
	yyjson_mut_doc_free(example);
	example = json_parse_mut("{'outputs': [{'layers': [{}], 'planes': [{}]}]}");
	advice_add(example);
	ASSERT_HAS(print(100), "LAYER");
}

TEST_MAIN("table", EXAMPLE_TEST(a_wide_terminal_has_all), EXAMPLE_TEST(it_fits),
	EXAMPLE_TEST(long_names_are_cut_between_characters), EXAMPLE_TEST(one_output_only),
	EXAMPLE_TEST(an_empty_screen), EXAMPLE_TEST(an_empty_document))
