#include "plan.h"

#include <drm_fourcc.h>
#include <stdlib.h>
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

static bool add_step(
	struct plan *plan, struct plan_step step, uint64_t *modifiers, size_t num) {
	struct plan_step *steps = realloc(plan->steps, (plan->len + 1) * sizeof(*steps));
	if (!steps) {
		return false;
	}
	plan->steps = steps;
	step.modifiers = modifiers;
	step.num_modifiers = num;
	if (!plan_step_copy(&steps[plan->len], &step)) {
		return false;
	}
	plan->len++;
	return true;
}

static bool add_format(struct plan *plan, const struct tranche *tranche, struct plan_step step,
	const struct format_set *drawable, const struct plan_wish *wish) {
	uint64_t *both = calloc(tranche->formats.len + 1, sizeof(*both));
	if (!both) {
		return false;
	}
	size_t num = 0;
	bool linear = false, implicit = false;
	for (size_t i = 0; i < tranche->formats.len; i++) {
		const struct format *format = &tranche->formats.items[i];
		if (format->fourcc != step.fourcc) {
			continue;
		}
		if (wish->has_modifier && format->modifier != wish->modifier) {
			continue;
		}
		if (!format_set_has(drawable, format->fourcc, format->modifier)) {
			continue;
		}
		if (format->modifier == DRM_FORMAT_MOD_INVALID) {
			implicit = true;
			continue;
		}
		linear |= format->modifier == DRM_FORMAT_MOD_LINEAR;
		both[num++] = format->modifier;
	}

	uint64_t only_linear = DRM_FORMAT_MOD_LINEAR, only_implicit = DRM_FORMAT_MOD_INVALID;
	bool ok = true;
	if (num > 0) {
		ok = add_step(plan, step, both, num);
	}
	/* The compositor may refuse what the allocator liked best, and can't say why. */
	if (ok && linear && num > 1) {
		ok = add_step(plan, step, &only_linear, 1);
	}
	if (ok && implicit) {
		ok = add_step(plan, step, &only_implicit, 1);
	}
	free(both);
	return ok;
}

bool plan_init(struct plan *plan, const struct tranche *tranches, size_t num_tranches,
	const struct format_set *drawable, const struct plan_wish *wish) {
	*plan = (struct plan){0};
	size_t num_formats = wish->fourcc ? 1 : sizeof(preferred) / sizeof(preferred[0]);
	const uint32_t *formats = wish->fourcc ? &wish->fourcc : preferred;
	for (size_t t = 0; t < num_tranches; t++) {
		for (size_t f = 0; f < num_formats; f++) {
			struct plan_step step = {
				.fourcc = formats[f],
				.scanout = tranches[t].scanout,
				.apart = wish->apart,
				.target_device = tranches[t].target_device,
			};
			if (!add_format(plan, &tranches[t], step, drawable, wish)) {
				plan_finish(plan);
				return false;
			}
		}
	}
	return true;
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
	       (a->num_modifiers == 0 || memcmp(a->modifiers, b->modifiers,
						 a->num_modifiers * sizeof(*a->modifiers)) == 0);
}

bool plan_step_copy(struct plan_step *to, const struct plan_step *from) {
	*to = *from;
	to->modifiers = malloc(from->num_modifiers * sizeof(*from->modifiers));
	if (!to->modifiers) {
		*to = (struct plan_step){0};
		return false;
	}
	memcpy(to->modifiers, from->modifiers, from->num_modifiers * sizeof(*from->modifiers));
	return true;
}

void plan_step_finish(struct plan_step *step) {
	free(step->modifiers);
	*step = (struct plan_step){0};
}

void plan_finish(struct plan *plan) {
	for (size_t i = 0; i < plan->len; i++) {
		plan_step_finish(&plan->steps[i]);
	}
	free(plan->steps);
	*plan = (struct plan){0};
}
