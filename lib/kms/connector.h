/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/format.h"
#include "kms/mode.h"
#include "kms/property.h"

enum kms_connector_status {
	KMS_CONNECTOR_CONNECTED = DRM_MODE_CONNECTED,
	KMS_CONNECTOR_DISCONNECTED = DRM_MODE_DISCONNECTED,
	/** The driver can't tell; counts as connected when it is asked for by name. */
	KMS_CONNECTOR_UNKNOWN = DRM_MODE_UNKNOWNCONNECTION,
};

/** What HDMI tells the monitor of the picture ("content type"). */
enum kms_content_type {
	KMS_CONTENT_NO_DATA,
	KMS_CONTENT_GRAPHICS,
	KMS_CONTENT_PHOTO,
	KMS_CONTENT_CINEMA,
	KMS_CONTENT_GAME,
	KMS_CONTENT_TYPES,
};

/**
 * Settings by name that stay as the device's last user left them, an HDR compositor say, and that
 * have a value which shows plain SDR pictures right.
 */
enum kms_setting {
	KMS_SETTING_COLORSPACE,
	KMS_SETTING_BROADCAST_RGB,
	KMS_SETTING_SCALING_MODE,
	KMS_SETTING_UNDERSCAN,
	KMS_SETTINGS,
};

#define KMS_SETTING_HDR 2

/** Which side of the picture that a built-in panel is sent is up, as it is mounted. */
enum kms_panel_orientation {
	KMS_PANEL_NORMAL,
	KMS_PANEL_UPSIDE_DOWN,
	KMS_PANEL_LEFT_SIDE_UP,
	KMS_PANEL_RIGHT_SIDE_UP,
	KMS_PANEL_ORIENTATIONS,
};

/** What kms_device_refresh() found changed on a connector. */
enum kms_connector_change {
	KMS_CONNECTOR_ADDED = 1 << 0,
	/** It has gone from the device; see struct kms_connector.gone. */
	KMS_CONNECTOR_REMOVED = 1 << 1,
	KMS_CONNECTOR_STATUS_CHANGED = 1 << 2,
	KMS_CONNECTOR_MODES_CHANGED = 1 << 3,
	/** Another monitor, or other words of the same one. */
	KMS_CONNECTOR_EDID_CHANGED = 1 << 4,
	/** "link-status" became bad: needs a modeset to show something again. */
	KMS_CONNECTOR_LINK_WENT_BAD = 1 << 5,
};

/** Properties of a connector by their documented names; id 0 where it has none. */
struct kms_connector_properties {
	/** non_desktop: a headset or the like. vrr_capable: monitor and driver can do it. */
	struct kms_property crtc_id, edid, non_desktop, vrr_capable, link_status, content_type;
	struct kms_property writeback_fb_id, writeback_out_fence_ptr, writeback_pixel_formats;
	struct kms_property hdr_output_metadata, max_bpc, panel_orientation;
	/** Their names are the values that are right for us: one for monitors, one for panels; and
	 * at KMS_SETTING_HDR one for HDR. */
	struct kms_property settings[KMS_SETTINGS];
};

struct kms_connector {
	uint32_t id;
	/** As xrandr, sysfs and wlroots write it: "HDMI-A-1", "Virtual-1", "Writeback-1". */
	char name[32];
	enum kms_connector_status status;
	/** Size of the picture, 0 when unknown. */
	uint32_t width_mm, height_mm;
	struct kms_mode *modes;
	size_t modes_len;
	/** From the EDID; NULL when unknown. */
	char *make, *model, *serial;
	/** The same: the monitor takes PQ with HDR10's metadata, and RGB of BT.2020. */
	bool takes_pq, takes_bt2020;
	/** Bit kms_crtc.index. */
	uint32_t possible_crtcs;
	/** Writes what a CRTC shows to memory instead of showing it. */
	bool writeback;
	/** A panel that is built in: no other one is ever plugged in. */
	bool panel;
	/** What a writeback connector can write (modifiers are assumed, see format.h). */
	struct kms_format_set writeback_formats;
	/** To be made false when a modeset with link-status GOOD was accepted. The kernel stores
	 * that without an event, so the next BAD that is read is a new failure. */
	bool link_bad;
	/** KMS_PANEL_NORMAL also where nothing is known. */
	enum kms_panel_orientation orientation;
	struct kms_connector_properties props;

	/** enum kms_connector_change of the last kms_device_refresh(). */
	uint32_t changes;
	/** Unplugged for good (MST): id is void, nothing may be set on it. */
	bool gone;
	/** CRTC it was on when it was first seen, 0: none. */
	uint32_t initial_crtc_id;

	/** For kms_connector_refresh(): tells whether the EDID is another one. */
	uint64_t edid_hash;
};

/**
 * Reads a connector, its modes and its EDID. probe: asks the hardware for them (when we are DRM
 * master), which reads the monitor's EDID over its slow bus: 20 to 300 ms, or seconds. Else it is
 * what the kernel knew last. Returns NULL and sets *error to a negative errno on failure.
 */
struct kms_connector *kms_connector_create(int fd, uint32_t id, bool probe, int *error);

void kms_connector_destroy(struct kms_connector *connector);

/** Whether the kernel's list has a connector of this id. */
bool kms_connector_is_listed(const drmModeRes *res, uint32_t id);

/**
 * Reads it again and sets .changes. Without probe the hardware is asked only if what the kernel
 * knows is something else already. Returns 0, -ENOENT when it has gone, another negative
 * errno; on failure nothing but .changes (0) is touched.
 */
int kms_connector_refresh(struct kms_connector *connector, int fd, bool probe);

/** Why it can't show PQ of BT.2020 (HDR10), for people: the monitor, by its EDID, or the driver. NULL:
 * it can. */
const char *kms_connector_lacks_hdr(const struct kms_connector *connector);

/** "Normal", "Upside Down", "Left Side Up", "Right Side Up", as the kernel has them. */
extern const char *const kms_panel_orientation_names[KMS_PROPERTY_NAMES];

/** "connected", "disconnected", "unknown". */
extern const char *const kms_connector_status_names[];
