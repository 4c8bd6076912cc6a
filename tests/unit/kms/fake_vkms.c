/* SPDX-License-Identifier: MIT */
#include "fake_drm.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

static uint32_t add_in_formats(void) {
	const struct {
		struct drm_format_modifier_blob head;
		uint32_t formats[2];
		struct drm_format_modifier modifiers[2];
	} blob = {
		.head = {.version = FORMAT_BLOB_CURRENT,
			.count_formats = 2,
			.formats_offset = sizeof(blob.head),
			.count_modifiers = 2,
			.modifiers_offset = sizeof(blob.head) + sizeof(blob.formats)},
		.formats = {DRM_FORMAT_XRGB8888, DRM_FORMAT_NV12},
		.modifiers = {{.formats = 3, .modifier = DRM_FORMAT_MOD_LINEAR},
			{.formats = 1, .modifier = I915_FORMAT_MOD_X_TILED}},
	};
	return fake_add_blob(&blob, sizeof(blob));
}

static void add_plane(uint32_t id, uint64_t type) {
	static const char *const plain[] = {"FB_ID", "CRTC_ID", "SRC_X", "SRC_Y", "SRC_W", "SRC_H",
		"CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H"};
	struct fake_object *plane = fake_add_object(DRM_MODE_OBJECT_PLANE, id);
	plane->formats[0] = DRM_FORMAT_XRGB8888;
	plane->formats_len = 1;
	fake_add_property(plane, "type", DRM_MODE_PROP_ENUM | DRM_MODE_PROP_IMMUTABLE, type);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		fake_add_property(plane, plain[i], DRM_MODE_PROP_RANGE, 0);
	}
	fake_add_property(plane, "IN_FENCE_FD", DRM_MODE_PROP_SIGNED_RANGE, UINT64_MAX);
	fake_add_property(plane, "IN_FORMATS", DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE,
		add_in_formats());
	struct fake_property *zpos = fake_add_property(plane, "zpos", DRM_MODE_PROP_RANGE, 3);
	zpos->range[0] = 2;
	zpos->range[1] = 5;
	fake_add_property(plane, "alpha", DRM_MODE_PROP_RANGE, 0xffff)->range[1] = 0xffff;
	/* Not the numbers of enum kms_blend_mode, to see them looked up. */
	fake_add_property(plane, "pixel blend mode", DRM_MODE_PROP_ENUM, 5)->enums =
		"None=7|Pre-multiplied=5|Coverage=6";
	fake_add_property(plane, "rotation", DRM_MODE_PROP_BITMASK, 1)->enums =
		"rotate-0=0|rotate-180=2|reflect-x=4";
	fake_add_property(plane, "COLOR_ENCODING", DRM_MODE_PROP_ENUM, 10)->enums =
		"ITU-R BT.601 YCbCr=10|ITU-R BT.709 YCbCr=11";
	fake_add_property(plane, "COLOR_RANGE", DRM_MODE_PROP_ENUM, 20)->enums =
		"YCbCr limited range=20|YCbCr full range=21";
}

void fake_add_connector(uint32_t id, uint32_t connector_type, uint32_t type_id) {
	struct fake_object *connector = fake_add_object(DRM_MODE_OBJECT_CONNECTOR, id);
	connector->connector_type = connector_type;
	connector->type_id = type_id;
	connector->connection = DRM_MODE_CONNECTED;
	fake_add_property(connector, "CRTC_ID", DRM_MODE_PROP_OBJECT, 0);
	fake_add_property(connector, "link-status", DRM_MODE_PROP_ENUM, 0);
	connector->modes[0] = fake_mode(1024, 768, 65000, 1344, 806, 0, 0);
	connector->modes[1] = fake_mode(1920, 1080, 148500, 2200, 1125, 0, DRM_MODE_TYPE_PREFERRED);
	connector->modes[2] = fake_mode(640, 480, 25175, 800, 525, 0, 0);
	connector->modes_len = 3;
}

