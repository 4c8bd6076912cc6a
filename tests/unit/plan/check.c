/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static char message[256];

__attribute__((format(printf, 1, 2))) static const char *wrong(const char *format, ...) {
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return message;
}

/* --- the order of planes --- */

/* What is on one plane. layer NULL: our own picture. */
struct sheet {
	const struct kms_plane *plane;
	const struct latch_layer *layer;
	struct wlr_box box;
	int64_t height; // -1: nobody knows
};

/* Source: Documentation/gpu/drm-kms.rst, "zpos": without the property all drivers stack by type.
 * One that can be written has to be, as it keeps what somebody else wrote. */
static struct sheet make_sheet(const struct latch_plan_input *input, const struct kms_plane *plane,
	const struct latch_layer *layer, int64_t zpos) {
	const struct kms_property *property = &plane->props.zpos;
	const struct wlr_box screen = {.width = input->width, .height = input->height};
	return (struct sheet){
		.plane = plane,
		.layer = layer,
		.box = layer != NULL ? layer->dst : screen,
		.height = property->id == 0 ? plan_type_height(plane) << 32 |
						      (input->stacks_by_id ? plane->id : 0)
			  : property->immutable ? (int64_t)property->value
						: zpos,
	};
}

/* Above 0: a is above b; 0: nobody knows, as where both have the same height. */
static int compare(const struct sheet *a, const struct sheet *b) {
	if ((a->plane->props.zpos.id != 0) != (b->plane->props.zpos.id != 0) || a->height < 0 ||
		b->height < 0) {
		return 0;
	}
	return (a->height > b->height) - (a->height < b->height);
}

static bool overlap(const struct sheet *a, const struct sheet *b, int32_t width, int32_t height) {
	struct wlr_box box = {.width = width, .height = height};
	return latch_box_intersection(&box, &box, &a->box) &&
	       latch_box_intersection(&box, &box, &b->box);
}

/* Fills sheets, topmost first. */
static const char *stack_planes(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan, struct sheet *sheets,
	size_t *sheets_len) {
	size_t count = 0;
	if (plan->primary_is_ours) {
		struct kms_plane_state state = kms_plane_state_default();
		state.zpos = plan->primary_zpos;
		if (kms_plane_find_lacking(input->primary, &state) != NULL) {
			return wrong("the primary plane has no zpos %d", (int)plan->primary_zpos);
		}
		sheets[count++] = make_sheet(input, input->primary, NULL, plan->primary_zpos);
	}
	for (size_t i = 0; i < len; i++) {
		if (layers[i].place == LATCH_LAYER_ON_PLANE) {
			sheets[count++] =
				make_sheet(input, layers[i].plane, &layers[i], layers[i].zpos);
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			int order = compare(&sheets[i], &sheets[j]);
			if (order == 0 &&
				overlap(&sheets[i], &sheets[j], input->width, input->height)) {
				return wrong("planes %u and %u overlap in no order",
					sheets[i].plane->id, sheets[j].plane->id);
			}
			/* Ours comes first, where it is there. */
			if (sheets[i].layer == NULL && (order > 0) != sheets[j].layer->underlay) {
				return wrong("plane %u is an underlay, or not, and says otherwise",
					sheets[j].plane->id);
			}
		}
	}
	/* Without an order they do not overlap, so any will do: insertion keeps it simple, as "no
	 * order" is not an equivalence that qsort() could work with. */
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0; j--) {
			bool swap = false;
			for (size_t k = 0; k < j; k++) {
				swap |= compare(&sheets[j], &sheets[k]) > 0;
			}
			if (!swap) {
				break;
			}
			struct sheet sheet = sheets[j];
			sheets[j] = sheets[j - 1];
			sheets[j - 1] = sheet;
		}
	}
	*sheets_len = count;
	return NULL;
}

/* --- pixels --- */

static bool contains(const struct wlr_box *box, int x, int y) {
	return x >= box->x && y >= box->y && x < box->x + box->width && y < box->y + box->height;
}

/* Something of it is seen at this pixel. */
static bool is_at(const struct latch_layer *layer, int x, int y) {
	return layer->alpha > 0 && contains(&layer->dst, x, y);
}

