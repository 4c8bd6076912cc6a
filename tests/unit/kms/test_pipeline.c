/* SPDX-License-Identifier: MIT */
#include "kms/pipeline.h"

#include <math.h>
#include <xf86drmMode.h>

#include "kms/commit.h"
#include "open.h"

#define SRGB "sRGB EOTF=1|sRGB Inverse EOTF=2"
#define INVERSE "sRGB Inverse EOTF=2|PQ 125 Inverse EOTF=4|Gamma 2.2 Inverse=8"

/* vkms, with enable_plane_pipeline=1 (vkms_colorop.c). */
static uint32_t add_vkms(void) {
	fake_add_colorop(200, 0, "1D Curve", SRGB, 0);
	fake_add_colorop(201, 200, "3x4 Matrix", NULL, 0);
	fake_add_colorop(202, 201, "3x4 Matrix", NULL, 0);
	fake_add_colorop(203, 202, "1D Curve", SRGB, 0);
	return 200;
}

/* amdgpu with a 3D LUT (amdgpu_dm_colorop.c). */
static uint32_t add_amdgpu(void) {
	fake_add_colorop(210, 0, "1D Curve", "sRGB EOTF=1|PQ 125 EOTF=3|Gamma 2.2=7", 0);
	fake_add_colorop(211, 210, "Multiplier", NULL, 0);
	fake_add_colorop(212, 211, "3x4 Matrix", NULL, 0);
	fake_add_colorop(213, 212, "1D Curve", INVERSE, 0);
	fake_add_colorop(214, 213, "1D LUT", NULL, 4096);
	fake_add_colorop(215, 214, "3D LUT", NULL, 17);
	fake_add_colorop(216, 215, "1D Curve", "sRGB EOTF=1|PQ 125 EOTF=3|Gamma 2.2=7", 0);
	fake_add_colorop(217, 216, "1D LUT", NULL, 4096);
	return 210;
}

/* The HDR planes of i915 (intel_color_pipeline.c), and with a longer LUT than they have. */
static void add_intel(uint32_t id, uint64_t sizes[static 2]) {
	fake_add_colorop(id, 0, "1D LUT", NULL, sizes[0]);
	fake_add_colorop(id + 1, id, "3x4 Matrix", NULL, 0);
	fake_add_colorop(id + 2, id + 1, "1D LUT", NULL, sizes[1]);
}

static uint32_t add_i915(void) {
	add_intel(220, (uint64_t[]){128, 32});
	return 220;
}

static uint32_t add_long_luts(void) {
	add_intel(230, (uint64_t[]){1024, 4096});
	return 230;
}

/* A curve that is there too early is not the last one. */
static uint32_t add_early_curve(void) {
	fake_add_colorop(240, 0, "1D Curve", SRGB, 0);
	fake_add_colorop(241, 240, "1D Curve", SRGB, 0);
	fake_add_colorop(242, 241, "3x4 Matrix", NULL, 0);
	fake_add_colorop(243, 242, "1D Curve", SRGB, 0);
	return 240;
}

static void add_to_plane(uint32_t plane_id, uint32_t pipeline) {
	char *names = malloc(64);
	snprintf(names, 64, "Bypass=0|Color Pipeline %u=%u", pipeline, pipeline);
	fake_add_property(fake_find_object(plane_id), "COLOR_PIPELINE", DRM_MODE_PROP_ENUM, 0)
		->enums = names;
}

static const struct kms_plane *plane;
static struct kms_commit commit;

/* As it is described now. */
static void reopen(void) {
	open_device();
	plane = &device->planes[1];
	kms_commit_init(&commit, device);
}

static void open_with(uint32_t (*add)(void)) {
	describe_device();
	add_to_plane(31, add());
	reopen();
}

static int setup(void **state) {
	open_with(add_vkms);
	return 0;
}

static int finish(void **state) {
	free((void *)(uintptr_t)fake_find_property(31, "COLOR_PIPELINE")->enums);
	return teardown(state);
}

static struct color_description named(const char *name) {
	struct color_description description;
	assert_true(color_description_parse(name, &description));
	return description;
}

/* What the colorops do, one letter each: a curve (e), its inverse (i), a matrix (m), a multiplier
 * (x), a LUT (l), an inverse one (L); - where it is bypassed; "" where nothing fits. */
