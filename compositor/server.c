#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/session.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "environment.h"
#include "fence/timeline.h"
#include "inspect/inspector.h"
#include "limits/client.h"
#include "limits/fds.h"
#include "limits/listen.h"
#include "output/content.h"
#include "output/image_capture.h"
#include "output/management.h"
#include "output/output.h"
#include "output/renderer_reads.h"
#include "plan/reason.h"
#include "protocols.h"
#include "realtime.h"
#include "shell/shell.h"
#include "sync/gate.h"
#include "trace/trace.h"

/* How long the command may take to end after SIGTERM. */
#define COMMAND_GRACE_MS 1000
/* How long the last picture may take: some 100 ms on an emulated machine. */
#define CAPTURE_GRACE_MS 3000
/* How long a switch of the VT may take from the key to the seat's word. */
#define LEAVE_GRACE_MS 500

/* Ends latch_server_run(). */
static void stop(struct latch_server *server) {
	server->stopped = true;
	wl_display_terminate(server->display); // wakes the event loop
}

static void handle_command_ended(void *data, int status) {
	struct latch_server *server = data;
	if (server->waits_for_command) {
		stop(server);
	} else {
		latch_server_end(server, status);
	}
}

static int handle_end_signal(int signal_number, void *data) {
	wlr_log(WLR_INFO, "ending: %s", strsignal(signal_number));
	latch_server_end(data, LATCH_EXIT_OK);
	return 0;
}

static int handle_capture_signal(int signal_number, void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	if (server->options->capture == NULL) {
		wlr_log(WLR_INFO, "no picture taken: --capture names no file");
		return 0;
	}
	wl_list_for_each(output, &server->outputs, link) {
		if (latch_output_capture(output, server->options->capture, NULL, NULL)) {
			server->captured = true;
			return 0;
		}
	}
	wlr_log(WLR_INFO, "no picture taken: no output has a free writeback connector");
	return 0;
}

static void handle_new_output(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, new_output);
	if (latch_output_create(server, data) == NULL) {
		wlr_log(WLR_ERROR, "an output could not be set up and stays dark");
	}
}

static void renew_renderer(void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	server->renew = NULL;
	latch_content_tracker_drop_textures(server->contents);
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_renderer_gone(output);
	}
	latch_renderer_renew(&server->renderer);
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_renderer_made(output);
	}
}

/* Not at once: it is in the middle of a picture. */
static void handle_renderer_lost(void *data) {
	struct latch_server *server = data;
	if (server->renew == NULL) {
		server->renew = wl_event_loop_add_idle(server->event_loop, renew_renderer, server);
	}
}

/* The client that needed it first is not charged for it. */
static void handle_renderer_made(void *data) {
	struct latch_server *server = data;
	if (server->turns != NULL) {
		latch_turns_forgive(server->turns);
	}
	if (server->renderer.wlr_renderer != NULL) {
		latch_protocols_renderer_changed(server);
	}
}

/* The compositor whose window this is has gone, or the only device. */
static void handle_backend_destroy(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, backend_destroy);
	wl_list_remove(&server->backend_destroy.link);
	wl_list_init(&server->backend_destroy.link);
	wl_list_remove(&server->new_output.link);
	wl_list_init(&server->new_output.link);
	latch_shell_backend_gone(server->shell);
	server->backend.wlr = NULL;
	server->renderer.backend = NULL;
	if (server->exit_status < 0) {
		fputs("latch: the outputs have gone\n", stderr);
	}
	latch_server_end(server, LATCH_EXIT_FAILURE);
}

static void handle_session_active(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, session_active);
	server->active = server->backend.session->active;
	if (server->left != NULL) {
		wl_event_source_timer_update(server->left, 0);
	}
	latch_shell_set_active(server->shell, server->active);
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_set_active(output, server->active);
	}
	latch_outputs_changed(server);
}

static int handle_not_left(void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_stay(output);
	}
	return 0;
}

