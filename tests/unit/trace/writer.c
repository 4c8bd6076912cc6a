/* The trace file is read back: every record is there, and every lane nests. */
#include "../test.h"
#include "frame.h"
#include "plan/reason.h"
#include "trace/fields.h"
#include "trace/missed.h"
#include "trace/trace.h"
#include "trace/track.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#define LANES_MAX 64
#define DEPTH_MAX 4

static char path[] = "/tmp/latch-test-writer-XXXXXX";

static int make_path(void **state) {
	const int fd = mkstemp(path);
	if (fd < 0) {
		return -1;
	}
	close(fd);
	return 0;
}

/* What was read last. */
static yyjson_doc *doc;

static int remove_path(void **state) {
	yyjson_doc_free(doc);
	return unlink(path);
}

/* A file of which the end may be missing, as a killed latch leaves it. */
static void read_trace(bool whole) {
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = NULL;
	size_t size = 0;
	const ssize_t length = getdelim(&text, &size, EOF, file);
	assert_true(length > 0);
	fclose(file);
	text = realloc(text, (size_t)length + 2);
	assert_non_null(text);
	if (!whole) {
		strcpy(text + length, "]");
	}
	yyjson_doc_free(doc);
	doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	free(text);
	assert_true(yyjson_is_arr(yyjson_doc_get_root(doc)));
}

static void finish(struct latch_trace *trace) {
	latch_trace_destroy(trace);
	read_trace(true);
}

static const char *get_str(yyjson_val *object, const char *key) {
	const char *text = yyjson_get_str(yyjson_obj_get(object, key));
	return text != NULL ? text : "";
}

static int64_t get_int(yyjson_val *event, const char *key) {
	yyjson_val *value = yyjson_obj_get(yyjson_obj_get(event, "args"), key);
	assert_non_null(value);
	return yyjson_get_sint(value);
}

/* In whole ns, from the file's us with three decimals. */
static int64_t get_ts(yyjson_val *event) {
	return llround(yyjson_get_num(yyjson_obj_get(event, "ts")) * 1000.0);
}

struct lane {
	uint64_t tid;
	int64_t last_ns;
	size_t depth;
	uint64_t slices;
	yyjson_val *open[DEPTH_MAX];
};

struct reading {
	struct lane lanes[LANES_MAX];
	size_t lanes_length;
	size_t updates; /* outer slices of surfaces */
	size_t frames;	/* outer slices of outputs */
	size_t flips;	/* instants */
	size_t missed;	/* instants */
};

static struct lane *get_lane(struct reading *reading, yyjson_val *event) {
	const uint64_t tid = yyjson_get_uint(yyjson_obj_get(event, "tid"));
	for (size_t i = 0; i < reading->lanes_length; i++) {
		if (reading->lanes[i].tid == tid) {
			return &reading->lanes[i];
		}
	}
	assert_true(reading->lanes_length < LANES_MAX);
	reading->lanes[reading->lanes_length] = (struct lane){.tid = tid};
	return &reading->lanes[reading->lanes_length++];
}

/* Follows every lane as a viewer does, and fails where slices don't nest. */
static struct reading follow(bool whole) {
	struct reading reading = {0};
	size_t index, max;
	yyjson_val *event;
	yyjson_arr_foreach(yyjson_doc_get_root(doc), index, max, event) {
		const char *ph = get_str(event, "ph"), *name = get_str(event, "name");
		reading.flips += strcmp(ph, "i") == 0 && strcmp(name, "flip") == 0;
		reading.missed += strcmp(ph, "i") == 0 && strncmp(name, "missed", 6) == 0;
		if (strcmp(ph, "B") != 0 && strcmp(ph, "E") != 0) {
			continue;
		}
		struct lane *lane = get_lane(&reading, event);
		const int64_t ts = get_ts(event);
		assert_true(ts >= lane->last_ns);
		lane->last_ns = ts;
		if (*ph == 'E') {
			assert_true(lane->depth > 0);
			lane->depth--;
			continue;
		}
		assert_true(lane->depth < 2); /* an outer slice and its stages */
		if (lane->depth == 0) {
			reading.frames += strcmp(name, "frame") == 0;
			reading.updates += strcmp(name, "frame") != 0;
		} else {
			lane->slices++;
		}
		lane->open[lane->depth++] = event;
	}
	for (size_t i = 0; whole && i < reading.lanes_length; i++) {
		assert_int_equal(reading.lanes[i].depth, 0);
	}
	return reading;
}

