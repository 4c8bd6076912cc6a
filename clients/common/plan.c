/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <drm_fourcc.h>
#include <string.h>

/* Formats without alpha come first: a compositor can put them on the lowest plane without
 * having to trust the opaque region. Eight bits before ten: every plane takes them. */
static const uint32_t preferred[] = {
	DRM_FORMAT_XRGB8888,
	DRM_FORMAT_XBGR8888,
	DRM_FORMAT_RGBX8888,
	DRM_FORMAT_BGRX8888,
	DRM_FORMAT_XRGB2101010,
	DRM_FORMAT_XBGR2101010,
	DRM_FORMAT_ARGB8888,
	DRM_FORMAT_ABGR8888,
	DRM_FORMAT_ARGB2101010,
	DRM_FORMAT_ABGR2101010,
	DRM_FORMAT_XBGR16161616F,
	DRM_FORMAT_RGB565,
};

/* Layouts that are tried alone too. */
struct alone {
	bool linear, implicit;
};

/* Adds the tranche's modifiers of the step's format that both sides know; says which of those above
 * are there. The implicit one is no modifier. */
static struct alone add_modifiers(struct plan_step *step, const struct tranche *tranche,
	const struct kms_format_set *drawable, const struct plan_wish *wish) {
	const struct kms_format *format = kms_format_set_get(&tranche->formats, step->fourcc);
	struct alone alone = {false, false};
	for (size_t i = 0; format && i < format->modifiers_len; i++) {
		uint64_t modifier = format->modifiers[i];
		if ((wish->has_modifier && modifier != wish->modifier) ||
			!kms_format_set_has(drawable, step->fourcc, modifier)) {
			continue;
		}
		alone.linear |= modifier == DRM_FORMAT_MOD_LINEAR; // which may be past the last
		if (modifier == DRM_FORMAT_MOD_INVALID) {
			alone.implicit = true;
		} else if (step->num_modifiers < PLAN_MAX_MODIFIERS) {
			step->modifiers[step->num_modifiers++] = modifier;
		}
	}
	return alone;
}

bool plan_try(const struct tranche *tranches, size_t num_tranches,
	const struct kms_format_set *drawable, const struct plan_wish *wish,
	bool (*take)(void *data, const struct plan_step *step), void *data) {
	size_t num_formats = wish->fourcc ? 1 : sizeof(preferred) / sizeof(preferred[0]);
	const uint32_t *formats = wish->fourcc ? &wish->fourcc : preferred;
	for (size_t i = 0; i < num_tranches * num_formats; i++) {
		const struct tranche *tranche = &tranches[i / num_formats];
		struct plan_step step = {
			.fourcc = formats[i % num_formats],
			.scanout = tranche->scanout,
			.apart = wish->apart,
			.target_device = tranche->target_device,
		};
		struct plan_step linear = step, implicit = step;
		linear.modifiers[linear.num_modifiers++] = DRM_FORMAT_MOD_LINEAR;
		implicit.modifiers[implicit.num_modifiers++] = DRM_FORMAT_MOD_INVALID;
		const struct alone alone = add_modifiers(&step, tranche, drawable, wish);
		/* The compositor may refuse what the allocator liked best, and can't say why. */
		if ((step.num_modifiers > 0 && take(data, &step)) ||
			(step.num_modifiers > 1 && alone.linear && take(data, &linear)) ||
			(alone.implicit && take(data, &implicit))) {
			return true;
		}
	}
	return false;
}

bool plan_step_allows(const struct plan_step *step, uint64_t modifier) {
	for (size_t i = 0; i < step->num_modifiers; i++) {
		if (step->modifiers[i] == modifier) {
			return true;
		}
	}
	return false;
}

bool plan_step_equal(const struct plan_step *a, const struct plan_step *b) {
	return a->fourcc == b->fourcc && a->scanout == b->scanout &&
	       a->target_device == b->target_device && a->num_modifiers == b->num_modifiers &&
	       memcmp(a->modifiers, b->modifiers, a->num_modifiers * sizeof(*a->modifiers)) == 0;
}