static void check(const char *from, const char *to, const char *wanted) {
	const struct color_description a = named(from), b = named(to);
	const struct color_conversion conversion = color_conversion_make(&a, &b);
	struct kms_pipeline_setting setting;
	char is[KMS_PIPELINE_MAX_OPS + 1] = "";
	const struct kms_pipeline *found = kms_pipeline_find(&plane->color, &conversion, &setting);
	for (size_t i = 0; found != NULL && i < found->len; i++) {
		const struct kms_colorop_setting *op = &setting.ops[i];
		static const char letters[] = {[KMS_COLOROP_CURVE] = 'e',
			[KMS_COLOROP_LUT] = 'l',
			[KMS_COLOROP_MATRIX] = 'm',
			[KMS_COLOROP_MULTIPLIER] = 'x'};
		is[i] = !op->on ? '-' : letters[found->ops[i].type];
		if (op->on && found->ops[i].type == KMS_COLOROP_CURVE && op->curve % 2 == 1) {
			is[i] = 'i';
		} else if (op->on && op->inverse) {
			is[i] = 'L';
		}
	}
	if (strcmp(is, wanted) != 0) {
		fail_msg("%s to %s is \"%s\", not \"%s\"", from, to, is, wanted);
	}
}

/* Of each device, which wraps what goes beyond 0 or 1, or does not. */
static const struct {
	uint32_t (*add)(void);
	bool wraps;
	const char *from, *to, *wanted;
} conversions[] = {
	{add_vkms, true, "srgb", "display-p3", "em-i"},
	{add_vkms, true, "srgb", "bt2020-srgb", "em-i"},
	/* Its curves are of sRGB alone. */
	{add_vkms, true, "gamma22", "srgb", ""},
	{add_vkms, true, "srgb", "gamma22", ""},
	{add_vkms, true, "pq", "srgb", ""},
	{add_vkms, true, "display-p3", "srgb", ""},
	{add_vkms, true, "bt2020-srgb", "srgb", ""},
	{add_vkms, true, "display-p3", "bt2020-srgb", ""}, // whose red is a little outside
	{add_vkms, false, "bt2020-srgb", "srgb", "em-i"},
	{add_vkms, false, "linear", "srgb", "i---"},
	{add_vkms, false, "srgb", "linear", "e---"},

	{add_amdgpu, false, "bt2020-srgb", "srgb", "e-mi----"},
	{add_amdgpu, false, "pq", "gamma22", ""}, // its bright tones have to be mapped
	{add_amdgpu, false, "gamma22", "srgb", "e--i----"},
	{add_amdgpu, false, "srgb", "pq", "e-mi----"},
	/* No first curve is BT.1886's, and no LUT is before the matrix. */
	{add_amdgpu, false, "bt2020", "srgb", ""},
	{add_amdgpu, false, "bt1886", "srgb", "----l--L"},
	/* The last one can, by the LUT behind the matrix. */
	{add_amdgpu, false, "srgb", "bt1886", "e---L---"},
	{add_amdgpu, false, "linear", "srgb", "---i----"},

	/* 32 points are too few for the way back from light. */
	{add_i915, false, "bt2020-srgb", "srgb", ""},
	{add_i915, false, "bt2020-srgb", "linear", "lm-"},
	{add_i915, false, "srgb", "linear", "l--"},
	{add_long_luts, false, "bt2020-srgb", "srgb", "lmL"},
	{add_long_luts, false, "display-p3", "gamma22", "lmL"},
	{add_long_luts, false, "bt1886", "srgb", "l-L"},

	{add_early_curve, true, "srgb", "display-p3", "e-mi"},
	{add_early_curve, true, "srgb", "linear", "e---"},
};

static void test_conversions(void **state) {
	for (size_t i = 0; i < LEN(conversions); i++) {
		finish(state);
		open_with(conversions[i].add);
		device->planes[1].color.pipelines[0].wraps = conversions[i].wraps;
		check(conversions[i].from, conversions[i].to, conversions[i].wanted);
	}
}

/* What can't be bypassed and has nothing to do is in the way. */
static void test_no_bypass(void **state) {
	for (uint32_t id = 202; id >= 201; id--) {
		fake_remove_property(id, "BYPASS");
		reopen();
		check("srgb", "display-p3", "");
	}
}

/* A chain longer than anybody's, or one that bites its tail, is none. */
static void test_endless(void **state) {
	fake_find_property(203, "NEXT")->value = 200;
	open_device();
	assert_int_equal(device->planes[1].color.len, 0);
	assert_null(device->color);
}

static double float_of(uint64_t value) {
	const double size = (double)(value & INT64_MAX) / 4294967296.0;
	return value >> 63 ? -size : size;
}

