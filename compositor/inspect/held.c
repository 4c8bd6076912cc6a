/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "base/clock.h"
#include "base/minmax.h"
#include "inspect/documents.h"
#include "limits/account.h"
#include "output/content.h"
#include "output/core.h"

void latch_inspect_add_held(yyjson_mut_doc *doc, yyjson_mut_val *array, uint32_t surface,
	uint32_t object, const struct latch_held *held) {
	const bool by_fence = held->by == LATCH_HELD_BY_FENCE;
	yyjson_mut_val *update = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, update, "surface", surface);
	yyjson_mut_obj_add_uint(doc, update, "wl_surface", object);
	latch_inspect_add_id(doc, update, "pid", latch_account_pid(held->account));
	latch_inspect_add_text(doc, update, "command", latch_account_comm(held->account));
	latch_inspect_add_text(doc, update, "app_id", latch_account_app_id(held->account));
	yyjson_mut_obj_add_str(doc, update, "held_by", latch_held_by_name(held->by));
	yyjson_mut_obj_add_str(doc, update, "kind",
		held->update_id != 0 ? latch_name(&latch_sync_kind_names, held->kind) : "none");
	yyjson_mut_obj_add_int(doc, update, "age_ns", latch_max(held->age_ns, 0));
	yyjson_mut_obj_add_uint(doc, update, "fences", held->fences);
	latch_inspect_add_text(doc, update, "driver", by_fence ? held->fence.driver_name : NULL);
	latch_inspect_add_text(
		doc, update, "timeline", by_fence ? held->fence.timeline_name : NULL);
	const bool by_point = held->fences > 0 && held->kind == LATCH_SYNC_SYNCOBJ;
	yyjson_mut_obj_add_val(doc, update, "point",
		by_point ? yyjson_mut_uint(doc, held->point) : yyjson_mut_null(doc));
}

static void add_sum(yyjson_mut_doc *doc, yyjson_mut_val *sum, const struct latch_held *held,
	int64_t now_ns) {
	char words[256] = "";
	if (held->by == LATCH_HELD_BY_FENCE) {
		snprintf(words, sizeof(words), "driver %s, timeline %s", held->fence.driver_name,
			held->fence.timeline_name);
	} else if (held->by == LATCH_HELD_BY_POINT) {
		snprintf(words, sizeof(words), "point %" PRIu64, held->point);
	} else if (held->by == LATCH_HELD_BY_TIME) {
		snprintf(words, sizeof(words), "%" PRId64 " ms to go",
			(held->target_ns - now_ns) / 1000000);
	}
	yyjson_mut_obj_add_str(doc, sum, "by", latch_held_by_name(held->by));
	latch_inspect_add_text(doc, sum, "text", words);
	yyjson_mut_obj_add_int(doc, sum, "age_ms", latch_max(held->age_ns / 1000000, 0));
}

void latch_inspect_sum_held(yyjson_mut_doc *doc, struct latch_id_map *sums, uint32_t surface,
	const struct latch_held *held, int64_t now_ns) {
	yyjson_mut_val *sum = latch_id_map_get(sums, surface);
	const uint64_t updates = 1 + yyjson_mut_get_uint(yyjson_mut_obj_get(sum, "updates"));
	/* Those behind others say nothing of why. */
	const bool says_more = held->by != LATCH_HELD_BY_UPDATE &&
			       yyjson_mut_equals_str(yyjson_mut_obj_get(sum, "by"),
				       latch_held_by_name(LATCH_HELD_BY_UPDATE));
	if (sum == NULL || says_more) {
		sum = yyjson_mut_obj(doc);
		add_sum(doc, sum, held, now_ns);
		yyjson_mut_obj_add_uint(doc, sum, "updates", updates);
		if (sum != NULL) {
			latch_id_map_put(sums, surface, sum);
		}
	} else {
		yyjson_mut_set_uint(yyjson_mut_obj_get(sum, "updates"), updates);
	}
}

struct walk {
	yyjson_mut_doc *doc;
	yyjson_mut_val *array;	   // of all updates, or
	struct latch_id_map *sums; // of each surface
	int64_t now_ns;
};

static void take(void *data, const struct latch_held *held) {
	const struct walk *walk = data;
	const struct latch_surface *surface = latch_surface_get(held->surface);
	const uint32_t id = surface != NULL ? surface->id : 0;
	if (walk->array != NULL) {
		latch_inspect_add_held(walk->doc, walk->array, id,
			wl_resource_get_id(held->surface->resource), held);
	} else if (id != 0) {
		latch_inspect_sum_held(walk->doc, walk->sums, id, held, walk->now_ns);
	}
}

bool latch_inspect_held(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	const struct latch_core *core = data;
	struct walk walk = {.doc = doc};
	walk.array = yyjson_mut_obj_add_arr(doc, root, "held");
	if (walk.array == NULL) {
		return false;
	}
	latch_gate_for_each_held(core->gate, take, &walk);
	return true;
}

void latch_inspect_sum_all_held(void *data, yyjson_mut_doc *doc, struct latch_id_map *sums) {
	const struct latch_core *core = data;
	struct walk walk = {.doc = doc, .sums = sums, .now_ns = latch_now_ns()};
	latch_gate_for_each_held(core->gate, take, &walk);
}
