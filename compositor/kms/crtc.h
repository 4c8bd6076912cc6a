#ifndef LATCH_KMS_CRTC_H
#define LATCH_KMS_CRTC_H

#include <stdbool.h>
#include <stdint.h>
#include <xf86drmMode.h>

#include "kms/property.h"

/** Properties of a CRTC by their documented names. */
struct kms_crtc_properties {
	struct kms_property active;
	struct kms_property mode_id;
	struct kms_property out_fence_ptr;
	struct kms_property vrr_enabled;
	struct kms_property gamma_lut;
	struct kms_property degamma_lut;
	struct kms_property ctm;
};

/** A CRTC: the part of the hardware that reads planes and drives connectors. */
struct kms_crtc {
	uint32_t id;
	/** Its bit in every possible_crtcs mask. */
	unsigned index;
	struct kms_crtc_properties props;

	/** How it was found when the device was opened; not kept up to date. */
	struct {
		bool active;
		bool has_mode;
		drmModeModeInfo mode;
	} initial;
};

/** Reads a CRTC. Returns 0 or negative errno. */
int kms_crtc_init(struct kms_crtc *crtc, int fd, uint32_t id, unsigned index);

#endif
