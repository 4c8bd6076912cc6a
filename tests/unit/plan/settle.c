/* SPDX-License-Identifier: MIT */
/* Which layers wait before they go to a plane. */

#include "../test.h"
#include "layers.h"
#include "plan/settle.h"

static struct latch_settle settle;
static struct latch_layer layer;

static int setup(void **state) {
	memset(&settle, 0, sizeof(settle));
	layer = layer_window(1, 0, 0, 100, 100);
	return 0;
}

static uint64_t frame(bool updated) {
	layer.serial += updated;
	layer.waits = UINT64_MAX;
	latch_settle_update(&settle, &layer, 1);
	return layer.waits;
}

static uint64_t frames(int count, int updated_each) {
	uint64_t reasons = UINT64_MAX;
	for (int i = 0; i < count; i++) {
		reasons = frame(updated_each != 0 && i % updated_each == 0);
	}
	return reasons;
}

/* So many frames, all with updates, in each of which it waits for this or for nothing. */
static void assert_each(int count, uint64_t reason) {
	for (int i = 0; i < count; i++) {
		const uint64_t reasons = frame(true);
		assert_true(reason != 0 ? (reasons & reason) != 0 : reasons == 0);
	}
}

static void place(enum latch_layer_place where) {
	layer.place = where;
	latch_settle_placed(&settle, &layer, 1);
}

static void a_new_layer_settles(void **state) {
	/* The frame it came in, and LATCH_SETTLE_FRAMES in which it stayed. */
	assert_each(LATCH_SETTLE_FRAMES, LATCH_REASON_SETTLING);
	assert_each(100, 0);
}

static void what_moves_starts_over(void **state) {
	assert_int_equal(frames(20, 1), 0);
	layer.dst.x++;
	assert_each(LATCH_SETTLE_FRAMES, LATCH_REASON_SETTLING);
	assert_each(2, 0);
	/* While it is dragged it never does. */
	for (int i = 0; i < 50; i++) {
		layer.dst.x++;
		assert_each(1, LATCH_REASON_SETTLING);
	}
}

static void what_stands_still_is_idle(void **state) {
	static const struct {
		int frames, updated_each;
		uint64_t reasons;
	} rows[] = {
		{40, 0, LATCH_REASON_IDLE},
		/* 4 of 16 frames are enough, 2 or 3 are not. */
		{60, LATCH_SETTLE_WINDOW / LATCH_SETTLE_UPDATES, 0},
		{60, 6, LATCH_REASON_IDLE},
		/* A clock that ticks once a second. */
		{240, 60, LATCH_REASON_IDLE},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		setup(state);
		frames(rows[i].frames, rows[i].updated_each);
		for (int j = 0; j < LATCH_SETTLE_WINDOW; j++) {
			const bool updated =
				rows[i].updated_each != 0 && j % rows[i].updated_each == 0;
			assert_int_equal(frame(updated), rows[i].reasons);
		}
	}
	/* It wakes up after some updates. */
	frames(40, 0);
	assert_each(LATCH_SETTLE_UPDATES - 1, LATCH_REASON_IDLE);
	assert_each(1, 0);
}

static void on_a_plane_it_may_stand_still(void **state) {
	frames(20, 1);
	for (int i = 0; i < 100; i++) {
		place(LATCH_LAYER_ON_PLANE);
		assert_int_equal(frame(false), 0);
	}
	/* Moved, it has to settle like others. */
	layer.dst.y += 3;
	assert_each(1, LATCH_REASON_SETTLING);
	place(LATCH_LAYER_COMPOSED);
	assert_each(LATCH_SETTLE_FRAMES - 1, LATCH_REASON_SETTLING);
	assert_int_equal(frames(3, 1), 0);
}

/* Before it was noted to be on a plane the update may have made its place anything. */
static void composed_again_it_may_not(void **state) {
	frames(20, 1);
	place(LATCH_LAYER_ON_PLANE);
	frames(30, 0);
	place(LATCH_LAYER_COMPOSED);
	assert_int_equal(frames(20, 0), LATCH_REASON_IDLE);
}

/* Their order in the list is not what they are known by, and what was away is new. */
static void two_layers(void **state) {
	struct latch_layer layers[2] = {layer, layer_window(2, 50, 0, 100, 100)};
	for (int i = 0; i < 20; i++) {
		struct latch_layer swap = layers[0];
		layers[0] = layers[1];
		layers[1] = swap;
		layers[0].serial++;
		layers[1].serial++;
		latch_settle_update(&settle, layers, 2);
	}
	assert_int_equal(layers[0].waits, 0);
	assert_int_equal(layers[1].waits, 0);
	latch_settle_update(&settle, layers, 1);
	assert_int_equal(settle.len, 1);
	latch_settle_update(&settle, layers, 2);
	assert_int_equal(layers[0].waits, 0);
	assert_true((layers[1].waits & LATCH_REASON_SETTLING) != 0);
}

static void more_than_are_kept_track_of(void **state) {
	enum { COUNT = LATCH_SETTLE_MAX + 6 };
	static struct latch_layer layers[COUNT];
	for (int i = 0; i < 30; i++) {
		for (int j = 0; j < COUNT; j++) {
			layers[j] = layer_window((uint32_t)j + 1, j, j, 10, 10);
			layers[j].serial = (uint64_t)i;
		}
		latch_settle_update(&settle, layers, COUNT);
	}
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(layers[i].waits == 0, i < LATCH_SETTLE_MAX);
	}
	latch_settle_placed(&settle, layers, COUNT);
	assert_int_equal(settle.len, LATCH_SETTLE_MAX);
}

TEST_MAIN("settle", TEST_BEGIN(a_new_layer_settles), TEST_BEGIN(what_moves_starts_over),
	TEST_BEGIN(what_stands_still_is_idle), TEST_BEGIN(on_a_plane_it_may_stand_still),
	TEST_BEGIN(composed_again_it_may_not), TEST_BEGIN(two_layers),
	TEST_BEGIN(more_than_are_kept_track_of))
