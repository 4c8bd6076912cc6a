/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "advice.h"
#include "base/markup.h"
#include "base/minmax.h"
#include "base/text.h"
#include "document.h"

#define COLUMNS 5
#define CELL_MAX 160
#define GAP 2
#define INDENT 2

/*
 * A grid prints its rows twice: first nowhere, to find the columns' widths. A column that may
 * shrink gives way, the first in the list first, until all fit.
 */
struct column {
	const char *head;
	/** It may be cut down to this; 0: never. */
	int min;
};

struct grid {
	struct column columns[COLUMNS];
	/** In which order columns shrink; 0 ends it. */
	int order[COLUMNS];

	yyjson_mut_val *output;
	/** An array of the output's: a row for each value. */
	yyjson_mut_val *rows;
	void (*fill)(yyjson_mut_val *output, yyjson_mut_val *row, size_t index,
		char cells[][CELL_MAX]);
	/** What follows the row in lines of its own; may be NULL. */
	void (*after)(FILE *file, yyjson_mut_val *row, int width);
};

/* Widths are in characters; wide ones count as one. */

static void print_cell(FILE *file, const char *text, int width, bool last) {
	int is = (int)latch_text_length(text);
	if (is > width) {
		fprintf(file, "%.*s…", text_bytes(text, width - 1), text);
		is = width;
	} else {
		fputs(text, file);
	}
	fprintf(file, "%*s", last ? 0 : width - is + GAP, "");
}

static void print_row(
	FILE *file, const int widths[COLUMNS], const char *const texts[COLUMNS]) {
	fprintf(file, "%*s", INDENT, "");
	for (int i = 0; i < COLUMNS; i++) {
		print_cell(file, texts[i], widths[i], i == COLUMNS - 1);
	}
	fputc('\n', file);
}

static void fit(const struct grid *grid, int widths[COLUMNS], int width) {
	int total = INDENT + GAP * (COLUMNS - 1);
	for (int i = 0; i < COLUMNS; i++) {
		total += widths[i];
	}
	for (const int *column = grid->order; *column > 0 && total > width; column++) {
		int spare = (int)latch_max(widths[*column] - grid->columns[*column].min, 0);
		int cut = (int)latch_min(total - width, spare);
		widths[*column] -= cut;
		total -= cut;
	}
}

static void print_grid(FILE *file, const struct grid *grid, int width) {
	char cells[COLUMNS][CELL_MAX];
	int widths[COLUMNS];
	const char *texts[COLUMNS];
	for (int i = 0; i < COLUMNS; i++) {
		texts[i] = grid->columns[i].head;
		widths[i] = (int)latch_text_length(texts[i]);
	}
	size_t index, len;
	yyjson_mut_val *row;
	yyjson_mut_arr_foreach(grid->rows, index, len, row) {
		grid->fill(grid->output, row, index, cells);
		for (int i = 0; i < COLUMNS; i++) {
			widths[i] = (int)latch_max(widths[i], (int)latch_text_length(cells[i]));
		}
	}
	fit(grid, widths, width);
	print_row(file, widths, texts);
	yyjson_mut_arr_foreach(grid->rows, index, len, row) {
		grid->fill(grid->output, row, index, cells);
		for (int i = 0; i < COLUMNS; i++) {
			texts[i] = cells[i];
		}
		print_row(file, widths, texts);
		if (grid->after) {
			grid->after(file, row, width);
		}
	}
}

static void write_can(yyjson_mut_val *plane, char cell[CELL_MAX]) {
	yyjson_mut_val *can = yyjson_mut_obj_get(plane, "properties");
	const struct {
		bool can;
		const char *name;
	} abilities[] = {
		{yyjson_mut_arr_size(yyjson_mut_obj_get(can, "rotation")) > 1, "rotate"},
		{get_bool(can, "/alpha"), "alpha"},
		{find_text(yyjson_mut_obj_get(can, "pixel blend mode"), "", "Coverage") != NULL,
			"coverage"},
		{yyjson_mut_obj_get(can, "COLOR_ENCODING") != NULL, "yuv"},
	};
	size_t formats = 0, i, len;
	yyjson_mut_val *set;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(plane, "formats"), i, len, set) {
		formats += yyjson_mut_arr_size(yyjson_mut_obj_get(set, "fourccs"));
	}
	snprintf(cell, CELL_MAX, "%zu formats", formats);
	for (i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		if (abilities[i].can) {
			text_append(cell, CELL_MAX, ", %s", abilities[i].name);
		}
	}
}

