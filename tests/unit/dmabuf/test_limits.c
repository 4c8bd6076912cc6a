/* How many dma-bufs one client may have: counted when they come, gone when nobody has them. */

#include <drm_fourcc.h>
#include <sys/resource.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>

#include "limits/fds.h"
#include "world.h"

#define SIZE 64
#define STRIDE (SIZE * 4)
#define BYTES (SIZE * STRIDE)

static struct world world;

static int teardown(void **state) {
	world_finish(&world);
	return 0;
}

static struct latch_limits limit_to(enum latch_limit limit, uint64_t max) {
	struct latch_limits limits = latch_limits_default();
	limits.max[limit] = max;
	return limits;
}

static uint64_t used(enum latch_limit limit) {
	return latch_account_get(world.account, limit);
}

static struct zwp_linux_buffer_params_v1 *params_create_of(int fd, int planes) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(world.manager);
	for (int i = 0; i < planes; i++) {
		zwp_linux_buffer_params_v1_add(
			params, fd, (uint32_t)i, (uint32_t)i * SIZE * SIZE, STRIDE, 0, 0);
	}
	return params;
}

static struct zwp_linux_buffer_params_v1 *params_create(int planes) {
	int fd = dmabuf_fd(BYTES);
	struct zwp_linux_buffer_params_v1 *params = params_create_of(fd, planes);
	close(fd);
	return params;
}

static struct wl_buffer *buffer_create(void) {
	struct zwp_linux_buffer_params_v1 *params = params_create(1);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		params, SIZE, SIZE, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

static void test_counted_until_unlocked(void **state) {
	world_init(&world, 5);
	struct wl_surface *surface = wl_compositor_create_surface(world.compositor);
	struct wl_buffer *buffer = buffer_create();
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_FDS), 1);
	assert_int_equal(used(LATCH_LIMIT_BYTES), BYTES);
	assert_int_equal(used(LATCH_LIMIT_BUFFERS), 1);

	struct wlr_buffer *lock = world_show(&world, surface, buffer);
	wl_buffer_destroy(buffer);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_BUFFERS), 0);
	assert_int_equal(used(LATCH_LIMIT_FDS), 1);
	assert_int_equal(used(LATCH_LIMIT_BYTES), BYTES);
	wlr_buffer_unlock(lock);
	/* The surface has let go of it already: see world_show(). */
	assert_int_equal(used(LATCH_LIMIT_FDS), 0);
	assert_int_equal(used(LATCH_LIMIT_BYTES), 0);
	wl_surface_destroy(surface);
}

/* On the screen while its client dies: the account is there to be discharged. */
static void test_outlives_its_client(void **state) {
	world_init(&world, 5);
	struct wl_surface *surface = wl_compositor_create_surface(world.compositor);
	struct wl_buffer *buffer = buffer_create();
	struct wlr_buffer *lock = world_show(&world, surface, buffer);
	wl_buffer_destroy(buffer);
	wl_surface_destroy(surface);
	wl_client_destroy(world.server_client);
	assert_int_equal(used(LATCH_LIMIT_FDS), 1);
	wlr_buffer_unlock(lock);
	assert_int_equal(used(LATCH_LIMIT_FDS), 0);
}

static void test_failed_ones_leave_nothing(void **state) {
	world_init(&world, 5);
	world.can_scanout = false;
	world.can_compose = false;
	/* Two planes of one dma-buf. */
	struct zwp_linux_buffer_params_v1 *params = params_create(2);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_FDS), 2);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		params, SIZE, SIZE, DRM_FORMAT_NV12, 0);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_FDS), 0);
	assert_int_equal(used(LATCH_LIMIT_BYTES), 0);
	/* Dead, but an object all the same. */
	assert_int_equal(used(LATCH_LIMIT_BUFFERS), 1);
	wl_buffer_destroy(buffer);
	zwp_linux_buffer_params_v1_destroy(params);
	params = params_create(2);
	zwp_linux_buffer_params_v1_destroy(params);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_FDS), 0);
}

static void test_shared_planes_count_once(void **state) {
	world_init(&world, 5);
	struct zwp_linux_buffer_params_v1 *params = params_create(2);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		params, SIZE, SIZE, DRM_FORMAT_NV12, 0);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_FDS), 2);
	assert_int_equal(used(LATCH_LIMIT_BYTES), BYTES);
	zwp_linux_buffer_params_v1_destroy(params);
	wl_buffer_destroy(buffer);
}

