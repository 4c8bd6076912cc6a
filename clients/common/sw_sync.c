/* SPDX-License-Identifier: MIT */
#include "sw_sync.h"

#include <fcntl.h>
#include <sys/ioctl.h>

/* No header of the kernel for user space has these. */
struct sw_sync_create_fence_data {
	uint32_t value;
	char name[32];
	int32_t fence;
};
struct sw_sync_get_deadline {
	uint64_t deadline_ns;
	uint32_t pad;
	int32_t fence_fd;
};
#define SW_SYNC_IOC_CREATE_FENCE _IOWR('W', 0, struct sw_sync_create_fence_data)
#define SW_SYNC_IOC_INC _IOW('W', 1, uint32_t)
#define SW_SYNC_GET_DEADLINE _IOWR('W', 2, struct sw_sync_get_deadline)

int sw_sync_open(void) {
	return open(SW_SYNC_PATH, O_RDWR | O_CLOEXEC);
}

int sw_sync_create_fence(int timeline_fd, uint32_t value) {
	struct sw_sync_create_fence_data data = {.value = value, .name = "latch", .fence = -1};
	return ioctl(timeline_fd, SW_SYNC_IOC_CREATE_FENCE, &data) == 0 ? data.fence : -1;
}

bool sw_sync_advance(int timeline_fd, uint32_t by) {
	return ioctl(timeline_fd, SW_SYNC_IOC_INC, &by) == 0;
}

bool sw_sync_get_deadline(int timeline_fd, int sync_file, int64_t *deadline_ns) {
	struct sw_sync_get_deadline data = {.fence_fd = sync_file};
	if (ioctl(timeline_fd, SW_SYNC_GET_DEADLINE, &data) != 0) {
		return false;
	}
	*deadline_ns = (int64_t)data.deadline_ns;
	return true;
}
