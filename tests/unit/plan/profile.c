/* SPDX-License-Identifier: MIT */
/* Profiles: what is read of a file, and that what they refuse is what a driver with these limits
 * would, by kernel.c, which shares no code with them. */
#include <drm_fourcc.h>
#include <drm_mode.h>

#include "../test.h"
#include "best.h"
#include "case.h"
#include "check.h"

#define LAYOUTS 10000
#define WIDTH 1920
#define HEIGHT 1080

static unsigned below(uint64_t *random, unsigned n) {
	return (unsigned)(plan_random(random) % n);
}

/* One side of a plane: near the limits that there are, and odd. */
static uint32_t length(uint64_t *random) {
	static const uint32_t lengths[] = {16, 63, 64, 128, 256, 480, 1080, 1920, 2048, 4096, 6000};
	return lengths[below(random, LEN(lengths))] + (below(random, 8) == 0);
}

static struct latch_profile_shown random_shown(
	const struct kms_plane *plane, uint64_t *random) {
	static const uint32_t rotations[] = {DRM_MODE_ROTATE_0, DRM_MODE_ROTATE_0,
		DRM_MODE_ROTATE_90, DRM_MODE_ROTATE_180, DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_X,
		DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y};
	struct latch_profile_shown shown = {
		.plane = plane,
		.state = kms_plane_state_whole(1, length(random), length(random)),
		.fourcc = below(random, 3) == 0 ? DRM_FORMAT_NV12 : DRM_FORMAT_XRGB8888,
		.modifier = below(random, 3) == 0 ? I915_FORMAT_MOD_X_TILED : DRM_FORMAT_MOD_LINEAR,
	};
	if (plane->type == KMS_PLANE_PRIMARY && below(random, 2) == 0) {
		shown.state = kms_plane_state_whole(1, WIDTH, HEIGHT);
	} else if (below(random, 3) == 0) {
		shown.state.src_w = length(random) << 16;
		shown.state.src_h = length(random) << 16;
	}
	shown.state.src_x = below(random, 3) == 0 ? below(random, 4) << 15 : 0;
	shown.state.dst_x = below(random, 2) == 0 ? (int)below(random, WIDTH) - 100 : 0;
	shown.state.dst_y = below(random, 2) == 0 ? (int)below(random, HEIGHT) - 100 : 0;
	shown.state.rotation = rotations[below(random, LEN(rotations))];
	return shown;
}

static void what_is_refused_is_what_the_driver_refuses(void **state) {
	for (size_t p = 0; p < plan_sets_len; p++) {
		static struct latch_profile set;
		plan_sets[p](&set);
		const struct plan_kernel kernel = plan_kernel_make(&set, WIDTH, HEIGHT);
		uint64_t random = p;
		unsigned accepted = 0;
		for (int i = 0; i < LAYOUTS; i++) {
			struct latch_profile_shown shown[LATCH_PLAN_MAX_PLANES];
			struct plan_shown same[LATCH_PLAN_MAX_PLANES];
			size_t len = 0;
			const unsigned most = 1 + below(&random, 8);
			for (size_t j = 0; j < set.len && len < most; j++) {
				if (below(&random, 2) == 0) {
					continue;
				}
				shown[len] = random_shown(set.list[j], &random);
				same[len] = (struct plan_shown){
					.plane = shown[len].plane,
					.state = shown[len].state,
					.yuv = shown[len].fourcc == DRM_FORMAT_NV12,
					.tiled = shown[len].modifier != DRM_FORMAT_MOD_LINEAR,
				};
				len++;
			}
			const int ret = latch_profile_check(&set, WIDTH, HEIGHT, shown, len);
			if (ret != plan_kernel_check_shown(&kernel, same, len)) {
				fail_msg("%s, layout %d: the profile says %d, the driver %d",
					set.name, i, ret,
					plan_kernel_check_shown(&kernel, same, len));
			}
			accepted += ret == 0 && len > 0;
		}
		/* Not one answer alone. */
		assert_uint_in_range(accepted, LAYOUTS / 50, LAYOUTS - LAYOUTS / 50);
	}
}

