#ifndef TEST_INSPECT_PUMP_H
#define TEST_INSPECT_PUMP_H

#include <stdbool.h>

struct wl_display;

/* Lets a server and its client in this process talk until they have nothing more to say. Returns
 * false when the connection broke. */
bool pump(struct wl_display *server, struct wl_display *client);

#endif