void latch_server_leave(struct latch_server *server) {
	if (server->left == NULL) {
		server->left =
			wl_event_loop_add_timer(server->event_loop, handle_not_left, server);
	}
	if (server->left == NULL ||
		wl_event_source_timer_update(server->left, LEAVE_GRACE_MS) != 0) {
		return;
	}
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_leave(output);
	}
}

/* Returns whether there was something to do. */
static bool latch_due_outputs(struct latch_server *server) {
	bool any = false;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		any = latch_output_latch_due(output) || any;
	}
	return any;
}

static int handle_urgent_readable(int fd, uint32_t mask, void *data) {
	struct latch_server *server = data;
	wl_event_loop_dispatch(server->urgent_loop, 0);
	return 0;
}

static void handle_urgent(void *data) {
	struct latch_server *server = data;
	wl_event_loop_dispatch(server->urgent_loop, 0);
	latch_due_outputs(server);
}

static bool create_loops(struct latch_server *server) {
	server->event_loop = wl_display_get_event_loop(server->display);
	server->urgent_loop = wl_event_loop_create();
	if (server->urgent_loop == NULL) {
		return false;
	}
	server->urgent =
		wl_event_loop_add_fd(server->event_loop, wl_event_loop_get_fd(server->urgent_loop),
			WL_EVENT_READABLE, handle_urgent_readable, server);
	server->turns = latch_turns_create(&(struct latch_turns_options){
		.display = server->display,
		.percent = server->options->max_time_percent,
		.urgent = handle_urgent,
		.data = server,
		.request = latch_account_check_request,
	});
	return server->urgent != NULL && server->turns != NULL;
}

static bool add_signals(struct latch_server *server) {
	static const struct {
		int number;
		int (*handle)(int number, void *data);
	} wanted[] = {
		{SIGINT, handle_end_signal},
		{SIGTERM, handle_end_signal},
		{SIGHUP, handle_end_signal}, // the terminal that it was started from has gone
		{SIGUSR1, handle_capture_signal},
	};
	/* The command's end is read from the event loop too: no thread of a library that is made
	 * before it starts may take the signal away. */
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (size_t i = 0; i < LATCH_SERVER_SIGNALS; i++) {
		server->signals[i] = wl_event_loop_add_signal(
			server->event_loop, wanted[i].number, wanted[i].handle, server);
		if (server->signals[i] == NULL) {
			return false;
		}
	}
	return true;
}

static bool add_socket(struct latch_server *server) {
	const char *name = server->options->socket;
	server->listen = latch_listen_create(server->display, name);
	if (server->listen == NULL) {
		fprintf(stderr, "latch: the socket %s can't be made: %s\n",
			name != NULL ? name : "in XDG_RUNTIME_DIR", strerror(errno));
		return false;
	}
	server->socket = latch_listen_name(server->listen);
	return true;
}

static int start_backend(struct latch_server *server) {
	server->new_output.notify = handle_new_output;
	wl_signal_add(&server->backend.wlr->events.new_output, &server->new_output);
	server->backend_destroy.notify = handle_backend_destroy;
	wl_signal_add(&server->backend.wlr->events.destroy, &server->backend_destroy);
	if (server->backend.session != NULL) {
		server->session_active.notify = handle_session_active;
		wl_signal_add(&server->backend.session->events.active, &server->session_active);
		server->active = server->backend.session->active;
	}
	if (server->backend.kms != NULL) {
		int status = latch_kms_backend_choose(
			server->backend.kms, server->options->connector, server->options->mode);
		if (status != LATCH_EXIT_OK) {
			return status;
		}
	}
	if (!wlr_backend_start(server->backend.wlr)) {
		fputs("latch: the outputs and input devices could not be started\n", stderr);
		return LATCH_EXIT_FAILURE;
	}
	if (server->backend.kms == NULL && wl_list_empty(&server->outputs)) {
		fputs("latch: there is no output, and without KMS none can be plugged in\n",
			stderr);
		return LATCH_EXIT_FAILURE;
	}
	return LATCH_EXIT_OK;
}

