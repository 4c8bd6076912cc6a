/* SPDX-License-Identifier: MIT */
/*
 * bench-kms-alone CARD HZ random|paced FRAMES SEED JSON: what is left without a compositor.
 *
 * One process says "now" at random phases of the refresh, or after each flip, as latch-client
 * --measure commits; another wakes up by that and flips to a buffer that was there before. No
 * protocol, no surfaces, no plan: one wake-up and one atomic commit are the least that it takes
 * from a commit to the vblank, so no compositor can be better than this, on this kernel and this
 * computer.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "card.h"
#include "environment.h"
#include "kms/commit.h"
#include "kms/event.h"
#include "kms/framebuffer.h"
#include "measure/measure.h"
#include "measure_report.h"

#define BUFFERS 2
/* Frames at each refresh, to learn the grid. */
#define WARM_UP 30
/* What lies between planning a frame and saying so: as latch-client has it. */
#define LEAD_NS INT64_C(1000000)

struct display {
	struct bench_card card;
	struct kms_plane_state state;
	uint32_t fbs[BUFFERS];
	unsigned shown;
};

static int die(const char *what, int error) {
	fprintf(stderr, "bench-kms-alone: %s: %s\n", what, strerror(error));
	return 1;
}

static bool make_buffers(struct display *display) {
	for (size_t i = 0; i < BUFFERS; i++) {
		/* They go with the process. */
		struct kms_dumb_buffer *buffer = kms_dumb_buffer_create(
			display->card.kms, BENCH_WIDTH, BENCH_HEIGHT, DRM_FORMAT_XRGB8888);
		/* Mapped as a client's are, or the driver would look for the pages at each flip. */
		if (buffer == NULL || kms_dumb_buffer_map(buffer) != 0 ||
			kms_dumb_buffer_get_fb(buffer) == 0) {
			return false;
		}
		display->fbs[i] = buffer->fb_id;
	}
	return true;
}

static bool open_display(struct display *display, const char *path, int32_t hz) {
	if (!bench_card_open(&display->card, path)) {
		return false;
	}
	if (!make_buffers(display)) {
		die("a buffer", errno);
		return false;
	}
	display->state = kms_plane_state_whole(display->fbs[0], BENCH_WIDTH, BENCH_HEIGHT);
	return bench_card_switch_on(&display->card, display->fbs[0], hz);
}

static int flip(struct display *display) {
	struct kms_plane_state next = display->state;
	display->shown = (display->shown + 1) % BUFFERS;
	next.fb_id = display->fbs[display->shown];
	struct kms_commit commit;
	kms_commit_init(&commit, display->card.kms);
	kms_commit_change_plane(
		&commit, display->card.primary, display->card.crtc, &display->state, &next);
	display->state = next;
	return kms_commit_submit(&commit, KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT, 0);
}

static void take_flip(const struct kms_flip *event, void *data) {
	struct measure_flip *answer = data;
	*answer = (struct measure_flip){.time_ns = event->flip_ns, .sequence = event->sequence};
}

/* The least of a compositor: a frame for each byte, and the answer. Ends with the other side. */
static int serve(struct display *display, int socket_fd) {
	char byte;
	latch_realtime_enter();
	while (read(socket_fd, &byte, 1) == 1) {
		struct measure_flip answer;
		int ret = flip(display);
		while (ret == 0) {
			ret = kms_event_dispatch(display->card.kms->fd, take_flip, &answer);
		}
		if (ret < 0) {
			return die("a flip", -ret);
		}
		if (write(socket_fd, &answer, sizeof(answer)) != sizeof(answer)) {
			return die("the answer", errno);
		}
	}
	return 0;
}

/* Says "now" and waits for the flip. */
static bool show(int socket_fd, int64_t *now_ns, struct measure_flip *flip) {
	*now_ns = latch_now_ns();
	return write(socket_fd, "", 1) == 1 && read(socket_fd, flip, sizeof(*flip)) == sizeof(*flip);
}

