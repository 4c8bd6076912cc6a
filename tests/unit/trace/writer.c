/* SPDX-License-Identifier: MIT */
/* The trace file is read back: every record is there, and every lane nests. */
#include "../text.h"
#include "frame.h"
#include "plan/reason.h"
#include "trace/missed.h"
#include "trace/trace.h"
#include "trace/track.h"

#include <math.h>

#define LANES_MAX 64

static char path[] = "/tmp/latch-test-writer-XXXXXX";

static int make_path(void **state) {
	test_make_file(path);
	return 0;
}

/* What was read last. */
static yyjson_doc *doc;

static int remove_path(void **state) {
	yyjson_doc_free(doc);
	return unlink(path);
}

static const char *get_str(yyjson_val *object, const char *key) {
	const char *text = yyjson_get_str(yyjson_obj_get(object, key));
	return text != NULL ? text : "";
}

static yyjson_val *get_args(yyjson_val *event) {
	return yyjson_obj_get(event, "args");
}

static int64_t get_int(yyjson_val *event, const char *key) {
	yyjson_val *value = yyjson_obj_get(get_args(event), key);
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
		lane->depth++;
	}
	for (size_t i = 0; whole && i < reading.lanes_length; i++) {
		assert_int_equal(reading.lanes[i].depth, 0);
	}
	return reading;
}

/* A file of which the end may be missing, as a killed latch leaves it. */
static struct reading read_trace(bool whole) {
	char *text = text_of_file(path);
	const size_t length = strlen(text);
	text = realloc(text, length + 2);
	assert_non_null(text);
	strcpy(text + length, whole ? "" : "]");
	yyjson_doc_free(doc);
	doc = yyjson_read(text, strlen(text), 0);
	free(text);
	assert_true(yyjson_is_arr(yyjson_doc_get_root(doc)));
	return follow(whole);
}

