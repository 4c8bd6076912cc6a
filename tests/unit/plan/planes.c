#include "planes.h"

#include <drm_fourcc.h>
#include <drm_mode.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define FORMAT(fourcc, modifiers) {fourcc, modifiers, LEN(modifiers)}
/* Of 32 bits: those of RGB, then those of BGR. */
#define FORMATS_32(modifiers)                                                                      \
	FORMAT(DRM_FORMAT_XRGB8888, modifiers), FORMAT(DRM_FORMAT_ARGB8888, modifiers),            \
		FORMAT(DRM_FORMAT_XBGR8888, modifiers), FORMAT(DRM_FORMAT_ABGR8888, modifiers)
#define FORMATS_RGB(modifiers) FORMATS_32(modifiers), FORMAT(DRM_FORMAT_RGB565, modifiers)

#define ROTATIONS_180 (DRM_MODE_ROTATE_0 | DRM_MODE_ROTATE_180)
#define ROTATIONS (ROTATIONS_180 | DRM_MODE_ROTATE_90 | DRM_MODE_ROTATE_270)
#define REFLECTIONS (DRM_MODE_REFLECT_X | DRM_MODE_REFLECT_Y)

#define ENCODINGS_OLD (1u << KMS_COLOR_ENCODING_BT601 | 1u << KMS_COLOR_ENCODING_BT709)
#define ENCODINGS (ENCODINGS_OLD | 1u << KMS_COLOR_ENCODING_BT2020)

/* struct kms_format points at modifiers that it may free; nobody frees these. */
static uint64_t linear[] = {DRM_FORMAT_MOD_LINEAR};
static uint64_t implicit[] = {DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID};
static uint64_t intel_tiled[] = {
	I915_FORMAT_MOD_Y_TILED, I915_FORMAT_MOD_X_TILED, DRM_FORMAT_MOD_LINEAR};
static uint64_t amd_tiled[] = {
	AMD_FMT_MOD | AMD_FMT_MOD_SET(TILE_VERSION, AMD_FMT_MOD_TILE_VER_GFX10_RBPLUS) |
		AMD_FMT_MOD_SET(TILE, AMD_FMT_MOD_TILE_GFX9_64K_R_X),
	DRM_FORMAT_MOD_LINEAR,
};
static uint64_t afbc[] = {
	DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SPARSE),
	DRM_FORMAT_MOD_LINEAR,
};
static uint64_t t_tiled[] = {DRM_FORMAT_MOD_BROADCOM_VC4_T_TILED, DRM_FORMAT_MOD_LINEAR};
static uint64_t sand[] = {DRM_FORMAT_MOD_BROADCOM_SAND128, DRM_FORMAT_MOD_LINEAR};

static struct kms_format linear_rgb_yuv[] = {
	FORMATS_RGB(linear),
	FORMAT(DRM_FORMAT_NV12, linear),
};
static struct kms_format linear_rgb[] = {FORMATS_RGB(linear)};
static struct kms_format linear_argb[] = {FORMAT(DRM_FORMAT_ARGB8888, linear)};
static struct kms_format host_xrgb[] = {FORMAT(DRM_FORMAT_XRGB8888, implicit)};
static struct kms_format host_argb[] = {FORMAT(DRM_FORMAT_ARGB8888, implicit)};
static struct kms_format intel_formats[] = {
	FORMATS_RGB(intel_tiled),
	FORMAT(DRM_FORMAT_NV12, intel_tiled),
};
static struct kms_format amd_formats[] = {
	FORMATS_32(amd_tiled),
	FORMAT(DRM_FORMAT_NV12, amd_tiled),
};
static struct kms_format rk3399_win0[] = {
	FORMATS_32(afbc),
	FORMAT(DRM_FORMAT_RGB565, linear),
	FORMAT(DRM_FORMAT_NV12, linear),
};
static struct kms_format rk3588_cluster[] = {FORMATS_32(afbc)};
static struct kms_format vc4_formats[] = {
	FORMATS_RGB(t_tiled),
	FORMAT(DRM_FORMAT_NV12, sand),
};

