#ifndef LATCH_ENVIRONMENT_H
#define LATCH_ENVIRONMENT_H

/**
 * Whether latch can run here at all: XDG_RUNTIME_DIR, and the kernel's version. Returns
 * LATCH_EXIT_OK, or the exit status after one sentence on stderr that says what to do.
 */
int latch_environment_check(void);

#endif
