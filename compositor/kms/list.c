#include "kms/list.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xf86drmMode.h>

static bool same_modifiers(const struct kms_format *a, const struct kms_format *b) {
	return a->modifiers_len == b->modifiers_len &&
	       memcmp(a->modifiers, b->modifiers, a->modifiers_len * sizeof(a->modifiers[0])) == 0;
}

static bool was_printed(const struct kms_format_set *set, size_t index) {
	for (size_t i = 0; i < index; i++) {
		if (same_modifiers(&set->formats[i], &set->formats[index])) {
			return true;
		}
	}
	return false;
}

/* Formats that take the same modifiers share two lines: most do. */
static void print_formats(FILE *file, const struct kms_format_set *set) {
	char text[128];
	for (size_t i = 0; i < set->len; i++) {
		const struct kms_format *first = &set->formats[i];
		if (was_printed(set, i)) {
			continue;
		}
		fprintf(file, "      formats  ");
		for (size_t j = i; j < set->len; j++) {
			if (same_modifiers(first, &set->formats[j])) {
				kms_fourcc_name(text, sizeof(text), set->formats[j].fourcc);
				fprintf(file, " %s", text);
			}
		}
		fprintf(file, "\n        as     ");
		for (size_t j = 0; j < first->modifiers_len; j++) {
			kms_modifier_name(text, sizeof(text), first->modifiers[j]);
			fprintf(file, " %s", text);
		}
		fprintf(file, "\n");
	}
}

static void print_features(FILE *file, const struct kms_device *device) {
	fprintf(file, "  features\n");
	for (size_t i = 0; i < kms_feature_texts_len; i++) {
		const struct kms_feature_text *text = &kms_feature_texts[i];
		bool on = *(const bool *)((const char *)&device->features + text->offset);
		fprintf(file, "    %-24s %-3s  %s\n", text->name, on ? "on" : "off",
			on ? text->on : text->off);
	}
}

static void print_crtc_indices(
	FILE *file, const struct kms_device *device, uint32_t possible_crtcs) {
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if ((possible_crtcs & UINT32_C(1) << device->crtcs[i].index) != 0) {
			fprintf(file, " %u", device->crtcs[i].id);
		}
	}
}

const char *const kms_setting_texts[KMS_SETTINGS] = {
	[KMS_SETTING_COLORSPACE] = "colorspace",
	[KMS_SETTING_BROADCAST_RGB] = "broadcast_rgb",
	[KMS_SETTING_SCALING_MODE] = "scaling_mode",
	[KMS_SETTING_UNDERSCAN] = "underscan",
};

/* What the last master has left on the connector. */
static void print_settings(FILE *file, const struct kms_connector *connector) {
	const struct kms_connector_properties *props = &connector->props;
	const char *separator = "      settings  ";
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		if (props->settings[i].id != 0) {
			fprintf(file, "%s%s \"%s\"", separator, kms_setting_texts[i],
				connector->settings[i].now);
			separator = ", ";
		}
	}
	if (props->max_bpc.id != 0) {
		fprintf(file, "%smax_bpc %" PRIu64 " of %" PRIu64 " to %" PRIu64, separator,
			props->max_bpc.value, props->max_bpc.min, props->max_bpc.max);
		separator = ", ";
	}
	if (props->hdr_output_metadata.id != 0) {
		fprintf(file, "%shdr_metadata %s", separator,
			props->hdr_output_metadata.value != 0 ? "set" : "none");
		separator = ", ";
	}
	if (separator[0] == ',') {
		fprintf(file, "\n");
	}
}

