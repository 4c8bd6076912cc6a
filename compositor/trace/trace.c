/* SPDX-License-Identifier: MIT */
#include "trace/trace.h"

#include "base/clock.h"
#include "trace/recorder.h"
#include "trace/ring.h"
#include "trace/statistics.h"
#include "trace/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>

struct latch_trace {
	struct latch_statistics *statistics;
	FILE *stats_file; /* NULL without --stats; written at the end */
	struct latch_trace_writer *writer; /* NULL without --trace */
	struct latch_ring *ring;
	struct latch_recorder *recorder; /* NULL without an event loop */
};

/* Opens the file of --trace. Returns whether it can be written; errno says why not. */
static bool begin_file(struct latch_trace *trace, const char *path) {
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		return false;
	}
	trace->writer = latch_trace_writer_create(fd, 0);
	/* What can't be written is better known before the session than after it. */
	errno = trace->writer != NULL ? -latch_trace_writer_flush(trace->writer) : ENOMEM;
	return errno == 0;
}

/* Closes and frees all. Returns 0 or the first error of the trace's writes. */
static int trace_free(struct latch_trace *trace) {
	latch_recorder_destroy(trace->recorder);
	if (trace->stats_file != NULL) {
		fclose(trace->stats_file);
	}
	const int error = latch_trace_writer_destroy(trace->writer);
	latch_ring_destroy(trace->ring);
	latch_statistics_destroy(trace->statistics);
	free(trace);
	return error;
}

/* Says why there will be no trace, by errno, which stays. Returns NULL. */
static struct latch_trace *refuse(struct latch_trace *trace, const char *what, const char *path) {
	const int error = errno;
	wlr_log(WLR_ERROR, "The %s can't be written to %s: %s", what, path, strerror(error));
	trace_free(trace);
	errno = error;
	return NULL;
}

struct latch_trace *latch_trace_create(const struct latch_trace_options *options) {
	struct latch_trace *trace = calloc(1, sizeof(*trace));
	struct latch_statistics *statistics = latch_statistics_create();
	struct latch_ring *ring = latch_ring_create(LATCH_RING_BLOCKS);
	if (trace == NULL || statistics == NULL || ring == NULL) {
		wlr_log(WLR_ERROR, "No memory for the frame statistics");
		latch_statistics_destroy(statistics);
		latch_ring_destroy(ring);
		free(trace);
		errno = ENOMEM;
		return NULL;
	}
	trace->statistics = statistics;
	trace->ring = ring;
	if (options->stats_path != NULL) {
		trace->stats_file = fopen(options->stats_path, "we");
		if (trace->stats_file == NULL) {
			return refuse(trace, "statistics", options->stats_path);
		}
	}
	if (options->trace_path != NULL && !begin_file(trace, options->trace_path)) {
		return refuse(trace, "trace", options->trace_path);
	}
	if (options->event_loop != NULL) {
		trace->recorder = latch_recorder_create(&(struct latch_recorder_options){
			.ring = ring,
			.statistics = statistics,
			.event_loop = options->event_loop,
			.folder = options->record_folder,
			.files = options->record_files,
			.limit_ns = options->record_limit_ns,
		});
		if (trace->recorder == NULL) {
			return refuse(trace, "last seconds",
				options->record_folder != NULL ? options->record_folder : "a file");
		}
	}
	return trace;
}

void latch_trace_destroy(struct latch_trace *trace) {
	if (trace == NULL) {
		return;
	}
	if (trace->stats_file != NULL) {
		int error = latch_statistics_write_json(trace->statistics, trace->stats_file);
		if (fclose(trace->stats_file) != 0 && error == 0) {
			error = -errno;
		}
		trace->stats_file = NULL;
		if (error != 0) {
			wlr_log(WLR_ERROR, "The statistics were not written whole: %s",
				strerror(-error));
		}
	}
	const int error = trace_free(trace);
	if (error != 0) {
		wlr_log(WLR_ERROR, "The trace was not written whole: %s", strerror(-error));
	}
}

/* Puts a record into the ring, and into the file of --trace. */
static void keep(
	struct latch_trace *trace, enum latch_ring_kind kind, int64_t ns, const void *record) {
	latch_ring_add(trace->ring, kind, ns, record);
	if (trace->writer != NULL) {
		latch_trace_writer_add(trace->writer, kind, ns, record);
	}
}

void latch_trace_add_surface(struct latch_trace *trace, const struct latch_trace_surface *surface) {
	bool known = latch_statistics_add_surface(trace->statistics, surface);
	if (trace->writer != NULL) {
		known &= latch_trace_writer_add_surface(trace->writer, latch_now_ns(), surface);
	}
	if (!known) {
		wlr_log(WLR_ERROR, "No memory to record surface %u", surface->id);
	}
}

void latch_trace_remove_surface(struct latch_trace *trace, uint32_t surface_id) {
	keep(trace, LATCH_RING_GONE, latch_now_ns(), &(struct latch_gone_record){surface_id, 0});
	latch_statistics_surface_gone(trace->statistics, surface_id);
}

void latch_trace_add_output(struct latch_trace *trace, const struct latch_trace_output *output) {
	bool known = latch_statistics_add_output(trace->statistics, output);
	if (trace->writer != NULL) {
		known &= latch_trace_writer_add_output(trace->writer, latch_now_ns(), output);
	}
	if (!known) {
		wlr_log(WLR_ERROR, "No memory to record output %u", output->id);
	}
}

void latch_trace_frame(struct latch_trace *trace, const struct latch_frame_record *record) {
	latch_statistics_add_frame(trace->statistics, record);
	keep(trace, LATCH_RING_FRAME, record->release_ns, record);
	if (trace->recorder != NULL) {
		latch_recorder_judge(trace->recorder, record);
	}
}

void latch_trace_commit(struct latch_trace *trace, const struct latch_frame_record *record) {
	keep(trace, LATCH_RING_COMMIT, record->commit_ns, record);
}

void latch_trace_shown(struct latch_trace *trace, uint32_t output_id,
	int64_t time_ns, uint64_t sequence, const struct latch_shown_record *shown, size_t length) {
	struct latch_shown_list list;
	size_t done = 0;
	do {
		list.output_id = output_id;
		list.time_ns = time_ns;
		list.sequence = sequence;
		list.length = (uint32_t)(length - done < LATCH_SHOWN_PART ? length - done
								   : LATCH_SHOWN_PART);
		list.more = done + list.length < length;
		if (list.length > 0) {
			memcpy(list.shown, shown + done, list.length * sizeof(list.shown[0]));
		}
		keep(trace, LATCH_RING_SHOWN, time_ns, &list);
		done += list.length;
	} while (list.more);
}

void latch_trace_flip(struct latch_trace *trace, const struct latch_flip_record *record) {
	latch_statistics_add_flip(trace->statistics, record);
	keep(trace, LATCH_RING_FLIP, record->flip_ns, record);
}

int latch_trace_record(struct latch_trace *trace, int fd, int64_t span_ns,
	void (*done)(void *data, int error), void *data) {
	return latch_recorder_write(trace->recorder, fd, span_ns, done, data);
}

void latch_trace_record_file(struct latch_trace *trace, const char *why) {
	latch_recorder_write_file(trace->recorder, why);
}

const struct latch_statistics *latch_trace_statistics(const struct latch_trace *trace) {
	return trace->statistics;
}
