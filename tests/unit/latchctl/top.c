/* What 'latchctl top' makes of two answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "span.h"
#include "top_table.h"

#define S INT64_C(1000000000)

struct fixture {
	struct counted before, after;
	struct span span;
};

static struct counted_surface *add_surface(
	struct counted *counted, uint32_t id, const char *label, uint32_t frames) {
	struct counted_surface *surface = counted_add_surface(counted);
	assert_non_null(surface);
	surface->id = id;
	surface->pid = 99;
	surface->label = strdup(label);
	surface->frames = frames;
	return surface;
}

static void add_cause(
	struct counted_surface *surface, const char *name, const char *text, uint32_t vblanks) {
	*counted_add_cause(surface) = (struct counted_cause){
		.name = strdup(name), .text = strdup(text), .vblanks = vblanks};
}

static void add_place(
	struct counted_surface *surface, const char *output, uint32_t place, const char *reasons) {
	const bool on_plane = place == ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE;
	*counted_add_place(surface) = (struct counted_place){
		.output = strdup(output),
		.place = place,
		.plane = on_plane ? 42 : 0,
		.plane_type = ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY,
		.reasons = strdup(reasons),
	};
}

static void add_bins(struct counted_surface *surface, const struct counted_bin *bins, size_t len) {
	assert_true(counted_add_bins(
		&surface->stages[ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_COMMIT_TO_FLIP], bins, len));
}

static void add_output(struct counted *counted, const char *name, uint32_t flips, uint32_t late) {
	*counted_add_output(counted) = (struct counted_output){
		.name = strdup(name), .flips = flips, .late = late, .wakeups = flips + 2};
}

static int setup(void **state) {
	struct fixture *f = calloc(1, sizeof(*f));
	f->before.time_ns = 10 * S;
	f->after.time_ns = 12 * S;
	add_output(&f->before, "Virtual-1", UINT32_MAX - 9, 1);
	add_output(&f->after, "Virtual-1", 110, 5);
	add_output(&f->after, "Virtual-2", 30, 0);

	struct counted_surface *surface = add_surface(&f->before, 3, "player", UINT32_MAX - 19);
	add_cause(surface, "fence", "fence signalled late", UINT32_MAX);
	add_bins(surface, (struct counted_bin[]){{10000, 50}, {20000, 7}}, 2);
	surface = add_surface(&f->after, 3, "player", 100);
	surface->on_plane = 4;
	add_cause(surface, "moon", "the moon was full", 1);
	add_cause(surface, "fence", "fence signalled late", 2);
	add_bins(surface, (struct counted_bin[]){{9000, 1}, {10000, 148}, {20000, 7}, {40000, 1}},
		4);
	add_place(surface, "Virtual-1", ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE, "");
	surface = add_surface(&f->after, 4, "übergröße", 10);
	add_place(surface, "Virtual-2", ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COMPOSED,
		"format,z-order");
	add_surface(&f->after, 5, "", 0);
	f->span = span_between(&f->before, &f->after);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	counted_finish(&f->before);
	counted_finish(&f->after);
	free(f);
	return 0;
}

static void differences(void **state) {
	struct fixture *f = *state;
	assert_true(f->span.seconds == 2);
	struct span_output output = span_output(&f->span, 0);
	assert_int_equal(output.flips, 120); /* over the counter's end */
	assert_int_equal(output.late, 4);
	assert_int_equal(span_output(&f->span, 1).flips, 30);
	struct span_surface surface = span_surface(&f->span, 0);
	assert_int_equal(surface.frames, 120);
	assert_int_equal(surface.missed, 1 + 3);
	assert_int_equal(span_missed(&surface, 1), 3);
	surface = span_surface(&f->span, 1);
	assert_null(surface.before);
	assert_int_equal(surface.frames, 10);
}

static void percentiles(void **state) {
	struct fixture *f = *state;
	/* In the span: one up to 9, 98 up to 10, none up to 20, one up to 40 ms. */
	struct span_surface surface = span_surface(&f->span, 0);
	const unsigned stage = ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_COMMIT_TO_FLIP;
	assert_int_equal(span_percentile(&surface, stage, 0.5), 9000);
	assert_int_equal(span_percentile(&surface, stage, 1), 9000);
	assert_int_equal(span_percentile(&surface, stage, 1.5), 10000);
	assert_int_equal(span_percentile(&surface, stage, 99), 10000);
	assert_int_equal(span_percentile(&surface, stage, 99.5), 40000);
	assert_int_equal(span_percentile(&surface, stage, 100), 40000);
	assert_int_equal(span_percentile(&surface, 0, 50), -1);
}

