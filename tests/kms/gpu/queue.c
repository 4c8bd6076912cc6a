/* SPDX-License-Identifier: MIT */
/*
 * The simulated GPU by itself, without a compositor: when jobs end, and what is to be seen of their
 * pictures until then. Which job is next, and how many there can be, is tests/unit/lab-gpu's.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/message.h"
#include "case.h"
#include "clients/common/gpu_wire.h"
#include "clients/common/sw_sync.h"
#include "clients/common/util.h"
#include "gpu.h"

/* Of one that is woken up, in virtual time; a crowded computer has none that could be told. */
#define LATENESS_NS MS

/* A job that writes nothing. */
static int submit_empty(int gpu, int64_t length_ns) {
	return gpu_must_submit(gpu, &(struct gpu_job){.dmabuf = -1, .length_ns = length_ns});
}

static void check_time(const char *what, int64_t is_ns, int64_t wanted_ns) {
	note("%s: %.3f ms, %.3f ms were wanted", what, (double)is_ns / 1e6,
		(double)wanted_ns / 1e6);
	CHECK(is_ns >= wanted_ns, "%s: too early", what);
	CHECK(!time_is_exact() || is_ns < wanted_ns + LATENESS_NS, "%s: too late", what);
}

static void lengths(int unused) {
	static const int64_t ms[] = {1, 7, 20, 200};
	int gpu = gpu_open();
	gpu_wait(submit_empty(gpu, MS)); // whose code may have to be read first
	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		int64_t start_ns = latch_now_ns();
		int64_t end_ns = gpu_wait(submit_empty(gpu, ms[i] * MS));
		check_time("a job", end_ns - start_ns, ms[i] * MS);
	}
}

/* What a job waits for until the gate opens. */
static int timeline;

static int create_gate(void) {
	timeline = sw_sync_open();
	int gate = sw_sync_create_fence(timeline, 1);
	CHECK(gate >= 0, "sw_sync: %s", strerror(errno));
	return gate;
}

static void open_gate(void) {
	CHECK(sw_sync_advance(timeline, 1), "sw_sync: %s", strerror(errno));
}

static void waits(int unused) {
	int gpu = gpu_open(), gate = create_gate();
	struct gpu_job job = {.dmabuf = -1, .length_ns = 10 * MS, .priority = 5, .waits = &gate,
		.num_waits = 1};
	int waiting = gpu_must_submit(gpu, &job);
	int passing = submit_empty(gpu, 10 * MS);
	gpu_wait(passing);
	sleep_ms(50);
	CHECK(!fd_readable(waiting), "it did not wait");
	int64_t signal_ns = latch_now_ns();
	open_gate();
	check_time("after what it waited for", gpu_wait(waiting) - signal_ns, 10 * MS);
}

/* A case has a process of its own, and a memory. */
static struct memory memory;

static void draw(uint32_t width, uint32_t height) {
	memory_init_udmabuf(&memory, width, height);
	memory_draw(&memory, 1);
}

static void marks(int unused) {
	int gpu = gpu_open();
	draw(300, 200);
	int fence = gpu_submit_memory(gpu, &memory, 100 * MS, 0);
	check_marked(&memory, "before the fence");
	CHECK(!fd_readable(fence), "the job has ended");
	gpu_wait(fence);
	check_whole(&memory, 1);
}

/* Its second job comes before the first has ended, and draws a part only, as a compositor does. */
static void drawn_twice(int unused) {
	int gpu = gpu_open();
	draw(300, 200);
	int first = gpu_submit_memory(gpu, &memory, 50 * MS, 0);
	struct memory upper = memory;
	upper.height = 100;
	memory_draw(&upper, 2);
	int second = gpu_submit_memory(gpu, &memory, 50 * MS, 0);
	gpu_wait(first);
	check_marked(&memory, "before the second's end");
	gpu_wait(second);
	check_rows(&memory, 0, 100, 2);
	check_rows(&memory, 100, memory.height, 1);
}

static void implicit_fences(int unused) {
	int gpu = gpu_open();
	draw(128, 128);
	int gate = create_gate();
	struct gpu_job job = gpu_job_of(&memory, 20 * MS, GPU_JOB_PUT_FENCE);
	job.waits = &gate;
	job.num_waits = 1;
	int first = gpu_submit(gpu, &job);
	CHECK(first >= 0 && !fd_readable(memory.fd), "the dma-buf has no fence");
	/* The GPU is idle and its priority is higher, but it writes the same memory. */
	job = gpu_job_of(&memory, 10 * MS, GPU_JOB_WAIT_TARGET);
	job.priority = 5;
	int second = gpu_must_submit(gpu, &job);
	sleep_ms(50);
	CHECK(!fd_readable(second), "it did not wait for the first");
	open_gate();
	CHECK(gpu_wait(second) - gpu_wait(first) >= 10 * MS, "it did not wait for the first's end");
	CHECK(fd_readable(memory.fd), "the dma-buf's fence is pending");
	check_whole(&memory, 1);
}