static bool is_opaque_at(const struct latch_layer *layer, int x, int y) {
	if (layer->opaque) {
		return true;
	}
	for (size_t i = 0; i < layer->opaque_boxes_len; i++) {
		if (layer->alpha == 0xffff && contains(&layer->opaque_boxes[i], x, y)) {
			return true;
		}
	}
	return false;
}

/* What is seen at one pixel, front to back. */
struct column {
	uint8_t layers[LATCH_PLAN_MAX_LAYERS * 4];
	size_t len;
	bool ended;
};

static void see(struct column *column, const struct latch_layer *layers, size_t i, int x, int y) {
	if (column->len < sizeof(column->layers)) {
		column->layers[column->len++] = (uint8_t)i;
	}
	column->ended = is_opaque_at(&layers[i], x, y);
}

static bool has_alpha(uint32_t fourcc) {
	return fourcc == DRM_FORMAT_ARGB8888 || fourcc == DRM_FORMAT_ABGR8888;
}

/* Where the plane ignores the pixels' alpha it hides what is below it; premultiplied pixels are
 * right then if that is black. */
static bool plane_ignores_alpha(const struct latch_layer *layer) {
	return layer->alpha == 0xffff && has_alpha(layer->fourcc) &&
	       !has_alpha(latch_layer_fourcc_on(layer, layer->plane));
}

static void look_at_layers(
	struct column *column, const struct latch_layer *layers, size_t len, int x, int y) {
	for (size_t i = 0; i < len && !column->ended; i++) {
		if (is_at(&layers[i], x, y)) {
			see(column, layers, i, x, y);
		}
		/* If anything of it is seen, what it leaves of the screen is black. */
		column->ended |= layers[i].fills_output && layers[i].opaque &&
				 layers[i].place != LATCH_LAYER_COVERED;
	}
}

/* Our own picture: the composed layers over black, but nothing where an underlay has its hole. */
static void look_at_picture(struct column *column, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan, int x, int y) {
	for (size_t i = 0; i < len && !column->ended; i++) {
		const struct latch_layer *layer = &layers[i];
		if (layer->place == LATCH_LAYER_ON_PLANE && layer->underlay && plan->holes &&
			contains(&layer->dst, x, y)) {
			return;
		}
		if (layer->place == LATCH_LAYER_COMPOSED && is_at(layer, x, y)) {
			see(column, layers, i, x, y);
		}
	}
	column->ended = true;
}

static void look_at_planes(struct column *column, const struct latch_layer *layers, size_t len,
	const struct sheet *sheets, size_t sheets_len, const struct latch_plan *plan, int x,
	int y) {
	for (size_t i = 0; i < sheets_len && !column->ended; i++) {
		if (sheets[i].layer == NULL && plan->background != 0) {
			continue; // the primary plane is off
		}
		if (sheets[i].layer == NULL) {
			look_at_picture(column, layers, len, plan, x, y);
		} else if (is_at(sheets[i].layer, x, y)) {
			see(column, layers, (size_t)(sheets[i].layer - layers), x, y);
			column->ended |= plane_ignores_alpha(sheets[i].layer);
		}
	}
	for (size_t i = 0; i < len && !column->ended; i++) {
		if (layers[i].place == LATCH_LAYER_BACKGROUND) {
			see(column, layers, i, x, y);
		}
	}
}

