#include "kms/property.h"

#include <stdio.h>
#include <string.h>

static void read_names(const drmModePropertyRes *info, const struct kms_property_spec *spec,
	struct kms_enum_values *values) {
	*values = (struct kms_enum_values){0};
	for (int i = 0; i < info->count_enums; i++) {
		for (size_t j = 0; j < spec->names_len; j++) {
			if (spec->names[j] != NULL &&
				strcmp(spec->names[j], info->enums[i].name) == 0) {
				values->mask |= UINT32_C(1) << j;
				values->values[j] = info->enums[i].value;
			}
		}
	}
}

static void read_property(drmModePropertyRes *info, uint64_t value,
	const struct kms_property_spec *spec, char *object) {
	const bool immutable = (info->flags & DRM_MODE_PROP_IMMUTABLE) != 0;
	const bool range = (drm_property_type_is(info, DRM_MODE_PROP_RANGE) ||
				   drm_property_type_is(info, DRM_MODE_PROP_SIGNED_RANGE)) &&
			   info->count_values == 2;
	*(struct kms_property *)(object + spec->offset) = (struct kms_property){
		.id = info->prop_id,
		.immutable = immutable,
		.blob = drm_property_type_is(info, DRM_MODE_PROP_BLOB) != 0,
		.kept = spec->kept && !immutable,
		.value = value,
		.min = range ? info->values[0] : 0,
		.max = range ? info->values[1] : 0,
	};
	if (spec->names != NULL) {
		read_names(info, spec, (struct kms_enum_values *)(object + spec->values));
	}
}

int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *object) {
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object_id, object_type);
	if (list == NULL) {
		return kms_errno();
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
				read_property(info, list->prop_values[i], &specs[j], object);
			}
		}
		drmModeFreeProperty(info);
	}
	drmModeFreeObjectProperties(list);
	return ret;
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
