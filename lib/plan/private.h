/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/plan.h"

/* What the steps of one latch_plan_make() share. Sets of layers and of planes are bit masks: bit i
 * is layers[i], front to back, and input->planes[i]. */

#define LAYER_BIT(i) (UINT64_C(1) << (i))
#define PLANE_BIT(i) (UINT32_C(1) << (i))

/** A loop over the members of a set, the lowest first; i is the member. The set is read once. */
#define PLAN_EACH(i, set)                                                                          \
	for (uint64_t i = 0, rest_of_##i = (set);                                                  \
		rest_of_##i != 0 && (i = (uint64_t)__builtin_ctzll(rest_of_##i), true);            \
		rest_of_##i &= rest_of_##i - 1)

/** Heights that a plane can have in the stack. */
struct plan_height {
	int64_t min, max;
	/** The height can be chosen, by writing zpos. */
	bool writable;
	/** Where it is cannot be known; it is left alone. */
	bool unknown;
};

struct plan_work {
	const struct latch_plan_input *input;
	struct latch_plan_memory *memory;
	struct latch_layer *layers;
	size_t len;
	/** Those that should not go to a plane yet (latch_layer.waits). */
	uint64_t waiting;
	unsigned tests;
	unsigned steps; // of the searches
	/** What a kernel answered that could not be asked just now, negative; else 0. */
	int busy_error;

	/** Layers of which something is to be seen. */
	uint64_t visible;
	/** What shows the backmost of them: the CRTC's background; 0: nothing does. */
	uint64_t background;
	/** The visible layers that a layer overlaps on the screen. */
	uint64_t overlaps[LATCH_PLAN_MAX_LAYERS];

	int primary; // index in input->planes
	struct plan_height heights[LATCH_PLAN_MAX_PLANES];

	/** The planes that could show a layer, and where there are none, why. */
	uint32_t fits[LATCH_PLAN_MAX_LAYERS];
	uint64_t fit_reasons[LATCH_PLAN_MAX_LAYERS];
	/** A visible layer is a dma-buf of YCbCr, whose encoding no plane can be told where one uses
	 * a colour pipeline. */
	bool has_ycbcr;
};

/** Which layers are on which planes. */
struct plan_solution {
	/** The layers that are on one, and its index in input->planes. */
	uint64_t placed;
	uint8_t plane[LATCH_PLAN_MAX_LAYERS];
	uint64_t underlays;
	int64_t zpos[LATCH_PLAN_MAX_LAYERS];
	int64_t primary_zpos;
};

static const struct plan_solution plan_all_composed = {.primary_zpos = -1};

static inline unsigned plan_count(uint64_t set) {
	return (unsigned)__builtin_popcountll(set);
}

/* visible.c */

/** Marks what is covered; fills visible, sets place and reasons of the covered layers. */
void plan_drop_covered(struct plan_work *work);

/** Fills overlaps of the visible layers. */
void plan_find_overlaps(struct plan_work *work);

/* fit.c */

/** Fills fits and fit_reasons: what is known without asking for the whole arrangement. */
void plan_find_fits(struct plan_work *work);

/** Finds out which planes are of the same class. */
void plan_find_classes(
	const struct latch_plan_input *input, uint8_t classes[LATCH_PLAN_MAX_PLANES]);

/* stack.c */

/** Fills heights from the planes' zpos properties, types and ids. */
void plan_find_heights(struct plan_work *work);

/**
 * Whether the layers can be stacked in their order: those that are decided (mask) are on the
 * solution's planes or composed, the others are left out of account. composing: the primary plane
 * shows the composed picture. Fills zpos, underlays and primary_zpos if so.
 */
bool plan_stack(const struct plan_work *work, struct plan_solution *solution, uint64_t decided,
	bool composing);

/* search.c */

/**
 * Finds the solution with the most layers on planes that fits, can be stacked, and holds nothing
 * that the kernel refused. composing: false asks for every visible layer on a plane, true keeps
 * the primary plane for the composed picture. Returns false when there is none (true with an empty
 * solution is possible when composing).
 */
bool plan_search(struct plan_work *work, bool composing, struct plan_solution *solution);

/* refuse.c */

/** Whether the solution holds a combination that was refused. */
bool plan_is_refused(const struct plan_work *work, const struct plan_solution *solution);

/** Whether a refusal names this layer together with others. */
bool plan_refused_together(const struct plan_work *work, size_t layer);

/**
 * The kernel refused a solution with error (negative): finds out by more test commits which
 * layers are to blame, and remembers it. *good, with good_count layers on planes, is replaced by
 * a larger part of the solution that passed, if it can be shown as it is.
 */
void plan_learn_refusal(struct plan_work *work, const struct plan_solution *solution, int error,
	bool composing, struct plan_solution *good);

/* explain.c */

/** What speaks against planes for every layer of the output; 0: nothing. */
uint64_t plan_reasons_for_all(const struct latch_plan_input *input);

/** Gives each visible layer that is on no plane its reasons. */
void plan_give_reasons(struct plan_work *work, const struct plan_solution *solution);

/* memory.c */

/** The same layers may go to the same planes as the last time. */
bool plan_same_arrangement(const struct plan_work *work);

/**
 * Takes over the last decision for the same arrangement. Returns false when it does not hold any
 * more: a new buffer is not imported, a layer has settled, an option has changed.
 */
bool plan_reuse(struct plan_work *work);

void plan_remember(struct plan_work *work, const struct latch_plan *plan);

/** Other layers, or other planes: what the kernel refused before says nothing of them. */
void plan_begin_arrangement(struct plan_work *work);

/* solution.c */

/**
 * Writes a solution into layers of which nothing is decided yet (work's, or a copy of them), and
 * makes the plan that goes with it.
 */
struct latch_plan plan_apply(const struct plan_work *work, struct latch_layer *layers,
	const struct plan_solution *solution);

/** Whether another test commit may be made. */
bool plan_may_test(const struct plan_work *work);

/** Asks the kernel for a solution with work's layers in it, or with others in their place. */
int plan_test(struct plan_work *work, const struct latch_layer *layers,
	const struct plan_solution *solution);

/** Whether the error says that the arrangement itself is impossible, and not that the device is
 * busy. */
bool plan_error_lasts(int error);
