/* SPDX-License-Identifier: MIT */
/*
 * latch-replay: plans the layers of an archive of latchctl bug again, with the planes that its
 * device had, on any machine. profile.c makes a profile of those planes; latchctl's as.c plans.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "as.h"
#include "base/options.h"
#include "common/util.h"
#include "document.h"
#include "plan/reason.h"
#include "profile.h"

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_TROUBLE = 2 };

/* Reasons that the planes do not explain: how it was at that moment, or what the driver said. A
 * layer that had one of them has it again. */
#define PAST                                                                                       \
	(LATCH_REASON_TEST_REFUSED | LATCH_REASON_IMPORT_FAILED | LATCH_REASON_DISABLED |          \
		LATCH_REASON_NOT_READY | LATCH_REASON_CAPTURED | LATCH_REASON_SETTLING |           \
		LATCH_REASON_IDLE | LATCH_REASON_TESTS_SPENT | LATCH_REASON_COLOR)

static const struct option_row rows[] = {
	{.help = "Usage: latch-replay ARCHIVE\n"
		 "Plans the layers in an archive that latchctl bug has written again, with the planes that\n"
		 "the device had, and says of each which plane it was on, or why on none, then and now.\n"
		 "What the driver refused then, it refuses again.\n"
		 "\n"
		 "  --version, --help\n"
		 "\n"
		 "Exit status: 0 all is as it was; 1 something differs; 2 usage, or no such archive.\n"},
};

static const struct option_table table = {
	.program = "latch-replay",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 19,
	.rest = OPTION_REST_WORDS,
	.usage_status = EXIT_TROUBLE,
	.hint = "Try 'latch-replay --help'.",
};

static bool is_past(yyjson_mut_val *reasons) {
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(reasons, i, len, reason) {
		if ((PAST & latch_reason_find(get_text(reason, "/name"))) != 0) {
			return true;
		}
	}
	return false;
}

static void keep_past(yyjson_mut_doc *doc, yyjson_mut_val *output) {
	size_t i, len;
	yyjson_mut_val *layer;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "layers"), i, len, layer) {
		yyjson_mut_obj_add_bool(
			doc, layer, "stays", is_past(yyjson_mut_obj_get(layer, "reasons")));
	}
}

/* The planner counts planes; then they had the kernel's numbers. */
static void number_plane(yyjson_mut_doc *doc, yyjson_mut_val *output, yyjson_mut_val *now) {
	yyjson_mut_val *plane = yyjson_mut_arr_get(
		yyjson_mut_obj_get(output, "planes"), (size_t)get_int(now, "/plane"));
	if (has_text(now, "/place", "plane")) {
		yyjson_mut_obj_put(now, yyjson_mut_str(doc, "plane"),
			yyjson_mut_int(doc, get_int(plane, "/id")));
	}
}

/* Returns how many layers have another place or other reasons. */
static int compare(yyjson_mut_doc *doc, yyjson_mut_val *output) {
	size_t i, len;
	int differences = 0;
	yyjson_mut_val *layer;
	printf("%s: %" PRId64 "x%" PRId64 ", %s\n", get_text(output, "/name"),
		get_int(output, "/mode/width"), get_int(output, "/mode/height"),
		get_text(output, "/device/driver"));
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "layers"), i, len, layer) {
		char name[128], then[AS_PLACE_MAX], now[AS_PLACE_MAX];
		yyjson_mut_val *answer = yyjson_mut_ptr_get(layer, "/as/NOW");
		number_plane(doc, output, answer);
		as_write_place(layer, then);
		as_write_place(answer, now);
		const bool same = strcmp(then, now) == 0;
		printf("  %zu %s: %s%s%s%s\n", i + 1, layer_name(layer, name, sizeof(name)),
			same ? "" : "then ", then, same ? "" : ", now ", same ? "" : now);
		differences += !same;
	}
	return differences;
}

/* Returns how many layers differ, -1 after a failure. */
static int replay_output(yyjson_mut_doc *all, const char *name) {
	yyjson_mut_doc *doc = yyjson_mut_doc_mut_copy(all, NULL);
	yyjson_mut_val *outputs = yyjson_mut_doc_ptr_get(doc, "/outputs");
	keep_text(outputs, "/name", name);
	yyjson_mut_val *output = yyjson_mut_arr_get_first(outputs);
	int differences = -1, fd = output != NULL ? replay_profile(output) : -1;
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0) {
		say("out of memory");
	} else {
		keep_past(doc, output);
		differences = as_add(doc, path) ? compare(doc, output) : -1;
		close(fd);
	}
	yyjson_mut_doc_free(doc);
	return differences;
}

int main(int argc, char **argv) {
	int status = options_parse(&table, NULL, argc, argv);
	if (status >= 0) {
		return status;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "which archive?\n%s\n", table.hint);
		return EXIT_TROUBLE;
	}
	size_t size = 0, i, len;
	errno = 0;
	char *text = archive_read(argv[optind], "planes.json", &size);
	yyjson_mut_doc *doc = text != NULL ? document_parse(text, size) : NULL;
	yyjson_mut_val *output;
	int differences = doc != NULL ? 0 : -1;
	if (doc == NULL) {
		say("%s: %s", argv[optind],
			errno != 0 ? strerror(errno)
				   : "no archive of latchctl bug: it has no planes.json");
	}
	yyjson_mut_arr_foreach(yyjson_mut_doc_ptr_get(doc, "/outputs"), i, len, output) {
		/* In a window there are no planes. */
		const bool has_planes = yyjson_mut_is_obj(yyjson_mut_obj_get(output, "device"));
		const int more = has_planes && differences >= 0
					 ? replay_output(doc, get_text(output, "/name"))
					 : 0;
		differences = more < 0 ? -1 : differences + more;
	}
	yyjson_mut_doc_free(doc);
	free(text);
	return differences < 0 ? EXIT_TROUBLE : differences > 0 ? EXIT_DIFFERENT : EXIT_SAME;
}
