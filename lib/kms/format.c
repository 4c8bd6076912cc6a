/* SPDX-License-Identifier: MIT */
#include "kms/format.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <xf86drm.h>

#include "base/array.h"

const struct kms_format *kms_format_set_get(const struct kms_format_set *set, uint32_t fourcc) {
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

int kms_format_set_add(struct kms_format_set *set, uint32_t fourcc, uint64_t modifier) {
	struct kms_format *format = (struct kms_format *)kms_format_set_get(set, fourcc);
	const bool is_new = format == NULL;
	if (is_new) {
		if (!latch_array_reserve(&set->formats, &set->cap, set->len + 1, sizeof(*format))) {
			return -ENOMEM;
		}
		format = &set->formats[set->len];
		*format = (struct kms_format){.fourcc = fourcc};
	} else if (has_modifier(format, modifier)) {
		return 0;
	}
	if (!latch_array_reserve(&format->modifiers, &format->modifiers_cap,
		    format->modifiers_len + 1, sizeof(modifier))) {
		return -ENOMEM;
	}
	format->modifiers[format->modifiers_len++] = modifier;
	set->len += is_new;
	return 0;
}

int kms_format_set_from_blob(struct kms_format_set *set, const drmModePropertyBlobRes *blob) {
	drmModeFormatModifierIterator at = {0};
	int ret = 0;
	while (ret == 0 && drmModeFormatModifierBlobIterNext(blob, &at)) {
		ret = kms_format_set_add(set, at.fmt, at.mod);
	}
	if (ret < 0) {
		kms_format_set_finish(set);
	}
	return ret;
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

bool kms_format_set_has(const struct kms_format_set *set, uint32_t fourcc, uint64_t modifier) {
	const struct kms_format *format = kms_format_set_get(set, fourcc);
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
	char *name = drmGetFormatModifierName(modifier);
	char *vendor = drmGetFormatModifierVendor(modifier);
	if (modifier == DRM_FORMAT_MOD_INVALID) {
		snprintf(text, size, "implicit");
	} else if (name == NULL) {
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
