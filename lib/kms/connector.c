/* SPDX-License-Identifier: MIT */
#include "kms/connector.h"

#include <libdisplay-info/info.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "kms/log.h"

static const char *const content_type_names[KMS_PROPERTY_NAMES] = {
	[KMS_CONTENT_NO_DATA] = "No Data",
	[KMS_CONTENT_GRAPHICS] = "Graphics",
	[KMS_CONTENT_PHOTO] = "Photo",
	[KMS_CONTENT_CINEMA] = "Cinema",
	[KMS_CONTENT_GAME] = "Game",
};

const char *const kms_panel_orientation_names[KMS_PROPERTY_NAMES] = {
	[KMS_PANEL_NORMAL] = "Normal",
	[KMS_PANEL_UPSIDE_DOWN] = "Upside Down",
	[KMS_PANEL_LEFT_SIDE_UP] = "Left Side Up",
	[KMS_PANEL_RIGHT_SIDE_UP] = "Right Side Up",
};

/* A monitor scales what is smaller than it by itself, and the link need not carry more than that. A
 * built-in panel takes one size only, and its display controller scales to it. */
static const char *const neutral_names[KMS_SETTINGS][KMS_PROPERTY_NAMES] = {
	[KMS_SETTING_COLORSPACE] = {"Default", "Default", [KMS_SETTING_HDR] = "BT2020_RGB"},
	[KMS_SETTING_BROADCAST_RGB] = {"Automatic", "Automatic"},
	[KMS_SETTING_SCALING_MODE] = {"None", "Full aspect"},
	[KMS_SETTING_UNDERSCAN] = {"off", "off"},
};

#define PROPERTY(...) KMS_PROPERTY(struct kms_connector_properties, __VA_ARGS__)
#define SETTING(setting, name)                                                                     \
	PROPERTY(settings[setting], name, .kept = true, .names = neutral_names[setting])

static const struct kms_property_spec specs[] = {
	PROPERTY(crtc_id, "CRTC_ID", .kept = true),
	PROPERTY(edid, "EDID"),
	PROPERTY(non_desktop, "non-desktop"),
	PROPERTY(vrr_capable, "vrr_capable"),
	PROPERTY(link_status, "link-status"),
	PROPERTY(content_type, "content type", .kept = true, .names = content_type_names),
	PROPERTY(hdr_output_metadata, "HDR_OUTPUT_METADATA", .kept = true),
	PROPERTY(max_bpc, "max bpc", .kept = true),
	PROPERTY(panel_orientation, "panel orientation", .names = kms_panel_orientation_names),
	SETTING(KMS_SETTING_COLORSPACE, "Colorspace"),
	SETTING(KMS_SETTING_BROADCAST_RGB, "Broadcast RGB"),
	SETTING(KMS_SETTING_SCALING_MODE, "scaling mode"),
	SETTING(KMS_SETTING_UNDERSCAN, "underscan"),
	PROPERTY(writeback_fb_id, "WRITEBACK_FB_ID"),
	PROPERTY(writeback_out_fence_ptr, "WRITEBACK_OUT_FENCE_PTR"),
	PROPERTY(writeback_pixel_formats, "WRITEBACK_PIXEL_FORMATS"),
};

/* Without an EDID, or with one that makes no sense, make, model and serial stay NULL. */
static void read_edid(struct kms_connector *connector, int fd) {
	const uint32_t blob_id = (uint32_t)connector->props.edid.value;
	drmModePropertyBlobRes *blob = blob_id != 0 ? drmModeGetPropertyBlob(fd, blob_id) : NULL;
	if (blob == NULL) {
		return;
	}
	connector->edid_hash = latch_hash(LATCH_HASH_START, blob->data, blob->length);
	struct di_info *info = di_info_parse_edid(blob->data, blob->length);
	if (info != NULL) {
		connector->make = di_info_get_make(info);
		connector->model = di_info_get_model(info);
		connector->serial = di_info_get_serial(info);
		const struct di_hdr_static_metadata *hdr = di_info_get_hdr_static_metadata(info);
		connector->takes_pq = hdr->type1 && hdr->pq;
		connector->takes_bt2020 = di_info_get_supported_signal_colorimetry(info)->bt2020_rgb;
		di_info_destroy(info);
	} else {
		kms_log(KMS_LOG_INFO, "%s: the monitor's EDID can't be read", connector->name);
	}
	drmModeFreePropertyBlob(blob);
}

