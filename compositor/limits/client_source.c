#include "limits/client_source.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <wayland-server-core.h>

/* A line of a registered file, as fs/eventpoll.c writes it:
 *
 *     tfd:        9 events:       19 data:     55d0c0ffee00  pos:0 ino:61f sdev:8
 *
 * tfd is a duplicate of the client's fd that only libwayland knows; it is the same socket, so it has
 * the same inode, and every socket has one of its own. */
static struct wl_event_source *find(FILE *file, const struct stat *wanted) {
	char line[256];
	while (fgets(line, sizeof(line), file) != NULL) {
		uint64_t data;
		unsigned long inode;
		if (sscanf(line, "tfd: %*d events: %*x data: %" SCNx64 " pos:%*d ino:%lx", &data,
			    &inode) == 2 &&
			inode == wanted->st_ino) {
			return (struct wl_event_source *)(uintptr_t)data;
		}
	}
	return NULL;
}

struct wl_event_source *latch_client_source_find(
	struct wl_event_loop *loop, struct wl_client *client) {
	struct stat wanted;
	if (fstat(wl_client_get_fd(client), &wanted) != 0) {
		return NULL;
	}
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", wl_event_loop_get_fd(loop));
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return NULL;
	}
	struct wl_event_source *source = find(file, &wanted);
	fclose(file);
	return source;
}
