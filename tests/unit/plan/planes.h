/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The planes of one CRTC of well-known drivers, as plain data, from the profiles in lib/profile. No
 * device is needed.
 */

#include "profile/profile.h"

/** Where a plane without zpos is in the stack. */
static inline int64_t plan_type_height(const struct kms_plane *plane) {
	return plane->type == KMS_PLANE_CURSOR ? 2 : plane->type == KMS_PLANE_OVERLAY;
}

/** One primary, eight overlays, one cursor, no zpos, no scaling. */
void plan_set_vkms(struct latch_profile *set);
/** The same, loaded with enable_plane_pipeline. */
void plan_set_vkms_colors(struct latch_profile *set);
/** A primary plane that has to cover the screen, and a cursor. */
void plan_set_virtio_gpu(struct latch_profile *set);
/** Seven planes that can do nearly everything, fixed in the stack, two scalers. */
void plan_set_intel(struct latch_profile *set);
/** A primary plane at the bottom, two overlays that move above it. */
void plan_set_amd(struct latch_profile *set);
/** The same, but the overlays go below the primary plane too. */
void plan_set_amd_underlay(struct latch_profile *set);
/** Four planes without zpos, two of which scale and show video. */
void plan_set_rk3399(struct latch_profile *set);
/** Eight planes, each at any height, the primary one too. */
void plan_set_rk3588(struct latch_profile *set);
/** Sixteen overlays at any height above the primary plane. */
void plan_set_vc4(struct latch_profile *set);
/** A primary plane, four overlays and a cursor, each at any height, two of them with scalers. */
void plan_set_msm(struct latch_profile *set);
/** Made up: two planes fixed below the primary one, one fixed above it. */
void plan_set_sandwich(struct latch_profile *set);

typedef void (*plan_set_fn)(struct latch_profile *set);
extern const plan_set_fn plan_sets[];
extern const size_t plan_sets_len;

/** Takes a plane out; not the primary one. */
void plan_set_remove(struct latch_profile *set, size_t i);

/** The plane of this id, NULL when there is none. */
const struct kms_plane *plan_set_find(const struct latch_profile *set, uint32_t id);

/** Gives a plane a zpos property. */
void plan_plane_set_zpos(
	struct kms_plane *plane, uint64_t value, uint64_t min, uint64_t max, bool immutable);
