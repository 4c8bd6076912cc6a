/*
 * sandbox COMMAND [ARG]...: runs a command as a sandbox would, with a Wayland connection that goes
 * through a security context. Ends with its exit status; 125 when there is no such context.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define EXIT_NO_SANDBOX 125

static void die(const char *what) {
	fprintf(stderr, "sandbox: %s: %s\n", what, strerror(errno));
	exit(EXIT_NO_SANDBOX);
}

static int listen_at(const char *name) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *folder = getenv("XDG_RUNTIME_DIR");
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
		folder != NULL ? folder : "", name);
	if (folder == NULL || len >= (int)sizeof(address.sun_path)) {
		errno = EINVAL;
		die("XDG_RUNTIME_DIR");
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(address.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 1) != 0) {
		die(address.sun_path);
	}
	return fd;
}

int main(int argc, char **argv) {
	if (argc < 2) {
		fputs("usage: sandbox COMMAND [ARG]...\n", stderr);
		return EXIT_NO_SANDBOX;
	}
	struct client client;
	client_connect(&client);
	if (client.security_context == NULL) {
		errno = ENOTSUP;
		die("wp_security_context_manager_v1");
	}

	/* The context lives until the other end of the pipe is closed: with this process. */
	int close_fds[2];
	if (pipe(close_fds) != 0) {
		die("pipe");
	}
	int listen_fd = listen_at("latch-sandbox");
	struct wp_security_context_v1 *context = wp_security_context_manager_v1_create_listener(
		client.security_context, listen_fd, close_fds[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.latch.test");
	wp_security_context_v1_set_app_id(context, argv[1]);
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	client_roundtrip(&client);

	pid_t pid = fork();
	if (pid == 0) {
		close(close_fds[1]);
		setenv("WAYLAND_DISPLAY", "latch-sandbox", true);
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		die("the command was not started");
	}
	wl_display_disconnect(client.display);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NO_SANDBOX;
}
