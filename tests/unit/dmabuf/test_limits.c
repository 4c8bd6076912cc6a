/* SPDX-License-Identifier: MIT */
/* How many dma-bufs one client may have: counted when they come, gone when nobody has them. */

#include <wlr/types/wlr_buffer.h>

#include "world.h"

static int teardown(void **state) {
	world_finish();
	return 0;
}

static uint64_t used(enum latch_limit limit) {
	return latch_account_get(world.account, limit);
}

static void assert_used(uint64_t fds, uint64_t bytes, uint64_t buffers) {
	assert_int_equal(used(LATCH_LIMIT_FDS), fds);
	assert_int_equal(used(LATCH_LIMIT_BYTES), bytes);
	assert_int_equal(used(LATCH_LIMIT_BUFFERS), buffers);
}

static void test_counted_until_unlocked(void **state) {
	world_init(5);
	struct wl_surface *surface = wl_compositor_create_surface(world.compositor);
	struct wl_buffer *buffer = buffer_create();
	world_sync();
	assert_used(1, BYTES, 1);

	struct wlr_buffer *lock = world_show(surface, buffer);
	wl_buffer_destroy(buffer);
	world_sync();
	assert_used(1, BYTES, 0);
	wlr_buffer_unlock(lock);
	/* The surface has let go of it already: see world_show(). */
	assert_used(0, 0, 0);

	/* On the screen while its client dies: the account is there to be discharged. */
	buffer = buffer_create();
	lock = world_show(surface, buffer);
	wl_buffer_destroy(buffer);
	wl_surface_destroy(surface);
	wl_client_destroy(world.server_client);
	assert_used(1, BYTES, 0);
	wlr_buffer_unlock(lock);
	assert_used(0, 0, 0);
}

static void test_failed_ones_leave_nothing(void **state) {
	world_init(5);
	world.can_scanout = false;
	/* Two planes of one dma-buf. */
	struct zwp_linux_buffer_params_v1 *params = params_create(-1, 2);
	world_sync();
	assert_int_equal(used(LATCH_LIMIT_FDS), 2);
	struct wl_buffer *buffer = params_to_buffer(params, 2);
	world_sync();
	/* Dead, but an object all the same. */
	assert_used(0, 0, 1);
	wl_buffer_destroy(buffer);
	zwp_linux_buffer_params_v1_destroy(params_create(-1, 2));
	world_sync();
	assert_used(0, 0, 0);
}

/* A pool: buffers of one allocation, each with two planes, and one of another. Sent twice, it is
 * still the same. */
static void test_a_pool_counts_once(void **state) {
	world_init_limited(LATCH_LIMIT_BYTES, 2 * BYTES);
	int pool = dmabuf_fd(BYTES);
	struct wl_buffer *buffers[8], *other = buffer_create();
	for (int i = 0; i < 8; i++) {
		buffers[i] = params_to_buffer(params_create(pool, 2), 2);
	}
	close(pool);
	for (uint64_t left = 8; left > 0; left--) {
		assert_false(world_is_refused());
		assert_used(1 + 2 * left, 2 * BYTES, 1 + left);
		wl_buffer_destroy(buffers[left - 1]);
	}
	world_sync();
	assert_used(1, BYTES, 1);
	wl_buffer_destroy(other);
}

static void test_max_fds(void **state) {
	world_init_limited(LATCH_LIMIT_FDS, 5);
	/* Never asked to become a buffer. */
	struct zwp_linux_buffer_params_v1 *params[3] = {params_create(-1, 2), params_create(-1, 2)};
	struct wl_buffer *buffer = buffer_create();
	assert_false(world_is_refused());
	params[2] = params_create(-1, 1);
	assert_true(world_is_refused());
	for (int i = 0; i < 3; i++) {
		zwp_linux_buffer_params_v1_destroy(params[i]);
	}
	wl_buffer_destroy(buffer);
}

/* The limit is two buffers, whichever have come and gone. */
static void test_two_buffers_at_most(void **state) {
	static const struct {
		enum latch_limit limit;
		uint64_t max;
	} rows[] = {{LATCH_LIMIT_BYTES, 2 * BYTES}, {LATCH_LIMIT_BUFFERS, 2}};
	for (size_t i = 0; i < 2; i++) {
		world_init_limited(rows[i].limit, rows[i].max);
		struct wl_buffer *buffers[3] = {buffer_create(), buffer_create()};
		assert_false(world_is_refused());
		wl_buffer_destroy(buffers[0]);
		buffers[0] = buffer_create();
		assert_false(world_is_refused());
		buffers[2] = buffer_create();
		assert_true(world_is_refused());
		for (int j = 0; j < 3; j++) {
			wl_buffer_destroy(buffers[j]);
		}
		world_finish();
	}
}

/* Thousands of dma-bufs at a compositor that may have 256 fds: it can always open another. */
static void test_small_table(void **state) {
	const rlim_t before = test_limit_fds(256);
	world_init(5);
	int sent = 0;
	while (sent < 3000) {
		zwp_linux_buffer_params_v1_destroy(params_create(-1, 2));
		struct wl_buffer *buffer = buffer_create();
		wl_proxy_destroy((struct wl_proxy *)buffer); // and is never told to be gone
		sent++;
		if (world_is_refused()) {
			break;
		}
		struct latch_fds fds = latch_fds_look();
		assert_true(fds.limit - fds.in_use >= fds.reserve / 2);
	}
	/* Half of what is not reserved, the last two as planes of one. */
	assert_int_equal(sent, (256 - 64) / 2);
	test_limit_fds(before);
}

TEST_MAIN("dmabuf-limits", TEST_END(test_counted_until_unlocked),
	TEST_END(test_failed_ones_leave_nothing), TEST_END(test_a_pool_counts_once),
	TEST_END(test_max_fds), UNIT(test_two_buffers_at_most), TEST_END(test_small_table))
