/* Updates that are held, told to a real client: what goes in as a list has to come out of
 * latchctl's receivers, each by itself, and in short with the layers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "held.h"
#include "inspect/held.h"
#include "inspect/inspector.h"
#include "inspect/snapshot.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "receive.h"
#include "world.h"

struct fixture {
	struct world world;
	int asked;
	bool (*fill)(struct fixture *f, struct latch_held_list *list);
};

static bool collect_held(void *data, struct latch_held_list *list) {
	struct fixture *f = data;
	f->asked++;
	return f->fill(f, list);
}

/* The cursor and surfaces 1 to 5, of which 1 is on a second output as well. */
static bool collect(void *data, struct latch_snapshot *snapshot) {
	struct latch_snapshot_output *output = latch_snapshot_add_output(snapshot);
	latch_snapshot_add_layer(output)->is_cursor = true;
	for (uint32_t surface = 1; surface <= 5; surface++) {
		latch_snapshot_add_layer(output)->surface = surface;
	}
	output = latch_snapshot_add_output(snapshot);
	latch_snapshot_add_layer(output)->surface = 1;
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
	free(f);
	return 0;
}

static struct held ask_held(struct fixture *f) {
	struct held held = {0};
	struct zlatch_inspector_held_v1 *object = zlatch_inspector_v1_get_held(f->world.bound);
	held_listen(&held, object);
	assert_true(world_pump(&f->world));
	assert_true(held.done);
	assert_false(held.failed);
	zlatch_inspector_held_v1_destroy(object);
	return held;
}

/* One of each kind. */
static bool hold_three(struct fixture *f, struct latch_held_list *list) {
	struct latch_snapshot_held *held = latch_held_list_add(list);
	*held = (struct latch_snapshot_held){
		.surface = 7,
		.object = 13,
		.pid = 4711,
		.command = "vkcube",
		.app_id = "org.vkcube\033",
		.by = LATCH_HELD_BY_FENCE,
		.kind = "implicit",
		.age_ns = INT64_C(12345678901),
		.fences = 2,
		.driver = "amdgpu",
		.timeline = "gfx_0.0.0",
	};
	held = latch_held_list_add(list);
	*held = (struct latch_snapshot_held){
		.surface = 8,
		.object = 3,
		.by = LATCH_HELD_BY_POINT,
		.kind = "syncobj",
		.age_ns = 1000000,
		.fences = 1,
		.has_point = true,
		.point = UINT64_C(0x123456789a),
	};
	held = latch_held_list_add(list);
	held->by = LATCH_HELD_BY_UPDATE;
	held->kind = "none";
	return true;
}

static void held_updates_arrive(void **state) {
	struct fixture *f = *state;
	f->fill = hold_three;
	struct held held = ask_held(f);
	assert_int_equal(f->asked, 1);
	assert_int_equal(held.len, 3);
	const struct held_update *update = &held.updates[0];
	assert_int_equal(update->surface, 7);
	assert_int_equal(update->object, 13);
	assert_int_equal(update->pid, 4711);
	assert_string_equal(update->command, "vkcube");
	assert_string_equal(update->app_id, "org.vkcube?");
	assert_string_equal(update->by, "fence");
	assert_string_equal(update->kind, "implicit");
	assert_true(update->age_ns == UINT64_C(12345678901));
	assert_int_equal(update->fences, 2);
	assert_string_equal(update->driver, "amdgpu");
	assert_string_equal(update->timeline, "gfx_0.0.0");
	assert_false(update->has_point);
	assert_true(held.updates[1].has_point);
	assert_true(held.updates[1].point == UINT64_C(0x123456789a));
	assert_null(held.updates[1].driver);
	assert_string_equal(held.updates[2].by, "update");
	held_finish(&held);
}

static void held_updates_are_told(void **state) {
	struct fixture *f = *state;
	f->fill = hold_three;
	struct held held = ask_held(f);
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	held_print(file, &held);
	fclose(file);
	assert_string_equal(text,
		"vkcube (pid 4711, app id \"org.vkcube?\"): surface 7 (wl_surface#13) for "
		"12.346 s, by a fence (implicit) of driver \"amdgpu\", timeline \"gfx_0.0.0\"\n"
		"a client: surface 8 (wl_surface#3) for 0.001 s, by point 78187493530 of its "
		"timeline, without a fence yet\n"
		"a client: surface 0 (wl_surface#0) for 0.000 s, by the update before it, or a "
		"subsurface's\n");
	free(text);
	text = held_write_json(&held);
	assert_non_null(strstr(text, "\"held_by\": \"fence\""));
	assert_non_null(strstr(text, "\"age_ns\": 12345678901"));
	assert_non_null(strstr(text, "\"point\": 78187493530"));
	assert_non_null(strstr(text, "\"driver\": null"));
	free(text);
	held_finish(&held);
}

static bool hold_none(struct fixture *f, struct latch_held_list *list) {
	return true;
}

