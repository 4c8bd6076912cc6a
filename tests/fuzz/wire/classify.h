#ifndef LATCH_FUZZ_CLASSIFY_H
#define LATCH_FUZZ_CLASSIFY_H

#include "input.h"

/** What the fd is, for a recording; *size as in the input. */
enum fuzz_fd classify_fd(int fd, unsigned *size);

#endif
