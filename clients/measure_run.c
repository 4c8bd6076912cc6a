/* SPDX-License-Identifier: MIT */
/*
 * latch-client --measure: how soon a frame reaches the screen after it is ready.
 *
 * Some frames in step with the compositor's callbacks come first; their flips tell where the
 * vblanks are. Then a frame is committed two to three refreshes after the last, at a phase of the
 * refresh that the compositor can't foresee, and only when the last one was answered: so each
 * finds a compositor that has nothing else of ours to do. Or, to see what a client meets that draws
 * as fast as it is let, frames go on in step.
 *
 * For input a key of a keyboard of ours is pressed at such a phase instead, and the frame that answers
 * it counts from then on: committed when the key is heard of, or with the next callback after that.
 */
#include "measure_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "common/util.h"
#include "presentation-time-client-protocol.h"

/* With no grid to be seen in so many flips more than it takes, there is none. */
#define WARM_UP_EXTRA_FLIPS 240

#define ANSWER_NS INT64_C(1000000000)
/* A compositor may need a while to find a new keyboard. */
#define UNHEARD_KEYS_MAX 10
/* What lies between planning a commit and making it. */
#define LEAD_NS INT64_C(1000000)

static const struct client_options *options_of(const struct measure *measure) {
	return &measure->client->options;
}

static void add_flip(struct measure *measure, const struct stats_frame *frame) {
	if (!latch_array_reserve(&measure->flips, &measure->max_flips, measure->num_flips + 1,
		    sizeof(measure->flips[0]))) {
		return;
	}
	measure->flips[measure->num_flips++] =
		(struct measure_flip){.time_ns = frame->flip_ns, .sequence = frame->sequence};
}

/* What is known of a frame that was not ready at its commit; NULL: nothing. */
static const struct measure_late *find_late(const struct measure *measure, int64_t commit_ns) {
	for (size_t i = 0; i < MEASURE_MAX_LATE; i++) {
		if (measure->late[i].commit_ns == commit_ns) {
			return &measure->late[i];
		}
	}
	return NULL;
}

static int64_t ready_time(const struct measure *measure, int64_t commit_ns) {
	const struct measure_late *late = find_late(measure, commit_ns);
	if (late == NULL) {
		return commit_ns;
	}
	return late->fence >= 0 ? sync_fence_time_ns(late->fence) : late->ready_ns;
}

/* Keeps when the frame is ready: INT64_MAX until somebody says otherwise; or by the fence, which is
 * taken. */
static void remember_late(
	struct measure *measure, int64_t commit_ns, int64_t ready_ns, int fence) {
	struct measure_late *late = &measure->late[measure->num_late++ % MEASURE_MAX_LATE];
	latch_fd_clear(&late->fence);
	*late = (struct measure_late){commit_ns, ready_ns, fence};
}

static bool is_input(const struct measure *measure) {
	return options_of(measure)->measure >= CLIENT_MEASURE_INPUT;
}

/* Those of the warm-up, frames that answer no key where they should, and one that a resize called
 * for, are not what was asked about. */
static bool counts(const struct measure *measure, int64_t commit_ns) {
	return measure->first_commit_ns != 0 && commit_ns >= measure->first_commit_ns &&
	       (!is_input(measure) || find_late(measure, commit_ns) != NULL);
}

