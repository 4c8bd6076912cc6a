/* SPDX-License-Identifier: MIT */
/* The parts of a profile, put together. */
#include <drm_fourcc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "profile/private.h"

bool profile_fail(struct profile_reader *reader, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vsnprintf(reader->why, reader->size, format, args);
	va_end(args);
	return false;
}

const struct kms_property_spec *profile_find_spec(const char *name) {
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		if (strcmp(kms_plane_specs[i].name, name) == 0) {
			return &kms_plane_specs[i];
		}
	}
	return NULL;
}

bool profile_add_name(uint32_t *mask, const struct kms_property_spec *spec, const char *name) {
	for (size_t i = 0; name != NULL && spec->names != NULL && i < KMS_PROPERTY_NAMES; i++) {
		if (spec->names[i] != NULL && strcmp(spec->names[i], name) == 0) {
			*mask |= UINT32_C(1) << i;
			return true;
		}
	}
	return false;
}

static struct kms_property *property_of(
	struct kms_plane *plane, const struct kms_property_spec *spec) {
	return (void *)((char *)&plane->props + spec->offset);
}

void profile_add_property(struct kms_plane *plane, const struct kms_property_spec *spec,
	struct kms_property value) {
	value.id = plane->id * 100 + (uint32_t)(spec - kms_plane_specs) + 1;
	value.mask |= spec->names != NULL && spec->names[0] == NULL;
	for (size_t i = 0; i < KMS_PROPERTY_NAMES; i++) {
		value.values[i] = i;
	}
	*property_of(plane, spec) = value;
}

struct kms_plane *profile_add_plane(struct profile_reader *reader, uint32_t type) {
	static const char *const basic[] = {"type", "FB_ID", "CRTC_ID", "IN_FENCE_FD"};
	struct latch_profile *profile = reader->profile;
	if (profile->len == LATCH_PLAN_MAX_PLANES || type > KMS_PLANE_CURSOR) {
		profile_fail(reader, type > KMS_PLANE_CURSOR ? "a plane's type is unknown"
							     : "it has too many planes");
		return NULL;
	}
	struct kms_plane *plane = &profile->planes[profile->len];
	plane->id = 31 + (uint32_t)profile->len * 7;
	plane->index = (unsigned)profile->len;
	plane->type = type;
	plane->possible_crtcs = 1;
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const struct kms_property_spec *spec = &kms_plane_specs[i];
		bool there = spec->required;
		for (size_t j = 0; j < sizeof(basic) / sizeof(basic[0]); j++) {
			there = there || strcmp(spec->name, basic[j]) == 0;
		}
		if (there) {
			profile_add_property(plane, spec, (struct kms_property){0});
		}
		property_of(plane, spec)->mask = 1; // the default of what it has not
	}
	profile->list[profile->len++] = plane;
	if (type == KMS_PLANE_PRIMARY && profile->primary == NULL) {
		profile->primary = plane;
	}
	return plane;
}

/* "XR24", or "R8", which has blanks behind it; drm_info has the number. */
static uint32_t fourcc_of(yyjson_val *value) {
	const char *text = yyjson_get_str(value);
	const size_t len = yyjson_get_len(value);
	unsigned char name[] = {' ', ' ', ' ', ' '};
	if (text == NULL || len == 0 || len > sizeof(name)) {
		return (uint32_t)yyjson_get_uint(value);
	}
	memcpy(name, text, len);
	return fourcc_code(name[0], name[1], name[2], name[3]);
}

bool profile_add_formats(struct kms_plane *plane, yyjson_val *fourccs, uint64_t modifier,
	struct profile_reader *reader) {
	size_t i, len;
	yyjson_val *fourcc;
	yyjson_arr_foreach(fourccs, i, len, fourcc) {
		if (fourcc_of(fourcc) == 0) {
			return profile_fail(reader, "a format is no fourcc");
		}
		if (kms_format_set_add(&plane->formats, fourcc_of(fourcc), modifier) != 0) {
			return profile_fail(reader, "out of memory");
		}
	}
	return true;
}
