/* SPDX-License-Identifier: MIT */
#pragma once

#include <drm_mode.h>

#include "kms/device.h"

/*
 * An atomic request as a value: build it, test it, submit it, or drop it. It lives on the stack or
 * in another struct, owns nothing and allocates nothing; `copy = commit` is a copy of it.
 *
 * Setting something twice keeps the last value. Properties that a request does not name keep the
 * value that the kernel has, whichever program set it last; so a plane is written with everything
 * it has, unless it is known to be ours.
 */

/*
 * Enough for eight CRTCs with eight planes each and their connectors, everything off; and for four
 * of them with all planes on. libdrm's drmModeAtomicCommit() would know
 * no limit, but it allocates and sorts on each commit.
 */
#define KMS_COMMIT_MAX_OBJECTS 160
#define KMS_COMMIT_MAX_PROPERTIES 1024

struct kms_commit {
	int fd;
	/** Of the device, NULL: it has no pipelines; whether what they hide is written
	 * (COLOR_ENCODING); which planes have one on and off with it, by kms_plane_bit(). */
	struct kms_color *color;
	bool writes_encodings;
	uint64_t color_on, color_off;
	/** The first thing that went wrong, a negative errno; test and submit then fail without
	 * asking the kernel. */
	int error;
	/* As DRM_IOCTL_MODE_ATOMIC wants it: properties grouped by object. */
	uint32_t objects_len, props_len;
	uint32_t objects[KMS_COMMIT_MAX_OBJECTS];
	uint32_t prop_counts[KMS_COMMIT_MAX_OBJECTS];
	uint32_t props[KMS_COMMIT_MAX_PROPERTIES];
	uint64_t values[KMS_COMMIT_MAX_PROPERTIES];
};

/** An empty request for a device. Nothing to finish. */
void kms_commit_init(struct kms_commit *commit, const struct kms_device *device);

/*
 * All of these set kms_commit.error when something is wrong: -E2BIG when the commit is full,
 * -EINVAL for what an object can't be set to.
 */

/** Any property of any object, for what has no function here. */
void kms_commit_set(
	struct kms_commit *commit, uint32_t object_id, uint32_t property_id, uint64_t value);

/**
 * Switches a CRTC on with a mode (see kms_blob_create()) and puts a connector on it; call it
 * once per connector for clones. Needs ALLOW_MODESET.
 */
void kms_commit_set_mode(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint32_t mode_blob);

/**
 * Takes away what the device's last user left behind and would change how our picture looks: the
 * CRTC's colour tables (GAMMA_LUT, DEGAMMA_LUT, CTM) and background; the connector's HDR metadata
 * and settings (enum kms_setting). What an object does not have is left out. Belongs into a commit with a mode.
 *
 * max_bpc: the most bits per colour that the link is to carry, brought into the range that the
 * connector has.
 */
void kms_commit_set_neutral(struct kms_commit *commit, const struct kms_crtc *crtc,
	const struct kms_connector *connector, uint64_t max_bpc);

/**
 * Tells the monitor that it gets PQ of BT.2020, or, with a metadata_blob of 0, that it does no more
 * (drivers/gpu/drm/drm_connector.c, "HDR_OUTPUT_METADATA"). Needs ALLOW_MODESET.
 *
 * metadata_blob: of struct hdr_output_metadata, see kms_hdr_metadata()
 */
void kms_commit_set_hdr(
	struct kms_commit *commit, const struct kms_connector *connector, uint32_t metadata_blob);

/** HDR10's static metadata (CTA-861-H, 6.9.1): what the content tells of its mastering. */
struct hdr_output_metadata kms_hdr_metadata(const struct color_description *content);

/** Switches a CRTC off and takes its mode away; its connectors and planes must go as well. */
void kms_commit_disable_crtc(struct kms_commit *commit, const struct kms_crtc *crtc);

/** Takes a connector off its CRTC. */
void kms_commit_disable_connector(struct kms_commit *commit, const struct kms_connector *connector);

/**
 * Everything on the device off: the ground for a modeset of all outputs; what is set after
 * it in the same commit wins. Asks the kernel which connectors are still there.
 */
void kms_commit_disable_all(struct kms_commit *commit, const struct kms_device *device);

/** Variable refresh, where the CRTC has it. */
void kms_commit_set_vrr(struct kms_commit *commit, const struct kms_crtc *crtc, bool enabled);

/** Opaque, as DRM_FORMAT_ARGB16161616 has it. */
#define KMS_BLACK UINT64_C(0xffff000000000000)

/** The colour where no plane is (drivers/gpu/drm/drm_blend.c, "BACKGROUND_COLOR"), opaque and as
 * above, where the CRTC has one. */
void kms_commit_set_background(
	struct kms_commit *commit, const struct kms_crtc *crtc, uint64_t color);

