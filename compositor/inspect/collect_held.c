#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "base/clock.h"
#include "inspect/held.h"
#include "limits/account.h"
#include "output/content.h"
#include "server.h"
#include "sync/gate.h"

struct collection {
	struct latch_server *server;
	struct latch_held_list *list;
	bool failed;
};

static void take(void *data, const struct latch_held *held) {
	struct collection *collection = data;
	struct latch_snapshot_held *to = latch_held_list_add(collection->list);
	if (to == NULL) {
		collection->failed = true;
		return;
	}
	const struct latch_surface *surface =
		latch_surface_get(collection->server->contents, held->surface);
	to->surface = surface != NULL ? surface->id : 0;
	to->object = wl_resource_get_id(held->surface->resource);
	to->pid = latch_account_pid(held->account);
	latch_snapshot_set_text(to->command, latch_account_comm(held->account));
	latch_snapshot_set_text(to->app_id, latch_account_app_id(held->account));
	to->by = held->by;
	to->kind = held->update_id != 0 ? latch_sync_kind_name(held->kind) : "none";
	to->age_ns = held->age_ns;
	to->fences = (uint32_t)held->fences;
	if (held->by == LATCH_HELD_BY_FENCE) {
		latch_snapshot_set_text(to->driver, held->fence.driver_name);
		latch_snapshot_set_text(to->timeline, held->fence.timeline_name);
	}
	to->has_point = held->fences > 0 && held->kind == LATCH_SYNC_SYNCOBJ;
	to->point = held->point;
	if (held->by == LATCH_HELD_BY_TIME) {
		to->to_go_ns = held->target_ns - latch_now_ns();
	}
}

bool latch_collect_held(void *data, struct latch_held_list *list) {
	struct latch_server *server = data;
	struct collection collection = {.server = server, .list = list};
	latch_gate_for_each_held(server->gate, take, &collection);
	return !collection.failed;
}