static int read_modes(struct kms_connector *connector, const drmModeConnector *info) {
	connector->modes = calloc((size_t)info->count_modes, sizeof(*connector->modes));
	if (connector->modes == NULL) {
		return -ENOMEM;
	}
	for (int i = 0; i < info->count_modes; i++) {
		kms_mode_init(&connector->modes[i], &info->modes[i]);
	}
	connector->modes_len = (size_t)info->count_modes;
	return 0;
}

static int read_writeback_formats(struct kms_connector *connector, int fd) {
	const uint32_t blob_id = (uint32_t)connector->props.writeback_pixel_formats.value;
	drmModePropertyBlobRes *blob = blob_id != 0 ? drmModeGetPropertyBlob(fd, blob_id) : NULL;
	if (blob == NULL) {
		return 0;
	}
	int ret = kms_format_set_from_list(
		&connector->writeback_formats, blob->data, blob->length / sizeof(uint32_t));
	drmModeFreePropertyBlob(blob);
	return ret;
}

static bool is_panel(uint32_t type) {
	return type == DRM_MODE_CONNECTOR_LVDS || type == DRM_MODE_CONNECTOR_eDP ||
	       type == DRM_MODE_CONNECTOR_DSI || type == DRM_MODE_CONNECTOR_DPI ||
	       type == DRM_MODE_CONNECTOR_SPI;
}

static int fill(struct kms_connector *connector, int fd, const drmModeConnector *info) {
	*connector = (struct kms_connector){
		.id = info->connector_id,
		.status = (enum kms_connector_status)info->connection,
		.width_mm = info->mmWidth,
		.height_mm = info->mmHeight,
		.writeback = info->connector_type == DRM_MODE_CONNECTOR_WRITEBACK,
		.panel = is_panel(info->connector_type),
		.possible_crtcs = drmModeConnectorGetPossibleCrtcs(fd, info),
	};
	const char *type = drmModeGetConnectorTypeName(info->connector_type);
	snprintf(connector->name, sizeof(connector->name), "%s-%u",
		type != NULL ? type : "Unknown", info->connector_type_id);

	int ret = kms_properties_read(fd, connector->id, DRM_MODE_OBJECT_CONNECTOR, specs,
		sizeof(specs) / sizeof(specs[0]), &connector->props);
	ret = ret == 0 ? read_modes(connector, info) : ret;
	ret = ret == 0 ? read_writeback_formats(connector, fd) : ret;
	if (ret < 0) {
		return ret;
	}
	connector->orientation =
		kms_property_name(&connector->props.panel_orientation, KMS_PANEL_NORMAL);
	connector->link_bad = connector->props.link_status.id != 0 &&
			      connector->props.link_status.value == DRM_MODE_LINK_STATUS_BAD;
	connector->initial_crtc_id = (uint32_t)connector->props.crtc_id.value;
	read_edid(connector, fd);
	return 0;
}

const char *kms_connector_lacks_hdr(const struct kms_connector *connector) {
	const struct kms_connector_properties *props = &connector->props;
	const uint32_t colorspaces = props->settings[KMS_SETTING_COLORSPACE].mask;
	return !connector->takes_pq	 ? "the monitor's EDID has no PQ with static metadata"
	       : !connector->takes_bt2020 ? "the monitor's EDID has no BT.2020 RGB"
	       : props->hdr_output_metadata.id == 0 ? "the driver has no HDR_OUTPUT_METADATA"
	       : (colorspaces & 1u << KMS_SETTING_HDR) == 0
		       ? "the driver's Colorspace has no BT2020_RGB"
	       : props->max_bpc.id != 0 && props->max_bpc.max < 10
		       ? "the driver has no ten bits per colour"
		       : NULL;
}

