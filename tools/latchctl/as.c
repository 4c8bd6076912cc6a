/* SPDX-License-Identifier: MIT */
#include "as.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/minmax.h"
#include "base/text.h"
#include "common/util.h"
#include "document.h"
#include "profile/profile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The place of a text in a list, 0 where it is none of them. */
static unsigned find_name(
	yyjson_mut_val *value, const char *path, const char *const *names, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (names[i] != NULL && has_text(value, path, names[i])) {
			return (unsigned)i;
		}
	}
	return 0;
}

static struct wlr_box read_box(yyjson_mut_val *box) {
	return (struct wlr_box){(int)get_int(box, "/x"), (int)get_int(box, "/y"),
		(int)get_int(box, "/width"), (int)get_int(box, "/height")};
}

/* Those of the layer's reasons that hold on any device, as they are about its buffer alone. Where
 * latch-replay has marked the layer as one that stays as it was told, all of its reasons do. */
static uint64_t read_unreadable(yyjson_mut_val *layer) {
	static const uint64_t own[] = {LATCH_REASON_NO_DMABUF, LATCH_REASON_SHM_UNSEALED,
		LATCH_REASON_DRAWS_AHEAD, LATCH_REASON_IMPORT_FAILED};
	yyjson_mut_val *reasons = yyjson_mut_obj_get(layer, "reasons");
	uint64_t unreadable = 0;
	for (size_t i = 0; i < COUNT(own); i++) {
		if (find_text(reasons, "/name", latch_reason_name(own[i]))) {
			unreadable |= own[i];
		}
	}
	for (unsigned i = 0; get_bool(layer, "/stays") && i < LATCH_REASON_COUNT; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		unreadable |= find_text(reasons, "/name", latch_reason_name(bit)) ? bit : 0;
	}
	return unreadable;
}

struct latch_layer as_read_layer(yyjson_mut_val *from) {
	static const char *const blends[] = {"premultiplied", "coverage"};
	static const char *const encodings[] = {NULL, "bt601", "bt709", "bt2020"};
	static const char *const ranges[] = {NULL, "limited", "full"};
	struct latch_layer layer = latch_layer_default();
	size_t i, len;
	yyjson_mut_val *box;
	layer.id = (uint32_t)get_int(from, "/surface");
	layer.is_dmabuf = get_bool(from, "/buffer/dmabuf");
	layer.fourcc = fourcc_parse(get_text(from, "/buffer/format"));
	layer.modifier = strtoull(get_text(from, "/buffer/modifier_number"), NULL, 0);
	layer.buffer_width = (int32_t)get_int(from, "/buffer/width");
	layer.buffer_height = (int32_t)get_int(from, "/buffer/height");
	layer.unreadable = read_unreadable(from);
	layer.src = (struct wlr_fbox){get_number(from, "/src/x"), get_number(from, "/src/y"),
		get_number(from, "/src/width"), get_number(from, "/src/height")};
	layer.dst = read_box(yyjson_mut_obj_get(from, "dst"));
	layer.transform = find_name(
		from, "/transform", latch_transform_names, LATCH_TRANSFORMS);
	layer.alpha = (uint16_t)(get_number(from, "/alpha") * 0xffff + 0.5);
	layer.blend_mode = find_name(from, "/blend_mode", blends, COUNT(blends));
	layer.color_encoding = find_name(from, "/color_encoding", encodings, COUNT(encodings));
	layer.color_range = find_name(from, "/color_range", ranges, COUNT(ranges));
	layer.opaque = get_bool(from, "/opaque");
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(from, "opaque_boxes"), i, len, box) {
		if (layer.opaque_boxes_len < LATCH_LAYER_MAX_OPAQUE) {
			layer.opaque_boxes[layer.opaque_boxes_len++] = read_box(box);
		}
	}
	return layer;
}

