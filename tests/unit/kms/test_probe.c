/* SPDX-License-Identifier: MIT */
/* latch-probe against drivers with known limits, and ones that lie, refuse all, or are busy: what
 * it finds, and that it leaves nothing. */
#include <drm_fourcc.h>

#include "open.h"
#include "probe.h"

/* The driver: what it refuses is a profile of the same planes. */
static struct latch_profile driver;
static struct probe probe;
static volatile sig_atomic_t interrupted;
static struct {
	int answer; // errno to everything, 0: as the profile has it
	int busy_every; // the n-th commit each gets EBUSY
	bool refuses_zpos, refuses_fences;
	int interrupt_at; // commits
	int count;
} mood;

static int answer(const struct fake_commit *commit, void *data) {
	struct latch_profile_shown shown[4];
	size_t len = 0;
	if ((commit->flags & DRM_MODE_ATOMIC_TEST_ONLY) == 0) {
		abort(); // something would change on the screen
	}
	mood.count++;
	interrupted = interrupted || mood.count == mood.interrupt_at;
	if (mood.answer != 0 || (mood.busy_every != 0 && mood.count % mood.busy_every == 0)) {
		return mood.answer != 0 ? mood.answer : EBUSY;
	}
	for (uint32_t id = 30; id <= 33; id++) {
		const struct fake_fb *fb = fake_find_fb(fake_commit_value(id, "FB_ID"));
		uint64_t zpos = 3;
		if (fb == NULL) {
			continue;
		}
		struct latch_profile_shown *s = &shown[len++];
		*s = (struct latch_profile_shown){.plane = &driver.planes[id - 30],
			.state = kms_plane_state_default(),
			.fourcc = fb->fourcc};
		s->state.src_x = (uint32_t)fake_commit_value(id, "SRC_X");
		s->state.src_w = (uint32_t)fake_commit_value(id, "SRC_W");
		s->state.src_h = (uint32_t)fake_commit_value(id, "SRC_H");
		s->state.dst_x = (int32_t)fake_commit_value(id, "CRTC_X");
		s->state.dst_y = (int32_t)fake_commit_value(id, "CRTC_Y");
		s->state.dst_w = (uint32_t)fake_commit_value(id, "CRTC_W");
		s->state.dst_h = (uint32_t)fake_commit_value(id, "CRTC_H");
		s->state.rotation = (uint32_t)fake_commit_value(id, "rotation");
		if (mood.refuses_zpos && fake_commit_has(id, "zpos", &zpos) && zpos != 3) {
			return EINVAL;
		}
		if (mood.refuses_fences && fake_commit_value(id, "IN_FENCE_FD") != UINT64_MAX) {
			return EPERM;
		}
	}
	return -latch_profile_check(&driver, 1920, 1080, shown, len);
}

static uint32_t make_fb(void *data, uint32_t width, uint32_t height, uint32_t fourcc) {
	if (fourcc == 0 || fake.fbs_len == FAKE_MAX) {
		return 0;
	}
	struct fake_fb *fb = &fake.fbs[fake.fbs_len++];
	*fb = (struct fake_fb){
		.id = fake.next_id++, .width = width, .height = height, .fourcc = fourcc};
	return fb->id;
}

static int setup(void **state) {
	const int ret = describe_device();
	open_device();
	driver = (struct latch_profile){.len = 4};
	for (unsigned i = 0; i < 4; i++) {
		driver.planes[i] = device->planes[i];
		driver.planes[i].index = i;
		driver.list[i] = &driver.planes[i];
	}
	driver.primary = &driver.planes[0];
	memset(&mood, 0, sizeof(mood));
	fake.on_commit = answer;
	return ret;
}

/* A run, after which nothing is left. */
static int run(void) {
	interrupted = 0;
	mood.count = 0;
	probe = (struct probe){.device = device,
		.crtc = &device->crtcs[0],
		.connector = device->connectors[0],
		.mode = &device->connectors[0]->modes[1],
		.make_fb = make_fb,
		.signalled_fence = 9,
		.interrupted = &interrupted};
	const int ret = probe_run(&probe);
	probe_finish(&probe);
	assert_int_equal(fake.fbs_len, 0);
	assert_int_equal(fake_own_blobs(), 0);
	return ret;
}

/* That of a driver with something of everything. */
static void give_limits(void) {
	driver.limits = (struct latch_profile_limits){
		.max_planes = 3,
		.max_scaled = 1,
		.max_ycbcr = 1,
		.primary_required = true,
		.whole_crops = true,
		.error = ENOSPC};
	for (unsigned i = 1; i <= 2; i++) {
		driver.plane_limits[i] = (struct latch_profile_plane_limits){.max_downscale = 2,
			.max_upscale = 4,
			.linear_rotations = DRM_MODE_ROTATE_0 | DRM_MODE_ROTATE_180,
			.ycbcr_rotations = DRM_MODE_ROTATE_0,
			.inside = true};
	}
	driver.plane_limits[0] = (struct latch_profile_plane_limits){
		.max_downscale = 1, .max_upscale = 1, .covers = true};
	driver.plane_limits[3] =
		(struct latch_profile_plane_limits){.max_downscale = 1, .max_upscale = 1};
	driver.planes[3].sizes_len = 2;
	driver.planes[3].sizes[0] = (struct kms_plane_size){64, 64};
	driver.planes[3].sizes[1] = (struct kms_plane_size){256, 256};
}

