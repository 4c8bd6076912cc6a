/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

/** A pixel format and every memory layout it can have on a plane. */
struct kms_format {
	uint32_t fourcc;
	/** DRM_FORMAT_MOD_*, in the kernel's order, each once. */
	uint64_t *modifiers;
	size_t modifiers_len, modifiers_cap;
};

/** What a plane or a writeback connector takes. Empty when zeroed. */
struct kms_format_set {
	struct kms_format *formats;
	size_t len, cap;
};

/**
 * Adds one pair; one that is there already stays once. Returns 0 or -ENOMEM, then the set is
 * as it was before.
 */
int kms_format_set_add(struct kms_format_set *set, uint32_t fourcc, uint64_t modifier);

/**
 * Fills an empty set from an IN_FORMATS property's blob; NULL: with nothing. Returns 0, or -ENOMEM:
 * then the set is empty.
 */
int kms_format_set_from_blob(struct kms_format_set *set, const drmModePropertyBlobRes *blob);

/**
 * Fills an empty set from a plain list of fourccs, as planes without IN_FORMATS have it. Nothing
 * is said of modifiers there: each format gets DRM_FORMAT_MOD_LINEAR, and DRM_FORMAT_MOD_INVALID
 * for buffers whose layout the driver keeps track of. Returns 0 or -ENOMEM.
 */
int kms_format_set_from_list(struct kms_format_set *set, const uint32_t *fourccs, size_t len);

/** The format of this fourcc, NULL when there is none. Valid until the set changes. */
const struct kms_format *kms_format_set_get(const struct kms_format_set *set, uint32_t fourcc);

/** Whether the set has exactly this pair; DRM_FORMAT_MOD_INVALID is a modifier like others. */
bool kms_format_set_has(const struct kms_format_set *set, uint32_t fourcc, uint64_t modifier);

/** Frees what the set holds and leaves it empty. */
void kms_format_set_finish(struct kms_format_set *set);

/** Writes a fourcc as its four letters, "XR24"; "0x..." for one that has none. */
void kms_fourcc_name(char *text, size_t size, uint32_t fourcc);

/** Writes the name of a modifier, "LINEAR", "INTEL_X_TILED"; "0x..." for an unknown one. */
void kms_modifier_name(char *text, size_t size, uint64_t modifier);
