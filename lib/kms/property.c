/* SPDX-License-Identifier: MIT */
#include "kms/property.h"

#include <stdio.h>
#include <string.h>

static void read_names(
	const drmModePropertyRes *info, const char *const *names, struct kms_property *property) {
	property->mask = names[0] == NULL;
	for (int i = 0; i < info->count_enums; i++) {
		for (size_t j = 0; j < KMS_PROPERTY_NAMES; j++) {
			if (names[j] != NULL && strcmp(names[j], info->enums[i].name) == 0) {
				property->mask |= UINT32_C(1) << j;
				property->values[j] = info->enums[i].value;
			}
		}
	}
}

static void read_property(drmModePropertyRes *info, uint64_t value,
	const struct kms_property_spec *spec, void *properties) {
	struct kms_property *property = (void *)((char *)properties + spec->offset);
	const bool immutable = (info->flags & DRM_MODE_PROP_IMMUTABLE) != 0;
	const bool range = (drm_property_type_is(info, DRM_MODE_PROP_RANGE) ||
				   drm_property_type_is(info, DRM_MODE_PROP_SIGNED_RANGE)) &&
			   info->count_values == 2;
	*property = (struct kms_property){
		.id = info->prop_id,
		.immutable = immutable,
		.blob = drm_property_type_is(info, DRM_MODE_PROP_BLOB) != 0,
		.kept = spec->kept && !immutable,
		.value = value,
		.min = range ? info->values[0] : 0,
		.max = range ? info->values[1] : 0,
	};
	if (immutable) {
		property->min = property->max = value;
	}
	if (spec->names != NULL) {
		read_names(info, spec->names, property);
	}
}

int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *properties) {
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object_id, object_type);
	if (list == NULL) {
		return kms_errno();
	}
	for (size_t i = 0; i < specs_len; i++) {
		struct kms_property *property = (void *)((char *)properties + specs[i].offset);
		property->mask = 1;
	}
	int ret = 0;
	for (uint32_t i = 0; i < list->count_props && ret == 0; i++) {
		drmModePropertyRes *info = drmModeGetProperty(fd, list->props[i]);
		if (info == NULL) {
			ret = kms_errno();
			break;
		}
		for (size_t j = 0; j < specs_len; j++) {
			if (strcmp(specs[j].name, info->name) == 0) {
				read_property(info, list->prop_values[i], &specs[j], properties);
			}
		}
		drmModeFreeProperty(info);
	}
	drmModeFreeObjectProperties(list);
	return ret;
}

unsigned kms_property_name(const struct kms_property *property, unsigned other) {
	for (unsigned i = 0; i < KMS_PROPERTY_NAMES; i++) {
		if ((property->mask & 1u << i) != 0 && property->values[i] == property->value) {
			return i;
		}
	}
	return other;
}

void kms_property_read_name(
	int fd, const struct kms_property *property, char name[DRM_PROP_NAME_LEN]) {
	name[0] = '\0';
	drmModePropertyRes *info = property->id != 0 ? drmModeGetProperty(fd, property->id) : NULL;
	for (int i = 0; info != NULL && i < info->count_enums; i++) {
		if (info->enums[i].value == property->value) {
			snprintf(name, DRM_PROP_NAME_LEN, "%s", info->enums[i].name);
		}
	}
	drmModeFreeProperty(info);
}
