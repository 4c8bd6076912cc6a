/*
 * bench-planes [--json] [--runs N] [CARD]: latch's planner beside libliftoff.
 *
 * For each layout: how many layers each puts on planes, how many commits it asks the kernel for,
 * and how long it plans apart from the kernel's time: for a new layout, and for a frame in which
 * only buffers are new. Runs of both take turns, so that what slows the computer down slows both;
 * medians are told.
 */
#include <drm_fourcc.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "base/clock.h"
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
	char *device;
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
			.device = strdup(device.name),
			.layout = layout.name,
			.layers = layout.len,
			.planes = device.planes_len,
			.wants_underlay = layout.wants_underlay,
		};
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

/* --- what is told --- */

static double ratio(double latch, double liftoff) {
	return latch > 0 ? liftoff / latch : 0;
}

static void print_table(struct comparison *comparisons, size_t len) {
	printf("%-12s %-18s %7s  %15s  %-29s  %-29s\n", "", "", "", "on planes",
		"new layout: tests, us", "steady frame: tests, us");
	printf("%-12s %-18s %7s  %7s %7s  %-12s %-16s  %-12s %-16s\n", "device", "layout", "layers",
		"latch", "liftoff", "latch", "liftoff", "latch", "liftoff");
	for (size_t i = 0; i < len; i++) {
		struct comparison *c = &comparisons[i];
		printf("%-12s %-18s %7zu  %7zu %7zu  %3u %8.1f %5u %10.1f  %3u %8.1f %5u %10.1f\n",
			c->device, c->layout, c->layers, c->latch_new.last.on_planes,
			c->liftoff_new.last.on_planes, c->latch_new.last.tests,
			median_us(&c->latch_new), c->liftoff_new.last.tests,
			median_us(&c->liftoff_new), c->latch_steady.last.tests,
			median_us(&c->latch_steady), c->liftoff_steady.last.tests,
			median_us(&c->liftoff_steady));
	}
}

struct criterion {
	const char *text;
	bool applies, passed;
	char detail[128];
};

#define CRITERIA 4

static void blame(struct criterion *criterion, const struct comparison *c) {
	criterion->passed = false;
	snprintf(criterion->detail, sizeof(criterion->detail), "%s: %s", c->device, c->layout);
}

static void judge(struct comparison *comparisons, size_t len, struct criterion *criteria) {
	static const char *const texts[CRITERIA] = {
		"as many layers on planes as libliftoff, or more, everywhere",
		"more than libliftoff somewhere that an underlay helps",
		"no test commit in a steady frame",
		"8 layers on 10 planes in at most 1/5 of the time that libliftoff would need",
	};
	bool more = false;
	for (size_t i = 0; i < CRITERIA; i++) {
		criteria[i] = (struct criterion){.text = texts[i], .applies = true, .passed = true};
	}
	criteria[1].applies = criteria[3].applies = false;
	for (size_t i = 0; i < len; i++) {
		struct comparison *c = &comparisons[i];
		size_t latch = c->latch_new.last.on_planes, liftoff = c->liftoff_new.last.on_planes;
		if (latch < liftoff) {
			blame(&criteria[0], c);
		}
		more |= c->wants_underlay && latch > liftoff;
		if (strcmp(c->device, "sandwich") == 0) {
			criteria[1].applies = true;
		}
		if (c->latch_steady.last.tests != 0) {
			blame(&criteria[2], c);
		}
		if (c->layers == 8 && c->planes == 10) {
			double new = ratio(median_us(&c->latch_new), median_us(&c->liftoff_new));
			double steady =
				ratio(median_us(&c->latch_steady), median_us(&c->liftoff_steady));
			/* libliftoff gives up after a millisecond, with what it has by then. */
			double finished = ratio(median_us(&c->latch_new),
				(double)c->liftoff_new.last.patient_ns / 1000.0);
			criteria[3].applies = true;
			criteria[3].passed = finished >= 5;
			snprintf(criteria[3].detail, sizeof(criteria[3].detail),
				"1/%.0f; 1/%.1f of the time after which it gives up, steady frame "
				"1/%.1f",
				finished, new, steady);
		}
	}
	criteria[1].passed = more;
}

