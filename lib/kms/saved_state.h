/* SPDX-License-Identifier: MIT */
#pragma once

struct kms_device;

/**
 * Takes a picture of what is on the device: which connector is on which CRTC, modes (their
 * contents, as blobs die with their owner), planes with all that latch writes. To be taken before
 * the first commit. Returns NULL with errno set.
 */
struct kms_saved_state *kms_saved_state_create(const struct kms_device *device);

/**
 * Puts it back in one commit, blocking. Objects that have gone are left out, connectors that
 * came since are switched off; a framebuffer that has gone leaves its plane off; where the kernel
 * refuses, everything is switched off instead, so that the console finds the device free.
 * Needs DRM master. Returns 0, or negative errno when even that failed.
 */
int kms_saved_state_restore(struct kms_saved_state *state, struct kms_device *device);

void kms_saved_state_destroy(struct kms_saved_state *state);
