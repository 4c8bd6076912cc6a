/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kms/format.h"

/** One tranche of dma-buf feedback: what the compositor prefers to get, best tranche first. */
struct tranche {
	dev_t target_device; /* 0: the compositor named none (protocol version 3) */
	bool scanout;
	struct kms_format_set formats; /* DRM_FORMAT_MOD_INVALID: the driver's implicit layout */
};

/** Of a format that has more, which no driver is known for, the first ones are tried. */
#define PLAN_MAX_MODIFIERS 64

/** One thing to try: allocate with any of these modifiers and offer it to the compositor. */
struct plan_step {
	uint32_t fourcc;
	bool scanout;
	bool apart; /* each plane in memory of its own, by the user's wish */
	dev_t target_device;
	size_t num_modifiers;
	uint64_t modifiers[PLAN_MAX_MODIFIERS];
};

/** What the user asked for; zero and NULL mean no wish. */
struct plan_wish {
	uint32_t fourcc;
	bool has_modifier;
	uint64_t modifier;
	bool apart; /* each plane in memory of its own (CPU buffers only) */
};

/**
 * Tries every allocation worth it, in the compositor's order of preference: for each tranche,
 * for each format of ours that it has, first all explicit modifiers that both sides know, then
 * LINEAR alone, then the implicit layout.
 *
 * @param drawable what our side can draw into
 * @param take     whether it takes the step: then it was the last one
 * @return whether one was taken
 */
bool plan_try(const struct tranche *tranches, size_t num_tranches,
	const struct kms_format_set *drawable, const struct plan_wish *wish,
	bool (*take)(void *data, const struct plan_step *step), void *data);

/** Whether the modifier is one of the step's. */
bool plan_step_allows(const struct plan_step *step, uint64_t modifier);

/** Whether two steps would ask for the same thing, so that buffers in hand can stay. */
bool plan_step_equal(const struct plan_step *a, const struct plan_step *b);