/* The same client as a triple buffering one: each update lives for three refreshes. */
static struct latch_frame_record make_frame(uint64_t n) {
	struct latch_frame_record record = test_frame(3, n);
	record.commit_ns = record.flip_ns - 2 * REFRESH_NS + 3 * MS;
	record.signalled_ns = record.flip_ns - REFRESH_NS + 3 * MS;
	record.ready_ns = record.flip_ns - REFRESH_NS + 4 * MS;
	record.held_by = "fence";
	return record;
}

static struct latch_trace *create(void) {
	struct latch_trace *trace =
		latch_trace_create(&(struct latch_trace_options){.trace_path = path});
	assert_non_null(trace);
	latch_trace_add_output(trace, &(struct latch_trace_output){.id = 1,
					       .name = "HDMI-A-1",
					       .device = "vkms \"virtual\"",
					       .mode = "1024x768",
					       .renderer = "pixman",
					       .clock = "simulated"});
	latch_trace_add_surface(trace,
		&(struct latch_trace_surface){.id = 3, .pid = 99, .label = "a\\b \"c\" %s\n"});
	return trace;
}

static void write_one(const struct latch_frame_record *record) {
	struct latch_trace *trace = create();
	latch_trace_frame(trace, record);
	finish(trace);
}

static yyjson_val *find_event(const char *ph, const char *name, size_t skip) {
	size_t index, max;
	yyjson_val *event;
	yyjson_arr_foreach(yyjson_doc_get_root(doc), index, max, event) {
		if (strcmp(get_str(event, "ph"), ph) == 0 &&
			strcmp(get_str(event, "name"), name) == 0 && skip-- == 0) {
			return event;
		}
	}
	return NULL;
}

static void test_describes_itself(void **state) {
	finish(create());
	yyjson_val *args = yyjson_obj_get(find_event("i", "latch", 0), "args");
	assert_string_equal(get_str(args, "version"), LATCH_VERSION);
	assert_string_equal(get_str(args, "clock"), "CLOCK_MONOTONIC");
	args = yyjson_obj_get(find_event("i", "output", 0), "args");
	assert_string_equal(get_str(args, "name"), "HDMI-A-1");
	assert_string_equal(get_str(args, "device"), "vkms \"virtual\"");
	assert_string_equal(get_str(args, "mode"), "1024x768");
	assert_string_equal(get_str(args, "renderer"), "pixman");
	assert_string_equal(get_str(args, "clock"), "simulated");
	args = yyjson_obj_get(find_event("i", "surface", 0), "args");
	assert_string_equal(get_str(args, "label"), "a\\b \"c\" %s?");
	assert_int_equal(yyjson_get_sint(yyjson_obj_get(args, "client_pid")), 99);
	args = yyjson_obj_get(find_event("M", "process_name", 2), "args");
	assert_string_equal(get_str(args, "name"), "surface 3 a\\b \"c\" %s?");
}

/* Programs of others read them. */
static void assert_keys(yyjson_val *event, const char *expected) {
	char keys[1024] = "";
	size_t index, max;
	yyjson_val *key, *value;
	yyjson_obj_foreach(yyjson_obj_get(event, "args"), index, max, key, value) {
		strcat(strcat(keys, " "), yyjson_get_str(key));
	}
	assert_string_equal(keys, expected);
}

