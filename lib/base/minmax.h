/* SPDX-License-Identifier: MIT */
/* The lesser and the greater of two numbers. */
#pragma once

#include <stdint.h>

static inline int64_t latch_min(int64_t a, int64_t b) {
	return a < b ? a : b;
}

static inline int64_t latch_max(int64_t a, int64_t b) {
	return a > b ? a : b;
}

/** `value`, or the bound that it is beyond; `least` where the bounds contradict each other. */
static inline int64_t latch_clamp(int64_t value, int64_t least, int64_t most) {
	return latch_max(latch_min(value, most), least);
}
