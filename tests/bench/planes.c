/* SPDX-License-Identifier: MIT */
/*
 * bench-planes RUNS [CARD]: latch's planner beside libliftoff, as JSON; tests/lab/bench-table shows
 * and judges it.
 *
 * For each layout: how many layers each puts on planes, how many commits it asks the kernel for,
 * and how long it plans apart from the kernel's time: for a new layout, and for a frame in which
 * only buffers are new. Runs of both take turns, so that what slows the computer down slows both;
 * medians are told.
 */
#include <drm_fourcc.h>
#include <yyjson.h>

#include "bench.h"

#define MAX_RUNS 1001
/* One comparison ends early after this time, but not before it has so many runs. */
#define MAX_COMPARISON_NS INT64_C(1500000000)
#define MIN_RUNS 3

/* All runs of one kind: a planner, a new layout or a steady frame. */
struct series {
	struct bench_run last;
	int64_t ns[MAX_RUNS];
	int len;
};

struct comparison {
	char device[32];
	const char *layout;
	size_t layers, planes;
	bool wants_underlay;
	struct series latch_new, latch_steady, liftoff_new, liftoff_steady;
};

static void add_run(struct series *series, struct bench_run run) {
	series->last = run;
	series->ns[series->len++] = run.planning_ns;
}

static int compare_ns(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static double median_us(struct series *series) {
	qsort(series->ns, (size_t)series->len, sizeof(series->ns[0]), compare_ns);
	return (double)series->ns[series->len / 2] / 1000.0;
}

static bool make_fbs(struct bench_device *device, const struct bench_layout *layout,
	struct bench_fbs *fbs, struct bench_fbs *pictures) {
	for (size_t turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < layout->len; i++) {
			const struct latch_layer *layer = &layout->layers[i];
			if (!layer->is_dmabuf) {
				continue;
			}
			fbs->id[i][turn] = bench_device_make_fb(device,
				(uint32_t)layer->buffer_width, (uint32_t)layer->buffer_height,
				layer->fourcc);
			if (fbs->id[i][turn] == 0) {
				return false;
			}
		}
		fbs->id[BENCH_MAX_LAYERS][turn] = pictures->id[BENCH_MAX_LAYERS][turn];
	}
	return true;
}

static bool compare_on(struct bench_device *device, const struct bench_layout *layout, int runs,
	struct bench_fbs *pictures, struct comparison *c) {
	struct bench_fbs fbs = {0};
	if (!make_fbs(device, layout, &fbs, pictures)) {
		return false;
	}
	struct bench_planner *latch = bench_latch_create(device, layout, &fbs);
	struct bench_planner *liftoff = bench_liftoff_create(device, layout, &fbs);
	bool ok = latch != NULL && liftoff != NULL;
	int64_t end_ns = latch_now_ns() + MAX_COMPARISON_NS;
	for (int i = 0; ok && i < runs && (i < MIN_RUNS || latch_now_ns() < end_ns); i++) {
		add_run(&c->latch_new, bench_latch_new(latch));
		add_run(&c->liftoff_new, bench_liftoff_new(liftoff));
		bench_latch_steady(latch); // whether it composes now is known from here on
		add_run(&c->latch_steady, bench_latch_steady(latch));
		bench_liftoff_steady(liftoff);
		add_run(&c->liftoff_steady, bench_liftoff_steady(liftoff));
	}
	bench_liftoff_destroy(liftoff);
	bench_latch_destroy(latch);
	return ok;
}

static bool run_device(size_t i, int runs, struct comparison *comparisons, size_t *len) {
	for (size_t j = 0; j < bench_layouts_len(); j++) {
		struct bench_device device;
		if (!bench_device_open(&device, i)) {
			return false;
		}
		struct bench_layout layout;
		bench_layout_make(&layout, j, &device);
		struct bench_fbs pictures;
		for (size_t turn = 0; turn < 2; turn++) {
			pictures.id[BENCH_MAX_LAYERS][turn] = bench_device_make_fb(
				&device, BENCH_WIDTH, BENCH_HEIGHT, DRM_FORMAT_XRGB8888);
		}
		struct comparison *c = &comparisons[(*len)++];
		*c = (struct comparison){
			.layout = layout.name,
			.layers = layout.len,
			.planes = device.planes_len,
			.wants_underlay = layout.wants_underlay,
		};
		snprintf(c->device, sizeof(c->device), "%s", device.name);
		bool ok = compare_on(&device, &layout, runs, &pictures, c);
		bench_device_close(&device);
		if (!ok) {
			fprintf(stderr, "%s: %s: no framebuffers or no planner\n", c->device,
				c->layout);
			return false;
		}
	}
	return true;
}

static void add_planner(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *name,
	struct series *new, struct series *steady) {
	yyjson_mut_val *value = yyjson_mut_obj_add_obj(doc, object, name);
	yyjson_mut_obj_add_uint(doc, value, "on_planes", new->last.on_planes);
	yyjson_mut_obj_add_uint(doc, value, "new_tests", new->last.tests);
	yyjson_mut_obj_add_real(doc, value, "new_us", median_us(new));
	yyjson_mut_obj_add_real(doc, value, "patient_us", (double)new->last.patient_ns / 1000.0);
	yyjson_mut_obj_add_uint(doc, value, "steady_tests", steady->last.tests);
	yyjson_mut_obj_add_real(doc, value, "steady_us", median_us(steady));
}

static bool print_json(struct comparison *comparisons, size_t len, int runs) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_int(doc, root, "runs", runs);
	yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, root, "layouts");
	for (size_t i = 0; i < len; i++) {
		struct comparison *c = &comparisons[i];
		yyjson_mut_val *value = yyjson_mut_arr_add_obj(doc, list);
		yyjson_mut_obj_add_str(doc, value, "device", c->device);
		yyjson_mut_obj_add_str(doc, value, "layout", c->layout);
		yyjson_mut_obj_add_uint(doc, value, "layers", c->layers);
		yyjson_mut_obj_add_uint(doc, value, "planes", c->planes);
		yyjson_mut_obj_add_bool(doc, value, "wants_underlay", c->wants_underlay);
		add_planner(doc, value, "latch", &c->latch_new, &c->latch_steady);
		add_planner(doc, value, "libliftoff", &c->liftoff_new, &c->liftoff_steady);
	}
	bool ok = yyjson_mut_write_fp(stdout, doc, YYJSON_WRITE_PRETTY, NULL, NULL);
	yyjson_mut_doc_free(doc);
	return ok;
}

int main(int argc, char **argv) {
	int runs = argc == 2 || argc == 3 ? atoi(argv[1]) : 0;
	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: bench-planes RUNS [CARD], RUNS from 1 to %d\n", MAX_RUNS);
		return 2;
	}
	if (argc == 3) {
		bench_device_choose(argv[2]);
	}

	size_t len = 0;
	struct comparison *comparisons =
		calloc(bench_devices_len() * bench_layouts_len(), sizeof(*comparisons));
	bool ok = comparisons != NULL;
	for (size_t i = 0; ok && i < bench_devices_len(); i++) {
		ok = run_device(i, runs, comparisons, &len);
	}
	ok = ok && print_json(comparisons, len, runs);
	free(comparisons);
	return ok ? 0 : 1;
}
