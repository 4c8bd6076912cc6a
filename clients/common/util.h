#ifndef CLIENT_UTIL_H
#define CLIENT_UTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/** One line on stderr, led by the program's name. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Closes *fd if it is open and leaves it empty (-1). errno survives. */
void fd_clear(int *fd);

/** Moves the fd out of *fd to the caller, who owns it from now on. */
int fd_take(int *fd);

/** Whether there is something to read, or the other end is gone. */
bool fd_readable(int fd);

/** Blocks SIGINT and SIGTERM, and returns an fd to read them from instead, owned by the caller. */
int signal_fd_open(void);

/** Enough for any text that fourcc_name() or modifier_name() writes. */
#define FORMAT_NAME_MAX 80

/** Writes "XR24" and the like; bytes that can't be printed become '?'. */
const char *fourcc_name(uint32_t fourcc, char text[FORMAT_NAME_MAX]);

/** Reads four characters ("XR24") or a name of drm_fourcc.h ("XRGB8888"). Returns 0 for what
 * is neither. */
uint32_t fourcc_parse(const char *text);

/** Writes the modifier's name where libdrm knows one, else its number. */
const char *modifier_name(uint64_t modifier, char text[FORMAT_NAME_MAX]);

/** Reads "linear", "implicit" or a number (0x...). */
bool modifier_parse(const char *text, uint64_t *modifier);

#endif
