/* SPDX-License-Identifier: MIT */
/* What is read from the ring is what was put in, the newest of it, in as little memory as need be. */
#include "trace/ring.h"
#include "../test.h"
#include "frame.h"
#include "trace/fields.h"

#include <inttypes.h>

static struct latch_ring *ring;

static int setup(void **state) {
	ring = latch_ring_create(4);
	return ring == NULL;
}

static int teardown(void **state) {
	latch_ring_destroy(ring);
	return 0;
}

static void assert_same(const struct latch_fields *fields, const void *a, const void *b) {
	for (size_t i = 0; i < fields->length; i++) {
		char text_a[LATCH_FIELD_MAX], text_b[LATCH_FIELD_MAX];
		assert_string_equal(latch_field_text(&fields->fields[i], a, text_a),
			latch_field_text(&fields->fields[i], b, text_b));
	}
}

static void each_kind_comes_back(void **state) {
	struct latch_frame_record frame = test_frame(3, 70000);
	frame.held_by = "fence";
	frame.fence_error = -5;
	frame.reasons = UINT64_MAX;
	const struct latch_flip_record flip = test_flip(&frame);
	struct latch_shown_list shown = {1, LATCH_SHOWN_PART, frame.flip_ns, 9, true, {{0}}};
	for (uint32_t i = 0; i < LATCH_SHOWN_PART; i++) {
		shown.shown[i] = (struct latch_shown_record){UINT32_MAX - i, i, UINT64_MAX - i};
	}
	const struct latch_gone_record gone = {3, 0};
	const struct {
		enum latch_ring_kind kind;
		const struct latch_fields *fields;
		const void *record;
	} rows[] = {
		{LATCH_RING_COMMIT, &latch_commit_fields, &frame},
		{LATCH_RING_FLIP, &latch_flip_fields, &flip},
		{LATCH_RING_FRAME, &latch_frame_fields, &frame},
	};
	struct latch_ring_reader reader = latch_ring_read_begin(ring);
	struct latch_ring_record record;
	for (size_t i = 0; i < LEN(rows); i++) {
		latch_ring_add(ring, rows[i].kind, (int64_t)i + 5, rows[i].record);
		assert_true(latch_ring_read(&reader, &record));
		assert_int_equal(record.kind, rows[i].kind);
		assert_int_equal(record.ns, i + 5);
		assert_same(rows[i].fields, record.any, rows[i].record);
		assert_false(latch_ring_read(&reader, &record));
	}
	latch_ring_add(ring, LATCH_RING_GONE, 9, &gone);
	assert_true(latch_ring_read(&reader, &record));
	assert_int_equal(record.gone->surface_id, 3);
	latch_ring_add(ring, LATCH_RING_SHOWN, frame.flip_ns, &shown);
	assert_true(latch_ring_read(&reader, &record));
	assert_int_equal(record.shown->length, LATCH_SHOWN_PART);
	assert_true(record.shown->more);
	assert_memory_equal(record.shown->shown, shown.shown, sizeof(shown.shown));
	latch_ring_read_end(&reader);
}

