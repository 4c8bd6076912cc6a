#ifndef LATCH_SYNC_RELEASE_H
#define LATCH_SYNC_RELEASE_H

/*
 * How the buffer of one content update goes back to its client, beside wl_buffer.release:
 * a syncobj point, a zwp_linux_buffer_release_v1, both or neither. Every release speaks
 * exactly once. Implicit clients have none (struct latch_update.release is NULL): their
 * wl_buffer.release comes from wlr_buffer_unlock() alone.
 */

#include <stddef.h>

struct latch_release;

/**
 * The buffer is free when this sync_file signals (the out-fence of the flip that replaced
 * it). Takes the fd, also on failure and for NULL; -1 means now. A second call does nothing. Where
 * the kernel refuses the fence, the release is held back until it has signalled: late, never early.
 */
void latch_release_with_fence(struct latch_release *release, int sync_file_fd);

/** Frees it; the buffer is released as of now where nobody did so before. NULL is fine. */
void latch_release_destroy(struct latch_release *release);

#endif
