/* SPDX-License-Identifier: MIT */
/* latch-present between a client and a compositor: what it puts in between, and what it tells. */
#include "../text.h"
#include "base/clock.h"
#include "read.h"
#include "run.h"
#include "tap.h"

#include <drm_fourcc.h>

#define REFRESH_NS INT64_C(16666667)
#define NO_ID 0u

static char path[] = "/tmp/test-present-XXXXXX";
static struct present_report report;
static struct wire_pipe *out;
static struct tap tap;

static int setup(void **state) {
	test_make_file(path);
	assert_int_equal(report_init(&report, path), 0);
	out = calloc(1, sizeof(*out));
	assert_non_null(out);
	tap_init(&tap, &report, out, 4711, "a client");
	tap.now_ns = 1000 * REFRESH_NS;
	return 0;
}

static int teardown(void **state) {
	free(out);
	unlink(path);
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	return report_finish(&report);
}

/* Ends the connection and the report; its trace is the run's. */
static void end(struct run *run) {
	tap_finish(&tap);
	assert_int_equal(report_finish(&report), 0);
	assert_true(run_init(run, path));
	assert_null(read_trace(run, &(struct read_options){0}));
	assert_int_equal(report_init(&report, NULL), 0);
}

static const char *table(void) {
	report_print(&report, text_begin());
	return text_end();
}

#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4
static void request(uint32_t object, uint16_t opcode, const uint32_t *args, size_t words) {
	out->out_length = 0;
	tap_request(&tap, &(struct wire_message){object, opcode, words, args});
}

static bool event(uint32_t object, uint16_t opcode, const uint32_t *args, size_t words) {
	const bool passed = tap_event(&tap, &(struct wire_message){object, opcode, words, args});
	tap_tell(&tap);
	return passed;
}

/* A name as the wire has it, after `before` and before `after`; 0: it is not there. */
static void with_text(bool is_request, uint32_t object, uint16_t opcode, uint32_t before,
	const char *text, uint32_t after, uint32_t last) {
	uint32_t args[20] = {0};
	size_t words = 0;
	if (before != 0) {
		args[words++] = before;
	}
	args[words++] = (uint32_t)strlen(text) + 1;
	memcpy(&args[words], text, strlen(text) + 1);
	words += strlen(text) / 4 + 1;
	args[words++] = after;
	args[words++] = last;
	if (is_request) {
		request(object, opcode, args, words);
	} else {
		event(object, opcode, args, words);
	}
}

/* The word of what went out, counted in words; 0 behind the end. */
static uint32_t sent(size_t word) {
	uint32_t value = 0;
	if (4 * word + 4 <= out->out_length) {
		memcpy(&value, out->out + 4 * word, 4);
	}
	return value;
}

enum { REGISTRY = 2, COMPOSITOR = 4, SURFACE, SHM, POOL, BUFFER };

static void bind_global(const char *interface, uint32_t id) {
	with_text(true, REGISTRY, 0, 99, interface, 4, id);
}

/* A client with a surface and a buffer of 64x32; `ids` of its objects have been given back. */
static void begin(bool has_presentation, uint32_t ids) {
	request(1, 1, WORDS(REGISTRY));
	if (has_presentation) {
		with_text(false, REGISTRY, 0, 17, "wp_presentation", 1, 0);
	}
	for (uint32_t i = 0; i < ids; i++) {
		assert_false(event(1, 1, WORDS(100 + i)));
	}
	bind_global("wl_compositor", COMPOSITOR);
	bind_global("wl_shm", SHM);
	request(COMPOSITOR, 0, WORDS(SURFACE));
	request(SHM, 0, WORDS(POOL, 64 * 32 * 4));
	request(POOL, 0, WORDS(BUFFER, 0, 64, 32, 256, 1));
}

