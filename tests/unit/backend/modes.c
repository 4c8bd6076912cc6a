/* SPDX-License-Identifier: MIT */
/*
 * Modes that the kernel refuses, on a made-up device with two CRTCs and two HDMI connectors. Each
 * limit stands for one of real drivers.
 */
#include <drm_fourcc.h>
#include <drm_mode.h>
#include <wlr/backend/interface.h>
#include <wlr/util/log.h>

#include "backend/configure.h"
#include "backend/output.h"
#include "seat.h"

#define HEADS 2

/* What the kernel shows, or would show after a test. */
struct screen {
	struct head {
		uint32_t crtc_id; // 0: off
		uint64_t max_bpc;
		int clock; // kHz, of its CRTC's mode
		int width;
	} heads[HEADS];
	drmModeModeInfo modes[HEADS]; // by CRTC
	bool active[HEADS];
};

static struct {
	struct latch_kms_output *outputs[HEADS];
	struct screen screen;
	/* 0 or the errno with which the driver refuses it. */
	int (*driver)(const struct screen *screen, bool test);
	int tests;
	char log[1024]; // what was said to the user
} t;

static const uint32_t connectors[HEADS] = {70, 72}, crtcs[HEADS] = {50, 51};

/* vc4 (HVS and memory), rk3588 (one memory bus), i915 (cdclk, DBUF): so many pixels for all. */
static int bandwidth(const struct screen *screen, bool test) {
	int clock = 0;
	for (size_t i = 0; i < HEADS; i++) {
		clock += screen->heads[i].clock;
	}
	return clock > 900000 ? EINVAL : 0;
}

/* Two monitors on an MST hub, or a link of two lanes: so many bits. */
static int mst_hub(const struct screen *screen, bool test) {
	int64_t bits = 0;
	for (size_t i = 0; i < HEADS; i++) {
		bits += (int64_t)screen->heads[i].clock * (int64_t)screen->heads[i].max_bpc * 3;
	}
	return bits > INT64_C(594000) * 30 + INT64_C(297000) * 24 ? ENOSPC : 0;
}

/* amdgpu without a DSC slot for the second one. */
static int no_dsc(const struct screen *screen, bool test) {
	return screen->heads[0].clock > 0 && screen->heads[1].clock > 0 ? ENOSPC : 0;
}

/* A driver that says no only when it is to be done. */
static int lies(const struct screen *screen, bool test) {
	return !test && (screen->heads[0].width > 2560 || screen->heads[0].max_bpc > 8) ? EINVAL
											: 0;
}

static int switched_away(const struct screen *screen, bool test) {
	return EACCES;
}

/* What is not in the commit stays what it was. */
static int kernel(const struct fake_commit *commit, void *data) {
	struct screen screen = t.screen;
	bool test = (commit->flags & DRM_MODE_ATOMIC_TEST_ONLY) != 0;
	for (size_t i = 0; i < HEADS; i++) {
		uint64_t value;
		if (fake_commit_has(crtcs[i], "MODE_ID", &value)) {
			screen.modes[i] = (drmModeModeInfo){0};
			fake_copy_blob(value, &screen.modes[i], sizeof(screen.modes[i]));
		}
		if (fake_commit_has(crtcs[i], "ACTIVE", &value)) {
			screen.active[i] = value != 0;
		}
		if (fake_commit_has(connectors[i], "CRTC_ID", &value)) {
			screen.heads[i].crtc_id = (uint32_t)value;
		}
		fake_commit_has(connectors[i], "max bpc", &screen.heads[i].max_bpc);
	}
	for (size_t i = 0; i < HEADS; i++) {
		struct head *head = &screen.heads[i];
		head->clock = head->width = 0;
		for (size_t j = 0; j < HEADS; j++) {
			if (head->crtc_id == crtcs[j] && screen.active[j]) {
				head->clock = (int)screen.modes[j].clock;
				head->width = screen.modes[j].hdisplay;
			}
		}
	}
	t.tests += test;
	int error = t.driver != NULL ? t.driver(&screen, test) : 0;
	if (error == 0 && !test) {
		t.screen = screen;
	}
	return error;
}

