#include "svg.h"

#include <cairo-svg.h>
#include <stdbool.h>
#include <stdio.h>

#include "document.h"

#define SCREEN_WIDTH 800.0
#define MARGIN 24.0
#define HEADING 28.0
#define LEGEND 40.0
#define FONT 12.0
#define LINE (FONT * 1.4)

enum colour {
	COLOUR_PRIMARY,
	COLOUR_OVERLAY,
	COLOUR_CURSOR,
	COLOUR_COMPOSED,
};

/* Told apart by people who see fewer colours too; what is composed has stripes besides. */
static const struct {
	double red, green, blue;
	const char *label;
} colours[] = {
	[COLOUR_PRIMARY] = {0.45, 0.75, 0.45, "on the primary plane"},
	[COLOUR_OVERLAY] = {0.45, 0.65, 0.90, "on an overlay plane (dashed: below the picture)"},
	[COLOUR_CURSOR] = {0.95, 0.70, 0.35, "on the cursor plane"},
	[COLOUR_COMPOSED] = {0.80, 0.80, 0.80, "composed"},
};

static void set_colour(cairo_t *cairo, enum colour colour) {
	cairo_set_source_rgb(
		cairo, colours[colour].red, colours[colour].green, colours[colour].blue);
}

static enum colour layer_colour(yyjson_mut_val *layer) {
	if (has_text(layer, "/plane_type", "primary")) {
		return COLOUR_PRIMARY;
	}
	if (has_text(layer, "/plane_type", "cursor")) {
		return COLOUR_CURSOR;
	}
	return has_text(layer, "/place", "plane") ? COLOUR_OVERLAY : COLOUR_COMPOSED;
}

/* Stripes over the current clip. */
static void draw_stripes(cairo_t *cairo) {
	double x1, y1, x2, y2;
	cairo_clip_extents(cairo, &x1, &y1, &x2, &y2);
	cairo_set_source_rgb(cairo, 0.68, 0.68, 0.68);
	cairo_set_line_width(cairo, 2);
	for (double x = x1 - (y2 - y1); x < x2; x += 10) {
		cairo_move_to(cairo, x, y2);
		cairo_line_to(cairo, x + (y2 - y1), y1);
	}
	cairo_stroke(cairo);
}

static void draw_box(cairo_t *cairo, double x, double y, double width, double height,
	enum colour colour, bool dashed) {
	cairo_save(cairo);
	cairo_rectangle(cairo, x, y, width, height);
	cairo_clip(cairo);
	set_colour(cairo, colour);
	cairo_paint(cairo);
	if (colour == COLOUR_COMPOSED) {
		draw_stripes(cairo);
	}
	cairo_restore(cairo);

	const double dashes[] = {6, 4};
	cairo_save(cairo);
	cairo_rectangle(cairo, x + 0.5, y + 0.5, width - 1, height - 1);
	cairo_set_source_rgb(cairo, 0.2, 0.2, 0.2);
	cairo_set_line_width(cairo, 1);
	cairo_set_dash(cairo, dashes, dashed ? 2 : 0, 0);
	cairo_stroke(cairo);
	cairo_restore(cairo);
}

static void show_text(cairo_t *cairo, double x, double y, const char *text) {
	cairo_set_source_rgb(cairo, 0.1, 0.1, 0.1);
	cairo_move_to(cairo, x, y);
	cairo_show_text(cairo, text);
}

