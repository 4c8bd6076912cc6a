/* SPDX-License-Identifier: MIT */
/* The inspector's documents, by the structs that they tell of. Their keys are an interface. What
 * latchctl makes of them is looked at too. */
#include <drm_fourcc.h>
#include <drm_mode.h>

#include "../text.h"
#include "../trace/frame.h"
#include "base/id_map.h"
#include "document.h"
#include "inspect/documents.h"
#include "kms/plane.h"
#include "plan/layer.h"
#include "show.h"
#include "span.h"
#include "sync/held.h"
#include "trace/statistics.h"

static int setup(void **state) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_doc_set_root(doc, yyjson_mut_obj(doc));
	*state = doc;
	return 0;
}

static int teardown(void **state) {
	yyjson_mut_doc_free(*state);
	return 0;
}

static yyjson_mut_val *add_array(yyjson_mut_doc *doc, const char *key) {
	return yyjson_mut_obj_add_arr(doc, yyjson_mut_doc_get_root(doc), key);
}

/* What is there, as JSON that has ' in the place of each ". */
static void assert_told(yyjson_mut_val *value, const char *path, const char *wanted) {
	yyjson_doc *doc = yyjson_mut_val_imut_copy(value, NULL);
	ASSERT_JSON(yyjson_doc_get_root(doc), {path, wanted});
	yyjson_doc_free(doc);
}

static void texts_are_cleaned_and_cut(void **state) {
	yyjson_mut_doc *doc = *state;
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	char longest[4000];
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	latch_inspect_add_text(doc, root, "title", "a\033[2Jb\xff ü");
	latch_inspect_add_text(doc, root, "longest", longest);
	latch_inspect_add_text(doc, root, "none", NULL);
	assert_string_equal(get_text(root, "/title"), "a?[2Jb? ü");
	assert_int_equal(strlen(get_text(root, "/longest")), 255);
	assert_told(root, "/none", "null");
}

static void planes(void **state) {
	yyjson_mut_doc *doc = *state;
	struct kms_plane plane = {
		.id = 34,
		.type = KMS_PLANE_OVERLAY,
		.has_in_formats = true,
		.props =
			{
				.zpos = {.id = 1, .min = 1, .max = 254},
				.alpha = {.id = 2},
				.rotation = {.id = 3,
					.mask = DRM_MODE_ROTATE_0 | DRM_MODE_ROTATE_180 |
						DRM_MODE_REFLECT_Y},
				.blend_mode = {.id = 4,
					.mask = 1u << KMS_BLEND_PREMULTIPLIED |
						1u << KMS_BLEND_NONE},
				.color_encoding = {.id = 5,
					.mask = 1u << KMS_COLOR_ENCODING_ANY |
						1u << KMS_COLOR_ENCODING_BT709},
				.color_range.mask = 1u << KMS_COLOR_RANGE_ANY,
			},
	};
	static const struct {
		uint32_t fourcc;
		uint64_t modifier;
	} pairs[] = {
		{DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR},
		{DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED},
		{DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR},
		{DRM_FORMAT_ARGB8888, I915_FORMAT_MOD_X_TILED},
		{DRM_FORMAT_NV12, DRM_FORMAT_MOD_INVALID},
		{DRM_FORMAT_NV12, UINT64_C(0xfe00000000000001)},
	};
	for (size_t i = 0; i < LEN(pairs); i++) {
		assert_int_equal(
			kms_format_set_add(&plane.formats, pairs[i].fourcc, pairs[i].modifier), 0);
	}
	yyjson_mut_val *told = latch_inspect_add_plane(doc, add_array(doc, "planes"), &plane);
	assert_told(told, "",
		"{'id':34,'tells_modifiers':true,'type':'overlay','formats':[{'fourccs':['XR24',"
		"'AR24'],'modifiers':{'LINEAR':'0x0000000000000000','INTEL_X_TILED':"
		"'0x0100000000000001'}},{'fourccs':['NV12'],'modifiers':{'implicit':"
		"'0x00ffffffffffffff','0xfe00000000000001':'0xfe00000000000001'}}],"
		"'properties':{'zpos':[1,254],'alpha':true,'pixel blend mode':['Pre-multiplied','None'],"
		"'rotation':['rotate-0','rotate-180','reflect-y'],'COLOR_ENCODING':"
		"['ITU-R BT.709 YCbCr']}}");

	plane.props.zpos = (struct kms_property){.id = 1, .immutable = true, .value = 3};
	plane.props.alpha.id = 0;
	told = latch_inspect_add_plane(doc, add_array(doc, "immutable"), &plane);
	assert_told(told, "/properties/zpos", "3");
	plane.props.zpos.id = 0;
	told = latch_inspect_add_plane(doc, add_array(doc, "without"), &plane);
	assert_told(told, "/properties/pixel blend mode/1", "'None'");
	assert_null(yyjson_mut_ptr_get(told, "/properties/zpos"));
	assert_null(yyjson_mut_ptr_get(told, "/properties/alpha"));
	kms_format_set_finish(&plane.formats);
}

