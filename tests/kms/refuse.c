/*
 * Preloaded into latch: while the file $LATCH_REFUSE is there, the kernel refuses each atomic
 * commit that is no test, with the errno that is in it. $LATCH_REFUSE.count grows by a byte each.
 *
 * While $LATCH_REFUSE.lose is there, the next flip's event is lost, and the file goes: amdgpu,
 * nouveau and dpu do so after "flip_done timed out". It comes after all, too late: in front of the
 * next one.
 */
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);
ssize_t read(int fd, void *bytes, size_t size);

/* Documentation/admin-guide/devices.txt of the kernel. */
#define DRM_MAJOR 226

static struct drm_event_vblank lost;

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

static bool is_card(int fd) {
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) == DRM_MAJOR;
}

static bool is_to_be_lost(void) {
	char name[256];
	const char *path = getenv("LATCH_REFUSE");
	return path != NULL && snprintf(name, sizeof(name), "%s.lose", path) > 0 &&
	       unlink(name) == 0;
}

ssize_t read(int fd, void *bytes, size_t size) {
	ssize_t len = syscall(SYS_read, fd, bytes, size);
	if (len != sizeof(lost) || !is_card(fd)) {
		return len;
	}
	if (lost.base.length != 0 && size >= 2 * sizeof(lost)) {
		memmove((char *)bytes + sizeof(lost), bytes, sizeof(lost));
		memcpy(bytes, &lost, sizeof(lost));
		lost.base.length = 0;
		return 2 * sizeof(lost);
	}
	if (is_to_be_lost()) {
		memcpy(&lost, bytes, sizeof(lost));
		errno = EAGAIN;
		return -1;
	}
	return len;
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