static uint32_t property_id(const struct kms_plane *plane, unsigned n) {
	return plane->id * 100 + n;
}

/* A plane with what every atomic driver has, and nothing else. */
static struct kms_plane *add_plane(struct plan_set *set, uint32_t id, enum kms_plane_type type,
	struct kms_format *formats, size_t formats_len) {
	struct kms_plane *plane = &set->planes[set->len];
	*plane = (struct kms_plane){
		.id = id,
		.index = (unsigned)set->len,
		.type = type,
		.possible_crtcs = 1,
		.formats = {formats, formats_len},
		.has_in_formats = true,
		.props =
			{
				.blend_mode.mask = 1u << KMS_BLEND_PREMULTIPLIED,
				.color_encoding.mask = 1u << KMS_COLOR_ENCODING_ANY,
				.color_range.mask = 1u << KMS_COLOR_RANGE_ANY,
				.rotation.mask = DRM_MODE_ROTATE_0,
			},
	};
	struct kms_plane_properties *props = &plane->props;
	struct kms_property *const basic[] = {&props->type, &props->in_formats, &props->fb_id,
		&props->crtc_id, &props->in_fence_fd, &props->src_x, &props->src_y, &props->src_w,
		&props->src_h, &props->crtc_x, &props->crtc_y, &props->crtc_w, &props->crtc_h};
	for (unsigned i = 0; i < LEN(basic); i++) {
		basic[i]->id = property_id(plane, i + 1);
	}
	set->list[set->len++] = plane;
	if (type == KMS_PLANE_PRIMARY && set->primary == NULL) {
		set->primary = plane;
	}
	return plane;
}
#define ADD(set, id, type, formats) add_plane(set, id, type, formats, LEN(formats))

void plan_plane_set_zpos(
	struct kms_plane *plane, uint64_t value, uint64_t min, uint64_t max, bool immutable) {
	plane->props.zpos = (struct kms_property){
		.id = property_id(plane, 20),
		.immutable = immutable,
		.value = value,
		.min = min,
		.max = max,
	};
}

static void fix_zpos(struct kms_plane *plane, uint64_t value) {
	plan_plane_set_zpos(plane, value, value, value, true);
}

/* Alpha of the whole plane, and all blend modes. */
static void allow_blending(struct kms_plane *plane) {
	plane->props.alpha.id = property_id(plane, 21);
	plane->props.alpha.max = 0xffff;
	plane->props.blend_mode.id = property_id(plane, 22);
	plane->props.blend_mode.mask = 1u << KMS_BLEND_PREMULTIPLIED | 1u << KMS_BLEND_COVERAGE |
				       1u << KMS_BLEND_NONE;
}

static void allow_rotation(struct kms_plane *plane, uint32_t rotations) {
	plane->props.rotation.id = property_id(plane, 23);
	plane->props.rotation.mask = rotations;
}

static void allow_yuv(struct kms_plane *plane, uint32_t encodings) {
	plane->props.color_encoding.id = property_id(plane, 24);
	plane->props.color_encoding.mask |= encodings;
	plane->props.color_range.id = property_id(plane, 25);
	plane->props.color_range.mask |=
		1u << KMS_COLOR_RANGE_LIMITED | 1u << KMS_COLOR_RANGE_FULL;
}

/*
 * drivers/gpu/drm/vkms of Linux 6.16 to 7.2, loaded with enable_overlay and enable_cursor:
 * vkms_plane.c has rotation and colour properties, no zpos, no alpha, no blend mode; vkms_output.c
 * makes NUM_OVERLAY_PLANES (8); vkms_plane_atomic_check() allows any position and no scaling, which
 * drm_atomic_helper_check_plane_state() answers with ERANGE. vkms_crtc.c blends in the order of
 * the kernel's list of planes: that is by id, and the cursor is made last.
 */
