/* SPDX-License-Identifier: MIT */
#include "measure_report.h"

#include <stdio.h>
#include <string.h>

const char *const client_measure_names[] = {
	[CLIENT_MEASURE_RANDOM] = "random", [CLIENT_MEASURE_PACED] = "paced",
	[CLIENT_MEASURE_INPUT] = "input", [CLIENT_MEASURE_INPUT_PACED] = "input-paced", NULL};

bool measure_report_init(struct measure_report *report, const struct measure *run) {
	const struct client *client = run->client;
	*report = (struct measure_report){
		.run = run,
		.pace = client_measure_names[client->options.measure],
		.fence = client->options.measure >= CLIENT_MEASURE_INPUT ? "input"
			 : client->options.has_gpu_time ? "gpu"
			 : client->options.late_fence ? "late"
						      : "ready",
		.memory = client->buffers.in_shm ? "shared memory" : "dma-buf",
		.missed = client->presentation.stats.missed - run->missed_before,
	};
	return measure_summarize(&report->summary, run->frames, run->num_frames, &run->grid);
}

static double ms(double ns) {
	return ns / 1e6;
}

static void print_head_start(const struct measure_summary *summary) {
	switch (summary->head_start) {
	case MEASURE_HEAD_START_KNOWN:
		printf("head start     %.2f ms: 99 %% of %zu frames with that or more made it\n",
			ms((double)summary->head_start_ns), summary->head_start_frames);
		break;
	case MEASURE_HEAD_START_FEW:
		printf("head start     unknown: it takes %d frames that have it\n", MEASURE_FEW);
		break;
	case MEASURE_HEAD_START_NEVER:
		printf("head start     more than a refresh: with none do 99 %% make it\n");
		break;
	}
}

void measure_report_print(const struct measure_report *report) {
	const struct measure *run = report->run;
	const struct measure_summary *summary = &report->summary;
	size_t all = summary->frames + summary->early;
	if (strcmp(report->fence, "input") == 0) {
		printf("measured       %zu answers to keys at random phases (seed %u), from the "
		       "keys%s, in %s\n",
			all, run->client->options.seed,
			strcmp(report->pace, "input") == 0 ? "" : ", one frame for each callback",
			report->memory);
	} else if (report->run->client->options.measure == CLIENT_MEASURE_PACED) {
		printf("measured       %zu frames, one for each callback, in %s\n", all,
			report->memory);
	} else {
		printf("measured       %zu frames at random phases (seed %u), %s, in %s\n", all,
			run->client->options.seed,
			strcmp(report->fence, "ready") == 0 ? "from their commits"
							    : "from the signals of their fences",
			report->memory);
	}
	if (run->discarded > 0 || run->unanswered > 0 || summary->early > 0) {
		printf("besides        %llu discarded, %llu without an answer for a second, "
		       "%zu shown before their fences signalled\n",
			(unsigned long long)run->discarded, (unsigned long long)run->unanswered,
			summary->early);
	}
	printf("refresh        %.4f ms, 95 %% of the flips within %.3f ms of it%s\n",
		ms(run->grid.period_ns), ms((double)run->grid.deviation_ns),
		measure_grid_is_steady(&run->grid) ? "" : ": NO STEADY GRID, do not trust these");
	printf("to the flip    p50 %.2f ms, p99 %.2f ms\n", ms((double)summary->p50_ns),
		ms((double)summary->p99_ns));
	printf("first vblank   %.1f %%, excess %.3f refreshes\n",
		stats_percent(summary->in_time, summary->frames), summary->excess);
	print_head_start(summary);
	printf("missed         %llu refreshes without a new frame\n",
		(unsigned long long)report->missed);
	printf("zero-copy      %.1f %%\n", stats_percent(run->zero_copy, run->num_frames));
	if (run->has_cost && run->num_frames > 0) {
		printf("compositor     pid %d: %.3f ms of CPU and %.2f wake-ups for each frame\n",
			(int)run->peer, ms((double)run->cost.cpu_ns / (double)run->num_frames),
			(double)run->cost.wake_ups / (double)run->num_frames);
	}
}

