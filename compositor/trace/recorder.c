/* SPDX-License-Identifier: MIT */
#include "trace/recorder.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/minmax.h"
#include "base/source.h"
#include "trace/missed.h"
#include "trace/ring.h"
#include "trace/statistics.h"
#include "trace/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/util/log.h>

/* What a file of our own has in it. */
#define SPAN_NS INT64_C(10000000000)

/* Fewer frames in a span have no percentile 99. */
#define LEAST_FRAMES 100

/* A file may still be under way when latch exits. It waits so long for the thread, and no longer,
 * as the disk may be slow or hang. */
#define EXIT_WAIT_S 2

/*
 * One file that is written. The event loop copies what is wanted of the ring, which takes less than
 * a millisecond; a thread makes a trace of the copy. The thread has the ordinary priority: latch's
 * own real-time priority is not inherited.
 */
struct job {
	pthread_t thread;
	bool running;
	struct latch_ring *copy;
	struct latch_output_row *outputs; /* for their names alone */
	struct latch_surface_row *surfaces;
	size_t outputs_len, surfaces_len;
	int64_t from_ns;
	int fd;	    /* of the file; -1: the thread opens path */
	char *path; /* in the folder of --record; NULL: fd is a file that somebody else opened */
	const char *why; /* static text for the log; NULL without path */
	int error;
	void (*done)(void *data, int error);
	void *data;
};

struct latch_recorder {
	struct latch_recorder_options options;
	uint64_t files_written;
	int64_t quiet_until_ns;
	/* What was counted of the span that began at since_ns. */
	int64_t since_ns;
	uint64_t frames, slow;
	int done_fd;
	struct wl_event_source *done_source;
	struct job job;
};

/* Returns false where something was left out. */
static bool write_known(struct latch_trace_writer *writer, const struct job *job) {
	bool whole = true;
	for (size_t i = 0; whole && i < job->outputs_len; i++) {
		const struct latch_output_row *row = &job->outputs[i];
		whole = latch_trace_writer_add_output(writer, job->from_ns,
			&(struct latch_trace_output){row->id, row->name, row->device, row->mode,
				row->renderer, row->clock});
	}
	for (size_t i = 0; whole && i < job->surfaces_len; i++) {
		const struct latch_surface_row *row = &job->surfaces[i];
		whole = latch_trace_writer_add_surface(writer, job->from_ns,
			&(struct latch_trace_surface){row->id, row->pid, row->label});
	}
	return whole;
}

static bool write_records(struct latch_trace_writer *writer, const struct job *job) {
	struct latch_ring_reader reader = latch_ring_read_begin(job->copy);
	struct latch_ring_record record;
	bool whole = reader.last != NULL, begun = false;
	while (latch_ring_read(&reader, &record)) {
		begun = begun || record.ns >= job->from_ns;
		if (begun) {
			whole = latch_trace_writer_add(
					writer, record.kind, record.ns, record.any) &&
				whole;
		}
	}
	latch_ring_read_end(&reader);
	return whole;
}

