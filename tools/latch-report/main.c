/* SPDX-License-Identifier: MIT */
/*
 * latch-report: what a trace of latch says.
 *
 * read.c makes a run (run.h) of the events that trace/scan.c finds, which has the records of all
 * frames and latch's own statistics of them. All else writes: compare.c, json.c, csv.c, html.c and
 * the pictures.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "compare.h"
#include "options.h"
#include "read.h"
#include "run.h"
#include "trace/statistics.h"
#include "write.h"

static void say(const char *path, const char *what) {
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, path, what);
}

/* Files that take no time need no progress. */
static void show_progress(const char *path, uint64_t done, uint64_t size) {
	static int64_t begin_ns, last_ns;
	const int64_t now_ns = latch_now_ns();
	if (begin_ns == 0) {
		begin_ns = last_ns = now_ns;
	}
	if (now_ns - begin_ns < LATCH_NS_PER_SEC || now_ns - last_ns < LATCH_NS_PER_SEC / 10) {
		return;
	}
	last_ns = now_ns;
	if (size > 0) {
		fprintf(stderr, "\r%s: %d %%  ", path, (int)(100.0 * (double)done / (double)size));
	} else {
		fprintf(stderr, "\r%s: %llu MB  ", path, (unsigned long long)(done / 1000000));
	}
}

/* Reads all traces that can be read; the others have been told of. Returns the status so far. */
static int read_traces(struct report *report, const struct report_options *options) {
	const bool terminal = isatty(STDERR_FILENO);
	const struct read_options how = {
		.all_surfaces = options->all_surfaces,
		.progress = terminal ? show_progress : NULL,
	};
	int status = REPORT_EXIT_OK;
	for (size_t i = 0; i < options->traces_len; i++) {
		struct run *run = &report->runs[report->length];
		const char *path = options->traces[i];
		if (!run_init(run, path)) {
			say(path, "no memory");
			return REPORT_EXIT_FAILURE;
		}
		const char *wrong = read_trace(run, &how);
		if (terminal) {
			fputs("\r\033[K", stderr);
		}
		if (wrong != NULL) {
			say(path, wrong);
			run_finish(run);
			status = REPORT_EXIT_INPUT;
			continue;
		}
		if (run->cut) {
			say(path, "its end is missing; what is there is reported");
		}
		report->length++;
	}
	return status;
}

static bool print_tables(FILE *file, const struct report *report) {
	if (report->compare != NULL) {
		compare_print(report->compare, file);
		return true;
	}
	for (size_t i = 0; i < report->length; i++) {
		if (report->length > 1) {
			fprintf(file, "%s== %s\n", i > 0 ? "\n" : "", report->runs[i].path);
		}
		latch_statistics_write_table(report->runs[i].statistics, file);
	}
	return true;
}

/* Returns the status. */
static int write_to(const char *path, const struct report *report,
	bool (*print)(FILE *file, const struct report *report)) {
	const bool to_stdout = report_options_is_stdout(path);
	FILE *file = to_stdout ? stdout : fopen(path, "we");
	if (file == NULL) {
		say(path, strerror(errno));
		return REPORT_EXIT_FAILURE;
	}
	errno = 0;
	const bool printed = print(file, report);
	const bool written = fflush(file) == 0 && !ferror(file);
	const int error = errno;
	const bool closed = to_stdout || fclose(file) == 0;
	if (written && closed && printed) {
		return REPORT_EXIT_OK;
	}
	say(to_stdout ? "standard output" : path,
		!written || !closed ? strerror(error != 0 ? error : EIO) : "no memory");
	return REPORT_EXIT_FAILURE;
}

static int write_all(const struct report *report, const struct report_options *options) {
	int status = REPORT_EXIT_OK;
	if (options->html != NULL) {
		status = write_to(options->html, report, html_write);
	}
	if (options->svg != NULL && status == REPORT_EXIT_OK) {
		status = write_to(options->svg, report, svg_write);
	}
	if (status == REPORT_EXIT_OK && !report_options_is_stdout(options->html) &&
		!report_options_is_stdout(options->svg)) {
		status = write_to("-", report,
			options->json  ? json_write_report
			: options->csv ? csv_write
				       : print_tables);
	}
	return status;
}

/* Says it on stderr: standard output may be a program's. Returns the status. */
static int check_expected(const struct report *report, const struct expect *expect) {
	int status = REPORT_EXIT_OK;
	for (size_t i = 0; i < report->length && expect->length > 0; i++) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root =
			doc != NULL ? latch_statistics_to_json(report->runs[i].statistics, doc) : NULL;
		if (report->length > 1) {
			fprintf(stderr, "== %s\n", report->runs[i].path);
		}
		if (root == NULL) {
			fprintf(stderr, "latch-report: out of memory\n");
			status = REPORT_EXIT_FAILURE;
		} else if (!expect_judge(expect, root, stderr)) {
			status = REPORT_EXIT_NOT_MET;
		}
		yyjson_mut_doc_free(doc);
	}
	return status;
}

int main(int argc, char **argv) {
	struct report_options options;
	int status = report_options_parse(&options, argc, argv);
	if (status >= 0) {
		return status;
	}
	struct report report = {0};
	struct compare compare = {0};
	report.runs = calloc(options.traces_len, sizeof(report.runs[0]));
	if (report.runs == NULL) {
		return REPORT_EXIT_FAILURE;
	}
	status = read_traces(&report, &options);
	/* What was to be compared and can't be is reported as it is. */
	if (report.length == 2 && options.traces_len == 2) {
		report.compare = &compare;
		if (!compare_init(&compare, &report.runs[0], &report.runs[1])) {
			status = REPORT_EXIT_FAILURE;
			report.length = 0;
		}
	}
	if (report.length > 0) {
		const int written = write_all(&report, &options);
		const int met = check_expected(&report, &options.expect);
		status = written != REPORT_EXIT_OK ? written : status;
		status = status == REPORT_EXIT_OK ? met : status;
	}
	compare_finish(&compare);
	for (size_t i = 0; i < options.traces_len; i++) {
		run_finish(&report.runs[i]);
	}
	free(report.runs);
	return status;
}
