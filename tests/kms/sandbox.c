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
#include <wayland-client.h>

#include "security-context-v1-client-protocol.h"

#define EXIT_NO_SANDBOX 125

static void die(const char *what) {
	fprintf(stderr, "sandbox: %s: %s\n", what, strerror(errno));
	exit(EXIT_NO_SANDBOX);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct wp_security_context_manager_v1 **manager = data;
	if (strcmp(interface, wp_security_context_manager_v1_interface.name) == 0) {
		*manager = wl_registry_bind(
			registry, name, &wp_security_context_manager_v1_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

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
	struct wp_security_context_manager_v1 *manager = NULL;
	struct wl_display *display = wl_display_connect(NULL);
	if (display == NULL) {
		die("no compositor");
	}
	struct wl_registry *registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &registry_listener, &manager);
	if (wl_display_roundtrip(display) < 0 || manager == NULL) {
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
		manager, listen_fd, close_fds[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.latch.test");
	wp_security_context_v1_set_app_id(context, argv[1]);
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	if (wl_display_roundtrip(display) < 0) {
		die("the context was refused");
	}

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
	wp_security_context_manager_v1_destroy(manager);
	wl_registry_destroy(registry);
	wl_display_disconnect(display);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NO_SANDBOX;
}
