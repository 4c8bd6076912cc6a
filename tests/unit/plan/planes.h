#pragma once

/*
 * The planes of one CRTC of well-known drivers, as plain data: what a driver's properties say of
 * them, and what it checks in a commit without saying it anywhere (struct plan_limits). No device
 * is needed. What each set rests on is told in planes.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kms/plane.h"

#define PLAN_SET_MAX_PLANES 20

/** What a driver refuses although the planes' properties allow it. Zero: nothing. */
struct plan_limits {
	/** Planes that may be on at once, the primary one counted; 0: all. */
	unsigned max_planes;
	/** Planes that may scale at once. Needs `scales`. */
	unsigned max_scaled;
	/** False: any scaling is refused. */
	bool scales;
	/** Source size divided by destination size; 0: any. */
	double max_downscale, max_upscale;
	/** Bit kms_plane.index: this plane does not scale. */
	uint32_t unscaled_planes;
	/** Planes that may show YCbCr at once; 0: any number. */
	unsigned max_yuv;
	/** Planes that may show something else than a linear buffer at once; 0: any number. */
	unsigned max_compressed;
	/** No plane without a primary plane. */
	bool primary_required;
	/** The primary plane has to cover the CRTC exactly. */
	bool primary_covers;
	/** A plane must not reach over the CRTC's edges; the cursor plane may. */
	bool inside_only;
	/** The cursor plane's width and height; 0: as it likes. */
	uint32_t cursor_size;
	/** Quarter turns want a tiled buffer. */
	bool turns_need_tiling;
	/**
	 * A source that begins inside a pixel, though it is not scaled, is refused; so is one of
	 * YCbCr whose edges are at odd pixels.
	 */
	bool whole_crops;
	/** A cursor on top of a plane that scales or shows YCbCr takes one plane more. */
	bool cursor_inherits;
	/** Source pixels of all planes together, in promille of the CRTC's; 0: any number. */
	unsigned max_load;
	/** What it answers then, negative; 0: what the kernel's helpers would. */
	int error;
};

struct plan_set {
	const char *name;
	struct kms_plane planes[PLAN_SET_MAX_PLANES];
	const struct kms_plane *list[PLAN_SET_MAX_PLANES];
	size_t len;
	const struct kms_plane *primary;
	/** See struct latch_plan_input. */
	bool stacks_by_id, primary_alpha;
	struct plan_limits limits;
};

/** Where a plane without zpos is in the stack. */
static inline int64_t plan_type_height(const struct kms_plane *plane) {
	return plane->type == KMS_PLANE_CURSOR ? 2 : plane->type == KMS_PLANE_OVERLAY;
}

/** One primary, eight overlays, one cursor, no zpos, no scaling. */
void plan_set_vkms(struct plan_set *set);
/** The same, loaded with enable_plane_pipeline. */
void plan_set_vkms_colors(struct plan_set *set);
/** A primary plane that has to cover the screen, and a cursor. */
void plan_set_virtio_gpu(struct plan_set *set);
/** Seven planes that can do nearly everything, fixed in the stack, two scalers. */
void plan_set_intel(struct plan_set *set);
/** A primary plane at the bottom, two overlays that move above it. */
void plan_set_amd(struct plan_set *set);
/** The same, but the overlays go below the primary plane too. */
void plan_set_amd_underlay(struct plan_set *set);
/** Four planes without zpos, two of which scale and show video. */
void plan_set_rk3399(struct plan_set *set);
/** Eight planes, each at any height, the primary one too. */
void plan_set_rk3588(struct plan_set *set);
/** Sixteen overlays at any height above the primary plane. */
void plan_set_vc4(struct plan_set *set);
/** Made up: two planes fixed below the primary one, one fixed above it. */
void plan_set_sandwich(struct plan_set *set);

typedef void (*plan_set_fn)(struct plan_set *set);
extern const plan_set_fn plan_sets[];
extern const size_t plan_sets_len;

/** Takes a plane out; not the primary one. */
void plan_set_remove(struct plan_set *set, size_t i);

/** The plane of this id, NULL when there is none. */
const struct kms_plane *plan_set_find(const struct plan_set *set, uint32_t id);

/** Gives a plane a zpos property. */
void plan_plane_set_zpos(
	struct kms_plane *plane, uint64_t value, uint64_t min, uint64_t max, bool immutable);
