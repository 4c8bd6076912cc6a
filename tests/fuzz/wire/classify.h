/* SPDX-License-Identifier: MIT */
#pragma once

#include "input.h"

/** What the fd is, for a recording; *size as in the input. */
enum fuzz_fd classify_fd(int fd, unsigned *size);