void plan_set_vkms(struct plan_set *set) {
	*set = (struct plan_set){.name = "vkms", .stacks_by_id = true, .primary_alpha = true};
	uint32_t id = 31;
	for (int i = 0; i < 10; i++) {
		struct kms_plane *plane = ADD(set, id++,
			i == 0	 ? KMS_PLANE_PRIMARY
			: i == 9 ? KMS_PLANE_CURSOR
				 : KMS_PLANE_OVERLAY,
			linear_rgb_yuv);
		allow_rotation(plane, ROTATIONS | REFLECTIONS);
		allow_yuv(plane, ENCODINGS);
	}
}

/* vkms_colorop.c of Linux 6.19 to 7.2. */
void plan_set_vkms_colors(struct plan_set *set) {
	static struct kms_pipeline pipeline = {.len = 4, .wraps = true};
	plan_set_vkms(set);
	set->name = "vkms with colour pipelines";
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
			.property.id = property_id(&set->planes[i], 28),
			.pipelines = &pipeline,
			.len = 1,
		};
	}
}

/*
 * drivers/gpu/drm/virtio/virtgpu_plane.c of Linux 6.8 to 7.2: one format each, no modifiers
 * (fb_modifiers_not_supported), hotspot properties on the cursor; virtio_gpu_plane_atomic_check()
 * lets only the cursor be somewhere else than over the whole CRTC, and neither scale.
 */
void plan_set_virtio_gpu(struct plan_set *set) {
	*set = (struct plan_set){.name = "virtio-gpu", .stacks_by_id = true};
	struct kms_plane *primary = ADD(set, 32, KMS_PLANE_PRIMARY, host_xrgb);
	struct kms_plane *cursor = ADD(set, 33, KMS_PLANE_CURSOR, host_argb);
	primary->has_in_formats = cursor->has_in_formats = false;
	cursor->props.hotspot_x.id = property_id(cursor, 26);
	cursor->props.hotspot_y.id = property_id(cursor, 27);
	set->limits.primary_covers = true;
	set->limits.cursor_size = 64;
}

/*
 * drivers/gpu/drm/i915/display of Linux 6.x, display version 12 (Tiger Lake):
 * skl_universal_plane_create(): immutable zpos that is the plane's number, alpha, all blend modes,
 * rotation in quarters and reflect-x, the two older YCbCr matrices; intel_cursor_plane_create():
 * zpos above them all, half turns. drm_info dumps of such computers show seven planes and a cursor
 * per pipe. What is not in the properties: two scalers per pipe (SKL_NUM_SCALERS), downscaling to
 * less than a third; a plane of YCbCr 4:2:0 takes one of two others along
 * (icl_check_nv12_planes()); quarter turns want Y tiling (intel_fb_supports_90_270_rotation());
 * the cursor is a square of 64, 128 or 256. intel_plane_check_src_coordinates() refuses YCbCr at
 * odd pixels; fractions of others it cuts off, and shows something else than it was asked for.
 */
void plan_set_intel(struct plan_set *set) {
	*set = (struct plan_set){.name = "intel", .primary_alpha = true};
	for (uint32_t i = 0; i < 7; i++) {
		struct kms_plane *plane = ADD(set, 31 + i * 9,
			i == 0 ? KMS_PLANE_PRIMARY : KMS_PLANE_OVERLAY, intel_formats);
		fix_zpos(plane, i);
		allow_blending(plane);
		allow_rotation(plane, ROTATIONS | DRM_MODE_REFLECT_X);
		allow_yuv(plane, ENCODINGS_OLD);
	}
	struct kms_plane *cursor = ADD(set, 94, KMS_PLANE_CURSOR, linear_argb);
	fix_zpos(cursor, 7);
	allow_rotation(cursor, ROTATIONS_180);
	set->limits = (struct plan_limits){
		.scales = true,
		.max_scaled = 2,
		.max_downscale = 3,
		.unscaled_planes = 1u << 7,
		.max_yuv = 2,
		.turns_need_tiling = true,
		.whole_crops = true,
		.cursor_size = 64,
	};
}

