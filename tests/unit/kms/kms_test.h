/* SPDX-License-Identifier: MIT */
/* What all tests with a device of fake_drm.h have in common. */
#pragma once

#include "../test.h"
#include "fake_drm.h"

struct sent_property {
	uint32_t object;
	const char *property;
	uint64_t value;
};

/** In the place of a value: the property is not in the commit. */
#define NOT_SENT UINT64_C(0xfefefefefefefefe)

/** The last commit set these properties, {object, name, value}, and to that. */
#define ASSERT_SENT(...) assert_sent((const struct sent_property[]){__VA_ARGS__, {0}})

static inline void assert_sent(const struct sent_property *sent) {
	for (; sent->property != NULL; sent++) {
		uint64_t value = NOT_SENT;
		fake_commit_has(sent->object, sent->property, &value);
		if (value != sent->value) {
			fail_msg("%u's %s is %llu", sent->object, sent->property,
				(unsigned long long)value);
		}
	}
}