static void note_log(enum wlr_log_importance importance, const char *format, va_list args) {
	char line[256];
	vsnprintf(line, sizeof(line), format, args);
	const char *text = strstr(line, "] "); // behind file and line
	size_t len = strlen(t.log);
	snprintf(t.log + len, sizeof(t.log) - len, "%s\n", text != NULL ? text + 2 : line);
}

static void add_head(uint32_t id, uint32_t type_id) {
	if (fake_find_object(id) == NULL) {
		fake_add_connector(id, DRM_MODE_CONNECTOR_HDMIA, type_id);
	}
	struct fake_object *connector = fake_find_object(id);
	fake_add_hdr_settings(id);
	connector->possible_crtcs = 3;
	const drmModeModeInfo modes[] = {
		fake_mode(1920, 1080, 148500, 2200, 1125, 0, 0),
		fake_mode(3840, 2160, 297000, 4400, 2250, 0, 0),
		fake_mode(3840, 2160, 594000, 4400, 2250, 0, DRM_MODE_TYPE_PREFERRED),
		fake_mode(2560, 1440, 241500, 2720, 1481, 0, 0),
	};
	memcpy(connector->modes, modes, sizeof(modes));
	connector->modes_len = 4;
}

static int setup(void **state) {
	memset(&t, 0, sizeof(t));
	int ret = seat_init();
	struct fake_object *crtc = fake_add_object(DRM_MODE_OBJECT_CRTC, 51);
	fake_add_property(crtc, "ACTIVE", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(crtc, "MODE_ID", DRM_MODE_PROP_BLOB, 0);
	/* Two primary planes, which take ten bits. */
	fake_find_property(31, "type")->value = DRM_PLANE_TYPE_PRIMARY;
	fake_find_object(31)->possible_crtcs = 2;
	for (uint32_t id = 30; id <= 31; id++) {
		fake_remove_property(id, "IN_FORMATS");
		fake_find_object(id)->formats[1] = DRM_FORMAT_XRGB2101010;
		fake_find_object(id)->formats_len = 2;
	}
	add_head(70, 1);
	add_head(72, 2);
	fake_add_orientation(70, 82);
	fake.on_commit = kernel;

	wlr_log_init(WLR_INFO, note_log);
	seat_create_backend();
	wlr_backend_start(&seat.backend->base);
	for (size_t i = 0; i < HEADS; i++) {
		t.outputs[i] = latch_kms_output_find(seat.backend,
			kms_device_find_connector(seat.backend->device, connectors[i]));
		assert_non_null(t.outputs[i]);
	}
	return ret;
}

static int teardown(void **state) {
	t.driver = NULL;
	return seat_finish();
}

static struct wlr_output_mode *find(size_t i, struct wlr_output_mode *first) {
	size_t at = 0;
	return latch_kms_find_mode(t.outputs[i], first, &at);
}

static struct wlr_output_state make_state(bool on, struct wlr_output_mode *mode) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, on);
	if (mode != NULL) {
		wlr_output_state_set_mode(&state, mode);
	}
	return state;
}

/* The next frame does it. */
static void announce(size_t i, bool on, struct wlr_output_mode *mode) {
	struct wlr_output_state state = make_state(on, mode);
	assert_true(wlr_output_commit_state(&t.outputs[i]->base, &state));
	wlr_output_state_finish(&state);
}

/* As output/ does it; the first frame is black. */
static bool enable(size_t i) {
	struct wlr_output_mode *mode = find(i, NULL);
	if (mode != NULL) {
		announce(i, true, mode);
		latch_kms_note_mode(t.outputs[i], latch_kms_output_wanted_mode(t.outputs[i]));
		assert_int_equal(latch_kms_show_black(t.outputs[i]), 0);
	}
	return mode != NULL;
}

