#include "trace/trace.h"

#include "trace/statistics.h"
#include "trace/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

struct latch_trace {
	struct latch_statistics *statistics;
	struct latch_trace_writer *writer; /* NULL without --trace */
	FILE *stats_file;		   /* NULL without --stats; written at the end */
};

/* Closes and frees all. Returns 0 or the first error of the trace's writes. */
static int trace_free(struct latch_trace *trace) {
	if (trace->stats_file != NULL) {
		fclose(trace->stats_file);
	}
	const int error = latch_trace_writer_destroy(trace->writer);
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
	const struct latch_trace_options none = {0};
	if (options == NULL) {
		options = &none;
	}
	struct latch_trace *trace = calloc(1, sizeof(*trace));
	struct latch_statistics *statistics = latch_statistics_create();
	if (trace == NULL || statistics == NULL) {
		wlr_log(WLR_ERROR, "No memory for the frame statistics");
		latch_statistics_destroy(statistics);
		free(trace);
		errno = ENOMEM;
		return NULL;
	}
	trace->statistics = statistics;
	if (options->stats_path != NULL) {
		trace->stats_file = fopen(options->stats_path, "we");
		if (trace->stats_file == NULL) {
			return refuse(trace, "statistics", options->stats_path);
		}
	}
	if (options->trace_path != NULL) {
		trace->writer =
			latch_trace_writer_create(options->trace_path, options->reason_name);
		if (trace->writer == NULL) {
			return refuse(trace, "trace", options->trace_path);
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

void latch_trace_add_surface(struct latch_trace *trace, const struct latch_trace_surface *surface) {
	if (trace == NULL) {
		return;
	}
	bool added = latch_statistics_add_surface(trace->statistics, surface);
	if (trace->writer != NULL) {
		added &= latch_trace_writer_add_surface(trace->writer, surface);
	}
	if (!added) {
		wlr_log(WLR_ERROR, "No memory to record surface %u", surface->id);
	}
}

void latch_trace_remove_surface(struct latch_trace *trace, uint32_t surface_id) {
	if (trace == NULL) {
		return;
	}
	latch_statistics_surface_gone(trace->statistics, surface_id);
	if (trace->writer != NULL) {
		latch_trace_writer_remove_surface(trace->writer, surface_id);
	}
}

void latch_trace_add_output(struct latch_trace *trace, const struct latch_trace_output *output) {
	if (trace == NULL) {
		return;
	}
	bool added = latch_statistics_add_output(trace->statistics, output);
	if (trace->writer != NULL) {
		added &= latch_trace_writer_add_output(trace->writer, output);
	}
	if (!added) {
		wlr_log(WLR_ERROR, "No memory to record output %u", output->id);
	}
}

void latch_trace_frame(struct latch_trace *trace, const struct latch_frame_record *record) {
	if (trace == NULL) {
		return;
	}
	latch_statistics_add_frame(trace->statistics, record);
	latch_trace_writer_frame(trace->writer, record);
}

void latch_trace_flip(struct latch_trace *trace, const struct latch_flip_record *record) {
	if (trace == NULL) {
		return;
	}
	latch_statistics_add_flip(trace->statistics, record);
	latch_trace_writer_flip(trace->writer, record);
}

void latch_trace_commit(struct latch_trace *trace, const struct latch_frame_record *record) {
	if (trace != NULL) {
		latch_trace_writer_commit(trace->writer, record);
	}
}

void latch_trace_shown(struct latch_trace *trace, uint32_t output_id, int64_t time_ns,
	uint64_t sequence, const struct latch_shown_record *shown, size_t length) {
	if (trace != NULL) {
		latch_trace_writer_shown(
			trace->writer, output_id, time_ns, sequence, shown, length);
	}
}

const struct latch_statistics *latch_trace_statistics(const struct latch_trace *trace) {
	return trace != NULL ? trace->statistics : NULL;
}

void latch_trace_print(struct latch_trace *trace, FILE *file) {
	if (trace != NULL) {
		latch_statistics_write_table(trace->statistics, file);
	}
}