static void print_connector(
	FILE *file, const struct kms_device *device, const struct kms_connector *connector) {
	fprintf(file, "  connector %s (%u): %s", connector->name, connector->id,
		connector->writeback ? "writeback, for pictures of the screen"
				     : kms_connector_status_name(connector->status));
	if (connector->make != NULL || connector->model != NULL) {
		fprintf(file, ", %s %s%s%s", connector->make != NULL ? connector->make : "",
			connector->model != NULL ? connector->model : "",
			connector->serial != NULL ? " " : "",
			connector->serial != NULL ? connector->serial : "");
	}
	if (connector->width_mm != 0 && connector->height_mm != 0) {
		fprintf(file, ", %ux%u mm", connector->width_mm, connector->height_mm);
	}
	fprintf(file, "%s%s%s\n", connector->non_desktop ? ", not for a desktop" : "",
		connector->vrr_capable ? ", variable refresh"
		: connector->writeback ? ""
				       : ", no variable refresh",
		connector->link_bad ? ", link bad" : "");
	if (connector->props.panel_orientation.id != 0) {
		fprintf(file, "      mounted   %s\n",
			kms_panel_orientation_name(connector->orientation));
	}
	fprintf(file, "      CRTCs    ");
	print_crtc_indices(file, device, connector->possible_crtcs);
	fprintf(file, "\n");
	for (size_t i = 0; i < connector->modes_len; i++) {
		const struct kms_mode *mode = &connector->modes[i];
		fprintf(file, "      mode      %ux%u@%d.%03d%s%s\n", mode->info.hdisplay,
			mode->info.vdisplay, mode->refresh_mhz / 1000, mode->refresh_mhz % 1000,
			mode->preferred ? " preferred" : "", mode->interlaced ? " interlaced" : "");
	}
	print_settings(file, connector);
	print_formats(file, &connector->writeback_formats);
}

static void print_plane(
	FILE *file, const struct kms_device *device, const struct kms_plane *plane) {
	const struct kms_plane_properties *props = &plane->props;
	fprintf(file, "  plane %u: %s, CRTCs", plane->id, kms_plane_type_name(plane->type));
	print_crtc_indices(file, device, plane->possible_crtcs);
	if (props->zpos.id != 0 && props->zpos.immutable) {
		fprintf(file, ", zpos %" PRIu64, props->zpos.value);
	} else if (props->zpos.id != 0) {
		fprintf(file, ", zpos %" PRIu64 " to %" PRIu64, props->zpos.min, props->zpos.max);
	}
	if (plane->initial.fb_id != 0) {
		fprintf(file, ", in use on CRTC %u", plane->initial.crtc_id);
	}
	fprintf(file, "\n      has      ");
	const struct {
		bool has;
		const char *name;
	} abilities[] = {
		{props->in_fence_fd.id != 0, "in-fence"},
		{props->alpha.id != 0, "alpha"},
		{props->blend_mode.id != 0, "blend-mode"},
		{(plane->rotations & ~(uint32_t)DRM_MODE_ROTATE_0) != 0, "rotation"},
		{props->color_encoding.id != 0, "color-encoding"},
		{props->color_range.id != 0, "color-range"},
		{props->scaling_filter.id != 0, "scaling-filter"},
		{props->fb_damage_clips.id != 0, "damage"},
		{props->hotspot_x.id != 0, "hotspot"},
		{plane->has_in_formats, "modifiers"},
	};
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		if (abilities[i].has) {
			fprintf(file, " %s", abilities[i].name);
		}
	}
	fprintf(file, "\n");
	print_formats(file, &plane->formats);
}

static void print_device(FILE *file, const struct kms_list_entry *entry) {
	const struct kms_device *device = entry->device;
	if (device == NULL) {
		fprintf(file, "%s %s\n", entry->path, kms_error_string(entry->error));
		return;
	}
	fprintf(file, "%s: %s, %zu CRTCs, %zu planes, %s vblank clock, cursor %ux%u\n", entry->path,
		device->driver, device->crtcs_len, device->planes_len,
		kms_clock_kind_name(device->clock), device->cursor_width, device->cursor_height);
	print_features(file, device);
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (!device->connectors[i]->gone) {
			print_connector(file, device, device->connectors[i]);
		}
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		print_plane(file, device, &device->planes[i]);
	}
}

int kms_list_print_text(FILE *file, const struct kms_list_entry *entries, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (i > 0) {
			fprintf(file, "\n");
		}
		print_device(file, &entries[i]);
	}
	return ferror(file) || fflush(file) != 0 ? -EIO : 0;
}