static void sleep_until(int64_t time_ns) {
	const struct timespec time = latch_ns_timespec(time_ns);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
	}
}

static bool learn_grid(struct measure *run, int socket_fd, int64_t *vblank_ns) {
	struct measure_flip flips[WARM_UP];
	int64_t now_ns;
	for (size_t i = 0; i < WARM_UP; i++) {
		if (!show(socket_fd, &now_ns, &flips[i])) {
			return false;
		}
	}
	*vblank_ns = flips[WARM_UP - 1].time_ns;
	return measure_grid_fit(&run->grid, flips, WARM_UP, 0);
}

static bool measure(struct measure *run, size_t frames, int socket_fd) {
	struct peer_cost before;
	int64_t vblank_ns;
	run->frames = calloc(frames, sizeof(*run->frames));
	if (run->frames == NULL || !learn_grid(run, socket_fd, &vblank_ns)) {
		return false;
	}
	measure_schedule_init(&run->schedule, run->client->options.seed, vblank_ns);
	run->has_cost = peer_cost(run->peer, &before);
	while (run->num_frames < frames) {
		struct measure_frame *frame = &run->frames[run->num_frames++];
		struct measure_flip flip;
		if (run->client->options.measure != CLIENT_MEASURE_PACED) {
			sleep_until(measure_schedule_next(
				&run->schedule, run->grid.period_ns, latch_now_ns() + LEAD_NS));
		}
		if (!show(socket_fd, &frame->commit_ns, &flip)) {
			return false;
		}
		frame->ready_ns = frame->commit_ns;
		frame->presented_ns = flip.time_ns;
	}
	if (run->has_cost && peer_cost(run->peer, &run->cost)) {
		run->cost.cpu_ns -= before.cpu_ns;
		run->cost.wake_ups -= before.wake_ups;
	}
	run->zero_copy = run->num_frames;
	return true;
}

static bool write_report(const struct measure *run, const char *path) {
	struct measure_report report;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	bool ok = yyjson_mut_obj_add_str(doc, root, "sync", "none") &&
		  yyjson_mut_obj_add_uint(doc, root, "stalls", 0) &&
		  measure_report_init(&report, run) &&
		  measure_report_add(&report, doc, root) &&
		  yyjson_mut_write_file(path, doc, 0, NULL, NULL);
	if (ok) {
		measure_report_print(&report);
	}
	yyjson_mut_doc_free(doc);
	return ok;
}

static int be_client(const struct client_options *options, const char *path, int socket_fd) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct client client = {.options = *options};
	struct measure run = {.client = &client, .peer = getppid()};
	bool ok = measure(&run, options->frames, socket_fd) && write_report(&run, path);
	free(run.frames);
	return ok ? 0 : 1;
}

int main(int argc, char *argv[]) {
	int sockets[2];
	struct display display = {0};
	if (argc != 7 || atoi(argv[4]) <= 0) {
		fprintf(stderr, "usage: bench-kms-alone CARD HZ random|paced FRAMES SEED JSON\n");
		return 2;
	}
	const struct client_options options = {
		.measure = strcmp(argv[3], "paced") == 0 ? CLIENT_MEASURE_PACED
							 : CLIENT_MEASURE_RANDOM,
		.frames = (unsigned)atoi(argv[4]),
		.seed = (uint32_t)atoi(argv[5]),
	};
	if (!open_display(&display, argv[1], atoi(argv[2]))) {
		return 1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
		return die("a socket", errno);
	}
	pid_t pid = fork();
	if (pid < 0) {
		return die("another process", errno);
	}
	close(sockets[pid == 0 ? 0 : 1]);
	if (pid == 0) {
		return be_client(&options, argv[6], sockets[1]);
	}
	int status = 0;
	int ret = serve(&display, sockets[0]);
	close(sockets[0]);
	waitpid(pid, &status, 0);
	return ret != 0 || status != 0 ? 1 : 0;
}
