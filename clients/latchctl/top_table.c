#include "top_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

#define LINE_MAX_BYTES 1024
#define NAME_WIDTH 26

struct page {
	FILE *file;
	int width, left;
	bool limited;
	const char *end;
};

/* The number of bytes that the first `width` characters take: texts are clean UTF-8. */
static size_t cut(const char *text, int width) {
	size_t bytes = 0;
	for (int columns = 0; text[bytes] != '\0'; bytes++) {
		bool starts = ((unsigned char)text[bytes] & 0xc0) != 0x80;
		if (starts && columns++ == width) {
			break;
		}
	}
	return bytes;
}

__attribute__((format(printf, 2, 3))) static void line(struct page *page, const char *format, ...) {
	if (page->limited && page->left-- <= 0) {
		return;
	}
	char text[LINE_MAX_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size_t bytes = cut(text, page->width);
	while (bytes > 0 && text[bytes - 1] == ' ') {
		bytes--;
	}
	fprintf(page->file, "%.*s%s", (int)bytes, text, page->end);
}

/* Pads by characters, where printf() pads by bytes. */
static void pad(char *to, size_t size, const char *text, int width) {
	size_t bytes = cut(text, width);
	if (bytes >= size) {
		bytes = size - 1;
	}
	memcpy(to, text, bytes);
	to[bytes] = '\0';
	int columns = 0;
	for (size_t i = 0; i < bytes; i++) {
		columns += ((unsigned char)to[i] & 0xc0) != 0x80;
	}
	for (; columns < width && bytes + 1 < size; columns++) {
		to[bytes++] = ' ';
	}
	to[bytes] = '\0';
}

bool top_is_on(const struct counted_surface *surface, const char *output) {
	for (size_t i = 0; i < surface->places_len; i++) {
		if (output && strcmp(surface->places[i].output, output) == 0) {
			return true;
		}
	}
	return !output;
}

static const struct counted_place *choose_place(
	const struct counted_surface *surface, const char *only) {
	for (size_t i = 0; i < surface->places_len; i++) {
		if (!only || strcmp(surface->places[i].output, only) == 0) {
			return &surface->places[i];
		}
	}
	return NULL;
}

static const char *place_text(
	const struct counted_surface *surface, const char *only, char *text, size_t size) {
	const struct counted_place *place = choose_place(surface, only);
	if (!place) {
		return "hidden";
	}
	if (place->place == ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE) {
		snprintf(text, size, "%s %" PRIu32, name_plane_type(place->plane_type),
			place->plane);
		return text;
	}
	snprintf(text, size, "%s%s%s", name_place(place->place),
		place->reasons[0] != '\0' ? ": " : "", place->reasons);
	return text;
}

static void time_text(char *text, size_t size, int64_t us) {
	if (us < 0) {
		snprintf(text, size, "-");
	} else {
		snprintf(text, size, "%.*f", us < 100000 ? 2 : 0, (double)us / 1000);
	}
}

static void print_surface(struct page *page, const struct span *span,
	const struct span_surface *surface, const char *only) {
	static const double percentiles[] = {50, 95, 99};
	char name[160], padded[4 * NAME_WIDTH + 1], place[512], times[3][24];
	snprintf(name, sizeof(name), "%" PRIu32 " %s", surface->after->id,
		surface->after->label[0] != '\0' ? surface->after->label : "surface");
	pad(padded, sizeof(padded), name, NAME_WIDTH);
	for (size_t i = 0; i < 3; i++) {
		time_text(times[i], sizeof(times[i]),
			span_percentile(surface,
				ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_COMMIT_TO_FLIP,
				percentiles[i]));
	}
	line(page, "%s %6.1f %7s %7s %7s %6" PRIu32 "  %s", padded, surface->frames / span->seconds,
		times[0], times[1], times[2], surface->missed,
		place_text(surface->after, only, place, sizeof(place)));
	for (size_t i = 0; i < surface->after->causes_len; i++) {
		uint32_t vblanks = span_missed(surface, i);
		if (vblanks > 0) {
			line(page, "    missed %" PRIu32 ": %s", vblanks,
				surface->after->causes[i].text);
		}
	}
}

void top_table_print(FILE *file, const struct span *span, const char *only, int width, int height,
	const char *end) {
	struct page page = {file, width, height, height > 0, end};
	char name[4 * NAME_WIDTH + 1];
	pad(name, sizeof(name), "OUTPUT", NAME_WIDTH);
	line(&page, "%s %6s %7s %8s  in %.1f s", name, "FLIPS", "LATE", "WAKE-UPS", span->seconds);
	for (size_t i = 0; i < span->after->outputs_len; i++) {
		const struct span_output output = span_output(span, i);
		if (only && strcmp(output.after->name, only) != 0) {
			continue;
		}
		pad(name, sizeof(name), output.after->name, NAME_WIDTH);
		line(&page, "%s %6" PRIu32 " %7" PRIu32 " %8" PRIu32, name, output.flips,
			output.late, output.wakeups);
	}
	line(&page, "%s", "");
	pad(name, sizeof(name), "SURFACE, commit->flip in ms", NAME_WIDTH + 1);
	line(&page, "%s%6s %7s %7s %7s %6s  %s", name, "FPS", "P50", "P95", "P99", "MISSED",
		"WHERE, AND WHY");
	size_t told = 0;
	for (size_t i = 0; i < span->after->surfaces_len; i++) {
		const struct span_surface surface = span_surface(span, i);
		if (top_is_on(surface.after, only)) {
			print_surface(&page, span, &surface, only);
			told++;
		}
	}
	if (told == 0) {
		line(&page, "(no surface)");
	}
}
