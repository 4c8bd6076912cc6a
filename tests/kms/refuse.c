/*
 * Preloaded into latch: while the file $LATCH_REFUSE is there, the kernel refuses each atomic
 * commit that is no test, with the errno that is in it. $LATCH_REFUSE.count grows by a byte each.
 */
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);

static int wanted_errno(const char *path) {
	int number = 0;
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%d", &number) != 1) {
			number = 0;
		}
		fclose(file);
	}
	return number;
}

static void count(const char *path) {
	char name[256];
	snprintf(name, sizeof(name), "%s.count", path);
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		if (write(fd, "x", 1) < 0) {
			perror(name);
		}
		close(fd);
	}
}

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	const char *path = getenv("LATCH_REFUSE");
	if (request == DRM_IOCTL_MODE_ATOMIC && path != NULL) {
		const struct drm_mode_atomic *atomic = arg;
		int number = atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY ? 0 : wanted_errno(path);
		if (number != 0) {
			count(path);
			errno = number;
			return -1;
		}
	}
	return (int)syscall(SYS_ioctl, fd, request, arg);
}
