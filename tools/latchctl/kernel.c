/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "document.h"

/* A plane in drm_atomic_plane_print_state()'s words (drivers/gpu/drm/drm_atomic.c). */
struct kernel_plane {
	uint32_t fb; /* 0: none */
	char format[5];
	uint64_t modifier;
	int width, height; /* of the framebuffer */
	int dst[4];	   /* width, height, x, y */
	double src[4];
};

static void read_line(const char *line, struct kernel_plane *plane) {
	int *dst = plane->dst, width, height;
	double *src = plane->src;
	sscanf(line, " fb=%" SCNu32, &plane->fb);
	sscanf(line, " format=%4[^ ]", plane->format); /* latch has no blanks behind "R8", either */
	sscanf(line, " modifier=0x%" SCNx64, &plane->modifier);
	/* Its objects have sizes as well, in bytes. */
	if (sscanf(line, " size=%dx%d", &width, &height) == 2) {
		plane->width = width;
		plane->height = height;
	}
	sscanf(line, " crtc-pos=%dx%d%d%d", &dst[0], &dst[1], &dst[2], &dst[3]);
	sscanf(line, " src-pos=%lfx%lf%lf%lf", &src[0], &src[1], &src[2], &src[3]);
}

/* The lines below a plane's are indented. Returns false where there is no such plane. */
static bool find_plane(const char *state, int id, struct kernel_plane *plane) {
	char head[32];
	snprintf(head, sizeof(head), "plane[%d]:", id);
	const char *line = strncmp(state, head, strlen(head)) == 0 ? state : NULL;
	for (const char *at = state; !line && (at = strstr(at, head)); at++) {
		line = at > state && at[-1] == '\n' ? at : NULL;
	}
	*plane = (struct kernel_plane){0};
	if (!line) {
		return false;
	}
	while ((line = strchr(line, '\n')) && *++line == '\t') {
		read_line(line, plane);
	}
	return true;
}

static void add_difference(char *text, size_t size, const char *what, const char *latch,
	const char *kernel) {
	if (strcmp(latch, kernel) != 0) {
		text_append(text, size, "      %s: latch says %s, the kernel %s\n", what, latch, kernel);
	}
}

static void print_rectangle(char *text, size_t size, const double *box) {
	snprintf(text, size, "%gx%g%+g%+g", round(box[0] * 100) / 100, round(box[1] * 100) / 100,
		round(box[2] * 100) / 100, round(box[3] * 100) / 100);
}

static void print_box(char *text, size_t size, yyjson_mut_val *box) {
	print_rectangle(text, size,
		(const double[]){get_number(box, "/width"), get_number(box, "/height"),
			get_number(box, "/x"), get_number(box, "/y")});
}

static void compare_layer(
	char *text, size_t size, yyjson_mut_val *layer, const struct kernel_plane *plane) {
	char latch[80], kernel[80];
	const char *modifier = get_text(layer, "/buffer/modifier_number");
	add_difference(text, size, "format", get_text(layer, "/buffer/format"), plane->format);
	snprintf(latch, sizeof(latch), "%dx%d", (int)get_int(layer, "/buffer/width"),
		(int)get_int(layer, "/buffer/height"));
	snprintf(kernel, sizeof(kernel), "%dx%d", plane->width, plane->height);
	add_difference(text, size, "framebuffer", latch, kernel);
	/* Without modifiers the kernel says 0, whatever the layout is. */
	if (plane->modifier != 0 && modifier[0] != '\0') {
		snprintf(kernel, sizeof(kernel), "0x%016" PRIx64, plane->modifier);
		add_difference(text, size, "modifier", modifier, kernel);
	}
	print_box(latch, sizeof(latch), yyjson_mut_obj_get(layer, "dst"));
	print_rectangle(kernel, sizeof(kernel),
		(const double[]){plane->dst[0], plane->dst[1], plane->dst[2], plane->dst[3]});
	add_difference(text, size, "rectangle", latch, kernel);
	print_box(latch, sizeof(latch), yyjson_mut_obj_get(layer, "src"));
	print_rectangle(kernel, sizeof(kernel), plane->src);
	add_difference(text, size, "part of the buffer", latch, kernel);
}

/* Returns whether it differs. */
static bool compare_plane(
	FILE *file, yyjson_mut_val *output, yyjson_mut_val *said, const char *state) {
	struct kernel_plane plane;
	const int id = (int)get_int(said, "/id");
	const bool known = find_plane(state, id, &plane);
	const bool other = has_text(said, "/use", "other-output");
	yyjson_mut_val *layer = has_text(said, "/use", "layer")
					? find_number(yyjson_mut_obj_get(output, "layers"), "/plane", id)
					: NULL;
	char name[128], size[32] = "-", box[80] = "-", text[1024] = "";
	if (plane.fb != 0) {
		snprintf(size, sizeof(size), "%dx%d", plane.width, plane.height);
		snprintf(box, sizeof(box), "%dx%d%+d%+d", plane.dst[0], plane.dst[1], plane.dst[2],
			plane.dst[3]);
	}
	fprintf(file, "  %-5d  %-8" PRIu32 "  %-6s  %-11s  %-20s  %s%s%s\n", id, plane.fb,
		plane.fb != 0 ? plane.format : "-", size, box, get_text(said, "/use"),
		layer ? ": " : "", layer ? layer_name(layer, name, sizeof(name)) : "");
	if (!known) {
		text_append(text, sizeof(text), "      the kernel knows no such plane\n");
	} else if (!other) {
		add_difference(text, sizeof(text), "shows",
			has_text(said, "/use", "free") ? "nothing" : "a framebuffer",
			plane.fb == 0 ? "nothing" : "a framebuffer");
	}
	if (layer && plane.fb != 0) {
		compare_layer(text, sizeof(text), layer, &plane);
	}
	fputs(text, file);
	return text[0] != '\0';
}

int kernel_compare(FILE *file, yyjson_mut_val *output, const char *state) {
	size_t i, len;
	yyjson_mut_val *plane;
	int differences = 0;
	fprintf(file, "%s: %s\n", get_text(output, "/name"),
		state ? get_text(output, "/device/node") : "a window: it has no planes");
	if (!state) {
		return 0;
	}
	fprintf(file, "  %-5s  %-8s  %-6s  %-11s  %-20s  %s\n", "PLANE", "FB", "FORMAT", "SIZE",
		"RECTANGLE", "LATCH SAYS");
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "planes"), i, len, plane) {
		differences += compare_plane(file, output, plane, state);
	}
	return differences;
}
