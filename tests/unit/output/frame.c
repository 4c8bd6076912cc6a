/* SPDX-License-Identifier: MIT */
/* What a frame tells the trace: which updates are in it, and when they went off the screen. */
#include "output/frame.h"

#include "../test.h"
#include "output/content.h"

/* Nobody destroys them: the reference that they begin with is the test's. */
static struct latch_content make_content(uint64_t update_id) {
	return (struct latch_content){
		.refs = 1, .record = {.surface_id = 3, .update_id = update_id}};
}

static void add(struct latch_frame *frame, struct latch_content *content,
	const struct kms_plane *plane, uint32_t surface_id) {
	const struct latch_layer layer = {.content = content, .id = surface_id, .plane = plane};
	content->record.surface_id = surface_id;
	assert_true(latch_frame_add(frame, &layer));
}

static void test_list(void **state) {
	struct latch_frame frame = {0};
	struct latch_content contents[20];
	const struct kms_plane plane = {.id = 31};
	size_t length;
	latch_frame_list_shown(&frame, &length);
	assert_int_equal(length, 0);
	for (unsigned i = 0; i < 20; i++) {
		contents[i] = make_content(i + 1);
		/* The third is the cursor's image. */
		add(&frame, &contents[i], i % 2 == 0 ? &plane : NULL, i == 2 ? 0 : 100 + i);
	}
	const struct latch_shown_record *shown = latch_frame_list_shown(&frame, &length);
	assert_int_equal(length, 19);
	for (unsigned i = 0; i < 19; i++) {
		const unsigned n = i < 2 ? i : i + 1;
		assert_int_equal(shown[i].surface_id, 100 + n);
		assert_int_equal(shown[i].update_id, n + 1);
		assert_int_equal(shown[i].plane_id, n % 2 == 0 ? 31 : 0);
	}
	latch_frame_finish(&frame);
	assert_int_equal(contents[0].refs, 1);
}

/* An out-fence is for those who go with the next frame and want to be told. */
static void test_wants_fence(void **state) {
	struct latch_frame was = {0}, is = {0};
	struct latch_content old = make_content(1), new = make_content(2);
	void *timeline = &old; // only whether there is one
	add(&was, &old, NULL, 1);
	add(&is, &new, NULL, 1);
	old.refs = 1;
	old.record.superseded = true;
	assert_false(latch_frame_wants_fence(&was, &is));
	old.release.timeline = timeline;
	assert_true(latch_frame_wants_fence(&was, &is));
	old.record.superseded = false;
	assert_false(latch_frame_wants_fence(&was, &is));
	/* Another frame has it, too. */
	old.record.superseded = true;
	old.refs = 2;
	assert_false(latch_frame_wants_fence(&was, &is));
	latch_frame_finish(&was);
	latch_frame_finish(&is);
}

static void assert_off(
	const struct latch_content *content, int64_t off_ns, enum latch_record_release release) {
	assert_int_equal(content->record.off_ns, off_ns);
	assert_int_equal(content->record.release, release);
}

static void test_off(void **state) {
	enum { STAYS, GOES, HELD, TOLD };
	struct latch_frame was = {0}, is = {0};
	struct latch_content contents[4];
	for (uint32_t i = 0; i < 4; i++) {
		contents[i] = make_content(i + 1);
		add(&was, &contents[i], NULL, i + 1);
	}
	add(&is, &contents[STAYS], NULL, 1);
	/* The frame has the only reference, but of the one that another frame or its surface holds.
	 */
	contents[GOES].refs = contents[TOLD].refs = 1;
	contents[TOLD].record.told_ns = 70;
	contents[TOLD].record.release = LATCH_RELEASED_FENCE;

	latch_frame_note_off(&was, &is, 100, LATCH_RELEASED_FLIP);
	assert_off(&contents[STAYS], 0, LATCH_RELEASED_AT_ONCE);
	assert_off(&contents[GOES], 100, LATCH_RELEASED_FLIP);
	assert_off(&contents[HELD], 100, LATCH_RELEASED_AT_ONCE);
	assert_off(&contents[TOLD], 100, LATCH_RELEASED_FENCE);

	/* Another output has its flip first, or later: the last one counts. */
	contents[HELD].refs = 1;
	latch_frame_note_off(&was, NULL, 90, LATCH_RELEASED_DARK);
	assert_off(&contents[HELD], 100, LATCH_RELEASED_DARK);
	assert_int_equal(contents[STAYS].record.off_ns, 90);

	contents[GOES].refs = contents[HELD].refs = contents[TOLD].refs = 2;
	latch_frame_finish(&was);
	latch_frame_finish(&is);
}

TEST_MAIN("frame", UNIT(test_list), UNIT(test_wants_fence), UNIT(test_off))
