/* SPDX-License-Identifier: MIT */
#include "backend/open.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <wlr/backend.h>
#include <wlr/backend/libinput.h>
#include <wlr/backend/multi.h>
#include <wlr/backend/session.h>
#include <xf86drm.h>

#include "backend/backend.h"
#include "backend/exit.h"

#define MAX_GPUS 8

#define SEAT_WAIT_MS 5000
#define SEAT_STEP_MS 100

/* Documentation/admin-guide/devices.txt of the kernel. */
#define DRM_MAJOR 226

static bool in_window(const char *device) {
	return device == NULL &&
	       (getenv("WLR_BACKENDS") != NULL || getenv("WAYLAND_DISPLAY") != NULL ||
		       getenv("DISPLAY") != NULL);
}

static int open_window(struct latch_backend *backend, struct wl_event_loop *loop) {
	backend->wlr = wlr_backend_autocreate(loop, &backend->session);
	if (backend->wlr == NULL) {
		return latch_exit_with(LATCH_EXIT_FAILURE,
			"no window could be opened in the compositor that WAYLAND_DISPLAY or "
			"DISPLAY names");
	}
	return LATCH_EXIT_OK;
}

/* Why the seat did not open it. */
static int explain_closed(const char *path) {
	struct stat st;
	if (stat(path, &st) != 0) {
		return latch_exit_with(LATCH_EXIT_NO_DEVICE,
			"%s is not there; 'latch --list' shows the devices", path);
	}
	if (!S_ISCHR(st.st_mode) || major(st.st_rdev) != DRM_MAJOR) {
		return latch_exit_with(LATCH_EXIT_NO_DEVICE,
			"%s is no DRM device; 'latch --list' shows those that are", path);
	}
	/* A seat gives its devices to one session at a time. */
	return latch_exit_with(LATCH_EXIT_BUSY,
		"%s is in use, or of another seat: end the compositor that has it, or switch to "
		"its VT",
		path);
}

static int open_named(struct latch_backend *backend, const char *path) {
	struct wlr_device *device = wlr_session_open_file(backend->session, path);
	if (device == NULL) {
		return explain_closed(path);
	}
	int status;
	backend->kms = latch_kms_backend_create(
		backend->session, backend->urgent_loop, device, path, &status);
	return status;
}

static bool has_monitor(const struct latch_kms_backend *kms) {
	for (size_t i = 0; i < kms->device->connectors_len; i++) {
		const struct kms_connector *connector = kms->device->connectors[i];
		if (!connector->writeback && connector->status == KMS_CONNECTOR_CONNECTED) {
			return true;
		}
	}
	return false;
}

/* The first device with a monitor, else the first that will do at all. */
static int open_first(struct latch_backend *backend) {
	struct wlr_device *devices[MAX_GPUS];
	ssize_t len = wlr_session_find_gpus(backend->session, MAX_GPUS, devices);
	if (len <= 0) {
		return latch_exit_with(
			LATCH_EXIT_NO_DEVICE, "no DRM device with KMS was found on this seat");
	}
	int status = LATCH_EXIT_NO_DEVICE;
	for (ssize_t i = 0; i < len; i++) {
		if (backend->kms != NULL && has_monitor(backend->kms)) {
			wlr_session_close_file(backend->session, devices[i]);
			continue;
		}
		char *path = drmGetPrimaryDeviceNameFromFd(devices[i]->fd);
		int this_status;
		struct latch_kms_backend *kms = latch_kms_backend_create(backend->session,
			backend->urgent_loop, devices[i], path != NULL ? path : "?", &this_status);
		free(path);
		if (kms == NULL) {
			status = backend->kms == NULL ? this_status : status;
		} else if (backend->kms == NULL || has_monitor(kms)) {
			if (backend->kms != NULL) {
				wlr_backend_destroy(&backend->kms->base);
			}
			backend->kms = kms;
			status = LATCH_EXIT_OK;
		} else {
			wlr_backend_destroy(&kms->base);
		}
	}
	return status;
}

static int add_input(struct latch_backend *backend, struct wl_event_loop *loop) {
	/* A board without a keyboard is no reason not to show pictures. */
	setenv("WLR_LIBINPUT_NO_DEVICES", "1", 0);
	struct wlr_backend *multi = wlr_multi_backend_create(loop);
	if (multi == NULL || !wlr_multi_backend_add(multi, &backend->kms->base)) {
		wlr_backend_destroy(multi);
		return latch_exit_with(LATCH_EXIT_FAILURE, "no memory for a backend");
	}
	backend->wlr = multi; // which owns the KMS backend from here on
	struct wlr_backend *input = wlr_libinput_backend_create(backend->session);
	if (input == NULL || !wlr_multi_backend_add(backend->wlr, input)) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "input devices can't be set up");
	}
	return LATCH_EXIT_OK;
}

/* A seat may say only a little later that it is ours: logind at boot, a VT that comes to the front.
 */
static bool wait_until_active(struct wlr_session *session, struct wl_event_loop *loop) {
	for (int waited_ms = 0; !session->active && waited_ms < SEAT_WAIT_MS;
		waited_ms += SEAT_STEP_MS) {
		wl_event_loop_dispatch(loop, SEAT_STEP_MS);
	}
	return session->active;
}

int latch_backend_open(struct latch_backend *backend, struct wl_event_loop *loop,
	struct wl_event_loop *urgent_loop, const char *device) {
	*backend = (struct latch_backend){.urgent_loop = urgent_loop};
	if (in_window(device)) {
		return open_window(backend, loop);
	}
	backend->session = wlr_session_create(loop);
	if (backend->session == NULL) {
		return latch_exit_with(LATCH_EXIT_NO_SEAT,
			"no seat: start it from a login on a VT (logind), or let seatd run and be "
			"in its group");
	}
	if (!wait_until_active(backend->session, loop)) {
		return latch_exit_with(LATCH_EXIT_BUSY, "the seat is in use by another session: "
							"end that one, or switch to this VT");
	}
	int status = device != NULL ? open_named(backend, device) : open_first(backend);
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	return add_input(backend, loop);
}

void latch_backend_close(struct latch_backend *backend) {
	if (backend->wlr != NULL) {
		wlr_backend_destroy(backend->wlr);
	} else if (backend->kms != NULL) {
		wlr_backend_destroy(&backend->kms->base);
	}
	if (backend->session != NULL) {
		wlr_session_destroy(backend->session);
	}
	*backend = (struct latch_backend){0};
}
