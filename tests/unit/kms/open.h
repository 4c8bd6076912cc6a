/* SPDX-License-Identifier: MIT */
/* A device like vkms, for a test to open. */
#pragma once

#include "kms/device.h"
#include "kms_test.h"

static struct kms_device *device;
static int device_fd;

/** Describes a device like vkms, whose fd can be mapped, for dumb buffers. */
static inline int describe_device(void) {
	fake_reset();
	fake_add_vkms();
	device = NULL;
	device_fd = memfd_create("device", MFD_CLOEXEC);
	return ftruncate(device_fd, 1 << 20);
}

/** The device as it is described now. */
static inline void open_device(void) {
	enum kms_open_error error = KMS_OPEN_FAILED;
	kms_device_destroy(device);
	device = kms_device_create(device_fd, &error);
	assert_non_null(device);
	assert_int_equal(error, KMS_OPEN_OK);
}

/** Closes it; nothing of ours may be left. */
static inline int teardown(void **state) {
	kms_device_destroy(device);
	close(device_fd);
	return fake_finish();
}
