/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>

#include "base/text.h"
#include "document.h"
#include "show.h"

#define LINE_MAX_BYTES 1024
#define NAME_WIDTH 26

struct page {
	FILE *file;
	int width, left;
	bool limited;
	const char *end;
};

__attribute__((format(printf, 2, 3))) static void line(struct page *page, const char *format, ...) {
	if (page->limited && page->left-- <= 0) {
		return;
	}
	char text[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	int bytes = text_bytes(text, page->width);
	while (bytes > 0 && text[bytes - 1] == ' ') {
		bytes--;
	}
	fprintf(page->file, "%.*s%s", bytes, text, page->end);
}

/* Pads by characters, where printf() pads by bytes. */
static const char *pad(char to[4 * NAME_WIDTH + 8], const char *text, int width) {
	const int bytes = text_bytes(text, width);
	snprintf(to, 4 * NAME_WIDTH + 8, "%.*s", bytes, text);
	const int missing = width - (int)latch_text_length(to);
	snprintf(to + bytes, (size_t)(4 * NAME_WIDTH + 8 - bytes), "%*s", missing, "");
	return to;
}

static yyjson_mut_val *find_place(yyjson_mut_val *surface, const char *only) {
	yyjson_mut_val *places = yyjson_mut_obj_get(surface, "places");
	return only ? find_text(places, "/output", only) : yyjson_mut_arr_get_first(places);
}

void top_keep_output(yyjson_mut_val *span, const char *output) {
	keep_text(yyjson_mut_obj_get(span, "outputs"), "/name", output);
	yyjson_mut_arr_iter iter =
		yyjson_mut_arr_iter_with(yyjson_mut_obj_get(span, "surfaces"));
	yyjson_mut_val *surface;
	while ((surface = yyjson_mut_arr_iter_next(&iter))) {
		if (!find_place(surface, output)) {
			yyjson_mut_arr_iter_remove(&iter);
		}
	}
}

static const char *place_text(yyjson_mut_val *place, char *text, size_t size) {
	if (!place) {
		return "hidden";
	}
	if (has_text(place, "/place", "plane")) {
		snprintf(text, size, "%s %" PRId64, get_text(place, "/plane_type"),
			get_int(place, "/plane"));
		return text;
	}
	snprintf(text, size, "%s", get_text(place, "/place"));
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(place, "reasons"), i, len, reason) {
		text_append(text, size, "%s%s", i > 0 ? "," : ": ", yyjson_mut_get_str(reason));
	}
	return text;
}

static const char *time_text(char *text, size_t size, yyjson_mut_val *us) {
	if (yyjson_mut_is_num(us)) {
		const double ms = yyjson_mut_get_num(us) / 1000;
		snprintf(text, size, "%.*f", ms < 100 ? 2 : 0, ms);
	} else {
		snprintf(text, size, "-");
	}
	return text;
}

/* The columns P50 to P99. */
static const char *times_text(char *text, size_t size, yyjson_mut_val *stage) {
	char times[3][24];
	snprintf(text, size, "%7s %7s %7s",
		time_text(times[0], sizeof(times[0]), yyjson_mut_obj_get(stage, "p50_us")),
		time_text(times[1], sizeof(times[1]), yyjson_mut_obj_get(stage, "p95_us")),
		time_text(times[2], sizeof(times[2]), yyjson_mut_obj_get(stage, "p99_us")));
	return text;
}

/* Of the frames that were composed in the span. */
static void print_reasons(struct page *page, yyjson_mut_val *reasons) {
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(reasons, i, len, reason) {
		const int64_t frames = get_int(reason, "/frames");
		if (frames <= 0) {
			continue;
		}
		line(page, "    composed %" PRId64 ", %s: %s", frames, get_text(reason, "/name"),
			get_text(reason, "/text"));
		if (!has_text(reason, "/help", "")) {
			line(page, "      help: %s", get_text(reason, "/help"));
		}
	}
}

static void print_surface(
	struct page *page, yyjson_mut_val *span, yyjson_mut_val *surface, const char *only) {
	char name[300], padded[4 * NAME_WIDTH + 8], place[512], times[80];
	const char *label = get_text(surface, "/label");
	yyjson_mut_val *stages = yyjson_mut_obj_get(surface, "stages");
	snprintf(name, sizeof(name), "%" PRId64 " %s", get_int(surface, "/surface"),
		label[0] != '\0' ? label : "surface");
	line(page, "%s %6.1f %s %6" PRId64 "  %s", pad(padded, name, NAME_WIDTH),
		get_number(surface, "/fps"),
		times_text(times, sizeof(times), yyjson_mut_obj_get(stages, "commit_to_flip")),
		get_int(surface, "/missed"),
		place_text(find_place(surface, only), place, sizeof(place)));
	yyjson_mut_val *input = yyjson_mut_obj_get(stages, "input_to_flip");
	if (yyjson_mut_is_num(yyjson_mut_obj_get(input, "p50_us"))) {
		line(page, "%s %6s %s", pad(padded, "    input->flip", NAME_WIDTH), "",
			times_text(times, sizeof(times), input));
	}
	print_reasons(page, yyjson_mut_obj_get(surface, "reasons"));
	size_t i, len;
	yyjson_mut_val *key, *vblanks;
	yyjson_mut_obj_foreach(yyjson_mut_obj_get(surface, "missed_by_cause"), i, len, key, vblanks) {
		const char *cause = yyjson_mut_get_str(key);
		if (yyjson_mut_get_uint(vblanks) > 0) {
			line(page, "    missed %" PRIu64 ": %s", yyjson_mut_get_uint(vblanks),
				get_text(yyjson_mut_obj_get(yyjson_mut_obj_get(span, "causes"), cause),
					""));
		}
	}
}

void top_table_print(FILE *file, yyjson_mut_val *span, const char *only, int width, int height,
	const char *end) {
	struct page page = {file, width, height, height > 0, end};
	char name[4 * NAME_WIDTH + 8];
	size_t i, len;
	yyjson_mut_val *value, *surfaces = yyjson_mut_obj_get(span, "surfaces");
	line(&page, "%s %6s %7s %8s  in %.1f s", pad(name, "OUTPUT", NAME_WIDTH), "FLIPS", "LATE",
		"WAKE-UPS", get_number(span, "/seconds"));
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(span, "outputs"), i, len, value) {
		line(&page, "%s %6" PRId64 " %7" PRId64 " %8" PRId64,
			pad(name, get_text(value, "/name"), NAME_WIDTH), get_int(value, "/flips"),
			get_int(value, "/late"), get_int(value, "/wakeups"));
	}
	line(&page, "%s", "");
	line(&page, "%s%6s %7s %7s %7s %6s  %s",
		pad(name, "SURFACE, commit->flip in ms", NAME_WIDTH + 1), "FPS", "P50", "P95",
		"P99", "MISSED", "WHERE, AND WHY");
	yyjson_mut_arr_foreach(surfaces, i, len, value) {
		print_surface(&page, span, value, only);
	}
	if (yyjson_mut_arr_size(surfaces) == 0) {
		line(&page, "(no surface)");
	}
}
