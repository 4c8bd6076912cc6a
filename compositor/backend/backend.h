#ifndef LATCH_BACKEND_BACKEND_H
#define LATCH_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wlr/backend/interface.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/drm_format_set.h>

#include "kms/device.h"
#include "kms/mode.h"

struct kms_saved_state;
struct latch_kms_output;
struct wlr_device;
struct wlr_dmabuf_attributes;
struct wlr_session;

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
	bool has_mode_request;
	struct kms_mode_request mode_request;

	/**
	 * A sync_file that has signalled already, for the IN_FENCE_FD of planes whose buffer passed
	 * the gate; -1 where it can't be had or the driver refuses it.
	 */
	int signalled_fence_fd;

	/** The number of the last submit of any output. */
	uint32_t last_serial;

	struct wl_list outputs;	     // latch_kms_output.link
	struct wl_list framebuffers; // backend/framebuffer.c

	struct wl_event_source *drm_event;
	struct wl_listener session_active;
	struct wl_listener device_change;
	struct wl_listener device_remove;
};

/**
 * Makes a backend of an opened KMS device, and owns it from then on, also on failure; the loop is
 * for its flips. Outputs
 * appear with wlr_backend_start(). Returns NULL with a sentence on stderr and *exit_status set
 * (enum latch_exit).
 */
struct latch_kms_backend *latch_kms_backend_create(struct wlr_session *session,
	struct wl_event_loop *loop, struct wlr_device *session_device, const char *path,
	int *exit_status);

/** The output of a connector; NULL when there is none. */
struct latch_kms_output *latch_kms_backend_find_output(
	const struct latch_kms_backend *backend, const struct kms_connector *connector);

/** Whether there should be an output for this connector, as things are now and the user wants
 * them. */
bool latch_kms_backend_wants(
	const struct latch_kms_backend *backend, const struct kms_connector *connector);

/** Borrowed. */
int latch_kms_backend_fd(const struct latch_kms_backend *backend);

/**
 * Restricts the outputs to one connector, and chooses the mode; before wlr_backend_start(). NULL:
 * all connected ones, the preferred mode. Returns LATCH_EXIT_OK, or the status to exit with after
 * a sentence on stderr that lists what there is.
 */
int latch_kms_backend_choose(
	struct latch_kms_backend *backend, const char *connector, const char *mode);

/** What the first primary plane takes; the others of a device are like it. Borrowed. */
const struct kms_format_set *latch_kms_backend_primary_formats(
	const struct latch_kms_backend *backend);

/** Whether the kernel makes a framebuffer of this dma-buf. Nothing is kept. */
bool latch_kms_backend_can_import(
	const struct latch_kms_backend *backend, const struct wlr_dmabuf_attributes *dmabuf);

/** Makes the signalled fence; timeline_fd: a node with syncobjs, borrowed, -1 for none. */
void latch_kms_backend_create_signalled_fence(struct latch_kms_backend *backend, int timeline_fd);

/** False where no GPU can be behind the device for certain: it is simulated, and has no render
 * node. */
bool latch_kms_backend_may_have_gpu(const struct latch_kms_backend *backend);

/** The driver refuses fences that are not its own: no plane gets one from now on. */
void latch_kms_backend_forbid_in_fences(struct latch_kms_backend *backend);

#endif
