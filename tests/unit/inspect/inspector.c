/* The inspector with a real client: what goes in as a snapshot has to come out of latchctl's
 * receiver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "inspect/inspector.h"
#include "inspect/snapshot.h"
#include "kms/format.h"
#include "kms/plane.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "receive.h"
#include "world.h"

struct fixture {
	struct world world;
	struct kms_format_set formats;
	int asked;
	bool (*fill)(struct fixture *f, struct latch_snapshot *snapshot);
};

static bool collect(void *data, struct latch_snapshot *snapshot) {
	struct fixture *f = data;
	f->asked++;
	return f->fill(f, snapshot);
}

static bool collect_held(void *data, struct latch_held_list *list) {
	return true;
}

static int setup(void **state) {
	struct fixture *f = calloc(1, sizeof(*f));
	world_init(&f->world,
		&(struct latch_inspector_options){
			.collect = collect, .collect_held = collect_held, .data = f},
		UINT32_MAX);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	world_finish(&f->world);
	kms_format_set_finish(&f->formats);
	free(f);
	return 0;
}

/* The caller finishes the model. */
static struct model ask(struct fixture *f) {
	struct receiver receiver;
	struct zlatch_inspector_planes_v1 *planes = zlatch_inspector_v1_get_planes(f->world.bound);
	receiver_init(&receiver, planes);
	assert_true(world_pump(&f->world));
	assert_true(receiver.done);
	assert_false(receiver.failed);
	zlatch_inspector_planes_v1_destroy(planes);
	return receiver.model;
}

static bool fill_nothing(struct fixture *f, struct latch_snapshot *snapshot) {
	return true;
}

static void without_outputs_there_is_done(void **state) {
	struct fixture *f = *state;
	f->fill = fill_nothing;
	assert_int_equal(f->asked, 0);
	struct model model = ask(f);
	assert_int_equal(model.outputs_len, 0);
	assert_int_equal(f->asked, 1);
	model_finish(&model);
}

static void fill_plane(struct latch_snapshot_plane *plane, const struct kms_format_set *formats) {
	*plane = (struct latch_snapshot_plane){
		.id = 34,
		.type = KMS_PLANE_OVERLAY,
		.use = LATCH_SNAPSHOT_LAYER,
		.surface = 7,
		.has_zpos = true,
		.zpos_min = 1,
		.zpos_max = 254,
		.rotations = 0x35,
		.blend_modes = 1u << KMS_BLEND_PREMULTIPLIED | 1u << KMS_BLEND_NONE,
		.color_encodings = 1u << KMS_COLOR_ENCODING_ANY | 1u << KMS_COLOR_ENCODING_BT709,
		.color_ranges = 1u << KMS_COLOR_RANGE_ANY | 1u << KMS_COLOR_RANGE_FULL,
		.has_alpha = true,
		.formats = formats,
	};
}

static void fill_layer(struct latch_snapshot_layer *layer) {
	*layer = (struct latch_snapshot_layer){
		.surface = 7,
		.pid = 1234,
		.app_id = "org.example.Player",
		.title = "a film",
		.is_dmabuf = true,
		.buffer_width = 1920,
		.buffer_height = 1080,
		.fourcc = DRM_FORMAT_NV12,
		.modifier = UINT64_C(0x0800000000000b01),
		.src = {.x = 0.5, .y = 1.25, .width = 1919, .height = 1078.5},
		.dst = {.x = -10, .y = 20, .width = 960, .height = 540},
		.transform = WL_OUTPUT_TRANSFORM_FLIPPED_90,
		.alpha = 0x8000,
		.opaque = true,
		.place = LATCH_SNAPSHOT_ON_PLANE,
		.plane_id = 34,
		.zpos = 3,
		.underlay = true,
	};
}