static void configure(size_t i, bool on, struct wlr_output_mode *mode, bool works) {
	struct wlr_backend_output_state one = {
		.output = &t.outputs[i]->base, .base = make_state(on, mode)};
	assert_int_equal(wlr_backend_commit(&seat.backend->base, &one, 1), works);
	wlr_output_state_finish(&one.base);
}

/* A tool chooses one of its modes, which works. */
static void choose(size_t i, size_t mode) {
	configure(i, true, latch_kms_output_mode(t.outputs[i], mode), true);
}

static void assert_shows(size_t i, int width, int clock, uint64_t max_bpc) {
	assert_int_equal(t.screen.heads[i].width, width);
	assert_int_equal(t.screen.heads[i].clock, clock);
	assert_int_equal(t.screen.heads[i].max_bpc, max_bpc);
}

static void test_taken_at_once(void **state) {
	assert_true(enable(0));
	assert_shows(0, 3840, 594000, 10);
	assert_int_equal(t.tests, 1);
	assert_string_equal(t.log, "");
	assert_false(t.outputs[0]->needs_modeset);
	/* Tests leave nothing behind. */
	assert_int_equal(fake_own_blobs(), 1);
	assert_int_equal(fake.fbs_len, 1);
	/* A handheld's panel: its left side is up, so what is above goes to the left of the
	 * picture, and that is a quarter counter-clockwise. */
	assert_int_equal(t.outputs[0]->base.transform, WL_OUTPUT_TRANSFORM_90);
	assert_int_equal(t.outputs[1]->base.transform, WL_OUTPUT_TRANSFORM_NORMAL);
}

/* The second one gets less; and what it wanted, when what the first one took is free again. */
static void test_bandwidth(void **state) {
	t.driver = bandwidth;
	assert_true(enable(0) && enable(1));
	assert_shows(0, 3840, 594000, 10);
	assert_shows(1, 3840, 297000, 10);
	assert_string_equal(t.log, "HDMI-A-2: 3840x2160 at 30.000 Hz instead of 3840x2160 at "
				   "60.000 Hz, which the kernel refuses\n");
	struct wlr_output_mode *refused = t.outputs[1]->refused_mode;
	assert_int_equal(refused->refresh, 60000);
	assert_null(t.outputs[0]->refused_mode);
	assert_false(latch_kms_takes_refused_mode(t.outputs[1]));
	assert_false(latch_kms_takes_refused_mode(t.outputs[0]));

	configure(0, false, NULL, true);
	assert_true(latch_kms_takes_refused_mode(t.outputs[1]));
	assert_shows(1, 3840, 297000, 10);
	configure(1, true, refused, true);
	assert_null(t.outputs[1]->refused_mode);
	assert_shows(1, 3840, 594000, 10);

	/* A tool that chooses another mode knows what it does. */
	t.outputs[1]->refused_mode = refused;
	choose(1, 0);
	assert_null(t.outputs[1]->refused_mode);
}

/* One whose first frame is still to come has been promised its mode. */
static void test_first_frame_to_come(void **state) {
	t.driver = bandwidth;
	announce(0, true, find(0, NULL));
	assert_int_equal(find(1, NULL)->refresh, 30000);
}

static void test_less_depth(void **state) {
	t.driver = mst_hub;
	assert_true(enable(0) && enable(1));
	assert_shows(0, 3840, 594000, 10);
	assert_shows(1, 3840, 297000, 8);
	assert_non_null(strstr(t.log, "HDMI-A-2: 3840x2160 at 30.000 Hz with 8 bits per colour"));

	/* A tool that chooses a mode gets the depth that it can have, in this one and the next. */
	choose(1, 0);
	assert_shows(1, 1920, 148500, 10);
	choose(1, 1);
	assert_shows(1, 3840, 297000, 8);
	configure(1, true, latch_kms_output_mode(t.outputs[1], 2), false);
	assert_shows(1, 3840, 297000, 8);
}

