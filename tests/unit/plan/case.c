/* SPDX-License-Identifier: MIT */
#include "case.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "layers.h"

struct reader {
	const uint8_t *bytes;
	size_t len;
};

static uint8_t byte(struct reader *reader) {
	if (reader->len == 0) {
		return 0;
	}
	reader->len--;
	return *reader->bytes++;
}

/* 0 to n - 1; 0 where the bytes have ended. */
static unsigned below(struct reader *reader, unsigned n) {
	return byte(reader) % n;
}

/* True in one of n cases, never where the bytes have ended. */
static bool one_in(struct reader *reader, unsigned n) {
	return below(reader, n) == n - 1;
}

/* A set that no driver has: any types and heights. */
static void random_set(struct latch_profile *set, struct reader *reader) {
	plan_set_vc4(set);
	strcpy(set->name, "random");
	memset(&set->limits, 0, sizeof(set->limits));
	memset(&set->plane_limits, 0, sizeof(set->plane_limits));
	bool zpos = !one_in(reader, 3);
	set->stacks_by_id = one_in(reader, 2);
	set->primary_alpha = one_in(reader, 2);
	size_t planes = 1 + below(reader, 7);
	bool cursor = one_in(reader, 2);
	while (set->len > planes + cursor) {
		plan_set_remove(set, set->len - 1 - cursor);
	}
	for (size_t i = 0; i < set->len; i++) {
		/* const only for the planner. */
		struct kms_plane *plane = &set->planes[set->list[i]->index];
		plane->props.zpos = (struct kms_property){0};
		if (zpos) {
			uint64_t min = below(reader, 5), max = min + below(reader, 4);
			plan_plane_set_zpos(plane, min, min, max, min == max);
		}
		if (one_in(reader, 4)) {
			plane->props.alpha.id = 0;
			plane->props.blend_mode.id = 0;
			plane->props.blend_mode.mask = 1u << KMS_BLEND_PREMULTIPLIED;
		}
		if (one_in(reader, 4)) {
			plane->props.rotation.mask = DRM_MODE_ROTATE_0;
		}
		if (one_in(reader, 4)) {
			plane->formats.len = below(reader, (unsigned)plane->formats.len);
		}
	}
}

static void random_limits(struct latch_profile *set, struct reader *reader) {
	struct latch_profile_limits *limits = &set->limits;
	if (!one_in(reader, 3)) {
		return;
	}
	const bool scales = one_in(reader, 2);
	limits->max_scaled = below(reader, 4);
	limits->max_planes = below(reader, 6);
	limits->max_ycbcr = below(reader, 3);
	limits->max_compressed = below(reader, 3);
	limits->max_load = below(reader, 8) * 0.4;
	limits->primary_required = one_in(reader, 3);
	const bool covers = one_in(reader, 3), inside = one_in(reader, 3);
	limits->cursor_inherits = one_in(reader, 3);
	limits->whole_crops = one_in(reader, 3);
	static const uint32_t errors[] = {0, EINVAL, ERANGE, ENOSPC};
	limits->error = errors[below(reader, 4)];
	for (size_t i = 0; i < set->len; i++) {
		struct latch_profile_plane_limits *plane = &set->plane_limits[i];
		if (!scales) {
			plane->max_downscale = plane->max_upscale = 1;
		}
		plane->inside |= inside && set->planes[i].type != KMS_PLANE_CURSOR;
		plane->covers |= covers && set->planes[i].type == KMS_PLANE_PRIMARY;
	}
}

static struct wlr_box random_box(struct reader *reader) {
	if (one_in(reader, 4)) {
		return (struct wlr_box){0, 0, PLAN_CASE_WIDTH, PLAN_CASE_HEIGHT};
	}
	return (struct wlr_box){
		.x = 2 * ((int)below(reader, 10) - 2),
		.y = 2 * ((int)below(reader, 8) - 2),
		.width = 2 * (1 + (int)below(reader, 6)),
		.height = 2 * (1 + (int)below(reader, 5)),
	};
}

static uint64_t random_modifier(struct reader *reader) {
	static const uint64_t modifiers[] = {
		DRM_FORMAT_MOD_LINEAR,
		DRM_FORMAT_MOD_INVALID,
		I915_FORMAT_MOD_X_TILED,
		DRM_FORMAT_MOD_BROADCOM_VC4_T_TILED,
		DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SPARSE),
	};
	return one_in(reader, 4) ? modifiers[below(reader, 5)] : DRM_FORMAT_MOD_LINEAR;
}

