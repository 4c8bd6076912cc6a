/* SPDX-License-Identifier: MIT */
#pragma once

/** Where the times of flips come from, and so how far latencies can be trusted. */
enum kms_clock_kind {
	/** A display controller's vblank interrupt. */
	KMS_CLOCK_HARDWARE,
	/** A timer of the kernel at the mode's rate: no pixel goes anywhere at that time. */
	KMS_CLOCK_SIMULATED,
};

/** The kind of clock of a driver, by its name ("vkms", "amdgpu") and Linux' release ("6.12.3-amd64").
 */
enum kms_clock_kind kms_clock_kind_of_driver(const char *driver, const char *release);

/** "hardware" or "simulated". */
const char *kms_clock_kind_name(enum kms_clock_kind kind);
