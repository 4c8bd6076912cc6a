/* What a surface's client is advised to allocate for, reason by reason. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "dmabuf/tranche.h"
#include "kms/plane.h"
#include "plan/reason.h"

#define KEEP LATCH_TRANCHE_KEEP
#define SCANOUT LATCH_TRANCHE_SCANOUT
#define COMPOSE LATCH_TRANCHE_COMPOSE

static struct kms_plane primary, overlay, empty;
static const struct kms_plane *const planes[] = {&primary, &overlay};
static const struct kms_plane *const no_formats[] = {&empty};

static int init(void **state) {
	return kms_format_set_add(&primary.formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
	       kms_format_set_add(&overlay.formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
	       kms_format_set_add(&overlay.formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
}

static int finish(void **state) {
	kms_format_set_finish(&primary.formats);
	kms_format_set_finish(&overlay.formats);
	return 0;
}

/* Every reason there is, so that a new one is thought about. */
static const enum latch_tranche_advice alone[LATCH_REASON_COUNT] = {
	KEEP,	 // no-dmabuf
	SCANOUT, // format
	SCANOUT, // modifier
	SCANOUT, // import-failed
	KEEP,	 // no-free-plane
	COMPOSE, // scaling
	COMPOSE, // rotation
	COMPOSE, // partly-transparent
	KEEP,	 // covered
	KEEP,	 // test-refused
	COMPOSE, // disabled
	COMPOSE, // no-kms
	KEEP,	 // z-order
	COMPOSE, // position
	COMPOSE, // alpha
	COMPOSE, // blend
	COMPOSE, // color-encoding
	KEEP,	 // not-ready
	KEEP,	 // captured
	KEEP,	 // settling
	KEEP,	 // idle
	KEEP,	 // tests-spent
	KEEP,	 // size
	KEEP,	 // crop
};

static void each_reason_alone(void **state) {
	struct latch_format_list formats = {0};
	for (unsigned i = 0; i < LATCH_REASON_COUNT; i++) {
		enum latch_tranche_advice advice =
			latch_tranche_advise(planes, 2, UINT64_C(1) << i, &formats);
		if (advice != alone[i]) {
			fail_msg("reason bit %u: advice %d, not %d", i, advice, alone[i]);
		}
		assert_int_equal(formats.len, advice == SCANOUT ? 2 : 0);
	}
	latch_format_list_finish(&formats);
}

static void reasons_together(void **state) {
	static const struct {
		uint64_t reasons;
		enum latch_tranche_advice advice;
	} rows[] = {
		{0, SCANOUT},
		{LATCH_REASON_FORMAT | LATCH_REASON_NO_FREE_PLANE, SCANOUT},
		{LATCH_REASON_MODIFIER | LATCH_REASON_SETTLING, SCANOUT},
		{LATCH_REASON_FORMAT | LATCH_REASON_ROTATION, COMPOSE},
		{LATCH_REASON_NO_FREE_PLANE | LATCH_REASON_SCALING, COMPOSE},
		{LATCH_REASON_COVERED | LATCH_REASON_ROTATION, KEEP},
		{LATCH_REASON_COVERED | LATCH_REASON_FORMAT, KEEP},
		{LATCH_REASON_NO_DMABUF | LATCH_REASON_FORMAT, KEEP},
		{LATCH_REASON_Z_ORDER | LATCH_REASON_NO_FREE_PLANE, KEEP},
	};
	struct latch_format_list formats = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum latch_tranche_advice advice =
			latch_tranche_advise(planes, 2, rows[i].reasons, &formats);
		if (advice != rows[i].advice) {
			fail_msg("row %zu: advice %d", i, advice);
		}
	}
	latch_format_list_finish(&formats);
}

static void union_of_planes(void **state) {
	struct latch_format_list formats = {0};
	assert_int_equal(latch_tranche_advise(planes, 1, 0, &formats), SCANOUT);
	assert_int_equal(formats.len, 1);
	assert_int_equal(latch_tranche_advise(planes, 2, 0, &formats), SCANOUT);
	assert_int_equal(formats.len, 2);
	assert_int_equal(
		latch_format_list_find(&formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR), 0);
	assert_int_equal(
		latch_format_list_find(&formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR), 1);
	/* Emptied before it is filled. */
	assert_int_equal(latch_tranche_advise(&planes[0], 1, 0, &formats), SCANOUT);
	assert_int_equal(formats.len, 1);
	latch_format_list_finish(&formats);
}

static void without_planes(void **state) {
	struct latch_format_list formats = {0};
	assert_int_equal(latch_tranche_advise(NULL, 0, 0, &formats), COMPOSE);
	assert_int_equal(
		latch_tranche_advise(no_formats, 1, LATCH_REASON_FORMAT, &formats), COMPOSE);
	latch_format_list_finish(&formats);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_alone),
		cmocka_unit_test(reasons_together),
		cmocka_unit_test(union_of_planes),
		cmocka_unit_test(without_planes),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, init, finish);
}
