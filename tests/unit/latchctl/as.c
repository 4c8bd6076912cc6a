/* SPDX-License-Identifier: MIT */
/* Where layers would be on other devices. */
#include "as.h"
#include "document.h"
#include "../text.h"
#include "example.h"

static const char source[] =
	"{'outputs': [{'name': 'X', 'mode': {'width': 1920, 'height': 1080}, 'layers': ["
	" {'kind': 'cursor', 'buffer': {'dmabuf': false, 'width': 24, 'height': 24},"
	"  'src': {'width': 24, 'height': 24}, 'dst': {'x': 5, 'width': 24, 'height': 24},"
	"  'alpha': 1, 'opaque': false, 'place': 'composed', 'reasons': [{'name': 'no-dmabuf'}]},"
	" {'kind': 'surface', 'surface': 7, 'title': 'film', 'transform': 'normal',"
	"  'buffer': {'dmabuf': true, 'width': 640, 'height': 480, 'format': 'NV12',"
	"   'modifier_number': '0x0000000000000000'},"
	"  'src': {'x': 2, 'y': 2, 'width': 638, 'height': 478},"
	"  'dst': {'x': 10, 'y': 20, 'width': 1276, 'height': 956},"
	"  'alpha': 1, 'opaque': true, 'color_encoding': 'bt709', 'color_range': 'limited',"
	"  'blend_mode': 'premultiplied', 'place': 'composed', 'reasons': [{'name': 'scaling'}]},"
	" {'kind': 'surface', 'surface': 8, 'app_id': 'glass', 'transform': 'flipped-90',"
	"  'buffer': {'dmabuf': true, 'width': 100, 'height': 100, 'format': 'AR24',"
	"   'modifier_number': '0x0100000000000001'},"
	"  'src': {'width': 100, 'height': 100},"
	"  'dst': {'x': 1500, 'y': 20, 'width': 100, 'height': 100}, 'alpha': 0.5,"
	"  'opaque': false, 'blend_mode': 'coverage', 'place': 'composed', 'reasons': [],"
	"  'opaque_boxes': [{'x': 1, 'y': 2, 'width': 3, 'height': 4}]}]}]}";

static int setup(void **state) {
	example = json_parse_mut(source);
	return 0;
}

static int teardown(void **state) {
	return example_end(state);
}

static void a_layer_is_read_back(void **state) {
	const struct latch_layer film = as_read_layer(example_at("/outputs/0/layers/1"));
	assert_int_equal(film.id, 7);
	assert_true(film.is_dmabuf && film.opaque && film.modifier == 0 && film.unreadable == 0);
	assert_int_equal(film.color_encoding, KMS_COLOR_ENCODING_BT709);
	assert_int_equal(film.color_range, KMS_COLOR_RANGE_LIMITED);
	assert_true(film.src.x == 2 && film.src.height == 478);
	assert_true(film.dst.y == 20 && film.dst.width == 1276);
	assert_int_equal(film.alpha, 0xffff);
	const struct latch_layer glass = as_read_layer(example_at("/outputs/0/layers/2"));
	assert_false(glass.opaque);
	assert_int_equal(glass.transform, 5);
	assert_int_equal(glass.alpha, 0x8000);
	assert_int_equal(glass.blend_mode, KMS_BLEND_COVERAGE);
	assert_true(glass.modifier == 0x0100000000000001 && glass.opaque_boxes_len == 1);
	assert_int_equal(glass.opaque_boxes[0].height, 4);
	assert_int_equal(as_read_layer(example_at("/outputs/0/layers/0")).unreadable,
		LATCH_REASON_NO_DMABUF);
}

static void places_by_profile(void **state) {
	assert_true(as_add(example, "i915,virtio_gpu"));
	/* The cursor has its plane, the film a scaler; quarter turns want another tiling. */
	assert_true(has_text(example_at("/outputs/0/layers/0/as/i915"), "/plane_type", "cursor"));
	assert_true(has_text(example_at("/outputs/0/layers/1/as/i915"), "/place", "plane"));
	yyjson_mut_val *virtio = example_at("/outputs/0/layers/1/as/virtio_gpu");
	assert_true(has_text(virtio, "/place", "composed"));
	assert_true(has_text(virtio, "/reasons/0", "format"));
	as_print(text_begin(), yyjson_mut_doc_get_root(example));
	ASSERT_HAS(text_end(), "X: 1920x1080\n  LAYER", "2 film", "composed: scaling", "overlay ");
}

static void a_profile_that_is_not_there(void **state) {
	assert_false(as_add(example, "i915,nobody"));
}

TEST_MAIN("as", TEST(a_layer_is_read_back), TEST(places_by_profile),
	TEST(a_profile_that_is_not_there))
