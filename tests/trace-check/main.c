/* SPDX-License-Identifier: MIT */
/*
 * latch-trace-check: proves from a trace of latch, and from nothing else, that each buffer was
 * given back once, in order and not early, and that nothing was shown before its fence had
 * signalled.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/options.h"
#include "check.h"
#include "common/json.h"

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_TROUBLE = 2 };

struct options {
	const char *json;
	uint64_t messages;
	bool quiet;
};

#define MEMBER(name) OPTION_MEMBER(struct options, name)

static const struct option_row rows[] = {
	{.help = "Usage: latch-trace-check [OPTION]... TRACE\n"
		 "Reads what latch --trace wrote and checks that each content update was given "
		 "back\n"
		 "once, in order and not early, and that none was shown before its fence "
		 "signalled.\n"
		 "\n"},
	{"json", "FILE", "write the summary, which is JSON, not to standard output (-)",
		OPTION_TEXT, MEMBER(json)},
	{"messages", "N", "tell N findings of each rule (20)", OPTION_NUMBER, MEMBER(messages),
		.max = UINT64_MAX},
	{"quiet", NULL, "no summary without --json", OPTION_SET, MEMBER(quiet), .min = 1},
	{.help = "  --version, --help\n"
		 "\n"
		 "Exit status: 0 all is well; 1 there are findings; 2 usage, or the file can't be "
		 "read.\n"},
};

static const struct option_table table = {
	.program = "latch-trace-check",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 19,
	.rest = OPTION_REST_WORDS,
	.usage_status = EXIT_TROUBLE,
	.hint = "Try 'latch-trace-check --help'.",
};

static void add_counts(yyjson_mut_doc *doc, yyjson_mut_val *root, const char *key,
	const struct latch_names *names, const uint64_t *counts) {
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, root, key);
	for (unsigned i = 0; i < names->length; i++) {
		yyjson_mut_obj_add_uint(doc, object, latch_name(names, i), counts[i]);
	}
}

static bool write_summary(
	const struct trace *trace, const struct summary *summary, const char *path) {
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{"commits", summary->commits},
		{"releases", summary->records},
		{"under_way", summary->under_way},
		{"late", summary->late},
		{"shown", summary->shown},
		{"on_planes", summary->on_planes},
		{"composed", summary->composed},
		{"surfaces", summary->surfaces},
		{"surfaces_gone", summary->gone},
		{"buffers", summary->buffers},
		{"outputs", summary->outputs},
		{"flips", summary->flips},
		{"early_flips", trace->early_flips},
		{"duration_ns", (uint64_t)(summary->last_ns - summary->first_ns)},
		{"finding_count", summary->findings},
	};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		yyjson_mut_obj_add_uint(doc, root, counts[i].name, counts[i].count);
	}
	yyjson_mut_obj_add_bool(doc, root, "cut", trace->cut);
	add_counts(doc, root, "by_sync", &latch_sync_kind_names, summary->by_sync);
	add_counts(doc, root, "by_end", &latch_record_end_names, summary->by_end);
	add_counts(
		doc, root, "by_release", &latch_record_release_names, summary->by_release);
	add_counts(doc, root, "findings", &rule_names, trace->findings);
	return json_write(doc, true, path);
}

int main(int argc, char **argv) {
	struct options options = {.messages = 20};
	const int status = options_parse(&table, &options, argc, argv);
	if (status >= 0) {
		return status;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "one trace, please\n%s\n", table.hint);
		return EXIT_TROUBLE;
	}
	FILE *file = fopen(argv[optind], "re");
	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", argv[optind], strerror(errno));
		return EXIT_TROUBLE;
	}
	struct trace trace;
	struct summary summary;
	trace_init(&trace, stderr, options.messages);
	const bool read = trace_read(&trace, file);
	fclose(file);
	if (!read) {
		fprintf(stderr, "%s: %s\n", argv[optind],
			trace.no_memory ? "out of memory" : "can't be read");
		trace_finish(&trace);
		return EXIT_TROUBLE;
	}
	trace_check(&trace, &summary);
	const char *path = options.json != NULL || options.quiet ? options.json : "-";
	const bool written = path == NULL || write_summary(&trace, &summary, path);
	trace_finish(&trace);
	return !written ? EXIT_TROUBLE : summary.findings > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}
