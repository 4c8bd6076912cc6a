/* SPDX-License-Identifier: MIT */
/*
 * latch, with a stop-watch at the begin and the end of each stage of a frame: what ./run bench cost
 * measures. It is the product's own objects with compositor/main.c; the linker's --wrap (see
 * meson.build) leads the calls of the functions below through this file, and what latch calls in
 * libraries is led through it because a program's own symbols come first.
 *
 * A stage's time is without that of the stages in it. Time is CLOCK_MONOTONIC, which in the lab's
 * virtual time counts instructions; nobody interrupts latch there, which has real-time priority, on
 * the machine's one processor. What a stop-watch takes itself is measured at the start and taken off.
 *
 * At the first sleep after each flip, one row of sums goes to the file that LATCH_COST names. If
 * that is "compiler", it is said what compiler made this, and no more.
 */
#include <drm.h>
#include <drm_mode.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend/output.h"
#include "fence/fence.h"
#include "output/compose.h"
#include "output/output.h"

#define ROWS 2048
#define CALIBRATION_ROUNDS 1000

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* In the order of scenes.py's STAGES. */
enum stage {
	STAGE_LOOP, // all that is in no other
	STAGE_WIRE,
	STAGE_REQUESTS,
	STAGE_FENCE,
	STAGE_LATCH,
	STAGE_ASSIGN,
	STAGE_TEST,
	STAGE_COMPOSE,
	STAGE_SUBMIT,
	STAGE_KERNEL,
	STAGE_FLIP,
	STAGE_CALLBACKS,
	STAGES,
};

/* Sums since the start. scenes.py reads them as so many signed 64-bit numbers. */
struct row {
	int64_t time_ns; // CLOCK_MONOTONIC
	int64_t cpu_ns;	 // of all threads, without what is spent in this file
	int64_t sleeps;
	int64_t ioctls;
	int64_t allocations;
	int64_t stages_ns[STAGES];
};

static struct {
	struct row *rows; // NULL: nothing is measured
	size_t len;
	struct row sums;
	enum stage now;
	int64_t since_ns;
	int64_t change_ns; // what it takes to go from one stage to another
	int64_t row_ns;	   // what it takes to write a row
	int64_t own_ns;
	bool flipped;
} cost;

/* ---- the functions of latch, and the stage that each begins ---- */

#define WRAP(name) extern __typeof__(name) __real_##name, __wrap_##name

WRAP(latch_fence_dmabuf_is_idle);
WRAP(latch_fence_export_from_dmabuf);
WRAP(latch_output_latch);
WRAP(latch_output_assign);
WRAP(latch_composer_compose);
WRAP(latch_scanout_submit);
WRAP(latch_kms_output_handle_flip);
WRAP(latch_output_send_callbacks);

static enum stage enter(enum stage stage);
static void leave(enum stage before);

bool __wrap_latch_fence_dmabuf_is_idle(int dmabuf_fd) {
	enum stage before = enter(STAGE_FENCE);
	bool idle = __real_latch_fence_dmabuf_is_idle(dmabuf_fd);
	leave(before);
	return idle;
}

int __wrap_latch_fence_export_from_dmabuf(int dmabuf_fd) {
	enum stage before = enter(STAGE_FENCE);
	int ret = __real_latch_fence_export_from_dmabuf(dmabuf_fd);
	leave(before);
	return ret;
}

void __wrap_latch_output_latch(
	struct latch_output *output, const struct latch_deadline_plan *plan) {
	enum stage before = enter(STAGE_LATCH);
	__real_latch_output_latch(output, plan);
	leave(before);
}

void __wrap_latch_output_assign(struct latch_output *output) {
	enum stage before = enter(STAGE_ASSIGN);
	__real_latch_output_assign(output);
	leave(before);
}

struct wlr_buffer *__wrap_latch_composer_compose(
	struct latch_composer *composer, const struct latch_layer *layers, size_t len) {
	enum stage before = enter(STAGE_COMPOSE);
	struct wlr_buffer *buffer = __real_latch_composer_compose(composer, layers, len);
	leave(before);
	return buffer;
}

int __wrap_latch_scanout_submit(struct latch_output *output, struct latch_frame *frame) {
	enum stage before = enter(STAGE_SUBMIT);
	int ret = __real_latch_scanout_submit(output, frame);
	leave(before);
	return ret;
}

void __wrap_latch_kms_output_handle_flip(
	struct latch_kms_output *output, const struct kms_flip *flip) {
	enum stage before = enter(STAGE_FLIP);
	__real_latch_kms_output_handle_flip(output, flip);
	leave(before);
	cost.flipped = true;
}

