#include "check.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "kms/commit.h"

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
	int64_t zpos; // written, -1: not
};

static bool has_zpos(const struct sheet *sheet) {
	return sheet->plane->props.zpos.id != 0;
}

/* Whether it is known where the plane is: a property that can be written has to be, as it keeps
 * what somebody else wrote. */
static bool height_of(const struct sheet *sheet, int64_t *height) {
	*height = sheet->plane->props.zpos.immutable ? (int64_t)sheet->plane->props.zpos.value
						     : sheet->zpos;
	return *height >= 0;
}

static int rank_of(const struct kms_plane *plane) {
	switch (plane->type) {
	case KMS_PLANE_PRIMARY:
		return 0;
	case KMS_PLANE_OVERLAY:
		return 1;
	case KMS_PLANE_CURSOR:
		return 2;
	}
	return 0;
}

/* Above 0: a is above b; 0: nobody knows. Source: Documentation/gpu/drm-kms.rst, "zpos": the same
 * zpos is no order; without the property all drivers stack by type. */
static int compare(const struct sheet *a, const struct sheet *b, bool stacks_by_id) {
	if (has_zpos(a) != has_zpos(b)) {
		return 0;
	}
	if (has_zpos(a)) {
		int64_t x, y;
		return !height_of(a, &x) || !height_of(b, &y) ? 0 : (x > y) - (x < y);
	}
	int ranks = rank_of(a->plane) - rank_of(b->plane);
	if (ranks != 0) {
		return ranks;
	}
	return stacks_by_id ? (a->plane->id > b->plane->id) - (a->plane->id < b->plane->id) : 0;
}

static bool overlap(const struct sheet *a, const struct sheet *b, int32_t width, int32_t height) {
	const struct wlr_box screen = {.width = width, .height = height};
	struct wlr_box box = screen;
	const struct wlr_box *boxes[] = {a->layer != NULL ? &a->layer->dst : &screen,
		b->layer != NULL ? &b->layer->dst : &screen};
	return latch_box_intersection(&box, &box, boxes[0]) &&
	       latch_box_intersection(&box, &box, boxes[1]);
}

