/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <string.h>

#include "base/markup.h"
#include "document.h"

#define SCREEN_WIDTH 800.0
#define MARGIN 24.0
#define HEADING 28.0
#define LEGEND 40.0
#define FONT 12.0
#define LINE (FONT * 1.4)
/* Of the legend's letters, on average; more than most fonts take. */
#define LETTER 6.2

enum colour {
	COLOUR_PRIMARY,
	COLOUR_OVERLAY,
	COLOUR_CURSOR,
	COLOUR_COMPOSED,
};

/* Told apart by people who see fewer colours too; what is composed has stripes besides. */
static const struct {
	const char *fill, *label;
} colours[] = {
	[COLOUR_PRIMARY] = {"#73bf73", "on the primary plane"},
	[COLOUR_OVERLAY] = {"#73a6e6", "on an overlay plane (dashed: below the picture)"},
	[COLOUR_CURSOR] = {"#f2b359", "on the cursor plane"},
	[COLOUR_COMPOSED] = {"#cccccc", "composed"},
};

static enum colour layer_colour(yyjson_mut_val *layer) {
	if (has_text(layer, "/plane_type", "primary")) {
		return COLOUR_PRIMARY;
	}
	if (has_text(layer, "/plane_type", "cursor")) {
		return COLOUR_CURSOR;
	}
	return has_text(layer, "/place", "plane") ? COLOUR_OVERLAY : COLOUR_COMPOSED;
}

static void draw_rectangle(FILE *file, double x, double y, double width, double height,
	const char *fill, const char *stroke) {
	fprintf(file,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"%s/>\n", x,
		y, width, height, fill, stroke);
}

static void draw_box(FILE *file, double x, double y, double width, double height,
	enum colour colour, bool dashed) {
	/* The line is one pixel wide, and within the box. */
	x += 0.5;
	y += 0.5;
	width = width > 1 ? width - 1 : 0;
	height = height > 1 ? height - 1 : 0;
	draw_rectangle(file, x, y, width, height, colours[colour].fill,
		dashed ? " stroke=\"#333\" stroke-dasharray=\"6 4\"" : " stroke=\"#333\"");
	if (colour == COLOUR_COMPOSED) {
		draw_rectangle(file, x, y, width, height, "url(#stripes)", "");
	}
}

static void show_text(FILE *file, double x, double y, const char *text) {
	markup_print(file, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y, text);
}

/* What is drawn up to the end of it is cut off at its edges, and counts from its corner. */
static void begin_part(FILE *file, double x, double y, double width, double height) {
	fprintf(file, "<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">\n", x, y, width,
		height);
}

static void draw_layer(FILE *file, yyjson_mut_val *layer, size_t index, double scale) {
	char text[512], name[256];
	double x = get_number(layer, "/dst/x") * scale, y = get_number(layer, "/dst/y") * scale;
	double width = get_number(layer, "/dst/width") * scale;
	double height = get_number(layer, "/dst/height") * scale;
	draw_box(file, x, y, width, height, layer_colour(layer), get_bool(layer, "/underlay"));

	begin_part(file, x, y, width, height);
	/* Over the screen's edge its words would be lost. */
	x = (x < 0 ? -x : 0) + 5;
	y = (y < 0 ? -y : 0) + LINE;
	snprintf(text, sizeof(text), "%zu. %s", index + 1, layer_name(layer, name, sizeof(name)));
	show_text(file, x, y, text);
	if (has_text(layer, "/place", "plane")) {
		snprintf(text, sizeof(text), "plane %d, %s", (int)get_int(layer, "/plane"),
			get_text(layer, "/plane_type"));
		show_text(file, x, y + LINE, text);
	} else {
		show_text(file, x, y + LINE, get_text(layer, "/place"));
	}
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(layer, "reasons"), i, len, reason) {
		show_text(file, x, y + LINE * (double)(i + 2), get_text(reason, "/name"));
	}
	fputs("</svg>\n", file);
}

static double screen_scale(yyjson_mut_val *output) {
	const double width = get_number(output, "/mode/width");
	return width > 0 ? SCREEN_WIDTH / width : 1;
}

/* Returns how high it is. */
static double draw_output(FILE *file, yyjson_mut_val *output, double top) {
	char text[512];
	double scale = screen_scale(output), height = get_number(output, "/mode/height") * scale;
	snprintf(text, sizeof(text), "%s: %dx%d, %d of %d visible layers on planes",
		get_text(output, "/name"), (int)get_int(output, "/mode/width"),
		(int)get_int(output, "/mode/height"), (int)get_int(output, "/plan/on_planes"),
		(int)get_int(output, "/plan/visible"));
	show_text(file, MARGIN, top + HEADING - LINE / 2, text);

	begin_part(file, MARGIN, top + HEADING, SCREEN_WIDTH, height);
	draw_rectangle(file, 0, 0, SCREEN_WIDTH, height, "#000000", "");
	/* The list is front to back. */
	yyjson_mut_val *layers = yyjson_mut_obj_get(output, "layers");
	for (size_t i = yyjson_mut_arr_size(layers); i-- > 0;) {
		yyjson_mut_val *layer = yyjson_mut_arr_get(layers, i);
		if (!has_text(layer, "/place", "covered")) {
			draw_layer(file, layer, i, scale);
		}
	}
	fputs("</svg>\n", file);
	return HEADING + height;
}

static void draw_legend(FILE *file, double top) {
	double x = MARGIN;
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		draw_box(file, x, top + LEGEND / 2 - FONT, 20, FONT + 4, (enum colour)i, false);
		show_text(file, x + 26, top + LEGEND / 2, colours[i].label);
		x += 26 + (double)strlen(colours[i].label) * LETTER + 20;
	}
}

void svg_draw(FILE *file, yyjson_mut_val *root) {
	size_t i, len;
	yyjson_mut_val *outputs = yyjson_mut_obj_get(root, "outputs"), *output;
	double top = 0, height = LEGEND + MARGIN;
	yyjson_mut_arr_foreach(outputs, i, len, output) {
		height += HEADING + get_number(output, "/mode/height") * screen_scale(output);
	}
	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"sans-serif\" font-size=\"%.0f\">\n"
		"<pattern id=\"stripes\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\"><path d=\"M0 0v7\" stroke=\"#adadad\" "
		"stroke-width=\"4\"/></pattern>\n",
		SCREEN_WIDTH + 2 * MARGIN, height, FONT);
	draw_rectangle(file, 0, 0, SCREEN_WIDTH + 2 * MARGIN, height, "#ffffff", "");
	yyjson_mut_arr_foreach(outputs, i, len, output) {
		top += draw_output(file, output, top);
	}
	draw_legend(file, top + MARGIN / 2);
	fputs("</svg>\n", file);
}

bool svg_write(const char *path, yyjson_mut_val *root) {
	FILE *file = fopen(path, "we");
	if (!file) {
		return false;
	}
	svg_draw(file, root);
	bool written = !ferror(file);
	return fclose(file) == 0 && written;
}