void __wrap_latch_output_send_callbacks(struct latch_output *output) {
	enum stage before = enter(STAGE_CALLBACKS);
	__real_latch_output_send_callbacks(output);
	leave(before);
}

/* ---- the stop-watch ---- */

static int64_t clock_ns(clockid_t clock) {
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void charge(void) {
	int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	cost.sums.stages_ns[cost.now] += now_ns - cost.since_ns - cost.change_ns;
	cost.own_ns += cost.change_ns;
	cost.since_ns = now_ns;
}

static enum stage enter(enum stage stage) {
	enum stage before = cost.now;
	charge();
	cost.now = stage;
	return before;
}

static void leave(enum stage before) {
	charge();
	cost.now = before;
}

static void write_row(void) {
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	cost.sums.time_ns = clock_ns(CLOCK_MONOTONIC);
	cost.sums.sleeps = usage.ru_nvcsw;
	cost.sums.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cost.own_ns;
	cost.own_ns += cost.row_ns;
	cost.rows[cost.len] = cost.sums;
}

/* What the stop-watch takes is found here, and is nobody's. */
static void calibrate(void) {
	int64_t start_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	write_row();
	int64_t before_ns = cost.sums.cpu_ns;
	for (int i = 0; i < CALIBRATION_ROUNDS; i++) {
		write_row();
	}
	int64_t row_ns = (cost.sums.cpu_ns - before_ns) / CALIBRATION_ROUNDS;
	before_ns = clock_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < CALIBRATION_ROUNDS / 2; i++) {
		leave(enter(STAGE_LOOP));
	}
	int64_t change_ns = (clock_ns(CLOCK_MONOTONIC) - before_ns) / CALIBRATION_ROUNDS;
	cost.sums = (struct row){0};
	cost.row_ns = row_ns;
	cost.change_ns = change_ns;
	fprintf(stderr, "cost: a change of stages takes %lld ns, a row %lld ns\n",
		(long long)change_ns, (long long)row_ns);
	cost.since_ns = clock_ns(CLOCK_MONOTONIC);
	cost.own_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns;
}

__attribute__((constructor)) static void start(void) {
	const char *path = getenv("LATCH_COST");
	if (path == NULL) {
		return;
	}
	if (strcmp(path, "compiler") == 0) {
		puts(COMPILER);
		exit(0);
	}
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, ROWS * sizeof(*cost.rows)) != 0) {
		perror(path);
		abort();
	}
	void *rows = mmap(NULL, ROWS * sizeof(*cost.rows), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, 0);
	close(fd);
	if (rows == MAP_FAILED) {
		perror(path);
		abort();
	}
	cost.rows = rows;
	calibrate();
}

/* ---- the functions of libraries ---- */

/* Declared here as libffi's headers are nothing that latch needs. */
void ffi_call(void *cif, void (*function)(void), void *result, void **arguments);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *old, size_t size);

/* By this libwayland calls whoever handles a client's request. */
void ffi_call(void *cif, void (*function)(void), void *result, void **arguments) {
	static __typeof__(ffi_call) *real;
	if (real == NULL) {
		*(void **)&real = dlsym(RTLD_NEXT, "ffi_call");
	}
	enum stage before = enter(STAGE_REQUESTS);
	real(cif, function, result, arguments);
	leave(before);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
	enum stage before = enter(STAGE_WIRE);
	ssize_t ret = syscall(SYS_recvmsg, fd, message, flags);
	leave(before);
	return ret;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
	enum stage before = enter(STAGE_WIRE);
	ssize_t ret = syscall(SYS_sendmsg, fd, message, flags);
	leave(before);
	return ret;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	cost.sums.ioctls++;
	if (request != DRM_IOCTL_MODE_ATOMIC) {
		return (int)syscall(SYS_ioctl, fd, request, argument);
	}
	const struct drm_mode_atomic *atomic = argument;
	bool test = atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY;
	enum stage before = enter(test ? STAGE_TEST : STAGE_KERNEL);
	int ret = (int)syscall(SYS_ioctl, fd, request, argument);
	leave(before);
	return ret;
}

/* Sleeping is no stage. What the call takes itself is the loop's: the rest of the CPU time. */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms) {
	charge();
	if (cost.flipped && cost.rows != NULL && timeout_ms != 0) {
		cost.flipped = false;
		write_row();
		if (cost.len < ROWS - 1) {
			cost.len++;
		}
	}
	int ret = (int)syscall(SYS_epoll_wait, fd, events, max, timeout_ms);
	cost.since_ns = clock_ns(CLOCK_MONOTONIC);
	return ret;
}

void *malloc(size_t size) {
	cost.sums.allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
	cost.sums.allocations++;
	return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
	cost.sums.allocations++;
	return __libc_realloc(old, size);
}
