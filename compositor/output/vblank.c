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

enum latch_vrr_refusal latch_vrr_decide(const struct latch_vrr_input *input) {
	const bool holds[LATCH_VRR_REFUSALS] = {
		[LATCH_VRR_NOT_ASKED] = input->policy == LATCH_VRR_OFF,
		[LATCH_VRR_NOT_CAPABLE] = !input->capable,
		[LATCH_VRR_NOT_FULLSCREEN] =
			input->policy == LATCH_VRR_FULLSCREEN && !input->fullscreen,
		[LATCH_VRR_PHOTO] = input->fullscreen && input->photo,
		[LATCH_VRR_KERNEL] = input->refused,
	};
	return (enum latch_vrr_refusal)latch_first_refusal(holds, LATCH_VRR_REFUSALS);
}