static void test_left_out(void **state) {
	t.driver = no_dsc;
	assert_true(enable(0));
	assert_false(enable(1));
	assert_string_equal(t.log, "HDMI-A-2 is left out: the kernel refuses all its modes: "
				   "No space left on device\n");
	assert_int_equal(t.tests, 1 + 4 * 2);
	assert_true(t.outputs[1]->left_out);
	assert_null(t.outputs[1]->crtc);
	assert_shows(1, 0, 0, 0);

	/* It troubles the other one's modesets no more, and is named once. */
	choose(0, 0);
	assert_shows(0, 1920, 148500, 10);
	t.log[0] = '\0';
	assert_false(enable(1));
	assert_string_equal(t.log, "");

	/* A tool may have an idea of its own. */
	configure(1, true, latch_kms_output_mode(t.outputs[1], 0), false);
	assert_true(t.outputs[1]->left_out);
	t.driver = bandwidth;
	choose(1, 0);
	assert_false(t.outputs[1]->left_out);
	assert_shows(1, 1920, 148500, 10);
	/* Off because somebody wants it so is another thing. */
	configure(1, false, NULL, true);
	assert_false(t.outputs[1]->left_out);
	t.driver = no_dsc;

	/* The other one goes off: now it can be lit. */
	configure(0, false, NULL, true);
	assert_true(enable(1));
	assert_false(t.outputs[1]->left_out);
	assert_shows(1, 3840, 594000, 10);
}

static void test_mode_by_the_user(void **state) {
	assert_true(latch_output_request_parse(":2560x1440", &seat.backend->requests));
	assert_true(enable(0));
	assert_shows(0, 2560, 241500, 10);
	t.driver = bandwidth;
	t.screen.heads[0].clock = 0;
	t.screen.modes[0].clock = 700000;
	assert_true(enable(1));
	/* The preferred mode comes next, then by size. */
	assert_shows(1, 1920, 148500, 10);
	assert_string_equal(t.log, "HDMI-A-2: 1920x1080 at 60.000 Hz instead of 2560x1440 at "
				   "59.951 Hz, which the kernel refuses\n");
}

/* While it was dark another one took what it would need. */
static void test_power_on(void **state) {
	t.driver = bandwidth;
	assert_true(enable(0));
	announce(0, false, NULL);
	assert_true(enable(1));
	assert_shows(1, 3840, 594000, 10);
	struct wlr_output_mode *mode = find(0, t.outputs[0]->base.current_mode);
	assert_int_equal(mode->refresh, 30000);
	assert_non_null(t.outputs[0]->crtc);
	configure(0, true, mode, true);
	assert_shows(0, 3840, 297000, 10);

	announce(0, false, NULL);
	t.driver = no_dsc;
	assert_null(find(0, mode));
	assert_true(t.outputs[0]->left_out);
}

/* The test was good, the modeset is not. */
static void test_refused_after_test(void **state) {
	t.driver = lies;
	struct wlr_output_mode *mode = find(0, NULL);
	assert_int_equal(mode->width, 3840);
	announce(0, true, mode);
	assert_int_equal(latch_kms_show_black(t.outputs[0]), -EINVAL);
	assert_true(t.outputs[0]->needs_modeset);
	/* Each in turn but the first, until one is taken. */
	size_t at = 1;
	struct wlr_output_mode *now = t.outputs[0]->base.current_mode;
	mode = latch_kms_find_mode(t.outputs[0], now, &at);
	assert_int_equal(mode->refresh, 30000);
	configure(0, true, mode, false);
	mode = latch_kms_find_mode(t.outputs[0], now, &at);
	assert_int_equal(mode->width, 2560);
	configure(0, true, mode, true);
	assert_shows(0, 2560, 241500, 8);
	assert_int_equal(latch_kms_find_mode(t.outputs[0], now, &at)->width, 1920);
	assert_null(latch_kms_find_mode(t.outputs[0], now, &at));
}

