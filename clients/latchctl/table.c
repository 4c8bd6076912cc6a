#include "table.h"

#include <stdbool.h>
#include <string.h>

#include "advice.h"
#include "common/util.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

#define MAX_COLUMNS 5
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
	struct column columns[MAX_COLUMNS];
	int len;
	/** In which order columns shrink. */
	int order[MAX_COLUMNS], order_len;

	const struct model_output *output;
	size_t rows;
	void (*fill)(const struct model_output *output, size_t row, char cells[][CELL_MAX]);
	/** What follows the row in lines of its own; may be NULL. */
	void (*after)(FILE *file, const struct model_output *output, size_t row, int width);
};

/* Characters, not bytes: of those that go on with a character none is counted. Wide ones count as
 * one. */
static int text_width(const char *text) {
	int width = 0;
	for (; *text; text++) {
		width += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return width;
}

/* Bytes of the first characters. */
static int text_bytes(const char *text, int characters) {
	int bytes = 0;
	while (text[bytes] &&
		(characters > 0 || ((unsigned char)text[bytes] & 0xc0) == 0x80)) {
		characters -= ((unsigned char)text[bytes] & 0xc0) != 0x80;
		bytes++;
	}
	return bytes;
}

static void print_cell(FILE *file, const char *text, int width, bool last) {
	int is = text_width(text);
	if (is > width) {
		fprintf(file, "%.*s…", text_bytes(text, width - 1), text);
		is = width;
	} else {
		fputs(text, file);
	}
	fprintf(file, "%*s", last ? 0 : width - is + GAP, "");
}

static void print_row(FILE *file, const struct grid *grid, const int *widths,
	const char *const texts[MAX_COLUMNS]) {
	/* Empty cells at the end would leave spaces. */
	int len = grid->len;
	while (len > 1 && texts[len - 1][0] == '\0') {
		len--;
	}
	fprintf(file, "%*s", INDENT, "");
	for (int i = 0; i < len; i++) {
		print_cell(file, texts[i], widths[i], i == len - 1);
	}
	fputc('\n', file);
}

static void fit(const struct grid *grid, int *widths, int width) {
	int total = INDENT + GAP * (grid->len - 1);
	for (int i = 0; i < grid->len; i++) {
		total += widths[i];
	}
	for (int i = 0; i < grid->order_len && total > width; i++) {
		int column = grid->order[i];
		int spare = widths[column] - grid->columns[column].min;
		int cut = total - width < spare ? total - width : spare;
		if (cut > 0) {
			widths[column] -= cut;
			total -= cut;
		}
	}
}

static void print_grid(FILE *file, const struct grid *grid, int width) {
	char cells[MAX_COLUMNS][CELL_MAX];
	int widths[MAX_COLUMNS];
	const char *texts[MAX_COLUMNS];
	for (int i = 0; i < grid->len; i++) {
		texts[i] = grid->columns[i].head;
		widths[i] = text_width(texts[i]);
	}
	for (size_t row = 0; row < grid->rows; row++) {
		grid->fill(grid->output, row, cells);
		for (int i = 0; i < grid->len; i++) {
			int is = text_width(cells[i]);
			widths[i] = is > widths[i] ? is : widths[i];
		}
	}
	fit(grid, widths, width);
	print_row(file, grid, widths, texts);
	for (size_t row = 0; row < grid->rows; row++) {
		grid->fill(grid->output, row, cells);
		for (int i = 0; i < grid->len; i++) {
			texts[i] = cells[i];
		}
		print_row(file, grid, widths, texts);
		if (grid->after) {
			grid->after(file, grid->output, row, width);
		}
	}
}

/* Prints words in lines of this width. Lines after the first one begin further in. */
static void print_wrapped(FILE *file, const char *text, int indent, int width) {
	int room = width - indent;
	fprintf(file, "%*s", indent, "");
	indent += 2;
	for (int column = 0; *text;) {
		int bytes = (int)strcspn(text, " ");
		char word[ADVICE_MAX];
		snprintf(word, sizeof(word), "%.*s", bytes, text);
		int is = text_width(word);
		if (column > 0 && column + 1 + is > room) {
			fprintf(file, "\n%*s", indent, "");
			room = width - indent;
			column = 0;
		}
		column += fprintf(file, column > 0 ? " " : "") + is;
		fputs(word, file);
		text += bytes;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

static void write_can(const struct model_plane *plane, char cell[CELL_MAX]) {
	const struct {
		bool can;
		const char *name;
	} abilities[] = {
		{plane->rotations > ZLATCH_INSPECTOR_PLANES_V1_ROTATION_ROTATE_0, "rotate"},
		{(plane->features & ZLATCH_INSPECTOR_PLANES_V1_FEATURE_ALPHA) != 0, "alpha"},
		{(plane->blend_modes & ZLATCH_INSPECTOR_PLANES_V1_BLEND_MODE_COVERAGE) != 0,
			"coverage"},
		{plane->color_encodings != 0, "yuv"},
	};
	int len = snprintf(cell, CELL_MAX, "%zu formats", plane->formats_len);
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		if (abilities[i].can) {
			len += snprintf(cell + len, CELL_MAX - (size_t)len, ", %s",
				abilities[i].name);
		}
	}
}

static void write_shows(const struct model_output *output, const struct model_plane *plane,
	char cell[CELL_MAX]) {
	const struct model_layer *layer;
	char name[CELL_MAX / 2];
	switch (plane->use) {
	case ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_LAYER:
		layer = model_find_layer(output, plane->surface);
		snprintf(cell, CELL_MAX, "layer %zu: %s",
			layer ? (size_t)(layer - output->layers) + 1 : 0,
			layer ? name_layer(layer, name, sizeof(name)) : "?");
		return;
	case ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_COMPOSED:
		snprintf(cell, CELL_MAX, "the composed picture");
		return;
	case ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT:
		snprintf(cell, CELL_MAX, "output %s", plane->user);
		return;
	default:
		snprintf(cell, CELL_MAX, "%s", name_plane_use(plane->use));
	}
}

static void fill_plane(const struct model_output *output, size_t row, char cells[][CELL_MAX]) {
	const struct model_plane *plane = &output->planes[row];
	snprintf(cells[0], CELL_MAX, "%u", plane->id);
	snprintf(cells[1], CELL_MAX, "%s", name_plane_type(plane->type));
	if (!plane->has_zpos) {
		snprintf(cells[2], CELL_MAX, "-");
	} else if (plane->zpos_min == plane->zpos_max || plane->zpos_immutable) {
		snprintf(cells[2], CELL_MAX, "%d", plane->zpos_min);
	} else {
		snprintf(cells[2], CELL_MAX, "%d to %d", plane->zpos_min, plane->zpos_max);
	}
	write_shows(output, plane, cells[3]);
	write_can(plane, cells[4]);
}

static void fill_layer(const struct model_output *output, size_t row, char cells[][CELL_MAX]) {
	const struct model_layer *layer = &output->layers[row];
	char name[CELL_MAX / 2], format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	snprintf(cells[0], CELL_MAX, "%zu", row + 1);
	name_layer(layer, name, sizeof(name));
	if (layer->pid > 0) {
		snprintf(cells[1], CELL_MAX, "%s (pid %d)", name, layer->pid);
	} else {
		snprintf(cells[1], CELL_MAX, "%s", name);
	}
	snprintf(cells[2], CELL_MAX, "%dx%d %s %s", layer->buffer_width, layer->buffer_height,
		layer->fourcc != 0 ? fourcc_name(layer->fourcc, format) : "-",
		layer->dmabuf ? modifier_name(layer->modifier, modifier) : "in shared memory");
	int len = snprintf(cells[3], CELL_MAX, "%dx%d%+d%+d", layer->dst_width, layer->dst_height,
		layer->dst_x, layer->dst_y);
	if (layer->transform != 0) {
		snprintf(cells[3] + len, CELL_MAX - (size_t)len, ", %s",
			name_transform(layer->transform));
	}
	const struct model_plane *plane = model_find_plane(output, layer->plane);
	if (layer->place == ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE) {
		snprintf(cells[4], CELL_MAX, "%u %s%s", layer->plane,
			plane ? name_plane_type(plane->type) : "plane",
			layer->underlay ? ", below" : "");
	} else {
		snprintf(cells[4], CELL_MAX, "%s", name_place(layer->place));
	}
}

static void print_held(FILE *file, const struct model_layer *layer, int width) {
	char line[CELL_MAX * 4];
	bool words = layer->held_text && layer->held_text[0] != '\0';
	snprintf(line, sizeof(line), "%u %s not shown yet: held for %u ms by %.*s%s%.*s%s",
		layer->held, layer->held == 1 ? "update" : "updates", layer->held_age_ms, CELL_MAX,
		layer->held_by, words ? " (" : "", CELL_MAX, words ? layer->held_text : "",
		words ? ")" : "");
	print_wrapped(file, line, INDENT * 3, width);
}

static void print_reasons(FILE *file, const struct model_output *output, size_t row, int width) {
	const struct model_layer *layer = &output->layers[row];
	char line[CELL_MAX * 2 + ADVICE_MAX], help[ADVICE_MAX];
	for (size_t i = 0; i < layer->reasons_len; i++) {
		const struct model_reason *reason = &layer->reasons[i];
		snprintf(line, sizeof(line), "%.*s: %.*s", CELL_MAX, reason->name, CELL_MAX,
			reason->text);
		print_wrapped(file, line, INDENT * 3, width);
		if (advice_write(help, output, layer, reason->name)) {
			snprintf(line, sizeof(line), "help: %s", help);
			print_wrapped(file, line, INDENT * 4, width);
		}
	}
	if (layer->held > 0 && layer->held_by) {
		print_held(file, layer, width);
	}
}

static void print_heading(FILE *file, const struct model_output *output, int width) {
	char line[ADVICE_MAX];
	int len = snprintf(line, sizeof(line), "%.100s: %dx%d", output->name, output->width,
		output->height);
	if (output->refresh_mhz > 0) {
		len += snprintf(line + len, sizeof(line) - (size_t)len, " at %d.%03d Hz",
			output->refresh_mhz / 1000, output->refresh_mhz % 1000);
	}
	if (output->scale != 120) {
		len += snprintf(line + len, sizeof(line) - (size_t)len, ", scale %.3g",
			output->scale / 120.0);
	}
	if (output->transform != 0) {
		len += snprintf(line + len, sizeof(line) - (size_t)len, ", transform %s",
			name_transform(output->transform));
	}
	if (output->node) {
		snprintf(line + len, sizeof(line) - (size_t)len,
			"; %.100s (%.32s), %s vblank clock", output->node, output->driver,
			name_clock(output->clock));
	} else {
		snprintf(line + len, sizeof(line) - (size_t)len,
			"; not on a KMS device, so without planes");
	}
	print_wrapped(file, line, 0, width);
	if (output->visible == 0) {
		print_wrapped(file, "nothing to be seen", INDENT, width);
		return;
	}
	snprintf(line, sizeof(line), "%u of %u visible layers on planes, %s (%.32s)",
		output->on_planes, output->visible,
		output->composed ? "the others composed" : "nothing composed", output->rung);
	print_wrapped(file, line, INDENT, width);
}

static void print_output(FILE *file, const struct model_output *output, int width) {
	struct grid planes = {
		.columns = {{"PLANE", 0}, {"TYPE", 0}, {"ZPOS", 0}, {"SHOWS", 10}, {"CAN", 6}},
		.len = 5,
		.order = {4, 3},
		.order_len = 2,
		.output = output,
		.rows = output->planes_len,
		.fill = fill_plane,
	};
	struct grid layers = {
		.columns = {{"LAYER", 0}, {"WHO", 8}, {"BUFFER", 6}, {"ON SCREEN", 6},
			{"PLANE", 8}},
		.len = 5,
		.order = {1, 2, 3, 4},
		.order_len = 4,
		.output = output,
		.rows = output->layers_len,
		.fill = fill_layer,
		.after = print_reasons,
	};
	print_heading(file, output, width);
	if (output->planes_len > 0) {
		fputc('\n', file);
		print_grid(file, &planes, width);
	}
	if (output->layers_len > 0) {
		fputc('\n', file);
		print_grid(file, &layers, width);
	}
}

void table_print(
	FILE *file, const struct model *model, const struct model_output *only, int width) {
	bool first = true;
	for (size_t i = 0; i < model->outputs_len; i++) {
		if (only && only != &model->outputs[i]) {
			continue;
		}
		if (!first) {
			fputc('\n', file);
		}
		first = false;
		print_output(file, &model->outputs[i], width);
	}
}
