/* SPDX-License-Identifier: MIT */
/* What was counted, in words. */
#include "explain.h"
#include "run.h"

static const char list[] =
	"{'devices': [{'path': '/dev/dri/card1', 'planes': [{'type': 'overlay', 'formats': "
	"[{'fourccs': ['YUYV']}]}]}, {'path': '/dev/dri/card7', 'planes': "
	"[{'type': 'overlay', 'formats': [{'fourccs': ['XR24', 'NV12']}]}]}]}";

/* Without the lines' ends. */
static char *explain(const char *run, const char *planes) {
	yyjson_mut_doc *doc = json_parse_mut(run), *other = planes ? json_parse_mut(planes) : NULL;
	explain_print(text_begin(), yyjson_mut_doc_get_root(doc), yyjson_mut_doc_get_root(other));
	yyjson_mut_doc_free(doc);
	yyjson_mut_doc_free(other);
	char *text = text_end();
	for (char *at = text; (at = strstr(at, "\n  ")) != NULL;) {
		*at = ' ';
		memmove(at + 1, at + 3, strlen(at + 3) + 1);
	}
	return text;
}

static void a_paragraph_has_it_all(void **state) {
	const char *text = explain(run_text, list);
	ASSERT_HAS(text, "\nfilm (1), pid 11 on V-1: 200 frames were shown. 24 (12.0 %) were on planes, as "
			 "they are: 4 on the primary plane, 20 on overlay planes. 176 (88.0 %) were "
			 "composed: ",
		/* The one with the most frames first, and of those with as many none is lost. */
		"composed: it has changed (settling, 176 frames); no plane for it can show this pixel "
		"format, P010 (format, 170 frames); the kernel does not scale it (scaling, 170 "
		"frames). What would help against settling: ",
		"What would help against format: draw in a format that a plane here has: NV12 XR24. "
		"What would help against scaling: draw in the size",
		": 640x360. ", "it took 10.00 ms in the mean, p50 9.50 ms, p99 20.00 ms.",
		"2.00 ms (20 %) until the client's fence", "5.00 ms (50 %) in latch",
		"1.00 ms (10 %) in the kernel", "2.00 ms (20 %) until the time that it was meant for",
		"3 vblanks were missed: 2 by client (client committed late), 1 by kernel (kernel "
		"flipped late). ",
		"6 updates were never seen: 5 replaced by newer ones, 1 dropped. 2 fences signalled",
		"\npanel (2), pid 12 on WL-1: 100 frames were shown. All of them were on planes, as they "
		"are: 100 on the primary plane. From",
		"No vblank was missed.", "\nsurface (3), pid 13: no frame was shown. 1 update was never",
		"\n2 other surfaces are gone for longer");
	assert_null(strstr(text, "YUYV"));
	assert_null(strstr(text, "window"));
}

static void it_says_what_is_not_known(void **state) {
	/* Without a list. */
	ASSERT_HAS(explain(run_text, NULL), "draw in a format that a plane here has. ");
	ASSERT_HAS(explain("{'outputs': [], 'surfaces': []}", NULL), "No surface was shown.\n");
	ASSERT_HAS(explain("{'outputs': [], 'surfaces': [{'id': 1, 'label': 'x', 'frames': 1, "
			   "'on_plane': 0, 'composed': 1, 'reasons': [{'name': 'no-kms', 'text': 'it "
			   "has no planes', 'frames': 1}]}]}",
			   NULL),
		"1 frame was shown. None of them was on a plane. 1 (100.0 %) was composed: it has no "
		"planes (no-kms, 1 frame). What would help against no-kms: run latch on a TTY, not in a window. latch "
		"ran in a window: what the planes of a display would have taken is not known. No");
}

static void nodes_of_devices(void **state) {
	char text[32] = "";
	yyjson_mut_doc *doc = json_parse_mut(run_text);
	assert_true(explain_node(yyjson_mut_doc_ptr_get(doc, "/outputs/0"), text, sizeof(text)));
	assert_string_equal(text, "/dev/dri/card7");
	assert_false(explain_node(yyjson_mut_doc_ptr_get(doc, "/outputs/1"), text, sizeof(text)));
	yyjson_mut_doc_free(doc);
}

TEST_MAIN("explain", UNIT(a_paragraph_has_it_all), UNIT(it_says_what_is_not_known),
	UNIT(nodes_of_devices))
