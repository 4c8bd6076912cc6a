/* SPDX-License-Identifier: MIT */
#include "queue.h"

bool gpu_queue_add(struct gpu_queue *queue, struct gpu_queue_job *job) {
	if (queue->len == GPU_QUEUE_MAX) {
		return false;
	}
	queue->waiting[queue->len++] = job;
	return true;
}

static void take_out(struct gpu_queue *queue, size_t index) {
	queue->len--;
	for (size_t i = index; i < queue->len; i++) {
		queue->waiting[i] = queue->waiting[i + 1];
	}
}

void gpu_queue_remove(struct gpu_queue *queue, const struct gpu_queue_job *job, int64_t now_ns) {
	if (queue->running == job) {
		queue->busy_ns += now_ns - job->start_ns;
		queue->free_ns = now_ns;
		queue->running = NULL;
		return;
	}
	for (size_t i = 0; i < queue->len; i++) {
		if (queue->waiting[i] == job) {
			take_out(queue, i);
			return;
		}
	}
}

/* Whether a goes before b on a GPU that is free since free_ns. The older job is a. */
static bool goes_first(
	const struct gpu_queue_job *a, const struct gpu_queue_job *b, int64_t free_ns) {
	int64_t a_ns = a->ready_ns > free_ns ? a->ready_ns : free_ns;
	int64_t b_ns = b->ready_ns > free_ns ? b->ready_ns : free_ns;
	return a_ns != b_ns ? a_ns < b_ns : a->priority >= b->priority;
}

static void start_next(struct gpu_queue *queue, int64_t now_ns) {
	size_t best = queue->len;
	for (size_t i = 0; i < queue->len; i++) {
		if (queue->waiting[i]->ready_ns <= now_ns &&
			(best == queue->len || !goes_first(queue->waiting[best], queue->waiting[i],
						       queue->free_ns))) {
			best = i;
		}
	}
	if (best == queue->len) {
		return;
	}
	struct gpu_queue_job *job = queue->waiting[best];
	take_out(queue, best);
	job->start_ns = job->ready_ns > queue->free_ns ? job->ready_ns : queue->free_ns;
	int64_t wait_ns = job->start_ns - job->ready_ns;
	if (wait_ns > queue->longest_wait_ns) {
		queue->longest_wait_ns = wait_ns;
	}
	queue->running = job;
}

struct gpu_queue_job *gpu_queue_advance(struct gpu_queue *queue, int64_t now_ns) {
	if (queue->running == NULL) {
		start_next(queue, now_ns);
	}
	struct gpu_queue_job *job = queue->running;
	if (job == NULL || gpu_queue_next_end(queue) > now_ns) {
		return NULL;
	}
	queue->free_ns = gpu_queue_next_end(queue);
	queue->busy_ns += job->length_ns;
	queue->jobs++;
	queue->running = NULL;
	return job;
}

int64_t gpu_queue_next_end(const struct gpu_queue *queue) {
	const struct gpu_queue_job *job = queue->running;
	return job == NULL ? GPU_QUEUE_NEVER : job->start_ns + job->length_ns;
}