/* Returns the id of the feedback that was asked for; NO_ID: none was. The commit goes on anyhow. */
static uint32_t commit(uint32_t buffer) {
	request(SURFACE, 1, WORDS(buffer, 0, 0));
	tap.now_ns += REFRESH_NS;
	request(SURFACE, 6, NULL, 0);
	tap_sent(&tap, tap.now_ns);
	const size_t last = out->out_length / 4 - 2;
	assert_int_equal(sent(last), SURFACE);
	assert_int_equal(sent(last + 1), 8 << 16 | 6);
	if (last == 0) {
		return NO_ID;
	}
	assert_int_equal(sent(1), 16 << 16 | 1); /* wp_presentation.feedback */
	assert_int_equal(sent(2), SURFACE);
	return sent(3);
}

/* It was seen so long after the commit. */
static void present(uint32_t feedback, int64_t after_ns, uint32_t flags) {
	const int64_t ns = tap.now_ns + after_ns;
	assert_false(event(feedback, 1,
		WORDS(0, (uint32_t)(ns / LATCH_NS_PER_SEC), (uint32_t)(ns % LATCH_NS_PER_SEC),
			(uint32_t)REFRESH_NS, 0, 5, flags)));
}

static void ids_are_those_that_came_back(void **state) {
	request(1, 1, WORDS(REGISTRY));
	with_text(false, REGISTRY, 0, 17, "wp_presentation", 1, 0);
	out->out_length = 0;
	assert_false(event(1, 1, WORDS(3))); /* delete_id: the client never hears of it */
	assert_int_equal(sent(0), REGISTRY); /* bind(17, "wp_presentation", 1, 3) */
	assert_int_equal(sent(1), 40 << 16 | 0);
	assert_int_equal(sent(2), 17);
	assert_string_equal((const char *)out->out + 16, "wp_presentation");
	assert_int_equal(sent(8), 1);
	assert_int_equal(sent(9), 3);
	assert_false(event(3, 0, WORDS(1))); /* clock_id */

	begin(false, 0);
	assert_int_equal(commit(BUFFER), NO_ID); /* there is no id yet */
	assert_false(event(1, 1, WORDS(20)));
	assert_int_equal(commit(BUFFER), 20);
	assert_int_equal(commit(BUFFER), NO_ID); /* it is in use */
	present(20, 1000, 0);
	assert_int_equal(commit(BUFFER), NO_ID); /* still */
	assert_false(event(1, 1, WORDS(20)));
	assert_int_equal(commit(BUFFER), 20);
	for (uint32_t i = 0; i < 8; i++) {
		/* No more than it takes; others go back to the client. */
		assert_int_equal(event(1, 1, WORDS(30 + i)), i >= 4);
	}
	assert_true(event(1, 0, WORDS(SURFACE, 3, 0))); /* an error is the client's */
	tap_finish(&tap);
}

static void frames_are_told(void **state) {
	begin(true, 5);
	with_text(false, REGISTRY, 0, 18, "wl_output", 4, 0);
	bind_global("wl_output", 40);
	with_text(false, 40, 4, 0, "DP-1", 0, 0);
	uint32_t id = commit(BUFFER);
	assert_false(event(id, 0, WORDS(40)));
	present(id, 2000000, 8);
	present(id, 3000000, 8); /* once is enough */
	id = commit(BUFFER);
	present(id, 2000000 + 2 * REFRESH_NS, 0); /* two vblanks late */
	id = commit(BUFFER);
	assert_false(event(id, 2, NULL, 0));
	commit(BUFFER); /* nobody ever says */
	request(SURFACE, 6, NULL, 0); /* brings no buffer */
	assert_int_equal(out->out_length, 8);
	const struct latch_surface_row *row = latch_statistics_find_surface(report.statistics, 1);
	assert_int_equal(row->counts.frames, 2);
	assert_int_equal(row->counts.missed, 2);
	assert_int_equal(row->counts.on_plane, 1);
	assert_int_equal(row->counts.superseded, 1);
	ASSERT_HAS(table(), "a client (1)                         4      2      2     50.0 %    2.00",
		"pid 4711 on DP-1 in shm 64x32 XR24, none; 1 superseded, 0 dropped, 0 unmeasured");

	struct run run;
	end(&run);
	assert_int_equal(run.frames_length, 4);
	const struct latch_frame_record *first = &run.frames[0].record;
	assert_int_equal(first->flip_ns - first->commit_ns, 2000000);
	assert_int_equal(first->placement, LATCH_ON_PLANE);
	assert_int_equal(first->end, LATCH_END_SHOWN);
	assert_int_equal(first->refresh_ns, REFRESH_NS);
	assert_int_equal(first->sequence, 5);
	assert_int_equal(first->latch_ns, 0);
	assert_int_equal(run.frames[1].missed_length, 1);
	assert_string_equal(run.frames[1].missed[0].cause, "unknown");
	assert_int_equal(run.frames[1].missed[0].vblanks, 2);
	assert_true(run.frames[2].record.superseded);
	assert_int_equal(run.frames[3].record.end, LATCH_END_UNKNOWN);
	run_finish(&run);
}

