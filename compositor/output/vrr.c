#include "output/vrr.h"

#include <string.h>
#include <wlr/util/log.h>

static const struct {
	const char *name, *text;
} refusals[LATCH_VRR_REFUSALS] = {
	[LATCH_VRR_OK] = {"ok", "on"},
	[LATCH_VRR_NOT_ASKED] = {"not-asked", "off, nobody asks for it"},
	[LATCH_VRR_NOT_CAPABLE] = {"not-capable",
		"off, the monitor or its driver has none (vrr_capable, VRR_ENABLED)"},
	[LATCH_VRR_NOT_FULLSCREEN] = {"not-fullscreen", "off, nothing fills the screen"},
	[LATCH_VRR_PHOTO] = {"photo", "off, what fills the screen is a photo"},
	[LATCH_VRR_KERNEL] = {"kernel", "off, the kernel refuses it in this mode"},
};

bool latch_vrr_policy_parse(const char *name, enum latch_vrr_policy *policy) {
	static const char *const names[] = {
		[LATCH_VRR_OFF] = "off",
		[LATCH_VRR_ON] = "on",
		[LATCH_VRR_FULLSCREEN] = "fullscreen",
	};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*policy = (enum latch_vrr_policy)i;
			return true;
		}
	}
	return false;
}

const char *latch_vrr_refusal_name(enum latch_vrr_refusal refusal) {
	return (unsigned)refusal < LATCH_VRR_REFUSALS ? refusals[refusal].name : NULL;
}

enum latch_vrr_refusal latch_vrr_decide(const struct latch_vrr_input *input) {
	if (input->policy == LATCH_VRR_OFF) {
		return LATCH_VRR_NOT_ASKED;
	}
	if (!input->capable) {
		return LATCH_VRR_NOT_CAPABLE;
	}
	if (input->policy == LATCH_VRR_FULLSCREEN && !input->fullscreen) {
		return LATCH_VRR_NOT_FULLSCREEN;
	}
	if (input->fullscreen && input->photo) {
		return LATCH_VRR_PHOTO;
	}
	return input->refused ? LATCH_VRR_KERNEL : LATCH_VRR_OK;
}

void latch_vrr_log(
	enum latch_vrr_refusal *logged, enum latch_vrr_refusal refusal, const char *name) {
	if (refusal != *logged) {
		*logged = refusal;
		wlr_log(WLR_INFO, "%s: variable refresh: %s: %s", name, refusals[refusal].name,
			refusals[refusal].text);
	}
}