/* A multiplier where only light has to be scaled; and PQ's curve, whose 1 is 80 cd/m². */
static void test_scales(void **state) {
	finish(state);
	open_with(add_amdgpu);
	device->planes[1].color.pipelines[0].wraps = false;
	struct color_description pq = named("pq"), srgb = named("srgb");
	pq.primaries = srgb.primaries;
	pq.max_cll = pq.reference;
	const struct color_conversion conversion = color_conversion_make(&pq, &srgb);
	struct kms_pipeline_setting setting;
	assert_non_null(kms_pipeline_find(&plane->color, &conversion, &setting));
	assert_true(setting.ops[1].on && !setting.ops[2].on);
	assert_true(fabs(setting.ops[1].factor - 80.0 / 203) < 1e-9);
	const struct color_conversion back = color_conversion_make(&srgb, &pq);
	assert_non_null(kms_pipeline_find(&plane->color, &back, &setting));
	assert_true(fabs(setting.ops[1].factor - 203.0 / 80) < 1e-9);
	assert_int_equal(setting.ops[3].curve, KMS_CURVE_INVERSE_PQ_125);
}

static const struct kms_color_program *program_of(const char *from, const char *to) {
	const struct color_description a = named(from), b = named(to);
	return kms_color_program_get(device->color, &plane->color, &a, &b);
}

static struct kms_plane_state state_with(const struct kms_color_program *color) {
	struct kms_plane_state plane_state = kms_plane_state_whole(9, 100, 100);
	plane_state.color = color;
	return plane_state;
}

static bool is_set(void) {
	return fake.client_caps >> DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE & 1;
}

static void submit(void) {
	assert_int_equal(kms_commit_submit(&commit, 0, 0), 0);
	kms_commit_init(&commit, device);
}

static void test_program(void **state) {
	assert_int_equal(plane->color.len, 1);
	assert_int_equal(plane->color.pipelines[0].len, 4);
	const struct kms_color_program *program = program_of("srgb", "display-p3");
	assert_non_null(program);
	assert_ptr_equal(program, program_of("srgb", "display-p3"));
	assert_int_equal(fake_own_blobs(), 1);
	assert_null(program_of("pq", "srgb"));
	assert_false(is_set());

	const struct kms_plane_state with = state_with(program), without = state_with(NULL);
	kms_commit_set_plane(&commit, plane, &device->crtcs[0], &with);
	assert_int_equal(kms_commit_test(&commit, 0), 0);
	assert_int_equal(device->color->planes_on, 0);
	submit();
	assert_true(is_set());
	ASSERT_SENT({31, "COLOR_PIPELINE", 200}, {200, "BYPASS", 0}, {200, "CURVE_1D_TYPE", 1},
		{201, "BYPASS", 0}, {201, "DATA", program->blobs[0]}, {202, "BYPASS", 1},
		{202, "DATA", NOT_SENT}, {203, "BYPASS", 0}, {203, "CURVE_1D_TYPE", 2});
	drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(device_fd, program->blobs[0]);
	const struct drm_color_ctm_3x4 *matrix = blob->data;
	assert_int_equal(blob->length, sizeof(*matrix));
	/* CSS Color 4's matrix from linear sRGB to linear Display P3. */
	assert_true(fabs(float_of(matrix->matrix[0]) - 0.82246) < 1e-5);
	assert_true(fabs(float_of(matrix->matrix[1]) - 0.17754) < 1e-5);
	assert_true(fabs(float_of(matrix->matrix[10]) - 0.91052) < 1e-5);
	assert_true(matrix->matrix[3] == 0 && matrix->matrix[7] == 0);
	drmModeFreePropertyBlob(blob);
	device->planes[1].color.pipelines[0].wraps = false;
	blob = drmModeGetPropertyBlob(device_fd, program_of("bt2020-srgb", "srgb")->blobs[0]);
	matrix = blob->data;
	assert_true(fabs(float_of(matrix->matrix[1]) + 0.5876) < 1e-4);
	drmModeFreePropertyBlob(blob);

	/* Another buffer: nothing of it is written again, and the capability stays. */
	const int calls = fake.client_cap_calls;
	kms_commit_change_plane(&commit, plane, &device->crtcs[0], &with, &with);
	submit();
	ASSERT_SENT({31, "COLOR_PIPELINE", NOT_SENT}, {201, "DATA", NOT_SENT});
	assert_int_equal(fake.client_cap_calls, calls);
	assert_true(is_set());

	/* Without colours it is taken off, once. */
	kms_commit_change_plane(&commit, plane, &device->crtcs[0], &with, &without);
	submit();
	ASSERT_SENT({31, "COLOR_PIPELINE", 0});
	kms_commit_set_plane(&commit, plane, &device->crtcs[0], &without);
	submit();
	ASSERT_SENT({31, "COLOR_PIPELINE", NOT_SENT});
	assert_false(is_set());
}