static void add_answer(yyjson_mut_doc *doc, yyjson_mut_val *layer, const char *profile,
	const struct latch_layer *answer) {
	static const char *const places[] = {"composed", "covered", "plane", "background"};
	yyjson_mut_val *as = yyjson_mut_obj_get(layer, "as");
	as = as != NULL ? as : yyjson_mut_obj_add_obj(doc, layer, "as");
	yyjson_mut_val *object = yyjson_mut_obj(doc);
	yyjson_mut_obj_add(as, yyjson_mut_strcpy(doc, profile), object);
	yyjson_mut_obj_add_str(doc, object, "place", places[answer->place]);
	if (answer->place == LATCH_LAYER_ON_PLANE) {
		const struct kms_plane *plane = answer->plane;
		yyjson_mut_obj_add_uint(doc, object, "plane", plane->index);
		yyjson_mut_obj_add_str(
			doc, object, "plane_type", kms_plane_type_name(plane->type));
		yyjson_mut_obj_add_int(doc, object, "zpos", answer->zpos);
		yyjson_mut_obj_add_bool(doc, object, "underlay", answer->underlay);
	}
	yyjson_mut_val *reasons = yyjson_mut_obj_add_arr(doc, object, "reasons");
	for (unsigned i = 0; i < LATCH_REASON_COUNT; i++) {
		if ((answer->reasons >> i & 1) != 0) {
			yyjson_mut_arr_add_str(doc, reasons, latch_reason_name(UINT64_C(1) << i));
		}
	}
}

/* The cursor goes to its plane at once, as in latch, where the planner never sees it. Returns false
 * without memory. */
static bool plan_output(
	yyjson_mut_doc *doc, yyjson_mut_val *output, struct latch_profile *profile) {
	yyjson_mut_val *list = yyjson_mut_obj_get(output, "layers"), *from;
	struct latch_layer *layers = calloc(yyjson_mut_arr_size(list) + 1, sizeof(layers[0]));
	struct latch_plan_memory *memory = calloc(1, sizeof(*memory));
	if (layers == NULL || memory == NULL) {
		free(layers);
		free(memory);
		return failed(false, "out of memory");
	}
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES];
	const struct kms_plane *cursor = latch_profile_cursor(profile);
	struct latch_plan_input input = latch_profile_input(profile,
		(int32_t)get_int(output, "/mode/width"), (int32_t)get_int(output, "/mode/height"),
		planes);
	size_t i, len, skip = 0;
	yyjson_mut_arr_foreach(list, i, len, from) {
		layers[i] = as_read_layer(from);
		if (i == 0 && cursor != NULL && has_text(from, "/kind", "cursor")) {
			layers[i].place = LATCH_LAYER_ON_PLANE;
			layers[i].plane = cursor;
			layers[i].zpos = -1;
			skip = 1;
		}
	}
	latch_plan_make(&layers[skip], len - skip, &input, memory);
	yyjson_mut_arr_foreach(list, i, len, from) {
		add_answer(doc, from, profile->name, &layers[i]);
	}
	free(layers);
	free(memory);
	return true;
}

static bool add_profile(yyjson_mut_doc *doc, const char *name) {
	char why[256];
	struct latch_profile *profile = latch_profile_read(name, why, sizeof(why));
	if (profile == NULL) {
		return failed(false, "--as %s: %s", name, why);
	}
	size_t i, len;
	bool ok = true;
	yyjson_mut_val *output, *root = yyjson_mut_doc_get_root(doc);
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		ok = ok && plan_output(doc, output, profile);
	}
	latch_profile_destroy(profile);
	return ok;
}

bool as_add(yyjson_mut_doc *doc, const char *profiles) {
	char *names = strdup(profiles), *rest = NULL;
	if (names == NULL) {
		return failed(false, "out of memory");
	}
	bool ok = true;
	for (char *name = strtok_r(names, ",", &rest); ok && name != NULL;
		name = strtok_r(NULL, ",", &rest)) {
		ok = add_profile(doc, name);
	}
	free(names);
	return ok;
}

