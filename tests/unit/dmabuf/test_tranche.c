/* SPDX-License-Identifier: MIT */
/* What a surface's client is advised to allocate for, reason by reason. */

#include "../test.h"
#include "dmabuf/tranche.h"
#include "plan/reason.h"

#define KEEP LATCH_TRANCHE_KEEP
#define SCANOUT LATCH_TRANCHE_SCANOUT
#define COMPOSE LATCH_TRANCHE_COMPOSE

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
	for (size_t i = 0; i < LEN(rows); i++) {
		enum latch_tranche_advice advice = latch_tranche_advise(rows[i].reasons);
		if (advice != rows[i].advice) {
			fail_msg("row %zu: advice %d", i, advice);
		}
	}
}

TEST_MAIN("dmabuf-tranche", UNIT(reasons_together))
