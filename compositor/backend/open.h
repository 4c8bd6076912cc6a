/* SPDX-License-Identifier: MIT */
#pragma once

/** What latch runs on: a KMS device of its own, or a window of another compositor. */
struct latch_backend {
	/** Everything together, for wlroots: outputs and input devices. */
	struct wlr_backend *wlr;
	/** The session on the seat; NULL in a window. */
	struct wlr_session *session;
	/** The KMS device; NULL in a window. */
	struct latch_kms_backend *kms;
	/** Where the KMS device tells of flips. */
	struct wl_event_loop *urgent_loop;
};

/**
 * Opens the seat, a KMS device and the input devices; or, with WAYLAND_DISPLAY or DISPLAY set and
 * no device asked for, a window. WLR_BACKENDS (wlroots' variable: "wayland", "x11", "headless")
 * chooses a window or no screen at all too. Flips are told of from urgent_loop, all else from loop.
 *
 * Returns LATCH_EXIT_OK, or the exit status after one sentence on stderr.
 */
int latch_backend_open(struct latch_backend *backend, struct wl_event_loop *loop,
	struct wl_event_loop *urgent_loop, const char *device);

/** Closes it all; the console gets back what it showed before. Outputs are destroyed. */
void latch_backend_close(struct latch_backend *backend);
