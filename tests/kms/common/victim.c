#include "victim.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "scene.h"

#define SIZE 96

static pid_t pid;
static volatile struct victim_counts *counts; // shared with its process

static _Noreturn void animate(void) {
	struct frame frames[2] = {0};
	scene_init(KIND_NONE, SIZE, 3, memory_init_udmabuf);
	struct frame *last = NULL;
	for (unsigned n = 0;; n++) {
		struct frame *frame = &frames[n % 2];
		surface_commit(&scene.surface, scene_next(), frame, -1);
		int64_t end_ns = now_ns() + 30000 * MS;
		while (frame->state == FRAME_PENDING && client_pump(&scene.client, end_ns)) {
		}
		if (frame->state == FRAME_DISCARDED) {
			continue;
		}
		CHECK(frame->state == FRAME_PRESENTED, "the victim waits for ever");
		if (last != NULL) {
			int64_t interval_ns = frame->presented_ns - last->presented_ns;
			if (interval_ns > counts->longest_ns) {
				counts->longest_ns = interval_ns;
			}
			int64_t refreshes =
				(interval_ns + frame->refresh_ns / 2) / frame->refresh_ns;
			counts->missed += refreshes > 1 ? (int)refreshes - 1 : 0;
		}
		counts->presented++;
		last = frame;
	}
}

static void wait_until_presented(int least, int limit_ms) {
	int64_t end_ns = now_ns() + limit_ms * MS;
	while (counts->presented < least) {
		CHECK(now_ns() < end_ns, "the other client gets no frames");
		sleep_ms(10);
	}
}

void victim_start(void) {
	counts = mmap(
		NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counts != MAP_FAILED, "mmap");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		animate();
	}
	wait_until_presented(10, 5000);
	victim_take();
}

void victim_stop(void) {
	CHECK(waitpid(pid, NULL, WNOHANG) == 0, "the victim has ended");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

struct victim_counts victim_take(void) {
	struct victim_counts taken = *counts;
	*counts = (struct victim_counts){0};
	return taken;
}

void victim_check_alive(int least) {
	victim_take();
	wait_until_presented(least, 10000);
}
