/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into latch: while the file $LATCH_REFUSE is there, the kernel refuses each atomic
 * commit that is no test, with the errno that is in it. $LATCH_REFUSE.count grows by a byte each.
 *
 * While $LATCH_REFUSE.lose is there, the next flip's event is lost, and the file goes: amdgpu,
 * nouveau and dpu do so after "flip_done timed out". It comes after all, too late: in front of the
 * next one.
 *
 * $LATCH_REFUSE_PIXELS is a file with a number: how many pixels all modes together may have, as
 * where outputs share a link, a memory bus or a clock. More is refused with ENOSPC, with "late"
 * behind the number only when it is no test. $LATCH_REFUSE_PIXELS.count grows as above.
 */
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
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

/* The number in the file, and a word behind it; otherwise where there is none. */
static unsigned long read_number(const char *path, unsigned long otherwise, char word[8]) {
	unsigned long number = otherwise;
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%lu %7s", &number, word) < 1) {
			number = otherwise;
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

#define MAX 1024

/* What is known of the device: numbers of properties, pixels of a mode by its blob's number, and of
 * each CRTC its number, its mode, and whether it is on. */
static uint32_t mode_property, active_property;
static uint64_t blob_pixels[MAX];
static struct crtc {
	uint32_t id;
	uint64_t pixels;
	bool active;
} crtcs[16];

static void note_property(const struct drm_mode_get_property *property) {
	if (strcmp(property->name, "MODE_ID") == 0) {
		mode_property = property->prop_id;
	} else if (strcmp(property->name, "ACTIVE") == 0) {
		active_property = property->prop_id;
	}
}

static void note_blob(const struct drm_mode_create_blob *blob) {
	const struct drm_mode_modeinfo *mode = (const void *)(uintptr_t)blob->data;
	if (blob->length == sizeof(*mode) && blob->blob_id < MAX) {
		blob_pixels[blob->blob_id] = (uint64_t)mode->hdisplay * mode->vdisplay;
	}
}

static struct crtc *crtc_of(struct crtc *all, uint32_t id) {
	struct crtc *crtc = all;
	while (crtc->id != 0 && crtc->id != id) {
		crtc++;
	}
	crtc->id = id;
	return crtc;
}

static uint64_t apply(const struct drm_mode_atomic *atomic, struct crtc *all) {
	const uint32_t *objects = (const void *)(uintptr_t)atomic->objs_ptr;
	const uint32_t *counts = (const void *)(uintptr_t)atomic->count_props_ptr;
	const uint32_t *props = (const void *)(uintptr_t)atomic->props_ptr;
	const uint64_t *values = (const void *)(uintptr_t)atomic->prop_values_ptr;
	for (uint32_t i = 0; i < atomic->count_objs; i++) {
		for (uint32_t j = 0; j < counts[i]; j++, props++, values++) {
			if (*props == mode_property) {
				crtc_of(all, objects[i])->pixels =
					*values < MAX ? blob_pixels[*values] : 0;
			} else if (*props == active_property) {
				crtc_of(all, objects[i])->active = *values != 0;
			}
		}
	}
	uint64_t pixels = 0;
	for (const struct crtc *crtc = all; crtc->id != 0; crtc++) {
		pixels += crtc->active ? crtc->pixels : 0;
	}
	return pixels;
}

static bool is_too_much(const char *path, uint64_t pixels, bool test) {
	char late[8] = "";
	unsigned long limit = read_number(path, ULONG_MAX, late);
	return pixels > limit && !(test && late[0] != '\0');
}

/* Every atomic commit and what it refers to passes here. */
static int with_limit(int fd, unsigned long request, void *arg, const char *path) {
	const struct drm_mode_atomic *atomic = arg;
	bool is_atomic = request == DRM_IOCTL_MODE_ATOMIC;
	bool test = is_atomic && (atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY);
	struct crtc next[sizeof(crtcs) / sizeof(crtcs[0])];
	memcpy(next, crtcs, sizeof(next));
	if (is_atomic && is_too_much(path, apply(atomic, next), test)) {
		count(path);
		errno = ENOSPC;
		return -1;
	}
	int ret = (int)syscall(SYS_ioctl, fd, request, arg);
	if (ret == 0 && request == DRM_IOCTL_MODE_GETPROPERTY) {
		note_property(arg);
	} else if (ret == 0 && request == DRM_IOCTL_MODE_CREATEPROPBLOB) {
		note_blob(arg);
	} else if (ret == 0 && is_atomic && !test) {
		memcpy(crtcs, next, sizeof(crtcs));
	}
	return ret;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	const char *path = getenv("LATCH_REFUSE");
	if (request == DRM_IOCTL_MODE_ATOMIC && path != NULL) {
		const struct drm_mode_atomic *atomic = arg;
		char word[8];
		bool test = atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY;
		int number = test ? 0 : (int)read_number(path, 0, word);
		if (number != 0) {
			count(path);
			errno = number;
			return -1;
		}
	}
	path = getenv("LATCH_REFUSE_PIXELS");
	return path != NULL ? with_limit(fd, request, arg, path)
			    : (int)syscall(SYS_ioctl, fd, request, arg);
}