static void a_layer_on_a_plane(void **state) {
	yyjson_mut_doc *doc = *state;
	const struct kms_plane plane = {.id = 34, .type = KMS_PLANE_OVERLAY};
	const struct latch_layer layer = {
		.id = 7,
		.is_dmabuf = true,
		.buffer_width = 1920,
		.buffer_height = 1080,
		.fourcc = DRM_FORMAT_NV12,
		.modifier = I915_FORMAT_MOD_X_TILED,
		.src = {.x = 0.5, .y = 1.25, .width = 1919, .height = 1078.5},
		.dst = {.x = -10, .y = 20, .width = 960, .height = 540},
		.transform = WL_OUTPUT_TRANSFORM_FLIPPED_90,
		.alpha = 0xffff,
		.opaque = true,
		.opaque_boxes = {{-9, 20, 5, 6}},
		.opaque_boxes_len = 1,
		.color_encoding = KMS_COLOR_ENCODING_BT709,
		.place = LATCH_LAYER_ON_PLANE,
		.plane = &plane,
		.zpos = 3,
		.underlay = true,
	};
	yyjson_mut_val *told = latch_inspect_add_layer(doc, add_array(doc, "layers"), &layer);
	assert_told(told, "",
		"{'kind':'surface','surface':7,'buffer':{'dmabuf':true,'width':1920,"
		"'height':1080,'format':'NV12','modifier':'INTEL_X_TILED',"
		"'modifier_number':'0x0100000000000001'},"
		"'src':{'x':0.5,'y':1.25,'width':1919.0,'height':1078.5},"
		"'dst':{'x':-10,'y':20,'width':960,'height':540},'transform':'flipped-90',"
		"'alpha':1.0,'blend_mode':'premultiplied','color_encoding':'bt709',"
		"'color_range':null,'opaque':true,"
		"'opaque_boxes':[{'x':-9,'y':20,'width':5,'height':6}],"
		"'place':'plane','plane':34,'plane_type':'overlay',"
		"'zpos':3,'underlay':true,'reasons':[],'test_errno':null}");
}

static void a_layer_on_no_plane(void **state) {
	yyjson_mut_doc *doc = *state;
	const struct latch_layer layer = {
		.place = LATCH_LAYER_COMPOSED,
		.zpos = -1,
		.reasons = LATCH_REASON_NO_DMABUF | LATCH_REASON_TEST_REFUSED,
		.test_errno = EINVAL,
	};
	yyjson_mut_val *told = latch_inspect_add_layer(doc, add_array(doc, "layers"), &layer);
	assert_told(told, "/reasons/0/name", "'no-dmabuf'");
	assert_told(told, "/reasons/1/name", "'test-refused'");
	assert_true(strlen(get_text(told, "/reasons/0/text")) > 0);
	yyjson_mut_arr_clear(yyjson_mut_obj_get(told, "reasons"));
	assert_told(told, "",
		"{'kind':'cursor','surface':null,'buffer':{'dmabuf':false,'width':0,'height':0,"
		"'format':null,'modifier':null,'modifier_number':null},"
		"'src':{'x':0.0,'y':0.0,'width':0.0,'height':0.0},"
		"'dst':{'x':0,'y':0,'width':0,'height':0},'transform':'normal','alpha':0.0,"
		"'blend_mode':'premultiplied','color_encoding':null,"
		"'color_range':null,'opaque':false,'opaque_boxes':[],'place':'composed','plane':null,'plane_type':null,'zpos':null,"
		"'underlay':false,'reasons':[],'test_errno':22}");

	/* All reasons at once: none is lost. */
	const struct latch_layer covered = {
		.place = LATCH_LAYER_COVERED, .reasons = (UINT64_C(1) << LATCH_REASON_COUNT) - 1};
	told = latch_inspect_add_layer(doc, add_array(doc, "covered"), &covered);
	assert_int_equal(
		yyjson_mut_arr_size(yyjson_mut_obj_get(told, "reasons")), LATCH_REASON_COUNT);
	assert_told(told, "/place", "'covered'");
}

