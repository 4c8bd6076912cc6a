/* The table says all that matters, and fits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "advice.h"
#include "base/text.h"
#include "document.h"
#include "example.h"
#include "show.h"

/* The caller frees it. */
static char *print(yyjson_mut_doc *doc, int width) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	table_print(file, yyjson_mut_doc_get_root(doc), width);
	assert_int_equal(fclose(file), 0);
	return text;
}

static int widest_line(const char *text) {
	int widest = 0, width = 0;
	for (; *text; text++) {
		width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xc0) != 0x80);
		widest = width > widest ? width : widest;
	}
	return widest;
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
	yyjson_mut_doc *doc = example_planes();
	advice_add(doc);
	char *text = print(doc, 200);
	if (strncmp(text, screen, strlen(screen)) != 0) {
		fail_msg("is:\n%s", text);
	}
	static const char *const wanted[] = {
		"org.example.Player (pid 1011)",
		"33 overlay",
		"foot (pid 1012)",
		"500x500 XR24 in shared memory",
		"      no-dmabuf: the buffer lives in shared memory\n        help: allocate with GBM",
		"      2 updates not shown yet: held for 1500 ms by fence (driver vgem,",
		"only a title (pid 1013)",
		"covered",
		"surface 14 ",
		"      test-refused: the kernel refused it\n        help: the driver says no with Inv",
		"WL-1: 800x600; not on a KMS device, so without planes\n  0 of 1",
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strstr(text, wanted[i]) == NULL) {
			fail_msg("no '%s' in\n%s", wanted[i], text);
		}
	}
	/* A covered layer needs no help, and no line ends with a space. */
	assert_null(strstr(text, "to be seen\n        help"));
	assert_null(strstr(text, " \n"));
	free(text);
	yyjson_mut_doc_free(doc);
}

static void it_fits(void **state) {
	yyjson_mut_doc *doc = example_planes();
	advice_add(doc);
	for (int width = TABLE_MIN_WIDTH; width < 160; width++) {
		char *text = print(doc, width);
		if (widest_line(text) > width) {
			fail_msg("%d columns instead of %d:\n%s", widest_line(text), width, text);
		}
		/* Planes' numbers and reasons are never cut. */
		assert_non_null(strstr(text, "\n  39     cursor"));
		assert_non_null(strstr(text, "no-dmabuf: "));
		free(text);
	}
	yyjson_mut_doc_free(doc);
}

static void long_names_are_cut_between_characters(void **state) {
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_set_str(example_at(doc, "/outputs/1/layers/0/app_id"),
		"ääääääääääääääääääääääääääääääääääääääääääääääää");
	yyjson_mut_arr_remove_first(example_at(doc, "/outputs"));
	char *text = print(doc, 60), clean[4096];
	assert_true(widest_line(text) <= 60);
	assert_non_null(strstr(text, "ää…"));
	latch_text_copy(clean, sizeof(clean), text);
	for (size_t i = 0; text[i] != '\0'; i++) {
		assert_true(clean[i] == text[i] || text[i] == '\n');
	}
	free(text);
	yyjson_mut_doc_free(doc);
}

static void one_output_only(void **state) {
	yyjson_mut_doc *doc = example_planes();
	keep_text(example_at(doc, "/outputs"), "/name", "WL-1");
	char *text = print(doc, 100);
	assert_non_null(strstr(text, "WL-1"));
	assert_null(strstr(text, "Virtual-1"));
	free(text);
	yyjson_mut_doc_free(doc);
}

static void an_empty_screen(void **state) {
	yyjson_mut_doc *doc = example_planes();
	yyjson_mut_set_int(example_at(doc, "/outputs/0/plan/visible"), 0);
	char *text = print(doc, 100);
	assert_non_null(strstr(text, "\n  nothing to be seen\n"));
	free(text);
	yyjson_mut_doc_free(doc);
}

/* What another version leaves out is no reason to end. */
static void an_empty_document(void **state) {
	yyjson_mut_doc *doc = example_parse("{'outputs': [{'layers': [{}], 'planes': [{}]}]}");
	advice_add(doc);
	char *text = print(doc, 100);
	assert_non_null(strstr(text, "LAYER"));
	free(text);
	yyjson_mut_doc_free(doc);
}

TEST_MAIN("table", UNIT(a_wide_terminal_has_all), UNIT(it_fits),
	UNIT(long_names_are_cut_between_characters), UNIT(one_output_only), UNIT(an_empty_screen),
	UNIT(an_empty_document))
