/* The rules of both protocols, and what a commit waits for, as a table. */

#include "../test.h"
#include "sync/update.h"

struct row {
	struct latch_sync_request request;
	enum latch_sync_verdict verdict;
	enum latch_sync_kind kind;
};

#define SYNCOBJ(acquire, release)                                                                  \
	.has_syncobj = true, .has_acquire_point = (acquire) != 0,                                  \
	.has_release_point = (release) != 0, .acquire_point = (acquire),                           \
	.release_point = (release)
#define DMABUF .has_buffer = true, .is_dmabuf = true
#define SHM .has_buffer = true

static const struct row rows[] = {
	{{0}, LATCH_SYNC_OK, LATCH_SYNC_NONE},
	{{SHM}, LATCH_SYNC_OK, LATCH_SYNC_NONE},
	{{DMABUF}, LATCH_SYNC_OK, LATCH_SYNC_IMPLICIT},

	{{SYNCOBJ(0, 0)}, LATCH_SYNC_OK, LATCH_SYNC_NONE},
	{{SYNCOBJ(1, 0)}, LATCH_SYNC_SYNCOBJ_NO_BUFFER, 0},
	{{SYNCOBJ(0, 1)}, LATCH_SYNC_SYNCOBJ_NO_BUFFER, 0},
	{{SYNCOBJ(0, 0), DMABUF}, LATCH_SYNC_SYNCOBJ_NO_ACQUIRE_POINT, 0},
	{{SYNCOBJ(0, 0), SHM}, LATCH_SYNC_SYNCOBJ_NO_ACQUIRE_POINT, 0},
	{{SYNCOBJ(0, 2), DMABUF}, LATCH_SYNC_SYNCOBJ_NO_ACQUIRE_POINT, 0},
	{{SYNCOBJ(1, 0), DMABUF}, LATCH_SYNC_SYNCOBJ_NO_RELEASE_POINT, 0},
	{{SYNCOBJ(1, 2), SHM}, LATCH_SYNC_SYNCOBJ_UNSUPPORTED_BUFFER, 0},
	{{SYNCOBJ(1, 2), DMABUF, .same_timeline = true}, LATCH_SYNC_OK, LATCH_SYNC_SYNCOBJ},
	{{SYNCOBJ(2, 2), DMABUF, .same_timeline = true}, LATCH_SYNC_SYNCOBJ_CONFLICTING_POINTS, 0},
	{{SYNCOBJ(3, 2), DMABUF, .same_timeline = true}, LATCH_SYNC_SYNCOBJ_CONFLICTING_POINTS, 0},
	{{SYNCOBJ(UINT64_MAX, UINT64_MAX - 1), DMABUF, .same_timeline = true},
		LATCH_SYNC_SYNCOBJ_CONFLICTING_POINTS, 0},
	{{SYNCOBJ(3, 2), DMABUF}, LATCH_SYNC_OK, LATCH_SYNC_SYNCOBJ},
	{{SYNCOBJ(1, 2), DMABUF, .has_sync_file = true}, LATCH_SYNC_OK, LATCH_SYNC_SYNCOBJ},

	{{.has_sync_file = true}, LATCH_SYNC_ZWP_NO_BUFFER, 0},
	{{.has_buffer_release = true}, LATCH_SYNC_ZWP_NO_BUFFER, 0},
	{{SHM, .has_sync_file = true}, LATCH_SYNC_ZWP_UNSUPPORTED_BUFFER, 0},
	{{SHM, .has_buffer_release = true}, LATCH_SYNC_OK, LATCH_SYNC_NONE},
	{{DMABUF, .has_buffer_release = true}, LATCH_SYNC_OK, LATCH_SYNC_IMPLICIT},
	{{DMABUF, .has_sync_file = true}, LATCH_SYNC_OK, LATCH_SYNC_SYNC_FILE},
};

static void test_rules(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum latch_sync_verdict verdict = latch_sync_judge(&rows[i].request);
		if (verdict != rows[i].verdict) {
			fail_msg("row %zu: verdict %d, not %d", i, verdict, rows[i].verdict);
		}
		if (verdict == LATCH_SYNC_OK) {
			assert_int_equal(latch_sync_choose(&rows[i].request), rows[i].kind);
		}
	}
}

static void test_times(void **state) {
	struct latch_update update = {.record = {.commit_ns = 100, .signalled_ns = 100}};
	latch_update_note_signal(&update, 0, false);
	assert_int_equal(update.fence_ns, 0);
	assert_int_equal(update.record.signalled_ns, 100);

	/* Done before the commit: both raw values stay. */
	latch_update_note_signal(&update, 90, false);
	assert_int_equal(update.fence_ns, 90);
	assert_int_equal(update.record.signalled_ns, 100);

	/* The latest of several counts, in whatever order they are told. */
	latch_update_note_signal(&update, 130, false);
	latch_update_note_signal(&update, 120, false);
	assert_int_equal(update.fence_ns, 130);
	assert_int_equal(update.record.signalled_ns, 130);
	assert_false(update.record.fence_error);

	latch_update_note_signal(&update, 140, true);
	latch_update_note_signal(&update, 150, false);
	assert_true(update.record.fence_error);
}

static void test_names(void **state) {
	assert_string_equal(latch_name(&latch_sync_kind_names, LATCH_SYNC_NONE), "none");
	assert_string_equal(latch_name(&latch_sync_kind_names, LATCH_SYNC_IMPLICIT), "implicit");
	assert_string_equal(latch_name(&latch_sync_kind_names, LATCH_SYNC_SYNC_FILE), "sync_file");
	assert_string_equal(latch_name(&latch_sync_kind_names, LATCH_SYNC_SYNCOBJ), "syncobj");
}

TEST_MAIN("update", UNIT(test_rules), UNIT(test_times), UNIT(test_names))
