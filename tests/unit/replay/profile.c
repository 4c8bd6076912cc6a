/* SPDX-License-Identifier: MIT */
/* The profile of an archive's planes, read back by what plans with it. */
#include "profile.h"

#include <drm_fourcc.h>

#include "../test.h"
#include "document.h"
#include "example.h"
#include "profile/profile.h"

static struct latch_profile *profile;

static struct latch_profile *make_profile(yyjson_mut_val *output) {
	const int fd = replay_profile(output);
	assert_true(fd >= 0);
	char path[32], why[256] = "";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct latch_profile *made = latch_profile_read(path, why, sizeof(why));
	close(fd);
	if (made == NULL) {
		fail_msg("%s", why);
	}
	return made;
}

static int setup(void **state) {
	example_begin(state);
	profile = make_profile(example_at("/outputs/0"));
	return 0;
}

static int teardown(void **state) {
	latch_profile_destroy(profile);
	return example_end(state);
}

/* Of the five planes, 37 was another output's. */
static void has_the_planes_of_the_output(void **state) {
	static const int types[] = {
		KMS_PLANE_PRIMARY, KMS_PLANE_OVERLAY, KMS_PLANE_OVERLAY, KMS_PLANE_CURSOR};
	static const int ids[] = {31, 33, 35, 39};
	assert_int_equal(profile->len, 4);
	for (int i = 0; i < 4; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/outputs/0/planes/%d", i);
		assert_int_equal(profile->planes[i].type, types[i]);
		assert_int_equal(get_int(example_at(path), "/id"), ids[i]);
	}
	assert_ptr_equal(profile->primary, &profile->planes[0]);
}

static void knows_the_driver(void **state) {
	/* It is vkms, whose primary plane has pre-multiplied alpha and AR24. */
	assert_true(profile->stacks_by_id);
	assert_true(profile->primary_alpha);
}

/* What else they have is as the document tells it: read.c's tests have it. */
static void has_formats_and_properties(void **state) {
	const struct kms_plane *plane = &profile->planes[1];
	assert_true(kms_format_set_has(
		&plane->formats, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
	assert_int_equal(plane->props.zpos.max, 9);
}

TEST_MAIN("replay-profile", TEST(has_the_planes_of_the_output), TEST(knows_the_driver),
	TEST(has_formats_and_properties))
