/* Thousands of random screens, each checked pixel by pixel against the layers in their order. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include "case.h"

#define CASES 20000
#define BYTES 640

/* splitmix64, by Sebastiano Vigna: the same numbers everywhere. */
static uint64_t next_random(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void run_cases(uint64_t seed, int cases) {
	static struct plan_case c;
	for (int i = 0; i < cases; i++) {
		uint64_t state = seed + (uint64_t)i * 1000003;
		uint64_t words[BYTES / 8];
		for (size_t j = 0; j < BYTES / 8; j++) {
			words[j] = next_random(&state);
		}
		plan_case_decode(&c, (const uint8_t *)words, sizeof(words));
		const char *error = plan_case_run(&c);
		if (error != NULL) {
			plan_case_print(&c);
			fail_msg("case %d of seed %d: %s", i, (int)seed, error);
		}
	}
}

static void the_picture_is_right(void **state) {
	run_cases(1, CASES / 2);
}

static void and_right_again(void **state) {
	run_cases(2, CASES / 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_picture_is_right),
		cmocka_unit_test(and_right_again),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