static bool fill_one(struct fixture *f, struct latch_snapshot *snapshot) {
	/* More modifiers than a message has room for. */
	for (uint64_t i = 0; i < 600; i++) {
		assert_int_equal(
			kms_format_set_add(&f->formats, DRM_FORMAT_NV12, UINT64_C(1) << 56 | i), 0);
	}
	assert_int_equal(
		kms_format_set_add(&f->formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR), 0);

	struct latch_snapshot_output *output = latch_snapshot_add_output(snapshot);
	*output = (struct latch_snapshot_output){
		.name = "HDMI-A-1",
		.description = "a monitor",
		.node = "/dev/dri/card1",
		.driver = "vkms",
		.simulated_clock = true,
		.width = 1920,
		.height = 1080,
		.refresh_mhz = 59940,
		.scale = 1.25f,
		.transform = WL_OUTPUT_TRANSFORM_180,
		.rung = "mixed",
		.composed = true,
		.visible = 2,
		.on_planes = 1,
		.tests = 5,
	};
	fill_plane(latch_snapshot_add_plane(output), &f->formats);
	*latch_snapshot_add_plane(output) = (struct latch_snapshot_plane){
		.id = 35,
		.type = KMS_PLANE_CURSOR,
		.use = LATCH_SNAPSHOT_OTHER_OUTPUT,
		.user = "DP-1",
		.has_modifiers = true,
	};
	fill_layer(latch_snapshot_add_layer(output));
	struct latch_snapshot_layer *layer = latch_snapshot_add_layer(output);
	*layer = (struct latch_snapshot_layer){
		.is_cursor = true, .place = LATCH_SNAPSHOT_COMPOSED, .zpos = -1, .test_errno = EINVAL};
	latch_snapshot_add_reason(layer, "no-dmabuf", "it lives in shared memory");
	latch_snapshot_add_reason(layer, "test-refused", "the kernel refused it");

	/* A window. */
	output = latch_snapshot_add_output(snapshot);
	*output = (struct latch_snapshot_output){.name = "WL-1", .scale = 1};
	return true;
}

static void check_plane(const struct model_plane *plane) {
	assert_int_equal(plane->id, 34);
	assert_int_equal(plane->type, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY);
	assert_int_equal(plane->use, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_LAYER);
	assert_int_equal(plane->surface, 7);
	assert_string_equal(plane->user, "");
	assert_true(plane->has_zpos);
	assert_false(plane->zpos_immutable);
	assert_int_equal(plane->zpos_min, 1);
	assert_int_equal(plane->zpos_max, 254);
	assert_int_equal(plane->rotations, 0x35);
	assert_int_equal(plane->blend_modes, 0x5);
	assert_int_equal(plane->color_encodings, ZLATCH_INSPECTOR_PLANES_V1_COLOR_ENCODING_BT709);
	assert_int_equal(plane->color_ranges, ZLATCH_INSPECTOR_PLANES_V1_COLOR_RANGE_FULL);
	assert_int_equal(plane->features, ZLATCH_INSPECTOR_PLANES_V1_FEATURE_ALPHA);
	assert_int_equal(plane->formats_len, 2);
	assert_int_equal(plane->formats[0].modifiers_len, 600);
	for (uint64_t i = 0; i < 600; i++) {
		assert_true(plane->formats[0].modifiers[i] == (UINT64_C(1) << 56 | i));
	}
	assert_int_equal(plane->formats[1].fourcc, DRM_FORMAT_XRGB8888);
	assert_int_equal(plane->formats[1].modifiers_len, 1);
}

static void check_layer(const struct model_layer *layer) {
	assert_int_equal(layer->kind, ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_SURFACE);
	assert_int_equal(layer->surface, 7);
	assert_int_equal(layer->pid, 1234);
	assert_string_equal(layer->app_id, "org.example.Player");
	assert_string_equal(layer->title, "a film");
	assert_true(layer->dmabuf);
	assert_int_equal(layer->buffer_width, 1920);
	assert_int_equal(layer->buffer_height, 1080);
	assert_int_equal(layer->fourcc, DRM_FORMAT_NV12);
	assert_true(layer->modifier == UINT64_C(0x0800000000000b01));
	assert_true(layer->src_x == 0.5 && layer->src_y == 1.25);
	assert_true(layer->src_width == 1919 && layer->src_height == 1078.5);
	assert_int_equal(layer->dst_x, -10);
	assert_int_equal(layer->dst_y, 20);
	assert_int_equal(layer->dst_width, 960);
	assert_int_equal(layer->dst_height, 540);
	assert_int_equal(layer->transform, WL_OUTPUT_TRANSFORM_FLIPPED_90);
	assert_int_equal(layer->alpha, 0x8000);
	assert_true(layer->opaque);
	assert_int_equal(layer->place, ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE);
	assert_int_equal(layer->plane, 34);
	assert_int_equal(layer->zpos, 3);
	assert_true(layer->underlay);
	assert_int_equal(layer->reasons_len, 0);
	assert_int_equal(layer->test_errno, 0);
	assert_int_equal(layer->held, 0);
}

