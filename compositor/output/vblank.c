/* SPDX-License-Identifier: MIT */
#include "output/vblank.h"

#include <stddef.h>

const char *const latch_vrr_policy_names[] = {
	[LATCH_VRR_OFF] = "off",
	[LATCH_VRR_ON] = "on",
	[LATCH_VRR_FULLSCREEN] = "fullscreen",
	NULL,
};

unsigned latch_first_refusal(const bool *holds, unsigned len) {
	unsigned first = 1;
	while (first < len && !holds[first]) {
		first++;
	}
	return first < len ? first : 0;
}
