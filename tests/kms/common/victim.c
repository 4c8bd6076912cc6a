#include "victim.h"

#include <drm_fourcc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case.h"
#include "client.h"

#define BUFFERS 3
#define SIZE 96

static _Noreturn void animate(struct victim_counts *counts) {
	struct client client;
	struct surface surface;
	struct memory memory[BUFFERS];
	struct buffer buffers[BUFFERS];
	struct frame frames[2] = {0};

	client_connect(&client);
	surface_init_window(&surface, &client, "victim");
	for (unsigned i = 0; i < BUFFERS; i++) {
		memory_init_udmabuf(&memory[i], SIZE, SIZE);
		memory_fill(&memory[i], 0x00336699 + i);
		buffer_init(&buffers[i], &client, &memory[i], DRM_FORMAT_XRGB8888);
	}
	struct frame *last = NULL;
	for (unsigned n = 0;; n++) {
		struct frame *frame = &frames[n % 2];
		surface_commit(&surface, &buffers[n % BUFFERS], frame, -1);
		int64_t end_ns = now_ns() + 30000 * MS;
		while (frame->state == FRAME_PENDING && client_pump(&client, end_ns)) {
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

void victim_start(struct victim *victim) {
	victim->counts = mmap(NULL, sizeof(*victim->counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(victim->counts != MAP_FAILED, "mmap");
	victim->pid = fork();
	if (victim->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		animate(victim->counts);
	}
	int64_t end_ns = now_ns() + 5000 * MS;
	while (*(volatile int *)&victim->counts->presented < 10) {
		CHECK(now_ns() < end_ns, "the victim shows nothing");
		sleep_ms(10);
	}
	victim_take(victim);
}

void victim_stop(struct victim *victim) {
	CHECK(waitpid(victim->pid, NULL, WNOHANG) == 0, "the victim has ended");
	kill(victim->pid, SIGKILL);
	waitpid(victim->pid, NULL, 0);
	munmap(victim->counts, sizeof(*victim->counts));
}

struct victim_counts victim_take(struct victim *victim) {
	struct victim_counts counts = *(volatile struct victim_counts *)victim->counts;
	*victim->counts = (struct victim_counts){0};
	return counts;
}

void victim_check_alive(struct victim *victim, int least) {
	victim_take(victim);
	int64_t end_ns = now_ns() + 10000 * MS;
	while (((volatile struct victim_counts *)victim->counts)->presented < least) {
		CHECK(now_ns() < end_ns, "the other client gets no frames");
		sleep_ms(10);
	}
}
