/* SPDX-License-Identifier: MIT */
#include "span.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "document.h"

struct bin {
	uint32_t up_to_us, count;
};

/* The difference of two histograms, whose lengths rise. Returns how many bins it has. */
static size_t subtract_bins(struct bin *bins, yyjson_mut_val *before, yyjson_mut_val *after) {
	yyjson_mut_arr_iter earlier = yyjson_mut_arr_iter_with(before);
	yyjson_mut_arr_iter later = yyjson_mut_arr_iter_with(after);
	yyjson_mut_val *length = NULL, *count = NULL, *value;
	size_t len = 0;
	while ((value = yyjson_mut_arr_iter_next(&later))) {
		struct bin bin = {.up_to_us = (uint32_t)yyjson_mut_get_uint(value)};
		bin.count = (uint32_t)yyjson_mut_get_uint(yyjson_mut_arr_iter_next(&later));
		while ((!count || yyjson_mut_get_uint(length) < bin.up_to_us) &&
			yyjson_mut_arr_iter_has_next(&earlier)) {
			length = yyjson_mut_arr_iter_next(&earlier);
			count = yyjson_mut_arr_iter_next(&earlier);
		}
		if (count && yyjson_mut_get_uint(length) == bin.up_to_us) {
			/* Counts are modulo 2^32. */
			bin.count -= (uint32_t)yyjson_mut_get_uint(count);
		}
		bins[len++] = bin;
	}
	return len;
}

/* Not less than the true one, and not a part in 64 more. Null without a frame. */
static yyjson_mut_val *make_percentile(yyjson_mut_doc *doc, const struct bin *bins, size_t len,
	uint64_t total, double percentile) {
	const double rank = ceil(percentile / 100 * (double)total);
	uint64_t seen = 0;
	for (size_t i = 0; total > 0 && i < len; i++) {
		seen += bins[i].count;
		if ((double)seen >= rank) {
			return yyjson_mut_uint(doc, bins[i].up_to_us);
		}
	}
	return yyjson_mut_null(doc);
}

static yyjson_mut_val *make_stage(
	yyjson_mut_doc *doc, yyjson_mut_val *before, yyjson_mut_val *after) {
	struct bin *bins = calloc(yyjson_mut_arr_size(after) / 2 + 1, sizeof(bins[0]));
	if (!bins) {
		return NULL;
	}
	const size_t len = subtract_bins(bins, before, after);
	uint64_t total = 0;
	for (size_t i = 0; i < len; i++) {
		total += bins[i].count;
	}
	yyjson_mut_val *stage = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_val(doc, stage, "p50_us", make_percentile(doc, bins, len, total, 50));
	yyjson_mut_obj_add_val(doc, stage, "p95_us", make_percentile(doc, bins, len, total, 95));
	yyjson_mut_obj_add_val(doc, stage, "p99_us", make_percentile(doc, bins, len, total, 99));
	yyjson_mut_obj_add_val(doc, stage, "max_us", make_percentile(doc, bins, len, total, 100));
	free(bins);
	return stage;
}

/* All counters of an object, but for what only looks like one. before: NULL for none. */
static void subtract_counters(yyjson_mut_val *after, yyjson_mut_val *before) {
	size_t i, len;
	yyjson_mut_val *key, *value;
	yyjson_mut_obj_foreach(after, i, len, key, value) {
		const char *name = yyjson_mut_get_str(key);
		if (yyjson_mut_is_uint(value) && !yyjson_mut_equals_str(key, "surface") &&
			!yyjson_mut_equals_str(key, "pid")) {
			yyjson_mut_set_uint(value, yyjson_mut_get_uint(value) -
				yyjson_mut_get_uint(yyjson_mut_obj_get(before, name)));
		}
	}
}

static bool subtract_surface(
	yyjson_mut_doc *doc, yyjson_mut_val *after, yyjson_mut_val *before, double seconds) {
	subtract_counters(after, before);
	subtract_counters(yyjson_mut_obj_get(after, "missed_by_cause"),
		yyjson_mut_obj_get(before, "missed_by_cause"));
	yyjson_mut_val *reason;
	size_t at, reasons_len;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(after, "reasons"), at, reasons_len, reason) {
		subtract_counters(reason, find_text(yyjson_mut_obj_get(before, "reasons"), "/name",
						  get_text(reason, "/name")));
	}
	yyjson_mut_obj_add_real(doc, after, "fps", get_number(after, "/frames") / seconds);
	yyjson_mut_val *stages = yyjson_mut_obj(doc), *earlier = yyjson_mut_obj_get(before, "stages");
	size_t i, len;
	yyjson_mut_val *key, *bins;
	yyjson_mut_obj_foreach(yyjson_mut_obj_get(after, "stages"), i, len, key, bins) {
		const char *name = yyjson_mut_get_str(key);
		yyjson_mut_val *stage = make_stage(doc, yyjson_mut_obj_get(earlier, name), bins);
		if (!yyjson_mut_obj_add_val(doc, stages, name, stage)) {
			return false;
		}
	}
	return yyjson_mut_obj_replace(after, yyjson_mut_str(doc, "stages"), stages);
}

yyjson_mut_doc *span_between(yyjson_mut_doc *before, yyjson_mut_doc *after) {
	yyjson_mut_doc *doc = yyjson_mut_doc_mut_copy(after, NULL);
	if (!doc) {
		return NULL;
	}
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc), *value;
	yyjson_mut_val *earlier = yyjson_mut_doc_get_root(before);
	double seconds = (double)(get_int(root, "/time_ns") - get_int(earlier, "/time_ns")) / 1e9;
	seconds = seconds > 1e-3 ? seconds : 1e-3;
	bool ok = yyjson_mut_obj_add_real(doc, root, "seconds", seconds);
	size_t i, len;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, value) {
		subtract_counters(value, find_text(yyjson_mut_obj_get(earlier, "outputs"), "/name",
						 get_text(value, "/name")));
	}
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "surfaces"), i, len, value) {
		ok = ok && subtract_surface(doc, value,
				   find_number(yyjson_mut_obj_get(earlier, "surfaces"), "/surface",
					   get_int(value, "/surface")),
				   seconds);
	}
	if (!ok) {
		yyjson_mut_doc_free(doc);
		return NULL;
	}
	return doc;
}