static void held_updates(void **state) {
	yyjson_mut_doc *doc = *state;
	yyjson_mut_val *array = add_array(doc, "held");
	latch_inspect_add_held(doc, array, 7, 13,
		&(struct latch_held){
			.update_id = 5,
			.kind = LATCH_SYNC_IMPLICIT,
			.by = LATCH_HELD_BY_FENCE,
			.age_ns = INT64_C(12345678901),
			.fences = 2,
			.fence = {.driver_name = "amd\033gpu", .timeline_name = "gfx_0.0.0"},
		});
	latch_inspect_add_held(doc, array, 8, 3,
		&(struct latch_held){
			.update_id = 6,
			.kind = LATCH_SYNC_SYNCOBJ,
			.by = LATCH_HELD_BY_POINT,
			.age_ns = MS,
			.fences = 1,
			.point = UINT64_C(0x123456789a),
		});
	latch_inspect_add_held(
		doc, array, 0, 0, &(struct latch_held){.by = LATCH_HELD_BY_UPDATE, .age_ns = -1});
	assert_told(array, "",
		"[{'surface':7,'wl_surface':13,'pid':null,'command':'','app_id':'',"
		"'held_by':'fence','kind':'implicit','age_ns':12345678901,'fences':2,"
		"'driver':'amd?gpu','timeline':'gfx_0.0.0','point':null},"
		"{'surface':8,'wl_surface':3,'pid':null,'command':'','app_id':'',"
		"'held_by':'point','kind':'syncobj','age_ns':1000000,'fences':1,"
		"'driver':null,'timeline':null,'point':78187493530},"
		"{'surface':0,'wl_surface':0,'pid':null,'command':'','app_id':'',"
		"'held_by':'update','kind':'none','age_ns':0,'fences':0,"
		"'driver':null,'timeline':null,'point':null}]");

	yyjson_mut_val *first = yyjson_mut_arr_get_first(array);
	yyjson_mut_set_int(yyjson_mut_obj_get(first, "pid"), 4711);
	yyjson_mut_set_str(yyjson_mut_obj_get(first, "command"), "vkcube");
	yyjson_mut_set_str(yyjson_mut_obj_get(first, "app_id"), "org.vkcube");
	FILE *file = text_begin();
	held_print(file, yyjson_mut_doc_get_root(doc));
	yyjson_mut_arr_clear(array);
	held_print(file, yyjson_mut_doc_get_root(doc));
	assert_string_equal(text_end(),
		"vkcube (pid 4711, app id \"org.vkcube\"): surface 7 (wl_surface#13) for "
		"12.346 s, by a fence (implicit) of driver \"amd?gpu\", timeline \"gfx_0.0.0\"\n"
		"a client: surface 8 (wl_surface#3) for 0.001 s, by point 78187493530 of its "
		"timeline, without a fence yet\n"
		"a client: surface 0 (wl_surface#0) for 0.000 s, by the update before it, or a "
		"subsurface's\n"
		"no update is held\n");
}