static void draw_layer(cairo_t *cairo, yyjson_mut_val *layer, size_t index, double scale) {
	char text[512], name[256];
	double x = get_number(layer, "/dst/x") * scale, y = get_number(layer, "/dst/y") * scale;
	double width = get_number(layer, "/dst/width") * scale;
	double height = get_number(layer, "/dst/height") * scale;
	draw_box(cairo, x, y, width, height, layer_colour(layer), get_bool(layer, "/underlay"));

	cairo_save(cairo);
	cairo_rectangle(cairo, x, y, width, height);
	cairo_clip(cairo);
	/* Over the screen's edge its words would be lost. */
	x = (x < 0 ? 0 : x) + 5;
	y = (y < 0 ? 0 : y) + LINE;
	snprintf(text, sizeof(text), "%zu. %s", index + 1, layer_name(layer, name, sizeof(name)));
	show_text(cairo, x, y, text);
	if (has_text(layer, "/place", "plane")) {
		snprintf(text, sizeof(text), "plane %d, %s", (int)get_int(layer, "/plane"),
			get_text(layer, "/plane_type"));
		show_text(cairo, x, y + LINE, text);
	} else {
		show_text(cairo, x, y + LINE, get_text(layer, "/place"));
	}
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(layer, "reasons"), i, len, reason) {
		show_text(cairo, x, y + LINE * (double)(i + 2), get_text(reason, "/name"));
	}
	cairo_restore(cairo);
}

static double screen_scale(yyjson_mut_val *output) {
	const double width = get_number(output, "/mode/width");
	return width > 0 ? SCREEN_WIDTH / width : 1;
}

/* Returns how high it is. */
static double draw_output(cairo_t *cairo, yyjson_mut_val *output, double top) {
	char text[512];
	double scale = screen_scale(output), height = get_number(output, "/mode/height") * scale;
	snprintf(text, sizeof(text), "%s: %dx%d, %d of %d visible layers on planes",
		get_text(output, "/name"), (int)get_int(output, "/mode/width"),
		(int)get_int(output, "/mode/height"), (int)get_int(output, "/plan/on_planes"),
		(int)get_int(output, "/plan/visible"));
	show_text(cairo, MARGIN, top + HEADING - LINE / 2, text);

	cairo_save(cairo);
	cairo_translate(cairo, MARGIN, top + HEADING);
	cairo_rectangle(cairo, 0, 0, SCREEN_WIDTH, height);
	cairo_clip(cairo);
	cairo_set_source_rgb(cairo, 0, 0, 0);
	cairo_paint(cairo);
	/* The list is front to back. */
	yyjson_mut_val *layers = yyjson_mut_obj_get(output, "layers");
	for (size_t i = yyjson_mut_arr_size(layers); i-- > 0;) {
		yyjson_mut_val *layer = yyjson_mut_arr_get(layers, i);
		if (!has_text(layer, "/place", "covered")) {
			draw_layer(cairo, layer, i, scale);
		}
	}
	cairo_restore(cairo);
	return HEADING + height;
}

static void draw_legend(cairo_t *cairo, double top) {
	double x = MARGIN;
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		cairo_text_extents_t extents;
		draw_box(cairo, x, top + LEGEND / 2 - FONT, 20, FONT + 4, (enum colour)i, false);
		show_text(cairo, x + 26, top + LEGEND / 2, colours[i].label);
		cairo_text_extents(cairo, colours[i].label, &extents);
		x += 26 + extents.x_advance + 20;
	}
}

void svg_size(yyjson_mut_val *root, double *width, double *height) {
	size_t i, len;
	yyjson_mut_val *output;
	*width = SCREEN_WIDTH + 2 * MARGIN;
	*height = LEGEND + MARGIN;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		*height += HEADING + get_number(output, "/mode/height") * screen_scale(output);
	}
}

void svg_draw(cairo_t *cairo, yyjson_mut_val *root) {
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_select_font_face(
		cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cairo, FONT);
	double top = 0;
	size_t i, len;
	yyjson_mut_val *output;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		top += draw_output(cairo, output, top);
	}
	draw_legend(cairo, top + MARGIN / 2);
}

cairo_status_t svg_write(const char *path, yyjson_mut_val *root) {
	double width, height;
	svg_size(root, &width, &height);
	cairo_surface_t *surface = cairo_svg_surface_create(path, width, height);
	cairo_t *cairo = cairo_create(surface);
	svg_draw(cairo, root);
	cairo_status_t status = cairo_status(cairo);
	cairo_destroy(cairo);
	/* The file is written here. */
	cairo_surface_finish(surface);
	if (status == CAIRO_STATUS_SUCCESS) {
		status = cairo_surface_status(surface);
	}
	cairo_surface_destroy(surface);
	return status;
}
