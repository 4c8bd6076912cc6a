/* SPDX-License-Identifier: MIT */
/* What can be said of one layer on one plane without asking the kernel for the whole arrangement:
 * by the plane's formats and properties, and whether its buffer becomes a framebuffer. */
#include <drm_fourcc.h>

#include "base/format.h"
#include "plan/private.h"

static uint64_t check_format(const struct latch_layer *layer, const struct kms_plane *plane) {
	uint32_t fourcc = latch_layer_fourcc_on(layer, plane);
	if (kms_format_set_get(&plane->formats, fourcc) == NULL) {
		uint32_t without = latch_format_without_alpha(fourcc);
		bool without_only = kms_format_set_get(&plane->formats, without) != NULL;
		return without_only ? LATCH_REASON_PARTLY_TRANSPARENT : LATCH_REASON_FORMAT;
	}
	/* Without a modifier the driver knows the layout; AddFB2 says whether it can be shown. */
	if (layer->modifier != DRM_FORMAT_MOD_INVALID &&
		!kms_format_set_has(&plane->formats, fourcc, layer->modifier)) {
		return LATCH_REASON_MODIFIER;
	}
	return 0;
}

static uint64_t check_properties(const struct latch_layer *layer, const struct kms_plane *plane) {
	struct kms_plane_state state = latch_layer_plane_state(layer, plane);
	state.zpos = -1; // not decided yet
	const struct {
		const struct kms_property *property;
		uint64_t reason;
	} reasons[] = {
		{NULL, 0},
		{&plane->props.alpha, LATCH_REASON_ALPHA},
		{&plane->props.blend_mode, LATCH_REASON_BLEND},
		{&plane->props.rotation, LATCH_REASON_ROTATION},
		{&plane->props.color_encoding, LATCH_REASON_COLOR_ENCODING},
		{&plane->props.color_range, LATCH_REASON_COLOR_ENCODING},
	};
	const struct kms_property *lacking = kms_plane_find_lacking(plane, &state);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].property == lacking) {
			return reasons[i].reason;
		}
	}
	return LATCH_REASON_TEST_REFUSED;
}

/* A pipeline's curves are for the colours themselves: what was multiplied with alpha has other ones.
 * Of the kernel's planes that convert YCbCr none can be told how, with a pipeline (pipeline.h). */
static uint64_t check_color(const struct plan_work *work, const struct latch_layer *layer,
	const struct kms_plane *plane) {
	if (layer->color.transfer == COLOR_UNTAGGED) {
		return 0;
	}
	const struct color_conversion conversion =
		color_conversion_make(&layer->color, &work->input->color);
	struct kms_pipeline_setting setting;
	bool possible = layer->opaque && !work->has_ycbcr &&
			kms_pipeline_find(&plane->color, &conversion, &setting) != NULL;
	return possible ? 0 : LATCH_REASON_COLOR;
}

/* The primary plane is at the bottom, and what a driver does with alpha there differs: so nothing
 * but black may be behind the layer, and the whole of it has to be as it is. */
static uint64_t check_primary(const struct plan_work *work, size_t i) {
	const struct latch_layer *layer = &work->layers[i];
	uint64_t front = LAYER_BIT(i) - 1;
	bool something_behind = (work->overlaps[i] & ~front) != 0;
	if (layer->opaque) {
		return 0;
	}
	if (layer->blend_mode != KMS_BLEND_PREMULTIPLIED) {
		return LATCH_REASON_PARTLY_TRANSPARENT | LATCH_REASON_BLEND;
	}
	if (something_behind || layer->alpha != 0xffff) {
		return LATCH_REASON_PARTLY_TRANSPARENT;
	}
	return 0;
}

static uint64_t check(const struct plan_work *work, size_t i, size_t p) {
	const struct latch_layer *layer = &work->layers[i];
	const struct kms_plane *plane = work->input->planes[p];
	if (layer->unreadable != 0) {
		return layer->unreadable;
	}
	uint64_t reasons = check_format(layer, plane) | check_properties(layer, plane) |
			   check_color(work, layer, plane);
	if ((int)p == work->primary) {
		reasons |= check_primary(work, i);
	}
	if (!layer->ready) {
		reasons |= LATCH_REASON_NOT_READY;
	}
	if (reasons == 0 && work->heights[p].unknown) {
		reasons |= LATCH_REASON_Z_ORDER;
	}
	if (reasons == 0) {
		reasons |= work->input->import(
			work->input->data, layer, latch_layer_fourcc_on(layer, plane));
	}
	return reasons;
}