static void test_depth_refused_after_test(void **state) {
	t.driver = lies;
	assert_true(latch_output_request_parse(":1920x1080", &seat.backend->requests));
	assert_true(enable(0));
	assert_shows(0, 1920, 148500, 8);
}

/* A mode that a tool has chosen goes before the preferred one. */
static void test_power_on_in_its_own_mode(void **state) {
	struct wlr_output_mode *chosen = latch_kms_output_mode(t.outputs[0], 0);
	assert_true(enable(0));
	configure(0, true, chosen, true);
	announce(0, false, NULL);
	size_t at = 0;
	assert_ptr_equal(latch_kms_find_mode(t.outputs[0], chosen, &at), chosen);
	assert_int_equal(at, 1);
}

static void test_while_switched_away(void **state) {
	t.driver = switched_away;
	assert_int_equal(find(0, NULL)->width, 3840);
	assert_int_equal(t.tests, 1);
	assert_false(t.outputs[0]->left_out);
}

/* An EDID of a monitor that takes HDR10 (CTA-861-H, 7.5.5 and 7.5.13): its HDR block has these EOTFs,
 * its colorimetry block these bits. */
static void set_edid(uint32_t connector, uint8_t eotfs, uint8_t colorimetry) {
	uint8_t edid[256] = {0, 255, 255, 255, 255, 255, 255, 0, 0x30, 0x64, 1, 0, [16] = 1, 30, 1, 4,
		0xa5, 60, 34, 0x78, [54 + 3] = 0x10, [72 + 3] = 0x10, [90 + 3] = 0x10,
		[108 + 3] = 0x10, [126] = 1};
	const uint8_t cta[] = {2, 3, 4 + 8, 0, 0xe3, 6, eotfs, 1, 0xe3, 5, colorimetry, 0};
	memcpy(&edid[128], cta, sizeof(cta));
	for (int block = 0; block < 256; block += 128) {
		for (int i = 0; i < 127; i++) {
			edid[block + 127] = (uint8_t)(edid[block + 127] - edid[block + i]);
		}
	}
	fake_add_property(fake_find_object(connector), "EDID",
		DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, fake_add_blob(edid, sizeof(edid)));
	struct kms_connector *known = kms_device_find_connector(seat.backend->device, connector);
	assert_int_equal(kms_connector_refresh(known, seat.backend->device->fd, false), 0);
	seat.backend->wants_hdr = true;
}

#define PQ_EOTF 4
#define BT2020_RGB 0x80

/* What the last commit tells the monitor of an HDR picture. */
static struct hdr_output_metadata told_metadata(void) {
	struct hdr_output_metadata told = {0};
	const uint64_t id = fake_commit_value(70, "HDR_OUTPUT_METADATA");
	const uint32_t size = fake_copy_blob(id, &told, sizeof(told));
	assert_true(size == 0 || size == sizeof(told));
	return told;
}