/* The kind of synchronisation and the buffer that the last commit is told with. */
#define ASSERT_TOLD(sync, buffer)                                                                  \
	do {                                                                                       \
		present(commit(BUFFER), 1000, 0);                                                  \
		assert_false(event(1, 1, WORDS(101)));                                             \
		ASSERT_HAS(table(), sync, buffer);                                                 \
	} while (0)

static void buffers_and_fences_are_known(void **state) {
	enum { DMABUF = 50, PARAMS, SYNCOBJ, SYNCOBJ_SURFACE, EXPLICIT, EXPLICIT_SURFACE, PIXEL, MADE };
	begin(true, 2);
	bind_global("zwp_linux_dmabuf_v1", DMABUF);
	bind_global("wp_linux_drm_syncobj_manager_v1", SYNCOBJ);
	bind_global("zwp_linux_explicit_synchronization_v1", EXPLICIT);
	bind_global("wp_single_pixel_buffer_manager_v1", PIXEL);
	bind_global("some_protocol", MADE);

	request(DMABUF, 1, WORDS(PARAMS));
	request(PARAMS, 1, WORDS(0, 0, 256, 0, 0)); /* the fd has no word */
	request(PARAMS, 3, WORDS(BUFFER, 64, 32, DRM_FORMAT_NV12, 0));
	ASSERT_TOLD(", implicit;", "in dma-buf 64x32 NV12 LINEAR");
	request(SYNCOBJ, 1, WORDS(SYNCOBJ_SURFACE, SURFACE));
	request(SYNCOBJ_SURFACE, 1, WORDS(60, 0, 1));
	ASSERT_TOLD(", implicit, syncobj;", "in dma-buf 64x32 NV12 LINEAR");
	request(EXPLICIT, 1, WORDS(EXPLICIT_SURFACE, SURFACE));
	request(EXPLICIT_SURFACE, 1, NULL, 0);
	ASSERT_TOLD(", implicit, sync_file, syncobj;", "in dma-buf");
	/* The server's own id, by params.create and its event. */
	request(PARAMS, 2, WORDS(8, 4, DRM_FORMAT_XRGB8888, 0));
	assert_true(event(PARAMS, 0, WORDS(0xff000000)));
	present(commit(0xff000000), 1000, 0);
	event(1, 1, WORDS(101));
	ASSERT_HAS(table(), "in dma-buf 8x4 XR24 LINEAR");
	request(PIXEL, 1, WORDS(BUFFER, 0, 0, 0, 0));
	ASSERT_TOLD(", none, implicit", "in single-pixel, ");
	/* What is not known. */
	request(0xff000000, 0, NULL, 0);
	present(commit(0xff000000), 1000, 0);
	event(1, 1, WORDS(101));
	ASSERT_HAS(table(), "in ?, ");
	assert_int_equal(commit(0), NO_ID); /* no buffer at all */
	/* Whatever bytes a client calls a format spoil neither the table nor the trace. */
	request(POOL, 0, WORDS(BUFFER, 0, 1, 1, 4, fourcc_code('"', '\\', '\n', 0x1b)));
	ASSERT_TOLD("in shm 1x1 \"\\??, ", "");
	struct run run;
	end(&run);
	run_finish(&run);
}