static const char *check_picture(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan,
	const struct sheet *sheets, size_t sheets_len) {
	bool is_seen[UINT8_MAX] = {false};
	for (int y = 0; y < input->height; y++) {
		for (int x = 0; x < input->width; x++) {
			struct column wanted, seen;
			wanted.len = seen.len = 0;
			wanted.ended = seen.ended = false;
			look_at_layers(&wanted, layers, len, x, y);
			look_at_planes(&seen, layers, len, sheets, sheets_len, plan, x, y);
			for (size_t i = 0; i < wanted.len; i++) {
				is_seen[wanted.layers[i]] = true;
			}
			for (size_t i = 0; i < wanted.len || i < seen.len; i++) {
				int a = i < wanted.len ? wanted.layers[i] : -1;
				int b = i < seen.len ? seen.layers[i] : -1;
				if (a != b) {
					return wrong("at %d,%d layer %d is seen instead of %d (-1: "
						     "black)",
						x, y, b, a);
				}
			}
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (is_seen[i] == (layers[i].place == LATCH_LAYER_COVERED)) {
			return wrong("layer %zu is %s", i, is_seen[i] ? "seen" : "covered");
		}
	}
	return NULL;
}

/* --- what is said of each layer --- */

static bool is_input_plane(const struct latch_plan_input *input, const struct kms_plane *plane) {
	for (size_t i = 0; i < input->planes_len; i++) {
		if (input->planes[i] == plane) {
			return true;
		}
	}
	return false;
}

/* Something that no plan may have; "layer %zu" goes before it. */
struct fault {
	bool is;
	const char *what;
};

static const char *find_fault(size_t layer, const struct fault *faults, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (faults[i].is) {
			return wrong("layer %zu %s", layer, faults[i].what);
		}
	}
	return NULL;
}

static const char *check_on_plane(size_t i, const struct latch_layer *layer,
	const struct latch_plan_input *input, const struct plan_kernel *kernel) {
	const struct kms_plane *plane = layer->plane;
	if (!is_input_plane(input, plane)) {
		return wrong("layer %zu is on a plane that is not the output's", i);
	}
	uint32_t fourcc = latch_layer_fourcc_on(layer, plane);
	struct kms_plane_state state = latch_layer_plane_state(layer, plane);
	state.zpos = layer->zpos;
	const struct fault faults[] = {
		{!layer->is_dmabuf || !layer->ready || layer->fourcc == 0,
			"has nothing for a plane"},
		{!input->scanout_allowed || input->captured, "is on a plane, which is forbidden"},
		{(kernel->import_fails & UINT64_C(1) << (layer->id % 64)) != 0,
			"is on a plane, and has no framebuffer"},
		{has_alpha(layer->fourcc) && !has_alpha(fourcc) && !layer->opaque &&
				layer->blend_mode != KMS_BLEND_PREMULTIPLIED,
			"has straight alpha and loses it"},
		{layer->modifier == DRM_FORMAT_MOD_INVALID
				? kms_format_set_get(&plane->formats, fourcc) == NULL
				: !kms_format_set_has(&plane->formats, fourcc, layer->modifier),
			"has a format that its plane has not"},
		{kms_plane_find_lacking(plane, &state) != NULL,
			"is on a plane that lacks a property for it"},
		{!latch_layer_is_scaled(layer) && ((state.src_x | state.src_y) & 0xffff) != 0,
			"is not scaled and begins inside a pixel"},
		{layer->reasons != 0 || layer->test_errno != 0,
			"is on a plane and has reasons against it"},
	};
	return find_fault(i, faults, LEN(faults));
}

static const char *check_off_plane(
	size_t i, const struct latch_layer *layer, const struct latch_plan_input *input) {
	const uint64_t reasons = layer->reasons;
	if (layer->place == LATCH_LAYER_BACKGROUND) {
		return reasons != 0 ? wrong("layer %zu is the background, with reasons", i) : NULL;
	}
	bool composed = layer->place == LATCH_LAYER_COMPOSED;
	bool refused = (reasons & LATCH_REASON_TEST_REFUSED) != 0;
	/* Of what holds for all layers only: one cause may hide another. */
	const struct fault faults[] = {
		{reasons == 0 || reasons >> LATCH_REASON_COUNT != 0, "has no reasons"},
		{composed == ((reasons & LATCH_REASON_COVERED) != 0), "is covered, or is not"},
		{layer->test_errno != 0 && !refused, "has an errno without a refusal"},
		{refused && layer->test_errno <= 0, "has a refusal without an errno"},
		{composed && layer->is_dmabuf && (reasons & LATCH_REASON_NO_DMABUF) != 0,
			"is said to be no dma-buf"},
		{composed && input->scanout_allowed && (reasons & LATCH_REASON_DISABLED) != 0,
			"is composed for no planes being allowed"},
		{composed && !input->captured && (reasons & LATCH_REASON_CAPTURED) != 0,
			"is composed for a picture that nobody takes"},
		{composed && input->planes_len > 0 && (reasons & LATCH_REASON_NO_KMS) != 0,
			"is composed for having no planes"},
	};
	return find_fault(i, faults, LEN(faults));
}