static void assert_found(const struct latch_profile *found) {
	assert_int_equal(found->len, driver.len);
	assert_memory_equal(&found->limits, &driver.limits, sizeof(found->limits));
	for (size_t i = 0; i < driver.len; i++) {
		const struct latch_profile_plane_limits *is = &found->plane_limits[i];
		const struct latch_profile_plane_limits *has = &driver.plane_limits[i];
		print_message("# plane %zu: smaller %g, larger %g, turns %x %x%s%s, %zu sizes\n",
			i, is->max_downscale, is->max_upscale, is->linear_rotations,
			is->ycbcr_rotations, is->inside ? ", inside" : "",
			is->covers ? ", covers" : "", found->planes[i].sizes_len);
		assert_true(is->max_downscale == has->max_downscale);
		assert_true(is->max_upscale == has->max_upscale);
		assert_int_equal(is->linear_rotations, has->linear_rotations);
		assert_int_equal(is->ycbcr_rotations, has->ycbcr_rotations);
		assert_int_equal(is->inside, has->inside);
		assert_int_equal(is->covers, has->covers);
		assert_int_equal(found->planes[i].sizes_len, driver.planes[i].sizes_len);
		assert_memory_equal(found->planes[i].sizes, driver.planes[i].sizes,
			driver.planes[i].sizes_len * sizeof(driver.planes[i].sizes[0]));
	}
}

static void everything_goes(void **state) {
	driver.plane_limits[3].max_downscale = driver.plane_limits[3].max_upscale = 1;
	assert_int_equal(run(), 0);
	assert_found(&probe.profile);
	assert_int_equal(probe.planes[1].rgb, DRM_FORMAT_XRGB8888);
	assert_int_equal(probe.planes[1].ycbcr, DRM_FORMAT_NV12);
	assert_int_equal(probe.planes[1].moves, PROBE_YES);
	assert_int_equal(probe.planes[1].fence, PROBE_YES);
	assert_int_equal(probe.out_fence, PROBE_YES);
	assert_true(probe.tests < 400);
}

static void limits_are_found(void **state) {
	give_limits();
	assert_int_equal(run(), 0);
	assert_found(&probe.profile);
}

static void a_busy_device_is_asked_again(void **state) {
	give_limits();
	mood.busy_every = 3;
	assert_int_equal(run(), 0);
	assert_found(&probe.profile);
}

static void one_that_stays_busy_is_given_up(void **state) {
	mood.answer = EBUSY;
	assert_int_equal(run(), -EBUSY);
	mood.answer = EACCES;
	assert_int_equal(run(), -EACCES);
}

static void one_that_refuses_all_is_told_of(void **state) {
	mood.answer = EINVAL;
	assert_int_equal(run(), -EOPNOTSUPP);
}

static void lies_are_found(void **state) {
	mood.refuses_zpos = mood.refuses_fences = true;
	for (unsigned i = 0; i < 3; i++) {
		driver.plane_limits[i].linear_rotations = DRM_MODE_ROTATE_0;
	}
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 3; i++) {
		const struct kms_property *zpos = &probe.profile.planes[i].props.zpos;
		assert_int_equal(probe.planes[i].moves, PROBE_NO);
		assert_true(zpos->immutable && zpos->min == 3 && zpos->max == 3);
		assert_int_equal(probe.planes[i].fence, PROBE_NO);
		assert_int_equal(
			probe.profile.plane_limits[i].linear_rotations, DRM_MODE_ROTATE_0);
	}
}

static void interrupted_it_leaves_nothing(void **state) {
	int ret = -EINTR;
	for (mood.interrupt_at = 1; ret == -EINTR; mood.interrupt_at++) {
		assert_true(mood.interrupt_at < 1000);
		ret = run();
		assert_int_equal(fake.outstanding, 0);
	}
	assert_int_equal(ret, 0);
	assert_true(mood.interrupt_at > 50);
}

static void a_profile_of_it_says_the_same(void **state) {
	char path[] = "/tmp/probe-XXXXXX.json", why[256] = "";
	give_limits();
	assert_int_equal(run(), 0);
	FILE *file = fdopen(mkstemps(path, 5), "w");
	assert_true(probe_write(file, &probe));
	fclose(file);
	struct latch_profile *read = latch_profile_read(path, why, sizeof(why));
	unlink(path);
	assert_string_equal(why, "");
	assert_found(read);
	for (size_t i = 0; i < read->len; i++) {
		const struct kms_plane *is = &read->planes[i], *was = &device->planes[i];
		assert_int_equal(is->type, was->type);
		assert_int_equal(is->formats.len, was->formats.len);
		assert_true(kms_format_set_has(
			&is->formats, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
		assert_int_equal(is->props.rotation.mask, was->props.rotation.mask);
		assert_int_equal(is->props.color_encoding.mask, was->props.color_encoding.mask);
		assert_int_equal(is->props.zpos.min, was->props.zpos.min);
		assert_int_equal(is->props.zpos.max, was->props.zpos.max);
	}
	latch_profile_destroy(read);
}

TEST_MAIN("probe", TEST(everything_goes), TEST(limits_are_found),
	TEST(a_busy_device_is_asked_again), TEST(one_that_stays_busy_is_given_up),
	TEST(one_that_refuses_all_is_told_of), TEST(lies_are_found),
	TEST(interrupted_it_leaves_nothing), TEST(a_profile_of_it_says_the_same))
