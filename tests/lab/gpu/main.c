/* SPDX-License-Identifier: MIT */
/*
 * lab-gpu: a GPU without the hardware, one for everybody in the lab. Clients and the compositor's
 * renderer draw by CPU and submit jobs (clients/common/gpu_job.h); what is here decides when each
 * is done, and tells by the kernel's own fences.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>

#include "base/message.h"
#include "clients/common/sw_sync.h"
#include "clients/common/util.h"
#include "gpu.h"

struct connection {
	struct gpu *gpu;
	uint64_t id;
	struct wl_event_source *source;
};

static int start_listening(void) {
	struct sockaddr_un address;
	if (!gpu_wire_address(&address)) {
		say("no address: set LATCH_GPU or XDG_RUNTIME_DIR");
		return -1;
	}
	int other = gpu_connect();
	if (other >= 0) {
		say("another one is at %s", address.sun_path);
		latch_fd_clear(&other);
		return -1;
	}
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 16) != 0) {
		say("%s: %s", address.sun_path, strerror(errno));
		latch_fd_clear(&fd);
	}
	return fd;
}

static void disconnect(struct connection *connection, int fd) {
	gpu_memory_forget(&connection->gpu->memories, connection->id); // its jobs go on
	wl_event_source_remove(connection->source);
	close(fd);
	free(connection);
}

static int take_request(const struct connection *connection, const struct gpu_request *request,
	int *fds, size_t num_fds, int *fence) {
	switch (request->type) {
	case GPU_REQUEST_SUBMIT:
		return gpu_add_job(connection->gpu, connection->id, request, fds, num_fds, fence);
	case GPU_REQUEST_STATS:
		return 0;
	case GPU_REQUEST_RESET:
	case GPU_REQUEST_RESET_ALL:
		gpu_fail_jobs(
			connection->gpu, request->type == GPU_REQUEST_RESET ? connection->id : 0);
		return 0;
	default:
		return EINVAL;
	}
}

static int handle_packet(int fd, uint32_t mask, void *data) {
	struct connection *connection = data;
	struct gpu_request request;
	int fds[GPU_WIRE_MAX_FDS], fence = -1;
	size_t num_fds;
	ssize_t size = latch_message_receive(
		fd, &request, sizeof(request), fds, GPU_WIRE_MAX_FDS, &num_fds, 0);
	if (size < 0 && errno == EAGAIN) {
		return 0;
	}
	if (size <= 0 && !(size < 0 && errno == EMSGSIZE)) {
		disconnect(connection, fd);
		return 0;
	}
	struct gpu_answer answer = {
		.error = size == (ssize_t)sizeof(request)
				 ? take_request(connection, &request, fds, num_fds, &fence)
				 : EBADMSG,
	};
	answer.stats = gpu_count(connection->gpu);
	bool sent = latch_message_send(
			    fd, &answer, sizeof(answer), &fence, fence < 0 ? 0 : 1, 0) > 0;
	for (size_t i = 0; i < num_fds; i++) {
		latch_fd_clear(&fds[i]);
	}
	latch_fd_clear(&fence);
	if (!sent) {
		disconnect(connection, fd); // it does not read its answers
	}
	return 0;
}

static int handle_connect(int listen_fd, uint32_t mask, void *data) {
	static uint64_t last_id;
	struct gpu *gpu = data;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *connection = fd >= 0 ? calloc(1, sizeof(*connection)) : NULL;
	if (connection == NULL) {
		latch_fd_clear(&fd);
		return 0;
	}
	*connection = (struct connection){gpu, ++last_id,
		wl_event_loop_add_fd(gpu->loop, fd, WL_EVENT_READABLE, handle_packet, connection)};
	if (connection->source == NULL) {
		close(fd);
		free(connection);
	}
	return 0;
}

static void handle_timer(void *data) {
	/* The loop's turn is all. */
}

static int serve(void) {
	static struct gpu gpu;
	int timeline = sw_sync_open();
	if (timeline < 0) {
		say(SW_SYNC_PATH ": %s", strerror(errno));
		return 1;
	}
	latch_fd_clear(&timeline);
	gpu.loop = wl_event_loop_create();
	int listen_fd = start_listening();
	if (gpu.loop == NULL || listen_fd < 0 ||
		!latch_timer_init(&gpu.timer, gpu.loop, handle_timer, NULL) ||
		wl_event_loop_add_fd(
			gpu.loop, listen_fd, WL_EVENT_READABLE, handle_connect, &gpu) == NULL) {
		return 1;
	}
	for (;;) {
		wl_event_loop_dispatch(gpu.loop, -1);
		gpu_advance(&gpu);
	}
}

static int ask(const char *what) {
	int gpu = gpu_connect();
	if (gpu < 0) {
		say("no simulated GPU: %s", strerror(errno));
		return 1;
	}
	struct gpu_stats stats;
	if (strcmp(what, "reset") == 0 && gpu_reset(gpu, true) != 0) {
		say("reset: %s", strerror(errno));
		return 1;
	}
	if (gpu_get_stats(gpu, &stats) != 0) {
		say("stats: %s", strerror(errno));
		return 1;
	}
	printf("{\"jobs\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"queued\": %" PRIu64
	       ", \"busy_ns\": %" PRId64 ", \"longest_wait_ns\": %" PRId64 "}\n",
		stats.jobs, stats.failed, stats.queued, stats.busy_ns, stats.longest_wait_ns);
	return 0;
}

int main(int argc, char **argv) {
	if (argc == 1) {
		return serve();
	}
	if (argc == 3 && strcmp(argv[1], "--ask") == 0 &&
		(strcmp(argv[2], "stats") == 0 || strcmp(argv[2], "reset") == 0)) {
		return ask(argv[2]);
	}
	fputs("Usage: lab-gpu [--ask stats|reset]\n"
	      "The lab's simulated GPU, on the socket $LATCH_GPU ($XDG_RUNTIME_DIR/lab-gpu); or\n"
	      "asks the one that is there. Needs root, for " SW_SYNC_PATH ".\n",
		stderr);
	return 2;
}
