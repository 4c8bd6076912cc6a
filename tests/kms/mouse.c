/* SPDX-License-Identifier: MIT */
/* kms-mouse SECONDS: a mouse that reports 500 times a second, by uinput
 * (https://docs.kernel.org/input/uinput.html). It says "moves" when it begins, and takes next to
 * nothing of the machine: what is measured beside it is the pointer. */
#include <linux/uinput.h>

#include "case.h"
#include "clients/common/uinput.h"

#define REPORTS_PER_SECOND 500
/* After so many it goes back. */
#define WAY 100
#define STEP 3

int main(int argc, char **argv) {
	const int count = argc == 2 ? atoi(argv[1]) * REPORTS_PER_SECOND : 0;
	CHECK(count > 0, "usage: kms-mouse SECONDS");
	static const struct uinput_bit bits[] = {{UI_SET_EVBIT, EV_KEY},
		{UI_SET_KEYBIT, BTN_RIGHT}, {UI_SET_EVBIT, EV_REL}, {UI_SET_RELBIT, REL_X},
		{UI_SET_RELBIT, REL_Y}};
	int fd = uinput_create("test mouse", bits, sizeof(bits) / sizeof(bits[0]));
	CHECK(fd >= 0, "no mouse can be made: %s", strerror(errno));
	sleep(1); // until the compositor has found it
	puts("moves");
	fflush(stdout);
	const int64_t begin_ns = latch_now_ns();
	for (int n = 0; n < count; n++) {
		const int step = n / WAY % 2 == 0 ? STEP : -STEP;
		const struct input_event events[] = {
			{.type = EV_REL, .code = REL_X, .value = step},
			{.type = EV_REL, .code = REL_Y, .value = step},
			{.type = EV_SYN, .code = SYN_REPORT},
		};
		CHECK(write(fd, events, sizeof(events)) == sizeof(events), "the mouse can't move");
		const struct timespec next = latch_ns_timespec(
			begin_ns + LATCH_NS_PER_SEC / REPORTS_PER_SECOND * (n + 1));
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("%d moves\n", count);
	return 0;
}
