/* SPDX-License-Identifier: MIT */
#include "uinput.h"

#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/fd.h"

int uinput_create(const char *name, const struct uinput_bit *bits, size_t len) {
	struct uinput_setup setup = {
		.id = {.bustype = BUS_USB, .vendor = 1, .product = 1, .version = 1},
	};
	snprintf(setup.name, sizeof(setup.name), "%s", name);
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < len && fd >= 0; i++) {
		if (ioctl(fd, bits[i].request, bits[i].bit) != 0) {
			latch_fd_clear(&fd);
		}
	}
	if (fd >= 0 && (ioctl(fd, UI_DEV_SETUP, &setup) != 0 || ioctl(fd, UI_DEV_CREATE) != 0)) {
		latch_fd_clear(&fd);
	}
	return fd;
}