static void test_one_update(void **state) {
	const struct latch_frame_record record = make_frame(5);
	write_one(&record);
	yyjson_val *outer = find_event("B", "on plane", 0);
	assert_non_null(outer);
	assert_int_equal(get_ts(outer), record.commit_ns);
	yyjson_val *args = yyjson_obj_get(outer, "args");
	assert_keys(outer,
		" surface output update sync held_by placement plane plane_type reasons presented"
		" superseded fence_error sequence commit_ns signalled_ns ready_ns latch_ns"
		" compose_start_ns compose_end_ns submit_start_ns submit_end_ns flip_ns release_ns"
		" refresh_ns replaced_flip_ns visible_ns buffer end release told_ns off_ns wake"
		" planned_ns predicted_ns margin_ns kernel_ns busy_ns blocked_from_ns"
		" blocked_until_ns blocked_by paced_ns unused_vblanks reason_names");
	assert_string_equal(get_str(args, "plane_type"), "primary");
	assert_string_equal(get_str(args, "sync"), "syncobj");
	assert_string_equal(get_str(args, "held_by"), "fence");
	assert_string_equal(get_str(args, "end"), "shown");
	assert_string_equal(get_str(args, "release"), "out-fence");
	assert_string_equal(get_str(args, "wake"), "deadline");
	assert_string_equal(get_str(args, "blocked_by"), "");
	struct latch_frame_record read = {.held_by = record.held_by,
		.plane_type = record.plane_type,
		.wake.why = record.wake.why};
	assert_null(latch_fields_read(&latch_frame_fields, args, &read, NULL, NULL));
	assert_memory_equal(&read, &record, sizeof(read));

	const struct {
		const char *name;
		int64_t begin_ns;
	} stages[] = {
		{"acquire", record.commit_ns},
		{"gate", record.signalled_ns},
		{"ready", record.ready_ns},
		{"assign", record.latch_ns},
		{"submit", record.submit_start_ns},
		{"flip", record.submit_end_ns},
		{"on screen", record.flip_ns},
	};
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		yyjson_val *stage = find_event("B", stages[i].name, 0);
		assert_non_null(stage);
		assert_int_equal(get_ts(stage), stages[i].begin_ns);
		assert_int_equal(get_int(stage, "update"), 5);
		assert_int_equal(get_int(stage, "sequence"), 5);
	}
	const struct reading reading = follow(true);
	assert_int_equal(reading.lanes_length, 1);
	assert_int_equal(reading.lanes[0].slices, 7);
	assert_int_equal(reading.lanes[0].last_ns, record.release_ns);
	/* The fence came after the vblank that the commit could have made. */
	assert_int_equal(reading.missed, 0);
}

static void test_commit(void **state) {
	struct latch_trace *trace = create();
	const struct latch_frame_record record = make_frame(5);
	latch_trace_commit(trace, &record);
	finish(trace);
	yyjson_val *commit = find_event("i", "commit", 0);
	assert_non_null(commit);
	assert_int_equal(get_ts(commit), record.commit_ns);
	assert_keys(commit, " surface update buffer commit_ns");
	assert_int_equal(get_int(commit, "surface"), 3);
	assert_int_equal(get_int(commit, "update"), 5);
	assert_int_equal(get_int(commit, "buffer"), record.buffer_id);
	assert_int_equal(get_int(commit, "commit_ns"), record.commit_ns);
}

/* However many there are, and however large their numbers: each is there once, and the last part
 * says that it is the last. */
static void show(size_t length, size_t parts) {
	struct latch_trace *trace = create();
	struct latch_shown_record *shown = calloc(length + 1, sizeof(*shown));
	assert_non_null(shown);
	for (size_t i = 0; i < length; i++) {
		shown[i] = (struct latch_shown_record){
			.surface_id = UINT32_MAX - (uint32_t)i,
			.update_id = INT64_MAX - i,
			.plane_id = UINT32_MAX,
		};
	}
	latch_trace_shown(trace, 1, 7 * MS, 70, shown, length);
	finish(trace);
	size_t seen = 0;
	for (size_t part = 0; part < parts; part++) {
		yyjson_val *event = find_event("i", "shown", part);
		assert_non_null(event);
		assert_int_equal(get_ts(event), 7 * MS);
		assert_int_equal(get_int(event, "output"), 1);
		assert_int_equal(get_int(event, "sequence"), 70);
		assert_int_equal(get_int(event, "time_ns"), 7 * MS);
		yyjson_val *args = yyjson_obj_get(event, "args");
		assert_int_equal(yyjson_get_bool(yyjson_obj_get(args, "more")), part + 1 < parts);
		size_t index, max;
		yyjson_val *entry;
		yyjson_arr_foreach(yyjson_obj_get(args, "updates"), index, max, entry) {
			assert_int_equal(
				yyjson_get_uint(yyjson_arr_get(entry, 0)), UINT32_MAX - seen);
			assert_int_equal(
				yyjson_get_uint(yyjson_arr_get(entry, 1)), INT64_MAX - seen);
			assert_int_equal(yyjson_get_uint(yyjson_arr_get(entry, 2)), UINT32_MAX);
			seen++;
		}
	}
	assert_int_equal(seen, length);
	assert_null(find_event("i", "shown", parts));
	free(shown);
}