/* Fills sheets, topmost first. */
static const char *stack_planes(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan, struct sheet *sheets,
	size_t *sheets_len) {
	size_t count = 0;
	if (plan->primary_is_ours) {
		sheets[count++] = (struct sheet){input->primary, NULL, plan->primary_zpos};
	}
	for (size_t i = 0; i < len; i++) {
		if (layers[i].place == LATCH_LAYER_ON_PLANE) {
			sheets[count++] =
				(struct sheet){layers[i].plane, &layers[i], layers[i].zpos};
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (compare(&sheets[i], &sheets[j], input->stacks_by_id) == 0 &&
				overlap(&sheets[i], &sheets[j], input->width, input->height)) {
				return wrong("planes %u and %u overlap in no order",
					sheets[i].plane->id, sheets[j].plane->id);
			}
		}
	}
	/* Without an order they do not overlap, so any will do: insertion keeps it simple, as "no
	 * order" is not an equivalence that qsort() could work with. */
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0; j--) {
			bool swap = false;
			for (size_t k = 0; k < j; k++) {
				swap |= compare(&sheets[j], &sheets[k], input->stacks_by_id) > 0;
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
		if (sheets[i].layer == NULL) {
			look_at_picture(column, layers, len, plan, x, y);
		} else if (is_at(sheets[i].layer, x, y)) {
			see(column, layers, (size_t)(sheets[i].layer - layers), x, y);
			column->ended |= plane_ignores_alpha(sheets[i].layer);
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

static const char *check_on_plane(size_t i, const struct latch_layer *layer,
	const struct latch_plan_input *input, const struct plan_kernel *kernel) {
	const struct kms_plane *plane = layer->plane;
	if (!is_input_plane(input, plane)) {
		return wrong("layer %zu is on a plane that is not the output's", i);
	}
	if (!layer->is_dmabuf || !layer->ready || layer->fourcc == 0) {
		return wrong("layer %zu has nothing for a plane", i);
	}
	if (!input->scanout_allowed || input->captured) {
		return wrong("layer %zu is on a plane, which is forbidden", i);
	}
	if ((kernel->import_fails & UINT64_C(1) << (layer->id % 64)) != 0) {
		return wrong("layer %zu is on a plane, and has no framebuffer", i);
	}
	uint32_t fourcc = latch_layer_fourcc_on(layer, plane);
	if (has_alpha(layer->fourcc) && !has_alpha(fourcc) && !layer->opaque &&
		layer->blend_mode != KMS_BLEND_PREMULTIPLIED) {
		return wrong("layer %zu has straight alpha and loses it", i);
	}
	if (layer->modifier == DRM_FORMAT_MOD_INVALID
			? kms_format_set_get(&plane->formats, fourcc) == NULL
			: !kms_format_set_has(&plane->formats, fourcc, layer->modifier)) {
		return wrong("layer %zu has a format that plane %u has not", i, plane->id);
	}
	struct kms_plane_state state = latch_layer_plane_state(layer, plane);
	state.zpos = layer->zpos;
	if (kms_plane_find_lacking(plane, &state) != NULL) {
		return wrong(
			"layer %zu is on plane %u, which lacks a property for it", i, plane->id);
	}
	if (!latch_layer_is_scaled(layer) && ((state.src_x | state.src_y) & 0xffff) != 0) {
		return wrong("layer %zu is not scaled and begins inside a pixel", i);
	}
	if (layer->reasons != 0 || layer->test_errno != 0) {
		return wrong("layer %zu is on a plane and has reasons against it", i);
	}
	return NULL;
}

static const char *check_off_plane(
	size_t i, const struct latch_layer *layer, const struct latch_plan_input *input) {
	char reasons[256];
	latch_reasons_to_str(layer->reasons, reasons, sizeof(reasons));
	bool covered = layer->place == LATCH_LAYER_COVERED;
	if (layer->reasons == 0 || layer->reasons >> LATCH_REASON_COUNT != 0) {
		return wrong("layer %zu is on no plane, its reasons are %s", i, reasons);
	}
	if (covered != ((layer->reasons & LATCH_REASON_COVERED) != 0)) {
		return wrong("layer %zu, place %d, reasons %s", i, (int)layer->place, reasons);
	}
	if (layer->test_errno != 0 && (layer->reasons & LATCH_REASON_TEST_REFUSED) == 0) {
		return wrong("layer %zu has an errno without a refusal", i);
	}
	if ((layer->reasons & LATCH_REASON_TEST_REFUSED) != 0 && layer->test_errno <= 0) {
		return wrong("layer %zu was refused with errno %d", i, layer->test_errno);
	}
	if (covered) {
		return NULL;
	}
	const struct {
		bool is;
		uint64_t reason;
	} always[] = {
		{!layer->is_dmabuf, LATCH_REASON_NO_DMABUF},
		{!input->scanout_allowed, LATCH_REASON_DISABLED},
		{input->captured, LATCH_REASON_CAPTURED},
		{input->planes_len == 0, LATCH_REASON_NO_KMS},
	};
	for (size_t j = 0; j < sizeof(always) / sizeof(always[0]); j++) {
		/* Only the other way round: one cause may hide another. */
		if (!always[j].is && (layer->reasons & always[j].reason) != 0) {
			return wrong("layer %zu claims to be composed for %s", i, reasons);
		}
	}
	return NULL;
}

static const char *check_counts(const struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, const struct latch_plan *plan) {
	size_t visible = 0, on_planes = 0;
	bool primary_taken = false, underlays = false;
	for (size_t i = 0; i < len; i++) {
		bool on_plane = layers[i].place == LATCH_LAYER_ON_PLANE;
		visible += layers[i].place != LATCH_LAYER_COVERED;
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
	if (plan->composed != (visible > on_planes)) {
		return wrong("composed is %d", plan->composed);
	}
	if (input->planes_len > 0 && plan->primary_is_ours == primary_taken) {
		return wrong("primary_is_ours is %d", plan->primary_is_ours);
	}
	if (plan->holes != underlays || (plan->holes && !plan->primary_is_ours)) {
		return wrong("holes is %d", plan->holes);
	}
	if (plan->holes && !input->primary_alpha) {
		return wrong("a hole in a picture without alpha");
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

static const char *check_primary_zpos(
	const struct latch_plan_input *input, const struct latch_plan *plan) {
	if (!plan->primary_is_ours || plan->primary_zpos < 0 || input->primary == NULL) {
		return NULL;
	}
	struct kms_plane_state state = kms_plane_state_default();
	state.zpos = plan->primary_zpos;
	if (kms_plane_find_lacking(input->primary, &state) != NULL) {
		return wrong("the primary plane has no zpos %lld", (long long)plan->primary_zpos);
	}
	return NULL;
}

static const char *check_underlays(
	const struct sheet *sheets, size_t len, const struct latch_plan_input *input) {
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < len; j++) {
			if (sheets[i].layer != NULL && sheets[j].layer == NULL &&
				(compare(&sheets[i], &sheets[j], input->stacks_by_id) < 0) !=
					sheets[i].layer->underlay) {
				return wrong("plane %u is an underlay, or not, and says otherwise",
					sheets[i].plane->id);
			}
		}
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
		switch (layers[i].place) {
		case LATCH_LAYER_ON_PLANE:
			error = check_on_plane(i, &layers[i], input, kernel);
			break;
		case LATCH_LAYER_COMPOSED:
		case LATCH_LAYER_COVERED:
			error = check_off_plane(i, &layers[i], input);
			break;
		default:
			error = wrong("layer %zu has no place", i);
		}
	}
	if (error == NULL) {
		error = check_counts(layers, len, input, plan);
	}
	if (error == NULL) {
		error = check_primary_zpos(input, plan);
	}
	if (error != NULL) {
		return error;
	}
	if (plan->on_planes > 0 && plan_kernel_check(kernel, layers, len, plan) != 0) {
		return "the kernel refuses the plan";
	}
	struct sheet sheets[LATCH_PLAN_MAX_PLANES + 1];
	size_t sheets_len = 0;
	if (input->planes_len > 0) {
		error = stack_planes(layers, len, input, plan, sheets, &sheets_len);
		if (error == NULL) {
			error = check_underlays(sheets, sheets_len, input);
		}
	} else {
		sheets[sheets_len++] = (struct sheet){0};
	}
	return error != NULL ? error
			     : check_picture(layers, len, input, plan, sheets, sheets_len);
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
