/* SPDX-License-Identifier: MIT */
#include "dmabuf/tranche.h"

#include "plan/reason.h"

/* Another buffer could be shown. */
static const uint64_t curable =
	LATCH_REASON_FORMAT | LATCH_REASON_MODIFIER | LATCH_REASON_IMPORT_FAILED;

/* No other buffer would be shown either, for as long as the surface is used like this. */
static const uint64_t lasting =
	LATCH_REASON_SCALING | LATCH_REASON_ROTATION | LATCH_REASON_PARTLY_TRANSPARENT |
	LATCH_REASON_POSITION | LATCH_REASON_ALPHA | LATCH_REASON_BLEND |
	LATCH_REASON_COLOR_ENCODING | LATCH_REASON_COLOR | LATCH_REASON_DISABLED |
	LATCH_REASON_NO_KMS;

enum latch_tranche_advice latch_tranche_advise(uint64_t reasons) {
	if (reasons & (LATCH_REASON_COVERED | LATCH_REASON_NO_DMABUF | LATCH_REASON_SHM_UNSEALED |
			      LATCH_REASON_DRAWS_AHEAD)) {
		return LATCH_TRANCHE_KEEP;
	}
	if (reasons & lasting) {
		return LATCH_TRANCHE_COMPOSE;
	}
	return reasons == 0 || (reasons & curable) != 0 ? LATCH_TRANCHE_SCANOUT : LATCH_TRANCHE_KEEP;
}