static void test_shown(void **state) {
	show(0, 1);
	show(1, 1);
	show(48, 1);
	show(49, 2);
	show(200, 5);
}

static void test_surface_gone(void **state) {
	struct latch_trace *trace = create();
	latch_trace_remove_surface(trace, 3);
	latch_trace_remove_surface(trace, 3);
	latch_trace_remove_surface(trace, 4);
	finish(trace);
	yyjson_val *gone = find_event("i", "surface gone", 0);
	assert_non_null(gone);
	assert_int_equal(get_int(gone, "id"), 3);
	assert_null(find_event("i", "surface gone", 1));
}

/* What latch-report needs besides the times. */
static void test_facts(void **state) {
	struct latch_trace *trace = create();
	struct latch_frame_record record = make_frame(5);
	record.placement = LATCH_COMPOSED;
	record.reasons = LATCH_REASON_NO_DMABUF | LATCH_REASON_NO_FREE_PLANE |
			 UINT64_C(1) << LATCH_REASON_COUNT; /* which has no name */
	record.replaced_flip_ns -= 3 * REFRESH_NS;
	latch_trace_frame(trace, &record);
	latch_trace_flip(trace, &(struct latch_flip_record){.output_id = 1,
						.wake = {.planned_ns = 17},
						.latch_ns = 20,
						.flip_ns = 30});
	finish(trace);
	yyjson_val *update = find_event("B", "composed", 0);
	yyjson_val *names = yyjson_ptr_get(update, "/args/reason_names");
	assert_int_equal(yyjson_arr_size(names), 2);
	assert_string_equal(yyjson_get_str(yyjson_arr_get(names, 0)), "no-dmabuf");
	assert_string_equal(yyjson_get_str(yyjson_arr_get(names, 1)), "no-free-plane");
	assert_int_equal(get_int(update, "unused_vblanks"), latch_missed_count(&record).unused);
	assert_true(get_int(update, "unused_vblanks") > 0);
	yyjson_val *frame = find_event("B", "frame", 0);
	assert_int_equal(get_int(frame, "planned_ns"), 17);
	assert_keys(frame,
		" output sequence layers on_planes composed latch_ns compose_start_ns"
		" compose_end_ns submit_start_ns submit_end_ns flip_ns refresh_ns wake planned_ns"
		" predicted_ns margin_ns kernel_ns busy_ns");
	follow(true);
}

static void test_overlap(void **state) {
	struct latch_trace *trace = create();
	for (uint64_t n = 1; n <= 3000; n++) {
		const struct latch_frame_record record = make_frame(n);
		latch_trace_frame(trace, &record);
		const struct latch_flip_record flip = test_flip(&record);
		latch_trace_flip(trace, &flip);
	}
	finish(trace);
	const struct reading reading = follow(true);
	assert_int_equal(reading.updates, 3000);
	assert_int_equal(reading.frames, 3000);
	assert_int_equal(reading.flips, 3000);
	/* Three lanes of the surface and one of the output. */
	assert_int_equal(reading.lanes_length, 4);
	uint64_t slices = 0;
	for (size_t i = 0; i < reading.lanes_length; i++) {
		slices += reading.lanes[i].slices;
	}
	assert_int_equal(slices, 3000 * 7 + 3000 * 3);
}

static void test_submitted_but_never_shown(void **state) {
	struct latch_frame_record record = make_frame(9);
	record.presented = false;
	record.flip_ns = 0;
	write_one(&record);
	assert_null(find_event("B", "on plane", 0));
	assert_non_null(find_event("B", "not shown", 0));
	assert_non_null(find_event("B", "dropped", 0));
}

static void test_missed(void **state) {
	struct latch_frame_record record = make_frame(9);
	record.replaced_flip_ns -= 2 * REFRESH_NS;
	write_one(&record);
	assert_int_equal(follow(true).missed, 1);
	yyjson_val *missed = find_event("i", "missed: fence", 0);
	assert_non_null(missed);
	assert_int_equal(get_int(missed, "update"), 9);
	assert_int_equal(get_int(missed, "vblanks"), 1);
	assert_int_equal(get_ts(missed), record.flip_ns - REFRESH_NS);
}

