/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/** What an input device can do: UI_SET_EVBIT, UI_SET_KEYBIT, ..., and its argument. */
struct uinput_bit {
	unsigned long request;
	int bit;
};

/** Makes an input device (https://docs.kernel.org/input/uinput.html), which ends when the fd is
 * closed. Returns the fd, which takes struct input_event; or -1 and errno. */
int uinput_create(const char *name, const struct uinput_bit *bits, size_t len);
