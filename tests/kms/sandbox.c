/* SPDX-License-Identifier: MIT */
/*
 * sandbox COMMAND [ARG]...: runs a command as a sandbox would, with a Wayland connection that goes
 * through a security context. Ends with its exit status.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "case.h"
#include "client.h"

#define NAME "latch-sandbox"

static int listen_at_name(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" NAME, getenv("XDG_RUNTIME_DIR"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(address.sun_path);
	CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
			listen(fd, 1) == 0,
		"%s: %s", address.sun_path, strerror(errno));
	return fd;
}

int main(int argc, char **argv) {
	struct client client;
	CHECK(argc >= 2, "usage: sandbox COMMAND [ARG]...");
	client_connect(&client);
	CHECK(client.security_context != NULL, "no wp_security_context_manager_v1");

	/* The context lives until the other end of the pipe is closed: with this process. */
	int close_fds[2];
	CHECK(pipe(close_fds) == 0, "pipe: %s", strerror(errno));
	struct wp_security_context_v1 *context = wp_security_context_manager_v1_create_listener(
		client.security_context, listen_at_name(), close_fds[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.latch.test");
	wp_security_context_v1_set_app_id(context, argv[1]);
	wp_security_context_v1_commit(context);
	client_roundtrip(&client);

	pid_t pid = fork();
	if (pid == 0) {
		close(close_fds[1]);
		setenv("WAYLAND_DISPLAY", NAME, true);
		execvp(argv[1], argv + 1);
		fail("%s: %s", argv[1], strerror(errno));
	}
	int status = 0;
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "%s did not end", argv[1]);
	return WEXITSTATUS(status);
}