struct kms_connector *kms_connector_create(int fd, uint32_t id, bool probe, int *error) {
	struct kms_connector *connector = calloc(1, sizeof(*connector));
	*error = -ENOMEM;
	if (connector != NULL) {
		drmModeConnector *info =
			probe ? drmModeGetConnector(fd, id) : drmModeGetConnectorCurrent(fd, id);
		*error = info != NULL ? fill(connector, fd, info) : kms_errno();
		drmModeFreeConnector(info);
	}
	if (*error < 0) {
		kms_connector_destroy(connector);
		return NULL;
	}
	return connector;
}

bool kms_connector_is_listed(const drmModeRes *res, uint32_t id) {
	for (int i = 0; i < res->count_connectors; i++) {
		if (res->connectors[i] == id) {
			return true;
		}
	}
	return false;
}

void kms_connector_destroy(struct kms_connector *connector) {
	if (connector == NULL) {
		return;
	}
	free(connector->modes);
	free(connector->make);
	free(connector->model);
	free(connector->serial);
	kms_format_set_finish(&connector->writeback_formats);
	free(connector);
}

static bool modes_equal(const struct kms_connector *a, const struct kms_connector *b) {
	if (a->modes_len != b->modes_len) {
		return false;
	}
	for (size_t i = 0; i < a->modes_len; i++) {
		/* The kernel fills the whole struct, name included. */
		if (memcmp(&a->modes[i].info, &b->modes[i].info, sizeof(a->modes[i].info)) != 0) {
			return false;
		}
	}
	return true;
}

static uint32_t compare(const struct kms_connector *old, const struct kms_connector *fresh) {
	return (fresh->status != old->status ? KMS_CONNECTOR_STATUS_CHANGED : 0) |
	       (!modes_equal(fresh, old) ? KMS_CONNECTOR_MODES_CHANGED : 0) |
	       (fresh->edid_hash != old->edid_hash ? KMS_CONNECTOR_EDID_CHANGED : 0) |
	       (fresh->link_bad && !old->link_bad ? KMS_CONNECTOR_LINK_WENT_BAD : 0);
}

int kms_connector_refresh(struct kms_connector *connector, int fd, bool probe) {
	connector->changes = 0;
	int error = 0;
	struct kms_connector *fresh = kms_connector_create(fd, connector->id, probe, &error);
	if (fresh == NULL) {
		return error;
	}
	/* The kernel gives the numbers of removed connectors to new ones. */
	if (strcmp(fresh->name, connector->name) != 0) {
		kms_connector_destroy(fresh);
		return -ENOENT;
	}

	uint32_t changes = compare(connector, fresh);
	if (changes != 0 && !probe) {
		/* The kernel has noticed, but it reads the modes only when it is asked for them. */
		kms_connector_destroy(fresh);
		return kms_connector_refresh(connector, fd, true);
	}
	/* A link that is good again changes nothing for anybody, but has to be known. */
	if (changes != 0 || fresh->link_bad != connector->link_bad) {
		struct kms_connector old = *connector;
		*connector = *fresh;
		*fresh = old;
		connector->initial_crtc_id = old.initial_crtc_id;
		connector->changes = changes;
	}
	kms_connector_destroy(fresh);
	return 0;
}

const char *const kms_connector_status_names[] = {
	[KMS_CONNECTOR_CONNECTED] = "connected",
	[KMS_CONNECTOR_DISCONNECTED] = "disconnected",
	[KMS_CONNECTOR_UNKNOWN] = "unknown",
};
