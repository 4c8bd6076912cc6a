/* SPDX-License-Identifier: MIT */
/* FNV-1a: tells one thing from another; nobody attacks it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LATCH_HASH_START UINT64_C(0xcbf29ce484222325)

/** Goes on from `hash`, which is LATCH_HASH_START or what an earlier call returned. */
static inline uint64_t latch_hash(uint64_t hash, const void *bytes, size_t len) {
	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}
