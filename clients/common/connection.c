/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "base/minmax.h"
#include "color-management-v1-client-protocol.h"
#include "color-representation-v1-client-protocol.h"
#include "commit-timing-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "util.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

/* libwayland keeps a protocol error's interface and code but hands its words only to the log. */
static char last_log[512];

static void keep_log(const char *format, va_list args) {
	vsnprintf(last_log, sizeof(last_log), format, args);
	last_log[strcspn(last_log, "\n")] = '\0';
}

static void wm_base_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = wm_base_ping};

static void dmabuf_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc) {
	/* Each format comes again in a modifier event. */
}

static void dmabuf_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t fourcc,
	uint32_t modifier_hi, uint32_t modifier_lo) {
	struct connection *conn = data;
	kms_format_set_add(
		&conn->legacy_formats, fourcc, (uint64_t)modifier_hi << 32 | modifier_lo);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = dmabuf_format,
	.modifier = dmabuf_modifier,
};

static void presentation_clock_id(void *data, struct wp_presentation *presentation, uint32_t id) {
	struct connection *conn = data;
	conn->presentation_clock = (clockid_t)id;
}

static const struct wp_presentation_listener presentation_listener = {
	.clock_id = presentation_clock_id,
};

static void color_alpha_mode(
	void *data, struct wp_color_representation_manager_v1 *manager, uint32_t mode) {
	struct connection *conn = data;
	conn->alpha_modes |= mode < 32 ? 1u << mode : 0;
}

static void color_coefficients(void *data, struct wp_color_representation_manager_v1 *manager,
	uint32_t coefficients, uint32_t range) {
	struct connection *conn = data;
	if (coefficients < CONNECTION_MAX_COEFFICIENTS && range < 32) {
		conn->color_ranges[coefficients] |= 1u << range;
	}
}

static void color_done(void *data, struct wp_color_representation_manager_v1 *manager) {
}

static const struct wp_color_representation_manager_v1_listener color_listener = {
	.supported_alpha_mode = color_alpha_mode,
	.supported_coefficients_and_ranges = color_coefficients,
	.done = color_done,
};

static void image_number(void *data, struct wp_color_manager_v1 *manager, uint32_t number) {
}

static void image_transfer(void *data, struct wp_color_manager_v1 *manager, uint32_t name) {
	struct connection *conn = data;
	conn->transfer_functions |= name < 32 ? 1u << name : 0;
}

static void image_primaries(void *data, struct wp_color_manager_v1 *manager, uint32_t name) {
	struct connection *conn = data;
	conn->primaries |= name < 32 ? 1u << name : 0;
}

static void image_done(void *data, struct wp_color_manager_v1 *manager) {
}

static const struct wp_color_manager_v1_listener image_listener = {
	.supported_intent = image_number,
	.supported_feature = image_number,
	.supported_tf_named = image_transfer,
	.supported_primaries_named = image_primaries,
	.done = image_done,
};

#define MEMBER(name) offsetof(struct connection, name)

static const struct {
	const struct wl_interface *interface;
	uint32_t min, max; /* versions; 0: conn->dmabuf_max */
	size_t member;
	const void *listener; /* whose data is the connection; NULL: none */
} globals[] = {
	{&wl_compositor_interface, 4, 4, MEMBER(compositor), NULL},
	{&wl_subcompositor_interface, 1, 1, MEMBER(subcompositor), NULL},
	{&wl_shm_interface, 1, 1, MEMBER(shm), NULL},
	{&xdg_wm_base_interface, 1, 1, MEMBER(wm_base), &wm_base_listener},
	{&zwp_linux_dmabuf_v1_interface, 3, 0, MEMBER(dmabuf), &dmabuf_listener},
	{&wp_presentation_interface, 1, 2, MEMBER(presentation), &presentation_listener},
	{&wp_linux_drm_syncobj_manager_v1_interface, 1, 1, MEMBER(syncobj_manager), NULL},
	{&zwp_linux_explicit_synchronization_v1_interface, 1, 2, MEMBER(explicit_sync), NULL},
	{&wp_viewporter_interface, 1, 1, MEMBER(viewporter), NULL},
	{&wp_alpha_modifier_v1_interface, 1, 1, MEMBER(alpha_modifier), NULL},
	{&wp_color_representation_manager_v1_interface, 1, 1, MEMBER(color_manager),
		&color_listener},
	{&wp_commit_timing_manager_v1_interface, 1, 1, MEMBER(commit_timing), NULL},
	{&wp_fifo_manager_v1_interface, 1, 1, MEMBER(fifo), NULL},
	{&wp_color_manager_v1_interface, 2, 2, MEMBER(image_manager), &image_listener},
};
#define NUM_GLOBALS (sizeof(globals) / sizeof(globals[0]))

static struct wl_proxy **object_of(struct connection *conn, size_t index) {
	return (void *)((char *)conn + globals[index].member);
}

