/* Which layers wait before they go to a plane. */
#include <string.h>

#include "../test.h"
#include "layers.h"
#include "plan/settle.h"

static struct latch_settle settle;

static void start(void) {
	memset(&settle, 0, sizeof(settle));
}

/* One frame of one layer. */
static uint64_t frame(struct latch_layer *layer, bool updated) {
	uint64_t reasons = UINT64_MAX;
	layer->serial += updated;
	latch_settle_update(&settle, layer, 1, &reasons);
	return reasons;
}

static uint64_t frames(struct latch_layer *layer, int count, int updated_each) {
	uint64_t reasons = UINT64_MAX;
	for (int i = 0; i < count; i++) {
		reasons = frame(layer, updated_each != 0 && i % updated_each == 0);
	}
	return reasons;
}

static void a_new_layer_settles(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	for (int i = 0; i < LATCH_SETTLE_FRAMES; i++) {
		assert_true((frame(&layer, true) & LATCH_REASON_SETTLING) != 0);
	}
	/* The frame it came in, and LATCH_SETTLE_FRAMES in which it stayed. */
	assert_int_equal(frame(&layer, true), 0);
	assert_int_equal(frames(&layer, 100, 1), 0);
}

static void what_moves_starts_over(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	assert_int_equal(frames(&layer, 20, 1), 0);
	layer.dst.x++;
	assert_true((frame(&layer, true) & LATCH_REASON_SETTLING) != 0);
	assert_true((frames(&layer, LATCH_SETTLE_FRAMES - 1, 1) & LATCH_REASON_SETTLING) != 0);
	assert_int_equal(frames(&layer, 2, 1), 0);
	/* While it is dragged it never does. */
	for (int i = 0; i < 50; i++) {
		layer.dst.x++;
		assert_true((frame(&layer, true) & LATCH_REASON_SETTLING) != 0);
	}
}

static void what_stands_still_is_idle(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	assert_int_equal(frames(&layer, 40, 0), LATCH_REASON_IDLE);
	/* 4 of 16 frames are enough, 2 or 3 are not. */
	start();
	assert_int_equal(frames(&layer, 60, LATCH_SETTLE_WINDOW / LATCH_SETTLE_UPDATES), 0);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(frame(&layer, i % 4 == 0), 0);
	}
	start();
	assert_int_equal(frames(&layer, 60, 6), LATCH_REASON_IDLE);
	/* A clock that ticks once a second. */
	start();
	assert_int_equal(frames(&layer, 240, 60), LATCH_REASON_IDLE);
}

static void it_wakes_up_after_some_updates(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	frames(&layer, 40, 0);
	for (int i = 1; i < LATCH_SETTLE_UPDATES; i++) {
		assert_int_equal(frame(&layer, true), LATCH_REASON_IDLE);
	}
	assert_int_equal(frame(&layer, true), 0);
}

static void on_a_plane_it_may_stand_still(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	assert_int_equal(frames(&layer, 20, 1), 0);
	layer.place = LATCH_LAYER_ON_PLANE;
	for (int i = 0; i < 100; i++) {
		latch_settle_placed(&settle, &layer, 1);
		assert_int_equal(frame(&layer, false), 0);
	}
	/* Moved, it has to settle like others. */
	layer.dst.y += 3;
	assert_true((frame(&layer, true) & LATCH_REASON_SETTLING) != 0);
	layer.place = LATCH_LAYER_COMPOSED;
	latch_settle_placed(&settle, &layer, 1);
	assert_true((frames(&layer, LATCH_SETTLE_FRAMES - 1, 1) & LATCH_REASON_SETTLING) != 0);
	assert_int_equal(frames(&layer, 3, 1), 0);
}

/* Before it was noted to be on a plane the update may have made its place anything. */
static void composed_again_it_may_not(void **state) {
	start();
	struct latch_layer layer = layer_window(1, 0, 0, 100, 100);
	frames(&layer, 20, 1);
	layer.place = LATCH_LAYER_ON_PLANE;
	latch_settle_placed(&settle, &layer, 1);
	frames(&layer, 30, 0);
	layer.place = LATCH_LAYER_COMPOSED;
	latch_settle_placed(&settle, &layer, 1);
	assert_int_equal(frames(&layer, 20, 0), LATCH_REASON_IDLE);
}

static void what_was_away_is_new(void **state) {
	start();
	struct latch_layer layers[2] = {
		layer_window(1, 0, 0, 100, 100), layer_window(2, 200, 0, 100, 100)};
	uint64_t reasons[2];
	for (int i = 0; i < 20; i++) {
		layers[0].serial++;
		layers[1].serial++;
		latch_settle_update(&settle, layers, 2, reasons);
	}
	assert_int_equal(reasons[0], 0);
	assert_int_equal(reasons[1], 0);
	latch_settle_update(&settle, layers, 1, reasons);
	assert_int_equal(settle.len, 1);
	latch_settle_update(&settle, layers, 2, reasons);
	assert_int_equal(reasons[0], 0);
	assert_true((reasons[1] & LATCH_REASON_SETTLING) != 0);
}

/* Their order in the list is not what they are known by. */
static void raised_windows_stay_settled(void **state) {
	start();
	struct latch_layer layers[2] = {
		layer_window(1, 0, 0, 100, 100), layer_window(2, 50, 0, 100, 100)};
	uint64_t reasons[2];
	for (int i = 0; i < 21; i++) {
		struct latch_layer swap = layers[0];
		layers[0] = layers[1];
		layers[1] = swap;
		layers[0].serial++;
		layers[1].serial++;
		latch_settle_update(&settle, layers, 2, reasons);
	}
	assert_int_equal(reasons[0], 0);
	assert_int_equal(reasons[1], 0);
}

static void more_than_are_kept_track_of(void **state) {
	enum { COUNT = LATCH_SETTLE_MAX + 6 };
	static struct latch_layer layers[COUNT];
	uint64_t reasons[COUNT];
	start();
	for (int i = 0; i < COUNT; i++) {
		layers[i] = layer_window((uint32_t)i + 1, i, i, 10, 10);
	}
	for (int i = 0; i < 30; i++) {
		for (int j = 0; j < COUNT; j++) {
			layers[j].serial++;
		}
		latch_settle_update(&settle, layers, COUNT, reasons);
	}
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(reasons[i] == 0, i < LATCH_SETTLE_MAX);
	}
	latch_settle_placed(&settle, layers, COUNT);
	assert_int_equal(settle.len, LATCH_SETTLE_MAX);
}

TEST_MAIN("settle", UNIT(a_new_layer_settles), UNIT(what_moves_starts_over),
	UNIT(what_stands_still_is_idle), UNIT(it_wakes_up_after_some_updates),
	UNIT(on_a_plane_it_may_stand_still), UNIT(composed_again_it_may_not),
	UNIT(what_was_away_is_new), UNIT(raised_windows_stay_settled),
	UNIT(more_than_are_kept_track_of))