static void everything_arrives(void **state) {
	struct fixture *f = *state;
	f->fill = fill_one;
	struct model model = ask(f);
	assert_int_equal(model.outputs_len, 2);
	const struct model_output *output = &model.outputs[0];
	assert_string_equal(output->name, "HDMI-A-1");
	assert_string_equal(output->description, "a monitor");
	assert_string_equal(output->node, "/dev/dri/card1");
	assert_string_equal(output->driver, "vkms");
	assert_int_equal(output->clock, ZLATCH_INSPECTOR_PLANES_V1_CLOCK_SIMULATED);
	assert_int_equal(output->width, 1920);
	assert_int_equal(output->height, 1080);
	assert_int_equal(output->refresh_mhz, 59940);
	assert_int_equal(output->scale, 150);
	assert_int_equal(output->transform, WL_OUTPUT_TRANSFORM_180);
	assert_string_equal(output->rung, "mixed");
	assert_true(output->composed);
	assert_int_equal(output->visible, 2);
	assert_int_equal(output->on_planes, 1);
	assert_int_equal(output->tests, 5);

	assert_int_equal(output->planes_len, 2);
	check_plane(&output->planes[0]);
	assert_int_equal(output->planes[1].use, ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT);
	assert_string_equal(output->planes[1].user, "DP-1");
	assert_false(output->planes[1].has_zpos);
	assert_int_equal(
		output->planes[1].features, ZLATCH_INSPECTOR_PLANES_V1_FEATURE_MODIFIERS);

	assert_int_equal(output->layers_len, 2);
	check_layer(&output->layers[0]);
	const struct model_layer *cursor = &output->layers[1];
	assert_int_equal(cursor->kind, ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_CURSOR);
	assert_int_equal(cursor->place, ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COMPOSED);
	assert_int_equal(cursor->zpos, -1);
	assert_int_equal(cursor->reasons_len, 2);
	assert_string_equal(cursor->reasons[1].name, "test-refused");
	assert_string_equal(cursor->reasons[0].text, "it lives in shared memory");
	assert_int_equal(cursor->test_errno, EINVAL);
	assert_int_equal(cursor->held, 0);

	assert_null(model.outputs[1].node);
	assert_string_equal(model.outputs[1].rung, "");
	model_finish(&model);
}

static bool fill_longest(struct fixture *f, struct latch_snapshot *snapshot) {
	char source[4000];
	memset(source, 'x', sizeof(source) - 1);
	source[sizeof(source) - 1] = '\0';
	struct latch_snapshot_output *output = latch_snapshot_add_output(snapshot);
	struct latch_snapshot_layer *layer = latch_snapshot_add_layer(output);
	latch_snapshot_set_text(output->description, source);
	latch_snapshot_set_text(layer->app_id, source);
	latch_snapshot_set_text(layer->title, source);
	return true;
}

static void long_titles_fit_in_a_message(void **state) {
	struct fixture *f = *state;
	f->fill = fill_longest;
	struct model model = ask(f);
	assert_int_equal(strlen(model.outputs[0].layers[0].title), LATCH_SNAPSHOT_TEXT - 1);
	model_finish(&model);
}

/* More than a socket holds: some 400 KiB. */
static bool fill_large(struct fixture *f, struct latch_snapshot *snapshot) {
	for (uint32_t i = 0; i < 30; i++) {
		for (uint64_t j = 0; j < 12; j++) {
			assert_int_equal(kms_format_set_add(&f->formats, 0x30303030 + i, j), 0);
		}
	}
	for (int i = 0; i < 8; i++) {
		struct latch_snapshot_output *output = latch_snapshot_add_output(snapshot);
		for (int j = 0; j < 16; j++) {
			latch_snapshot_add_plane(output)->formats = &f->formats;
		}
	}
	return true;
}

static void a_large_answer_arrives_whole(void **state) {
	struct fixture *f = *state;
	f->fill = fill_large;
	struct model model = ask(f);
	assert_int_equal(model.outputs_len, 8);
	assert_int_equal(model.outputs[7].planes[15].formats_len, 30);
	assert_int_equal(model.outputs[7].planes[15].formats[29].modifiers_len, 12);
	model_finish(&model);
}

static bool fill_fails(struct fixture *f, struct latch_snapshot *snapshot) {
	latch_snapshot_add_output(snapshot);
	return false;
}

static void without_memory_the_client_hears_of_it(void **state) {
	struct fixture *f = *state;
	struct receiver receiver;
	f->fill = fill_fails;
	struct zlatch_inspector_planes_v1 *planes = zlatch_inspector_v1_get_planes(f->world.bound);
	receiver_init(&receiver, planes);
	assert_false(world_pump(&f->world));
	assert_int_equal(wl_display_get_error(f->world.client), ENOMEM);
	assert_false(receiver.done);
	zlatch_inspector_planes_v1_destroy(planes);
	model_finish(&receiver.model);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_outputs_there_is_done, setup, teardown),
		cmocka_unit_test_setup_teardown(everything_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(long_titles_fit_in_a_message, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_answer_arrives_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_the_client_hears_of_it, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("inspector", tests, NULL, NULL);
}
