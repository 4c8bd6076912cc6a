#ifndef LATCH_OUTPUT_VRR_H
#define LATCH_OUTPUT_VRR_H

#include <stdbool.h>
#include <stddef.h>

/** When the display may wait for frames (--vrr; a tool for outputs can change it for each). */
enum latch_vrr_policy {
	LATCH_VRR_OFF,
	LATCH_VRR_ON,
	/** While one surface fills the screen; otherwise cursor motion would drive the refresh
	 * rate. */
	LATCH_VRR_FULLSCREEN,
};

/** "off", "on", "fullscreen". False for another word. */
bool latch_vrr_policy_parse(const char *name, enum latch_vrr_policy *policy);

/** Why an output has a fixed refresh. */
enum latch_vrr_refusal {
	LATCH_VRR_OK,
	LATCH_VRR_NOT_ASKED,
	/** The monitor, the connector or the CRTC can't. */
	LATCH_VRR_NOT_CAPABLE,
	LATCH_VRR_NOT_FULLSCREEN,
	/** content-type-v1 says photo: there are no frames to wait for. */
	LATCH_VRR_PHOTO,
	LATCH_VRR_KERNEL,
};
#define LATCH_VRR_REFUSALS 6

/** The stable name: "not-capable". "ok" for LATCH_VRR_OK. */
const char *latch_vrr_refusal_name(enum latch_vrr_refusal refusal);

struct latch_vrr_input {
	enum latch_vrr_policy policy;
	bool capable;
	bool fullscreen;
	bool photo;
	/** The kernel has refused it in this mode. */
	bool refused;
};

/** The first of the refusals that holds. Plain function. */
enum latch_vrr_refusal latch_vrr_decide(const struct latch_vrr_input *input);

/** Logs the decision for an output of this name, where it is another one than *logged. */
void latch_vrr_log(
	enum latch_vrr_refusal *logged, enum latch_vrr_refusal refusal, const char *name);

#endif