static int write_job(struct job *job) {
	if (job->fd < 0) {
		job->fd = open(job->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	if (job->fd < 0) {
		return -errno;
	}
	struct latch_trace_writer *writer =
		latch_trace_writer_create(latch_fd_take(&job->fd), job->from_ns);
	if (writer == NULL) {
		return -ENOMEM;
	}
	const bool whole = write_known(writer, job) && write_records(writer, job);
	const int error = latch_trace_writer_destroy(writer);
	return whole ? error : -ENOMEM;
}

static void *run(void *data) {
	struct latch_recorder *recorder = data;
	recorder->job.error = write_job(&recorder->job);
	eventfd_write(recorder->done_fd, 1);
	return NULL;
}

static void drop_job(struct job *job) {
	latch_ring_destroy(job->copy);
	free(job->outputs);
	free(job->surfaces);
	latch_fd_clear(&job->fd);
	free(job->path);
	*job = (struct job){.fd = -1};
}

static void report(const struct job *job) {
	if (job->path != NULL && job->error == 0) {
		wlr_log(WLR_INFO, "the last seconds are in %s: %s", job->path, job->why);
	} else if (job->path != NULL) {
		wlr_log(WLR_ERROR, "the last seconds can't be written to %s: %s", job->path,
			strerror(-job->error));
	}
}

static int handle_done(int fd, uint32_t mask, void *data) {
	struct latch_recorder *recorder = data;
	struct job *job = &recorder->job;
	eventfd_t count;
	eventfd_read(fd, &count);
	pthread_join(job->thread, NULL);
	report(job);
	void (*done)(void *data, int error) = job->done;
	void *done_data = job->data;
	const int error = job->error;
	drop_job(job);
	if (done != NULL) {
		done(done_data, error);
	}
	return 0;
}

/* Copies the rows of all surfaces and outputs, also of those that are gone but still have one:
 * their updates may be in the ring. Returns false without memory. */
static bool copy_known(struct job *job, const struct latch_statistics *statistics) {
	job->outputs_len = statistics->outputs_length;
	job->surfaces_len = statistics->surfaces_length;
	job->outputs = malloc((job->outputs_len + 1) * sizeof(job->outputs[0]));
	job->surfaces = malloc((job->surfaces_len + 1) * sizeof(job->surfaces[0]));
	if (job->outputs == NULL || job->surfaces == NULL) {
		return false;
	}
	for (size_t i = 0; i < job->outputs_len; i++) {
		job->outputs[i] = statistics->outputs[i];
	}
	for (size_t i = 0; i < job->surfaces_len; i++) {
		job->surfaces[i] = *statistics->surfaces[i];
	}
	return true;
}

/* Begins to write the last span_ns into the job's fd or path, which it takes over. Returns 0 or a
 * negative errno. */
static int start(struct latch_recorder *recorder, struct job job, int64_t span_ns) {
	const struct latch_ring *ring = recorder->options.ring;
	struct job *own = &recorder->job;
	*own = job;
	own->from_ns = latch_max(latch_now_ns() - latch_min(span_ns, LATCH_RING_NS),
		latch_ring_whole_since(ring));
	own->copy = latch_ring_copy(ring, own->from_ns);
	const bool copied = own->copy != NULL && copy_known(own, recorder->options.statistics);
	const int error = copied ? pthread_create(&own->thread, NULL, run, recorder) : ENOMEM;
	own->running = error == 0;
	if (error != 0) {
		drop_job(own);
	}
	return -error;
}

int latch_recorder_write(struct latch_recorder *recorder, int fd, int64_t span_ns,
	void (*done)(void *data, int error), void *data) {
	struct stat stat;
	int error = recorder->job.running ? -EBUSY : 0;
	/* A write to a pipe or a socket may wait for its reader for ever. */
	if (error == 0 && (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))) {
		error = -EINVAL;
	}
	if (error != 0) {
		close(fd);
		return error;
	}
	return start(recorder, (struct job){.fd = fd, .done = done, .data = data}, span_ns);
}

void latch_recorder_write_file(struct latch_recorder *recorder, const char *why) {
	if (recorder->options.folder == NULL) {
		wlr_log(WLR_INFO, "nothing recorded: --record names no folder");
		return;
	}
	struct job job = {.fd = -1, .why = why};
	int error = recorder->job.running ? -EBUSY : 0;
	const int number = (int)(recorder->files_written % recorder->options.files) + 1;
	if (error == 0 && asprintf(&job.path, "%s/latch-%d-%d.json", recorder->options.folder,
				  getpid(), number) < 0) {
		error = -ENOMEM;
	}
	if (error == 0) {
		error = start(recorder, job, SPAN_NS);
	}
	if (error == 0) {
		recorder->files_written++;
	} else {
		wlr_log(WLR_ERROR, "nothing recorded: %s", strerror(-error));
	}
}

/* Whether the percentile 99 of what was counted so far is above the limit. */
static bool is_slow(struct latch_recorder *recorder, const struct latch_frame_record *record) {
	const int64_t limit_ns = recorder->options.limit_ns;
	if (limit_ns == 0 || !record->presented) {
		return false;
	}
	if (record->release_ns - recorder->since_ns >= SPAN_NS) {
		recorder->since_ns = record->release_ns;
		recorder->frames = recorder->slow = 0;
	}
	recorder->frames++;
	recorder->slow += record->flip_ns - record->commit_ns > limit_ns;
	return recorder->frames >= LEAST_FRAMES && recorder->slow * 100 > recorder->frames;
}

/* The last of the causes for which latch or the kernel made the update late; NULL: neither did. */
static const char *find_miss(const struct latch_frame_record *record) {
	static const enum latch_missed_cause ours[] = {LATCH_MISSED_LATCH, LATCH_MISSED_COMPOSE,
		LATCH_MISSED_IOCTL, LATCH_MISSED_KERNEL};
	/* The first picture of a surface takes longer, and nobody has seen one before it. */
	if (record->replaced_flip_ns == 0) {
		return NULL;
	}
	const struct latch_missed missed = latch_missed_count(record);
	const char *why = NULL;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		why = missed.by_cause[ours[i]] > 0 ? latch_missed_cause_text(ours[i]) : why;
	}
	return why;
}

void latch_recorder_judge(
	struct latch_recorder *recorder, const struct latch_frame_record *record) {
	if (recorder->options.folder == NULL) {
		return;
	}
	const bool slow = is_slow(recorder, record);
	if (recorder->job.running || record->release_ns < recorder->quiet_until_ns) {
		return;
	}
	const char *why = find_miss(record);
	if (why == NULL && slow) {
		why = "the percentile 99 is above the limit";
	}
	if (why != NULL) {
		recorder->quiet_until_ns = record->release_ns + LATCH_RING_NS;
		latch_recorder_write_file(recorder, why);
	}
}

struct latch_recorder *latch_recorder_create(const struct latch_recorder_options *options) {
	if (options->folder != NULL && access(options->folder, W_OK | X_OK) != 0) {
		return NULL;
	}
	struct latch_recorder *recorder = calloc(1, sizeof(*recorder));
	if (recorder == NULL) {
		return NULL;
	}
	*recorder = (struct latch_recorder){
		.options = *options,
		.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.job = {.fd = -1},
	};
	if (recorder->done_fd >= 0) {
		recorder->done_source = wl_event_loop_add_fd(options->event_loop,
			recorder->done_fd, WL_EVENT_READABLE, handle_done, recorder);
	}
	if (recorder->done_source == NULL) {
		const int error = errno;
		latch_recorder_destroy(recorder);
		errno = error;
		return NULL;
	}
	return recorder;
}

void latch_recorder_destroy(struct latch_recorder *recorder) {
	if (recorder == NULL) {
		return;
	}
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += EXIT_WAIT_S;
	if (recorder->job.running &&
		pthread_timedjoin_np(recorder->job.thread, NULL, &until) != 0) {
		return; /* the end of the process ends the thread, which has all this */
	}
	report(&recorder->job);
	drop_job(&recorder->job);
	latch_source_clear(&recorder->done_source);
	latch_fd_clear(&recorder->done_fd);
	free(recorder);
}
