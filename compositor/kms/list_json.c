#include "kms/list.h"

#include <errno.h>
#include <xf86drmMode.h>
#include <yyjson.h>

static void add_formats(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key,
	const struct kms_format_set *set) {
	char text[128];
	yyjson_mut_val *formats = yyjson_mut_obj_add_arr(doc, parent, key);
	for (size_t i = 0; i < set->len; i++) {
		yyjson_mut_val *format = yyjson_mut_arr_add_obj(doc, formats);
		kms_fourcc_name(text, sizeof(text), set->formats[i].fourcc);
		yyjson_mut_obj_add_strcpy(doc, format, "format", text);
		yyjson_mut_val *modifiers = yyjson_mut_obj_add_arr(doc, format, "modifiers");
		for (size_t j = 0; j < set->formats[i].modifiers_len; j++) {
			kms_modifier_name(text, sizeof(text), set->formats[i].modifiers[j]);
			yyjson_mut_arr_add_strcpy(doc, modifiers, text);
		}
	}
}

static void add_crtcs(yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct kms_device *device,
	uint32_t possible_crtcs) {
	yyjson_mut_val *crtcs = yyjson_mut_obj_add_arr(doc, parent, "crtcs");
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if ((possible_crtcs & UINT32_C(1) << device->crtcs[i].index) != 0) {
			yyjson_mut_arr_add_uint(doc, crtcs, device->crtcs[i].id);
		}
	}
}

/* Unknown is null. */
static void add_text(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key, const char *text) {
	if (text != NULL) {
		yyjson_mut_obj_add_strcpy(doc, parent, key, text);
	} else {
		yyjson_mut_obj_add_null(doc, parent, key);
	}
}

/* Each is null where the connector has no such setting. */
static void add_settings(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct kms_connector *connector) {
	const struct kms_connector_properties *props = &connector->props;
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, parent, "settings");
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		add_text(doc, object, kms_setting_texts[i],
			props->settings[i].id != 0 ? connector->settings[i].now : NULL);
	}
	if (props->hdr_output_metadata.id != 0) {
		yyjson_mut_obj_add_bool(
			doc, object, "hdr_metadata", props->hdr_output_metadata.value != 0);
	} else {
		yyjson_mut_obj_add_null(doc, object, "hdr_metadata");
	}
	if (props->max_bpc.id == 0) {
		yyjson_mut_obj_add_null(doc, object, "max_bpc");
		return;
	}
	yyjson_mut_val *bpc = yyjson_mut_obj_add_obj(doc, object, "max_bpc");
	yyjson_mut_obj_add_uint(doc, bpc, "value", props->max_bpc.value);
	yyjson_mut_obj_add_uint(doc, bpc, "min", props->max_bpc.min);
	yyjson_mut_obj_add_uint(doc, bpc, "max", props->max_bpc.max);
}

static void add_connector(yyjson_mut_doc *doc, yyjson_mut_val *array,
	const struct kms_device *device, const struct kms_connector *connector) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", connector->id);
	add_text(doc, object, "name", connector->name);
	add_text(doc, object, "status", kms_connector_status_name(connector->status));
	add_text(doc, object, "make", connector->make);
	add_text(doc, object, "model", connector->model);
	add_text(doc, object, "serial", connector->serial);
	yyjson_mut_obj_add_uint(doc, object, "width_mm", connector->width_mm);
	yyjson_mut_obj_add_uint(doc, object, "height_mm", connector->height_mm);
	yyjson_mut_obj_add_bool(doc, object, "writeback", connector->writeback);
	yyjson_mut_obj_add_bool(doc, object, "non_desktop", connector->non_desktop);
	yyjson_mut_obj_add_bool(doc, object, "vrr_capable", connector->vrr_capable);
	yyjson_mut_obj_add_bool(doc, object, "link_bad", connector->link_bad);
	add_text(doc, object, "panel_orientation",
		connector->props.panel_orientation.id != 0
			? kms_panel_orientation_name(connector->orientation)
			: NULL);
	add_settings(doc, object, connector);
	add_crtcs(doc, object, device, connector->possible_crtcs);
	yyjson_mut_val *modes = yyjson_mut_obj_add_arr(doc, object, "modes");
	for (size_t i = 0; i < connector->modes_len; i++) {
		const struct kms_mode *mode = &connector->modes[i];
		yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, modes);
		yyjson_mut_obj_add_uint(doc, entry, "width", mode->info.hdisplay);
		yyjson_mut_obj_add_uint(doc, entry, "height", mode->info.vdisplay);
		yyjson_mut_obj_add_int(doc, entry, "refresh_mhz", mode->refresh_mhz);
		yyjson_mut_obj_add_bool(doc, entry, "preferred", mode->preferred);
		yyjson_mut_obj_add_bool(doc, entry, "interlaced", mode->interlaced);
	}
	if (connector->writeback) {
		add_formats(doc, object, "writeback_formats", &connector->writeback_formats);
	}
}

