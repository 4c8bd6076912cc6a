/* SPDX-License-Identifier: MIT */
#pragma once

#include "kernel.h"

/**
 * Whether a plan is a right one, by what plan/plan.h promises and by what would be on the screen.
 *
 * The picture is not painted in colours but in names: for each pixel of the screen the layers that
 * are seen there, front to back, down to the first that nothing shines through. That list has to
 * be the same for the layers in their order and for the planes in theirs, with the composed
 * picture, and its holes, at the height of the primary plane. So two layers never look alike by
 * chance, and blending needs no arithmetic: the "over" operator is associative.
 *
 * Planes that overlap must have an order that the kernel's documentation defines. Only small
 * screens are worth it: every pixel is looked at.
 *
 * Returns NULL, or what is wrong; valid until the next call.
 */
const char *plan_check(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan,
	const struct plan_kernel *kernel);

/** Whether both decided the same for each layer. Returns NULL, or what is different. */
const char *plan_check_same(const struct latch_layer *a, const struct latch_layer *b, size_t len);
