/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <signal.h>
#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/backend/session.h>

#include "backend/backend.h"
#include "base/source.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "environment.h"
#include "fence/timeline.h"
#include "inspect/inspector.h"
#include "limits/client.h"
#include "limits/fds.h"
#include "limits/listen.h"
#include "output/content.h"
#include "output/management.h"
#include "output/output.h"
#include "output/planes_like.h"
#include "output/renderer_reads.h"
#include "protocols.h"
#include "shell/shell.h"
#include "sync/gate.h"
#include "trace/mark.h"
#include "trace/statistics.h"
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
	wl_display_terminate(server->core.display); // wakes the event loop
}

static int handle_grace_over(void *data) {
	stop(data);
	return 0;
}

/* Whatever is waited for at the end, it is not waited for longer than this. */
static bool start_grace(struct latch_server *server, int ms) {
	return wl_event_source_timer_update(server->grace, ms) == 0;
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

/* Of the first output that can do it. done: called then, if it can be. */
static bool take_picture(struct latch_server *server, void (*done)(void *data)) {
	struct latch_output *output;
	wl_list_for_each(output, &server->core.outputs, link) {
		if (latch_output_capture(output, server->options->capture, done, server)) {
			return true;
		}
	}
	return false;
}

static void end(struct latch_core *core, int exit_status) {
	struct latch_server *server = wl_container_of(core, server, core);
	if (server->exit_status >= 0) {
		return;
	}
	server->exit_status = exit_status;
	latch_notify_stopping(&server->notify);
	/* A picture is taken while everything still stands, if nobody asked for one before. */
	bool wanted = server->options->capture != NULL && !server->captured && server->core.active;
	if (!wanted || !start_grace(server, CAPTURE_GRACE_MS) ||
		!take_picture(server, end_session)) {
		end_session(server);
	}
}

static void handle_flipped(struct latch_core *core) {
	struct latch_server *server = wl_container_of(core, server, core);
	server->flips++;
	latch_notify_ready(&server->notify);
	if (server->options->frames != 0 && server->flips >= server->options->frames) {
		end(core, LATCH_EXIT_OK);
	}
}

static void handle_command_ended(struct latch_child *child, int status) {
	struct latch_server *server = wl_container_of(child, server, child);
	if (server->waits_for_command) {
		stop(server);
	} else {
		end(&server->core, status);
	}
}

static int handle_end_signal(int signal_number, void *data) {
	struct latch_server *server = data;
	wlr_log(WLR_INFO, "ending: %s", strsignal(signal_number));
	end(&server->core, LATCH_EXIT_OK);
	return 0;
}

static int handle_capture_signal(int signal_number, void *data) {
	struct latch_server *server = data;
	if (server->options->capture == NULL) {
		wlr_log(WLR_INFO, "no picture taken: --capture names no file");
	} else if (take_picture(server, NULL)) {
		server->captured = true;
	} else {
		wlr_log(WLR_INFO, "no picture taken: no output has a free writeback connector");
	}
	return 0;
}

static void handle_new_output(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, new_output);
	if (latch_output_create(&server->core, data) == NULL) {
		wlr_log(WLR_ERROR, "an output could not be set up and stays dark");
	}
}

static void renew_renderer(void *data) {
	struct latch_server *server = data;
	server->renew = NULL;
	latch_content_tracker_drop_textures(server->core.contents);
	latch_outputs_each(&server->core, latch_output_renderer_gone);
	latch_renderer_renew(&server->core.renderer);
	latch_outputs_each(&server->core, latch_output_renderer_made);
}

/* Not at once: it is in the middle of a picture. */
static void handle_renderer_lost(void *data) {
	struct latch_server *server = data;
	if (server->renew == NULL) {
		server->renew = wl_event_loop_add_idle(server->core.event_loop, renew_renderer, server);
	}
}

/* The client that needed it first is not charged for it. */
static void handle_renderer_made(void *data) {
	struct latch_server *server = data;
	latch_turns_forgive(server->core.turns);
	if (server->core.renderer.wlr_renderer != NULL) {
		latch_protocols_renderer_changed(&server->core);
	}
}

/* Pictures that waited for a buffer are drawn. */
static void handle_buffers_made(void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	wl_list_for_each(output, &server->core.outputs, link) {
		latch_output_picture_done(output);
	}
}

