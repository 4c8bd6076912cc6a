/* SPDX-License-Identifier: MIT */
#include <wlr/types/wlr_output.h>

#include "base/clock.h"
#include "inspect/documents.h"
#include "output/output.h"
#include "plan/reason.h"
#include "trace/trace.h"

/* Flat: a length in us, its count, the next length, ... Lists of pairs would take twice the
 * memory. */
static void add_stage(yyjson_mut_doc *doc, yyjson_mut_val *stages, enum latch_stage stage,
	const struct latch_durations *durations) {
	struct latch_duration_bin bins[LATCH_DURATIONS_BINS];
	_Static_assert(sizeof(bins[0]) == 2 * sizeof(uint32_t), "a bin is two integers");
	const size_t len = latch_durations_bins(durations, bins);
	yyjson_mut_obj_add_val(doc, stages, latch_stages[stage].key,
		yyjson_mut_arr_with_uint32(doc, (const uint32_t *)(const void *)bins, 2 * len));
}

yyjson_mut_val *latch_inspect_add_counted(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_surface_row *row) {
	const struct latch_surface_counts *counts = &row->counts;
	yyjson_mut_val *surface = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, surface, "surface", row->id);
	yyjson_mut_obj_add_int(doc, surface, "pid", row->pid);
	latch_inspect_add_text(doc, surface, "label", row->label);
	yyjson_mut_obj_add_uint(doc, surface, "frames", counts->frames);
	yyjson_mut_obj_add_uint(doc, surface, "on_plane", counts->on_plane);
	yyjson_mut_obj_add_uint(doc, surface, "composed", counts->composed);
	latch_reasons_to_json(counts, doc, surface);
	yyjson_mut_obj_add_uint(doc, surface, "superseded", counts->superseded);
	yyjson_mut_obj_add_uint(doc, surface, "dropped", counts->dropped);
	yyjson_mut_obj_add_uint(doc, surface, "missed", counts->missed);
	latch_missed_to_json(counts->missed_by_cause, doc, surface);
	yyjson_mut_val *stages = yyjson_mut_obj_add_obj(doc, surface, "stages");
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		add_stage(doc, stages, (enum latch_stage)i, &row->stages[i]);
	}
	return yyjson_mut_obj_add_arr(doc, surface, "places");
}

void latch_inspect_add_causes(yyjson_mut_doc *doc, yyjson_mut_val *root) {
	yyjson_mut_val *causes = yyjson_mut_obj_add_obj(doc, root, "causes");
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		const enum latch_missed_cause cause = (enum latch_missed_cause)i;
		yyjson_mut_obj_add_str(doc, causes, latch_name(&latch_missed_cause_names, cause),
			latch_missed_cause_text(cause));
	}
}

/* By number, in the map: to what was counted of each surface. */
static void add_places(yyjson_mut_doc *doc, const struct latch_id_map *places,
	const struct latch_output *output) {
	const struct latch_layer_list *list = &output->layers;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_layer *layer = &list->layers[i];
		yyjson_mut_val *of_surface =
			layer->id != 0 ? latch_id_map_get(places, layer->id) : NULL;
		yyjson_mut_val *place = yyjson_mut_arr_add_obj(doc, of_surface);
		latch_inspect_add_text(doc, place, "output", output->wlr_output->name);
		latch_inspect_add_place(doc, place, layer);
		yyjson_mut_val *reasons = yyjson_mut_obj_add_arr(doc, place, "reasons");
		for (unsigned bit = 0; bit < LATCH_REASON_COUNT; bit++) {
			if ((layer->reasons & UINT64_C(1) << bit) != 0) {
				yyjson_mut_arr_add_str(
					doc, reasons, latch_reason_name(UINT64_C(1) << bit));
			}
		}
	}
}

static void add_output(yyjson_mut_doc *doc, yyjson_mut_val *outputs,
	const struct latch_statistics *statistics, const struct latch_output *output) {
	const struct latch_output_row *row = latch_statistics_find_output(statistics, output->id);
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, outputs);
	latch_inspect_add_text(doc, object, "name", output->wlr_output->name);
	yyjson_mut_obj_add_uint(doc, object, "flips", row != NULL ? row->flips : 0);
	yyjson_mut_obj_add_uint(doc, object, "late", row != NULL ? row->late : 0);
	yyjson_mut_obj_add_uint(doc, object, "wakeups", output->wakeups);
}

bool latch_inspect_statistics(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	const struct latch_core *core = data;
	const struct latch_statistics *statistics = latch_trace_statistics(core->trace);
	struct latch_id_map places = {0};
	yyjson_mut_obj_add_int(doc, root, "time_ns", latch_now_ns());
	latch_inspect_add_causes(doc, root);
	yyjson_mut_val *outputs = yyjson_mut_obj_add_arr(doc, root, "outputs");
	const struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		add_output(doc, outputs, statistics, output);
	}
	yyjson_mut_val *surfaces = yyjson_mut_obj_add_arr(doc, root, "surfaces");
	bool ok = surfaces != NULL;
	for (size_t i = 0; ok && i < statistics->surfaces_length; i++) {
		const struct latch_surface_row *row = statistics->surfaces[i];
		if (!row->gone) {
			yyjson_mut_val *array = latch_inspect_add_counted(doc, surfaces, row);
			ok = array != NULL && latch_id_map_put(&places, row->id, array);
		}
	}
	wl_list_for_each(output, &core->outputs, link) {
		add_places(doc, &places, output);
	}
	latch_id_map_finish(&places);
	return ok;
}
