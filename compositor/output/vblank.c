#include "output/vblank.h"

#include <stddef.h>

const char *const latch_vrr_policy_names[] = {
	[LATCH_VRR_OFF] = "off",
	[LATCH_VRR_ON] = "on",
	[LATCH_VRR_FULLSCREEN] = "fullscreen",
	NULL,
};

/* The first refusal that holds, by its number; 0 when none does. holds[0] is not looked at. */
static unsigned find_first(const bool *holds, unsigned len) {
	unsigned first = 1;
	while (first < len && !holds[first]) {
		first++;
	}
	return first < len ? first : 0;
}

enum latch_tearing_refusal latch_tearing_decide(const struct latch_tearing_input *input) {
	const bool holds[LATCH_TEARING_REFUSALS] = {
		[LATCH_TEARING_NOT_ASKED] = !input->asked,
		[LATCH_TEARING_NO_DRIVER] = !input->driver,
		[LATCH_TEARING_FORMAT] = !input->format,
		[LATCH_TEARING_NOT_ALONE] = !input->alone,
		[LATCH_TEARING_FIFO] = input->fifo,
		[LATCH_TEARING_MODESET] = input->modeset,
		[LATCH_TEARING_CAPTURE] = input->capture,
		[LATCH_TEARING_MORE_CHANGES] = !input->only_fb_changes,
		[LATCH_TEARING_KERNEL] = input->refused,
	};
	return (enum latch_tearing_refusal)find_first(holds, LATCH_TEARING_REFUSALS);
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
	return (enum latch_vrr_refusal)find_first(holds, LATCH_VRR_REFUSALS);
}