static struct reading finish(struct latch_trace *trace) {
	latch_trace_destroy(trace);
	return read_trace(true);
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

static struct reading write_one(const struct latch_frame_record *record) {
	struct latch_trace *trace = create();
	latch_trace_frame(trace, record);
	return finish(trace);
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

/* Programs of others read them. */
static void assert_keys(yyjson_val *event, const char *expected) {
	char keys[1024] = "";
	size_t index, max;
	yyjson_val *key, *value;
	yyjson_obj_foreach(get_args(event), index, max, key, value) {
		strcat(strcat(keys, " "), yyjson_get_str(key));
	}
	assert_string_equal(keys, expected);
}

static void test_each_event(void **state) {
	struct latch_trace *trace = create();
	struct latch_frame_record composed = make_frame(5), never = make_frame(9);
	composed.placement = LATCH_COMPOSED;
	composed.reasons = LATCH_REASON_NO_DMABUF | LATCH_REASON_NO_FREE_PLANE |
			   UINT64_C(1) << LATCH_REASON_COUNT; /* which has no name */
	composed.replaced_flip_ns -= 3 * REFRESH_NS;
	never.presented = false; // though submitted
	never.flip_ns = 0;
	latch_trace_commit(trace, &composed);
	latch_trace_frame(trace, &composed);
	latch_trace_frame(trace, &never);
	latch_trace_flip(trace,
		&(struct latch_flip_record){
			.output_id = 1, .wake = {.planned_ns = 17}, .latch_ns = 20, .flip_ns = 30});
	finish(trace);

	ASSERT_JSON(get_args(find_event("i", "latch", 0)), {"/version", "'" LATCH_VERSION "'"},
		{"/clock", "'CLOCK_MONOTONIC'"});
	ASSERT_JSON(get_args(find_event("i", "output", 0)), {"/name", "'HDMI-A-1'"},
		{"/device", "'vkms \\'virtual\\''"}, {"/mode", "'1024x768'"},
		{"/renderer", "'pixman'"}, {"/clock", "'simulated'"});
	ASSERT_JSON(get_args(find_event("i", "surface", 0)), {"/label", "'a\\\\b \\'c\\' %s?'"},
		{"/client_pid", "99"});
	ASSERT_JSON(get_args(find_event("M", "process_name", 2)),
		{"/name", "'surface 3 a\\\\b \\'c\\' %s?'"});

	yyjson_val *commit = find_event("i", "commit", 0);
	assert_int_equal(get_ts(commit), composed.commit_ns);
	assert_int_equal(get_int(commit, "commit_ns"), composed.commit_ns);
	assert_keys(commit, " surface update buffer commit_ns");
	ASSERT_JSON(get_args(commit), {"/surface", "3"}, {"/update", "5"}, {"/buffer", "3"});

	yyjson_val *update = find_event("B", "composed", 0);
	ASSERT_JSON(update, {"/args/reason_names", "['no-dmabuf','no-free-plane']"});
	assert_int_equal(get_int(update, "unused_vblanks"), latch_missed_count(&composed).unused);
	assert_true(get_int(update, "unused_vblanks") > 0);
	assert_null(find_event("B", "on plane", 0));
	assert_non_null(find_event("B", "not shown", 0));
	assert_non_null(find_event("B", "dropped", 0));

	yyjson_val *frame = find_event("B", "frame", 0);
	assert_int_equal(get_int(frame, "planned_ns"), 17);
	assert_keys(frame,
		" output sequence layers on_planes composed latch_ns compose_start_ns"
		" compose_end_ns submit_start_ns submit_end_ns flip_ns refresh_ns wake planned_ns"
		" predicted_ns margin_ns kernel_ns busy_ns");
}

static void test_one_update(void **state) {
	const struct latch_frame_record record = make_frame(5);
	const struct reading reading = write_one(&record);
	yyjson_val *outer = find_event("B", "on plane", 0);
	assert_non_null(outer);
	assert_int_equal(get_ts(outer), record.commit_ns);
	assert_keys(outer,
		" surface output update sync held_by placement plane plane_type reasons presented"
		" superseded fence_error sequence commit_ns signalled_ns ready_ns latch_ns"
		" compose_start_ns compose_end_ns submit_start_ns submit_end_ns flip_ns release_ns"
		" refresh_ns replaced_flip_ns visible_ns buffer end release told_ns off_ns wake"
		" planned_ns predicted_ns margin_ns kernel_ns busy_ns blocked_from_ns"
		" blocked_until_ns blocked_by paced_ns callback_ns input_ns fourcc"
		" shown_width shown_height test_errno unused_vblanks reason_names");
	ASSERT_JSON(get_args(outer), {"/plane_type", "'primary'"}, {"/sync", "'syncobj'"},
		{"/held_by", "'fence'"}, {"/end", "'shown'"}, {"/release", "'out-fence'"},
		{"/wake", "'deadline'"}, {"/blocked_by", "''"});
	static const char *const stages[] = {
		"acquire", "gate", "ready", "assign", "submit", "flip", "on screen"};
	const int64_t begin_ns[] = {record.commit_ns, record.signalled_ns, record.ready_ns,
		record.latch_ns, record.submit_start_ns, record.submit_end_ns, record.flip_ns};
	for (size_t i = 0; i < LEN(stages); i++) {
		yyjson_val *stage = find_event("B", stages[i], 0);
		assert_int_equal(get_ts(stage), begin_ns[i]);
		ASSERT_JSON(get_args(stage), {"/update", "5"}, {"/sequence", "5"});
	}
	assert_int_equal(reading.lanes_length, 1);
	assert_int_equal(reading.lanes[0].slices, 7);
	assert_int_equal(reading.lanes[0].last_ns, record.release_ns);
	/* The fence came after the vblank that the commit could have made. */
	assert_int_equal(reading.missed, 0);
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
		yyjson_val *event = find_event("i", "shown", part), *args = get_args(event);
		assert_int_equal(get_ts(event), 7 * MS);
		ASSERT_JSON(args, {"/output", "1"}, {"/sequence", "70"}, {"/time_ns", "7000000"},
			{"/more", part + 1 < parts ? "true" : "false"});
		size_t index, max;
		yyjson_val *entry;
		yyjson_arr_foreach(yyjson_obj_get(args, "updates"), index, max, entry) {
			char expected[64];
			snprintf(expected, sizeof(expected), "[%zu,%zu,%u]", UINT32_MAX - seen,
				INT64_MAX - seen, UINT32_MAX);
			ASSERT_JSON(entry, {"", expected});
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

static void test_lanes(void **state) {
	struct latch_trace *trace = create();
	for (uint64_t n = 1; n <= 3000; n++) {
		const struct latch_frame_record record = make_frame(n);
		latch_trace_frame(trace, &record);
		const struct latch_flip_record flip = test_flip(&record);
		latch_trace_flip(trace, &flip);
	}
	struct reading reading = finish(trace);
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

	/* More updates at once than there are lanes. */
	trace = create();
	for (uint64_t n = 1; n <= 100; n++) {
		struct latch_frame_record record = make_frame(n);
		record.commit_ns = 500 * MS;
		record.release_ns = 9000 * MS;
		latch_trace_frame(trace, &record);
	}
	reading = finish(trace);
	assert_int_equal(reading.updates, 100);
	assert_int_equal(reading.lanes_length, LATCH_TRACK_LANES);
}

static void test_missed(void **state) {
	struct latch_frame_record record = make_frame(9);
	record.replaced_flip_ns -= 2 * REFRESH_NS;
	assert_int_equal(write_one(&record).missed, 1);
	yyjson_val *missed = find_event("i", "missed: fence", 0);
	ASSERT_JSON(get_args(missed), {"/update", "9"}, {"/vblanks", "1"});
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
		for (size_t j = 0; j < LEN(times); j++) {
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
	const struct reading reading = finish(trace);
	assert_int_equal(reading.updates, length);
	assert_true(reading.lanes_length <= LATCH_TRACK_LANES);
}

/* What a kill leaves: the file is read while the writer has not ended. */
static void test_killed(void **state) {
	struct latch_trace *trace = create();
	read_trace(false);
	uint64_t n = 0;
	while (n < 500) {
		const struct latch_frame_record record = make_frame(++n);
		latch_trace_frame(trace, &record);
		if (n % 50 == 0) {
			/* At most the last second is missing, i.e. 60 updates. */
			assert_true(read_trace(false).updates + 61 >= n);
		}
	}
	/* A slow client's updates don't wait for a full buffer. */
	for (uint64_t seconds = 1; seconds <= 5; seconds++) {
		const struct latch_frame_record record = make_frame(n + 120 * seconds);
		latch_trace_frame(trace, &record);
		assert_int_equal(read_trace(false).updates, n + seconds);
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
	assert_int_equal(finish(trace).updates, 1);
	/* Each is told of once. */
	assert_int_equal(get_int(find_event("i", "surface gone", 499), "id"), 599);
	assert_null(find_event("i", "surface gone", 500));
}

TEST_MAIN_GROUP("writer", make_path, remove_path, UNIT(test_each_event), UNIT(test_one_update),
	UNIT(test_shown), UNIT(test_lanes), UNIT(test_missed), UNIT(test_random_records),
	UNIT(test_killed), UNIT(test_gone_tracks_are_few), UNIT(test_surfaces_come_and_go))
