/* The keys of the JSON are an interface: they stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "example.h"
#include "json.h"

static yyjson_doc *read_json(const struct model *model, const struct model_output *only) {
	char *text = json_write(model, only);
	assert_non_null(text);
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
	return doc;
}

static yyjson_val *get(yyjson_doc *doc, const char *pointer) {
	yyjson_val *value = yyjson_doc_ptr_get(doc, pointer);
	if (value == NULL) {
		fail_msg("no %s", pointer);
	}
	return value;
}

static void assert_text(yyjson_doc *doc, const char *pointer, const char *wanted) {
	assert_true(yyjson_is_str(get(doc, pointer)));
	assert_string_equal(yyjson_get_str(get(doc, pointer)), wanted);
}

static void assert_number(yyjson_doc *doc, const char *pointer, double wanted) {
	assert_true(yyjson_is_num(get(doc, pointer)));
	assert_true(yyjson_get_num(get(doc, pointer)) == wanted);
}

static void assert_is(yyjson_doc *doc, const char *pointer, bool wanted) {
	assert_true(yyjson_is_bool(get(doc, pointer)));
	assert_int_equal(yyjson_get_bool(get(doc, pointer)), wanted);
}

static void assert_nothing(yyjson_doc *doc, const char *pointer) {
	assert_true(yyjson_is_null(get(doc, pointer)));
}

static void outputs(void **state) {
	struct model model = example_model();
	yyjson_doc *doc = read_json(&model, NULL);
	assert_number(doc, "/version", 1);
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs")), 2);
	assert_text(doc, "/outputs/0/name", "Virtual-1");
	assert_text(doc, "/outputs/0/description", "a screen");
	assert_text(doc, "/outputs/0/device/node", "/dev/dri/card0");
	assert_text(doc, "/outputs/0/device/driver", "vkms");
	assert_text(doc, "/outputs/0/device/clock", "simulated");
	assert_number(doc, "/outputs/0/mode/width", 1000);
	assert_number(doc, "/outputs/0/mode/height", 500);
	assert_number(doc, "/outputs/0/mode/refresh_mhz", 60004);
	assert_number(doc, "/outputs/0/scale", 1.5);
	assert_text(doc, "/outputs/0/transform", "normal");
	assert_text(doc, "/outputs/0/plan/rung", "mixed");
	assert_is(doc, "/outputs/0/plan/composed", true);
	assert_number(doc, "/outputs/0/plan/visible", 3);
	assert_number(doc, "/outputs/0/plan/on_planes", 1);
	assert_number(doc, "/outputs/0/plan/tests", 4);
	assert_nothing(doc, "/outputs/1/device");
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs/1/planes")), 0);
	yyjson_doc_free(doc);
	model_finish(&model);
}

static void planes(void **state) {
	struct model model = example_model();
	yyjson_doc *doc = read_json(&model, NULL);
	assert_number(doc, "/outputs/0/planes/1/id", 33);
	assert_text(doc, "/outputs/0/planes/1/type", "overlay");
	assert_text(doc, "/outputs/0/planes/1/use", "layer");
	assert_nothing(doc, "/outputs/0/planes/1/output");
	assert_number(doc, "/outputs/0/planes/1/surface", 11);
	assert_number(doc, "/outputs/0/planes/1/zpos/min", 1);
	assert_number(doc, "/outputs/0/planes/1/zpos/max", 9);
	assert_is(doc, "/outputs/0/planes/1/zpos/immutable", false);
	assert_is(doc, "/outputs/0/planes/1/alpha", true);
	assert_is(doc, "/outputs/0/planes/1/tells_modifiers", false);
	assert_text(doc, "/outputs/0/planes/1/rotations/0", "rotate-0");
	assert_text(doc, "/outputs/0/planes/1/rotations/1", "rotate-180");
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs/0/planes/1/rotations")), 2);
	assert_text(doc, "/outputs/0/planes/1/blend_modes/0", "premultiplied");
	assert_text(doc, "/outputs/0/planes/1/color_encodings/0", "bt709");
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs/0/planes/1/color_ranges")), 0);
	assert_text(doc, "/outputs/0/planes/1/formats/0/format", "XR24");
	assert_text(doc, "/outputs/0/planes/1/formats/0/modifiers/0", "LINEAR");
	assert_int_equal(
		yyjson_arr_size(get(doc, "/outputs/0/planes/1/formats/0/modifiers")), 2);
	assert_nothing(doc, "/outputs/0/planes/0/zpos");
	assert_nothing(doc, "/outputs/0/planes/0/surface");
	assert_text(doc, "/outputs/0/planes/0/use", "composed");
	assert_text(doc, "/outputs/0/planes/3/use", "other-output");
	assert_text(doc, "/outputs/0/planes/3/output", "Virtual-2");
	yyjson_doc_free(doc);
	model_finish(&model);
}

static void layers(void **state) {
	struct model model = example_model();
	yyjson_doc *doc = read_json(&model, NULL);
	assert_text(doc, "/outputs/0/layers/0/kind", "surface");
	assert_number(doc, "/outputs/0/layers/0/surface", 11);
	assert_number(doc, "/outputs/0/layers/0/pid", 1011);
	assert_text(doc, "/outputs/0/layers/0/app_id", "org.example.Player");
	assert_text(doc, "/outputs/0/layers/0/title", "a film");
	assert_is(doc, "/outputs/0/layers/0/buffer/dmabuf", true);
	assert_number(doc, "/outputs/0/layers/0/buffer/width", 500);
	assert_text(doc, "/outputs/0/layers/0/buffer/format", "XR24");
	assert_text(doc, "/outputs/0/layers/0/buffer/modifier_number", "0x0100000000000001");
	get(doc, "/outputs/0/layers/0/buffer/modifier");
	assert_number(doc, "/outputs/0/layers/0/src/width", 500);
	assert_number(doc, "/outputs/0/layers/0/dst/x", 500);
	assert_number(doc, "/outputs/0/layers/0/dst/height", 500);
	assert_text(doc, "/outputs/0/layers/0/transform", "normal");
	assert_number(doc, "/outputs/0/layers/0/alpha", 1);
	assert_is(doc, "/outputs/0/layers/0/opaque", true);
	assert_text(doc, "/outputs/0/layers/0/place", "plane");
	assert_number(doc, "/outputs/0/layers/0/plane", 33);
	assert_text(doc, "/outputs/0/layers/0/plane_type", "overlay");
	assert_number(doc, "/outputs/0/layers/0/zpos", 5);
	assert_is(doc, "/outputs/0/layers/0/underlay", false);
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs/0/layers/0/reasons")), 0);
	assert_nothing(doc, "/outputs/0/layers/0/test_errno");
	assert_nothing(doc, "/outputs/0/layers/0/held");

	assert_nothing(doc, "/outputs/0/layers/1/buffer/modifier");
	assert_text(doc, "/outputs/0/layers/1/place", "composed");
	assert_nothing(doc, "/outputs/0/layers/1/plane");
	assert_nothing(doc, "/outputs/0/layers/1/plane_type");
	assert_nothing(doc, "/outputs/0/layers/1/zpos");
	assert_text(doc, "/outputs/0/layers/1/reasons/0/name", "no-dmabuf");
	assert_text(doc, "/outputs/0/layers/1/held/by", "fence");
	assert_text(doc, "/outputs/0/layers/1/held/text", "driver vgem, timeline unbound");
	assert_number(doc, "/outputs/0/layers/1/held/age_ms", 1500);
	assert_number(doc, "/outputs/0/layers/1/held/updates", 2);
	assert_text(doc, "/outputs/0/layers/1/reasons/0/text", "the buffer lives in shared memory");
	assert_true(yyjson_is_str(get(doc, "/outputs/0/layers/1/reasons/0/help")));
	assert_text(doc, "/outputs/0/layers/2/place", "covered");
	assert_nothing(doc, "/outputs/0/layers/2/reasons/0/help");
	assert_nothing(doc, "/outputs/0/layers/3/pid");
	assert_number(doc, "/outputs/0/layers/3/test_errno", 22);
	yyjson_doc_free(doc);
	model_finish(&model);
}

static void one_output(void **state) {
	struct model model = example_model();
	yyjson_doc *doc = read_json(&model, &model.outputs[EXAMPLE_WINDOW]);
	assert_int_equal(yyjson_arr_size(get(doc, "/outputs")), 1);
	assert_text(doc, "/outputs/0/name", "WL-1");
	yyjson_doc_free(doc);
	model_finish(&model);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs),
		cmocka_unit_test(planes),
		cmocka_unit_test(layers),
		cmocka_unit_test(one_output),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
