#include "sync/hand_over.h"

#include <string.h>

/* By the names that dma_fence_ops.get_driver_name() gives, Linux 7.2. "drm_sched" are the jobs of
 * all drivers with the common scheduler and its timeout (amdgpu, etnaviv, lima, msm, nouveau,
 * panfrost, v3d, xe and others). */
static const char *const trusted_drivers[] = {
	"amdgpu",
	"drm_sched",
	"i915",
	"msm",
	"nouveau",
	"radeon",
	"virtio_gpu",
	"vmwgfx",
	"xe",
};

bool latch_hand_over_trusts(const char *driver_name) {
	for (size_t i = 0; i < sizeof(trusted_drivers) / sizeof(trusted_drivers[0]); i++) {
		if (strcmp(driver_name, trusted_drivers[i]) == 0) {
			return true;
		}
	}
	return false;
}

enum latch_hand_over latch_hand_over_judge(const struct latch_hand_over_ask *ask) {
	if (ask->waits != 1 || ask->fences != 1 || !ask->first) {
		return LATCH_HAND_OVER_OTHER_WAITS;
	}
	if (!ask->has_fence) {
		return LATCH_HAND_OVER_NO_FENCE;
	}
	if (!ask->trusted) {
		return LATCH_HAND_OVER_DRIVER;
	}
	return ask->same_shape ? LATCH_HAND_OVER_OK : LATCH_HAND_OVER_SHAPE;
}

const char *latch_hand_over_name(enum latch_hand_over verdict) {
	switch (verdict) {
	case LATCH_HAND_OVER_OK:
		return "ok";
	case LATCH_HAND_OVER_OTHER_WAITS:
		return "other-waits";
	case LATCH_HAND_OVER_NO_FENCE:
		return "no-fence";
	case LATCH_HAND_OVER_DRIVER:
		return "driver";
	case LATCH_HAND_OVER_SHAPE:
		return "shape";
	}
	return "unknown";
}
