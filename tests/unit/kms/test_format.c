/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "../test.h"
#include "kms/format.h"

#define A 0x31
#define B 0x32
#define C 0x33

/* An IN_FORMATS blob: three formats, modifier 7 goes with A and C, 8 with B only. */
struct blob {
	struct drm_format_modifier_blob head;
	uint32_t formats[4];
	struct drm_format_modifier modifiers[2];
};

static struct blob make_blob(void) {
	return (struct blob){
		.head = {.version = FORMAT_BLOB_CURRENT,
			.count_formats = 3,
			.formats_offset = offsetof(struct blob, formats),
			.count_modifiers = 2,
			.modifiers_offset = offsetof(struct blob, modifiers)},
		.formats = {A, B, C},
		.modifiers = {{.formats = 5, .offset = 0, .modifier = 7},
			{.formats = 1, .offset = 1, .modifier = 8}},
	};
}

/* Which of A, B, C and 0x34 go with modifiers 7 and 8. */
static void assert_pairs(const struct kms_format_set *set, const bool expected[4][2]) {
	for (uint32_t i = 0; i < 4; i++) {
		for (uint64_t j = 0; j < 2; j++) {
			assert_int_equal(kms_format_set_has(set, A + i, 7 + j), expected[i][j]);
		}
	}
}

static void test_blob(void **state) {
	static const bool all[4][2] = {{true}, {false, true}, {true}},
			  some[4][2] = {{true}, {0}, {true}};
	struct blob blob = make_blob();
	const drmModePropertyBlobRes of_kernel = {.data = &blob, .length = sizeof(blob)};
	struct kms_format_set set = {0};
	assert_int_equal(kms_format_set_from_blob(&set, NULL), 0);
	assert_int_equal(set.len, 0);
	assert_int_equal(kms_format_set_from_blob(&set, &of_kernel), 0);
	assert_int_equal(set.len, 3);
	assert_pairs(&set, all);
	assert_false(kms_format_set_has(&set, A, DRM_FORMAT_MOD_INVALID));
	assert_null(kms_format_set_get(&set, 0x34));
	kms_format_set_finish(&set);
	assert_int_equal(set.len, 0);

	/* Formats that are not in the list are none, wherever a modifier says they are. */
	blob.modifiers[0].formats |= UINT64_C(1) << 63 | UINT64_C(1) << 3;
	blob.modifiers[1].offset = UINT32_MAX;
	assert_int_equal(kms_format_set_from_blob(&set, &of_kernel), 0);
	assert_int_equal(set.len, 2);
	assert_pairs(&set, some);
	kms_format_set_finish(&set);
}

static void test_list(void **state) {
	const uint32_t fourccs[] = {A, B, A};
	struct kms_format_set set = {0};
	assert_int_equal(kms_format_set_from_list(&set, fourccs, 3), 0);
	assert_int_equal(set.len, 2);
	assert_int_equal(kms_format_set_get(&set, A)->modifiers_len, 2);
	assert_true(kms_format_set_has(&set, B, DRM_FORMAT_MOD_LINEAR));
	assert_true(kms_format_set_has(&set, B, DRM_FORMAT_MOD_INVALID));
	kms_format_set_finish(&set);
}

static void test_names(void **state) {
	char text[64];
	kms_modifier_name(text, sizeof(text), DRM_FORMAT_MOD_LINEAR);
	assert_string_equal(text, "LINEAR");
	kms_modifier_name(text, sizeof(text), I915_FORMAT_MOD_X_TILED);
	assert_non_null(strstr(text, "X_TILED"));
	kms_modifier_name(text, sizeof(text), UINT64_C(0x7700000000000001));
	assert_string_equal(text, "0x7700000000000001");
	/* drm_fourcc.h has no word for "none named": the driver's own, unspoken layout. */
	kms_modifier_name(text, sizeof(text), DRM_FORMAT_MOD_INVALID);
	assert_string_equal(text, "implicit");
}

TEST_MAIN("kms-format", UNIT(test_blob), UNIT(test_list), UNIT(test_names))
