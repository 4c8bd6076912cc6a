/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/types.h"

/**
 * Makes a backend of an opened KMS device, and owns it from then on, also on failure; the loop is
 * for its flips. Outputs
 * appear with wlr_backend_start(). Returns NULL with a sentence on stderr and *exit_status set
 * (enum latch_exit).
 */
struct latch_kms_backend *latch_kms_backend_create(struct wlr_session *session,
	struct wl_event_loop *loop, struct wlr_device *session_device, const char *path,
	int *exit_status);

/**
 * Restricts the outputs to one connector (NULL: all connected ones), and takes what is asked of
 * them; before wlr_backend_start(). Returns LATCH_EXIT_OK, or the status to exit with after
 * a sentence on stderr that lists what there is.
 */
int latch_kms_backend_choose(struct latch_kms_backend *backend, const char *connector,
	const struct latch_output_requests *requests);

/** What the first primary plane takes; the others of a device are like it. Borrowed. */
const struct kms_format_set *latch_kms_backend_primary_formats(
	const struct latch_kms_backend *backend);

/** Makes the signalled fence; timeline_fd: a node with syncobjs, borrowed, -1 for none. */
void latch_kms_backend_create_signalled_fence(struct latch_kms_backend *backend, int timeline_fd);

/** False where no GPU can be behind the device for certain: it is simulated, and has no render
 * node. */
bool latch_kms_backend_may_have_gpu(const struct latch_kms_backend *backend);

/** The driver refuses fences that are not its own: no plane gets one from now on. */
void latch_kms_backend_forbid_in_fences(struct latch_kms_backend *backend);
