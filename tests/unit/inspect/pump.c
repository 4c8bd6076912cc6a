#include "pump.h"

#include <poll.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

bool pump(struct wl_display *server, struct wl_display *client) {
	for (int i = 0; i < 200; i++) {
		wl_display_flush(client);
		wl_event_loop_dispatch(wl_display_get_event_loop(server), 0);
		wl_display_flush_clients(server);
		if (wl_display_prepare_read(client) == 0) {
			struct pollfd fd = {.fd = wl_display_get_fd(client), .events = POLLIN};
			if (poll(&fd, 1, 0) > 0) {
				wl_display_read_events(client);
			} else {
				wl_display_cancel_read(client);
			}
		}
		if (wl_display_dispatch_pending(client) < 0) {
			return false;
		}
	}
	return wl_display_get_error(client) == 0;
}
