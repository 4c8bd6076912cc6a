#include "kms/format.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

static struct kms_format *find(const struct kms_format_set *set, uint32_t fourcc) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->formats[i].fourcc == fourcc) {
			return &set->formats[i];
		}
	}
	return NULL;
}

static bool has_modifier(const struct kms_format *format, uint64_t modifier) {
	for (size_t i = 0; i < format->modifiers_len; i++) {
		if (format->modifiers[i] == modifier) {
			return true;
		}
	}
	return false;
}

/* Puts one more element at the end of an array of plain structs; NULL: no memory. */
static void *grow(void *array, size_t len, size_t size) {
	return reallocarray(array, len + 1, size);
}

int kms_format_set_add(struct kms_format_set *set, uint32_t fourcc, uint64_t modifier) {
	struct kms_format *format = find(set, fourcc);
	if (format != NULL && has_modifier(format, modifier)) {
		return 0;
	}

	if (format == NULL) {
		uint64_t *modifiers = malloc(sizeof(*modifiers));
		struct kms_format *formats = grow(set->formats, set->len, sizeof(*formats));
		if (formats != NULL) {
			set->formats = formats;
		}
		if (modifiers == NULL || formats == NULL) {
			free(modifiers);
			return -ENOMEM;
		}
		modifiers[0] = modifier;
		formats[set->len++] = (struct kms_format){
			.fourcc = fourcc,
			.modifiers = modifiers,
			.modifiers_len = 1,
		};
		return 0;
	}

	uint64_t *modifiers = grow(format->modifiers, format->modifiers_len, sizeof(*modifiers));
	if (modifiers == NULL) {
		return -ENOMEM;
	}
	modifiers[format->modifiers_len++] = modifier;
	format->modifiers = modifiers;
	return 0;
}

/*
 * libdrm's iterator trusts the offsets in the blob. The kernel writes it, so that is fine with a
 * kernel without faults; a blob that is cut off should not take us down all the same.
 */
static bool blob_is_sound(const void *bytes, uint32_t size) {
	struct drm_format_modifier_blob blob;
	if (size < sizeof(blob)) {
		return false;
	}
	memcpy(&blob, bytes, sizeof(blob));
	return blob.version >= FORMAT_BLOB_CURRENT && blob.formats_offset % 4 == 0 &&
	       blob.modifiers_offset % 8 == 0 && blob.formats_offset <= size &&
	       blob.count_formats <= (size - blob.formats_offset) / sizeof(uint32_t) &&
	       blob.modifiers_offset <= size &&
	       blob.count_modifiers <=
		       (size - blob.modifiers_offset) / sizeof(struct drm_format_modifier);
}

/* Each modifier says by 64 bits, counted from its offset, which formats it goes with. */
static bool modifiers_are_sound(const void *bytes) {
	struct drm_format_modifier_blob blob;
	memcpy(&blob, bytes, sizeof(blob));
	for (uint32_t i = 0; i < blob.count_modifiers; i++) {
		struct drm_format_modifier modifier;
		memcpy(&modifier,
			(const char *)bytes + blob.modifiers_offset + i * sizeof(modifier),
			sizeof(modifier));
		if (modifier.formats == 0) {
			continue;
		}
		uint32_t last = 63 - (uint32_t)__builtin_clzll(modifier.formats);
		if (modifier.offset >= blob.count_formats ||
			last >= blob.count_formats - modifier.offset) {
			return false;
		}
	}
	return true;
}

int kms_format_set_from_blob(struct kms_format_set *set, const void *bytes, uint32_t size) {
	if (bytes == NULL || !blob_is_sound(bytes, size) || !modifiers_are_sound(bytes)) {
		return -EINVAL;
	}
	drmModePropertyBlobRes blob = {
		.length = size,
		/* The iterator only reads. */
		.data = (void *)(uintptr_t)bytes,
	};
	drmModeFormatModifierIterator iter = {0};
	while (drmModeFormatModifierBlobIterNext(&blob, &iter)) {
		int ret = kms_format_set_add(set, iter.fmt, iter.mod);
		if (ret < 0) {
			kms_format_set_finish(set);
			return ret;
		}
	}
	return 0;
}

int kms_format_set_from_list(struct kms_format_set *set, const uint32_t *fourccs, size_t len) {
	for (size_t i = 0; i < len; i++) {
		int ret = kms_format_set_add(set, fourccs[i], DRM_FORMAT_MOD_LINEAR);
		if (ret == 0) {
			ret = kms_format_set_add(set, fourccs[i], DRM_FORMAT_MOD_INVALID);
		}
		if (ret < 0) {
			kms_format_set_finish(set);
			return ret;
		}
	}
	return 0;
}

const struct kms_format *kms_format_set_get(const struct kms_format_set *set, uint32_t fourcc) {
	return find(set, fourcc);
}

bool kms_format_set_has(const struct kms_format_set *set, uint32_t fourcc, uint64_t modifier) {
	const struct kms_format *format = find(set, fourcc);
	return format != NULL && has_modifier(format, modifier);
}

void kms_format_set_finish(struct kms_format_set *set) {
	for (size_t i = 0; i < set->len; i++) {
		free(set->formats[i].modifiers);
	}
	free(set->formats);
	*set = (struct kms_format_set){0};
}

void kms_modifier_name(char *text, size_t size, uint64_t modifier) {
	if (modifier == DRM_FORMAT_MOD_INVALID) {
		snprintf(text, size, "(driver's own)");
		return;
	}
	char *name = drmGetFormatModifierName(modifier);
	char *vendor = drmGetFormatModifierVendor(modifier);
	if (name == NULL) {
		snprintf(text, size, "0x%016" PRIx64, modifier);
	} else if (vendor == NULL || modifier == DRM_FORMAT_MOD_LINEAR) {
		snprintf(text, size, "%s", name);
	} else {
		snprintf(text, size, "%s_%s", vendor, name);
	}
	free(name);
	free(vendor);
}

void kms_fourcc_name(char *text, size_t size, uint32_t fourcc) {
	char *name = drmGetFormatName(fourcc);
	if (name != NULL) {
		snprintf(text, size, "%s", name);
	} else {
		snprintf(text, size, "0x%08" PRIx32, fourcc);
	}
	free(name);
}