void fake_add_vkms(void) {
	struct fake_object *crtc = fake_add_object(DRM_MODE_OBJECT_CRTC, 50);
	fake_add_property(crtc, "ACTIVE", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(crtc, "MODE_ID", DRM_MODE_PROP_BLOB, 0);
	fake_add_property(crtc, "OUT_FENCE_PTR", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(crtc, "GAMMA_LUT", DRM_MODE_PROP_BLOB, 0);

	add_plane(30, DRM_PLANE_TYPE_PRIMARY);
	add_plane(31, DRM_PLANE_TYPE_OVERLAY);
	add_plane(32, DRM_PLANE_TYPE_OVERLAY);
	add_plane(33, DRM_PLANE_TYPE_CURSOR);

	fake_add_connector(70, DRM_MODE_CONNECTOR_VIRTUAL, 1);
	fake_add_connector(71, DRM_MODE_CONNECTOR_WRITEBACK, 1);
	struct fake_object *writeback = fake_find_object(71);
	const uint32_t formats[] = {DRM_FORMAT_RGB565, DRM_FORMAT_XRGB8888};
	fake_add_property(writeback, "WRITEBACK_FB_ID", DRM_MODE_PROP_OBJECT, 0);
	fake_add_property(writeback, "WRITEBACK_OUT_FENCE_PTR", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(writeback, "WRITEBACK_PIXEL_FORMATS",
		DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE,
		fake_add_blob(formats, sizeof(formats)));
}

void fake_add_colorop(uint32_t id, uint32_t before, const char *type, const char *curves,
	uint64_t size) {
	struct fake_object *op = fake_add_object(DRM_MODE_OBJECT_COLOROP, id);
	const uint32_t immutable = DRM_MODE_PROP_IMMUTABLE;
	/* Not the kernel's numbers, to see them looked up. */
	static const char types[] =
		"1D Curve=90|1D LUT=91|3x4 Matrix=92|Multiplier=93|3D LUT=94|Fixed Matrix=95";
	uint64_t number = 0;
	sscanf(strstr(types, type) + strlen(type), "=%llu", (unsigned long long *)&number);
	fake_add_property(op, "TYPE", DRM_MODE_PROP_ENUM | immutable, number)->enums = types;
	fake_add_property(op, "BYPASS", DRM_MODE_PROP_RANGE, 1)->range[1] = 1;
	fake_add_property(op, "NEXT", DRM_MODE_PROP_OBJECT | immutable, 0);
	if (curves != NULL) {
		fake_add_property(op, "CURVE_1D_TYPE", DRM_MODE_PROP_ENUM, 0)->enums = curves;
	} else if (number == 93) {
		fake_add_property(op, "MULTIPLIER", DRM_MODE_PROP_RANGE, 0)->range[1] = UINT64_MAX;
	} else {
		fake_add_property(op, "DATA", DRM_MODE_PROP_BLOB, 0);
	}
	if (size != 0) {
		fake_add_property(op, "SIZE", DRM_MODE_PROP_RANGE | immutable, size);
	}
	if (before != 0) {
		fake_find_property(before, "NEXT")->value = id;
	}
}

void fake_add_hdr_settings(uint32_t connector_id) {
	struct fake_object *connector = fake_find_object(connector_id);
	fake_add_property(
		connector, "HDR_OUTPUT_METADATA", DRM_MODE_PROP_BLOB, fake_add_blob("hdr", 4));
	struct fake_property *max_bpc =
		fake_add_property(connector, "max bpc", DRM_MODE_PROP_RANGE, 12);
	max_bpc->range[0] = 6;
	max_bpc->range[1] = 12;
	fake_add_property(connector, "Colorspace", DRM_MODE_PROP_ENUM, 9)->enums =
		"Default=0|BT2020_RGB=9";
	fake_add_property(connector, "Broadcast RGB", DRM_MODE_PROP_ENUM, 32)->enums =
		"Automatic=30|Full=31|Limited 16:235=32";
	fake_add_property(connector, "scaling mode", DRM_MODE_PROP_ENUM, 41)->enums =
		"None=40|Full=41|Center=42|Full aspect=43";
	fake_add_property(connector, "underscan", DRM_MODE_PROP_ENUM, 61)->enums =
		"off=60|on=61|auto=62";
}

void fake_add_orientation(uint32_t connector_id, uint64_t value) {
	fake_add_property(fake_find_object(connector_id), "panel orientation",
		DRM_MODE_PROP_ENUM | DRM_MODE_PROP_IMMUTABLE, value)
		->enums = "Normal=80|Upside Down=81|Left Side Up=82|Right Side Up=83";
}
