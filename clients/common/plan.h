#ifndef CLIENT_PLAN_H
#define CLIENT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "formats.h"

/** One tranche of dma-buf feedback: what the compositor prefers to get, best tranche first. */
struct tranche {
	dev_t target_device; /* 0: the compositor named none (protocol version 3) */
	bool scanout;
	struct format_set formats;
};

/** One thing to try: allocate with any of these modifiers and offer it to the compositor. */
struct plan_step {
	uint32_t fourcc;
	bool scanout;
	bool apart; /* each plane in memory of its own, by the user's wish */
	dev_t target_device;
	size_t num_modifiers;
	uint64_t *modifiers; /* owned by the plan */
};

struct plan {
	struct plan_step *steps;
	size_t len;
};

/** What the user asked for; zero and NULL mean no wish. */
struct plan_wish {
	uint32_t fourcc;
	bool has_modifier;
	uint64_t modifier;
	bool apart; /* each plane in memory of its own (CPU buffers only) */
};

/**
 * Lists every allocation worth trying, in the compositor's order of preference: for each tranche,
 * for each format of ours that it has, first all explicit modifiers that both sides know, then
 * LINEAR alone, then the implicit layout. A plain function of its arguments.
 *
 * @param drawable what our side can draw into
 * @param plan     filled; give it to plan_finish()
 * @return false without memory; a plan without steps when the sides have nothing in common
 */
bool plan_init(struct plan *plan, const struct tranche *tranches, size_t num_tranches,
	const struct format_set *drawable, const struct plan_wish *wish);

/** Whether the modifier is one of the step's. */
bool plan_step_allows(const struct plan_step *step, uint64_t modifier);

/** Whether two steps would ask for the same thing, so that buffers in hand can stay. */
bool plan_step_equal(const struct plan_step *a, const struct plan_step *b);

/** A copy that outlives its plan; finish it with plan_step_finish(). */
bool plan_step_copy(struct plan_step *to, const struct plan_step *from);

void plan_step_finish(struct plan_step *step);
void plan_finish(struct plan *plan);

#endif