/* The planner asks the profile; what it chose has to pass the driver's own check, and be right. */
static int ask_profile(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan) {
	struct plan_kernel *kernel = data;
	struct latch_profile *profile = (struct latch_profile *)(uintptr_t)kernel->set;
	kernel->tests++;
	profile->width = kernel->width;
	profile->height = kernel->height;
	return latch_profile_test(profile, layers, len, plan);
}

/* Of so many small layouts so few may be worse than they could be. */
#define MAX_WORSE_PER_1000 10

static void the_planner_finds_what_the_driver_takes(void **state) {
	static struct plan_case c;
	static struct latch_plan_memory memory;
	for (size_t p = 0; p < plan_sets_len; p++) {
		size_t on_planes = 0, small = 0, worse = 0;
		for (uint64_t i = 0; i < LAYOUTS; i++) {
			uint64_t words[40], random = p * LAYOUTS + i;
			for (size_t j = 0; j < LEN(words); j++) {
				words[j] = plan_random(&random);
			}
			plan_case_decode_layers(
				&c, plan_sets[p], (const uint8_t *)words, sizeof(words));
			/* Few planes, for some, so that all arrangements can be tried. */
			while (i % 10 == 0 && c.set.len > PLAN_BEST_MAX_PLANES - 1) {
				const size_t plane = below(&random, (unsigned)c.set.len);
				if (c.set.list[plane] != c.set.primary) {
					plan_set_remove(&c.set, plane);
				}
			}
			c.input.planes_len = c.set.len;
			c.input.test = ask_profile;
			memset(&memory, 0, sizeof(memory));
			struct latch_plan plan;
			const char *error = plan_case_frame(&c, &memory, &plan);
			if (error != NULL) {
				plan_case_print(&c);
				fail_msg("%s, layout %d: %s", c.set.name, (int)i, error);
			}
			on_planes += plan.on_planes;
			if (i % 10 == 0 && c.len <= PLAN_BEST_MAX_LAYERS) {
				small++;
				worse += plan_best(&c, plan.on_planes) > plan.on_planes;
			}
		}
		print_message("# %s: %zu layers on planes; %zu of %zu small ones could be better\n",
			c.set.name, on_planes, worse, small);
		assert_true(on_planes > LAYOUTS / 20 && small > LAYOUTS / 50);
		assert_true(worse * 1000 <= MAX_WORSE_PER_1000 * small);
	}
}

static struct latch_profile *read_text(const char *text, char *why, size_t size) {
	char path[] = "/tmp/profile-XXXXXX.json";
	const int fd = mkstemps(path, 5);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	struct latch_profile *profile = latch_profile_read(path, why, size);
	unlink(path);
	return profile;
}

#define PLANE(text) "{\"profile\": 1, \"name\": \"x\", \"planes\": [{" text "}]"

static void bad_files_are_told_of(void **state) {
	const struct {
		const char *text, *why;
	} rows[] = {
		{"", "length is 0"},
		{"[]", "neither a profile nor"},
		{"{\"profile\": 2, \"name\": \"x\"}", "version"},
		{"{\"profile\": 1, \"name\": \"x\"}", "no primary plane"},
		{PLANE("\"type\": \"primry\"") "}", "type"},
		{PLANE("\"type\": \"primary\", \"count\": 1000000000") "}", "too many"},
		{PLANE("\"type\": \"primary\", \"formats\": [\"rgb\"]") "}", "'rgb'"},
		{PLANE("\"type\": \"primary\", \"properties\": {\"zpos\": [3, 2]}") "}", "'zpos'"},
		{PLANE("\"type\": \"primary\", \"properties\": {\"alfa\": true}") "}", "'alfa'"},
		{PLANE("\"type\": \"primary\", \"properties\": {\"rotation\": [\"x\"]}") "}",
			"'rotation'"},
		{PLANE("\"type\": \"primary\", \"sizes\": [[0, 1]]") "}", "sizes"},
		{PLANE("\"type\": \"primary\", \"limits\": {\"max_upscale\": 0.5}") "}",
			"'max_upscale'"},
		{PLANE("\"type\": \"primary\"") ", \"limits\": {\"max_palnes\": 3}}",
			"'max_palnes' is not known"},
		{PLANE("\"type\": \"primary\"") ", \"limits\": {\"max_planes\": -3}}",
			"'max_planes'"},
		{PLANE("\"type\": \"primary\"") ", \"limits\": {\"error\": 4294967295}}",
			"'error'"},
	};
	char why[200];
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_null(read_text(rows[i].text, why, sizeof(why)));
		if (strstr(why, rows[i].why) == NULL) {
			fail_msg("%s: %s", rows[i].text, why);
		}
	}
	assert_null(latch_profile_read("nobody", why, sizeof(why)));
	assert_non_null(strstr(why, "No such file"));
}

