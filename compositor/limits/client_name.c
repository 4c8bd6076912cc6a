#include "limits/client_name.h"

#include <stdio.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_xdg_shell.h>

#include "base/text.h"

void latch_client_read_comm(pid_t pid, char comm[static LATCH_COMM_LEN]) {
	char path[64], line[64];
	comm[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	FILE *file = pid > 0 ? fopen(path, "re") : NULL;
	if (file == NULL) {
		return;
	}
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		latch_text_copy(comm, LATCH_COMM_LEN, line);
	}
	fclose(file);
}

static enum wl_iterator_result find_app_id(struct wl_resource *resource, void *data) {
	const char **app_id = data;
	if (strcmp(wl_resource_get_class(resource), "xdg_toplevel") != 0) {
		return WL_ITERATOR_CONTINUE;
	}
	const struct wlr_xdg_toplevel *toplevel = wlr_xdg_toplevel_from_resource(resource);
	*app_id = toplevel != NULL ? toplevel->app_id : NULL;
	return *app_id != NULL ? WL_ITERATOR_STOP : WL_ITERATOR_CONTINUE;
}

const char *latch_client_app_id(struct wl_client *client) {
	const char *app_id = NULL;
	wl_client_for_each_resource(client, find_app_id, &app_id);
	return app_id != NULL ? app_id : "";
}
