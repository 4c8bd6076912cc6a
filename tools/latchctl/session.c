/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common/util.h"
#include "document.h"
#include "latch-inspector-unstable-v2-client-protocol.h"

static void handle_document(void *data, struct zlatch_inspector_v2 *inspector, uint32_t subject,
	int32_t fd, uint32_t size) {
	struct session *session = data;
	session->answer = document_read(fd, size);
	session->answered = true;
	if (!session->answer) {
		session->problem = "no memory for the answer, or it makes no sense";
	}
	close(fd);
}

static void handle_recorded(void *data, struct zlatch_inspector_v2 *inspector, uint32_t error) {
	struct session *session = data;
	session->answered = true;
	session->record_error = error;
}

static const struct zlatch_inspector_v2_listener listener = {
	.document = handle_document, .recorded = handle_recorded};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct session *session = data;
	if (!session->inspector && strcmp(interface, zlatch_inspector_v2_interface.name) == 0) {
		session->inspector = wl_registry_bind(
			registry, name, &zlatch_inspector_v2_interface, version < 2 ? version : 2);
		zlatch_inspector_v2_add_listener(session->inspector, &listener, session);
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

bool session_init(struct session *session) {
	wl_log_set_handler_client(keep_quiet);
	*session = (struct session){.display = wl_display_connect(NULL)};
	if (!session->display) {
		say_unconnected(errno);
		return false;
	}
	session->registry = wl_display_get_registry(session->display);
	wl_registry_add_listener(session->registry, &registry_listener, session);
	if (wl_display_roundtrip(session->display) < 0) {
		return failed(false, "the compositor closed the connection");
	}
	if (!session->inspector) {
		return failed(false,
			"this is not a session of latch, or the client is sandboxed: the "
			"compositor has no %s",
			zlatch_inspector_v2_interface.name);
	}
	return true;
}

void session_finish(struct session *session) {
	if (!session->display) {
		return;
	}
	if (session->inspector) {
		zlatch_inspector_v2_destroy(session->inspector);
	}
	wl_registry_destroy(session->registry);
	wl_display_disconnect(session->display);
}

/* Returns whether the answer to the request that was just made has come. */
static bool wait_for_answer(struct session *session) {
	session->answered = false;
	session->problem = NULL;
	while (!session->answered) {
		if (wl_display_dispatch(session->display) < 0) {
			session->problem = "the compositor closed the connection";
			return false;
		}
	}
	return true;
}

yyjson_mut_doc *session_ask(struct session *session, uint32_t subject) {
	zlatch_inspector_v2_ask(session->inspector, subject);
	return wait_for_answer(session) ? session->answer : NULL;
}

bool session_record(struct session *session, int fd, uint32_t last_ms) {
	if (zlatch_inspector_v2_get_version(session->inspector) < 2) {
		session->problem = "this latch is of a version that keeps no frames";
		return false;
	}
	zlatch_inspector_v2_record(session->inspector, fd, last_ms);
	if (!wait_for_answer(session)) {
		return false;
	}
	if (session->record_error == EBUSY) {
		session->problem = "latch is writing another file; try again in a moment";
		return false;
	}
	return session->record_error == 0 ||
	       failed(false, "latch can't write the frames: %s",
		       strerror((int)session->record_error));
}

bool session_keep_output(yyjson_mut_val *root, const char *name) {
	yyjson_mut_val *outputs = yyjson_mut_obj_get(root, "outputs"), *output;
	if (find_text(outputs, "/name", name)) {
		keep_text(outputs, "/name", name);
		return true;
	}
	char names[512] = "";
	size_t i, len;
	yyjson_mut_arr_foreach(outputs, i, len, output) {
		text_append(names, sizeof(names), " %s", get_text(output, "/name"));
	}
	return failed(false, "there is no output %s; there is:%s", name,
		names[0] != '\0' ? names : " none");
}
