/* What a surface's client is advised to allocate for, reason by reason. */

#include "../test.h"
#include "dmabuf/tranche.h"
#include "plan/reason.h"

#define KEEP LATCH_TRANCHE_KEEP
#define SCANOUT LATCH_TRANCHE_SCANOUT
#define COMPOSE LATCH_TRANCHE_COMPOSE

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
	KEEP,	 // shm-unsealed
	KEEP,	 // draws-ahead
	COMPOSE, // color
};

static void each_reason_alone(void **state) {
	for (unsigned i = 0; i < LATCH_REASON_COUNT; i++) {
		enum latch_tranche_advice advice = latch_tranche_advise(UINT64_C(1) << i);
		if (advice != alone[i]) {
			fail_msg("reason bit %u: advice %d, not %d", i, advice, alone[i]);
		}
	}
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum latch_tranche_advice advice = latch_tranche_advise(rows[i].reasons);
		if (advice != rows[i].advice) {
			fail_msg("row %zu: advice %d", i, advice);
		}
	}
}

TEST_MAIN("dmabuf-tranche", UNIT(each_reason_alone), UNIT(reasons_together))