/* Where a plane uses a pipeline, one that shows YCbCr beside it can't be told its encoding; where
 * none does, it can. */
static void test_encodings_stay(void **state) {
	struct kms_plane_state video = state_with(NULL);
	video.color_encoding = KMS_COLOR_ENCODING_BT709;
	video.color_range = KMS_COLOR_RANGE_FULL;
	kms_commit_set_plane(&commit, plane, &device->crtcs[0], &video);
	submit();
	ASSERT_SENT({31, "COLOR_ENCODING", 11}, {31, "COLOR_PIPELINE", NOT_SENT});
	const struct kms_plane_state with = state_with(program_of("srgb", "display-p3"));
	kms_commit_set_plane(&commit, plane, &device->crtcs[0], &with);
	submit();
	/* A commit for another CRTC's plane with an encoding goes without the capability. */
	kms_commit_set_plane(&commit, &device->planes[2], &device->crtcs[0], &video);
	submit();
	ASSERT_SENT({32, "COLOR_ENCODING", 11});
	kms_commit_disable_plane(&commit, plane);
	submit();
	ASSERT_SENT({31, "FB_ID", 0}, {31, "COLOR_PIPELINE", 0});
	assert_int_equal(device->color->planes_on, 0);
}

/* Somebody else's pipeline is taken off with the first commit, and after a return of the session;
 * ours at the end. */
static void test_others(void **state) {
	fake_find_property(31, "COLOR_PIPELINE")->value = 200;
	reopen();
	const struct kms_plane_state without = state_with(NULL);
	kms_commit_set_plane(&commit, plane, &device->crtcs[0], &without);
	submit();
	ASSERT_SENT({31, "COLOR_PIPELINE", 0});
	assert_int_equal(device->color->planes_on, 0);
	kms_device_refresh_color(device);
	assert_int_equal(device->color->planes_on, 2);
	assert_int_equal(kms_commit_reset_color(device), 0);
	ASSERT_SENT({31, "COLOR_PIPELINE", 0}, {31, "FB_ID", NOT_SENT});
	assert_false(is_set());
	assert_int_equal(kms_commit_reset_color(device), 0);
	assert_int_equal(fake.commits, 2);
}

/* However many descriptions clients make, there are no more blobs than this. */
static void test_many(void **state) {
	const struct color_description to = named("bt2020-srgb");
	struct color_description from = named("srgb");
	for (uint32_t i = 0; i < 3 * KMS_COLOR_PROGRAMS; i++) {
		from.primaries.red.x = 640000 - (int32_t)i;
		const struct kms_color_program *a =
			kms_color_program_get(device->color, &plane->color, &from, &to);
		assert_non_null(a);
		assert_ptr_equal(
			a, kms_color_program_get(device->color, &plane->color, &from, &to));
		assert_true(fake_own_blobs() <= KMS_COLOR_PROGRAMS);
	}
}

static void test_no_memory(void **state) {
	fake.fail_at = fake.fallible_calls + 1;
	assert_null(program_of("srgb", "display-p3"));
	assert_int_equal(device->color->programs_len, 0);
	assert_non_null(program_of("srgb", "display-p3"));
}

static void test_without(void **state) {
	finish(state);
	describe_device();
	add_to_plane(31, add_vkms());
	fake.refused_client_caps = UINT64_C(1) << DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE;
	open_device();
	assert_null(device->color);
	const struct color_description a = named("srgb"), b = named("display-p3");
	assert_null(kms_color_program_get(NULL, &device->planes[1].color, &a, &b));
	kms_device_refresh_color(device);
	assert_int_equal(kms_commit_reset_color(device), 0);
	assert_int_equal(fake.commits, 0);
}

#define EACH(function) cmocka_unit_test_setup_teardown(function, setup, finish)

TEST_MAIN("pipeline", EACH(test_conversions), EACH(test_no_bypass), EACH(test_endless),
	EACH(test_scales), EACH(test_program), EACH(test_encodings_stay), EACH(test_others),
	EACH(test_many), EACH(test_no_memory), EACH(test_without))