static void app_ids_are_names(void **state) {
	enum { WM_BASE = 50, XDG_SURFACE, TOPLEVEL };
	begin(true, 2);
	bind_global("xdg_wm_base", WM_BASE);
	request(WM_BASE, 2, WORDS(XDG_SURFACE, SURFACE));
	request(XDG_SURFACE, 1, WORDS(TOPLEVEL));
	with_text(true, TOPLEVEL, 3, 0, "org.example\n", 0, 0);
	commit(BUFFER);
	ASSERT_HAS(table(), "org.example? (1)");
	with_text(true, TOPLEVEL, 3, 0, "another", 0, 0);
	ASSERT_HAS(table(), "another (1)");
	tap_finish(&tap);
}

static void commits_are_counted_without_presentation(void **state) {
	begin(false, 4);
	assert_int_equal(commit(BUFFER), NO_ID);
	assert_int_equal(commit(BUFFER), NO_ID);
	struct run run;
	tap_finish(&tap);
	ASSERT_HAS(table(), "the compositor has no wp_presentation",
		"a client (1)                         2      0      0      0.0 %", "2 unmeasured");
	tap_init(&tap, &report, out, 4711, "");
	end(&run);
	assert_int_equal(run.frames_length, 0);
	run_finish(&run);
}

/* Its frames are told of when they have ended, though it is gone, and its id is another's. */
static void surfaces_go(void **state) {
	begin(true, 2);
	for (uint32_t i = 0; i < 40; i++) {
		const uint32_t id = commit(BUFFER);
		assert_int_not_equal(id, NO_ID);
		request(SURFACE, 0, NULL, 0);
		request(SURFACE, 6, NULL, 0); /* of nobody */
		request(COMPOSITOR, 0, WORDS(SURFACE));
		assert_false(event(id, 2, NULL, 0));
		assert_false(event(1, 1, WORDS(id)));
	}
	assert_true(report.surfaces_length <= LATCH_STATISTICS_GONE_MAX + 1);
	ASSERT_HAS(table(), "24 surfaces more, that are long gone", "a client (40)");
	struct run run;
	end(&run);
	assert_int_equal(run.frames_length, 40);
	assert_int_equal(run.frames[39].record.end, LATCH_END_SURFACE_GONE);
	run_finish(&run);
}

/* No bind goes to one that wl_fixes has destroyed. */
static void a_registry_can_go(void **state) {
	begin(true, 0);
	bind_global("wl_fixes", 50);
	request(50, 1, WORDS(REGISTRY));
	out->out_length = 0;
	assert_false(event(1, 1, WORDS(60)));
	assert_int_equal(out->out_length, 0);
	tap_finish(&tap);
}

/* Whatever comes, nothing is read behind its end, and each request goes on. */
static void random_messages(void **state) {
	srand(1);
	begin(true, 3);
	for (int i = 0; i < 200000; i++) {
		uint32_t args[8];
		const size_t words = (size_t)rand() % 9;
		for (size_t j = 0; j < words; j++) {
			args[j] = (uint32_t)rand() % 70;
		}
		const uint32_t object = (uint32_t)rand() % 70;
		if (rand() % 2 == 0) {
			request(object, (uint16_t)(rand() % 8), args, words);
			tap_sent(&tap, 1);
			assert_true(out->out_length >= 8 + 4 * words);
		} else {
			out->out_length = 0;
			event(object, (uint16_t)(rand() % 5), args, words);
		}
		if (i % 100 == 0) {
			static const char *const names[] = {"wl_compositor", "wl_shm", "wl_output",
				"zwp_linux_dmabuf_v1", "xdg_wm_base", "wl_fixes", "wp_presentation"};
			with_text(true, REGISTRY, 0, 99, names[rand() % 6], 4, (uint32_t)rand() % 70);
			with_text(false, REGISTRY, 0, 17, names[rand() % 7], 1, 0);
			request(1, 1, WORDS(REGISTRY));
		}
	}
	tap_finish(&tap);
}

TEST_MAIN("present tap", TEST(ids_are_those_that_came_back), TEST(frames_are_told),
	TEST(buffers_and_fences_are_known), TEST(app_ids_are_names),
	TEST(commits_are_counted_without_presentation), TEST(surfaces_go), TEST(a_registry_can_go),
	TEST(random_messages))