/* Of several planes that can't show a layer, the one with the fewest obstacles is reported: these
 * are what would have to change. */
static bool is_nearer(uint64_t reasons, uint64_t than) {
	return than == 0 || plan_count(reasons) < plan_count(than);
}

static void find_fits_of(struct plan_work *work, size_t i) {
	work->fits[i] = 0;
	work->fit_reasons[i] = 0;
	uint64_t known[LATCH_PLAN_MAX_PLANES]; // by class: what one plane can't, its like can't
	uint32_t asked = 0;
	for (size_t p = 0; p < work->input->planes_len; p++) {
		uint8_t class = work->memory->classes[p];
		if ((asked & PLANE_BIT(class)) == 0) {
			known[class] = check(work, i, p);
			asked |= PLANE_BIT(class);
		}
		if (known[class] == 0) {
			work->fits[i] |= PLANE_BIT(p);
		} else if (is_nearer(known[class], work->fit_reasons[i])) {
			work->fit_reasons[i] = known[class];
		}
	}
}

void plan_find_fits(struct plan_work *work) {
	PLAN_EACH(v, work->visible) {
		const struct latch_layer *layer = &work->layers[v];
		work->has_ycbcr |= layer->is_dmabuf && layer->color_encoding != KMS_COLOR_ENCODING_ANY;
	}
	PLAN_EACH(i, work->visible) {
		find_fits_of(work, i);
	}
}

static bool same_formats(const struct kms_format_set *a, const struct kms_format_set *b) {
	if (a->len != b->len) {
		return false;
	}
	for (size_t i = 0; i < a->len; i++) {
		const struct kms_format *x = &a->formats[i], *y = &b->formats[i];
		if (x->fourcc != y->fourcc || x->modifiers_len != y->modifiers_len ||
			memcmp(x->modifiers, y->modifiers,
				x->modifiers_len * sizeof(x->modifiers[0])) != 0) {
			return false;
		}
	}
	return true;
}

static bool same_pipelines(const struct kms_plane_color *a, const struct kms_plane_color *b) {
	for (size_t i = 0; a->len == b->len && i < a->len; i++) {
		const struct kms_pipeline *x = &a->pipelines[i], *y = &b->pipelines[i];
		for (size_t j = 0; j < x->len && x->len == y->len; j++) {
			const struct kms_colorop_properties *one = &x->ops[j].props;
			const struct kms_colorop_properties *other = &y->ops[j].props;
			if (x->ops[j].type != y->ops[j].type ||
				one->curve.mask != other->curve.mask ||
				one->size.value != other->size.value ||
				(one->bypass.id == 0) != (other->bypass.id == 0)) {
				return false;
			}
		}
		if (x->len != y->len) {
			return false;
		}
	}
	return a->len == b->len;
}

static bool same_class(const struct kms_plane *a, const struct kms_plane *b) {
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const struct kms_property *one = kms_property_at(&a->props, &kms_plane_specs[i]);
		const struct kms_property *other = kms_property_at(&b->props, &kms_plane_specs[i]);
		if ((one->id == 0) != (other->id == 0) || one->mask != other->mask) {
			return false;
		}
	}
	return a->type == b->type && same_pipelines(&a->color, &b->color) &&
	       same_formats(&a->formats, &b->formats);
}

void plan_find_classes(
	const struct latch_plan_input *input, uint8_t classes[LATCH_PLAN_MAX_PLANES]) {
	for (size_t p = 0; p < input->planes_len; p++) {
		classes[p] = (uint8_t)p;
		for (size_t q = 0; q < p; q++) {
			if (same_class(input->planes[p], input->planes[q])) {
				classes[p] = classes[q];
				break;
			}
		}
	}
}
