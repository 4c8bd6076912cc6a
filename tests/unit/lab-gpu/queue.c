/* SPDX-License-Identifier: MIT */
/* Which job the simulated GPU runs when. */
#include "tests/lab/gpu/queue.h"
#include "../test.h"

static struct gpu_queue_job job(int32_t priority, int64_t length_ns, int64_t ready_ns) {
	return (struct gpu_queue_job){
		.priority = priority, .length_ns = length_ns, .ready_ns = ready_ns};
}

static void in_order(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job jobs[] = {job(0, 10, 100), job(0, 20, 100), job(0, 5, 100)};
	for (int i = 0; i < 3; i++) {
		assert_true(gpu_queue_add(&queue, &jobs[i]));
	}
	assert_null(gpu_queue_advance(&queue, 100));
	assert_int_equal(gpu_queue_next_end(&queue), 110);
	assert_null(gpu_queue_advance(&queue, 109));
	assert_ptr_equal(gpu_queue_advance(&queue, 110), &jobs[0]);
	assert_null(gpu_queue_advance(&queue, 110));
	assert_ptr_equal(gpu_queue_advance(&queue, 130), &jobs[1]);
	assert_ptr_equal(gpu_queue_advance(&queue, 135), &jobs[2]);
	assert_null(gpu_queue_advance(&queue, 1000));
	assert_int_equal(gpu_queue_next_end(&queue), GPU_QUEUE_NEVER);
	assert_int_equal(queue.jobs, 3);
	assert_int_equal(queue.busy_ns, 35);
	assert_int_equal(queue.longest_wait_ns, 30);
}

/* Who looks late finds the same times as who looked at once. */
static void late_look(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job first = job(0, 10, 100), second = job(0, 20, 105);
	gpu_queue_add(&queue, &first);
	gpu_queue_add(&queue, &second);
	assert_ptr_equal(gpu_queue_advance(&queue, 500), &first);
	assert_ptr_equal(gpu_queue_advance(&queue, 500), &second);
	assert_int_equal(first.start_ns, 100);
	assert_int_equal(second.start_ns, 110);
	assert_int_equal(queue.longest_wait_ns, 5);
}

static void priority_goes_first(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job jobs[] = {
		job(0, 10, 100),
		job(0, 10, 101),
		job(5, 10, 102),
		job(5, 10, 103),
		job(-1, 10, 50),
	};
	gpu_queue_add(&queue, &jobs[0]);
	assert_null(gpu_queue_advance(&queue, 100));
	for (int i = 1; i < 5; i++) {
		gpu_queue_add(&queue, &jobs[i]);
	}
	/* What runs is not interrupted; then the higher, the older, the lowest last. */
	static const int order[] = {0, 2, 3, 1, 4};
	for (int i = 0; i < 5; i++) {
		assert_ptr_equal(gpu_queue_advance(&queue, 1000), &jobs[order[i]]);
	}
}

/* A higher priority that was ready only after the GPU had become free comes too late. */
static void priority_of_later(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job low = job(0, 10, 100), high = job(9, 10, 101);
	gpu_queue_add(&queue, &low);
	gpu_queue_add(&queue, &high);
	assert_ptr_equal(gpu_queue_advance(&queue, 1000), &low);
	assert_ptr_equal(gpu_queue_advance(&queue, 1000), &high);
	assert_int_equal(high.start_ns, 110);
}

static void not_ready_is_passed_by(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job waits = job(9, 10, GPU_QUEUE_NEVER), goes = job(0, 10, 100);
	gpu_queue_add(&queue, &waits);
	gpu_queue_add(&queue, &goes);
	assert_ptr_equal(gpu_queue_advance(&queue, 110), &goes);
	assert_null(gpu_queue_advance(&queue, 200));
	waits.ready_ns = 205;
	assert_null(gpu_queue_advance(&queue, 205));
	assert_int_equal(waits.start_ns, 205);
	assert_ptr_equal(gpu_queue_advance(&queue, 215), &waits);
}

static void removed(void **state) {
	struct gpu_queue queue = {0};
	struct gpu_queue_job jobs[] = {job(0, 100, 0), job(0, 10, 0), job(0, 10, 0)};
	for (int i = 0; i < 3; i++) {
		gpu_queue_add(&queue, &jobs[i]);
	}
	assert_null(gpu_queue_advance(&queue, 0));
	gpu_queue_remove(&queue, &jobs[1], 30);
	gpu_queue_remove(&queue, &jobs[0], 40);
	assert_null(gpu_queue_advance(&queue, 40));
	assert_int_equal(jobs[2].start_ns, 40);
	assert_ptr_equal(gpu_queue_advance(&queue, 50), &jobs[2]);
	assert_int_equal(queue.busy_ns, 50);
	assert_int_equal(queue.jobs, 1);
}

static void bounded(void **state) {
	static struct gpu_queue queue;
	static struct gpu_queue_job jobs[GPU_QUEUE_MAX + 1];
	for (int i = 0; i < GPU_QUEUE_MAX; i++) {
		jobs[i] = job(0, 1, 0);
		assert_true(gpu_queue_add(&queue, &jobs[i]));
	}
	assert_false(gpu_queue_add(&queue, &jobs[GPU_QUEUE_MAX]));
	assert_ptr_equal(gpu_queue_advance(&queue, 1), &jobs[0]);
	assert_true(gpu_queue_add(&queue, &jobs[GPU_QUEUE_MAX]));
}

TEST_MAIN("lab-gpu-queue", UNIT(in_order), UNIT(late_look), UNIT(priority_goes_first),
	UNIT(priority_of_later), UNIT(not_ready_is_passed_by), UNIT(removed), UNIT(bounded))