static void random_opacity(struct latch_layer *layer, struct reader *reader) {
	if (one_in(reader, 6)) {
		layer->alpha = (uint16_t)(below(reader, 16) * 0x1111);
	}
	bool pixels_have_alpha = layer->fourcc == DRM_FORMAT_ARGB8888;
	/* With alpha in its pixels a client may still say that they are opaque. */
	layer->opaque = layer->alpha == 0xffff && (!pixels_have_alpha || one_in(reader, 4));
	layer->opaque_boxes_len = 0;
	if (!layer->opaque && layer->alpha == 0xffff) {
		size_t boxes = below(reader, 3);
		for (size_t i = 0; i < boxes; i++) {
			struct wlr_box box = random_box(reader);
			if (latch_box_intersection(&box, &box, &layer->dst)) {
				layer->opaque_boxes[layer->opaque_boxes_len++] = box;
			}
		}
	}
	if (pixels_have_alpha && one_in(reader, 8)) {
		layer->blend_mode = KMS_BLEND_COVERAGE;
	}
}

static struct latch_layer random_layer(struct reader *reader, uint32_t id) {
	static const uint32_t fourccs[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888,
		DRM_FORMAT_NV12, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010};
	struct wlr_box dst = random_box(reader);
	bool fills = dst.width == PLAN_CASE_WIDTH && one_in(reader, 4);
	dst.width -= fills; // the pixel that a scale's rounding leaves
	struct latch_layer layer = layer_window(id, dst.x, dst.y, dst.width, dst.height);
	layer.fills_output = fills;
	uint8_t kind = byte(reader);
	layer.serial = kind;
	layer.fourcc = kind < 96 ? fourccs[0] : kind < 176 ? fourccs[1] : fourccs[kind % 5];
	layer.modifier = random_modifier(reader);
	if (layer.fourcc == DRM_FORMAT_NV12 && one_in(reader, 2)) {
		layer.color_encoding = (enum kms_color_encoding)below(reader, 4);
		layer.color_range = (enum kms_color_range)below(reader, 3);
	}
	uint8_t oddity = byte(reader);
	if (oddity >= 200) {
		switch (oddity % 5) {
		case 0:
			layer.is_dmabuf = false;
			layer.unreadable = LATCH_REASON_NO_DMABUF;
			break;
		case 1:
			layer.ready = false;
			break;
		case 2:
			layer.transform = (uint32_t)below(reader, 8);
			if (layer.transform % 2 == 1) {
				layer = layer_scaled(layer, dst.height, dst.width);
			}
			break;
		default:
			layer = layer_scaled(
				layer, 1 + (int)below(reader, 40), 1 + (int)below(reader, 40));
			break;
		}
	}
	if (one_in(reader, 4)) {
		/* In a larger buffer, as wp_viewport has it; rounded as collect.c does it. */
		layer.src.x = below(reader, 128) / 32.0;
		layer.src.y = below(reader, 128) / 32.0;
		layer.buffer_width += 4;
		layer.buffer_height += 4;
		int sub = layer.fourcc == DRM_FORMAT_NV12 ? 2 : 1;
		latch_layer_round_crop(&layer, sub, sub);
	}
	random_opacity(&layer, reader);
	return layer;
}