static void handle_answer(void *data, int64_t commit_ns, const struct stats_frame *frame) {
	struct measure *measure = data;
	if (!frame) {
		measure->discarded += counts(measure, commit_ns);
		return;
	}
	if (measure->num_flips == 0) {
		measure->first_presented_ns = frame->flip_ns;
	}
	add_flip(measure, frame);
	if (!counts(measure, commit_ns) || measure->num_frames >= options_of(measure)->frames) {
		return;
	}
	measure->zero_copy += (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0;
	measure->frames[measure->num_frames++] = (struct measure_frame){
		.commit_ns = commit_ns,
		.ready_ns = ready_time(measure, commit_ns),
		.presented_ns = frame->flip_ns,
	};
}

/* As if it were drawn. */
static void compute(struct client_options *options) {
	if (options->has_cpu_time) {
		const int64_t until_ns = latch_cpu_ns() + draw_time_next(&options->cpu_time);
		while (latch_cpu_ns() < until_ns) {
		}
	}
}

/* Returns 0 when it can't go on, having said why. */
static int64_t commit(struct measure *measure, struct ring_buffer *picture, int fence) {
	struct client *client = measure->client;
	int gpu_fence = -1;
	compute(&client->options);
	if (client->gpu >= 0) {
		fence = client_finish_picture(client, picture);
		gpu_fence = fence < 0 ? -1 : fcntl(fence, F_DUPFD_CLOEXEC, 0);
		if (gpu_fence < 0) {
			latch_fd_clear(&fence);
			return 0;
		}
	}
	int64_t commit_ns = client_commit(client, picture, fence, measure->clock, true);
	if (commit_ns == 0) {
		latch_fd_clear(&gpu_fence);
		return 0;
	}
	wl_display_flush(client->conn.display);
	if (gpu_fence >= 0) {
		remember_late(measure, commit_ns, INT64_MAX, gpu_fence);
	}
	if (measure->phase == MEASURE_FRAMES && measure->first_commit_ns == 0) {
		measure->first_commit_ns = commit_ns;
	}
	return commit_ns;
}

static void arm(const struct measure *measure, int64_t time_ns) {
	struct itimerspec spec = {.it_value = latch_ns_timespec(time_ns)};
	timerfd_settime(measure->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void begin_frames(struct measure *measure) {
	measure->phase = MEASURE_FRAMES;
	measure->missed_before = measure->client->presentation.stats.missed;
	measure->has_cost = peer_cost(measure->peer, &measure->cost);
	/* The schedule is in the clock of timers. */
	bool known = measure->clock == CLOCK_MONOTONIC && measure->num_flips > 0;
	measure_schedule_init(&measure->schedule, options_of(measure)->seed,
		known ? measure->flips[measure->num_flips - 1].time_ns : 0);
}

/* A frame for each callback that finds a free buffer. */
static bool step_in_pace(struct measure *measure) {
	struct ring_buffer *picture =
		measure->client->window.frame ? NULL : client_take_buffer(measure->client);
	return !picture || commit(measure, picture, -1) != 0;
}

static bool commit_answer(struct measure *measure, struct ring_buffer *picture) {
	const int64_t commit_ns = commit(measure, picture, -1);
	if (commit_ns != 0 && measure->key.heard) {
		remember_late(measure, commit_ns, measure->key.pressed_ns, -1);
		measure->key.pressed_ns = 0;
		measure->key.heard = false;
	}
	return commit_ns != 0;
}

/* The next key is pressed when the last one was answered, and the answer shown. */
static bool press_in_time(struct measure *measure) {
	const int64_t now = latch_now_ns();
	if (measure->key.pressed_ns != 0 && now >= measure->give_up_ns) {
		if (++measure->unanswered > UNHEARD_KEYS_MAX) {
			return failed(
				false, "the compositor tells of no key: has the window the focus?");
		}
		measure->key.pressed_ns = 0;
	}
	if (measure->key.pressed_ns != 0) {
		arm(measure, measure->give_up_ns);
	} else if (measure->due_ns == 0) {
		measure->due_ns = measure_schedule_next(
			&measure->schedule, measure->grid.period_ns, now + LEAD_NS);
		arm(measure, measure->due_ns);
	} else if (now >= measure->due_ns) {
		measure->due_ns = 0;
		measure->give_up_ns = now + ANSWER_NS;
		arm(measure, measure->give_up_ns);
		return key_press(&measure->key);
	}
	return true;
}

static bool step_by_input(struct measure *measure) {
	struct client *client = measure->client;
	const bool paced = options_of(measure)->measure == CLIENT_MEASURE_INPUT_PACED;
	struct ring_buffer *picture = NULL;
	if (paced && !client->window.frame) {
		picture = client_take_buffer(client);
	} else if (!paced && measure->key.heard) {
		picture = ring_free_buffer(client->buffers.ring);
	}
	if (picture && !commit_answer(measure, picture)) {
		return false;
	}
	return (!paced && client->presentation.num_pending > 0) || press_in_time(measure);
}

/* Ends the warm-up when the grid is known. */
static enum client_exit learn(struct measure *measure) {
	const struct client_options *options = options_of(measure);
	if (measure->num_flips < options->warm_up) {
		return CLIENT_EXIT_OK;
	}
	if (measure_grid_fit(&measure->grid, measure->flips, measure->num_flips,
		    measure->client->presentation.stats.refresh_ns)) {
		measure->phase = MEASURE_SETTLE;
		if (options->measure == CLIENT_MEASURE_PACED ||
			options->measure == CLIENT_MEASURE_INPUT_PACED) {
			begin_frames(measure);
		}
	} else if (measure->num_flips >= options->warm_up + WARM_UP_EXTRA_FLIPS) {
		return failed(CLIENT_EXIT_NO_GLOBAL,
			"no refresh can be made out: the compositor names none, and the times of "
			"the frames fit none");
	}
	return CLIENT_EXIT_OK;
}

/* Commits at once what is to be ready later. */
static bool commit_with_fence(struct measure *measure, struct ring_buffer *picture) {
	int fence = late_fence_make(&measure->fence, &picture->slot);
	if (fence == -1) {
		return failed(false, "no fence can be made: %s", strerror(errno));
	}
	int64_t commit_ns = commit(measure, picture, fence);
	if (commit_ns == 0) {
		return false;
	}
	remember_late(measure, commit_ns, INT64_MAX, -1);
	return true;
}

static bool handle_due(struct measure *measure, bool late) {
	measure->due_ns = 0;
	measure->give_up_ns = latch_now_ns() + ANSWER_NS;
	if (late) {
		unsigned index = (measure->num_late - 1) % MEASURE_MAX_LATE;
		measure->late[index].ready_ns = latch_clock_ns(measure->clock);
		late_fence_signal(&measure->fence);
		return true;
	}
	/* It was free when this was planned, and nobody else takes one. */
	struct ring_buffer *picture = ring_free_buffer(measure->client->buffers.ring);
	return picture && commit(measure, picture, -1) != 0;
}

static bool step_at_random(struct measure *measure) {
	bool late = options_of(measure)->late_fence;
	int64_t now = latch_now_ns();
	if (measure->due_ns != 0) {
		return now < measure->due_ns || handle_due(measure, late);
	}
	bool answered = measure->client->presentation.num_pending == 0;
	if (!answered && now < measure->give_up_ns) {
		arm(measure, measure->give_up_ns);
		return true;
	}
	struct ring_buffer *picture = ring_free_buffer(measure->client->buffers.ring);
	if (!picture) {
		return true; // its release wakes us
	}
	measure->unanswered += !answered;
	double period_ns = measure->grid.period_ns;
	/* A late fence is not to be confused with one that is ready by the time it is looked at. */
	int64_t lead_ns = late ? (int64_t)(period_ns / 2) : LEAD_NS;
	if (late && !commit_with_fence(measure, picture)) {
		return false;
	}
	measure->due_ns = measure_schedule_next(&measure->schedule, period_ns, now + lead_ns);
	arm(measure, measure->due_ns);
	return true;
}

/* Buffers are drawn once, when they are made, and then only shown: what is measured is the
 * compositor, and drawing would take its time from it. Waits until they are drawn. */
static bool prepare_pictures(struct client *client) {
	uint64_t before = client->buffers.allocations;
	if (!client_prepare_buffers(client)) {
		return false;
	}
	struct ring *ring = client->buffers.ring;
	for (int i = 0; client->buffers.allocations != before && i < ring->num_buffers; i++) {
		int fence = canvas_draw(ring->canvas, &ring->buffers[i].picture, (uint32_t)i);
		if (fence == CANVAS_FAILED) {
			return false;
		}
		/* A driver that signals no fence would keep us here, but not for ever. */
		poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, fence >= 0 ? 1000 : 0);
		latch_fd_clear(&fence);
	}
	return true;
}

static enum client_exit step(struct measure *measure) {
	struct client *client = measure->client;
	enum client_exit status = CLIENT_EXIT_OK;
	if (!client->window.configured) {
		return status;
	}
	if ((client_resized(client) || client->buffers.feedback.changed) &&
		!prepare_pictures(client)) {
		return CLIENT_EXIT_NO_SOURCE;
	}
	if (measure->phase == MEASURE_WARM_UP) {
		status = learn(measure);
	}
	if (measure->phase == MEASURE_SETTLE && client->presentation.num_pending == 0) {
		begin_frames(measure);
	}
	if (measure->phase == MEASURE_FRAMES &&
		measure->num_frames >= options_of(measure)->frames) {
		measure->phase = MEASURE_DONE;
	}
	bool in_pace = measure->phase == MEASURE_WARM_UP ||
		       options_of(measure)->measure == CLIENT_MEASURE_PACED;
	if (status != CLIENT_EXIT_OK || measure->phase == MEASURE_SETTLE ||
		measure->phase == MEASURE_DONE) {
		return status;
	}
	const bool ok = in_pace		    ? step_in_pace(measure)
			: is_input(measure) ? step_by_input(measure)
					    : step_at_random(measure);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}

static enum client_exit run(struct measure *measure) {
	struct client *client = measure->client;
	for (;;) {
		enum client_exit status = step(measure);
		if (status != CLIENT_EXIT_OK || measure->phase == MEASURE_DONE) {
			return status;
		}
		if (!client_wait(client, measure->timer_fd)) {
			return connection_say_error(&client->conn);
		}
		uint64_t expirations;
		if (read(measure->timer_fd, &expirations, sizeof(expirations)) < 0 &&
			errno != EAGAIN) {
			return CLIENT_EXIT_FAILURE;
		}
		if (client->ended || client->window.closed) {
			return CLIENT_EXIT_EARLY;
		}
	}
}

/* The cost of the frames alone. */
static void take_cost(struct measure *measure) {
	struct peer_cost now;
	measure->has_cost = measure->has_cost && peer_cost(measure->peer, &now);
	if (measure->has_cost) {
		measure->cost.cpu_ns = now.cpu_ns - measure->cost.cpu_ns;
		measure->cost.wake_ups = now.wake_ups - measure->cost.wake_ups;
	}
}

static enum client_exit start(struct measure *measure) {
	struct client *client = measure->client;
	struct timespec time;
	if (!client->conn.presentation) {
		return failed(CLIENT_EXIT_NO_GLOBAL,
			"--measure needs wp_presentation, which the compositor lacks");
	}
	if (clock_gettime(measure->clock, &time) != 0) {
		return failed(CLIENT_EXIT_NO_GLOBAL,
			"the compositor's clock, number %d, can't be read: %s", (int)measure->clock,
			strerror(errno));
	}
	if (client->gpu >= 0 &&
		(client->buffers.in_shm || measure->clock != CLOCK_MONOTONIC)) {
		return failed(CLIENT_EXIT_NO_GLOBAL,
			"--gpu-time needs a compositor with linux-dmabuf and the clock of fences, "
			"CLOCK_MONOTONIC");
	}
	const char *why;
	if (client->options.late_fence &&
		!late_fence_init(&measure->fence, client->buffers.sync.mode, &why)) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "--fence late is not possible: %s", why);
	}
	if (is_input(measure)) {
		if (measure->clock != CLOCK_MONOTONIC) {
			return failed(CLIENT_EXIT_NO_GLOBAL,
				"--measure=input needs a compositor with the clock of input, "
				"CLOCK_MONOTONIC");
		}
		if (!key_init(&measure->key, client->conn.display)) {
			return CLIENT_EXIT_NO_SOURCE;
		}
	}
	measure->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	measure->frames = calloc(client->options.frames, sizeof(*measure->frames));
	if (measure->timer_fd < 0 || !measure->frames) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	return CLIENT_EXIT_OK;
}

