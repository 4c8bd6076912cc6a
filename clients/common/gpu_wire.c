/* SPDX-License-Identifier: MIT */
#include "gpu_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

bool gpu_wire_address(struct sockaddr_un *address) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	const char *path = getenv("LATCH_GPU"), *directory = getenv("XDG_RUNTIME_DIR");
	if (!path && !directory) {
		errno = ENOENT;
		return false;
	}
	int len = snprintf(address->sun_path, sizeof(address->sun_path), "%s%s",
		path ? path : directory, path ? "" : "/lab-gpu");
	errno = ENAMETOOLONG;
	return len > 0 && (size_t)len < sizeof(address->sun_path);
}