static bool add_head_start(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const struct measure_summary *summary) {
	static const char *const names[] = {
		[MEASURE_HEAD_START_KNOWN] = "known",
		[MEASURE_HEAD_START_FEW] = "too-few-frames",
		[MEASURE_HEAD_START_NEVER] = "more-than-a-refresh",
	};
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, root, "head_start");
	return object && yyjson_mut_obj_add_str(doc, object, "is", names[summary->head_start]) &&
	       yyjson_mut_obj_add_int(doc, object, "ns", summary->head_start_ns) &&
	       yyjson_mut_obj_add_uint(doc, object, "frames", summary->head_start_frames);
}

static bool add_cost(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct measure *run) {
	if (!run->has_cost) {
		return true;
	}
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, root, "compositor");
	return object && yyjson_mut_obj_add_int(doc, object, "pid", run->peer) &&
	       yyjson_mut_obj_add_int(doc, object, "cpu_ns", run->cost.cpu_ns) &&
	       yyjson_mut_obj_add_uint(doc, object, "wake_ups", run->cost.wake_ups);
}

/* Each frame's commit, when it was ready, and its flip, so that runs can be put together. */
static bool add_samples(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct measure *run) {
	yyjson_mut_val *samples = yyjson_mut_obj_add_arr(doc, root, "samples_ns");
	bool ok = samples != NULL;
	for (size_t i = 0; ok && i < run->num_frames; i++) {
		const struct measure_frame *frame = &run->frames[i];
		yyjson_mut_val *one = yyjson_mut_arr_add_arr(doc, samples);
		ok = one && yyjson_mut_arr_add_int(doc, one, frame->commit_ns) &&
		     yyjson_mut_arr_add_int(doc, one, frame->ready_ns) &&
		     yyjson_mut_arr_add_int(doc, one, frame->presented_ns);
	}
	return ok;
}

bool measure_report_add(
	const struct measure_report *report, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	const struct measure *run = report->run;
	const struct measure_summary *summary = &report->summary;
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, root, "measure");
	return object && yyjson_mut_obj_add_str(doc, object, "pace", report->pace) &&
	       yyjson_mut_obj_add_str(doc, object, "fence", report->fence) &&
	       yyjson_mut_obj_add_str(doc, object, "memory", report->memory) &&
	       yyjson_mut_obj_add_uint(doc, object, "seed", run->client->options.seed) &&
	       yyjson_mut_obj_add_real(doc, object, "period_ns", run->grid.period_ns) &&
	       yyjson_mut_obj_add_int(doc, object, "deviation_ns", run->grid.deviation_ns) &&
	       yyjson_mut_obj_add_bool(doc, object, "steady", measure_grid_is_steady(&run->grid)) &&
	       yyjson_mut_obj_add_uint(doc, object, "frames", summary->frames) &&
	       yyjson_mut_obj_add_uint(doc, object, "early", summary->early) &&
	       yyjson_mut_obj_add_uint(doc, object, "discarded", run->discarded) &&
	       yyjson_mut_obj_add_uint(doc, object, "unanswered", run->unanswered) &&
	       yyjson_mut_obj_add_uint(doc, object, "missed", report->missed) &&
	       yyjson_mut_obj_add_uint(doc, object, "zero_copy", run->zero_copy) &&
	       yyjson_mut_obj_add_uint(doc, object, "in_time", summary->in_time) &&
	       yyjson_mut_obj_add_real(doc, object, "excess", summary->excess) &&
	       yyjson_mut_obj_add_int(doc, object, "p50_ns", summary->p50_ns) &&
	       yyjson_mut_obj_add_int(doc, object, "p99_ns", summary->p99_ns) &&
	       yyjson_mut_obj_add_int(doc, object, "first_presented_ns", run->first_presented_ns) &&
	       add_head_start(doc, object, summary) && add_cost(doc, object, run) &&
	       add_samples(doc, object, run);
}
