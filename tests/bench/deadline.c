/*
 * bench-deadline HOURS [FILE]: so many simulated hours of random load on all processors, and what
 * became of the margins (timing/timing.h). Exit status 1 when one was ever outside its bounds, or
 * when 0.1 % of the vblanks of a steady load were missed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "deadline_world.h"

#define SLICE_HOURS 25
#define NS_PER_HOUR (INT64_C(3600) * 1000000000)
#define MISSED_MAX 0.001
#define THREADS_MAX 64

static struct {
	pthread_mutex_t lock;
	int64_t slices, next;
	struct world_result sum;
} work = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add(struct world_result *sum, const struct world_result *one) {
	sum->frames += one->frames;
	sum->steady_frames += one->steady_frames;
	sum->missed += one->missed;
	sum->steady_missed += one->steady_missed;
	sum->steady_stalled += one->steady_stalled;
	sum->broken += one->broken;
	sum->margin_sum_ns += one->margin_sum_ns;
	sum->needed_sum_ns += one->needed_sum_ns;
	sum->simulated_ns += one->simulated_ns;
}

/* The result is the same however many threads there are: a slice depends on its number alone. */
static void *run_slices(void *unused) {
	struct world_result sum = {0};
	for (;;) {
		pthread_mutex_lock(&work.lock);
		const int64_t slice = work.next++;
		pthread_mutex_unlock(&work.lock);
		if (slice >= work.slices) {
			break;
		}
		struct world world;
		world_init(&world, (uint64_t)slice);
		world_run_random(&world, SLICE_HOURS * NS_PER_HOUR);
		add(&sum, &world.result);
	}
	pthread_mutex_lock(&work.lock);
	add(&work.sum, &sum);
	pthread_mutex_unlock(&work.lock);
	return NULL;
}

static double part(double a, double b) {
	return b > 0 ? a / b : 0;
}

static void report(FILE *file, const struct world_result *sum, double seconds) {
	const double steady = (double)sum->steady_frames;
	fprintf(file,
		"{\n  \"hours\": %.0f,\n  \"frames\": %llu,\n  \"steady_frames\": %llu,\n"
		"  \"margins_outside\": %llu,\n  \"missed_percent\": %.5f,\n"
		"  \"steady_missed_percent\": %.5f,\n  \"steady_stalled_percent\": %.5f,\n"
		"  \"margin_mean_ms\": %.4f,\n  \"needed_mean_ms\": %.4f,\n  \"seconds\": %.1f\n}\n",
		(double)sum->simulated_ns / (double)NS_PER_HOUR, (unsigned long long)sum->frames,
		(unsigned long long)sum->steady_frames, (unsigned long long)sum->broken,
		100 * part((double)sum->missed, (double)sum->frames),
		100 * part((double)sum->steady_missed, steady),
		100 * part((double)sum->steady_stalled, steady),
		part(sum->margin_sum_ns, steady) / 1e6, part(sum->needed_sum_ns, steady) / 1e6,
		seconds);
}

int main(int argc, char **argv) {
	const long hours = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	if (hours < 1) {
		fprintf(stderr, "usage: bench-deadline HOURS [FILE]\n");
		return 2;
	}
	work.slices = (hours + SLICE_HOURS - 1) / SLICE_HOURS;
	long threads = sysconf(_SC_NPROCESSORS_ONLN);
	threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
	struct timespec begin, end;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pthread_t ids[THREADS_MAX];
	long started = 0;
	while (started < threads && pthread_create(&ids[started], NULL, run_slices, NULL) == 0) {
		started++;
	}
	if (started == 0) {
		run_slices(NULL);
	}
	for (long i = 0; i < started; i++) {
		pthread_join(ids[i], NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	const double seconds = (double)(end.tv_sec - begin.tv_sec) +
			       (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
	report(stdout, &work.sum, seconds);
	FILE *file = argc > 2 ? fopen(argv[2], "w") : NULL;
	if (file != NULL) {
		report(file, &work.sum, seconds);
		fclose(file);
	}
	const double missed =
		part((double)work.sum.steady_missed, (double)work.sum.steady_frames);
	return work.sum.broken > 0 || missed >= MISSED_MAX;
}
