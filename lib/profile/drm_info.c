/* SPDX-License-Identifier: MIT */
/* What `drm_info -j` prints, as a profile (json.c of drm_info 2.7): an object for each node, whose
 * planes have all their properties by name. */
#include <drm_fourcc.h>
#include <string.h>

#include "base/minmax.h"
#include "profile/private.h"

static void read_drm_info_property(
	struct kms_plane *plane, const struct kms_property_spec *spec, yyjson_val *value) {
	yyjson_val *range = yyjson_obj_get(value, "spec"), *item;
	struct kms_property property = {
		.immutable = yyjson_get_bool(yyjson_obj_get(value, "immutable")),
		.value = yyjson_get_uint(yyjson_obj_get(value, "raw_value")),
		.min = yyjson_get_uint(yyjson_obj_get(range, "min")),
		.max = yyjson_get_uint(yyjson_obj_get(range, "max")),
	};
	if (property.immutable) {
		property.min = property.max = property.value;
	}
	size_t i, len;
	yyjson_arr_foreach(range, i, len, item) {
		profile_add_name(
			&property.mask, spec, yyjson_get_str(yyjson_obj_get(item, "name")));
	}
	profile_add_property(plane, spec, property);
}

/* A type that nobody knows is an overlay's. */
static uint32_t type_of(yyjson_val *plane) {
	const uint64_t type = yyjson_get_uint(yyjson_ptr_get(plane, "/properties/type/raw_value"));
	return type <= KMS_PLANE_CURSOR ? (uint32_t)type : KMS_PLANE_OVERLAY;
}

static bool read_drm_info_plane(struct profile_reader *reader, yyjson_val *object) {
	yyjson_val *properties = yyjson_obj_get(object, "properties"), *key, *value;
	struct kms_plane *plane = profile_add_plane(reader, type_of(object));
	size_t i, len;
	if (plane == NULL) {
		return false;
	}
	yyjson_obj_iter iter = yyjson_obj_iter_with(properties);
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		value = yyjson_obj_iter_get_val(key);
		const struct kms_property_spec *spec = profile_find_spec(yyjson_get_str(key));
		if (spec != NULL) {
			read_drm_info_property(plane, spec, value);
		}
	}
	yyjson_arr_foreach(yyjson_ptr_get(properties, "/IN_FORMATS/data"), i, len, value) {
		plane->has_in_formats = true;
		if (!profile_add_formats(plane, yyjson_obj_get(value, "formats"),
			    yyjson_get_uint(yyjson_obj_get(value, "modifier")), reader)) {
			return false;
		}
	}
	yyjson_val *fourccs = yyjson_obj_get(object, "formats");
	return plane->has_in_formats ||
	       (profile_add_formats(plane, fourccs, DRM_FORMAT_MOD_LINEAR, reader) &&
		       profile_add_formats(plane, fourccs, DRM_FORMAT_MOD_INVALID, reader));
}

/* Reads the planes of the first CRTC that is on, or of the first where none is: the overlays, and
 * the first of each other type, as latch uses no more. */
bool profile_read_drm_info(struct profile_reader *reader, yyjson_val *node) {
	struct latch_profile *profile = reader->profile;
	size_t i, len, crtc = 0;
	yyjson_val *object, *crtcs = yyjson_obj_get(node, "crtcs");
	/* possible_crtcs has a bit for each. */
	const size_t crtcs_len = (size_t)latch_min((int64_t)yyjson_arr_size(crtcs), 32);
	while (crtc < crtcs_len &&
		!yyjson_is_obj(yyjson_obj_get(yyjson_arr_get(crtcs, crtc), "mode"))) {
		crtc++;
	}
	crtc = crtc < crtcs_len ? crtc : 0;
	bool has[KMS_PLANE_CURSOR + 1] = {false};
	yyjson_arr_foreach(yyjson_obj_get(node, "planes"), i, len, object) {
		const uint32_t type = type_of(object);
		const uint64_t crtcs_of = yyjson_get_uint(yyjson_obj_get(object, "possible_crtcs"));
		if ((crtcs_of >> crtc & 1) == 0 || (type != KMS_PLANE_OVERLAY && has[type])) {
			continue;
		}
		has[type] = true;
		if (!read_drm_info_plane(reader, object)) {
			return false;
		}
	}
	profile->stacks_by_id = strcmp(profile->name, "vkms") == 0;
	profile->primary_alpha = profile->primary != NULL &&
		kms_format_set_get(&profile->primary->formats, DRM_FORMAT_ARGB8888) != NULL;
	return true;
}