/* The second CRTC is the first that is on. One plane is not its own; its cursor has no
 * IN_FORMATS. */
static const char drm_info[] =
	"{'/dev/dri/card0': {'driver': {'name': 'meson'},"
	" 'crtcs': [{'id': 40, 'mode': null}, {'id': 41, 'mode': {'hdisplay': 1920}}],"
	" 'planes': ["
	"  {'possible_crtcs': 1, 'formats': [875713112],"
	"   'properties': {'type': {'raw_value': 1}}},"
	"  {'possible_crtcs': 2, 'formats': [875713112], 'properties': {"
	"    'type': {'raw_value': 1, 'immutable': true},"
	"    'zpos': {'raw_value': 3, 'immutable': true, 'spec': {'min': 0, 'max': 9}},"
	"    'rotation': {'raw_value': 1, 'spec': [{'name': 'rotate-0', 'value': 0},"
	"      {'name': 'reflect-y', 'value': 5}]},"
	"    'IN_FORMATS': {'raw_value': 7, 'data': ["
	"      {'modifier': 576460752303423489, 'formats': [875713112]},"
	"      {'modifier': 0, 'formats': [875713112, 842094158]}]}}},"
	"  {'possible_crtcs': 3, 'formats': [], 'properties': {"
	"    'type': {'raw_value': 0},"
	"    'alpha': {'raw_value': 65535, 'spec': {'min': 0, 'max': 65535}},"
	"    'pixel blend mode': {'raw_value': 1, 'spec': [{'name': 'None', 'value': 0},"
	"      {'name': 'Pre-multiplied', 'value': 1}]},"
	"    'zpos': {'raw_value': 5, 'immutable': false, 'spec': {'min': 4, 'max': 6}},"
	"    'made up': {'raw_value': 5}}},"
	"  {'possible_crtcs': 2, 'formats': [875713089], 'properties': {"
	"    'type': {'raw_value': 2}}}]}}";

static void what_drm_info_prints_is_one(void **state) {
	char text[sizeof(drm_info)], why[200] = "";
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = drm_info[i] == '\'' ? '"' : drm_info[i];
	}
	struct latch_profile *profile = read_text(text, why, sizeof(why));
	assert_string_equal(why, "");
	assert_string_equal(profile->name, "meson");
	assert_int_equal(profile->len, 3);
	const struct kms_plane *primary = profile->primary, *overlay = profile->list[1];
	assert_ptr_equal(primary, profile->list[0]);
	assert_true(primary->props.zpos.immutable && primary->props.zpos.min == 3 &&
		    primary->props.zpos.max == 3);
	assert_int_equal(primary->props.rotation.mask, DRM_MODE_ROTATE_0 | DRM_MODE_REFLECT_Y);
	assert_true(kms_format_set_has(
		&primary->formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_ARM_AFBC(1)));
	assert_true(kms_format_set_has(&primary->formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR));
	assert_false(kms_format_set_has(
		&primary->formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_ARM_AFBC(1)));
	assert_int_equal(overlay->type, KMS_PLANE_OVERLAY);
	assert_int_equal(overlay->props.blend_mode.mask,
		1u << KMS_BLEND_PREMULTIPLIED | 1u << KMS_BLEND_NONE);
	assert_true(overlay->props.alpha.id != 0 && primary->props.alpha.id == 0);
	assert_true(!overlay->props.zpos.immutable && overlay->props.zpos.max == 6);
	assert_int_equal(profile->list[2]->type, KMS_PLANE_CURSOR);
	assert_true(kms_format_set_has(
		&profile->list[2]->formats, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_INVALID));
	assert_false(profile->limits.primary_required);
	latch_profile_destroy(profile);
}

TEST_MAIN("profile", UNIT(what_is_refused_is_what_the_driver_refuses),
	UNIT(the_planner_finds_what_the_driver_takes), UNIT(bad_files_are_told_of),
	UNIT(what_drm_info_prints_is_one))
