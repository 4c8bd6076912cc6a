/* SPDX-License-Identifier: MIT */
/*
 * What --output asks for.
 */
#include "../test.h"
#include "backend/request.h"

static struct latch_output_requests requests;

static int setup(void **state) {
	requests = (struct latch_output_requests){0};
	return 0;
}

static void ask(const char *text) {
	print_message("# %s\n", text);
	assert_true(latch_output_request_parse(text, &requests));
}

static void assert_asked(const char *name, const char *expected) {
	const struct latch_output_request found = latch_output_requests_find(&requests, name);
	char text[64];
	snprintf(text, sizeof(text), "%dx%d@%d x%.2f %d:%d %d:%d,%d", found.mode.width,
		found.mode.height, found.mode.refresh_mhz, (double)found.scale, found.turned,
		(int)found.transform, found.placed, found.x, found.y);
	assert_string_equal(text, expected);
}

static void test_parts(void **state) {
	ask("DP-1:1920x1080@59.94,x1.5,flipped-90,+1920-10");
	assert_asked("DP-1", "1920x1080@59940 x1.50 1:5 1:1920,-10");
	assert_asked("dp-1", "1920x1080@59940 x1.50 1:5 1:1920,-10");
	assert_asked("DP-2", "0x0@0 x0.00 0:0 0:0,0");
	/* In any order, each left out. */
	ask("DP-2:-5+7,normal");
	assert_asked("DP-2", "0x0@0 x0.00 1:0 1:-5,7");
	ask("DP-3:x2");
	assert_asked("DP-3", "0x0@0 x2.00 0:0 0:0,0");
}

static void test_of_all_and_of_one(void **state) {
	ask(":800x600,x2");
	ask("DP-1:90,x1");
	ask(":1024x768");
	assert_asked("DP-1", "1024x768@0 x1.00 1:1 0:0,0");
	assert_asked("DP-2", "1024x768@0 x2.00 0:0 0:0,0");
}

static void test_bad(void **state) {
	static const char *const bad[] = {"", "DP-1", "DP-1:", "DP-1:,", "DP-1:x2,", "DP-1:x0",
		"DP-1:x99", "DP-1:xnan", "DP-1:x", "DP-1:45", "DP-1:+5", "DP-1:5+5", "DP-1:+5+", "DP-1:+5+5+5",
		"DP-1:+5+5x", "DP-1:+999999+0", "DP-1:1920", "DP-1:1920x1080@", "DP-1:x2,x2",
		"DP-1:90,180", "DP-1:+1+1,+2+2", "DP-1:640x480,800x600",
		"A-NAME-THAT-NO-CONNECTOR-HAS-1234:x2",
		"DP-1:111111111111111111111111111111111x1"};
	for (size_t i = 0; i < LEN(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_false(latch_output_request_parse(bad[i], &requests));
	}
	assert_int_equal(requests.len, 0);
	for (size_t i = 0; i < LATCH_OUTPUT_REQUESTS_MAX; i++) {
		ask("DP-1:x2");
	}
	assert_false(latch_output_request_parse("DP-1:x2", &requests));
}

TEST_MAIN("backend-request", TEST_BEGIN(test_parts), TEST_BEGIN(test_of_all_and_of_one),
	TEST_BEGIN(test_bad))
