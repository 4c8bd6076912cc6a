/* SPDX-License-Identifier: MIT */
#include "planes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t property_id(const struct kms_plane *plane, unsigned n) {
	return plane->id * 100 + n;
}

void plan_plane_set_zpos(
	struct kms_plane *plane, uint64_t value, uint64_t min, uint64_t max, bool immutable) {
	plane->props.zpos = (struct kms_property){
		.id = property_id(plane, 50),
		.immutable = immutable,
		.value = value,
		.min = min,
		.max = max,
	};
}

/* A copy of a profile, which is read once. Its formats belong to that one. */
static void load(struct latch_profile *set, struct latch_profile **profile, const char *name) {
	if (*profile == NULL) {
		char why[256];
		*profile = latch_profile_read(name, why, sizeof(why));
		if (*profile == NULL) {
			fprintf(stderr, "%s: %s\n", name, why);
			abort();
		}
	}
	*set = **profile;
	for (size_t i = 0; i < set->len; i++) {
		set->list[i] = &set->planes[i];
	}
	set->primary = &set->planes[(*profile)->primary->index];
}

#define PROFILE(function, name)                                                                    \
	static struct latch_profile *function##_profile;                                           \
	void plan_set_##function(struct latch_profile *set) {                                      \
		load(set, &function##_profile, name);                                              \
	}
PROFILE(vkms, "vkms")
PROFILE(virtio_gpu, "virtio_gpu")
PROFILE(intel, "i915")
PROFILE(amd, "amdgpu")
PROFILE(rk3399, "rk3399")
PROFILE(rk3588, "rk3588")
PROFILE(vc4, "vc4")
PROFILE(msm, "msm")
PROFILE(sandwich, PLAN_SANDWICH)

/* vkms_colorop.c of Linux 6.19 to 7.2. */
void plan_set_vkms_colors(struct latch_profile *set) {
	static struct kms_pipeline pipeline = {.len = 4, .wraps = true};
	plan_set_vkms(set);
	strcpy(set->name, "vkms with pipelines");
	for (size_t i = 0; i < 4; i++) {
		const bool curve = i == 0 || i == 3;
		pipeline.ops[i] = (struct kms_colorop){
			.id = 200 + (uint32_t)i,
			.type = curve ? KMS_COLOROP_CURVE : KMS_COLOROP_MATRIX,
			.props.bypass.id = 1,
			.props.curve.mask =
				curve ? 1u << KMS_CURVE_SRGB | 1u << KMS_CURVE_INVERSE_SRGB : 0,
		};
	}
	for (size_t i = 0; i < set->len; i++) {
		set->planes[i].color = (struct kms_plane_color){
			.property.id = property_id(&set->planes[i], 58),
			.pipelines = &pipeline,
			.len = 1,
		};
	}
}

/* amdgpu after the series "drm/amd/display: Move PRIMARY plane zpos higher" (dri-devel, 2024): the
 * primary plane is at the number of overlays, the overlays go down to 0. Its pixels' alpha has to
 * count then, which the series switches on in amdgpu_dm_plane_fill_blending_from_plane_state().
 */
void plan_set_amd_underlay(struct latch_profile *set) {
	plan_set_amd(set);
	strcpy(set->name, "amd-underlay");
	set->primary_alpha = true;
	for (size_t i = 0; i < set->len; i++) {
		struct kms_plane *plane = &set->planes[i];
		if (plane->type == KMS_PLANE_OVERLAY) {
			plan_plane_set_zpos(plane, 3 + i, 0, 254, false);
		} else if (plane->type == KMS_PLANE_PRIMARY) {
			plan_plane_set_zpos(plane, 2, 2, 2, true);
		}
	}
}

const plan_set_fn plan_sets[] = {
	plan_set_vkms,
	plan_set_virtio_gpu,
	plan_set_intel,
	plan_set_amd,
	plan_set_amd_underlay,
	plan_set_rk3399,
	plan_set_rk3588,
	plan_set_vc4,
	plan_set_msm,
	plan_set_sandwich,
};
const size_t plan_sets_len = LEN(plan_sets);

void plan_set_remove(struct latch_profile *set, size_t i) {
	memmove(&set->list[i], &set->list[i + 1], (set->len - i - 1) * sizeof(set->list[0]));
	set->len--;
}

const struct kms_plane *plan_set_find(const struct latch_profile *set, uint32_t id) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->list[i]->id == id) {
			return set->list[i];
		}
	}
	return NULL;
}
