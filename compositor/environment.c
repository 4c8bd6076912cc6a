#include "environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend/exit.h"

/* drm_syncobj eventfds that wait for points without a fence work since this one. */
#define MIN_KERNEL_MAJOR 6
#define MIN_KERNEL_MINOR 8

int latch_environment_check(void) {
	const char *dir = getenv("XDG_RUNTIME_DIR");
	if (dir == NULL || *dir == '\0') {
		fputs("latch: XDG_RUNTIME_DIR is not set: log in on a seat, or set it to a "
		      "directory "
		      "of yours with mode 0700\n",
			stderr);
		return LATCH_EXIT_NO_RUNTIME_DIR;
	}
	if (access(dir, R_OK | W_OK | X_OK) != 0) {
		fprintf(stderr, "latch: XDG_RUNTIME_DIR, %s, can't be used: %s\n", dir,
			strerror(errno));
		return LATCH_EXIT_NO_RUNTIME_DIR;
	}
	struct utsname name;
	int major, minor;
	if (uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
		(major < MIN_KERNEL_MAJOR ||
			(major == MIN_KERNEL_MAJOR && minor < MIN_KERNEL_MINOR))) {
		fprintf(stderr, "latch: Linux %s is too old: it takes %d.%d or newer\n",
			name.release, MIN_KERNEL_MAJOR, MIN_KERNEL_MINOR);
		return LATCH_EXIT_OLD_KERNEL;
	}
	return LATCH_EXIT_OK;
}