/* The compositor whose window this is has gone, or the only device. */
static void handle_backend_destroy(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, backend_destroy);
	latch_unlisten(&server->backend_destroy);
	latch_unlisten(&server->new_output);
	latch_shell_backend_gone(server->core.shell);
	server->core.backend.wlr = NULL;
	server->core.renderer.backend = NULL;
	if (server->exit_status < 0) {
		fputs("latch: the outputs have gone\n", stderr);
	}
	end(&server->core, LATCH_EXIT_FAILURE);
}

static void handle_session_active(struct wl_listener *listener, void *data) {
	struct latch_server *server = wl_container_of(listener, server, session_active);
	server->core.active = server->core.backend.session->active;
	wl_event_source_timer_update(server->left, 0);
	latch_shell_set_active(server->core.shell, server->core.active);
	latch_outputs_each(&server->core, latch_output_session_changed);
	latch_outputs_changed(&server->core);
}

static int handle_not_left(void *data) {
	struct latch_server *server = data;
	latch_outputs_each(&server->core, latch_output_stay);
	return 0;
}

/*
 * The user asks for another VT. The seat takes the device away before it tells of the switch, so
 * what has to be done with it is done here. If no switch follows (there is no such VT, or it is
 * this one), it goes on a moment later.
 */
static void handle_leave(struct latch_core *core) {
	struct latch_server *server = wl_container_of(core, server, core);
	if (wl_event_source_timer_update(server->left, LEAVE_GRACE_MS) == 0) {
		latch_outputs_each(core, latch_output_leave);
	}
}

/* Returns whether there was something to do. */
static bool latch_due_outputs(struct latch_server *server) {
	bool any = false;
	struct latch_output *output;
	wl_list_for_each(output, &server->core.outputs, link) {
		any = latch_output_latch_due(output) || any;
	}
	return any;
}

static int handle_urgent_readable(int fd, uint32_t mask, void *data) {
	struct latch_server *server = data;
	wl_event_loop_dispatch(server->core.urgent_loop, 0);
	return 0;
}

static void handle_urgent(void *data) {
	struct latch_server *server = data;
	wl_event_loop_dispatch(server->core.urgent_loop, 0);
	latch_due_outputs(server);
}

static bool create_loops(struct latch_server *server) {
	struct latch_core *core = &server->core;
	core->event_loop = wl_display_get_event_loop(core->display);
	core->urgent_loop = wl_event_loop_create();
	if (core->urgent_loop == NULL) {
		return false;
	}
	server->urgent =
		wl_event_loop_add_fd(core->event_loop, wl_event_loop_get_fd(core->urgent_loop),
			WL_EVENT_READABLE, handle_urgent_readable, server);
	server->grace = wl_event_loop_add_timer(core->event_loop, handle_grace_over, server);
	server->left = wl_event_loop_add_timer(core->event_loop, handle_not_left, server);
	core->turns = latch_turns_create(&(struct latch_turns_options){
		.display = core->display,
		.percent = server->options->max_time_percent,
		.urgent = handle_urgent,
		.data = server,
		.request = latch_account_check_request,
	});
	return server->urgent != NULL && server->grace != NULL && server->left != NULL &&
	       core->turns != NULL;
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
			server->core.event_loop, wanted[i].number, wanted[i].handle, server);
		if (server->signals[i] == NULL) {
			return false;
		}
	}
	return true;
}

static int add_socket(struct latch_server *server) {
	const char *name = server->options->socket;
	server->listen = latch_listen_create(server->core.display, name);
	if (server->listen == NULL) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "the socket %s can't be made: %s",
			name != NULL ? name : "in XDG_RUNTIME_DIR", strerror(errno));
	}
	return LATCH_EXIT_OK;
}

