/* A snapshot's own arrays and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "inspect/snapshot.h"

static void elements_are_added_zeroed(void **state) {
	struct latch_snapshot snapshot = {0};
	for (int i = 0; i < 5; i++) {
		struct latch_snapshot_output *output = latch_snapshot_add_output(&snapshot);
		assert_non_null(output);
		assert_null(output->planes);
		output->width = i;
		for (int j = 0; j < 3; j++) {
			struct latch_snapshot_plane *plane = latch_snapshot_add_plane(output);
			assert_non_null(plane);
			assert_int_equal(plane->id, 0);
			plane->id = (uint32_t)(10 * i + j);
			struct latch_snapshot_layer *layer = latch_snapshot_add_layer(output);
			assert_non_null(layer);
			assert_int_equal(layer->reasons_len, 0);
		}
	}
	assert_int_equal(snapshot.outputs_len, 5);
	assert_int_equal(snapshot.outputs[3].width, 3);
	assert_int_equal(snapshot.outputs[3].planes_len, 3);
	assert_int_equal(snapshot.outputs[3].planes[2].id, 32);
	assert_int_equal(snapshot.outputs[3].layers_len, 3);
	latch_snapshot_finish(&snapshot);
	assert_int_equal(snapshot.outputs_len, 0);
}

static void reasons_have_an_end(void **state) {
	struct latch_snapshot_layer layer = {0};
	for (int i = 0; i < 2 * LATCH_SNAPSHOT_MAX_REASONS; i++) {
		latch_snapshot_add_reason(&layer, "name", "text");
	}
	assert_int_equal(layer.reasons_len, LATCH_SNAPSHOT_MAX_REASONS);
}

static void long_texts_are_cut_between_characters(void **state) {
	char text[LATCH_SNAPSHOT_TEXT], source[2 * LATCH_SNAPSHOT_TEXT];
	latch_snapshot_set_text(text, NULL);
	assert_string_equal(text, "");
	latch_snapshot_set_text(text, "foot");
	assert_string_equal(text, "foot");

	memset(source, 'a', sizeof(source) - 1);
	source[sizeof(source) - 1] = '\0';
	latch_snapshot_set_text(text, source);
	assert_int_equal(strlen(text), LATCH_SNAPSHOT_TEXT - 1);

	/* Three bytes of which one would fit. */
	memcpy(source + LATCH_SNAPSHOT_TEXT - 2, "\xe2\x82\xac", 3);
	latch_snapshot_set_text(text, source);
	assert_int_equal(strlen(text), LATCH_SNAPSHOT_TEXT - 2);
	/* One that fits exactly. */
	memset(source, 'a', sizeof(source) - 1);
	memcpy(source + LATCH_SNAPSHOT_TEXT - 4, "\xe2\x82\xac", 3);
	latch_snapshot_set_text(text, source);
	assert_int_equal(strlen(text), LATCH_SNAPSHOT_TEXT - 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_added_zeroed),
		cmocka_unit_test(reasons_have_an_end),
		cmocka_unit_test(long_texts_are_cut_between_characters),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