static void write_shows(yyjson_mut_val *output, yyjson_mut_val *plane, char cell[CELL_MAX]) {
	char name[CELL_MAX / 2];
	size_t i, len;
	yyjson_mut_val *layer;
	snprintf(cell, CELL_MAX, "%s", has_text(plane, "/use", "composed")
					       ? "the composed picture"
					       : get_text(plane, "/use"));
	if (has_text(plane, "/use", "other-output")) {
		snprintf(cell, CELL_MAX, "output %s", get_text(plane, "/output"));
	}
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "layers"), i, len, layer) {
		if (has_text(plane, "/use", "layer") &&
			get_int(layer, "/surface") == get_int(plane, "/surface")) {
			snprintf(cell, CELL_MAX, "layer %zu: %s", i + 1,
				layer_name(layer, name, sizeof(name)));
		}
	}
}

static void fill_plane(
	yyjson_mut_val *output, yyjson_mut_val *plane, size_t index, char cells[][CELL_MAX]) {
	yyjson_mut_val *zpos = yyjson_mut_ptr_get(plane, "/properties/zpos");
	snprintf(cells[0], CELL_MAX, "%" PRId64, get_int(plane, "/id"));
	snprintf(cells[1], CELL_MAX, "%s", get_text(plane, "/type"));
	if (zpos == NULL) {
		snprintf(cells[2], CELL_MAX, "-");
	} else if (yyjson_mut_is_arr(zpos)) {
		snprintf(cells[2], CELL_MAX, "%" PRId64 " to %" PRId64, get_int(zpos, "/0"),
			get_int(zpos, "/1"));
	} else {
		snprintf(cells[2], CELL_MAX, "%" PRId64, get_int(zpos, ""));
	}
	write_shows(output, plane, cells[3]);
	write_can(plane, cells[4]);
}

static void fill_layer(
	yyjson_mut_val *output, yyjson_mut_val *layer, size_t index, char cells[][CELL_MAX]) {
	char name[CELL_MAX / 2];
	snprintf(cells[0], CELL_MAX, "%zu", index + 1);
	snprintf(cells[1], CELL_MAX, "%s", layer_name(layer, name, sizeof(name)));
	if (get_int(layer, "/pid") > 0) {
		text_append(cells[1], CELL_MAX, " (pid %" PRId64 ")", get_int(layer, "/pid"));
	}
	snprintf(cells[2], CELL_MAX, "%" PRId64 "x%" PRId64 " %s %s",
		get_int(layer, "/buffer/width"), get_int(layer, "/buffer/height"),
		markup_or(get_text(layer, "/buffer/format"), "-"),
		markup_or(get_text(layer, "/buffer/modifier"), "in shared memory"));
	snprintf(cells[3], CELL_MAX, "%" PRId64 "x%" PRId64 "%+" PRId64 "%+" PRId64,
		get_int(layer, "/dst/width"), get_int(layer, "/dst/height"),
		get_int(layer, "/dst/x"), get_int(layer, "/dst/y"));
	if (!has_text(layer, "/transform", "normal")) {
		text_append(cells[3], CELL_MAX, ", %s", get_text(layer, "/transform"));
	}
	if (has_text(layer, "/place", "plane")) {
		snprintf(cells[4], CELL_MAX, "%" PRId64 " %s%s", get_int(layer, "/plane"),
			get_text(layer, "/plane_type"),
			get_bool(layer, "/underlay") ? ", below" : "");
	} else {
		snprintf(cells[4], CELL_MAX, "%s", get_text(layer, "/place"));
	}
}