static int start_backend(struct latch_server *server) {
	const struct latch_backend *backend = &server->core.backend;
	latch_listen(&backend->wlr->events.new_output, &server->new_output, handle_new_output);
	latch_listen(
		&backend->wlr->events.destroy, &server->backend_destroy, handle_backend_destroy);
	if (backend->session != NULL) {
		latch_listen(&backend->session->events.active, &server->session_active,
			handle_session_active);
		server->core.active = backend->session->active;
	}
	if (backend->kms != NULL) {
		backend->kms->wants_hdr = server->options->color.transfer == COLOR_PQ;
		int status = latch_kms_backend_choose(
			backend->kms, server->options->connector, &server->options->outputs);
		if (status != LATCH_EXIT_OK) {
			return status;
		}
	}
	if (!wlr_backend_start(backend->wlr)) {
		return latch_exit_with(
			LATCH_EXIT_FAILURE, "the outputs and input devices could not be started");
	}
	if (backend->kms == NULL && wl_list_empty(&server->core.outputs)) {
		return latch_exit_with(LATCH_EXIT_FAILURE,
			"there is no output, and without KMS none can be plugged in");
	}
	return LATCH_EXIT_OK;
}

static int create_display(struct latch_server *server) {
	latch_fds_raise_limit();
	server->core.display = wl_display_create();
	if (server->core.display == NULL) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "no memory for a Wayland display");
	}
	if (!create_loops(server)) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "no memory for an event loop");
	}
	latch_notify_init(&server->notify, server->core.event_loop);
	server->core.clients = latch_clients_create(
		server->core.display, &server->options->limits, server->core.turns);
	if (server->core.clients == NULL) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "no memory for the limits of clients");
	}
	/* Signals first: threads of libraries made later must inherit the blocked mask. */
	return add_signals(server) ? LATCH_EXIT_OK : LATCH_EXIT_FAILURE;
}

static int open_backend(struct latch_server *server) {
	const struct latch_options *options = server->options;
	struct latch_core *core = &server->core;
	int status = latch_backend_open(
		&core->backend, core->event_loop, core->urgent_loop, options->device);
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	if (core->backend.kms == NULL && options->connector != NULL) {
		return latch_exit_with(LATCH_EXIT_USAGE,
			"--connector is for a KMS device, not for a window; name the device with "
			"--device");
	}
	if (options->planes_like != NULL) {
		status = latch_planes_like_create(&core->planes_like, options->planes_like,
			core->backend.kms != NULL ? core->backend.kms->device : NULL);
		if (status != LATCH_EXIT_OK) {
			return status;
		}
	}
	latch_renderer_init(&core->renderer, core->backend.wlr,
		core->backend.kms != NULL ? core->urgent_loop : NULL, options->renderer,
		core->backend.kms == NULL || latch_kms_backend_may_have_gpu(core->backend.kms),
		&(struct latch_renderer_events){
			.lost = handle_renderer_lost,
			.made = handle_renderer_made,
			.buffers_made = handle_buffers_made,
			.data = server,
		});
	core->color = options->color;
	core->sdr_color = color_description_make(COLOR_PRIMARIES_SRGB, COLOR_SRGB, 0);
	latch_renderer_ask(&core->renderer);
	return LATCH_EXIT_OK;
}

static int create_parts(struct latch_server *server) {
	const struct latch_options *options = server->options;
	server->core.trace = latch_trace_create(&(struct latch_trace_options){
		.trace_path = options->trace,
		.stats_path = options->stats,
		.event_loop = server->core.event_loop,
		.record_folder = options->record,
		.record_files = options->record_files,
		.record_limit_ns = options->record_limit_ns,
	});
	if (server->core.trace == NULL) {
		return latch_exit_with(LATCH_EXIT_FAILURE,
			"--trace, --stats or --record can't be written: %s", strerror(errno));
	}
	const int error = options->ftrace ? latch_mark_open() : 0;
	if (error != 0) {
		return latch_exit_with(LATCH_EXIT_FAILURE,
			"--ftrace: /sys/kernel/tracing/trace_marker can't be opened: %s; it takes "
			"root, and a mounted tracefs",
			strerror(-error));
	}
	if (!latch_protocols_create(&server->core, options)) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "the protocols could not be set up");
	}
	return LATCH_EXIT_OK;
}

int latch_server_init(struct latch_server *server, const struct latch_options *options) {
	static int (*const steps[])(struct latch_server *server) = {
		create_display,
		open_backend,
		create_parts,
		add_socket,
		start_backend,
	};
	*server = (struct latch_server){
		.options = options,
		.exit_status = -1,
		.notify.fd = -1,
		.core = {
			.scanout = options->scanout,
			.max_tests = options->max_tests,
			.background = options->background,
			.pacing = options->pacing,
			.vrr = options->vrr,
			.requests = &options->outputs,
			.active = true,
			.flipped = handle_flipped,
			.leave = handle_leave,
			.end = end,
		},
	};
	wl_list_init(&server->core.outputs);
	wl_list_init(&server->core.clocks);

	int status = latch_environment_check();
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		status = steps[i](server);
		if (status != LATCH_EXIT_OK) {
			latch_server_finish(server);
			return status;
		}
	}
	latch_protocols_create_dmabuf(&server->core);
	return LATCH_EXIT_OK;
}