/**
 * The content type that the monitor is sent. A connector that has no such property, or not this
 * value, is left alone.
 */
void kms_commit_set_content_type(struct kms_commit *commit, const struct kms_connector *connector,
	enum kms_content_type type);

/**
 * Another framebuffer on a plane that is on, and nothing else: all that the kernel allows in a
 * commit with KMS_COMMIT_ASYNC.
 */
void kms_commit_set_plane_fb(
	struct kms_commit *commit, const struct kms_plane *plane, uint32_t fb_id);

/**
 * Shows a state on a plane. Checks it first, see kms_plane_find_lacking(). before: NULL, or what
 * the last commit that succeeded has set, when that was ours, with the plane on this CRTC: then
 * only the framebuffer, the fence, and whatever differs are written. The kernel looks up each
 * property and its object anew, which is a good part of what a flip costs.
 */
void kms_commit_change_plane(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_crtc *crtc, const struct kms_plane_state *before,
	const struct kms_plane_state *state);

/** All of it, as nothing is known of what the plane has. */
static inline void kms_commit_set_plane(struct kms_commit *commit, const struct kms_plane *plane,
	const struct kms_crtc *crtc, const struct kms_plane_state *state) {
	kms_commit_change_plane(commit, plane, crtc, NULL, state);
}

/** Takes the plane's colour pipeline off, if one is on. */
void kms_commit_bypass_color(struct kms_commit *commit, const struct kms_plane *plane);

/** Its colour pipeline goes off, too. */
void kms_commit_disable_plane(struct kms_commit *commit, const struct kms_plane *plane);

/**
 * Asks for a sync_file that signals when this commit's framebuffers are on screen, i.e. when
 * those it replaced are free. *fd becomes -1 now and the fence when submit succeeds, the caller's
 * to close; it must stay where it is until then. A test leaves -1.
 */
void kms_commit_want_out_fence(struct kms_commit *commit, const struct kms_crtc *crtc, int32_t *fd);

/**
 * Has a writeback connector write what the CRTC shows in this commit into a framebuffer.
 * *out_fence as above: signals when it is written. Attaching the connector needs ALLOW_MODESET,
 * and so does taking it off (kms_commit_disable_connector()); while it is attached it needs
 * none. One commit writes one picture.
 */
void kms_commit_set_writeback(struct kms_commit *commit, const struct kms_connector *connector,
	const struct kms_crtc *crtc, uint32_t fb_id, int32_t *out_fence);

/**
 * Takes all colour pipelines off, as who has the device next may know nothing of them: a commit of
 * its own, which waits for the flip. Returns 0 or negative errno.
 */
int kms_commit_reset_color(const struct kms_device *device);

/**
 * Makes a blob: of a drmModeModeInfo for kms_commit_set_mode(); or for kms_plane_state.damage_blob
 * of struct drm_mode_rect, in the buffer's pixels, which must be in the buffer and not empty. The
 * caller's to destroy, once the commit was submitted; what is in use stays in use. Returns 0 or
 * negative errno.
 */
int kms_blob_create(
	const struct kms_device *device, const void *data, size_t size, uint32_t *blob_id);

/** 0 is fine. */
void kms_blob_destroy(const struct kms_device *device, uint32_t blob_id);

enum kms_commit_flags {
	/** Return at once; -EBUSY when a CRTC of it has not done its last commit. */
	KMS_COMMIT_NONBLOCK = DRM_MODE_ATOMIC_NONBLOCK,
	/** Send a flip event for each CRTC in it, see event.h. */
	KMS_COMMIT_FLIP_EVENT = DRM_MODE_PAGE_FLIP_EVENT,
	KMS_COMMIT_ALLOW_MODESET = DRM_MODE_ATOMIC_ALLOW_MODESET,
	/** Don't wait for the vblank (tearing); only where the device has it. */
	KMS_COMMIT_ASYNC = DRM_MODE_PAGE_FLIP_ASYNC,
};

/**
 * Asks the kernel whether it would take the commit, with the flags it will be submitted with:
 * NONBLOCK counts too (drivers answer by it), only FLIP_EVENT is left out, which the kernel
 * forbids in a test. Returns 0 or negative errno.
 */
int kms_commit_test(const struct kms_commit *commit, uint32_t flags);

/** Submits it: one ioctl, and one more when the first or the last plane uses a colour pipeline.
 * user_data comes back in the flip events. 0 or negative errno. */
int kms_commit_submit(const struct kms_commit *commit, uint32_t flags, uint64_t user_data);

/**
 * Whether a test or a submit that returned ret was refused for what is in it, so that another one
 * may be taken: not when the kernel can't be asked now, as a CRTC has not done its last commit
 * (-EBUSY) or another has the device (-EACCES, drm_ioctl_permit()).
 */
bool kms_commit_is_refused(int ret);
