/* SPDX-License-Identifier: MIT */
#pragma once

/* What wlroots calls of an output. */

#include "backend/types.h"

/**
 * Makes an output of a connected connector and announces it. It is off, without a CRTC, until it is
 * enabled. Without memory nothing comes.
 */
void latch_kms_output_create(struct latch_kms_backend *backend, struct kms_connector *connector);

/** The KMS output behind a wlr_output; NULL for one of another backend. */
struct latch_kms_output *latch_kms_output_from_wlr_output(struct wlr_output *output);
