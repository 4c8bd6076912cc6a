/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <inttypes.h>

#include "document.h"

static void print_cause(FILE *file, yyjson_mut_val *update) {
	static const struct {
		const char *name, *text;
	} causes[] = {
		{"timestamp", "the time that it is for (commit-timing)"},
		{"fifo-barrier", "the update before it, which is to be seen first (fifo)"},
		{"update", "the update before it, or a subsurface's"},
	};
	const char *by = get_text(update, "/held_by");
	if (has_text(update, "/held_by", "fence")) {
		fprintf(file, "a fence (%s) of driver \"%s\", timeline \"%s\"",
			get_text(update, "/kind"), get_text(update, "/driver"),
			get_text(update, "/timeline"));
		return;
	}
	if (has_text(update, "/held_by", "point")) {
		fprintf(file, "point %" PRIu64 " of its timeline, without a fence yet",
			yyjson_mut_get_uint(yyjson_mut_obj_get(update, "point")));
		return;
	}
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (has_text(update, "/held_by", causes[i].name)) {
			by = causes[i].text;
		}
	}
	fputs(by, file);
}

void held_print(FILE *file, yyjson_mut_val *root) {
	size_t i, len;
	yyjson_mut_val *held = yyjson_mut_obj_get(root, "held"), *update;
	yyjson_mut_arr_foreach(held, i, len, update) {
		const char *command = get_text(update, "/command");
		fputs(command[0] != '\0' ? command : "a client", file);
		if (get_int(update, "/pid") > 0) {
			fprintf(file, " (pid %" PRId64, get_int(update, "/pid"));
			if (!has_text(update, "/app_id", "")) {
				fprintf(file, ", app id \"%s\"", get_text(update, "/app_id"));
			}
			fputc(')', file);
		}
		fprintf(file, ": surface %" PRId64 " (wl_surface#%" PRId64 ") for %.3f s, by ",
			get_int(update, "/surface"), get_int(update, "/wl_surface"),
			get_number(update, "/age_ns") / 1e9);
		print_cause(file, update);
		fputc('\n', file);
	}
	if (yyjson_mut_arr_size(held) == 0) {
		fputs("no update is held\n", file);
	}
}
