/*
 * latchctl: asks a running latch what it does with its clients' buffers.
 *
 * planes: receive.c takes latch's events into the plain structs of model.h; table.c, json.c and
 * svg.c write those; advice.c knows what helps against which reason.
 *
 * top: receive_counted.c takes them into counted.h; span.c takes the difference of two answers;
 * top_table.c and top_json.c write it; top.c asks again and again, screen.c knows the terminal.
 *
 * held: held.c takes the events and writes them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common/util.h"
#include "held.h"
#include "json.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "options.h"
#include "receive.h"
#include "svg.h"
#include "table.h"
#include "top.h"

#define DEFAULT_WIDTH 100

#define INSPECTOR_VERSION 2

struct session {
	struct wl_display *display;
	struct wl_registry *registry;
	struct zlatch_inspector_v1 *inspector;
	uint32_t version;
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct session *session = data;
	if (!session->inspector && strcmp(interface, zlatch_inspector_v1_interface.name) == 0) {
		uint32_t own = (uint32_t)zlatch_inspector_v1_interface.version;
		session->version = version < own ? version : own;
		session->inspector = wl_registry_bind(
			registry, name, &zlatch_inspector_v1_interface, session->version);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

/* libwayland's own words would come before ours. */
static void keep_quiet(const char *format, va_list args) {
}

static void say_unconnected(int error) {
	const char *name = getenv("WAYLAND_DISPLAY");
	if (!getenv("XDG_RUNTIME_DIR")) {
		say("XDG_RUNTIME_DIR is not set: run this inside a session of latch");
	} else if (!name) {
		say("WAYLAND_DISPLAY is not set: run this inside a session of latch, or set it to "
		    "the name that latch says when it starts");
	} else {
		say("there is no compositor at WAYLAND_DISPLAY=%s: %s", name, strerror(error));
	}
}

static bool connect_session(struct session *session) {
	wl_log_set_handler_client(keep_quiet);
	*session = (struct session){.display = wl_display_connect(NULL)};
	if (!session->display) {
		say_unconnected(errno);
		return false;
	}
	session->registry = wl_display_get_registry(session->display);
	wl_registry_add_listener(session->registry, &registry_listener, session);
	if (wl_display_roundtrip(session->display) < 0) {
		say("the compositor closed the connection");
		return false;
	}
	if (!session->inspector) {
		say("this is not a session of latch, or the client is sandboxed: the compositor "
		    "has no %s",
			zlatch_inspector_v1_interface.name);
		return false;
	}
	return true;
}

static void disconnect_session(struct session *session) {
	if (!session->display) {
		return;
	}
	if (session->inspector) {
		zlatch_inspector_v1_destroy(session->inspector);
	}
	if (session->registry) {
		wl_registry_destroy(session->registry);
	}
	wl_display_disconnect(session->display);
}

/* Waits until the answer is complete, or makes no sense. */
static bool await(struct session *session, const bool *done, const bool *failed) {
	bool connected = true;
	while (connected && !*done) {
		connected = wl_display_dispatch(session->display) >= 0;
	}
	if (!connected) {
		say("the compositor closed the connection");
	} else if (*failed) {
		say("no memory for the answer, or it makes no sense");
	}
	return connected && !*failed;
}

/* Asks, and waits for the whole answer. The model is the caller's to finish, also on failure. */
static bool ask(struct session *session, struct model *model) {
	struct receiver receiver;
	struct zlatch_inspector_planes_v1 *planes =
		zlatch_inspector_v1_get_planes(session->inspector);
	receiver_init(&receiver, planes);
	bool ok = await(session, &receiver.done, &receiver.failed);
	zlatch_inspector_planes_v1_destroy(planes);
	*model = receiver.model;
	return ok;
}

