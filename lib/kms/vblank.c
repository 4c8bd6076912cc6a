/* SPDX-License-Identifier: MIT */
#include "kms/vblank.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/*
 * KMS tells nobody whether a vblank is an interrupt of a display controller or a timer, so it goes
 * by the driver's name. These are the drivers that have no scanout of their own, or no interrupt
 * from it: virtual ones, framebuffers that the firmware set up, and USB or SPI displays that are
 * sent whole pictures. All others are display controllers.
 *
 * Nothing in the events gives a timer away. Measured with Linux 7.2, 120 flips in a row at 60.004
 * Hz: vkms and virtio_gpu both flip every 16665 or 16666 us, sequence numbers without a gap, also
 * after a pause (the next flip is a whole number of periods later). A virtio_gpu without that timer
 * (older kernels, not measured) completes each commit at once: drm_atomic_helper_fake_vblank().
 */
static const char *const simulated_drivers[] = {
	"appletbdrm", "ast", "bochs-drm", "bochs", "cirrus", "cirrus-qemu", "efidrm",
	"evdi", "gm12u320", "gud", "hx8357d", "hyperv_drm", "ili9163", "ili9225", "ili9341",
	"ili9486", "mi0283qt", "ofdrm", "panel-mipi-dbi", "qxl", "repaper",
	"sharp_memory_display", "simpledrm", "ssd130x", "st7586", "st7735r", "udl",
	"vboxvideo", "vesadrm", "vgem", "virtio_gpu", "vkms", "vmwgfx", "xen-drm-front",
};

static bool is_older(const char *release, int major, int minor) {
	int is_major, is_minor;
	return sscanf(release, "%d.%d", &is_major, &is_minor) == 2 &&
	       (is_major < major || (is_major == major && is_minor < minor));
}

enum kms_clock_kind kms_clock_kind_of_driver(const char *driver, const char *release) {
	/* The graphics of many servers: it uses its vblank interrupt since Linux 6.12. */
	if (strcmp(driver, "mgag200") == 0 && is_older(release, 6, 12)) {
		return KMS_CLOCK_SIMULATED;
	}
	for (size_t i = 0; i < sizeof(simulated_drivers) / sizeof(simulated_drivers[0]); i++) {
		if (strcmp(driver, simulated_drivers[i]) == 0) {
			return KMS_CLOCK_SIMULATED;
		}
	}
	return KMS_CLOCK_HARDWARE;
}

const char *kms_clock_kind_name(enum kms_clock_kind kind) {
	return kind == KMS_CLOCK_HARDWARE ? "hardware" : "simulated";
}
