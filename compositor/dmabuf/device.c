/* SPDX-License-Identifier: MIT */
#include "dmabuf/device.h"

#include <stddef.h>
#include <sys/stat.h>
#include <xf86drm.h>

#define MAX_DRM_DEVICES 64

static bool has_render_node(const drmDevice *device, dev_t *number) {
	struct stat st;
	if ((device->available_nodes & (1 << DRM_NODE_RENDER)) == 0 ||
		stat(device->nodes[DRM_NODE_RENDER], &st) != 0) {
		return false;
	}
	*number = st.st_rdev;
	return true;
}

static bool render_node_of(int drm_fd, dev_t *number) {
	drmDevice *device = NULL;
	if (drmGetDevice2(drm_fd, 0, &device) != 0) {
		return false;
	}
	bool found = has_render_node(device, number);
	drmFreeDevice(&device);
	return found;
}

static bool any_render_node(dev_t *number) {
	drmDevice *devices[MAX_DRM_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DRM_DEVICES);
	bool found = false;
	for (int i = 0; i < len && !found; i++) {
		found = has_render_node(devices[i], number);
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	return found;
}

uint32_t latch_dmabuf_find_main_device(int drm_fd, dev_t *main_device) {
	if ((drm_fd >= 0 && render_node_of(drm_fd, main_device)) || any_render_node(main_device)) {
		return LATCH_DMABUF_VERSION;
	}
	struct stat st;
	if (drm_fd < 0 || fstat(drm_fd, &st) != 0) {
		return 0;
	}
	*main_device = st.st_rdev;
	return 3;
}

bool latch_dmabuf_is_same_device(dev_t one, dev_t other) {
	if (one == other) {
		return true;
	}
	drmDevice *devices[2] = {NULL, NULL};
	const bool same = drmGetDeviceFromDevId(one, 0, &devices[0]) == 0 &&
			  drmGetDeviceFromDevId(other, 0, &devices[1]) == 0 &&
			  drmDevicesEqual(devices[0], devices[1]);
	drmFreeDevices(devices, 2);
	return same;
}