/* Of all updates of a surface, the first that waits for something of its own. */
static void layers_tell_what_holds_them(void **state) {
	static const struct {
		uint32_t surface;
		enum latch_held_by by;
		int64_t age_ns;
	} updates[] = {
		{1, LATCH_HELD_BY_UPDATE, 40 * MS},
		{1, LATCH_HELD_BY_TIME, 12999999},
		{1, LATCH_HELD_BY_FENCE, MS},
		{2, LATCH_HELD_BY_FENCE, 3 * MS},
		{2, LATCH_HELD_BY_UPDATE, 2 * MS},
		{3, LATCH_HELD_BY_POINT, 3 * MS},
		{4, LATCH_HELD_BY_UPDATE, 3 * MS},
		{4, LATCH_HELD_BY_UPDATE, 2 * MS},
	};
	static const char *const told[] = {
		"{'by':'timestamp','text':'7 ms to go','age_ms':12,'updates':3}",
		"{'by':'fence','text':'driver vgem, timeline unbound','age_ms':3,'updates':2}",
		"{'by':'point','text':'point 78187493530','age_ms':3,'updates':1}",
		"{'by':'update','text':'','age_ms':3,'updates':2}",
	};
	struct latch_id_map sums = {0};
	for (size_t i = 0; i < LEN(updates); i++) {
		latch_inspect_sum_held(*state, &sums, updates[i].surface,
			&(struct latch_held){
				.by = updates[i].by,
				.age_ns = updates[i].age_ns,
				.fence = {.driver_name = "vgem", .timeline_name = "unbound"},
				.point = UINT64_C(0x123456789a),
				.target_ns = 20 * MS - 1,
			},
			12 * MS);
	}
	for (uint32_t i = 0; i < 4; i++) {
		assert_told(latch_id_map_get(&sums, i + 1), "", told[i]);
	}
	assert_null(latch_id_map_get(&sums, 5));
	latch_id_map_finish(&sums);
}

/* Update n takes 5 ms and n us to its flip, and every third misses a vblank through its fence. */
static void add_frame(struct latch_statistics *statistics, uint64_t n) {
	struct latch_frame_record record = test_frame(7, n);
	const int64_t late_ns = record.flip_ns - 20 * MS;
	const int64_t usual_ns = record.flip_ns - 5 * MS - (int64_t)n * 1000;
	record.commit_ns = n % 3 == 0 ? late_ns : usual_ns;
	record.signalled_ns = record.ready_ns = record.flip_ns - 4 * MS;
	record.latch_ns = record.flip_ns - 3 * MS;
	record.submit_start_ns = record.flip_ns - 2 * MS;
	record.submit_end_ns = record.flip_ns - MS;
	record.replaced_flip_ns = record.flip_ns - 2 * REFRESH_NS;
	record.placement = n % 2 == 0 ? LATCH_ON_PLANE : LATCH_COMPOSED;
	latch_statistics_add_frame(statistics, &record);
}

static struct latch_statistics *create_statistics(void) {
	struct latch_statistics *statistics = latch_statistics_create();
	assert_true(latch_statistics_add_surface(statistics,
		&(struct latch_trace_surface){.id = 7, .pid = 4711, .label = "a\033[2Jb"}));
	return statistics;
}

static void counters(void **state) {
	struct latch_statistics *statistics = create_statistics();
	for (uint64_t n = 1; n <= 6; n++) {
		add_frame(statistics, n);
	}
	yyjson_mut_val *surfaces = add_array(*state, "surfaces");
	yyjson_mut_val *places =
		latch_inspect_add_counted(*state, surfaces, statistics->surfaces[0]);
	yyjson_mut_val *told = yyjson_mut_arr_get_first(surfaces);
	assert_ptr_equal(yyjson_mut_obj_get(told, "places"), places);
	assert_int_equal(get_int(told, "/surface"), 7);
	assert_int_equal(get_int(told, "/pid"), 4711);
	assert_string_equal(get_text(told, "/label"), "a?[2Jb");
	assert_int_equal(get_int(told, "/frames"), 6);
	assert_int_equal(get_int(told, "/on_plane"), 3);
	assert_int_equal(get_int(told, "/missed"), 2);
	assert_int_equal(get_int(told, "/missed_by_cause/fence"), 2);
	assert_told(told, "/stages/submit_to_flip", "[2015,6]");
	/* A bin's length is the longest in it, rounded up: two of 16 ms, four of about 1. */
	yyjson_mut_val *bins = yyjson_mut_ptr_get(told, "/stages/commit_to_signalled");
	assert_int_equal(yyjson_mut_get_uint(yyjson_mut_arr_get_last(bins)), 2);
	latch_inspect_add_causes(*state, yyjson_mut_doc_get_root(*state));
	yyjson_mut_val *causes = yyjson_mut_doc_ptr_get(*state, "/causes");
	assert_int_equal(yyjson_mut_obj_size(causes), LATCH_MISSED_CAUSES);
	assert_string_equal(get_text(causes, "/fence"), "fence signalled late");
	latch_statistics_destroy(statistics);
}

