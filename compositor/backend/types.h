/* SPDX-License-Identifier: MIT */
#pragma once

/* The backend's plain structs. */

#include <wlr/backend/interface.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/drm_format_set.h>

#include "backend/request.h"
#include "kms/device.h"
#include "kms/event.h"

/**
 * latch's wlr_backend: one KMS device. wlroots' protocol objects see its outputs as wlr_output;
 * output/ uses struct latch_kms_output and kms/ itself.
 */
struct latch_kms_backend {
	struct wlr_backend base;
	struct wlr_session *session;
	struct wlr_device *session_device;
	struct wl_event_loop *loop;
	char *path;
	struct kms_device *device;
	/** What was on the screen before, for the end. */
	struct kms_saved_state *saved;
	/** Something was submitted, if only to switch off: there is something to restore. */
	bool touched;
	/** Why the last configuration of outputs was refused, a negative errno; 0: it was not. */
	int refusal;

	/** What the user asked for; see latch_kms_backend_choose(). */
	const char *wanted_connector;
	struct latch_output_requests requests;
	bool wants_hdr;

	/**
	 * A sync_file that has signalled already, for the IN_FENCE_FD of planes whose buffer passed
	 * the gate; -1 where it can't be had or the driver refuses it.
	 */
	int signalled_fence_fd;
	/** See latch_udmabuf_open(); -1: shared memory is composed. */
	int udmabuf_fd;

	/** The number of the last submit of any output. */
	uint32_t last_serial;

	struct wl_list outputs;	     // latch_kms_output.link
	struct wl_list framebuffers; // backend/framebuffer.c

	struct wl_event_source *drm_event;
	struct {
		struct wl_listener active, change, remove; // of the session and its device
	} on;
};

/** What a monitor is sent. */
enum latch_kms_signal {
	/** Ten bits per colour, where the primary plane has formats of them. */
	LATCH_SIGNAL_DEEP,
	/** Eight: the kernel takes the mode with no more. */
	LATCH_SIGNAL_SHALLOW,
	/** PQ of BT.2020, in ten bits. */
	LATCH_SIGNAL_HDR,
};

/** What the owner of an output is told; each may be NULL. */
struct latch_kms_handlers {
	/** It has flipped. */
	void (*flip)(void *data, const struct kms_flip *flip, uint64_t sequence);
	/** It has another CRTC: it shows black, and none of its buffers is read any more. */
	void (*moved)(void *data);
	void *data;
};

/**
 * A connected connector with the CRTC and the planes it was given: wlroots sees a wlr_output.
 *
 * wlr_output_commit_state() of a mode, and of being on, is noted and done with the next frame that
 * output/ submits: one atomic commit for both. Off by it means standby: dark at once, the CRTC and
 * its mode stay. wlr_backend_commit() configures several outputs in one commit of its own, see
 * configure.h; off by that gives the CRTC up.
 */
struct latch_kms_output {
	struct wlr_output base;
	struct latch_kms_backend *backend;
	struct kms_device *device;
	struct kms_connector *connector;
	/** NULL, and so the planes, while it is off: others may have them. */
	struct kms_crtc *crtc;
	struct kms_plane *primary;
	struct kms_plane *cursor; // NULL: there is none
	/** What latch_crtc_match() has found last. */
	struct kms_crtc *matched;
	struct wlr_drm_format_set primary_formats;

	/** In the order of the connector's. */
	struct wlr_output_mode *modes;
	size_t modes_len;
	/** The mode that is set or to be set, as a blob; 0 for none. */
	uint32_t mode_blob;
	/** Which one the kernel takes with that mode. */
	enum latch_kms_signal signal;
	/** Of LATCH_SIGNAL_HDR, the metadata, and that as a blob; 0: not made yet. */
	struct hdr_output_metadata hdr;
	uint32_t hdr_blob;
	/** When other metadata replaced them last. */
	int64_t hdr_changed_ns;
	/**
	 * Planes by bit kms_plane.index: those that the last submitted commit has left on, and all
	 * that may still be read for this output because a flip is to come. No other output may use
	 * them.
	 */
	uint64_t planes_on, planes_held;
	/** It could not be switched on because all CRTCs were taken. */
	bool starved;
	/** It is off because the kernel refused each of its modes. */
	bool left_out;
	/** The kernel refused this mode when it took the present one instead. NULL: it did not. */
	struct wlr_output_mode *refused_mode;
	/** The driver does not do without the primary plane; or it does, in a test. */
	bool needs_primary, does_without_primary;
	/** It is dark but keeps its CRTC and its mode. */
	bool standby;
	/** The next commit has to set the mode and everything else anew. */
	bool needs_modeset;
	/** Black, as large as the mode: for a screen without anything on it. */
	struct kms_dumb_buffer *black;

	/** Number of the last submit, which its flip event brings back; no other output has the
	 * same. */
	uint32_t submit_serial;
	/** 64 bit vblank counter. */
	uint64_t sequence;
	struct latch_kms_handlers handlers;

	struct wl_list link; // latch_kms_backend.outputs
};
