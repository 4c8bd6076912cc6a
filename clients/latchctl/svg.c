#include "svg.h"

#include <cairo-svg.h>
#include <stdbool.h>
#include <stdio.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

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

static enum colour layer_colour(const struct model_output *output, const struct model_layer *layer) {
	const struct model_plane *plane = model_find_plane(output, layer->plane);
	if (layer->place != ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE || !plane) {
		return COLOUR_COMPOSED;
	}
	switch (plane->type) {
	case ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_PRIMARY:
		return COLOUR_PRIMARY;
	case ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_CURSOR:
		return COLOUR_CURSOR;
	default:
		return COLOUR_OVERLAY;
	}
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

static void draw_layer(cairo_t *cairo, const struct model_output *output,
	const struct model_layer *layer, double scale) {
	char text[512], name[256];
	double x = layer->dst_x * scale, y = layer->dst_y * scale;
	double width = layer->dst_width * scale, height = layer->dst_height * scale;
	draw_box(cairo, x, y, width, height, layer_colour(output, layer), layer->underlay);

	cairo_save(cairo);
	cairo_rectangle(cairo, x, y, width, height);
	cairo_clip(cairo);
	/* Over the screen's edge its words would be lost. */
	x = (x < 0 ? 0 : x) + 5;
	y = (y < 0 ? 0 : y) + LINE;
	snprintf(text, sizeof(text), "%zu. %s", (size_t)(layer - output->layers) + 1,
		name_layer(layer, name, sizeof(name)));
	show_text(cairo, x, y, text);
	const struct model_plane *plane = model_find_plane(output, layer->plane);
	if (layer->place == ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE) {
		snprintf(text, sizeof(text), "plane %u, %s", layer->plane,
			plane ? name_plane_type(plane->type) : "unknown");
		show_text(cairo, x, y + LINE, text);
	} else {
		show_text(cairo, x, y + LINE, name_place(layer->place));
	}
	for (size_t i = 0; i < layer->reasons_len; i++) {
		show_text(cairo, x, y + LINE * (double)(i + 2), layer->reasons[i].name);
	}
	cairo_restore(cairo);
}

static double screen_scale(const struct model_output *output) {
	return output->width > 0 ? SCREEN_WIDTH / output->width : 1;
}

/* Returns how high it is. */
static double draw_output(cairo_t *cairo, const struct model_output *output, double top) {
	char text[512];
	double scale = screen_scale(output), height = output->height * scale;
	snprintf(text, sizeof(text), "%s: %dx%d, %u of %u visible layers on planes", output->name,
		output->width, output->height, output->on_planes, output->visible);
	show_text(cairo, MARGIN, top + HEADING - LINE / 2, text);

	cairo_save(cairo);
	cairo_translate(cairo, MARGIN, top + HEADING);
	cairo_rectangle(cairo, 0, 0, SCREEN_WIDTH, height);
	cairo_clip(cairo);
	cairo_set_source_rgb(cairo, 0, 0, 0);
	cairo_paint(cairo);
	/* The list is front to back. */
	for (size_t i = output->layers_len; i-- > 0;) {
		if (output->layers[i].place != ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COVERED) {
			draw_layer(cairo, output, &output->layers[i], scale);
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

void svg_size(const struct model *model, const struct model_output *only, double *width,
	double *height) {
	*width = SCREEN_WIDTH + 2 * MARGIN;
	*height = LEGEND + MARGIN;
	for (size_t i = 0; i < model->outputs_len; i++) {
		const struct model_output *output = &model->outputs[i];
		if (!only || only == output) {
			*height += HEADING + output->height * screen_scale(output);
		}
	}
}

void svg_draw(cairo_t *cairo, const struct model *model, const struct model_output *only) {
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_select_font_face(
		cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cairo, FONT);
	double top = 0;
	for (size_t i = 0; i < model->outputs_len; i++) {
		if (!only || only == &model->outputs[i]) {
			top += draw_output(cairo, &model->outputs[i], top);
		}
	}
	draw_legend(cairo, top + MARGIN / 2);
}

cairo_status_t svg_write(
	const char *path, const struct model *model, const struct model_output *only) {
	double width, height;
	svg_size(model, only, &width, &height);
	cairo_surface_t *surface = cairo_svg_surface_create(path, width, height);
	cairo_t *cairo = cairo_create(surface);
	svg_draw(cairo, model, only);
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
