/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/connector.h"
#include "kms/plane.h"
#include "kms/vblank.h"

/** Why a device can't be used. */
enum kms_open_error {
	KMS_OPEN_OK,
	KMS_OPEN_NOT_DRM,
	KMS_OPEN_NOT_KMS,
	KMS_OPEN_NOT_ATOMIC,
	KMS_OPEN_NO_MEMORY,
	KMS_OPEN_FAILED,
};

/** What the device and its kernel can do. */
struct kms_features {
	bool atomic;
	bool universal_planes;
	bool writeback_connectors;
	/** Virtual machines: the cursor plane is shown by the viewer and wants to know the
	 * hotspot (HOTSPOT_X, HOTSPOT_Y). */
	bool cursor_hotspot;
	bool crtc_in_vblank_event;
	bool timestamp_monotonic;
	bool addfb2_modifiers;
	bool dumb_buffers;
	bool prime_import;
	bool prime_export;
	bool syncobj_timeline;
	bool atomic_async_page_flip;
};

/** Properties of a CRTC by their documented names. */
struct kms_crtc_properties {
	struct kms_property active, mode_id, out_fence_ptr, vrr_enabled;
	struct kms_property gamma_lut, degamma_lut, ctm;
	/** What is seen where no plane is, Linux 7.1. */
	struct kms_property background_color;
};

/** A CRTC: the part of the hardware that reads planes and drives connectors. */
struct kms_crtc {
	uint32_t id;
	/** Its bit in every possible_crtcs mask. */
	unsigned index;
	struct kms_crtc_properties props;
};

struct kms_device {
	/** Borrowed from the session. Nobody else may make GEM handles on this open file (an
	 * allocator opens the node once more), see framebuffer.h. */
	int fd;
	char driver[32];
	struct kms_features features;
	/** Size that every driver takes for the cursor plane, 64 x 64 where it does not say. */
	uint32_t cursor_width, cursor_height;
	enum kms_clock_kind clock;
	/** How its planes' colour pipelines are used; NULL: it has none. */
	struct kms_color *color;

	struct kms_crtc *crtcs;
	size_t crtcs_len;
	struct kms_plane *planes;
	size_t planes_len;
	/** Pointers stay valid until kms_device_drop_gone(). */
	struct kms_connector **connectors;
	size_t connectors_len, connectors_cap;

	/** Dumb buffers that are alive: their GEM handles must survive imports. */
	struct kms_dumb_buffer *dumb_buffers;
};

/**
 * Reads a KMS device and switches on what latch needs of it. fd is borrowed and must outlive the
 * device. Changes nothing on the screen and needs no DRM master.
 *
 * Returns NULL with *error set (never KMS_OPEN_OK then; error may be NULL) on failure.
 */
struct kms_device *kms_device_create(int fd, enum kms_open_error *error);

/**
 * Names the owner of an open DRM file, of any node, for those who look into debugfs and
 * /proc/PID/fdinfo (DRM_IOCTL_SET_CLIENT_NAME, Linux 6.13). Older kernels know their process alone.
 */
void kms_set_client_name(int fd, const char *name);

/** Frees it. Dumb buffers must be gone before. NULL is fine. */
void kms_device_destroy(struct kms_device *device);

/** Half a sentence that goes after the device's name and a colon. */
const char *kms_error_string(enum kms_open_error error);

/** Which connectors' hardware is asked, see kms_connector_create(). */
enum kms_probe {
	KMS_PROBE_ALL,
	/**
	 * Those whose state the kernel has seen changing. If there are none, all but built-in
	 * panels: some drivers notice a change only when they are asked (amdgpu, a monitor behind
	 * an MST hub).
	 */
	KMS_PROBE_CHANGED,
	/** The one that is named, and those whose state the kernel has seen changing. */
	KMS_PROBE_NAMED,
};

/**
 * Reads all connectors again, after a hotplug event of udev. connector_id: for KMS_PROBE_NAMED; 0
 * for none. Sets .changes on every one; new ones are probed and
 * appended, those that have gone stay in the list with .gone. Returns the number of
 * connectors with changes, or negative errno.
 */
int kms_device_refresh(struct kms_device *device, enum kms_probe probe, uint32_t connector_id);

/** Looks which colour pipelines are on now, after others had the device. */
void kms_device_refresh_color(struct kms_device *device);

/** Frees connectors that have gone; to be called when nobody points at them any more. */
void kms_device_drop_gone(struct kms_device *device);

/** By id, NULL when there is none. */
struct kms_crtc *kms_device_find_crtc(const struct kms_device *device, uint32_t id);
struct kms_connector *kms_device_find_connector(const struct kms_device *device, uint32_t id);
/** By name, without regard to case; not those that have gone. */
struct kms_connector *kms_device_find_connector_by_name(
	const struct kms_device *device, const char *name);

/**
 * The first plane of a type that this CRTC can use, preferring one that no other CRTC can use; none
 * of taken (by kms_plane_bit()), which other CRTCs have. NULL for none.
 */
struct kms_plane *kms_device_find_crtc_plane(const struct kms_device *device,
	const struct kms_crtc *crtc, enum kms_plane_type type, uint64_t taken);