static void print_criteria(const struct criterion *criteria) {
	printf("\n");
	for (size_t i = 0; i < CRITERIA; i++) {
		const struct criterion *c = &criteria[i];
		if (c->applies) {
			printf("%-4s %s%s%s%s\n", c->passed ? "ok" : "MISS", c->text,
				c->detail[0] != '\0' ? " (" : "", c->detail,
				c->detail[0] != '\0' ? ")" : "");
		}
	}
}

static void add_series(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *name,
	struct series *new, struct series *steady) {
	yyjson_mut_val *value = yyjson_mut_obj_add_obj(doc, object, name);
	yyjson_mut_obj_add_uint(doc, value, "on_planes", new->last.on_planes);
	yyjson_mut_obj_add_uint(doc, value, "new_tests", new->last.tests);
	yyjson_mut_obj_add_real(doc, value, "new_us", median_us(new));
	yyjson_mut_obj_add_uint(doc, value, "steady_tests", steady->last.tests);
	yyjson_mut_obj_add_real(doc, value, "steady_us", median_us(steady));
}

static bool print_json(
	struct comparison *comparisons, size_t len, const struct criterion *criteria, int runs) {
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
		add_series(doc, value, "latch", &c->latch_new, &c->latch_steady);
		add_series(doc, value, "libliftoff", &c->liftoff_new, &c->liftoff_steady);
		yyjson_mut_obj_add_real(doc, value, "new_ratio",
			ratio(median_us(&c->latch_new), median_us(&c->liftoff_new)));
		yyjson_mut_obj_add_real(doc, value, "steady_ratio",
			ratio(median_us(&c->latch_steady), median_us(&c->liftoff_steady)));
	}
	list = yyjson_mut_obj_add_arr(doc, root, "criteria");
	for (size_t i = 0; i < CRITERIA; i++) {
		if (criteria[i].applies) {
			yyjson_mut_val *value = yyjson_mut_arr_add_obj(doc, list);
			yyjson_mut_obj_add_str(doc, value, "text", criteria[i].text);
			yyjson_mut_obj_add_bool(doc, value, "passed", criteria[i].passed);
			yyjson_mut_obj_add_str(doc, value, "detail", criteria[i].detail);
		}
	}
	bool ok = yyjson_mut_write_fp(stdout, doc, YYJSON_WRITE_PRETTY, NULL, NULL);
	printf("\n");
	yyjson_mut_doc_free(doc);
	return ok;
}

int main(int argc, char **argv) {
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"runs", required_argument, NULL, 'r'}, {0}};
	bool json = false;
	int runs = 301;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'r':
			runs = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "%s: --runs wants a number from 1 to %d\n", argv[0], MAX_RUNS);
		return 2;
	}
	if (optind < argc) {
		bench_device_choose(argv[optind]);
	}

	size_t len = 0;
	struct comparison *comparisons =
		calloc(bench_devices_len() * bench_layouts_len(), sizeof(*comparisons));
	bool ok = comparisons != NULL;
	for (size_t i = 0; ok && i < bench_devices_len(); i++) {
		ok = run_device(i, runs, comparisons, &len);
	}
	struct criterion criteria[CRITERIA];
	if (ok) {
		judge(comparisons, len, criteria);
		if (json) {
			ok = print_json(comparisons, len, criteria, runs);
		} else {
			print_table(comparisons, len);
			print_criteria(criteria);
		}
	}
	for (size_t i = 0; ok && i < CRITERIA; i++) {
		ok = !criteria[i].applies || criteria[i].passed;
	}
	for (size_t i = 0; i < len; i++) {
		free(comparisons[i].device);
	}
	free(comparisons);
	return ok ? 0 : 1;
}
