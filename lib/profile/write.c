/* SPDX-License-Identifier: MIT */
/* Planes as JSON, for profiles and for all who tell of a device's planes: what read.c reads. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

/* Formats in a row mostly have the same modifiers, whose names take libdrm long to make. */
static bool same_modifiers(const struct kms_format *a, const struct kms_format *b) {
	return a->modifiers_len == b->modifiers_len &&
	       memcmp(a->modifiers, b->modifiers, a->modifiers_len * sizeof(a->modifiers[0])) == 0;
}

static void add_modifiers(
	yyjson_mut_doc *doc, yyjson_mut_val *set, const struct kms_format *format) {
	yyjson_mut_val *modifiers = yyjson_mut_obj_add_obj(doc, set, "modifiers");
	for (size_t i = 0; i < format->modifiers_len; i++) {
		char name[128], number[20];
		kms_modifier_name(name, sizeof(name), format->modifiers[i]);
		snprintf(number, sizeof(number), "0x%016" PRIx64, format->modifiers[i]);
		yyjson_mut_obj_add(modifiers, yyjson_mut_strcpy(doc, name),
			yyjson_mut_strcpy(doc, number));
	}
}

void latch_profile_tell_formats(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key,
	const struct kms_format_set *formats) {
	yyjson_mut_val *sets = yyjson_mut_obj_add_arr(doc, object, key), *fourccs = NULL;
	for (size_t i = 0; i < formats->len; i++) {
		const struct kms_format *format = &formats->formats[i];
		if (i == 0 || !same_modifiers(format, format - 1)) {
			yyjson_mut_val *set = yyjson_mut_arr_add_obj(doc, sets);
			fourccs = yyjson_mut_obj_add_arr(doc, set, "fourccs");
			add_modifiers(doc, set, format);
		}
		char name[16];
		kms_fourcc_name(name, sizeof(name), format->fourcc);
		yyjson_mut_arr_append(fourccs, strlen(name) <= sizeof(uint32_t)
						       ? yyjson_mut_strcpy(doc, name)
						       : yyjson_mut_uint(doc, format->fourcc));
	}
}

void latch_profile_tell_names(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key,
	const char *const names[KMS_PROPERTY_NAMES], uint32_t mask) {
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, object, key);
	for (size_t i = 0; i < KMS_PROPERTY_NAMES; i++) {
		if ((mask >> i & 1) != 0 && names[i] != NULL) {
			yyjson_mut_arr_add_str(doc, array, names[i]);
		}
	}
}

static void add_zpos(
	yyjson_mut_doc *doc, yyjson_mut_val *properties, const struct kms_property *zpos) {
	if (zpos->immutable) {
		yyjson_mut_obj_add_uint(doc, properties, "zpos", zpos->value);
		return;
	}
	yyjson_mut_val *range = yyjson_mut_obj_add_arr(doc, properties, "zpos");
	yyjson_mut_arr_add_uint(doc, range, zpos->min);
	yyjson_mut_arr_add_uint(doc, range, zpos->max);
}

void latch_profile_tell_plane(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct kms_plane *plane) {
	const struct kms_plane_properties *props = &plane->props;
	yyjson_mut_obj_add_str(doc, object, "type", kms_plane_type_name(plane->type));
	latch_profile_tell_formats(doc, object, "formats", &plane->formats);
	yyjson_mut_val *properties = yyjson_mut_obj_add_obj(doc, object, "properties");
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const struct kms_property_spec *spec = &kms_plane_specs[i];
		const struct kms_property *property = kms_property_at(props, spec);
		if (property->id == 0) {
			continue;
		}
		if (spec->names != NULL) {
			latch_profile_tell_names(
				doc, properties, spec->name, spec->names, property->mask);
		} else if (property == &props->zpos) {
			add_zpos(doc, properties, property);
		} else if (property == &props->alpha || property == &props->in_fence_fd ||
			   property == &props->fb_damage_clips || property == &props->hotspot_x ||
			   property == &props->hotspot_y) {
			yyjson_mut_obj_add_bool(doc, properties, spec->name, true);
		}
	}
}
