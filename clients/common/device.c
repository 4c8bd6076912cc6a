/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <xf86drm.h>

#include "base/minmax.h"
#include "kms/device.h"
#include "util.h"

void device_list_add(struct device_list *list, const char *path) {
	for (size_t i = 0; path && i < list->len; i++) {
		if (strcmp(list->paths[i], path) == 0) {
			return;
		}
	}
	if (path && list->len < DEVICE_LIST_MAX && strlen(path) < sizeof(list->paths[0])) {
		strcpy(list->paths[list->len++], path);
	}
}

static void add_node(struct device_list *list, const drmDevice *device, int type) {
	if (device->available_nodes & (1 << type)) {
		device_list_add(list, device->nodes[type]);
	}
}

/* libdrm only knows buses that it was taught; a node on another one is still in /dev/dri. */
static void add_by_number(struct device_list *list, dev_t devid) {
	for (int i = 0; i < 256; i++) {
		/* Minors 0 to 127 are primary nodes, the rest render nodes. */
		char path[64];
		snprintf(path, sizeof(path), "/dev/dri/%s%d", i < 128 ? "card" : "renderD", i);
		struct stat st;
		if (stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == devid) {
			device_list_add(list, path);
			return;
		}
	}
}

void device_list_add_devid(struct device_list *list, dev_t devid, bool primary_only) {
	drmDevice *device = NULL;
	if (devid == 0) {
		return;
	}
	if (drmGetDeviceFromDevId(devid, 0, &device) != 0) {
		add_by_number(list, devid);
		return;
	}
	if (!primary_only) {
		add_node(list, device, DRM_NODE_RENDER);
	}
	add_node(list, device, DRM_NODE_PRIMARY);
	drmFreeDevice(&device);
}

void device_list_add_all(struct device_list *list, bool primary_only) {
	drmDevice *devices[DEVICE_LIST_MAX];
	int num = drmGetDevices2(0, devices, DEVICE_LIST_MAX);
	num = (int)latch_min(num, DEVICE_LIST_MAX);
	for (int i = 0; i < num && !primary_only; i++) {
		add_node(list, devices[i], DRM_NODE_RENDER);
	}
	for (int i = 0; i < num; i++) {
		add_node(list, devices[i], DRM_NODE_PRIMARY);
	}
	drmFreeDevices(devices, (int)latch_max(num, 0));
}

int device_open(const char *path) {
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		return -1;
	}
	if (drmGetNodeTypeFromFd(fd) < 0) {
		latch_fd_clear(&fd);
		errno = ENODEV;
		return -1;
	}
	if (drmIsMaster(fd) && drmDropMaster(fd) != 0) {
		say("can't give back DRM master of %s: %s", path, strerror(errno));
	}
	kms_set_client_name(fd, program_invocation_short_name);
	return fd;
}
