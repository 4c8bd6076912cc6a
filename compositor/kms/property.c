#include "kms/property.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xf86drmMode.h>

static int negative_errno(void) {
	return errno != 0 ? -errno : -EIO;
}

static struct kms_property *find_field(
	const char *name, const struct kms_property_spec *specs, size_t specs_len, void *fields) {
	for (size_t i = 0; i < specs_len; i++) {
		if (strcmp(specs[i].name, name) == 0) {
			return (struct kms_property *)((char *)fields + specs[i].offset);
		}
	}
	return NULL;
}

int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *fields) {
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object_id, object_type);
	if (list == NULL) {
		return negative_errno();
	}
	for (size_t i = 0; i < specs_len; i++) {
		*(struct kms_property *)((char *)fields + specs[i].offset) =
			(struct kms_property){0};
	}

	int ret = 0;
	for (uint32_t i = 0; i < list->count_props; i++) {
		drmModePropertyRes *info = drmModeGetProperty(fd, list->props[i]);
		if (info == NULL) {
			ret = negative_errno();
			break;
		}
		struct kms_property *field = find_field(info->name, specs, specs_len, fields);
		if (field != NULL) {
			bool range =
				(drm_property_type_is(info, DRM_MODE_PROP_RANGE) ||
					drm_property_type_is(info, DRM_MODE_PROP_SIGNED_RANGE)) &&
				info->count_values == 2;
			*field = (struct kms_property){
				.id = info->prop_id,
				.immutable = (info->flags & DRM_MODE_PROP_IMMUTABLE) != 0,
				.value = list->prop_values[i],
				.min = range ? info->values[0] : 0,
				.max = range ? info->values[1] : 0,
			};
		}
		drmModeFreeProperty(info);
	}
	drmModeFreeObjectProperties(list);
	return ret;
}

int kms_property_read_enum(int fd, uint32_t property_id, const char *const *names, size_t names_len,
	struct kms_enum_values *values) {
	*values = (struct kms_enum_values){0};
	if (property_id == 0) {
		return 0;
	}
	size_t max = sizeof(values->values) / sizeof(values->values[0]);
	if (names_len > max) {
		return -EINVAL;
	}
	drmModePropertyRes *info = drmModeGetProperty(fd, property_id);
	if (info == NULL) {
		return negative_errno();
	}
	for (int i = 0; i < info->count_enums; i++) {
		for (size_t j = 0; j < names_len; j++) {
			if (names[j] != NULL && strcmp(names[j], info->enums[i].name) == 0) {
				values->mask |= UINT32_C(1) << j;
				values->values[j] = info->enums[i].value;
			}
		}
	}
	drmModeFreeProperty(info);
	return 0;
}

int kms_property_read_name(
	int fd, const struct kms_property *property, char name[DRM_PROP_NAME_LEN]) {
	name[0] = '\0';
	if (property->id == 0) {
		return 0;
	}
	drmModePropertyRes *info = drmModeGetProperty(fd, property->id);
	if (info == NULL) {
		return negative_errno();
	}
	for (int i = 0; i < info->count_enums; i++) {
		if (info->enums[i].value == property->value) {
			snprintf(name, DRM_PROP_NAME_LEN, "%s", info->enums[i].name);
		}
	}
	drmModeFreeProperty(info);
	return 0;
}
