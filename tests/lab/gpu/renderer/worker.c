/* SPDX-License-Identifier: MIT */
/*
 * A GPU samples a texture when its job runs, which is after the fences that it waits for. pixman
 * samples when it is called: so it is called then, in a thread, for the compositor must not wait.
 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "private.h"

static struct gpu_picture *peek(struct gpu_worker *worker) {
	pthread_mutex_lock(&worker->lock);
	struct gpu_picture *picture = worker->first;
	pthread_mutex_unlock(&worker->lock);
	return picture;
}

static void take(struct gpu_worker *worker) {
	pthread_mutex_lock(&worker->lock);
	struct gpu_picture *picture = worker->first;
	worker->first = picture->next;
	if (worker->first == NULL) {
		worker->last = &worker->first;
	}
	pthread_mutex_unlock(&worker->lock);
	gpu_picture_destroy(picture);
}

/* Returns false when the worker is to stop. */
static bool wait_for(struct gpu_worker *worker, int fd) {
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = worker->stop_fd, .events = POLLIN},
	};
	while (poll(fds, 2, -1) < 0) {
	}
	return fds[1].revents == 0;
}

static void *run(void *data) {
	struct gpu_worker *worker = data;
	while (wait_for(worker, worker->wake_fd)) {
		uint64_t count;
		if (read(worker->wake_fd, &count, sizeof(count)) < 0) {
			continue;
		}
		struct gpu_picture *picture;
		while ((picture = peek(worker)) != NULL) {
			for (size_t i = 0; i < picture->num_waits; i++) {
				if (!wait_for(worker, picture->waits[i])) {
					return NULL;
				}
			}
			gpu_picture_draw(picture);
			take(worker);
		}
	}
	return NULL;
}

bool gpu_worker_init(struct gpu_worker *worker) {
	*worker = (struct gpu_worker){
		.last = &worker->first,
		.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	pthread_mutex_init(&worker->lock, NULL);
	return worker->wake_fd >= 0 && worker->stop_fd >= 0;
}

void gpu_worker_finish(struct gpu_worker *worker) {
	if (worker->started) {
		eventfd_write(worker->stop_fd, 1);
		pthread_join(worker->thread, NULL);
	}
	while (worker->first != NULL) {
		take(worker);
	}
	latch_fd_clear(&worker->wake_fd);
	latch_fd_clear(&worker->stop_fd);
	pthread_mutex_destroy(&worker->lock);
}

bool gpu_worker_busy(struct gpu_worker *worker) {
	return peek(worker) != NULL;
}

static bool start(struct gpu_worker *worker) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	worker->started = pthread_create(&worker->thread, NULL, run, worker) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return worker->started;
}

bool gpu_worker_add(struct gpu_worker *worker, struct gpu_picture *picture) {
	if (!worker->started && !start(worker)) {
		gpu_picture_destroy(picture);
		return false;
	}
	pthread_mutex_lock(&worker->lock);
	*worker->last = picture;
	worker->last = &picture->next;
	pthread_mutex_unlock(&worker->lock);
	eventfd_write(worker->wake_fd, 1);
	return true;
}