/* A pool: buffers of one allocation, and one of another. Sent twice, it is still the same. */
static void test_a_pool_counts_once(void **state) {
	struct latch_limits limits = limit_to(LATCH_LIMIT_BYTES, 2 * BYTES);
	world_init_with(&world, 5, &limits);
	int pool = dmabuf_fd(BYTES);
	struct wl_buffer *buffers[8], *other = buffer_create();
	for (int i = 0; i < 8; i++) {
		struct zwp_linux_buffer_params_v1 *params = params_create_of(pool, 2);
		buffers[i] = zwp_linux_buffer_params_v1_create_immed(
			params, SIZE, SIZE, DRM_FORMAT_NV12, 0);
		zwp_linux_buffer_params_v1_destroy(params);
	}
	close(pool);
	assert_false(world_is_refused(&world));
	assert_int_equal(used(LATCH_LIMIT_BYTES), 2 * BYTES);
	assert_int_equal(used(LATCH_LIMIT_FDS), 1 + 2 * 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(used(LATCH_LIMIT_BYTES), 2 * BYTES);
		wl_buffer_destroy(buffers[i]);
		world_sync(&world);
	}
	assert_int_equal(used(LATCH_LIMIT_BYTES), BYTES);
	wl_buffer_destroy(other);
	world_sync(&world);
	assert_int_equal(used(LATCH_LIMIT_BYTES), 0);
}

static void test_max_fds(void **state) {
	struct latch_limits limits = limit_to(LATCH_LIMIT_FDS, 5);
	world_init_with(&world, 5, &limits);
	struct zwp_linux_buffer_params_v1 *params[3];
	/* Never asked to become a buffer. */
	for (int i = 0; i < 2; i++) {
		params[i] = params_create(2);
	}
	struct wl_buffer *buffer = buffer_create();
	assert_false(world_is_refused(&world));
	params[2] = params_create(1);
	assert_true(world_is_refused(&world));
	for (int i = 0; i < 3; i++) {
		zwp_linux_buffer_params_v1_destroy(params[i]);
	}
	wl_buffer_destroy(buffer);
}

/* The limit is two buffers, whichever have come and gone. */
static void two_at_most(enum latch_limit limit, uint64_t max) {
	struct latch_limits limits = limit_to(limit, max);
	world_init_with(&world, 5, &limits);
	struct wl_buffer *buffers[3] = {buffer_create(), buffer_create()};
	assert_false(world_is_refused(&world));
	wl_buffer_destroy(buffers[0]);
	buffers[0] = buffer_create();
	assert_false(world_is_refused(&world));
	buffers[2] = buffer_create();
	assert_true(world_is_refused(&world));
	for (int i = 0; i < 3; i++) {
		wl_buffer_destroy(buffers[i]);
	}
}

static void test_max_bytes(void **state) {
	two_at_most(LATCH_LIMIT_BYTES, 2 * BYTES);
}

static void test_max_buffers(void **state) {
	two_at_most(LATCH_LIMIT_BUFFERS, 2);
}

/* Thousands of dma-bufs at a compositor that may have 256 fds: it can always open another. */
static void test_small_table(void **state) {
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	small = (struct rlimit){.rlim_cur = 256, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	world_init(&world, 5);
	int sent = 0;
	while (sent < 3000) {
		struct zwp_linux_buffer_params_v1 *params = params_create(2);
		zwp_linux_buffer_params_v1_destroy(params);
		struct wl_buffer *buffer = buffer_create();
		wl_proxy_destroy((struct wl_proxy *)buffer); // and is never told to be gone
		sent++;
		if (world_is_refused(&world)) {
			break;
		}
		struct latch_fds fds = latch_fds_look();
		assert_true(fds.limit - fds.in_use >= fds.reserve / 2);
	}
	/* Half of what is not reserved, the last two as planes of one. */
	assert_int_equal(sent, (256 - 64) / 2);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_MAIN("dmabuf-limits", TEST_END(test_counted_until_unlocked),
	TEST_END(test_outlives_its_client), TEST_END(test_failed_ones_leave_nothing),
	TEST_END(test_shared_planes_count_once), TEST_END(test_a_pool_counts_once),
	TEST_END(test_max_fds), TEST_END(test_max_bytes), TEST_END(test_max_buffers),
	TEST_END(test_small_table))