static int start_command(struct latch_server *server) {
	char **command = server->options->command;
	server->child.ended = handle_command_ended;
	int ret = latch_child_start(&server->child, server->core.event_loop, command);
	if (ret == 0) {
		return LATCH_EXIT_OK;
	}
	if (ret == -ENOENT) {
		return latch_exit_with(LATCH_EXIT_NOT_FOUND, "command not found: %s", command[0]);
	}
	return latch_exit_with(
		LATCH_EXIT_NOT_EXECUTABLE, "%s can't be started: %s", command[0], strerror(-ret));
}

void latch_server_settle(struct latch_server *server) {
	latch_due_outputs(server);
	do {
		wl_display_flush_clients(server->core.display);
		wl_event_loop_dispatch_idle(server->core.event_loop);
	} while (latch_due_outputs(server));
}

bool latch_server_round(struct latch_server *server, int timeout_ms) {
	latch_server_settle(server);
	latch_turns_begin_round(server->core.turns);
	int ret = wl_event_loop_dispatch(server->core.event_loop, timeout_ms);
	latch_turns_end_round(server->core.turns);
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
	wlr_log(WLR_INFO, "WAYLAND_DISPLAY=%s", latch_listen_name(server->listen));
	latch_environment_set(
		latch_listen_name(server->listen), server->core.backend.session == NULL);
	if (server->options->dbus) {
		latch_environment_tell();
	}
	if (server->options->command != NULL) {
		int status = start_command(server);
		if (status != LATCH_EXIT_OK) {
			return status;
		}
	}
	/* Nobody has to wait for a monitor that is not plugged in, or for another VT's session. */
	if (wl_list_empty(&server->core.outputs) || !server->core.active) {
		latch_notify_ready(&server->notify);
	}
	return run_loop(server);
}

/* In the reverse order of latch_server_init(); what was not made yet is NULL. */
void latch_server_finish(struct latch_server *server) {
	bool ran = server->listen != NULL && server->exit_status >= 0;
	latch_child_finish(&server->child);
	latch_listen_destroy(server->listen);
	latch_unlisten(&server->new_output);
	latch_unlisten(&server->session_active);

	if (server->core.display != NULL) {
		wl_display_destroy_clients(server->core.display);
	}
	struct latch_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &server->core.outputs, link) {
		latch_output_destroy(output);
	}
	if (ran) {
		latch_statistics_write_table(latch_trace_statistics(server->core.trace), stdout);
	}
	latch_inspector_destroy(server->core.inspector);
	latch_management_destroy(server->core.management);
	latch_shell_destroy(server->core.shell);
	latch_dmabuf_destroy(server->core.dmabuf);
	latch_content_tracker_destroy(server->core.contents);
	latch_gate_destroy(server->core.gate);
	latch_timeline_device_destroy(server->core.timeline_device);
	latch_trace_destroy(server->core.trace);
	latch_source_clear(&server->renew);
	latch_source_clear(&server->core.retry_outputs);
	latch_renderer_finish(&server->core.renderer);
	latch_unlisten(&server->backend_destroy);
	latch_backend_close(&server->core.backend);
	latch_planes_like_destroy(server->core.planes_like);
	latch_source_clear(&server->grace);
	latch_source_clear(&server->left);
	latch_notify_finish(&server->notify);
	for (size_t i = 0; i < LATCH_SERVER_SIGNALS; i++) {
		latch_source_clear(&server->signals[i]);
	}
	latch_clients_destroy(server->core.clients);
	latch_turns_destroy(server->core.turns);
	latch_source_clear(&server->urgent);
	if (server->core.urgent_loop != NULL) {
		wl_event_loop_destroy(server->core.urgent_loop);
	}
	if (server->core.display != NULL) {
		wl_display_destroy(server->core.display);
	}
}
