/* Which updates --latch kernel may hand over before their fence has signalled. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/hand_over.h"

static void test_verdicts(void **state) {
	static const struct {
		struct latch_hand_over_ask ask;
		enum latch_hand_over verdict;
	} rows[] = {
		{{1, 1, true, true, true, true}, LATCH_HAND_OVER_OK},
		{{2, 1, true, true, true, true}, LATCH_HAND_OVER_OTHER_WAITS},
		{{2, 2, true, true, true, true}, LATCH_HAND_OVER_OTHER_WAITS},
		{{1, 0, true, true, true, true}, LATCH_HAND_OVER_OTHER_WAITS},
		{{0, 0, true, true, true, true}, LATCH_HAND_OVER_OTHER_WAITS},
		{{1, 1, false, true, true, true}, LATCH_HAND_OVER_OTHER_WAITS},
		{{1, 1, true, false, false, true}, LATCH_HAND_OVER_NO_FENCE},
		{{1, 1, true, true, false, true}, LATCH_HAND_OVER_DRIVER},
		{{1, 1, true, true, true, false}, LATCH_HAND_OVER_SHAPE},
		{{0}, LATCH_HAND_OVER_OTHER_WAITS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const enum latch_hand_over verdict = latch_hand_over_judge(&rows[i].ask);
		print_message("# row %zu: %s\n", i, latch_hand_over_name(verdict));
		assert_int_equal(verdict, rows[i].verdict);
	}
}

/* What user space signals, or might never signal, is on no list. */
static void test_drivers(void **state) {
	static const char *const refused[] = {"sw_sync", "vgem", "stub", "detached-driver",
		"udmabuf", "dma_fence_chain", "dma_fence_array", "", "amdgpu2", "i91", "syncobj"};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_false(latch_hand_over_trusts(refused[i]));
	}
	static const char *const trusted[] = {"amdgpu", "i915", "drm_sched", "virtio_gpu", "xe"};
	for (size_t i = 0; i < sizeof(trusted) / sizeof(trusted[0]); i++) {
		assert_true(latch_hand_over_trusts(trusted[i]));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_drivers),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hand-over", tests, NULL, NULL);
}
