/*
 * lab-gpu: a GPU without the hardware, one for everybody in the lab. Clients and the compositor's
 * renderer draw by CPU and submit jobs (clients/common/gpu_job.h); what is here decides when each
 * is done, and tells by the kernel's own fences.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clients/common/sw_sync.h"
#include "clients/common/util.h"
#include "gpu.h"

#define MAX_CONNECTIONS 64

struct connection {
	int fd; /* -1: none */
	uint64_t id;
};

struct server {
	struct gpu gpu;
	int listen_fd, timer_fd;
	struct connection connections[MAX_CONNECTIONS];
	uint64_t last_id;
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
		fd_clear(&other);
		return -1;
	}
	unlink(address.sun_path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 16) != 0) {
		say("%s: %s", address.sun_path, strerror(errno));
		fd_clear(&fd);
	}
	return fd;
}

static void accept_one(struct server *server) {
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	for (int i = 0; i < MAX_CONNECTIONS && fd >= 0; i++) {
		if (server->connections[i].fd < 0) {
			server->connections[i] = (struct connection){
				.fd = fd_take(&fd), .id = ++server->last_id};
		}
	}
	fd_clear(&fd); // no room
}

static void disconnect(struct server *server, struct connection *connection) {
	gpu_memory_forget(&server->gpu.memories, connection->id); // its jobs go on
	fd_clear(&connection->fd);
}

static int take_request(struct server *server, const struct connection *connection,
	const struct gpu_request *request, int *fds, size_t num_fds, int *fence) {
	switch (request->type) {
	case GPU_REQUEST_SUBMIT:
		return gpu_add_job(&server->gpu, connection->id, request, fds, num_fds, fence);
	case GPU_REQUEST_STATS:
		return 0;
	case GPU_REQUEST_RESET:
	case GPU_REQUEST_RESET_ALL:
		gpu_fail_jobs(&server->gpu,
			request->type == GPU_REQUEST_RESET ? connection->id : 0, latch_now_ns());
		return 0;
	default:
		return EINVAL;
	}
}

static void handle_packet(struct server *server, struct connection *connection) {
	struct gpu_request request;
	int fds[GPU_WIRE_MAX_FDS], fence = -1;
	size_t num_fds;
	ssize_t size =
		gpu_wire_receive(connection->fd, &request, sizeof(request), fds, &num_fds);
	if (size < 0 && errno == EAGAIN) {
		return;
	}
	if (size <= 0 && !(size < 0 && errno == EBADMSG)) {
		disconnect(server, connection);
		return;
	}
	struct gpu_answer answer = {
		.error = size == (ssize_t)sizeof(request)
				 ? take_request(server, connection, &request, fds, num_fds, &fence)
				 : EBADMSG,
	};
	answer.stats = gpu_count(&server->gpu);
	bool sent = gpu_wire_send(
		connection->fd, &answer, sizeof(answer), &fence, fence < 0 ? 0 : 1);
	for (size_t i = 0; i < num_fds; i++) {
		fd_clear(&fds[i]);
	}
	fd_clear(&fence);
	if (!sent) {
		disconnect(server, connection); // it does not read its answers
	}
}

static void arm(const struct server *server) {
	int64_t end_ns = gpu_queue_next_end(&server->gpu.queue);
	struct itimerspec spec = {0};
	if (end_ns != GPU_QUEUE_NEVER) {
		spec.it_value.tv_sec = end_ns / 1000000000;
		spec.it_value.tv_nsec = end_ns % 1000000000;
	}
	timerfd_settime(server->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void run(struct server *server) {
	static struct pollfd fds[2 + MAX_CONNECTIONS + GPU_MAX_WAITS];
	for (;;) {
		/* What jobs wait for is asked before the GPU goes on: so a job that waits for
		 * nothing is ready with the request that brought it. */
		nfds_t num_waits = gpu_add_waits(&server->gpu, fds);
		poll(fds, num_waits, 0);
		gpu_handle_waits(&server->gpu, fds, latch_now_ns());
		gpu_advance(&server->gpu, latch_now_ns());
		arm(server);

		fds[0] = (struct pollfd){.fd = server->listen_fd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = server->timer_fd, .events = POLLIN};
		for (int i = 0; i < MAX_CONNECTIONS; i++) {
			fds[2 + i] = (struct pollfd){
				.fd = server->connections[i].fd, .events = POLLIN};
		}
		num_waits = gpu_add_waits(&server->gpu, &fds[2 + MAX_CONNECTIONS]);
		if (poll(fds, 2 + MAX_CONNECTIONS + num_waits, -1) < 0) {
			continue;
		}
		for (int i = 0; i < MAX_CONNECTIONS; i++) {
			if (fds[2 + i].revents) {
				handle_packet(server, &server->connections[i]);
			}
		}
		if (fds[0].revents) {
			accept_one(server);
		}
	}
}

static int serve(void) {
	static struct server server;
	for (int i = 0; i < MAX_CONNECTIONS; i++) {
		server.connections[i].fd = -1;
	}
	int timeline = sw_sync_open();
	if (timeline < 0) {
		say(SW_SYNC_PATH ": %s", strerror(errno));
		return 1;
	}
	fd_clear(&timeline);
	server.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	server.listen_fd = start_listening();
	if (server.timer_fd < 0 || server.listen_fd < 0) {
		return 1;
	}
	run(&server);
	return 0;
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
