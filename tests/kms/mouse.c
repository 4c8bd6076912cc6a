/* kms-mouse SECONDS: a mouse that reports 500 times a second, by uinput
 * (https://docs.kernel.org/input/uinput.html). It says "moves" when it begins, and takes next to
 * nothing of the machine: what is measured beside it is the pointer. */
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REPORT_NS INT64_C(2000000)
#define SECOND_NS INT64_C(1000000000)
/* After so many it goes back. */
#define WAY 100
#define STEP 3

static int fail(const char *what) {
	fprintf(stderr, "kms-mouse: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Returns the device, or -1. */
static int open_mouse(void) {
	static const struct {
		unsigned long request;
		int bit;
	} bits[] = {{UI_SET_EVBIT, EV_KEY}, {UI_SET_KEYBIT, BTN_RIGHT}, {UI_SET_EVBIT, EV_REL},
		{UI_SET_RELBIT, REL_X}, {UI_SET_RELBIT, REL_Y}};
	const struct uinput_setup setup = {
		.id = {.bustype = BUS_USB, .vendor = 1, .product = 1, .version = 1},
		.name = "test mouse",
	};
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]) && ok; i++) {
		ok = ioctl(fd, bits[i].request, bits[i].bit) == 0;
	}
	ok = ok && ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ioctl(fd, UI_DEV_CREATE) == 0;
	return ok ? fd : -1;
}

static void sleep_until(int64_t time_ns) {
	const struct timespec time = {time_ns / SECOND_NS, time_ns % SECOND_NS};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

int main(int argc, char **argv) {
	const double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
	if (!(seconds > 0 && seconds < 1000)) {
		fprintf(stderr, "usage: kms-mouse SECONDS\n");
		return 2;
	}
	int fd = open_mouse();
	if (fd < 0) {
		return fail("no mouse can be made");
	}
	sleep(1); // until the compositor has found it
	puts("moves");
	fflush(stdout);
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t begin_ns = now.tv_sec * SECOND_NS + now.tv_nsec;
	const int count = (int)(seconds * (double)SECOND_NS / (double)REPORT_NS);
	for (int n = 0; n < count; n++) {
		const int step = n / WAY % 2 == 0 ? STEP : -STEP;
		const struct input_event events[] = {
			{.type = EV_REL, .code = REL_X, .value = step},
			{.type = EV_REL, .code = REL_Y, .value = step},
			{.type = EV_SYN, .code = SYN_REPORT},
		};
		if (write(fd, events, sizeof(events)) != sizeof(events)) {
			return fail("the mouse can't move");
		}
		sleep_until(begin_ns + REPORT_NS * (n + 1));
	}
	printf("%d moves\n", count);
	return 0;
}