static void add_amd(struct plan_set *set, uint64_t primary_zpos, uint64_t overlay_min) {
	/* Overlays are made before the primary plane: their ids are lower. */
	for (uint32_t i = 0; i < 2; i++) {
		struct kms_plane *overlay = ADD(set, 37 + i * 8, KMS_PLANE_OVERLAY, amd_formats);
		plan_plane_set_zpos(overlay, primary_zpos + 1 + i, overlay_min, 254, false);
		allow_blending(overlay);
		allow_rotation(overlay, ROTATIONS);
	}
	struct kms_plane *primary = ADD(set, 58, KMS_PLANE_PRIMARY, amd_formats);
	fix_zpos(primary, primary_zpos);
	allow_rotation(primary, ROTATIONS);
	allow_yuv(primary, ENCODINGS);
	struct kms_plane *cursor = ADD(set, 66, KMS_PLANE_CURSOR, linear_argb);
	fix_zpos(cursor, 255);
	set->limits = (struct plan_limits){
		.scales = true,
		.max_scaled = 4,
		.max_downscale = 4,
		.max_upscale = 16,
		.max_planes = 4,
		.primary_required = true,
		.cursor_inherits = true,
	};
}

/*
 * drivers/gpu/drm/amd/display/amdgpu_dm/amdgpu_dm_plane.c of Linux 6.7 and later (DCN):
 * amdgpu_dm_plane_init() fixes zpos 0 on the primary plane and 255 on the cursor, and lets
 * overlays be from 1 to 254; alpha and blend modes are the overlays' alone, YCbCr properties the
 * primary plane's. Not in the properties: the CRTC wants its primary plane
 * (amdgpu_dm_crtc_helper_atomic_check()); as many planes as pipes; scaling from 1/4 to 16
 * (amdgpu_dm_plane_get_min_max_dc_plane_scaling()); the cursor takes a pipe of its own where what
 * is below it is scaled or YCbCr (dm_crtc_get_cursor_mode(), 6.11).
 */
void plan_set_amd(struct plan_set *set) {
	*set = (struct plan_set){.name = "amd"};
	add_amd(set, 0, 1);
}

/* The same after the series "drm/amd/display: Move PRIMARY plane zpos higher" (dri-devel, 2024):
 * the primary plane is at the number of overlays, the overlays go down to 0. Its pixels' alpha has
 * to count then, which the series switches on in amdgpu_dm_plane_fill_blending_from_plane_state().
 */
void plan_set_amd_underlay(struct plan_set *set) {
	*set = (struct plan_set){.name = "amd-underlay", .primary_alpha = true};
	add_amd(set, 2, 0);
}

/*
 * drivers/gpu/drm/rockchip/rockchip_vop_reg.c (rk3399_vop_win_data) and rockchip_drm_vop.c of
 * Linux 6.x: no zpos, alpha or blend mode; the windows lie in the order they are made in, the
 * cursor's last. Windows 0 and 1 scale by up to 8 and show video, the other two do neither; ARM's
 * compression on window 0 alone, and there not out of place.
 */
void plan_set_rk3399(struct plan_set *set) {
	*set = (struct plan_set){.name = "rk3399", .primary_alpha = true};
	ADD(set, 33, KMS_PLANE_PRIMARY, rk3399_win0);
	ADD(set, 41, KMS_PLANE_OVERLAY, linear_rgb_yuv);
	ADD(set, 43, KMS_PLANE_OVERLAY, linear_rgb);
	ADD(set, 45, KMS_PLANE_CURSOR, linear_rgb);
	allow_rotation(&set->planes[0], DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y);
	allow_rotation(&set->planes[1], DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y);
	set->limits = (struct plan_limits){
		.scales = true,
		.max_scaled = 2,
		.max_downscale = 8,
		.max_upscale = 8,
		.unscaled_planes = 1u << 2 | 1u << 3,
		.max_compressed = 1,
	};
}

/*
 * drivers/gpu/drm/rockchip/rockchip_drm_vop2.c of Linux 6.8 and later: vop2_plane_init() gives
 * every window alpha, three blend modes and a zpos from 0 to the number of windows less one, to be
 * written, the primary plane's too. rockchip_vop2_reg.c: four Cluster windows (compressed RGB,
 * quarter turns), four Esmart windows (linear, video, reflect-y), no cursor. The primary plane of
 * a video port is an Esmart window.
 */
