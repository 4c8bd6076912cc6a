#ifndef LATCH_TEST_RANDOM_H
#define LATCH_TEST_RANDOM_H

#include "case.h"

#define RANDOM_CASE_BYTES 640

/* splitmix64, by Sebastiano Vigna: the same numbers everywhere. */
static inline uint64_t random_next(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/** Case i of a seed. Its .rest is overwritten by the next one. */
static inline void random_case(struct plan_case *c, uint64_t seed, int i) {
	static uint64_t words[RANDOM_CASE_BYTES / 8];
	uint64_t state = seed + (uint64_t)i * 1000003;
	for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
		words[j] = random_next(&state);
	}
	plan_case_decode(c, (const uint8_t *)words, sizeof(words));
}

#endif