void plan_case_decode(struct plan_case *c, const uint8_t *bytes, size_t len) {
	struct reader reader = {bytes, len};
	memset(c, 0, sizeof(*c));
	size_t which = below(&reader, (unsigned)plan_sets_len + 3);
	if (which < plan_sets_len) {
		plan_sets[which](&c->set);
	} else {
		random_set(&c->set, &reader);
	}
	/* Small like the screen. */
	const uint16_t cursor_size = (uint16_t)(below(&reader, 3) * 2);
	for (size_t i = 0; i < c->set.len; i++) {
		struct kms_plane *plane = &c->set.planes[i];
		plane->sizes_len = plane->type == KMS_PLANE_CURSOR && cursor_size != 0;
		plane->sizes[0] = (struct kms_plane_size){cursor_size, cursor_size};
	}
	random_limits(&c->set, &reader);
	while (c->set.len > 1 && one_in(&reader, 4)) {
		size_t i = below(&reader, (unsigned)c->set.len);
		if (c->set.list[i] != c->set.primary) {
			plan_set_remove(&c->set, i);
		}
	}
	c->kernel = plan_kernel_make(&c->set, PLAN_CASE_WIDTH, PLAN_CASE_HEIGHT);
	if (one_in(&reader, 6)) {
		c->kernel.import_fails = byte(&reader);
		c->kernel.refuses_layers = byte(&reader);
		c->kernel.refuses_pair =
			UINT64_C(1) << below(&reader, 8) | UINT64_C(1) << below(&reader, 8);
	}
	c->input = plan_kernel_input(&c->kernel);
	uint8_t flags = byte(&reader);
	c->input.scanout_allowed = flags % 32 != 31;
	c->input.captured = flags / 8 % 32 == 31;
	c->input.composing = flags % 2 == 1;
	if (flags % 64 == 30) {
		c->input.planes_len = 0;
		c->input.primary = NULL;
	}
	if (one_in(&reader, 4)) {
		c->input.max_tests = below(&reader, 40);
	}
	c->len = one_in(&reader, 50) ? PLAN_CASE_MAX_LAYERS - below(&reader, 16)
				     : below(&reader, 10);
	for (size_t i = 0; i < c->len; i++) {
		c->layers[i] = random_layer(&reader, (uint32_t)i);
		if (one_in(&reader, 10)) {
			c->layers[i].waits =
				one_in(&reader, 2) ? LATCH_REASON_SETTLING : LATCH_REASON_IDLE;
		}
	}
	c->rest = reader.bytes;
	c->rest_len = reader.len;
}

void plan_case_decode_layers(
	struct plan_case *c, plan_set_fn fill, const uint8_t *bytes, size_t len) {
	struct reader reader = {bytes, len};
	memset(c, 0, sizeof(*c));
	fill(&c->set);
	c->kernel = plan_kernel_make(&c->set, PLAN_CASE_WIDTH, PLAN_CASE_HEIGHT);
	c->input = plan_kernel_input(&c->kernel);
	c->len = below(&reader, 10);
	for (size_t i = 0; i < c->len; i++) {
		c->layers[i] = random_layer(&reader, (uint32_t)i);
	}
}

/* Changes one thing of the next frame. */
static void mutate(struct plan_case *c) {
	struct reader reader = {c->rest, c->rest_len};
	size_t i = c->len > 0 ? below(&reader, (unsigned)c->len) : 0;
	switch (below(&reader, 6)) {
	case 0:
		if (c->len > 0) {
			c->len--;
			memmove(&c->layers[i], &c->layers[i + 1],
				(c->len - i) * sizeof(c->layers[0]));
		}
		break;
	case 1:
		if (c->len < PLAN_CASE_MAX_LAYERS) {
			c->layers[c->len] = random_layer(&reader, 40 + (uint32_t)c->len);
			c->len++;
		}
		break;
	case 2:
		c->layers[i].waits = 0;
		break;
	case 3:
		c->input.captured = !c->input.captured;
		break;
	case 4:
		if (c->set.len > 1 && c->input.planes_len == c->set.len) {
			size_t plane = below(&reader, (unsigned)c->set.len);
			if (c->set.list[plane] != c->set.primary) {
				plan_set_remove(&c->set, plane);
				c->input.planes_len = c->set.len;
			}
		}
		break;
	default:
		if (c->len > 0) {
			c->layers[i] = random_layer(&reader, c->layers[i].id);
		}
	}
	c->rest = reader.bytes;
	c->rest_len = reader.len;
}

const char *plan_case_frame(
	struct plan_case *c, struct latch_plan_memory *memory, struct latch_plan *plan) {
	c->kernel.tests = 0;
	*plan = latch_plan_make(c->layers, c->len, &c->input, memory);
	return plan_check(c->layers, c->len, &c->input, plan, &c->kernel);
}

/* The frame once more with other buffers: nothing is asked, nothing changes. */
static const char *steady(struct plan_case *c, struct latch_plan_memory *memory) {
	static struct latch_layer before[PLAN_CASE_MAX_LAYERS];
	memcpy(before, c->layers, c->len * sizeof(before[0]));
	for (size_t i = 0; i < c->len; i++) {
		c->layers[i].content = (struct latch_content *)(void *)&before[i];
		c->layers[i].serial += i + 1;
	}
	struct latch_plan plan;
	const char *error = plan_case_frame(c, memory, &plan);
	bool reused = plan.rung == LATCH_RUNG_REUSED || plan.visible > LATCH_PLAN_MAX_LAYERS;
	if (error == NULL && (!reused || plan.tests != 0)) {
		error = "the same frame is planned again";
	}
	return error != NULL ? error : plan_check_same(before, c->layers, c->len);
}