/* Whatever the times are, the file can be read, nests, and has each record once. */
static void test_random_records(void **state) {
	struct latch_trace *trace = create();
	const size_t length = 5000;
	for (size_t i = 0; i < length; i++) {
		struct latch_frame_record record = make_frame(i + 1);
		int64_t *times[] = {&record.commit_ns, &record.signalled_ns, &record.ready_ns,
			&record.latch_ns, &record.submit_start_ns, &record.submit_end_ns,
			&record.flip_ns, &record.release_ns, &record.replaced_flip_ns};
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			const long kind = random() % 10;
			if (kind == 0) {
				*times[j] = 0;
			} else if (kind == 1) {
				*times[j] = -*times[j];
			} else if (kind == 2) {
				*times[j] += (random() % 1000 - 500) * MS;
			}
		}
		if (i % 500 == 0) {
			record = (struct latch_frame_record){.surface_id = 3, .update_id = i + 1};
		}
		record.presented = random() % 2 == 0;
		record.superseded = random() % 2 == 0;
		latch_trace_frame(trace, &record);
	}
	finish(trace);
	const struct reading reading = follow(true);
	assert_int_equal(reading.updates, length);
	assert_true(reading.lanes_length <= LATCH_TRACK_LANES);
}

/* More updates at once than there are lanes. */
static void test_all_lanes_taken(void **state) {
	struct latch_trace *trace = create();
	for (uint64_t n = 1; n <= 100; n++) {
		struct latch_frame_record record = make_frame(n);
		record.commit_ns = 500 * MS;
		record.release_ns = 9000 * MS;
		latch_trace_frame(trace, &record);
	}
	finish(trace);
	const struct reading reading = follow(true);
	assert_int_equal(reading.updates, 100);
	assert_int_equal(reading.lanes_length, LATCH_TRACK_LANES);
}

/* What a kill leaves: the file is read while the writer has not ended. */
static void test_killed(void **state) {
	struct latch_trace *trace = create();
	read_trace(false);
	for (uint64_t n = 1; n <= 500; n++) {
		const struct latch_frame_record record = make_frame(n);
		latch_trace_frame(trace, &record);
		if (n % 50 == 0) {
			read_trace(false);
			const struct reading reading = follow(false);
			/* At most the last second is missing, i.e. 60 updates. */
			assert_true(reading.updates + 61 >= n);
		}
	}
	latch_trace_destroy(trace);
}

/* A slow client's updates don't wait for a full buffer. */
static void test_killed_while_slow(void **state) {
	struct latch_trace *trace = create();
	for (uint64_t n = 1; n <= 5; n++) {
		const struct latch_frame_record record = make_frame(120 * n);
		latch_trace_frame(trace, &record);
		read_trace(false);
		assert_int_equal(follow(false).updates, n);
	}
	latch_trace_destroy(trace);
}

static void test_gone_tracks_are_few(void **state) {
	struct latch_track_list list = {0};
	for (uint32_t id = 1; id <= 1000; id++) {
		assert_non_null(latch_track_list_get(&list, id, id, "updates"));
		if (id != 500) {
			latch_track_list_mark_gone(&list, id);
		}
		assert_true(list.by_id.len <= LATCH_TRACK_GONE_MAX + 1);
	}
	assert_non_null(latch_track_list_find(&list, 500));
	assert_non_null(latch_track_list_find(&list, 1000));
	assert_null(latch_track_list_find(&list, 499));
	latch_track_list_finish(&list);
}

static void test_surfaces_come_and_go(void **state) {
	struct latch_trace *trace = create();
	for (uint32_t id = 100; id < 600; id++) {
		latch_trace_add_surface(
			trace, &(struct latch_trace_surface){.id = id, .label = "x"});
		latch_trace_remove_surface(trace, id);
		latch_trace_remove_surface(trace, id);
	}
	latch_trace_remove_surface(trace, 12345);
	const struct latch_frame_record record = make_frame(1);
	latch_trace_frame(trace, &record);
	finish(trace);
	assert_int_equal(follow(true).updates, 1);
}

TEST_MAIN_GROUP("writer", make_path, remove_path, UNIT(test_describes_itself),
	UNIT(test_one_update), UNIT(test_commit), UNIT(test_shown), UNIT(test_surface_gone),
	UNIT(test_facts), UNIT(test_overlap), UNIT(test_submitted_but_never_shown),
	UNIT(test_missed), UNIT(test_random_records), UNIT(test_all_lanes_taken), UNIT(test_killed),
	UNIT(test_killed_while_slow), UNIT(test_gone_tracks_are_few),
	UNIT(test_surfaces_come_and_go))