int latch_server_init(struct latch_server *server, const struct latch_options *options) {
	*server = (struct latch_server){
		.options = options,
		.exit_status = -1,
		.active = true,
	};
	wl_list_init(&server->outputs);
	wl_list_init(&server->new_output.link);
	wl_list_init(&server->backend_destroy.link);
	wl_list_init(&server->session_active.link);

	int status = latch_environment_check();
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	latch_fds_raise_limit();
	server->display = wl_display_create();
	if (server->display == NULL) {
		fputs("latch: no memory for a Wayland display\n", stderr);
		return LATCH_EXIT_FAILURE;
	}
	if (!create_loops(server)) {
		fputs("latch: no memory for an event loop\n", stderr);
		status = LATCH_EXIT_FAILURE;
		goto error;
	}
	server->clients = latch_clients_create(server->display, &options->limits, server->turns);
	if (server->clients == NULL) {
		fputs("latch: no memory for the limits of clients\n", stderr);
		status = LATCH_EXIT_FAILURE;
		goto error;
	}

	/* Signals first: threads of libraries made later must inherit the blocked mask. */
	if (!add_signals(server)) {
		status = LATCH_EXIT_FAILURE;
		goto error;
	}
	status = latch_backend_open(
		&server->backend, server->event_loop, server->urgent_loop, options->device);
	if (status != LATCH_EXIT_OK) {
		goto error;
	}
	if (server->backend.kms == NULL && (options->connector != NULL || options->mode != NULL)) {
		fputs("latch: --connector and --mode are for a KMS device, not for a window; name "
		      "the "
		      "device with --device\n",
			stderr);
		status = LATCH_EXIT_USAGE;
		goto error;
	}
	latch_renderer_init(&server->renderer, server->backend.wlr, options->renderer,
		server->backend.kms == NULL || latch_kms_backend_may_have_gpu(server->backend.kms),
		&(struct latch_renderer_events){
			.lost = handle_renderer_lost,
			.made = handle_renderer_made,
			.data = server,
		});
	latch_renderer_ask(&server->renderer);

	status = LATCH_EXIT_FAILURE;
	server->trace = latch_trace_create(&(struct latch_trace_options){
		.trace_path = options->trace,
		.stats_path = options->stats,
		.reason_name = latch_reason_name,
	});
	if (server->trace == NULL) {
		fprintf(stderr, "latch: --trace or --stats can't be written: %s\n",
			strerror(errno));
		goto error;
	}
	if (!latch_protocols_create(server)) {
		fputs("latch: the protocols could not be set up\n", stderr);
		goto error;
	}
	if (!add_socket(server)) {
		goto error;
	}
	status = start_backend(server);
	if (status != LATCH_EXIT_OK) {
		goto error;
	}
	latch_protocols_create_dmabuf(server);
	return LATCH_EXIT_OK;

error:
	latch_server_finish(server);
	return status;
}

static int start_command(struct latch_server *server) {
	char **command = server->options->command;
	server->child.ended = handle_command_ended;
	server->child.data = server;
	setenv("WAYLAND_DISPLAY", server->socket, true);
	unsetenv("DISPLAY");
	int ret = latch_child_start(&server->child, server->event_loop, command);
	if (ret == 0) {
		return LATCH_EXIT_OK;
	}
	if (ret == -ENOENT) {
		fprintf(stderr, "latch: command not found: %s\n", command[0]);
		return LATCH_EXIT_NOT_FOUND;
	}
	fprintf(stderr, "latch: %s can't be started: %s\n", command[0], strerror(-ret));
	return LATCH_EXIT_NOT_EXECUTABLE;
}

void latch_server_settle(struct latch_server *server) {
	latch_due_outputs(server);
	do {
		wl_display_flush_clients(server->display);
		wl_event_loop_dispatch_idle(server->event_loop);
	} while (latch_due_outputs(server));
}

bool latch_server_round(struct latch_server *server, int timeout_ms) {
	latch_server_settle(server);
	latch_turns_begin_round(server->turns);
	int ret = wl_event_loop_dispatch(server->event_loop, timeout_ms);
	latch_turns_end_round(server->turns);
	return ret >= 0 || errno == EINTR;
}