const char *plan_case_run(struct plan_case *c) {
	static struct latch_plan_memory memory;
	static struct latch_layer first[PLAN_CASE_MAX_LAYERS];
	memset(&memory, 0, sizeof(memory));

	struct latch_plan plan;
	const char *error = plan_case_frame(c, &memory, &plan);
	memcpy(first, c->layers, c->len * sizeof(first[0]));
	if (error == NULL) {
		error = steady(c, &memory);
	}
	/* The same question with an empty memory has the same answer. */
	if (error == NULL) {
		latch_plan_forget(&memory);
		error = plan_case_frame(c, &memory, &plan);
	}
	if (error == NULL) {
		error = plan_check_same(first, c->layers, c->len);
	}
	/* Then things change, and what is remembered must not be taken for something else. */
	for (int i = 0; i < 4 && error == NULL; i++) {
		mutate(c);
		error = plan_case_frame(c, &memory, &plan);
		if (error == NULL && i % 2 == 0) {
			error = steady(c, &memory);
		}
	}
	/* The kernel changes its mind: each refusal takes something off the planes, to the end. */
	for (int i = 0; i < 4 && error == NULL && plan.on_planes > 0; i++) {
		latch_plan_refused(&memory, -EINVAL);
		error = plan_case_frame(c, &memory, &plan);
		if (error == NULL && plan.rung == LATCH_RUNG_REUSED) {
			error = "a refused plan is made again";
		}
	}
	return error;
}

static void print_layer(const struct plan_case *c, size_t i) {
	static const char *const places[] = {"composed", "covered", "on plane"};
	const struct latch_layer *layer = &c->layers[i];
	char name[16], modifier[64], reasons[256], waits[64];
	kms_fourcc_name(name, sizeof(name), layer->fourcc);
	kms_modifier_name(modifier, sizeof(modifier), layer->modifier);
	fprintf(stderr, "# %zu: id %u %s %s %dx%d at %d,%d of %gx%g%s%s%s alpha %x transform %d", i,
		layer->id, name, modifier, layer->dst.width, layer->dst.height, layer->dst.x,
		layer->dst.y, layer->src.width, layer->src.height, layer->opaque ? " opaque" : "",
		layer->is_dmabuf ? "" : " shm", layer->ready ? "" : " not-ready", layer->alpha,
		(int)layer->transform);
	for (size_t j = 0; j < layer->opaque_boxes_len; j++) {
		const struct wlr_box *box = &layer->opaque_boxes[j];
		fprintf(stderr, " [%dx%d at %d,%d]", box->width, box->height, box->x, box->y);
	}
	fprintf(stderr, " blend %d, waits for %s\n#    -> %s %u zpos %d%s: %s (%d)\n",
		(int)layer->blend_mode,
		latch_reasons_to_str(layer->waits, waits, sizeof(waits)), places[layer->place],
		layer->place == LATCH_LAYER_ON_PLANE ? layer->plane->id : 0, (int)layer->zpos,
		layer->underlay ? " underlay" : "",
		latch_reasons_to_str(layer->reasons, reasons, sizeof(reasons)), layer->test_errno);
}

void plan_case_print(const struct plan_case *c) {
	fprintf(stderr, "# planes of %s%s%s, %u tests allowed, %u made%s%s%s\n", c->set.name,
		c->set.stacks_by_id ? ", by id" : "", c->set.primary_alpha ? ", alpha" : "",
		c->input.max_tests, c->kernel.tests, c->input.captured ? ", captured" : "",
		c->input.scanout_allowed ? "" : ", disabled",
		c->input.composing ? ", composing" : "");
	for (size_t i = 0; i < c->input.planes_len; i++) {
		const struct kms_plane *plane = c->set.list[i];
		const struct kms_property *zpos = &plane->props.zpos;
		fprintf(stderr, "#   %u %s zpos %d (%d to %d)%s, %zu formats\n", plane->id,
			kms_plane_type_name(plane->type), (int)zpos->value, (int)zpos->min,
			(int)zpos->max,
			zpos->id == 0	  ? " none"
			: zpos->immutable ? " fixed"
					  : "",
			plane->formats.len);
	}
	for (size_t i = 0; i < c->len; i++) {
		if (c->len < 20 || c->layers[i].place != LATCH_LAYER_COVERED) {
			print_layer(c, i);
		}
	}
}