static void add_plane(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_device *device,
	const struct kms_plane *plane) {
	const struct kms_plane_properties *props = &plane->props;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", plane->id);
	add_text(doc, object, "type", kms_plane_type_name(plane->type));
	add_crtcs(doc, object, device, plane->possible_crtcs);
	yyjson_mut_val *zpos = yyjson_mut_obj_add_obj(doc, object, "zpos");
	if (props->zpos.id != 0) {
		yyjson_mut_obj_add_bool(doc, zpos, "immutable", props->zpos.immutable);
		yyjson_mut_obj_add_uint(doc, zpos, "value", props->zpos.value);
		yyjson_mut_obj_add_uint(doc, zpos, "min",
			props->zpos.immutable ? props->zpos.value : props->zpos.min);
		yyjson_mut_obj_add_uint(doc, zpos, "max",
			props->zpos.immutable ? props->zpos.value : props->zpos.max);
	}
	const struct {
		const char *key;
		bool has;
	} abilities[] = {
		{"in_fence", props->in_fence_fd.id != 0},
		{"alpha", props->alpha.id != 0},
		{"blend_mode", props->blend_mode.id != 0},
		{"rotation", (plane->rotations & ~(uint32_t)DRM_MODE_ROTATE_0) != 0},
		{"color_encoding", props->color_encoding.id != 0},
		{"color_range", props->color_range.id != 0},
		{"scaling_filter", props->scaling_filter.id != 0},
		{"damage", props->fb_damage_clips.id != 0},
		{"hotspot", props->hotspot_x.id != 0},
		{"modifiers", plane->has_in_formats},
		{"in_use", plane->initial.fb_id != 0},
	};
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		yyjson_mut_obj_add_bool(doc, object, abilities[i].key, abilities[i].has);
	}
	add_formats(doc, object, "formats", &plane->formats);
}

static void add_device(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_list_entry *entry) {
	const struct kms_device *device = entry->device;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	add_text(doc, object, "path", entry->path);
	if (device == NULL) {
		add_text(doc, object, "error", kms_error_string(entry->error));
		return;
	}
	add_text(doc, object, "driver", device->driver);
	add_text(doc, object, "clock", kms_clock_kind_name(device->clock));
	yyjson_mut_obj_add_uint(doc, object, "cursor_width", device->cursor_width);
	yyjson_mut_obj_add_uint(doc, object, "cursor_height", device->cursor_height);
	yyjson_mut_val *features = yyjson_mut_obj_add_obj(doc, object, "features");
	for (size_t i = 0; i < kms_feature_texts_len; i++) {
		const struct kms_feature_text *text = &kms_feature_texts[i];
		yyjson_mut_obj_add_bool(doc, features, text->name,
			*(const bool *)((const char *)&device->features + text->offset));
	}
	yyjson_mut_val *crtcs = yyjson_mut_obj_add_arr(doc, object, "crtcs");
	for (size_t i = 0; i < device->crtcs_len; i++) {
		yyjson_mut_val *crtc = yyjson_mut_arr_add_obj(doc, crtcs);
		yyjson_mut_obj_add_uint(doc, crtc, "id", device->crtcs[i].id);
		yyjson_mut_obj_add_bool(doc, crtc, "active", device->crtcs[i].initial.active);
		yyjson_mut_obj_add_bool(
			doc, crtc, "out_fence", device->crtcs[i].props.out_fence_ptr.id != 0);
	}
	yyjson_mut_val *connectors = yyjson_mut_obj_add_arr(doc, object, "connectors");
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (!device->connectors[i]->gone) {
			add_connector(doc, connectors, device, device->connectors[i]);
		}
	}
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, object, "planes");
	for (size_t i = 0; i < device->planes_len; i++) {
		add_plane(doc, planes, device, &device->planes[i]);
	}
}

int kms_list_print_json(FILE *file, const struct kms_list_entry *entries, size_t len) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return -ENOMEM;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_val *devices = yyjson_mut_obj_add_arr(doc, root, "devices");
	for (size_t i = 0; i < len; i++) {
		add_device(doc, devices, &entries[i]);
	}
	/* Monitors may call themselves anything; bytes that are no UTF-8 must not fail it. */
	bool written = yyjson_mut_write_fp(
		file, doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL, NULL);
	yyjson_mut_doc_free(doc);
	if (!written || fputc('\n', file) == EOF || fflush(file) != 0) {
		return -EIO;
	}
	return 0;
}