static void print_reasons(FILE *file, yyjson_mut_val *layer, int width) {
	char line[CELL_MAX * 4 + ADVICE_MAX];
	size_t i, len;
	yyjson_mut_val *reason, *held = yyjson_mut_obj_get(layer, "held");
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(layer, "reasons"), i, len, reason) {
		snprintf(line, sizeof(line), "%s: %s", get_text(reason, "/name"),
			get_text(reason, "/text"));
		latch_text_print_wrapped(file, line, INDENT * 3, width);
		if (!has_text(reason, "/help", "")) {
			snprintf(line, sizeof(line), "help: %s", get_text(reason, "/help"));
			latch_text_print_wrapped(file, line, INDENT * 4, width);
		}
	}
	if (yyjson_mut_is_obj(held)) {
		const int64_t updates = get_int(held, "/updates");
		snprintf(line, sizeof(line),
			"%" PRId64 " %s not shown yet: held for %" PRId64 " ms by %s", updates,
			updates == 1 ? "update" : "updates", get_int(held, "/age_ms"),
			get_text(held, "/by"));
		if (!has_text(held, "/text", "")) {
			text_append(line, sizeof(line), " (%s)", get_text(held, "/text"));
		}
		latch_text_print_wrapped(file, line, INDENT * 3, width);
	}
}

static void print_heading(FILE *file, yyjson_mut_val *output, int width) {
	char line[ADVICE_MAX * 2];
	const int64_t refresh_mhz = get_int(output, "/mode/refresh_mhz");
	snprintf(line, sizeof(line), "%s: %" PRId64 "x%" PRId64, get_text(output, "/name"),
		get_int(output, "/mode/width"), get_int(output, "/mode/height"));
	if (refresh_mhz > 0) {
		text_append(line, sizeof(line), " at %" PRId64 ".%03" PRId64 " Hz",
			refresh_mhz / 1000, refresh_mhz % 1000);
	}
	if (get_number(output, "/scale") != 1) {
		text_append(line, sizeof(line), ", scale %.3g", get_number(output, "/scale"));
	}
	if (!has_text(output, "/transform", "normal")) {
		text_append(line, sizeof(line), ", transform %s", get_text(output, "/transform"));
	}
	if (yyjson_mut_is_obj(yyjson_mut_obj_get(output, "device"))) {
		text_append(line, sizeof(line), "; %s (%s), %s vblank clock",
			get_text(output, "/device/node"), get_text(output, "/device/driver"),
			get_text(output, "/device/clock"));
	} else {
		text_append(line, sizeof(line), "; not on a KMS device, so without planes");
	}
	latch_text_print_wrapped(file, line, 0, width);
	if (get_int(output, "/plan/visible") == 0) {
		latch_text_print_wrapped(file, "nothing to be seen", INDENT, width);
		return;
	}
	snprintf(line, sizeof(line),
		"%" PRId64 " of %" PRId64 " visible layers on planes, %s (%s)",
		get_int(output, "/plan/on_planes"), get_int(output, "/plan/visible"),
		get_bool(output, "/plan/composed") ? "the others composed" : "nothing composed",
		get_text(output, "/plan/rung"));
	latch_text_print_wrapped(file, line, INDENT, width);
}

static void print_output(FILE *file, yyjson_mut_val *output, int width) {
	struct grid planes = {
		.columns = {{"PLANE", 0}, {"TYPE", 0}, {"ZPOS", 0}, {"SHOWS", 10}, {"CAN", 6}},
		.order = {4, 3},
		.output = output,
		.rows = yyjson_mut_obj_get(output, "planes"),
		.fill = fill_plane,
	};
	struct grid layers = {
		.columns = {{"LAYER", 0}, {"WHO", 8}, {"BUFFER", 6}, {"ON SCREEN", 6},
			{"PLANE", 8}},
		.order = {1, 2, 3, 4},
		.output = output,
		.rows = yyjson_mut_obj_get(output, "layers"),
		.fill = fill_layer,
		.after = print_reasons,
	};
	print_heading(file, output, width);
	if (yyjson_mut_arr_size(planes.rows) > 0) {
		fputc('\n', file);
		print_grid(file, &planes, width);
	}
	if (yyjson_mut_arr_size(layers.rows) > 0) {
		fputc('\n', file);
		print_grid(file, &layers, width);
	}
}

void table_print(FILE *file, yyjson_mut_val *root, int width) {
	size_t i, len;
	yyjson_mut_val *output;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		if (i > 0) {
			fputc('\n', file);
		}
		print_output(file, output, width);
	}
}