static bool find_output(
	const struct model *model, const char *name, const struct model_output **found) {
	*found = name ? model_find_output(model, name) : NULL;
	if (*found || !name) {
		return true;
	}
	char names[512] = "";
	size_t len = 0;
	for (size_t i = 0; i < model->outputs_len && len < sizeof(names); i++) {
		len += (size_t)snprintf(
			names + len, sizeof(names) - len, " %s", model->outputs[i].name);
	}
	say("there is no output %s; there is:%s", name, len > 0 ? names : " none");
	return false;
}

static int table_width(void) {
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		return size.ws_col;
	}
	const char *columns = getenv("COLUMNS");
	int width = columns ? atoi(columns) : 0;
	return width > 0 ? width : DEFAULT_WIDTH;
}

static bool flush(void) {
	if (fflush(stdout) != 0 || ferror(stdout)) {
		say("standard output can't be written: %s", strerror(errno));
		return false;
	}
	return true;
}

/* Takes the text. */
static bool print_json(char *text) {
	if (!text) {
		say("out of memory");
		return false;
	}
	fputs(text, stdout);
	free(text);
	return flush();
}

static void clear_screen(const struct latchctl_options *options) {
	if (options->watch_s > 0 && isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
	}
}

static bool write_answer(const struct latchctl_options *options, const struct model *model) {
	const struct model_output *only;
	if (!find_output(model, options->output, &only)) {
		return false;
	}
	if (options->svg) {
		cairo_status_t status = svg_write(options->svg, model, only);
		if (status != CAIRO_STATUS_SUCCESS) {
			say("%s can't be written: %s", options->svg,
				cairo_status_to_string(status));
		}
		return status == CAIRO_STATUS_SUCCESS;
	}
	if (options->json) {
		return print_json(json_write(model, only));
	}
	clear_screen(options);
	table_print(stdout, model, only, table_width());
	return flush();
}

static bool answer_planes(struct session *session, const struct latchctl_options *options) {
	struct model model;
	bool ok = ask(session, &model) && write_answer(options, &model);
	model_finish(&model);
	return ok;
}

static bool answer_held(struct session *session, const struct latchctl_options *options) {
	if (zlatch_inspector_v1_get_version(session->inspector) <
		ZLATCH_INSPECTOR_V1_GET_HELD_SINCE_VERSION) {
		say("this latch is too old to tell which updates are held");
		return false;
	}
	struct held held = {0};
	struct zlatch_inspector_held_v1 *object = zlatch_inspector_v1_get_held(session->inspector);
	held_listen(&held, object);
	bool ok = await(session, &held.done, &held.failed);
	zlatch_inspector_held_v1_destroy(object);
	if (ok && options->json) {
		ok = print_json(held_write_json(&held));
	} else if (ok) {
		clear_screen(options);
		held_print(stdout, &held);
		ok = flush();
	}
	held_finish(&held);
	return ok;
}

static void wait_seconds(double seconds) {
	struct timespec time = {.tv_sec = (time_t)seconds};
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
}

static bool run(struct session *session, const struct latchctl_options *options) {
	if (options->command == LATCHCTL_TOP) {
		if (session->version < ZLATCH_INSPECTOR_V1_GET_STATISTICS_SINCE_VERSION) {
			say("this latch is older than 'latchctl top'");
			return false;
		}
		return top_run(session->display, session->inspector, options);
	}
	for (;;) {
		bool ok = options->command == LATCHCTL_HELD ? answer_held(session, options)
							    : answer_planes(session, options);
		if (!ok || options->watch_s == 0) {
			return ok;
		}
		if (!isatty(STDOUT_FILENO)) {
			puts("");
		}
		wait_seconds(options->watch_s);
	}
}

int main(int argc, char **argv) {
	struct latchctl_options options;
	int status = latchctl_options_parse(&options, argc, argv);
	if (status >= 0) {
		return status;
	}
	struct session session;
	bool ok = connect_session(&session) && run(&session, &options);
	disconnect_session(&session);
	return ok ? LATCHCTL_EXIT_OK : LATCHCTL_EXIT_FAILURE;
}