static yyjson_mut_doc *count(const struct latch_statistics *statistics) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_doc_set_root(doc, yyjson_mut_obj(doc));
	latch_inspect_add_counted(doc, add_array(doc, "surfaces"), statistics->surfaces[0]);
	return doc;
}

/* The difference of two answers is what came in between, as latch itself would say. */
static void percentiles_of_a_span(void **state) {
	struct latch_statistics *statistics = create_statistics();
	for (uint64_t n = 1; n <= 5000; n++) {
		add_frame(statistics, 3 * n + 1);
	}
	yyjson_mut_doc *before = count(statistics);
	for (uint64_t n = 1; n <= 40; n++) {
		add_frame(statistics, 3 * n + 3);
	}
	for (uint64_t n = 1; n <= 100; n++) {
		add_frame(statistics, 3 * n + 1);
	}
	yyjson_mut_doc *after = count(statistics);
	yyjson_mut_doc *doc = span_between(before, after);
	yyjson_mut_val *span = yyjson_mut_doc_ptr_get(doc, "/surfaces/0");
	assert_int_equal(get_int(span, "/frames"), 140);
	assert_int_equal(get_int(span, "/missed"), 40);
	/* 5.0 to 5.3 ms for a hundred, 20 ms for the others; never less, and a part in 64 more. */
	yyjson_mut_val *stage = yyjson_mut_ptr_get(span, "/stages/commit_to_flip");
	assert_int_in_range(get_int(stage, "/p50_us"), 5200, 5250 * 65 / 64);
	assert_int_in_range(get_int(stage, "/p95_us"), 20000, 20000 * 65 / 64);
	assert_int_in_range(get_int(span, "/stages/submit_to_flip/p99_us"), 2000, 2032);
	yyjson_mut_doc_free(before);
	yyjson_mut_doc_free(after);
	yyjson_mut_doc_free(doc);
	latch_statistics_destroy(statistics);
}

/* A stage whose durations are all over the range. */
static void wide_histograms(void **state) {
	struct latch_statistics *statistics = create_statistics();
	struct latch_durations *durations =
		&statistics->surfaces[0]->stages[LATCH_STAGE_COMMIT_TO_SIGNALLED];
	for (int64_t ns = 0; ns < LATCH_DURATIONS_MAX_NS; ns += 900 + ns / 200) {
		latch_durations_add(durations, ns);
	}
	latch_inspect_add_counted(*state, add_array(*state, "surfaces"), statistics->surfaces[0]);
	yyjson_mut_arr_iter iter = yyjson_mut_arr_iter_with(
		yyjson_mut_doc_ptr_get(*state, "/surfaces/0/stages/commit_to_signalled"));
	assert_true(iter.max > 2 * 1100);
	uint64_t total = 0, last = 0;
	while (yyjson_mut_arr_iter_has_next(&iter)) {
		const uint64_t up_to_us = yyjson_mut_get_uint(yyjson_mut_arr_iter_next(&iter));
		assert_true(up_to_us > last || total == 0);
		last = up_to_us;
		total += yyjson_mut_get_uint(yyjson_mut_arr_iter_next(&iter));
	}
	assert_int_equal(total, latch_durations_count(durations));
	latch_statistics_destroy(statistics);
}

TEST_MAIN("inspector's documents", TEST(texts_are_cleaned_and_cut), TEST(planes),
	TEST(a_layer_on_a_plane), TEST(a_layer_on_no_plane), TEST(held_updates),
	TEST(layers_tell_what_holds_them), TEST(counters), TEST(percentiles_of_a_span),
	TEST(wide_histograms))
