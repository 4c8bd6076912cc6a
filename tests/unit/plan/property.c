/* Thousands of random screens, each checked pixel by pixel against the layers in their order. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

#define CASES 20000
static void run_cases(uint64_t seed, int cases) {
	static struct plan_case c;
	for (int i = 0; i < cases; i++) {
		random_case(&c, seed, i);
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
