/* SPDX-License-Identifier: MIT */
/* At which vblanks the frames of films are, on outputs of 60 Hz and others. */
#include "../test.h"
#include "video/cadence.h"

#define START_NS INT64_C(5000000000)
#define REFRESH_NS INT64_C(16666667)

static struct cadence cadence;

static void begin(int64_t frame_ns, int64_t refresh_ns, int lead) {
	cadence = (struct cadence){.frame_ns = frame_ns};
	cadence_start(&cadence, 0, START_NS, refresh_ns, lead);
}

static int64_t place(int64_t pts_ns) {
	return cadence_next(&cadence, pts_ns).vblank;
}

/* The refreshes from frame to frame, as digits. */
static void steps_are(int64_t frame_ns, int64_t refresh_ns, int64_t jitter_ns, const char *wanted) {
	char steps[64] = "";
	int64_t last = 0;
	begin(frame_ns, refresh_ns, 0);
	for (size_t i = 0; i < strlen(wanted); i++) {
		int64_t off_ns = i % 3 == 0 ? jitter_ns : i % 3 == 1 ? -jitter_ns : 0;
		int64_t vblank = place((int64_t)(i + 1) * frame_ns + off_ns);
		steps[i] = (char)('0' + vblank - last);
		last = vblank;
	}
	assert_string_equal(steps, wanted);
}

static void patterns(void **state) {
	steps_are(41666667, REFRESH_NS, 0, "3232323232323232");
	steps_are(41708333, REFRESH_NS, 0, "3232323232323232");
	steps_are(33333333, REFRESH_NS, 0, "2222222222222222");
	steps_are(40000000, REFRESH_NS, 0, "2323223232232322");
	steps_are(20000000, REFRESH_NS, 0, "1121111211112111");
	steps_are(16683333, REFRESH_NS, 0, "1111111111111111");
	steps_are(41666667, 6944444, 0, "6666666666");
	steps_are(41666667, 20833333, 0, "2222222222");
}

/* A container's milliseconds, or a camera's clock: the pattern stays. */
static void timestamps_may_be_rough(void **state) {
	steps_are(41666667, REFRESH_NS, 500000, "3232323232323232");
	steps_are(41666667, REFRESH_NS, 4000000, "3232323232323232");
	steps_are(33333333, REFRESH_NS, 4000000, "2222222222222222");
}

/* A thousandth too fast or too slow: the pattern is corrected by one refresh at a time, never to
 * and fro, and never by a step that it does not have. */
static void drifts(int64_t frame_ns) {
	int64_t last = 0, even = 0;
	begin(frame_ns, REFRESH_NS, 0);
	for (int64_t i = 1; i <= 4000; i++) {
		int64_t vblank = place(i * frame_ns);
		int64_t ahead_ns = i * frame_ns - vblank * REFRESH_NS;
		assert_int_in_range(vblank - last, 2, 3);
		assert_int_in_range(ahead_ns + 2 * REFRESH_NS, REFRESH_NS / 2, 7 * REFRESH_NS / 2);
		even += vblank - last == 2;
		last = vblank;
	}
	assert_int_equal(cadence.slips, 10);
	assert_int_equal(even, frame_ns > 41666667 ? 1990 : 2010);
}

static void drift_is_corrected(void **state) {
	drifts(41708333);
	drifts(41625000);
}

/* Frames that are missing leave their time, and those after them have the same places. */
static void gaps_keep_the_pattern(void **state) {
	begin(41666667, REFRESH_NS, 0);
	assert_int_equal(place(41666667), 3);
	assert_int_equal(place(4 * 41666667), 10);
	assert_int_equal(place(5 * 41666667), 13);
}

/* Film that has no rate, or leaves it: by the timestamps, to the nearest vblank. */
static void other_rhythms(void **state) {
	begin(0, REFRESH_NS, 0);
	assert_int_equal(place(23000000), 1);
	assert_int_equal(place(26000000), 2);
	begin(33333333, REFRESH_NS, 0);
	assert_int_equal(place(33333333), 2);
	assert_int_equal(place(33333333 + 42000000), 5);
	assert_int_equal(place(33333333 + 83333333), 7);
}

/* The vblanks are where the flips say, also after many that drifted. */
static void follows_the_flips(void **state) {
	begin(33333333, REFRESH_NS, 0);
	int64_t flip_ns = START_NS;
	for (int i = 0; i < 1000; i++) {
		flip_ns += 2 * (REFRESH_NS - 1000);
		cadence_flipped(&cadence, flip_ns, REFRESH_NS);
	}
	assert_int_equal(cadence_vblank_of(&cadence, flip_ns), 2000);
	struct cadence_place next = {.vblank = 2003};
	assert_int_equal(cadence_time_ns(&cadence, &next), flip_ns + 3 * REFRESH_NS);
}

static void other_output(void **state) {
	begin(41666667, REFRESH_NS, 0);
	place(41666667);
	cadence_flipped(&cadence, START_NS + 3 * REFRESH_NS, REFRESH_NS);
	cadence_flipped(&cadence, START_NS + 3 * REFRESH_NS, 20833333);
	int64_t first = place(2 * 41666667);
	for (int i = 3; i < 30; i++) {
		assert_int_equal(place(i * INT64_C(41666667)), first + 2 * (i - 2));
	}
	assert_int_equal(cadence.slips, 0);
	struct cadence_place next = {.vblank = first};
	assert_int_in_range(cadence_time_ns(&cadence, &next) - START_NS, 2 * 41666667 - 10416667,
		2 * 41666667 + 10416667);
}

static void variable_refresh(void **state) {
	begin(41666667, 0, 0);
	struct cadence_place next = cadence_next(&cadence, 41666667);
	assert_int_equal(cadence_time_ns(&cadence, &next), START_NS + 41666667);
}

static void cameras_are_behind(void **state) {
	begin(33333333, REFRESH_NS, 2);
	assert_int_equal(place(33333333), 4);
	assert_int_equal(place(66666667), 6);
}

TEST_MAIN("clients-video-cadence", UNIT(patterns), UNIT(timestamps_may_be_rough),
	UNIT(drift_is_corrected), UNIT(gaps_keep_the_pattern), UNIT(other_rhythms),
	UNIT(follows_the_flips), UNIT(other_output), UNIT(variable_refresh),
	UNIT(cameras_are_behind))