static char *print(const struct fixture *f, const char *only, int width, int height) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	top_table_print(file, &f->span, only, width, height, "\n");
	fclose(file);
	return text;
}

static void table(void **state) {
	struct fixture *f = *state;
	char *text = print(f, NULL, 120, 0);
	static const char *const words[] = {
		"Virtual-1                     120       4      120\n",
		"3 player                     60.0   10.00   10.00   10.00      4  overlay 42\n",
		"    missed 1: the moon was full\n",
		"    missed 3: fence signalled late\n",
		"4 übergröße                   5.0       -       -       -      0  composed: form",
		"  composed: format,z-order\n",
		"5 surface                     0.0       -       -       -      0  hidden\n",
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(text, words[i]) == NULL) {
			fail_msg("'%s' is not in\n%s", words[i], text);
		}
	}
	free(text);
	/* A long name is cut by characters. */
	free(f->after.surfaces[2].label);
	f->after.surfaces[2].label = strdup("üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü");
	text = print(f, NULL, 120, 0);
	assert_non_null(strstr(text, "5 üüüüüüüüüüüüüüüüüüüüüüüü    0.0 "));
	free(text);
	text = print(f, "Virtual-2", 120, 0);
	assert_null(strstr(text, "player"));
	assert_null(strstr(text, "Virtual-1"));
	assert_non_null(strstr(text, "4 übergröße"));
	free(text);
}

/* In characters, as the terminal counts them. */
static void table_fits(void **state) {
	struct fixture *f = *state;
	for (int width = 1; width < 90; width++) {
		for (int height = 1; height < 12; height++) {
			char *text = print(f, NULL, width, height);
			int lines = 0, columns = 0;
			for (const char *at = text; *at != '\0'; at++) {
				columns += ((unsigned char)*at & 0xc0) != 0x80;
				if (*at == '\n') {
					assert_true(columns - 1 <= width);
					columns = 0;
					lines++;
				}
			}
			assert_true(lines <= height);
			free(text);
		}
	}
}

static void json(void **state) {
	struct fixture *f = *state;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_true(top_json_print(file, &f->span, NULL));
	fclose(file);
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	yyjson_doc *doc = yyjson_read(text, size, 0);
	assert_non_null(doc);
	assert_int_equal(yyjson_arr_size(yyjson_doc_ptr_get(doc, "/surfaces")), 3);
	assert_int_equal(yyjson_get_int(yyjson_doc_ptr_get(doc, "/outputs/0/flips")), 120);
	assert_true(yyjson_get_real(yyjson_doc_ptr_get(doc, "/surfaces/0/fps")) == 60);
	assert_int_equal(
		yyjson_get_int(yyjson_doc_ptr_get(doc, "/surfaces/0/missed_by_cause/moon")), 1);
	assert_int_equal(
		yyjson_get_int(yyjson_doc_ptr_get(doc, "/surfaces/0/stages/commit_to_flip/max_us")),
		40000);
	assert_true(yyjson_is_null(
		yyjson_doc_ptr_get(doc, "/surfaces/0/stages/submit_to_flip/p50_us")));
	assert_int_equal(yyjson_get_int(yyjson_doc_ptr_get(doc, "/surfaces/0/places/0/plane")), 42);
	assert_string_equal(
		yyjson_get_str(yyjson_doc_ptr_get(doc, "/surfaces/1/places/0/reasons/1")),
		"z-order");
	yyjson_doc_free(doc);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(differences, setup, teardown),
		cmocka_unit_test_setup_teardown(percentiles, setup, teardown),
		cmocka_unit_test_setup_teardown(table, setup, teardown),
		cmocka_unit_test_setup_teardown(table_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(json, setup, teardown),
	};
	return cmocka_run_group_tests_name("latchctl top", tests, NULL, NULL);
}