static void drawn_late(int unused) {
	int gpu = gpu_open(), fds[2];
	draw(128, 128);
	CHECK(pipe(fds) == 0, "pipe: %s", strerror(errno));
	struct gpu_job job = gpu_job_of(&memory, 100 * MS, GPU_JOB_DRAWN_LATE);
	job.waits = &fds[0];
	job.num_waits = 1;
	int fence = gpu_must_submit(gpu, &job);
	sleep_ms(20);
	check_whole(&memory, 1);
	memory_draw(&memory, 2);
	close(fds[1]);
	sleep_ms(20);
	check_marked(&memory, "while it runs");
	gpu_wait(fence);
	check_whole(&memory, 2);
}

static void check_failed(int fence) {
	int status = gpu_wait_status(fence);
	CHECK(status == -ENOENT, "its status is %d", status);
}

static void reset(int unused) {
	int gpu = gpu_open(), other = gpu_open();
	draw(128, 128);
	int running = gpu_submit_memory(gpu, &memory, 5000 * MS, GPU_JOB_PUT_FENCE);
	int waiting = submit_empty(gpu, MS), good = submit_empty(other, MS);
	CHECK(gpu_reset(gpu, false) == 0, "reset: %s", strerror(errno));
	check_failed(running);
	check_failed(waiting);
	CHECK(count_marks(&memory, true) > 0, "a picture that was never drawn is whole");
	gpu_wait(good);
	gpu_wait(submit_empty(gpu, MS));
	struct gpu_stats before, after;
	int last = submit_empty(gpu, 5000 * MS);
	CHECK(gpu_get_stats(gpu, &before) == 0 && gpu_reset(other, true) == 0 &&
			gpu_get_stats(gpu, &after) == 0,
		"reset: %s", strerror(errno));
	check_failed(last);
	CHECK(after.failed == before.failed + 1 && after.queued == 0, "failed %d, queued %d",
		(int)(after.failed - before.failed), (int)after.queued);
}

static void outlives_its_process(int unused) {
	draw(128, 128);
	pid_t pid = fork();
	if (pid == 0) {
		gpu_submit_memory(gpu_open(), &memory, 300 * MS, GPU_JOB_PUT_FENCE);
		_exit(0);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %d", status);
	check_marked(&memory, "after its process");
	sleep_ms(1000);
	CHECK(fd_readable(memory.fd), "it has not ended");
	check_whole(&memory, 1);
}

static void check_refused(int gpu, const struct gpu_job *job, int wanted, const char *what) {
	errno = 0;
	int fence = gpu_submit(gpu, job);
	CHECK(fence < 0 && errno == wanted, "%s: %s", what, fence < 0 ? strerror(errno) : "taken");
}

static void bad_requests(int unused) {
	int gpu = gpu_open(), other = gpu_open();
	draw(128, 128);
	int behind = gpu_submit_memory(other, &memory, 100 * MS, 0);
	struct gpu_job job = gpu_job_of(&memory, 0, 0);
	job.length_ns = -1;
	check_refused(gpu, &job, EINVAL, "a negative length");
	job = gpu_job_of(&memory, INT64_MAX, 0);
	check_refused(gpu, &job, EINVAL, "a length without end");
	job = gpu_job_of(&memory, 0, 0);
	job.height = 100000;
	check_refused(gpu, &job, EINVAL, "rows beyond the memory");
	job = gpu_job_of(&memory, 0, 0);
	job.offset = UINT32_MAX;
	check_refused(gpu, &job, EINVAL, "an offset beyond the memory");
	job = gpu_job_of(&memory, 0, 0);
	job.stride = 4;
	check_refused(gpu, &job, EINVAL, "rows over each other");
	job = gpu_job_of(&memory, 0, GPU_JOB_PUT_FENCE);
	job.dmabuf = memfd_create("no dma-buf", MFD_CLOEXEC);
	CHECK(ftruncate(job.dmabuf, 1 << 20) == 0, "memfd: %s", strerror(errno));
	check_refused(gpu, &job, ENOTTY, "no dma-buf");

	struct gpu_answer answer;
	int fds[GPU_WIRE_MAX_FDS];
	size_t num_fds;
	static const char noise[1000] = "noise";
	for (size_t size = 1; size <= sizeof(noise); size += 333) {
		CHECK(latch_message_send(gpu, noise, size, &memory.fd, 1, 0) > 0 &&
				latch_message_receive(gpu, &answer, sizeof(answer), fds,
					GPU_WIRE_MAX_FDS, &num_fds,
					0) == (ssize_t)sizeof(answer) &&
				answer.error == EBADMSG,
			"noise of %zu bytes", size);
	}
	gpu_wait(behind);
	check_whole(&memory, 1);
	gpu_wait(gpu_submit_memory(gpu, &memory, MS, 0));
}

const struct test_case test_cases[] = {
	{"a job on an idle GPU is as long as it says", lengths},
	{"a job waits for its fences, and lets others by", waits},
	{"who reads before the fence sees marks, and after it the picture", marks},
	{"a picture that two jobs write is whole after the second", drawn_twice},
	{"an implicit fence is on the dma-buf, and waited for", implicit_fences},
	{"what is drawn late is the old picture, then has marks", drawn_late},
	{"a reset fails the fences, those of one connection or all", reset},
	{"a job outlives its process", outlives_its_process},
	{"a bad request gets an error, and nobody else notices", bad_requests},
	{0},
};
