/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the planner: bytes become layers, planes and a kernel's answers, and every plan has
 * to fulfil what tests/unit/plan/check.h says. Any time is long enough:
 *
 *      meson setup build-fuzz -Dfuzz=true with CC=clang; build-fuzz/tests/fuzz/fuzz-plan corpus/
 */
#include <stdio.h>
#include <stdlib.h>

#include "case.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
	static struct plan_case c;
	plan_case_decode(&c, bytes, len);
	const char *error = plan_case_run(&c);
	if (error != NULL) {
		plan_case_print(&c);
		fprintf(stderr, "%s\n", error);
		abort();
	}
	return 0;
}
