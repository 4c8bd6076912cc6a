#ifndef LATCH_TEST_SYNC_WORLD_H
#define LATCH_TEST_SYNC_WORLD_H

/*
 * A compositor of nothing but surfaces and the gate, and a client of it in the same process
 * and thread, over a socket pair. world_sync() lets both read all that the other has said.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#include "commit-timing-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "kernel.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "sync/gate.h"
#include "sync/held.h"
#include "sync/pacing.h"
#include "sync/surface.h"
#include "tearing-control-v1-client-protocol.h"
#include "timing/timing.h"

struct latch_account;
struct latch_limits;
struct wl_client;
struct wlr_compositor;
struct wlr_surface;

struct surface {
	char name;
	struct wl_surface *wl;
	struct wlr_surface *server; /* NULL when destroyed */

	/* What the owner of the surface's content saw. */
	int applied;
	struct latch_update update; /* the last one with a buffer; its release is ours */

	struct wl_listener destroy;
};

struct world {
	struct wl_display *client;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	struct wp_linux_drm_syncobj_manager_v1 *syncobj;
	struct zwp_linux_explicit_synchronization_v1 *explicit;
	struct wp_fifo_manager_v1 *fifo;
	struct wp_commit_timing_manager_v1 *timing;
	struct wp_tearing_control_manager_v1 *tearing;

	struct latch_gate *gate;
	/* The one output that there is, as the gate sees it. Its vblanks are not known. */
	struct latch_deadline deadline;
	bool active;
	/* Surfaces to come are on it. */
	bool shown;
	struct latch_account *account; /* the client's; outlives it */
	/* Lines that latch logged, and the last one. */
	int logged;
	char log[512];
	struct server *server;

	/* Called in each commit event, after the update was taken; or NULL. */
	void (*applied)(struct world *world, struct surface *surface);
	/* As in struct latch_gate_events; or NULL. */
	void (*committed)(struct world *world, const struct latch_update *update);
	void (*untaken)(struct world *world, const struct latch_update *update,
		enum latch_record_end why);
	void *data;

	/* Names of the surfaces in the order of their commit events. */
	char order[64];
};

/* Starts it; sets fds aside to be compared in world_finish(). */
void world_init(struct world *world);
/* The same with other limits than the defaults, and other options of the gate; NULL: as usual. */
void world_init_with(struct world *world, const struct latch_limits *limits,
	const struct latch_gate_options *gate_options);
/* The surfaces to come, and what becomes of their updates, are the caller's. */
void world_leave_surfaces(struct world *world);
/* The client goes, then the server; checks that nothing is left: no fd, handle, release. */
void world_finish(struct world *world);
/* The connection breaks, as when a client is killed. */
void world_kill_client(struct world *world);

/* Everything said so far has been heard by the other side, and its answers too. */
void world_sync(struct world *world);
/* The same, for so long. */
void world_wait(struct world *world, int ms);
/* The code of the protocol error that ended the client, -1: it lives. */
int world_error(struct world *world, const char **interface);
/* Ended with wl_display.no_memory. */
bool world_is_refused(struct world *world);
struct latch_gate_stats world_stats(struct world *world);

struct surface *surface_create(struct world *world, char name);
void surface_destroy(struct world *world, struct surface *surface);
struct wl_subsurface *surface_make_child(
	struct world *world, struct surface *child, struct surface *parent);

struct wl_buffer *dmabuf_create(struct world *world, int dmabuf_fd);
struct wl_buffer *shm_create(struct world *world);
/* Attaches a new dma-buf whose writer has this fence (-1: idle) and commits. */
void surface_draw(struct world *world, struct surface *surface, int fence_fd);

/* The server's side, for a second client. */
struct wl_display *world_server_display(struct world *world);
struct wlr_compositor *world_compositor(struct world *world);

int64_t now_ns(void);

#endif