/* In place of wl_display_run(). */
static int run_loop(struct latch_server *server) {
	while (!server->stopped) {
		if (!latch_server_round(server, -1)) {
			wlr_log_errno(WLR_ERROR, "the event loop failed");
			return LATCH_EXIT_FAILURE;
		}
	}
	return server->exit_status < 0 ? LATCH_EXIT_OK : server->exit_status;
}

int latch_server_run(struct latch_server *server) {
	if (server->options->realtime) {
		latch_realtime_enter();
	}
	wlr_log(WLR_INFO, "WAYLAND_DISPLAY=%s", server->socket);
	if (server->options->command != NULL) {
		int status = start_command(server);
		if (status != LATCH_EXIT_OK) {
			return status;
		}
	}
	return run_loop(server);
}

static int handle_grace_over(void *data) {
	struct latch_server *server = data;
	stop(server);
	return 0;
}

/* Whatever is waited for at the end, it is not waited for longer than this. */
static bool start_grace(struct latch_server *server, int ms) {
	if (server->grace == NULL) {
		server->grace =
			wl_event_loop_add_timer(server->event_loop, handle_grace_over, server);
	}
	return server->grace != NULL && wl_event_source_timer_update(server->grace, ms) == 0;
}

/* The command may have something to say or to save: it gets a moment, and a living compositor. */
static void end_session(void *data) {
	struct latch_server *server = data;
	if (start_grace(server, COMMAND_GRACE_MS) && latch_child_ask_to_end(&server->child)) {
		server->waits_for_command = true;
		return;
	}
	stop(server);
}

void latch_server_end(struct latch_server *server, int exit_status) {
	if (server->exit_status >= 0) {
		return;
	}
	server->exit_status = exit_status;
	/* A picture is taken while everything still stands, if nobody asked for one before. */
	bool wanted = server->options->capture != NULL && !server->captured && server->active &&
		      start_grace(server, CAPTURE_GRACE_MS);
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (wanted && latch_output_capture(
				      output, server->options->capture, end_session, server)) {
			return;
		}
	}
	end_session(server);
}

/* In the reverse order of latch_server_init(); what was not made yet is NULL. */
void latch_server_finish(struct latch_server *server) {
	bool ran = server->socket != NULL && server->exit_status >= 0;
	latch_child_finish(&server->child);
	latch_listen_destroy(server->listen);
	wl_list_remove(&server->new_output.link);
	wl_list_remove(&server->session_active.link);

	if (server->display != NULL) {
		wl_display_destroy_clients(server->display);
	}
	struct latch_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &server->outputs, link) {
		latch_output_destroy(output);
	}
	if (ran) {
		latch_trace_print(server->trace, stdout);
	}
	latch_inspector_destroy(server->inspector);
	latch_image_capture_destroy(server->image_capture);
	latch_management_destroy(server->management);
	latch_shell_destroy(server->shell);
	latch_dmabuf_destroy(server->dmabuf);
	latch_content_tracker_destroy(server->contents);
	latch_gate_destroy(server->gate);
	latch_timeline_device_unref(server->timeline_device);
	latch_trace_destroy(server->trace);
	if (server->renew != NULL) {
		wl_event_source_remove(server->renew);
	}
	if (server->retry_outputs != NULL) {
		wl_event_source_remove(server->retry_outputs);
	}
	latch_renderer_finish(&server->renderer);
	wl_list_remove(&server->backend_destroy.link);
	latch_backend_close(&server->backend);
	if (server->grace != NULL) {
		wl_event_source_remove(server->grace);
	}
	if (server->left != NULL) {
		wl_event_source_remove(server->left);
	}
	for (size_t i = 0; i < LATCH_SERVER_SIGNALS; i++) {
		if (server->signals[i] != NULL) {
			wl_event_source_remove(server->signals[i]);
		}
	}
	latch_clients_destroy(server->clients);
	latch_turns_destroy(server->turns);
	if (server->urgent != NULL) {
		wl_event_source_remove(server->urgent);
	}
	if (server->urgent_loop != NULL) {
		wl_event_loop_destroy(server->urgent_loop);
	}
	if (server->display != NULL) {
		wl_display_destroy(server->display);
	}
}
