/* SPDX-License-Identifier: MIT */
#pragma once

#include "kernel.h"

/*
 * Layers, planes and a kernel out of a string of bytes, the same for the random test and for the
 * fuzzer. The screen is small and coordinates are coarse, so that layers meet each other in all
 * ways: beside, over, inside, flush, over an edge.
 */

#define PLAN_CASE_WIDTH 16
#define PLAN_CASE_HEIGHT 12
#define PLAN_CASE_MAX_LAYERS 72

struct plan_case {
	struct latch_profile set;
	struct plan_kernel kernel;
	/** Its .data is .kernel; both belong to this struct, which so must not move. */
	struct latch_plan_input input;
	struct latch_layer layers[PLAN_CASE_MAX_LAYERS];
	size_t len;
	/** What happens after the first frame: bytes that were not needed for it. */
	const uint8_t *rest;
	size_t rest_len;
};

/** splitmix64, by Sebastiano Vigna: the same numbers everywhere. */
static inline uint64_t plan_random(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/** Any bytes make a case; where they end, zeroes follow. */
void plan_case_decode(struct plan_case *c, const uint8_t *bytes, size_t len);

/** The same for a driver as it is, where nothing else is random than the layers. */
void plan_case_decode_layers(
	struct plan_case *c, plan_set_fn fill, const uint8_t *bytes, size_t len);

/** Plans one frame and checks it. Returns NULL or what is wrong. */
const char *plan_case_frame(
	struct plan_case *c, struct latch_plan_memory *memory, struct latch_plan *plan);

/**
 * Plans some frames of the case, and checks each: the first, the same again (which must not cost a
 * test), others, a refused commit, and the first again with an empty memory. Returns NULL or what
 * is wrong.
 */
const char *plan_case_run(struct plan_case *c);

/** Prints the case as it stands, for somebody who looks for the fault. */
void plan_case_print(const struct plan_case *c);
