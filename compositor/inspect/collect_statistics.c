#include "inspect/collect_statistics.h"

#include <wlr/types/wlr_output.h>

#include "base/clock.h"
#include "inspect/collect_snapshot.h"
#include "inspect/statistics_snapshot.h"
#include "output/output.h"
#include "plan/layer.h"
#include "server.h"
#include "trace/rows.h"
#include "trace/trace.h"

static bool add_place(struct latch_statistics_surface *surface, const struct latch_output *output,
	const struct latch_layer *layer) {
	struct latch_statistics_place *place = latch_statistics_snapshot_add_place(surface);
	if (place == NULL) {
		return false;
	}
	struct latch_snapshot_layer told = {0};
	latch_collect_place(&told, layer);
	place->output = output->wlr_output->name;
	place->place = told.place;
	place->plane_id = told.plane_id;
	if (told.plane_id != 0) {
		place->plane_type = layer->plane->type;
	}
	for (size_t i = 0; i < told.reasons_len; i++) {
		place->reasons[i] = told.reasons[i];
	}
	place->reasons_len = told.reasons_len;
	return true;
}

static bool add_places(
	struct latch_statistics_surface *surface, const struct latch_server *server) {
	const struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		const struct latch_layer_list *list = &output->layers;
		for (size_t i = 0; i < list->len; i++) {
			if (list->layers[i].id == surface->row->id &&
				!add_place(surface, output, &list->layers[i])) {
				return false;
			}
		}
	}
	return true;
}

static bool add_output(
	struct latch_statistics_snapshot *snapshot, const struct latch_output *output) {
	struct latch_statistics_output *added = latch_statistics_snapshot_add_output(snapshot);
	if (added == NULL) {
		return false;
	}
	added->name = output->wlr_output->name;
	added->wakeups = output->wakeups;
	const struct latch_output_row *row = latch_statistics_find_output(
		latch_trace_statistics(output->server->trace), output->id);
	if (row != NULL) {
		added->flips = row->flips;
		added->late = row->late;
	}
	return true;
}

bool latch_collect_statistics(void *data, struct latch_statistics_snapshot *snapshot) {
	const struct latch_server *server = data;
	const struct latch_statistics *statistics = latch_trace_statistics(server->trace);
	snapshot->time_ns = latch_now_ns();
	const struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (!add_output(snapshot, output)) {
			return false;
		}
	}
	for (size_t i = 0; i < statistics->surfaces_length; i++) {
		if (statistics->surfaces[i]->gone) {
			continue;
		}
		struct latch_statistics_surface *added =
			latch_statistics_snapshot_add_surface(snapshot);
		if (added == NULL) {
			return false;
		}
		added->row = statistics->surfaces[i];
		if (!add_places(added, server)) {
			return false;
		}
	}
	return true;
}