void plan_set_rk3588(struct plan_set *set) {
	*set = (struct plan_set){.name = "rk3588", .primary_alpha = true};
	for (uint32_t i = 0; i < 8; i++) {
		bool esmart = i >= 4;
		enum kms_plane_type type = i == 4 ? KMS_PLANE_PRIMARY : KMS_PLANE_OVERLAY;
		struct kms_plane *plane =
			esmart ? ADD(set, 33 + i * 6, type, linear_rgb_yuv)
			       : ADD(set, 33 + i * 6, type, rk3588_cluster);
		plan_plane_set_zpos(plane, i, 0, 7, false);
		allow_blending(plane);
		allow_rotation(plane,
			esmart ? DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y
			       : ROTATIONS | REFLECTIONS);
	}
	set->limits = (struct plan_limits){
		.scales = true,
		.max_scaled = 8,
		.max_downscale = 8,
		.max_upscale = 8,
		.turns_need_tiling = true,
	};
}

/*
 * drivers/gpu/drm/vc4/vc4_plane.c of Linux 6.6 and later (Raspberry Pi 4): vc4_plane_init() has
 * alpha, three blend modes, half turns and reflections, all YCbCr properties, and fixes the
 * primary plane's zpos at 0; vc4_plane_create_additional_planes() makes VC4_NUM_OVERLAY_PLANES (16)
 * with a zpos from 1 to 17 and the cursor the same. Not in the properties: memory for scaled lines,
 * and the bus: vc4_load_tracker_atomic_check() answers ENOSPC. dumps of modetest in the Raspberry
 * Pi kernel's issues show the formats.
 */
void plan_set_vc4(struct plan_set *set) {
	*set = (struct plan_set){.name = "vc4", .primary_alpha = true};
	for (uint32_t i = 0; i < 18; i++) {
		struct kms_plane *plane = ADD(set, 57 + i * 10,
			i == 0	  ? KMS_PLANE_PRIMARY
			: i == 17 ? KMS_PLANE_CURSOR
				  : KMS_PLANE_OVERLAY,
			vc4_formats);
		if (i == 0) {
			fix_zpos(plane, 0);
		} else {
			plan_plane_set_zpos(plane, i, 1, 17, false);
		}
		allow_blending(plane);
		allow_rotation(plane, ROTATIONS_180 | REFLECTIONS);
		allow_yuv(plane, ENCODINGS);
	}
	set->limits = (struct plan_limits){
		.scales = true,
		.max_scaled = 6,
		.max_load = 4000,
		.error = -28, // ENOSPC
	};
}

/* Nobody's hardware, but what TI's OMAP and Renesas' DU come near to with a fixed order: two planes
 * below the primary one, and one above. */
void plan_set_sandwich(struct plan_set *set) {
	*set = (struct plan_set){.name = "sandwich", .primary_alpha = true};
	fix_zpos(ADD(set, 40, KMS_PLANE_OVERLAY, linear_rgb_yuv), 0);
	fix_zpos(ADD(set, 41, KMS_PLANE_OVERLAY, linear_rgb_yuv), 1);
	fix_zpos(ADD(set, 42, KMS_PLANE_PRIMARY, linear_rgb), 2);
	fix_zpos(ADD(set, 43, KMS_PLANE_OVERLAY, linear_rgb), 3);
	set->limits = (struct plan_limits){.scales = true, .max_scaled = 4, .inside_only = true};
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
	plan_set_sandwich,
};
const size_t plan_sets_len = LEN(plan_sets);

void plan_set_remove(struct plan_set *set, size_t i) {
	memmove(&set->list[i], &set->list[i + 1], (set->len - i - 1) * sizeof(set->list[0]));
	set->len--;
}

const struct kms_plane *plan_set_find(const struct plan_set *set, uint32_t id) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->list[i]->id == id) {
			return set->list[i];
		}
	}
	return NULL;
}