/* The extremes of each type, in all fields at once. */
static void any_number_comes_back(void **state) {
	static const uint64_t numbers[] = {0, 1, 0x3f, 0x40, 0x1fff, 0x2000, UINT32_MAX,
		UINT64_C(1) << 32, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
	for (size_t i = 0; i < 50 * LEN(numbers); i++) {
		struct latch_frame_record frame = {0};
		for (size_t j = 0; j < latch_frame_fields.length; j++) {
			const struct latch_field *field = &latch_frame_fields.fields[j];
			const uint64_t number = numbers[(i * 7 + j * i) % LEN(numbers)];
			void *member = (char *)&frame + field->offset;
			if (field->kind == LATCH_FIELD_TEXT) {
				*(const char **)member = number % 2 == 0 ? "text" : NULL;
			} else if (field->kind == LATCH_FIELD_BOOL) {
				*(bool *)member = number % 2 == 0;
			} else {
				const bool is_long = field->kind == LATCH_FIELD_INT64 ||
						     field->kind == LATCH_FIELD_UINT64;
				memcpy(member, &number, is_long ? 8 : 4);
			}
		}
		latch_ring_add(ring, LATCH_RING_FRAME, (int64_t)i, &frame);
		struct latch_ring *copy = latch_ring_copy(ring, (int64_t)i);
		assert_non_null(copy);
		struct latch_ring_reader reader = latch_ring_read_begin(copy);
		struct latch_ring_record record;
		while (latch_ring_read(&reader, &record) && record.ns < (int64_t)i) {
		}
		assert_same(&latch_frame_fields, record.any, &frame);
		latch_ring_read_end(&reader);
		latch_ring_destroy(copy);
	}
}

/* Of more than fits the newest stay, in order and without a gap. */
static void the_newest_stay(void **state) {
	struct latch_ring_record record;
	assert_true(latch_ring_whole_since(ring) == INT64_MIN);
	for (uint64_t n = 1; n <= 5000; n++) {
		const struct latch_frame_record frame = test_frame(1, n);
		latch_ring_add(ring, LATCH_RING_FRAME, frame.flip_ns, &frame);
	}
	struct latch_ring_reader reader = latch_ring_read_begin(ring);
	uint64_t count = 0;
	while (latch_ring_read(&reader, &record)) {
		assert_true(count == 0 || record.frame->update_id > 0);
		count++;
	}
	assert_int_equal(record.frame->update_id, 5000);
	/* Of those that have gone the newest is the one before the first. */
	assert_int_equal(latch_ring_whole_since(ring), test_frame(1, 5000 - count).flip_ns + 1);
	print_message("# %" PRIu64 " updates in %d bytes\n", count, 4 * LATCH_RING_BLOCK_BYTES);
	/* Three blocks at least are full, of some 100 bytes for each. */
	assert_int_in_range(count, 400, 800);
	latch_ring_read_end(&reader);
	reader = latch_ring_read_begin(ring);
	for (uint64_t n = 5000 - count + 1; latch_ring_read(&reader, &record); n++) {
		assert_int_equal(record.frame->update_id, n);
	}
	latch_ring_read_end(&reader);
}

/* What is older than anybody may ask for makes room before memory does that is not used yet. */
static void old_blocks_are_used_again(void **state) {
	struct latch_ring *large = latch_ring_create(LATCH_RING_BLOCKS);
	assert_non_null(large);
	struct latch_ring_record record;
	for (uint64_t n = 1; n <= 20000; n++) {
		const struct latch_frame_record frame = test_frame(1, n);
		latch_ring_add(large, LATCH_RING_FRAME, frame.flip_ns, &frame);
	}
	struct latch_ring_reader reader = latch_ring_read_begin(large);
	assert_true(latch_ring_read(&reader, &record));
	const int64_t kept_ns = test_frame(1, 20000).flip_ns - record.ns;
	print_message("# %" PRId64 " ms are kept\n", kept_ns / MS);
	/* A block holds some two seconds. */
	assert_int_in_range(kept_ns / MS, 30000, 35000);
	latch_ring_read_end(&reader);
	latch_ring_destroy(large);
}

static void a_copy_begins_where_it_is_asked_to(void **state) {
	for (uint64_t n = 1; n <= 300; n++) {
		const struct latch_frame_record frame = test_frame(1, n);
		latch_ring_add(ring, LATCH_RING_FRAME, frame.flip_ns, &frame);
	}
	const int64_t from_ns = test_frame(1, 250).flip_ns;
	struct latch_ring *copy = latch_ring_copy(ring, from_ns);
	assert_non_null(copy);
	latch_ring_add(ring, LATCH_RING_GONE, from_ns, &(struct latch_gone_record){1, 0});
	struct latch_ring_reader reader = latch_ring_read_begin(copy);
	struct latch_ring_record record;
	assert_true(latch_ring_read(&reader, &record));
	assert_true(record.ns > test_frame(1, 1).flip_ns && record.ns <= from_ns);
	while (latch_ring_read(&reader, &record)) {
	}
	assert_int_equal(record.kind, LATCH_RING_FRAME);
	assert_int_equal(record.frame->update_id, 300);
	latch_ring_read_end(&reader);
	latch_ring_destroy(copy);
}

TEST_MAIN("ring", TEST(each_kind_comes_back), TEST(any_number_comes_back), TEST(the_newest_stay),
	TEST(old_blocks_are_used_again), TEST(a_copy_begins_where_it_is_asked_to))