enum client_exit measure_run(struct measure *measure, struct client *client) {
	*measure = (struct measure){
		.client = client,
		.fence = {.vgem_fd = -1},
		.key = {.device = -1},
		.timer_fd = -1,
		.clock = client->conn.presentation_clock,
		.peer = peer_pid(wl_display_get_fd(client->conn.display)),
	};
	for (size_t i = 0; i < MEASURE_MAX_LATE; i++) {
		measure->late[i].fence = -1;
	}
	client->presentation.answered = handle_answer;
	client->presentation.data = measure;
	enum client_exit status = start(measure);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	status = run(measure);
	take_cost(measure);
	/* All flips know better than the first ones. */
	measure_grid_fit(&measure->grid, measure->flips, measure->num_flips,
		client->presentation.stats.refresh_ns);
	return status;
}

void measure_finish(struct measure *measure) {
	if (!measure->client) {
		return;
	}
	measure->client->presentation.answered = NULL;
	late_fence_finish(&measure->fence);
	key_finish(&measure->key);
	for (size_t i = 0; i < MEASURE_MAX_LATE; i++) {
		latch_fd_clear(&measure->late[i].fence);
	}
	latch_fd_clear(&measure->timer_fd);
	free(measure->flips);
	free(measure->frames);
	*measure = (struct measure){.timer_fd = -1};
}