void as_write_place(yyjson_mut_val *answer, char cell[AS_PLACE_MAX]) {
	size_t i, len;
	yyjson_mut_val *reason;
	if (has_text(answer, "/place", "plane")) {
		snprintf(cell, AS_PLACE_MAX, "%s %" PRId64 "%s", get_text(answer, "/plane_type"),
			get_int(answer, "/plane"), get_bool(answer, "/underlay") ? ", below" : "");
		return;
	}
	snprintf(cell, AS_PLACE_MAX, "%s", get_text(answer, "/place"));
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(answer, "reasons"), i, len, reason) {
		const char *name = yyjson_mut_is_str(reason) ? yyjson_mut_get_str(reason)
							     : get_text(reason, "/name");
		if (!has_text(answer, "/place", "covered")) {
			text_append(cell, AS_PLACE_MAX, "%s%s", i == 0 ? ": " : ", ", name);
		}
	}
}

/* Row 0 has the heads; each other row is of one layer: its name, where it is now, and where it
 * would be with each profile. */
static void write_cell(yyjson_mut_val *layers, size_t row, size_t column, char cell[AS_PLACE_MAX]) {
	yyjson_mut_val *layer = yyjson_mut_arr_get(layers, row > 0 ? row - 1 : 0);
	yyjson_mut_val *as = yyjson_mut_obj_get(layer, "as"), *key;
	char name[AS_PLACE_MAX / 2];
	if (column < 2) {
		snprintf(cell, AS_PLACE_MAX, "%s", column == 0 ? "LAYER" : "HERE");
		if (row > 0 && column == 0) {
			snprintf(cell, AS_PLACE_MAX, "%zu %s", row,
				layer_name(layer, name, sizeof(name)));
		} else if (row > 0) {
			as_write_place(layer, cell);
		}
		return;
	}
	yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(as);
	do {
		key = yyjson_mut_obj_iter_next(&iter);
	} while (key != NULL && --column >= 2);
	const char *profile = yyjson_mut_get_str(key);
	snprintf(cell, AS_PLACE_MAX, "%s", profile != NULL ? profile : "");
	if (row > 0) {
		as_write_place(yyjson_mut_obj_iter_get_val(key), cell);
	}
}

/* In characters, of the longest cell. */
static int column_width(yyjson_mut_val *layers, size_t rows, size_t column) {
	char cell[AS_PLACE_MAX];
	int width = 0;
	for (size_t row = 0; row < rows; row++) {
		write_cell(layers, row, column, cell);
		width = (int)latch_max(width, (int)latch_text_length(cell));
	}
	return width;
}

static void print_output(FILE *file, yyjson_mut_val *output) {
	yyjson_mut_val *layers = yyjson_mut_obj_get(output, "layers");
	const size_t rows = yyjson_mut_arr_size(layers) + 1;
	const size_t columns =
		2 + yyjson_mut_obj_size(yyjson_mut_obj_get(yyjson_mut_arr_get_first(layers), "as"));
	fprintf(file, "%s: %" PRId64 "x%" PRId64 "\n", get_text(output, "/name"),
		get_int(output, "/mode/width"), get_int(output, "/mode/height"));
	for (size_t row = 0; row < rows && rows > 1; row++) {
		for (size_t column = 0; column < columns; column++) {
			char cell[AS_PLACE_MAX];
			write_cell(layers, row, column, cell);
			/* Nothing comes after the last column. */
			const int pad = column + 1 < columns
						? column_width(layers, rows, column) -
							  (int)latch_text_length(cell)
						: 0;
			fprintf(file, "  %s%*s", cell, pad, "");
		}
		fputc('\n', file);
	}
}

void as_print(FILE *file, yyjson_mut_val *root) {
	size_t i, len;
	yyjson_mut_val *output;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		print_output(file, output);
	}
}