static const char *check_counts(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan) {
	size_t visible = 0, on_planes = 0;
	bool primary_taken = false, underlays = false;
	for (size_t i = 0; i < len; i++) {
		bool on_plane = layers[i].place == LATCH_LAYER_ON_PLANE;
		visible += layers[i].place != LATCH_LAYER_COVERED &&
			   layers[i].place != LATCH_LAYER_BACKGROUND;
		if (layers[i].place == LATCH_LAYER_BACKGROUND &&
			(!input->has_background || plan->background != layers[i].solid ||
				plan->composed)) {
			return wrong("layer %zu can't be the background", i);
		}
		on_planes += on_plane;
		primary_taken |= on_plane && layers[i].plane == input->primary;
		underlays |= on_plane && layers[i].underlay;
		for (size_t j = 0; on_plane && j < i; j++) {
			if (layers[j].place == LATCH_LAYER_ON_PLANE &&
				layers[j].plane == layers[i].plane) {
				return wrong("layers %zu and %zu are on the same plane", j, i);
			}
		}
	}
	if (plan->visible != visible || plan->on_planes != on_planes) {
		return wrong("%zu visible, %zu on planes; the plan says %zu, %zu", visible,
			on_planes, plan->visible, plan->on_planes);
	}
	if (plan->composed != (visible > on_planes) ||
		(input->planes_len > 0 && plan->primary_is_ours == primary_taken) ||
		plan->holes != underlays ||
		(plan->holes && !(plan->primary_is_ours && input->primary_alpha))) {
		return wrong("composed is %d, primary_is_ours %d, holes %d", plan->composed,
			plan->primary_is_ours, plan->holes);
	}
	enum latch_rung rung = on_planes == 0	     ? LATCH_RUNG_COMPOSED
			       : on_planes < visible ? LATCH_RUNG_MIXED
						     : LATCH_RUNG_PLANES;
	if (visible > 0 && plan->rung != LATCH_RUNG_REUSED && plan->rung != rung) {
		return wrong("rung %s instead of %s", latch_rung_name(plan->rung),
			latch_rung_name(rung));
	}
	return NULL;
}

const char *plan_check(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan,
	const struct plan_kernel *kernel) {
	const char *error = NULL;
	if (kernel->nonsense != NULL) {
		return kernel->nonsense;
	}
	if (kernel->tests > input->max_tests || plan->tests != kernel->tests) {
		return wrong("%u tests, the plan says %u, %u are allowed", kernel->tests,
			plan->tests, input->max_tests);
	}
	for (size_t i = 0; i < len && error == NULL; i++) {
		error = layers[i].place == LATCH_LAYER_ON_PLANE
				? check_on_plane(i, &layers[i], input, kernel)
				: check_off_plane(i, &layers[i], input);
	}
	if (error == NULL) {
		error = check_counts(layers, len, input, plan);
	}
	if (error == NULL && plan->on_planes > 0 &&
		plan_kernel_check(kernel, layers, len, plan) != 0) {
		error = "the kernel refuses the plan";
	}
	/* Without planes our picture is all there is. */
	struct sheet sheets[LATCH_PLAN_MAX_PLANES + 1] = {{0}};
	size_t sheets_len = 1;
	if (error == NULL && input->planes_len > 0) {
		error = stack_planes(layers, len, input, plan, sheets, &sheets_len);
	}
	return error != NULL ? error : check_picture(layers, len, input, plan, sheets, sheets_len);
}

const char *plan_check_same(const struct latch_layer *a, const struct latch_layer *b, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (a[i].place != b[i].place || a[i].reasons != b[i].reasons ||
			a[i].test_errno != b[i].test_errno ||
			(a[i].place == LATCH_LAYER_ON_PLANE &&
				(a[i].plane != b[i].plane || a[i].zpos != b[i].zpos ||
					a[i].underlay != b[i].underlay))) {
			return wrong("layer %zu: place %d, then %d", i, (int)a[i].place,
				(int)b[i].place);
		}
	}
	return NULL;
}
