#ifndef LATCH_LIMITS_CLIENT_NAME_H
#define LATCH_LIMITS_CLIENT_NAME_H

#include <sys/types.h>

struct wl_client;

/** The kernel's TASK_COMM_LEN. */
#define LATCH_COMM_LEN 16

/** The process's name as /proc/PID/comm has it, printable; "" where it is not known. */
void latch_client_read_comm(pid_t pid, char comm[static LATCH_COMM_LEN]);

/** The app id of the client's first toplevel, borrowed until it changes; "" where there is none. */
const char *latch_client_app_id(struct wl_client *client);

#endif
