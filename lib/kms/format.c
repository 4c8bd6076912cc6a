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

/* The kernel writes it, so it is sound with a kernel without faults; one that is cut off should not
 * take us down all the same. */
static bool is_sound(const struct drm_format_modifier_blob *head, uint32_t size) {
	return head->version >= FORMAT_BLOB_CURRENT && head->formats_offset % 4 == 0 &&
	       head->modifiers_offset % 8 == 0 && head->formats_offset <= size &&
	       head->count_formats <= (size - head->formats_offset) / sizeof(uint32_t) &&
	       head->modifiers_offset <= size &&
	       head->count_modifiers <=
		       (size - head->modifiers_offset) / sizeof(struct drm_format_modifier);
}

int kms_format_set_from_blob(struct kms_format_set *set, const void *blob, uint32_t size) {
	const struct drm_format_modifier_blob *head = blob;
	if (blob == NULL || size < sizeof(*head) || !is_sound(head, size)) {
		return -EINVAL;
	}
	const uint32_t *formats =
		(const uint32_t *)((const char *)blob + head->formats_offset);
	const struct drm_format_modifier *modifiers =
		(const struct drm_format_modifier *)((const char *)blob + head->modifiers_offset);
	int ret = 0;
	for (uint32_t i = 0; i < head->count_formats; i++) {
		for (uint32_t j = 0; j < head->count_modifiers && ret == 0; j++) {
			/* By 64 bits, counted from its offset, each says which formats it goes
			 * with. */
			uint32_t bit = i - modifiers[j].offset;
			if (bit < 64 && (modifiers[j].formats >> bit & 1) != 0) {
				ret = kms_format_set_add(set, formats[i], modifiers[j].modifier);
			}
		}
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
		snprintf(text, size, "(driver's own)");
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
