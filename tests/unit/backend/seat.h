/* SPDX-License-Identifier: MIT */
/* A backend on a made-up device and session. For one file of a test alone. */
#pragma once

#include <sys/socket.h>
#include <wlr/backend/session.h>

#include "backend/backend.h"
#include "kms_test.h"

static struct {
	struct wl_event_loop *loop;
	struct wlr_session session;
	struct wlr_device device;
	int kernel_fd; // what is written to it are the device's events
	struct latch_kms_backend *backend;
} seat;

/* The seat's part in the place of wlroots'. */
void wlr_session_close_file(struct wlr_session *session, struct wlr_device *device) {
}

/* With vkms, to which more can be added before seat_create_backend(). */
static int seat_init(void) {
	int fds[2];
	fake_reset();
	fake_add_vkms();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
		return -1;
	}
	memset(&seat, 0, sizeof(seat));
	seat.loop = wl_event_loop_create();
	seat.session.active = true;
	wl_signal_init(&seat.session.events.active);
	seat.device.fd = fds[0];
	wl_signal_init(&seat.device.events.change);
	wl_signal_init(&seat.device.events.remove);
	seat.kernel_fd = fds[1];
	return 0;
}

static void seat_create_backend(void) {
	int status;
	seat.backend = latch_kms_backend_create(
		&seat.session, seat.loop, &seat.device, "/dev/dri/card9", &status);
	assert_non_null(seat.backend);
}

/* Returns 0 when nothing is left. */
static int seat_finish(void) {
	wlr_backend_destroy(&seat.backend->base);
	close(seat.device.fd);
	close(seat.kernel_fd);
	wl_event_loop_destroy(seat.loop);
	return fake_finish() != 0 || fake.fbs_len != 0;
}
