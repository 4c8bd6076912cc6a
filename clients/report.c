#include "report.h"

#include <stdio.h>

#include "common/json.h"
#include "common/util.h"
#include "measure_report.h"

static const struct {
	const char *name;
	double percentile;
} percentiles[] = {{"p50", 50.0}, {"p95", 95.0}, {"p99", 99.0}, {"max", 100.0}};

#define NUM_PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

static double frames_per_second(const struct report *report) {
	return report->run_ns > 0 && report->stats
		       ? (double)report->stats->presented * 1e9 / (double)report->run_ns
		       : 0.0;
}

void report_print(const struct report *report) {
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	printf("buffers        %d of %ux%u %s %s%s, %s%s%s, drawn by %s\n", report->buffers,
		report->width, report->height, fourcc_name(report->fourcc, format),
		modifier_name(report->modifier, modifier), report->scanout ? " for scan-out" : "",
		report->allocator, report->device ? " on " : "",
		report->device ? report->device : "", report->renderer);
	printf("fences         %s\n", report->sync);
	printf("drawn          %llu, %llu of them after waiting for a release\n",
		(unsigned long long)report->drawn, (unsigned long long)report->stalls);
	if (report->measure) {
		measure_report_print(report->measure);
		return;
	}
	const struct stats *stats = report->stats;
	if (!stats) {
		printf("presented      unknown: the compositor lacks wp_presentation\n");
		return;
	}
	printf("presented      %llu (%.1f a second), discarded %llu, missed refreshes %llu\n",
		(unsigned long long)stats->presented, frames_per_second(report),
		(unsigned long long)stats->discarded, (unsigned long long)stats->missed);
	printf("zero-copy      %.1f %%\n", stats_percent(stats, stats->zero_copy));
	if (!stats->commit_to_flip) {
		printf("commit->flip   unknown: the compositor's clock is not CLOCK_MONOTONIC\n");
		return;
	}
	printf("commit->flip  ");
	for (size_t i = 0; i < NUM_PERCENTILES; i++) {
		printf(" %s %.2f ms", percentiles[i].name,
			(double)stats_percentile_ns(stats, percentiles[i].percentile) / 1e6);
	}
	printf("\n");
}

static bool add_stats(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct report *report) {
	const struct stats *stats = report->stats;
	bool ok =
		yyjson_mut_obj_add_uint(doc, root, "presented", stats->presented) &&
		yyjson_mut_obj_add_uint(doc, root, "discarded", stats->discarded) &&
		yyjson_mut_obj_add_uint(doc, root, "missed", stats->missed) &&
		yyjson_mut_obj_add_int(doc, root, "longest_gap_ns", stats->longest_ns) &&
		yyjson_mut_obj_add_uint(doc, root, "zero_copy", stats->zero_copy) &&
		yyjson_mut_obj_add_real(
			doc, root, "zero_copy_percent", stats_percent(stats, stats->zero_copy)) &&
		yyjson_mut_obj_add_uint(doc, root, "vsync", stats->vsync) &&
		yyjson_mut_obj_add_uint(doc, root, "hw_clock", stats->hw_clock) &&
		yyjson_mut_obj_add_uint(doc, root, "hw_completion", stats->hw_completion) &&
		yyjson_mut_obj_add_int(doc, root, "refresh_ns", stats->refresh_ns) &&
		yyjson_mut_obj_add_real(doc, root, "frames_per_second", frames_per_second(report));
	if (!ok || !stats->commit_to_flip) {
		return ok;
	}
	yyjson_mut_val *latency = yyjson_mut_obj_add_obj(doc, root, "commit_to_flip_ns");
	ok = latency != NULL;
	for (size_t i = 0; ok && i < NUM_PERCENTILES; i++) {
		ok = yyjson_mut_obj_add_int(doc, latency, percentiles[i].name,
			stats_percentile_ns(stats, percentiles[i].percentile));
	}
	return ok;
}

static bool add_run(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct report *report) {
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	fourcc_name(report->fourcc, format);
	modifier_name(report->modifier, modifier);
	return yyjson_mut_obj_add_uint(doc, root, "width", report->width) &&
	       yyjson_mut_obj_add_uint(doc, root, "height", report->height) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "format", format) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "modifier", modifier) &&
	       yyjson_mut_obj_add_int(doc, root, "buffers", report->buffers) &&
	       yyjson_mut_obj_add_bool(doc, root, "scanout", report->scanout) &&
	       yyjson_mut_obj_add_str(doc, root, "allocator", report->allocator) &&
	       yyjson_mut_obj_add_str(doc, root, "renderer", report->renderer) &&
	       (!report->device || yyjson_mut_obj_add_str(doc, root, "device", report->device)) &&
	       yyjson_mut_obj_add_str(doc, root, "sync", report->sync) &&
	       yyjson_mut_obj_add_uint(doc, root, "drawn", report->drawn) &&
	       yyjson_mut_obj_add_uint(doc, root, "allocations", report->allocations) &&
	       yyjson_mut_obj_add_uint(doc, root, "stalls", report->stalls) &&
	       yyjson_mut_obj_add_int(doc, root, "run_ns", report->run_ns);
}

bool report_write_json(const struct report *report, const char *path) {
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	bool complete = root && add_run(doc, root, report) &&
			(!report->stats || add_stats(doc, root, report)) &&
			(!report->measure || measure_report_add(report->measure, doc, root));
	return json_write(doc, complete, path);
}
