#ifndef LATCH_BACKEND_CONFIGURE_H
#define LATCH_BACKEND_CONFIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <wlr/backend.h>

struct latch_kms_backend;

/**
 * Tests or applies a configuration of several outputs: on, off, mode. All or nothing: it is one
 * atomic commit, and what the outputs' structs say changes only after the kernel said yes.
 *
 * An output that is to be off gives its CRTC up, and one that is to be on in the same configuration
 * may get it. After true with test false, outputs whose state names a mode or being on or off show
 * black, or nothing: no plane reads a client's buffer. The next frame shows something again. The
 * commit is a blocking one.
 *
 * Outputs in standby whose mode stays are not lit by this, but by their next frame.
 */
bool latch_kms_configure(struct latch_kms_backend *backend,
	const struct wlr_backend_output_state *states, size_t len, bool test);

#endif
