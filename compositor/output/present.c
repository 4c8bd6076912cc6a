#include "output/present.h"

#include <wlr/types/wlr_output.h>

uint32_t latch_present_flags(enum kms_clock_kind clock, bool async) {
	uint32_t flags = async ? 0 : WLR_OUTPUT_PRESENT_VSYNC;
	if (clock == KMS_CLOCK_HARDWARE) {
		flags |= WLR_OUTPUT_PRESENT_HW_COMPLETION;
		flags |= async ? 0 : WLR_OUTPUT_PRESENT_HW_CLOCK;
	}
	return flags;
}

uint32_t latch_present_refresh(int64_t refresh_ns, bool async) {
	return async || refresh_ns < 0 || refresh_ns > UINT32_MAX ? 0 : (uint32_t)refresh_ns;
}