static void nothing_held(void **state) {
	struct fixture *f = *state;
	f->fill = hold_none;
	struct held held = ask_held(f);
	assert_int_equal(held.len, 0);
	char *text = held_write_json(&held);
	assert_non_null(strstr(text, "\"held\": []"));
	free(text);
	held_finish(&held);
}

static void add_held(
	struct latch_held_list *list, uint32_t surface, enum latch_held_by by, int64_t age_ns) {
	struct latch_snapshot_held *held = latch_held_list_add(list);
	*held = (struct latch_snapshot_held){
		.surface = surface,
		.by = by,
		.kind = "implicit",
		.age_ns = age_ns,
		.driver = "vgem",
		.timeline = "unbound",
		.point = UINT64_C(0x123456789a),
		.to_go_ns = 7999999,
	};
}

static bool hold_layers(struct fixture *f, struct latch_held_list *list) {
	/* One whose surface is not known, as the cursor's. */
	add_held(list, 0, LATCH_HELD_BY_FENCE, 1000000);
	add_held(list, 1, LATCH_HELD_BY_UPDATE, 40000000);
	add_held(list, 1, LATCH_HELD_BY_TIME, 12999999);
	add_held(list, 1, LATCH_HELD_BY_FENCE, 1000000);
	add_held(list, 2, LATCH_HELD_BY_FENCE, 3000000);
	add_held(list, 2, LATCH_HELD_BY_UPDATE, 2000000);
	add_held(list, 3, LATCH_HELD_BY_POINT, 3000000);
	add_held(list, 4, LATCH_HELD_BY_UPDATE, 3000000);
	add_held(list, 4, LATCH_HELD_BY_UPDATE, 2000000);
	add_held(list, 9, LATCH_HELD_BY_BARRIER, 2000000); /* on no output */
	return true;
}

static void check_held(const struct model_layer *layer, uint32_t updates, const char *by,
	const char *text, uint32_t age_ms) {
	assert_int_equal(layer->held, updates);
	assert_string_equal(layer->held_by, by);
	assert_string_equal(layer->held_text, text);
	assert_int_equal(layer->held_age_ms, age_ms);
}

/* Of all updates of a surface, the first that waits for something of its own. */
static void layers_tell_what_holds_them(void **state) {
	struct fixture *f = *state;
	f->fill = hold_layers;
	struct receiver receiver;
	struct zlatch_inspector_planes_v1 *planes = zlatch_inspector_v1_get_planes(f->world.bound);
	receiver_init(&receiver, planes);
	assert_true(world_pump(&f->world));
	assert_true(receiver.done);
	zlatch_inspector_planes_v1_destroy(planes);
	assert_int_equal(f->asked, 1);
	const struct model_layer *layers = receiver.model.outputs[0].layers;
	assert_int_equal(layers[0].held, 0);
	check_held(&layers[1], 3, "timestamp", "7 ms to go", 12);
	check_held(&layers[2], 2, "fence", "driver vgem, timeline unbound", 3);
	check_held(&layers[3], 1, "point", "point 78187493530", 3);
	check_held(&layers[4], 2, "update", "", 3);
	assert_int_equal(layers[5].held, 0);
	check_held(&receiver.model.outputs[1].layers[0], 3, "timestamp", "7 ms to go", 12);
	model_finish(&receiver.model);
}

static bool hold_fails(struct fixture *f, struct latch_held_list *list) {
	latch_held_list_add(list);
	return false;
}

static void without_memory_who_asks_for_planes_hears_of_it(void **state) {
	struct fixture *f = *state;
	struct receiver receiver;
	f->fill = hold_fails;
	struct zlatch_inspector_planes_v1 *planes = zlatch_inspector_v1_get_planes(f->world.bound);
	receiver_init(&receiver, planes);
	assert_false(world_pump(&f->world));
	assert_int_equal(wl_display_get_error(f->world.client), ENOMEM);
	assert_false(receiver.done);
	zlatch_inspector_planes_v1_destroy(planes);
	model_finish(&receiver.model);
}

static void without_memory_who_asks_for_updates_hears_of_it(void **state) {
	struct fixture *f = *state;
	struct held held = {0};
	f->fill = hold_fails;
	struct zlatch_inspector_held_v1 *object = zlatch_inspector_v1_get_held(f->world.bound);
	held_listen(&held, object);
	assert_false(world_pump(&f->world));
	assert_int_equal(wl_display_get_error(f->world.client), ENOMEM);
	assert_false(held.done);
	zlatch_inspector_held_v1_destroy(object);
	held_finish(&held);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(held_updates_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(held_updates_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_held, setup, teardown),
		cmocka_unit_test_setup_teardown(layers_tell_what_holds_them, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_who_asks_for_planes_hears_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_who_asks_for_updates_hears_of_it, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("inspect held", tests, NULL, NULL);
}