static void registry_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct connection *conn = data;
	for (size_t i = 0; i < NUM_GLOBALS; i++) {
		struct wl_proxy **object = object_of(conn, i);
		if (strcmp(interface, globals[i].interface->name) != 0 || *object ||
			version < globals[i].min) {
			continue;
		}
		uint32_t max = globals[i].max ? globals[i].max : conn->dmabuf_max;
		*object = wl_registry_bind(
			registry, name, globals[i].interface, version < max ? version : max);
		if (globals[i].listener) {
			wl_proxy_add_listener(*object, (void (**)(void))globals[i].listener, conn);
		}
		return;
	}
	if (strcmp(interface, wl_output_interface.name) == 0 &&
		conn->num_outputs < CONNECTION_MAX_OUTPUTS) {
		conn->outputs[conn->num_outputs++] =
			wl_registry_bind(registry, name, &wl_output_interface, 1);
	}
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

bool connection_init(struct connection *conn, uint32_t dmabuf_max) {
	*conn = (struct connection){.presentation_clock = -1, .dmabuf_max = dmabuf_max};
	wl_log_set_handler_client(keep_log);
	conn->display = wl_display_connect(NULL);
	if (!conn->display) {
		return false;
	}
	conn->registry = wl_display_get_registry(conn->display);
	wl_registry_add_listener(conn->registry, &registry_listener, conn);
	/* The first brings the globals, the second what they say when they are bound. */
	if (wl_display_roundtrip(conn->display) < 0 || wl_display_roundtrip(conn->display) < 0) {
		int saved = errno;
		connection_finish(conn);
		errno = saved;
		return false;
	}
	return true;
}

bool connection_open(struct connection *conn, uint32_t dmabuf_max) {
	return connection_init(conn, dmabuf_max) ||
	       failed(false,
		       "no compositor: %s; start one, or set WAYLAND_DISPLAY and XDG_RUNTIME_DIR",
		       strerror(errno));
}

void connection_finish(struct connection *conn) {
	if (!conn->display) {
		return;
	}
	for (size_t i = 0; i < conn->num_outputs; i++) {
		wl_output_destroy(conn->outputs[i]);
	}
	/* The compositor destroys its side with the connection. */
	for (size_t i = 0; i < NUM_GLOBALS; i++) {
		if (*object_of(conn, i)) {
			wl_proxy_destroy(*object_of(conn, i));
		}
	}
	wl_registry_destroy(conn->registry);
	wl_display_flush(conn->display);
	wl_display_disconnect(conn->display);
	kms_format_set_finish(&conn->legacy_formats);
	*conn = (struct connection){.presentation_clock = -1};
}

const char *connection_missing(const struct connection *conn, bool in_shm) {
	const struct rule rules[] = {
		{!conn->compositor, "wl_compositor 4"},
		{!conn->wm_base, "xdg_wm_base"},
		{in_shm && !conn->shm, "wl_shm"},
		{!in_shm && !conn->dmabuf, "zwp_linux_dmabuf_v1 3"},
	};
	return rules_broken(rules, sizeof(rules) / sizeof(rules[0]));
}

enum client_exit connection_say_error(struct connection *conn) {
	int error = wl_display_get_error(conn->display);
	if (error != EPROTO) {
		return failed(CLIENT_EXIT_CONNECTION, "the compositor closed the connection: %s",
			strerror(error ? error : EPIPE));
	}
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	uint32_t code = wl_display_get_protocol_error(conn->display, &interface, &id);
	/* The log says "interface#object: error code: words". */
	const char *words = strstr(last_log, ": error ");
	words = words ? strchr(words + 2, ':') : NULL;
	return failed(CLIENT_EXIT_CONNECTION,
		"protocol error: interface %s, object %u, code %u: %s",
		interface ? interface->name : "unknown", id, code, words ? words + 2 : last_log);
}

bool connection_poll(
	struct connection *conn, struct pollfd *fds, nfds_t num_fds, int64_t until_ns) {
	while (wl_display_prepare_read(conn->display) != 0) {
		/* Events that were read for another queue (Vulkan's has its own) may be what the
		 * caller waits for: it looks before it waits. */
		until_ns = 0;
		if (wl_display_dispatch_pending(conn->display) < 0) {
			return false;
		}
	}
	short events = POLLIN;
	if (wl_display_flush(conn->display) < 0) {
		if (errno == EAGAIN) {
			events |= POLLOUT;
		} else if (errno != EPIPE) {
			wl_display_cancel_read(conn->display);
			return false;
		}
		/* EPIPE: the reason is still to be read from the socket. */
	}
	fds[0] = (struct pollfd){.fd = wl_display_get_fd(conn->display), .events = events};
	const struct timespec left = latch_ns_timespec(latch_max(until_ns - latch_now_ns(), 0));
	if (ppoll(fds, num_fds, &left, NULL) < 0) {
		wl_display_cancel_read(conn->display);
		for (nfds_t i = 0; i < num_fds; i++) {
			fds[i].revents = 0;
		}
		return errno == EINTR;
	}
	if (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) {
		if (wl_display_read_events(conn->display) < 0) {
			return false;
		}
	} else {
		wl_display_cancel_read(conn->display);
	}
	return wl_display_dispatch_pending(conn->display) >= 0;
}

bool connection_wait(
	struct connection *conn, bool (*done)(const void *data), const void *data, int seconds) {
	const int64_t until_ns = latch_now_ns() + seconds * LATCH_NS_PER_SEC;
	bool connected = true;
	while (connected && latch_now_ns() < until_ns && !done(data)) {
		struct pollfd fd;
		connected = connection_poll(conn, &fd, 1, until_ns);
	}
	return connected;
}