static void test_hdr(void **state) {
	set_edid(70, PQ_EOTF, BT2020_RGB);
	assert_true(enable(1) && enable(0)); // of the other one's monitor nothing is known
	assert_string_equal(
		t.log, "HDMI-A-2: no HDR: the monitor's EDID has no PQ with static metadata\n");
	struct latch_kms_output *output = t.outputs[0];
	assert_int_equal(output->signal, LATCH_SIGNAL_HDR);
	assert_int_equal(fake_commit_value(70, "Colorspace"), 9);
	assert_int_equal(fake_commit_value(70, "max bpc"), 10);
	struct hdr_output_metadata told = told_metadata();
	assert_int_equal(told.hdmi_metadata_type1.eotf, 2);
	assert_int_equal(told.hdmi_metadata_type1.max_cll, 0);

	/* A film fills the screen: what it tells goes out with the next frame, once. */
	struct color_description film = color_description_make(COLOR_PRIMARIES_BT2020, COLOR_PQ, 0);
	film.mastering = color_primaries_named[COLOR_PRIMARIES_DISPLAY_P3];
	film.mastering_min = 50;
	film.mastering_max = 1000;
	film.max_cll = 900;
	film.max_fall = 100000; // more than there is room for
	latch_kms_output_tell_content(output, &film);
	assert_true(output->needs_modeset);
	assert_int_equal(latch_kms_show_black(output), 0);
	told = told_metadata();
	const struct hdr_metadata_infoframe *info = &told.hdmi_metadata_type1;
	assert_int_equal(info->display_primaries[0].x, 34000); // 0.680
	assert_int_equal(info->display_primaries[2].y, 3000);  // 0.060
	assert_int_equal(info->white_point.x, 15635);	       // 0.3127
	assert_int_equal(info->max_display_mastering_luminance, 1000);
	assert_int_equal(info->min_display_mastering_luminance, 50);
	assert_int_equal(info->max_cll, 900);
	assert_int_equal(info->max_fall, UINT16_MAX);
	latch_kms_output_tell_content(output, &film);
	assert_false(output->needs_modeset);
	/* A client can't have a modeset with each frame. */
	latch_kms_output_tell_content(output, &(struct color_description){0});
	assert_false(output->needs_modeset);
	output->hdr_changed_ns -= INT64_C(1000000000);
	latch_kms_output_tell_content(output, &(struct color_description){0});
	assert_true(output->needs_modeset);

	/* Who comes after us knows nothing of it. */
	latch_kms_output_bare(output);
	uint64_t value = 1;
	assert_true(fake_commit_has(70, "HDR_OUTPUT_METADATA", &value));
	assert_int_equal(value, 0);
	assert_true(fake_commit_has(70, "Colorspace", &value));
	assert_int_equal(value, 0);
	assert_true((fake.commit.flags & DRM_MODE_ATOMIC_ALLOW_MODESET) != 0);
}

static int refuses_hdr(const struct screen *screen, bool test) {
	return fake_commit_value(70, "HDR_OUTPUT_METADATA") != 0 ? EINVAL : 0;
}

/* Taken in a test, but not when it is to be done. */
static int refuses_hdr_late(const struct screen *screen, bool test) {
	return test ? 0 : refuses_hdr(screen, test);
}

static void test_no_hdr(void **state) {
	static const struct {
		uint8_t eotfs, colorimetry;
		int (*driver)(const struct screen *screen, bool test);
		const char *why;
	} rows[] = {
		{1, BT2020_RGB, NULL, "the monitor's EDID has no PQ with static metadata"},
		{PQ_EOTF, 0, NULL, "the monitor's EDID has no BT.2020 RGB"},
		{PQ_EOTF, BT2020_RGB, refuses_hdr, "the kernel refuses it"},
		{PQ_EOTF, BT2020_RGB, refuses_hdr_late, "the kernel refuses it"},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		char text[256];
		print_message("# row %zu: %s\n", i, rows[i].why);
		assert_int_equal(setup(state), 0);
		set_edid(70, rows[i].eotfs, rows[i].colorimetry);
		t.driver = rows[i].driver;
		assert_true(enable(0));
		assert_int_equal(t.outputs[0]->signal, LATCH_SIGNAL_DEEP);
		assert_shows(0, 3840, 594000, 10);
		assert_int_equal(fake_commit_value(70, "HDR_OUTPUT_METADATA"), 0);
		assert_int_equal(fake_commit_value(70, "Colorspace"), 0);
		snprintf(text, sizeof(text), "Virtual-1: no HDR: %s\n", rows[i].why);
		assert_string_equal(t.log, text);
		assert_int_equal(teardown(state), 0);
	}
}

TEST_MAIN("backend-modes", TEST(test_taken_at_once), TEST(test_bandwidth),
	TEST(test_first_frame_to_come), TEST(test_less_depth), TEST(test_left_out),
	TEST(test_mode_by_the_user), TEST(test_power_on), TEST(test_refused_after_test),
	TEST(test_depth_refused_after_test), TEST(test_power_on_in_its_own_mode),
	TEST(test_while_switched_away), TEST(test_hdr), UNIT(test_no_hdr))
