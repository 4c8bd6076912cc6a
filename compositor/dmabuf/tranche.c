#include "dmabuf/tranche.h"

#include "kms/plane.h"
#include "plan/reason.h"

/* Another buffer could be shown. */
static const uint64_t curable =
	LATCH_REASON_FORMAT | LATCH_REASON_MODIFIER | LATCH_REASON_IMPORT_FAILED;

/* No other buffer would be shown either, for as long as the surface is used like this. */
static const uint64_t lasting =
	LATCH_REASON_SCALING | LATCH_REASON_ROTATION | LATCH_REASON_PARTLY_TRANSPARENT |
	LATCH_REASON_POSITION | LATCH_REASON_ALPHA | LATCH_REASON_BLEND |
	LATCH_REASON_COLOR_ENCODING | LATCH_REASON_DISABLED | LATCH_REASON_NO_KMS;

enum latch_tranche_advice latch_tranche_advise(const struct kms_plane *const *planes,
	size_t planes_len, uint64_t reasons, struct latch_format_list *formats) {
	latch_format_list_clear(formats);
	if (reasons & (LATCH_REASON_COVERED | LATCH_REASON_NO_DMABUF)) {
		return LATCH_TRANCHE_KEEP;
	}
	if (reasons & lasting) {
		return LATCH_TRANCHE_COMPOSE;
	}
	if (reasons != 0 && (reasons & curable) == 0) {
		return LATCH_TRANCHE_KEEP;
	}
	for (size_t i = 0; i < planes_len; i++) {
		if (!latch_format_list_add_kms(formats, &planes[i]->formats)) {
			latch_format_list_clear(formats);
			return LATCH_TRANCHE_KEEP;
		}
	}
	return formats->len > 0 ? LATCH_TRANCHE_SCANOUT : LATCH_TRANCHE_COMPOSE;
}
