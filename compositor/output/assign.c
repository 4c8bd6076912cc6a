/*
 * Which layers are visible, and which of them need no composing.
 *
 * The list is walked front to back with the region that is still uncovered. A layer that finds
 * nothing left of itself is covered, and costs nothing from here on: a fullscreen window so hides
 * the whole desktop behind it.
 *
 *      front                                   uncovered region before each step
 *      +-----------------------------+
 *      | fullscreen window, opaque   |         the whole screen
 *      +-----------------------------+
 *      | panel, wallpaper, ...       |         nothing: covered
 *      +-----------------------------+
 *      back
 */
#include "output/assign.h"

#include <errno.h>
#include <math.h>

/* Marks layers of which nothing is to be seen; returns how many are left. */
static size_t drop_covered(struct latch_layer *layers, size_t len, int32_t width, int32_t height) {
	pixman_region32_t uncovered, part;
	pixman_region32_init_rect(&uncovered, 0, 0, (unsigned)width, (unsigned)height);
	pixman_region32_init(&part);

	size_t visible = 0;
	for (size_t i = 0; i < len; i++) {
		struct latch_layer *layer = &layers[i];
		const struct wlr_box *dst = &layer->dst;
		layer->covered = true;
		if (dst->width > 0 && dst->height > 0) {
			pixman_region32_intersect_rect(&part, &uncovered, dst->x, dst->y,
				(unsigned)dst->width, (unsigned)dst->height);
			layer->covered = !pixman_region32_not_empty(&part);
		}
		if (layer->covered) {
			layer->reasons = LATCH_REASON_COVERED;
			continue;
		}
		visible++;
		if (layer->opaque) {
			pixman_region32_subtract(&uncovered, &uncovered, &part);
		}
	}

	pixman_region32_fini(&part);
	pixman_region32_fini(&uncovered);
	return visible;
}

/* KMS takes a source rectangle in 16.16 fixed point, and dst pixels are whole: equal sizes mean
 * that no pixel has to be made up. */
static bool is_scaled(const struct latch_layer *layer) {
	return fabs(layer->src.width - layer->dst.width) > 1.0 / 65536.0 ||
	       fabs(layer->src.height - layer->dst.height) > 1.0 / 65536.0;
}

/* What speaks against the primary plane without asking the kernel. */
static uint64_t static_reasons(
	const struct latch_layer *layer, size_t visible, const struct latch_assign_input *input) {
	uint64_t reasons = 0;
	if (!input->has_planes) {
		reasons |= LATCH_REASON_NO_KMS;
	}
	if (!input->scanout_allowed) {
		reasons |= LATCH_REASON_DISABLED;
	}
	if (visible > 1) {
		reasons |= LATCH_REASON_NO_FREE_PLANE;
	}
	if (!layer->is_dmabuf) {
		reasons |= LATCH_REASON_NO_DMABUF;
	}
	if (!layer->opaque) {
		reasons |= LATCH_REASON_PARTLY_TRANSPARENT;
	}
	if (layer->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		reasons |= LATCH_REASON_ROTATION;
	} else if (is_scaled(layer)) {
		reasons |= LATCH_REASON_SCALING;
	}
	return reasons;
}

static bool test_remembered(const struct latch_layer *layer, const struct latch_assign_input *input,
	struct latch_assign_memory *memory) {
	if (memory->valid && latch_layer_same_shape(&memory->shape, layer)) {
		return memory->accepted;
	}
	int ret = input->test(input->data, layer);
	/* Of the arrangement itself speak only these; a device that is busy, or not ours just now,
	 * may take it the next time. */
	bool lasting = ret == 0 || ret == -EINVAL || ret == -ERANGE || ret == -ENOSPC;
	*memory = (struct latch_assign_memory){
		.valid = lasting,
		.accepted = ret == 0,
		.shape = *layer,
	};
	return ret == 0;
}

struct latch_plan latch_assign(struct latch_layer *layers, size_t len,
	const struct latch_assign_input *input, struct latch_assign_memory *memory) {
	struct latch_plan plan = {
		.visible = drop_covered(layers, len, input->width, input->height),
	};

	for (size_t i = 0; i < len; i++) {
		struct latch_layer *layer = &layers[i];
		layer->on_primary = false;
		if (layer->covered) {
			continue;
		}
		layer->reasons = static_reasons(layer, plan.visible, input);
		if (layer->reasons == 0) {
			layer->reasons = input->check_buffer(input->data, layer);
		}
		if (layer->reasons == 0 && !test_remembered(layer, input, memory)) {
			layer->reasons = LATCH_REASON_TEST_REFUSED;
		}
		if (layer->reasons == 0) {
			layer->on_primary = true;
			plan.primary = layer;
		}
	}
	return plan;
}

void latch_assign_forget(struct latch_assign_memory *memory) {
	*memory = (struct latch_assign_memory){0};
}
